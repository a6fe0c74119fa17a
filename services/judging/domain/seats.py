"""Seats 名额 in the next round: apportioned quotas, the pool, alternates for who leaves (season folder, section 9)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import Literal

from services.judging.domain.facts import Entry, Preference, Unit, Withdrawal, at_level
from services.judging.domain.ranking import RankedEntry
from shared.season.rules import Advance
from shared.season.time import to_unix_micros

Via = Literal["quota", "pool", "alternate"]


@dataclass(frozen=True, slots=True)
class Quota:
    """How many seats a unit has in a group and how it got them."""

    unit: str
    entrants: int
    schools: int
    base: int
    share: int
    """By ⌊R·nᵤ/Σn⌋."""
    remainder: Fraction
    extra: int
    """1 when it got one of the seats that were left."""
    drawn: bool = False
    """Whether the public draw 公开抽签 decided about the last one."""

    @property
    def seats(self) -> int:
        return self.base + self.share + self.extra


@dataclass(frozen=True, slots=True)
class OpenDecision:
    """What the season's rules do not decide: these entries or units are equal for `seats` of them."""

    round: str
    group: str
    kind: Literal["seat", "remainder"]
    unit: str
    options: tuple[str, ...]
    seats: int


@dataclass(frozen=True, slots=True)
class Seating:
    """Who goes on to the next round: how each got the seat, who left it, what the quotas are, what is open."""

    via: Mapping[str, Via] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    quotas: Mapping[str, tuple[Quota, ...]] = field(default_factory=dict)
    open: tuple[OpenDecision, ...] = ()

    @property
    def present(self) -> frozenset[str]:
        return frozenset(self.via) - self.left


def quotas(
    advance: Advance,
    places: int,
    entrants: Sequence[Entry],
    units: Mapping[str, Unit],
    preferred: Mapping[str, int] | None = None,
) -> tuple[list[Quota], list[str]]:
    """The seats of each unit of `share_among` with entrants, in the order of units; and units left equal by every rule.

    Each has `base` where the places suffice, otherwise none; the rest by largest remainder. Equal remainders go by
    `remainder_ties`, and then by what was decided: `preferred` are the places of those that go first.
    """
    sizes: Counter[str] = Counter()
    schools: dict[str, set[str]] = defaultdict(set)
    for entry in entrants:
        unit = at_level(entry.unit, advance.share_among or "", units)
        sizes[unit] += 1
        schools[unit].add(entry.unit)
    everyone = sorted(sizes, key=lambda unit: units[unit].ordinal if unit in units else -1)
    base = advance.base if places >= advance.base * len(everyone) else 0
    rest, total = places - base * len(everyone), sum(sizes.values())
    shares = {unit: Fraction(rest * sizes[unit], total) for unit in everyone}
    whole = {unit: int(share) for unit, share in shares.items()}
    over = rest - sum(whole.values())
    drawn_at = {unit: position for position, unit in enumerate(advance.draw)}

    def key(unit: str, rules: Sequence[str]) -> tuple[Fraction, ...]:
        values = {
            "entries": Fraction(sizes[unit]),
            "schools": Fraction(len(schools[unit])),
            "draw": Fraction(-drawn_at.get(unit, len(drawn_at))),
        }
        decided = Fraction(-(preferred or {}).get(unit, len(preferred or {})))
        return (shares[unit] - whole[unit], *(values[rule] for rule in rules), decided)

    def line(rules: Sequence[str]) -> tuple[list[str], list[str]]:
        """The units in order, and those equal at the line."""
        order = sorted(everyone, key=lambda unit: key(unit, rules), reverse=True)
        if not 0 < over < len(order) or key(order[over - 1], rules) != key(order[over], rules):
            return order, []
        return order, [unit for unit in order if key(unit, rules) == key(order[over], rules)]

    order, equal = line(advance.remainder_ties)
    _, before_draw = line(tuple(rule for rule in advance.remainder_ties if rule != "draw"))
    extra = set(order[:over])
    stored_quotas = [
        Quota(
            unit,
            sizes[unit],
            len(schools[unit]),
            base,
            whole[unit],
            shares[unit] - whole[unit],
            int(unit in extra),
            unit in before_draw,
        )
        for unit in everyone
    ]
    return stored_quotas, equal


