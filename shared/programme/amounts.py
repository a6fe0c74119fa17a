"""How a programme rounds and writes amounts: exact on the way, rounded once at the end, half up.

A value below zero is minus the value of its amount.
"""

from decimal import Decimal, localcontext
from fractions import Fraction

KEPT_DECIMALS, GUARD_DECIMALS = 4, 10
PRECISION = 60


def half_up(value: Fraction, decimals: int) -> int:
    """The value as a whole number of its last decimal, half up."""
    scaled = abs(value) * 10**decimals
    amount = int((2 * scaled + 1) / 2 // 1)
    return amount if value >= 0 else -amount


def kept(value: Fraction) -> int:
    """A value as it is kept, in ten-thousandths: half up to 10 decimals, then half up to 4 (season folder, section 2)."""
    return half_up(Fraction(half_up(value, GUARD_DECIMALS), 10**GUARD_DECIMALS), KEPT_DECIMALS)


def fixed(amount: int, decimals: int) -> str:
    """A whole number of its last decimal as it is written."""
    sign, size = "-" if amount < 0 else "", abs(amount)
    return f"{sign}{size // 10**decimals}.{size % 10**decimals:0{decimals}d}"


def root(value: Fraction) -> Fraction:
    """The square root, to far more digits than are ever written."""
    with localcontext() as context:
        context.prec = PRECISION
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).sqrt())
