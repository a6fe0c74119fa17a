"""Where the tiers of awards end for a number of entries: for the results, and for who prepares a season and asks."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from shared.season.rules import Awards


@dataclass(frozen=True, slots=True)
class TierLine:
    """Where a tier ends by rule, and what decided it.

    A `share` is that part of the entries, rounded down; `min_first` and `before` say that it would end sooner than the first
    tier may, or than the tier before it; `places` are of its own, `most` all that it may have.
    """

    tier: str
    before: int
    """Where the tier before it ends."""
    end: int
    by: Literal["share", "min_first", "before", "places", "most"]
    share: Decimal | None
    """Cumulative, in percent; none where the tier has places of its own."""
    exact: Fraction | None
    """The share of the entries, before it is rounded down."""

    @property
    def places(self) -> int:
        """How many this tier has by rule."""
        return self.end - self.before


def tier_lines(awards: Awards, base: int) -> list[TierLine]:
    """The line of each tier for so many entries, before ties and minimum scores; empty when there are no awards by shares.

    L₁ = max(min_first, ⌊c₁N/100⌋), Lₖ = max(Lₖ₋₁, ⌊cₖN/100⌋); a tier with places of its own ends that many behind the
    one before it, and none ends later than its most allows.
    """
    if awards.rule == "bands" or base < awards.min_entries or base == 0:
        return []
    lines: list[TierLine] = []
    for tier in awards.tiers:
        before = lines[-1].end if lines else 0
        exact = None if tier.places is not None else Fraction(tier.cumulative or 0) * base / 100
        line = TierLine(tier.id, before, before + (tier.places or 0), "places", None, None)
        if exact is not None:
            least = before if lines else awards.min_first
            short: Literal["before", "min_first"] = "before" if lines else "min_first"
            line = TierLine(
                tier.id,
                before,
                max(least, int(exact)),
                "share" if int(exact) >= least else short,
                tier.cumulative,
                exact,
            )
        if tier.most is not None and before + tier.most < line.end:
            line = TierLine(tier.id, before, before + tier.most, "most", line.share, line.exact)
        lines.append(line)
    return lines


def tier_cutoffs(awards: Awards, base: int) -> list[int]:
    """The position at which each tier ends, before ties and minimum scores; empty when there are no awards by shares."""
    return [line.end for line in tier_lines(awards, base)]
