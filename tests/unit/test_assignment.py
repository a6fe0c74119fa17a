"""Assigning judges: never a conflict, even loads, the same seed the same panels, finished work unmoved."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain import assignment
from services.judging.domain.assignment import Assignment, ImpossibleAssignment, assign
from services.judging.domain.facts import Entry, InstructorRef, Judge, JudgeRole, Member, Unit, must_recuse
from shared.states import EntryStatus

UNITS = {
    "C": Unit("C", "", "city", 0),
    "D1": Unit("D1", "C", "district", 1),
    "D2": Unit("D2", "C", "district", 2),
    **{f"S{n}": Unit(f"S{n}", f"D{n % 2 + 1}", "school", 3 + n) for n in range(6)},
}


def entry(number: int, track: str = "T", unit: str = "") -> Entry:
    teacher = (InstructorRef(f"I{number % 4}", f"teacher{number % 4}"),)
    pupil = (Member(f"pupil{number % 5}", 5),)
    return Entry(f"E{number:03d}", EntryStatus.VALID, track, "P", unit or f"S{number % 6}", "w", 0, pupil, teacher)


def judge(number: int, *conflicts: str, tracks: tuple[str, ...] = ("T",), employer: str = "") -> Judge:
    return Judge(f"J{number:02d}", employer, tracks, conflicts, JudgeRole.SCORING)


def check(assignment: Assignment, entries: list[Entry], judges: list[Judge], k: int) -> None:
    by_id = {judge.judge: judge for judge in judges}
    for entry in entries:
        panel = assignment.panels[entry.entry]
        assert len(panel) == len(set(panel)) == k
        for name in panel:
            assert entry.track in by_id[name].tracks
            assert not must_recuse(by_id[name], entry, UNITS, 0)
    assert Counter(name for panel in assignment.panels.values() for name in panel) == Counter(assignment.loads)


CONFLICTS = st.lists(
    st.sampled_from(["S0", "S1", "S5", "D1", "E003", "I2", "pupil3", "teacher1"]), max_size=2, unique=True
)


@given(st.lists(CONFLICTS, min_size=8, max_size=14), st.integers(1, 40), st.integers(1, 3), st.integers(0, 5))
@pytest.mark.parametrize("fast", [False, True])
def test_every_entry_gets_its_judges_and_none_in_conflict(
    fast: bool, conflicts: list[list[str]], count: int, k: int, seed: int
) -> None:
    free = [judge(90 + n) for n in range(k)]
    judges = [*(judge(n, *own) for n, own in enumerate(conflicts)), *free]
    entries = [entry(number) for number in range(count)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assignment, "MOST_ARCS", -1 if fast else 10**9)
        stored_assignment = assign(entries, judges, {"T": k}, UNITS, 0, seed)
        again = assign(entries[::-1], judges[::-1], {"T": k}, UNITS, 0, seed)

    check(stored_assignment, entries, judges, k)
    assert stored_assignment == again


def test_loads_are_even_where_nothing_stands_against_it() -> None:
    entries, judges = [entry(n) for n in range(100)], [judge(n, f"S{n % 6}") for n in range(12)]

    assignment = assign(entries, judges, {"T": 3}, UNITS, 0, 1)

    assert max(assignment.loads.values()) - min(assignment.loads.values()) <= 1


def test_the_track_that_a_judge_names_first_is_preferred() -> None:
    entries = [entry(n, "A") for n in range(8)] + [entry(10 + n, "B") for n in range(8)]
    judges = [judge(n, tracks=("A", "B")) for n in range(4)] + [judge(4 + n, tracks=("B", "A")) for n in range(4)]

    assignment = assign(entries, judges, {"A": 2, "B": 2}, UNITS, 0, 1)

    assert all(int(name[1:]) < 4 for n in range(8) for name in assignment.panels[f"E{n:03d}"])


def test_a_judge_gets_no_work_in_a_language_that_they_do_not_read() -> None:
    entries = [replace(entry(n), language=("zh", "en", "")[n % 3]) for n in range(12)]
    judges = [replace(judge(n), languages=(("zh",), ("en",), ())[n % 3]) for n in range(6)]

    assignment = assign(entries, judges, {"T": 2}, UNITS, 0, 1)

    for each_entry in entries:
        assert all(judges[int(name[1:])].reads(each_entry.language) for name in assignment.panels[each_entry.entry])
    with pytest.raises(ImpossibleAssignment):
        assign(entries, judges, {"T": 5}, UNITS, 0, 1)


def test_an_impossible_demand_names_where_judges_are_missing() -> None:
    with pytest.raises(ImpossibleAssignment) as refused:
        assign([entry(0), entry(1)], [judge(0, "S0"), judge(1)], {"T": 2}, UNITS, 0, 1)

    assert [(c.track, c.unit, c.entries, c.possible, c.needed) for c in refused.value.causes] == [("T", "S0", 1, 1, 2)]


@given(st.integers(0, 100), st.sets(st.integers(0, 29), max_size=20))
def test_a_no_show_moves_nothing_that_others_have(seed: int, begun: set[int]) -> None:
    entries, judges = [entry(n) for n in range(30)], [judge(n) for n in range(6)]
    before = assign(entries, judges, {"T": 3}, UNITS, 0, seed)
    finished = {(f"E{n:03d}", before.panels[f"E{n:03d}"][0]) for n in begun}

    after = assign(entries, judges[1:], {"T": 3}, UNITS, 0, seed, held=before.panels, finished=finished)

    for each_entry in entries:
        left, now = set(before.panels[each_entry.entry]), set(after.panels[each_entry.entry])
        assert left - {"J00"} <= now
        assert len(now) == 3
        assert all(judge in now for name, judge in finished if name == each_entry.entry)


def test_another_k_adds_or_takes_away_and_keeps_finished_work() -> None:
    entries, judges = [entry(n) for n in range(20)], [judge(n) for n in range(6)]
    three = assign(entries, judges, {"T": 3}, UNITS, 0, 1)
    finished = {(name, panel[2]) for name, panel in three.panels.items()}

    four = assign(entries, judges, {"T": 4}, UNITS, 0, 1, held=three.panels, finished=finished)
    two = assign(entries, judges, {"T": 2}, UNITS, 0, 1, held=three.panels, finished=finished)

    for name, panel in three.panels.items():
        assert set(panel) < set(four.panels[name])
        assert set(two.panels[name]) < set(panel)
        assert panel[2] in two.panels[name]
