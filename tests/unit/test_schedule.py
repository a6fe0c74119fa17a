"""A judging day: everybody heard once, nobody in two places at once, and an impossible day says for whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.schedule import Hearing, ImpossibleSchedule, plan
from tests.support.examples import examples

ROOMS = ("101", "102", "103")


@examples(15)
@given(st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=3), min_size=1, max_size=18), st.integers(0, 3))
def test_nobody_is_in_two_places_at_once(people: list[set[int]], seed: int) -> None:
    hearings = [Hearing(f"E{n:02d}", frozenset(map(str, theirs))) for n, theirs in enumerate(people)]

    places = plan(hearings, ROOMS, 18, seed)

    assert sorted(place.entry for place in places) == [hearing.entry for hearing in hearings]
    assert len({(place.room, place.slot) for place in places}) == len(places)
    slot = {place.entry: place.slot for place in places}
    for person in {person for hearing in hearings for person in hearing.people}:
        theirs = [slot[hearing.entry] for hearing in hearings if person in hearing.people]
        assert len(theirs) == len(set(theirs))
    assert plan(hearings[::-1], ROOMS, 18, seed) == places


def test_the_day_ends_as_early_as_it_can() -> None:
    places = plan([Hearing(f"E{n}", frozenset({str(n)})) for n in range(6)], ROOMS, 20, 1)

    assert max(place.slot for place in places) == 1


def test_an_impossible_day_names_who_is_needed_too_often() -> None:
    hearings = [Hearing(f"E{n}", frozenset({"J1"})) for n in range(4)]

    with pytest.raises(ImpossibleSchedule) as refused:
        plan(hearings, ROOMS, 3, 1)
    assert refused.value.causes == (("J1", 4),)
    with pytest.raises(ImpossibleSchedule) as refused:
        plan([Hearing(f"E{n}", frozenset({str(n)})) for n in range(4)], ("101",), 3, 1)
    assert refused.value.causes == (("", 4),)
