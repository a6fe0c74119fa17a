"""Where the tiers of awards end for a number of entries: for the results, and for who prepares a season and asks."""

from fractions import Fraction

from shared.season.rules import Awards


def tier_cutoffs(awards: Awards, base: int) -> list[int]:
    """The position at which each tier ends, before ties and minimum scores; empty when there are no awards by shares.

    L₁ = max(min_first, ⌊c₁N/100⌋), Lₖ = max(Lₖ₋₁, ⌊cₖN/100⌋); a tier with places of its own ends that many behind the
    one before it, and none ends later than its most allows.
    """
    if awards.rule == "bands" or base < awards.min_entries or base == 0:
        return []
    numbers: list[int] = []
    for tier in awards.tiers:
        before = numbers[-1] if numbers else 0
        if tier.places is not None:
            end = before + tier.places
        else:
            share = int(Fraction(tier.cumulative or 0) * base / 100)
            end = max(before if numbers else awards.min_first, share)
        numbers.append(end if tier.most is None else min(end, before + tier.most))
    return numbers
