"""Nominations 推荐: a unit ranks the entries of a group, sends on the first of them, and the others stand by in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.application.reviewing import Reviewer, review
from services.registration.domain.entries import HANDED_IN
from services.registration.domain.reviewing import Verdict, covers, next_step, reorder, sent_on
from services.registration.domain.units import Unit
from shared.errors import LaurelError, NotAllowed
from shared.states import EntryStatus


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of a unit's entries in one group; `version` 0 is one that was never written."""

    ranked: tuple[str, ...]
    version: int


class Rankings(Protocol):
    async def find(self, season: str, unit: str, group: str) -> Ranking: ...
    async def write(self, season: str, unit: str, group: str, ranking: Ranking, ranked: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Nominated:
    """How a group stands at a unit: those sent on, those ready in their order, and how many places there are."""

    cap: int
    sent: tuple[StoredEntry, ...]
    ready: tuple[StoredEntry, ...]

    @property
    def left(self) -> int:
        return max(0, self.cap - len(self.sent))


async def nominate(
    season: Season, unit: str, track: str, division: str, entries: Sequence[StoredEntry], rankings: Rankings
) -> Nominated:
    """The group as it stands; `entries` are all of this group under the unit."""
    level = season.rules.nominations.level if season.rules.nominations else ""
    ranking = await rankings.find(season.id, unit, f"{track}-{division}")
    order = {entry: place for place, entry in enumerate(ranking.ranked)}

    def place(stored: StoredEntry) -> tuple[int, int, str]:
        return order.get(stored.entry.entry, len(order)), stored.entry.submitted_at or 0, stored.entry.entry

    there = sorted((entry for entry in entries if entry.standing in HANDED_IN), key=place)
    sent = tuple(entry for entry in there if level in entry.approvals)
    ready = tuple(
        entry
        for entry in there
        if entry.standing == EntryStatus.PENDING and next_step(season.rules, entry.approvals) == level
    )
    cap = season.rules.nominations.places_of(unit, track, division) if season.rules.nominations else None
    return Nominated(cap or 0, sent, ready)


async def rank(
    season: Season, unit: str, track: str, division: str, now: Nominated, wanted: Sequence[str], rankings: Rankings
) -> None:
    """Put the entries that are ready in this order; those sent on stay in front.

    Raises:
        Unavailable: somebody else ranked meanwhile.
    """
    group = f"{track}-{division}"
    ranking = await rankings.find(season.id, unit, group)
    known = [*ranking.ranked, *(entry.entry.entry for entry in (*now.sent, *now.ready))]
    sent = [entry.entry.entry for entry in now.sent]
    await rankings.write(season.id, unit, group, ranking, reorder(list(dict.fromkeys(known)), wanted, sent))


async def send_on(
    season: Season, now: Nominated, by: Reviewer, units: Mapping[str, Unit], at: int, store: Store
) -> list[tuple[StoredEntry, LaurelError | None]]:
    """Approve the first of the ranking until the places are used up. Doing it again fills places that became free.

    Raises:
        NotAllowed: the entries are not under this reviewer's unit.
    """
    entries = [*now.sent, *now.ready]
    if any(not covers(units, by.unit, entry.entry.unit) for entry in entries):
        raise NotAllowed("role-needed")
    chosen = sent_on([entry.entry.entry for entry in entries], [entry.entry.entry for entry in entries], [], now.cap)
    outcome: list[tuple[StoredEntry, LaurelError | None]] = []
    for stored in now.ready:
        if stored.entry.entry not in chosen:
            continue
        try:
            outcome.append((await review(season, stored, Verdict.APPROVED, "", by, units, at, store), None))
        except LaurelError as error:
            outcome.append((stored, error))
    return outcome
