"""Who has how much to score, and whether there are judges enough."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.assignment import assign
from services.judging.domain.facts import Judge, JudgeRole
from services.judging.domain.loads import judge_loads, track_staff
from tests.unit.test_assignment import CONFLICTS, UNITS, entry, judge

RESERVE = Judge("J9", "", ("T", "U"), (), JudgeRole.RESERVE)


@given(st.lists(CONFLICTS, min_size=4, max_size=8), st.integers(1, 20))
def test_loads_are_what_was_assigned_and_what_is_avoided_is_never_theirs(own: list[list[str]], count: int) -> None:
    judges = [judge(n, *conflicts) for n, conflicts in enumerate(own)] + [judge(90), judge(91)]
    entries = [entry(number) for number in range(count)]
    assignment = assign(entries, judges, {"T": 2}, UNITS, 0, 1)
    panels: dict[str, list[str]] = {}
    for name, panel in assignment.panels.items():
        for holder in panel:
            panels.setdefault(holder, []).append(name)

    loads = judge_loads(judges, entries, panels, UNITS, 0)

    assert {load.judge.judge: load.total for load in loads if load.total} == +Counter(assignment.loads)
    assert sum(load.total for load in loads) == 2 * count
    assert all(load.total + load.avoided <= count for load in loads)
    assert [load.avoided for load in loads[-2:]] == [0, 0]


def test_works_are_counted_by_track_and_those_that_left_not_at_all() -> None:
    both = judge(1, tracks=("T", "U"))
    (load,) = judge_loads([both], [entry(1), entry(2, "U"), entry(3, "U")], {"J01": ["E001", "E002", "gone"]}, UNITS, 0)
    assert (dict(load.works), load.total) == ({"T": 1, "U": 1}, 2)


@pytest.mark.parametrize(
    ("absent", "reserves", "spare"),
    [((), (), {"T": 0, "U": -1}), (("J02",), (), {"T": -1, "U": -1}), (("J02",), ("J9",), {"T": 0, "U": 0})],
)
def test_a_track_has_judges_enough_or_says_how_many_are_missing(
    absent: tuple[str, ...], reserves: tuple[str, ...], spare: dict[str, int]
) -> None:
    judges = [judge(1, tracks=("T", "U")), judge(2), RESERVE]
    staff = track_staff(judges, [entry(1), entry(2, "U")], {"T": 2, "U": 2}, absent, reserves)
    assert {track.track: track.spare for track in staff} == spare
    assert [track.works for track in staff] == [1, 1]
