"""Kept values: exact arithmetic on the way, four decimals at the end (season folder, section 2)."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

GUARD = Fraction(1, 10**10)
KEPT = Fraction(1, 10**4)


def half_up(value: Fraction, step: Fraction) -> Fraction:
    """The multiple of `step` nearest to a value that is not negative; halves go up."""
    return (value / step + Fraction(1, 2)).__floor__() * step


def kept(value: Fraction) -> Fraction:
    """A value as it is kept: half up to 10 decimals, then half up to 4.

    The first step is a guard, so that any arithmetic with 15 or more digits gives the same result.
    """
    return half_up(half_up(value, GUARD), KEPT)


def fixed(value: Fraction, decimals: int) -> str:
    """The value with this many decimals, half up."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))
