"""Award tiers 等次 of one group and heat (season folder, section 8)."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import ceil

from services.judging.domain.ranking import RankedEntry
from services.judging.domain.rounding import ONE
from shared.season.award_lines import TierLine, tier_cutoffs, tier_lines
from shared.season.rules import Awards

Span = tuple[int, int]
"""The first and the last position of entries with the same rank."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the line of a tier did: it ends at `end`, which is the line's own but for blocks that moved it.

    `across` is the block that lay on both sides of the line and went `into` one tier, empty for none.
    """

    line: TierLine
    end: int
    entries: int
    across: Span | None
    into: str

    @property
    def places(self) -> int:
        """How many the tier has by rule."""
        return self.line.places

    @property
    def vacant(self) -> int:
        """Places by rule that nobody has."""
        return max(0, self.places - self.entries)


@dataclass(frozen=True, slots=True)
class TierAssignment:
    """What an entry got and why: its tie block fills positions `first` to `last`, and `by_rule` is the tier of the lines.

    `tier` is another one than `by_rule` when the score is below its minimum; empty when there is none.
    """

    tier: str
    by_rule: str
    first: int
    last: int


def tiers(awards: Awards, ranked: Sequence[RankedEntry], base: int) -> dict[str, TierAssignment]:
    """Which tier each ranked entry gets, by entry id; entries without one are absent.

    A tie block across a line gets the tier of its last position (`down`), that of its first (`up`; lines stay), or that
    of its first while this line and all later ones move behind the block (`include`). A score below the minimum of its
    tier falls to the next tier; nobody moves up for it. With `bands` the score alone decides.
    """
    blocks = _blocks(ranked)
    spans = [_span(block) for block in blocks]
    ends = [end for end, _ in _lines(awards, base, spans)]
    if not ends and awards.rule == "shares":
        return {}
    given: dict[str, TierAssignment] = {}
    names = [tier.id for tier in awards.tiers]
    least = [ceil(Fraction(tier.min_score or 0) * ONE) for tier in awards.tiers]
    otherwise = awards.otherwise.id if awards.otherwise else ""
    for block, (first, last) in zip(blocks, spans, strict=True):
        position = last if awards.ties_across_line == "down" else first
        number = 0 if awards.rule == "bands" else bisect_left(ends, position)
        by_rule = names[number] if number < len(ends) or awards.rule == "bands" else ""
        for each_ranked in block:
            fitting = number if by_rule else len(names)
            while fitting < len(names) and (each_ranked.score or 0) < least[fitting]:
                fitting += 1
            final = names[fitting] if fitting < len(names) else otherwise
            if final:
                given[each_ranked.entry.entry] = TierAssignment(final, by_rule, first, last)
    return given


def cuts(awards: Awards, ranked: Sequence[RankedEntry], base: int, given: Mapping[str, TierAssignment]) -> list[Cut]:
    """What each line did to the ranked entries that were given these tiers; none where the score alone decides."""
    blocks = _blocks(ranked)
    spans = [_span(block) for block in blocks]
    tier_of = {span: _tier(given, block) for span, block in zip(spans, blocks, strict=True)}
    counts = Counter(assignment.tier for assignment in given.values())
    return [
        Cut(line, end, counts[line.tier], across, tier_of[across] if across else "")
        for line, (end, across) in zip(tier_lines(awards, base), _lines(awards, base, spans), strict=True)
    ]


def _blocks(ranked: Sequence[RankedEntry]) -> list[list[RankedEntry]]:
    """The ranked entries, those with the same rank together."""
    return [list(block) for _, block in groupby((item for item in ranked if item.rank), key=lambda item: item.rank)]


def _span(block: Sequence[RankedEntry]) -> Span:
    first = block[0].rank or 0
    return first, first + len(block) - 1


def _tier(given: Mapping[str, TierAssignment], block: Sequence[RankedEntry]) -> str:
    assignment = given.get(block[0].entry.entry)
    return assignment.tier if assignment else ""


def _lines(awards: Awards, base: int, spans: Sequence[Span]) -> list[tuple[int, Span | None]]:
    """Where each tier ends among these tie blocks, and the block that its line would have divided."""
    ends, lines = tier_cutoffs(awards, base), list[tuple[int, Span | None]]()
    moved = 0
    for end in ends:
        line = end + moved
        across = next(((first, last) for first, last in spans if first <= line < last), None)
        if across and awards.ties_across_line == "include":
            moved += across[1] - line
        lines.append((end + moved, across))
    return lines
