"""Kept values: the vectors of the season folder's description, section 2, in exact and in binary arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.rounding import exact, format_fixed, format_kept, kept_floats, kept_quotients, to_kept

VECTORS = [("1.00005", "1.0001"), ("2.00025", "2.0003"), ("70.12344999999999", "70.1235"), ("70.1234499", "70.1234")]


@pytest.mark.parametrize(("value", "expected"), VECTORS)
def test_kept_values_follow_the_published_vectors(value: str, expected: str) -> None:
    assert format_kept(to_kept(Fraction(value))) == expected
    assert format_kept(int(kept_floats(np.array([float(value)]))[0])) == expected


@given(st.fractions(min_value=0, max_value=1000))
def test_keeping_twice_changes_nothing(value: Fraction) -> None:
    assert to_kept(exact(to_kept(value))) == to_kept(value)


@given(st.lists(st.tuples(st.integers(0, 10**18), st.integers(1, 10**6)), min_size=1))
def test_many_quotients_are_kept_as_one_is(pairs: list[tuple[int, int]]) -> None:
    numerators = np.array([top % (1000 * bottom) for top, bottom in pairs], dtype=np.int64)
    denominators = np.array([bottom for _, bottom in pairs], dtype=np.int64)

    result = kept_quotients(numerators, denominators).tolist()

    assert result == [to_kept(Fraction(int(t), int(b))) for t, b in zip(numerators, denominators, strict=True)]


@given(st.integers(0, 10_000_000), st.integers(1, 3000))
def test_floating_point_with_the_guard_gives_the_same_digits(hundredths: int, count: int) -> None:
    """Means of scores with two decimals, as panels have them: exact halves are frequent among them."""
    value = Fraction(hundredths, 100 * count)

    assert int(kept_floats(np.array([float(value)]))[0]) == to_kept(value)


@pytest.mark.parametrize(("value", "expected"), [("91.505", "91.51"), ("2.5", "2.50"), ("0", "0.00")])
def test_people_see_two_decimals_half_up(value: str, expected: str) -> None:
    assert format_fixed(Fraction(value), 2) == expected