def seat(
    advance: Advance,
    round_id: str,
    groups: Mapping[tuple[str, str], Sequence[RankedEntry]],
    entrants: Sequence[Entry],
    units: Mapping[str, Unit],
    withdrawals: Sequence[Withdrawal],
    opens: int,
    preferences: Sequence[Preference] = (),
) -> Seating:
    """Seats of all groups, by (track, division), and what became of them by the withdrawals from the next round.

    `opens` is when judging of the next round opens; later withdrawals leave the seat empty, as do those after
    `replacements_until`.
    """
    preferred: dict[str, int] = {}
    for preference in preferences:
        if preference.round == round_id:
            for name in preference.first:
                preferred.setdefault(name, len(preferred))
    until = to_unix_micros(advance.replacements_until) if advance.replacements_until else opens
    by_group: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entrants:
        by_group[entry.track, entry.division].append(entry)
    via: dict[str, Via] = {}
    left: set[str] = set()
    told: dict[str, tuple[Quota, ...]] = {}
    undecided: list[OpenDecision] = []
    for (track, division), standings in groups.items():
        places = advance.places.get(track, {}).get(division, 0)
        group = f"{track}-{division}"
        shares, equal = quotas(advance, places, by_group[track, division], units, preferred)
        if equal:
            over = sum(share.extra for share in shares if share.unit in equal)
            undecided.append(OpenDecision(round_id, group, "remainder", "", tuple(equal), over))
        each_group = _Group(advance, places, standings, units, preferred)
        for quota in shares:
            each_group.fill(quota)
        each_group.pool()
        for withdrawal in sorted(withdrawals, key=lambda withdrawal: (withdrawal.at, withdrawal.entry)):
            if withdrawal.round == advance.to:
                each_group.leave(withdrawal.entry, replace=withdrawal.at <= until)
        undecided += [
            OpenDecision(round_id, group, "seat", unit, options, seats) for unit, options, seats in each_group.undecided
        ]
        told[group] = tuple(shares)
        via |= each_group.via
        left |= each_group.left & set(each_group.via)
    return Seating(via, frozenset(left), told, tuple(undecided))


