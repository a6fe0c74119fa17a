"""Kept values: exact arithmetic on the way, four decimals at the end (season folder, section 2).

A kept value is a whole number of ten-thousandths. Rounding goes half up to 10 decimals, then half up to 4: the first
step is a guard, so that any arithmetic with 15 or more digits gives the same digits as exact arithmetic.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

ONE = 10_000
"""The kept value 1."""
GUARD = 10**10
STEP = GUARD // ONE
Whole = NDArray[np.int64]


def to_kept(value: Fraction) -> int:
    """A value of 0 or more as it is kept."""
    guarded = (2 * value.numerator * GUARD + value.denominator) // (2 * value.denominator)
    return (guarded + STEP // 2) // STEP


def kept_quotients(numerators: Whole, denominators: Whole | int) -> Whole:
    """The same for many exact quotients of whole numbers. No step overflows: large numbers are computed as Python's."""
    top: NDArray[Any] = numerators
    if numerators.size and int(numerators.max()) > np.iinfo(np.int64).max // (4 * GUARD):
        top = numerators.astype(object)
    guarded = (2 * top * GUARD + denominators) // (2 * denominators)
    return ((guarded + STEP // 2) // STEP).astype(np.int64)


def kept_floats(values: NDArray[np.float64]) -> Whole:
    """The same for values in binary floating point."""
    guarded = np.floor(values * GUARD + 0.5).astype(np.int64)
    return (guarded + STEP // 2) // STEP


def exact(value: int) -> Fraction:
    """What a kept value stands for."""
    return Fraction(value, ONE)


def format_kept(value: int | None) -> str:
    """A kept value with its four decimals; empty for none."""
    return "" if value is None else f"{value // ONE}.{value % ONE:04d}"


def format_fixed(value: Fraction, decimals: int) -> str:
    """The value with this many decimals, half up."""
    with localcontext() as context:
        context.prec = 60
        number = Decimal(value.numerator) / Decimal(value.denominator)
        return str(number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))
