"""Special awards 专项奖 of a round: the best by one measure, among a round, a track or a group."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from services.judging.domain.ranking import Key, RankedEntry
from services.judging.domain.rounding import exact, format_kept
from shared.season.rules import Round, SpecialAward


@dataclass(frozen=True, slots=True)
class Special:
    """A special award that an entry holds: its tie block fills positions `first` to `last` of `counted` candidates."""

    round: str
    award: SpecialAward
    standing: RankedEntry
    value: Key
    first: int
    last: int
    counted: int

    @property
    def shown(self) -> str:
        """The value of a score or a component with its decimals; empty for parts of a tie chain, whose units differ."""
        return format_kept(self.value[0]) if self.award.by == "score" or self.award.by.startswith("component:") else ""


def specials(round_: Round, ranked: Sequence[RankedEntry], tiers: Mapping[str, str]) -> list[Special]:
    """Who holds which special award of a round, in the order of the rules, then of tracks, divisions and places.

    Candidates are the ranked entries that reach the minimum score and hold nothing that the award excludes; equal
    measures are a tie block. A block across the last place gets the award as a whole (`include`) or not at all
    (`down`); nobody is chosen from it.

    Args:
        one: the round.
        ranked: every ranked entry of it.
        tiers: the tier that each entry holds.
    """
    held: dict[str, set[str]] = defaultdict(set)
    for entry, tier in tiers.items():
        held[entry].add(tier)
    stored_specials: list[Special] = []
    for award in round_.special:
        cells: dict[tuple[str, ...], list[tuple[Key, RankedEntry]]] = defaultdict(list)
        for standing in ranked:
            if _eligible(award, standing, held[standing.entry.entry]):
                cells[_cell(award, standing)].append((measure(round_, award.by, standing), standing))
        given = [special for cell in sorted(cells) for special in _given(round_, award, cells[cell])]
        for special in given:
            held[special.standing.entry.entry].add(award.id)
        stored_specials += given
    return stored_specials


def _eligible(award: SpecialAward, standing: RankedEntry, held: set[str]) -> bool:
    entry = standing.entry
    return (
        (not award.tracks or entry.track in award.tracks)
        and (not award.divisions or entry.division in award.divisions)
        and (award.min_score is None or exact(standing.score or 0) >= Fraction(award.min_score))
        and not held.intersection(award.not_with)
    )


def _cell(award: SpecialAward, standing: RankedEntry) -> tuple[str, ...]:
    entry = standing.entry
    return {"round": (), "track": (entry.track,), "group": (entry.track, entry.division)}[award.per]


def measure(round_: Round, by: str, standing: RankedEntry) -> Key:
    """What is compared, higher is better: the whole score, one component, or the part of the tie chain named so."""
    if by == "score":
        return (standing.score or 0,)
    kind, _, name = by.partition(":")
    if kind == "component":
        return (dict(standing.components)[name],)
    scoring = round_.scoring[standing.entry.track]
    return standing.ties[scoring.ties.index(by)]


def _given(round_: Round, award: SpecialAward, candidates: Sequence[tuple[Key, RankedEntry]]) -> list[Special]:
    ordered = sorted(candidates, key=lambda pair: pair[1].entry.entry)
    ordered.sort(key=lambda pair: pair[0], reverse=True)
    specials: list[Special] = []
    first = 1
    for value, block in groupby(ordered, key=lambda pair: pair[0]):
        tied = [standing for _, standing in block]
        last = first + len(tied) - 1
        if first > award.places or (last > award.places and award.ties_across_line == "down"):
            break
        specials += [Special(round_.id, award, standing, value, first, last, len(ordered)) for standing in tied]
        first = last + 1
    return specials