class _Group:
    """One group while its seats are given out."""

    def __init__(
        self,
        advance: Advance,
        places: int,
        standings: Sequence[RankedEntry],
        units: Mapping[str, Unit],
        preferred: Mapping[str, int],
    ) -> None:
        self._advance, self._places, self._preferred = advance, places, preferred
        self._of_unit: dict[str, list[RankedEntry]] = defaultdict(list)
        ranked = [standing for standing in standings if standing.rank is not None]
        for each_ranked in ranked:
            self._of_unit[at_level(each_ranked.entry.unit, advance.share_among or "", units)].append(each_ranked)
        for theirs in self._of_unit.values():
            theirs.sort(key=lambda ranked: (*self._place(ranked), ranked.entry.entry))
        self._by_score = sorted(ranked, key=lambda ranked: (*self._place_in_pool(ranked), ranked.entry.entry))
        self._unit_of = {ranked.entry.entry: unit for unit, theirs in self._of_unit.items() for ranked in theirs}
        self._school_of = {item.entry.entry: item.entry.unit for item in ranked}
        self._schools: Counter[str] = Counter()
        self.via: dict[str, Via] = {}
        self.left: set[str] = set()
        self._ties: list[tuple[str, tuple[str, ...], int]] = []

    @property
    def undecided(self) -> list[tuple[str, tuple[str, ...], int]]:
        """Where only ids tell entries apart: the unit, the equal entries, and for how many of them there are seats.

        Where all of them got a seat in the end, there is nothing to decide.
        """
        return [tie for tie in self._ties if any(name not in self.via for name in tie[1])]

    def _place(self, ranked: RankedEntry) -> tuple[int, int, int]:
        """Rank, then the earlier submission, then what was decided."""
        decided = self._preferred.get(ranked.entry.entry, len(self._preferred))
        return ranked.rank or 0, ranked.entry.submitted_at or 0, decided

    def _place_in_pool(self, ranked: RankedEntry) -> tuple[int, int, int]:
        """The score, then the earlier submission, then what was decided."""
        return -(ranked.score or 0), *self._place(ranked)[1:]

    def _free(self, ranked: RankedEntry) -> bool:
        entry = ranked.entry
        return entry.entry not in self.via and entry.entry not in self.left and self._room(entry.unit) > 0

    def _room(self, school: str) -> int:
        """How many more entries of a school may have a seat."""
        per_school = self._advance.per_school
        return len(self._school_of) if per_school is None else per_school - self._schools[school]

    def _give(self, equals: Iterable[RankedEntry], seats: int, via: Via, unit: str = "") -> list[RankedEntry]:
        """Seats for entries of one place, at most so many, and within their schools; which of them got one.

        Where not all can have one, it is noted whom only their ids tell apart: all that were free, if there are too few
        seats for those whom their schools may send, otherwise those of each school that may not send all of its own.
        """
        free = [ranked for ranked in equals if self._free(ranked)]
        by_school: dict[str, list[str]] = defaultdict(list)
        for ranked in free:
            by_school[ranked.entry.unit].append(ranked.entry.entry)
        room = {school: min(self._room(school), len(theirs)) for school, theirs in by_school.items()}
        if 0 < seats < sum(room.values()):
            self._ties.append((unit, tuple(ranked.entry.entry for ranked in free), seats))
        elif seats > 0:
            ties = [(unit, tuple(theirs), room[school]) for school, theirs in by_school.items()]
            self._ties += [tie for tie in ties if tie[2] < len(tie[1])]
        given: list[RankedEntry] = []
        for ranked in free:
            if len(given) < seats and self._free(ranked):
                self.via[ranked.entry.entry] = via
                self._schools[ranked.entry.unit] += 1
                given.append(ranked)
        return given

    def fill(self, quota: Quota) -> None:
        """Seats of one unit."""
        taken, last = 0, 0
        include = self._advance.ties_at_line == "include"
        for place, equals in _blocks(self._of_unit[quota.unit], self._place):
            if taken >= quota.seats and not (include and taken and place[0] == last):
                return
            given = self._give(equals, len(equals) if include else quota.seats - taken, "quota", quota.unit)
            if given:
                taken, last = taken + len(given), place[0]

    def pool(self) -> None:
        """Fill what the units could not, by the best scores of the group."""
        for _, equals in _blocks(self._by_score, self._place_in_pool):
            if len(self.via) >= self._places:
                return
            self._give(equals, self._places - len(self.via), "pool")

    def leave(self, entry: str, *, replace: bool) -> None:
        """An entry leaves the next round; whoever has left does not come back."""
        if entry not in self._unit_of:
            return
        had_seat = entry in self.via and entry not in self.left
        self.left.add(entry)
        if not had_seat:
            return
        self._schools[self._school_of[entry]] -= 1
        if not replace:
            return
        unit = self._unit_of[entry]
        for _, equals in (
            *_blocks(self._of_unit[unit], self._place),
            *_blocks(self._by_score, self._place_in_pool),
        ):
            if self._give(equals, 1, "alternate", unit):
                return


def _blocks(
    ordered: Sequence[RankedEntry], place: Callable[[RankedEntry], tuple[int, int, int]]
) -> Iterator[tuple[tuple[int, int, int], list[RankedEntry]]]:
    """Entries of one place together, in their order."""
    for key, block in groupby(ordered, key=place):
        yield key, list(block)
