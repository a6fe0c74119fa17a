"""Kept values: the vectors of the season folder's description, section 2."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.rounding import fixed, kept


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1.00005", "1.0001"), ("2.00025", "2.0003"), ("70.12344999999999", "70.1235"), ("70.1234499", "70.1234")],
)
def test_kept_values_follow_the_published_vectors(value: str, expected: str) -> None:
    assert fixed(kept(Fraction(value)), 4) == expected


@given(st.fractions(min_value=0, max_value=1000))
def test_keeping_twice_changes_nothing(value: Fraction) -> None:
    assert kept(kept(value)) == kept(value)


@given(st.fractions(min_value=0, max_value=1000))
def test_floating_point_with_the_guard_gives_the_same_digits(value: Fraction) -> None:
    assert kept(Fraction(float(value))) == kept(value) or abs(value * 10**10 - round(value * 10**10)) * 2 > 0.99


@pytest.mark.parametrize(("value", "shown"), [("91.505", "91.51"), ("2.5", "2.50"), ("0", "0.00")])
def test_people_see_two_decimals_half_up(value: str, shown: str) -> None:
    assert fixed(Fraction(value), 2) == shown
