"""Award tiers 等次 of one group and heat (season folder, section 8)."""

from collections.abc import Sequence
from fractions import Fraction

from services.judging.domain.ranking import Standing
from shared.season.rules import Awards, Tier


def lines(awards: Awards, base: int) -> list[int]:
    """The position at which each tier ends, before ties and minimum scores; empty when there are no awards.

    L₁ = max(min_first, ⌊c₁N/100⌋), Lₖ = max(Lₖ₋₁, ⌊cₖN/100⌋).
    """
    if base < awards.min_entries or base == 0:
        return []
    found: list[int] = []
    for tier in awards.tiers:
        share = int(Fraction(tier.cumulative or 0) * base / 100)
        found.append(max(found[-1] if found else awards.min_first, share))
    return found


def tiers(awards: Awards, ranked: Sequence[Standing], base: int) -> dict[str, str]:
    """Which tier each ranked entry gets, by entry id; entries without one are absent.

    A tie block that lies across a line goes down: it gets the tier of its last position. A score below the minimum
    of its tier falls to the next tier; nobody moves up for it.

    Raises:
        NotImplementedError: the rule is not computed yet.
    """
    if awards.rule != "shares" or awards.ties_across_line != "down":
        raise NotImplementedError(f"{awards.rule}, {awards.ties_across_line}")
    ends = lines(awards, base)
    given: dict[str, str] = {}
    for standing in ranked:
        if standing.rank is None or not ends:
            continue
        last = standing.rank + sum(1 for other in ranked if other.rank == standing.rank) - 1
        tier = _fitting(awards.tiers, ends, last, standing.score or Fraction(0))
        if tier is not None:
            given[standing.entry.entry] = tier.id
        elif awards.otherwise:
            given[standing.entry.entry] = awards.otherwise.id
    return given


def _fitting(all_tiers: Sequence[Tier], ends: Sequence[int], position: int, score: Fraction) -> Tier | None:
    for tier, end in zip(all_tiers, ends, strict=True):
        if position <= end and (tier.min_score is None or score >= Fraction(tier.min_score)):
            return tier
    return None
