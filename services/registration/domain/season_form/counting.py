"""How many awards the rules give for a number of entries."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.season.award_lines import tier_cutoffs
from shared.season.rules import Round, SeasonRules
from shared.season.text import Text


@dataclass(frozen=True, slots=True)
class TierCount:
    """A tier with its places, and the last place that gets it."""

    title: Text
    places: int
    line: int


@dataclass(frozen=True, slots=True)
class RoundCount:
    """The tiers of a round for so many entries in a group; none where the rules give none by number."""

    title: Text
    by_score: bool
    tiers: tuple[TierCount, ...]
    groups: int

    @property
    def places(self) -> int:
        return sum(tier.places for tier in self.tiers)


def count_awards(rules: SeasonRules, entries: int) -> list[RoundCount]:
    """The places of each round with awards, before ties and lowest scores, if every group had so many entries."""
    return list(_counts(rules, entries))


def _counts(rules: SeasonRules, entries: int) -> Iterator[RoundCount]:
    groups = sum(len(track.divisions) for track in rules.tracks)
    for round_ in rules.rounds:
        if round_.awards:
            yield RoundCount(round_.title, round_.awards.rule == "bands", _tiers(round_, entries), groups)


def _tiers(round_: Round, entries: int) -> tuple[TierCount, ...]:
    if round_.awards is None:
        return ()
    lines = [min(line, entries) for line in tier_cutoffs(round_.awards, entries)]
    return tuple(
        TierCount(tier.title, line - before, line)
        for tier, line, before in zip(round_.awards.tiers, lines, [0, *lines], strict=False)
    )
