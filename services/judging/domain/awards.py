"""Award tiers 等次 of one group and heat (season folder, section 8)."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import ceil

from services.judging.domain.ranking import RankedEntry
from services.judging.domain.rounding import ONE
from shared.season.award_lines import tier_cutoffs
from shared.season.rules import Awards


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
    ends = tier_cutoffs(awards, base)
    if not ends and awards.rule == "shares":
        return {}
    given: dict[str, TierAssignment] = {}
    blocks = [
        list(block) for _, block in groupby((item for item in ranked if item.rank), key=lambda ranked: ranked.rank)
    ]
    spans = [(block[0].rank or 0, (block[0].rank or 0) + len(block) - 1) for block in blocks]
    if awards.ties_across_line == "include":
        ends = _moved(ends, spans)
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


def _moved(ends: Sequence[int], spans: Sequence[tuple[int, int]]) -> list[int]:
    moved = list(ends)
    for number in range(len(moved)):
        line = moved[number]
        across = next((last for first, last in spans if first <= line < last), None)
        if across is not None:
            moved[number:] = [end + across - line for end in moved[number:]]
    return moved
