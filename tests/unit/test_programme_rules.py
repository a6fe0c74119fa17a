"""Rules of a programme, one by one: groups on stage, the calibrated mean, tasks, outcomes between two stages, small files."""

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from laurel.cli import main
from laurel.programme_folder import settle
from services.certificates.domain.ceremony import stage_groups
from services.registration.domain.indicators import Band, calibrate, funnel
from services.registration.domain.tasks import Task, TaskReport, TaskState, task_state
from shared.names import mask_name, mask_second_sign
from shared.programme.amounts import fixed, half_up, kept
from shared.programme.outcomes import LaterAction, UnclearOutcomes, outcomes_by_actions
from shared.programme.seasons import Award, Entry, Outcome
from shared.season.csv_rows import Sheet
from shared.season.days import after, day_of, start_of
from tests.support.programmes import PROGRAMMES, known_programme

ZONE = ZoneInfo("Asia/Shanghai")
DUE = date(2024, 6, 30)
TASK = Task("T1", "D", DUE)


@given(st.integers(1, 200), st.integers(1, 30))
def test_groups_on_stage_are_as_few_and_as_even_as_possible(people: int, on_stage: int) -> None:
    groups = stage_groups(people, on_stage)
    sizes = [groups.count(number) for number in range(1, max(groups) + 1)]

    assert groups == sorted(groups)
    assert len(groups) == people
    assert len(sizes) == -(-people // on_stage)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1
    assert sizes[0] <= on_stage


def test_nobody_makes_no_group() -> None:
    assert stage_groups(0, 4) == []


def test_the_calibrated_mean_is_drawn_toward_the_mean_of_all_by_how_few_entries_there_are() -> None:
    """The worked example of the format: units {2, 4} and {−3, −3} have τ² = 17.5, the first is 2.9167."""
    figures = calibrate({"A": [Fraction(2), Fraction(4)], "B": [Fraction(-3), Fraction(-3)]}, Fraction(0))

    assert figures["A"].mean is not None
    assert kept(figures["A"].mean) == 29167
    assert figures["A"].band is Band.ABOVE
    assert figures["B"].band is Band.BELOW


def test_units_between_which_nothing_can_be_told_get_the_mean_of_all_without_an_interval() -> None:
    figures = calibrate({"A": [Fraction(1), Fraction(-1)], "B": [Fraction(2), Fraction(-2)]}, Fraction(80))

    assert [(each.band, each.mean, each.low) for each in figures.values()] == [
        (Band.INDISTINCT, Fraction(80), None)
    ] * 2


@pytest.mark.parametrize("deviations", [{"A": [Fraction(1), Fraction(2)]}, {"A": [Fraction(1)], "B": [Fraction(2)]}])
def test_one_unit_or_one_entry_a_unit_is_too_little_to_compare(deviations: dict[str, list[Fraction]]) -> None:
    assert {each.band for each in calibrate(deviations, Fraction(80)).values()} == {Band.TOO_FEW}


def test_the_funnel_stays_within_none_and_all() -> None:
    assert funnel(Fraction(9, 10), 2)[1] == 1
    assert funnel(Fraction(1, 10), 2)[0] == 0
    assert funnel(Fraction(1), 5) == (Fraction(1), Fraction(1))


@given(st.fractions(min_value=-100, max_value=100))
def test_an_amount_below_zero_is_written_as_minus_its_size(value: Fraction) -> None:
    size = fixed(half_up(abs(value), 2), 2)

    assert fixed(half_up(value, 2), 2) == (f"-{size}" if value < 0 and size != "0.00" else size)


def test_kept_values_are_rounded_half_up_behind_a_guard() -> None:
    assert [kept(Fraction(text)) for text in ("1.00005", "2.00025", "70.12344999999999", "70.1234499", "-1.00005")] == [
        10001,
        20003,
        701235,
        701234,
        -10001,
    ]


def test_a_day_ends_with_its_last_microsecond() -> None:
    assert day_of(after(DUE, ZONE) - 1, ZONE) == DUE
    assert day_of(start_of(DUE, ZONE), ZONE) == DUE


def report(state: TaskState, at: int) -> TaskReport:
    return TaskReport("T1", "D", state, at)


def test_a_task_is_done_in_time_by_the_first_of_the_last_unbroken_run_of_reports() -> None:
    end = after(DUE, ZONE)
    again = [report(TaskState.DONE, 1), report(TaskState.BLOCKED, 2), report(TaskState.DONE, end)]
    steady = [report(TaskState.DONE, end - 1), report(TaskState.DONE, end + 5)]

    assert task_state(TASK, again, end, ZONE) is TaskState.DONE_LATE
    assert task_state(TASK, again, 2, ZONE) is TaskState.BLOCKED
    assert task_state(TASK, again[:2], end, ZONE) is TaskState.OVERDUE
    assert task_state(TASK, steady, end + 9, ZONE) is TaskState.DONE
    assert task_state(TASK, [], 0, ZONE) is TaskState.NOT_STARTED


@pytest.mark.parametrize("name", ["测试沈", "沈博文", "沈博", "沈", "Test Kai", "Kai"])
def test_up_to_three_signs_a_masked_name_is_that_of_the_notice(name: str) -> None:
    assert mask_second_sign(name) == mask_name(name)


def test_of_a_longer_name_in_han_signs_the_second_sign_is_masked() -> None:
    assert mask_second_sign("测试林嘉禾") == "测*林嘉禾"


def award(entry: str, tier: str, *, stands: bool = True) -> Award:
    return Award("final", entry, tier, "P", stands)


ENTRIES = [Entry(name, "M", "S", 0, 0) for name in ("E1", "E2", "E3")]


def tiers(outcomes: tuple[tuple[int, Outcome], ...]) -> list[tuple[int, list[str]]]:
    return [(at, [outcome.tier("final", entry.entry) for entry in ENTRIES]) for at, outcome in outcomes]


def test_each_result_changes_with_the_action_that_is_about_it() -> None:
    before = Outcome((award("E1", "first"), award("E2", "second"), award("E3", "third")))
    after_all = Outcome((award("E1", "first", stands=False), award("E2", "first"), award("E3", "second")))
    actions = [LaterAction(20, "revocation", "E1"), LaterAction(5, "appeal", "E2", "final")]

    assert tiers(outcomes_by_actions(before, after_all, actions, 10, ENTRIES)) == [
        (10, ["first", "first", "second"]),
        (20, ["", "first", "second"]),
    ]


def test_a_result_that_two_actions_at_different_times_could_have_changed_is_not_guessed() -> None:
    before, after_all = Outcome((award("E1", "first"),)), Outcome((award("E1", "first", stands=False),))
    actions = [LaterAction(20, "revocation", "E1"), LaterAction(30, "appeal", "E1", "final")]

    with pytest.raises(UnclearOutcomes):
        outcomes_by_actions(before, after_all, actions, 10, ENTRIES)


def shuffled(sheet: Sheet, seed: int) -> Sheet:
    rows = list(sheet.rows)
    random.Random(seed).shuffle(rows)
    return replace(sheet, rows=tuple(rows))


@pytest.mark.parametrize("seed", [1, 2])
def test_records_of_a_programme_count_by_their_time_not_by_their_place_in_the_file(seed: int) -> None:
    """Of check-ins and of decisions about designations, whose rows may arrive in any order."""
    for name in ("guangming-credits", "guangming-designations"):
        records = known_programme(name)
        sheets = {
            file: shuffled(sheet, seed) if file in ("attendance", "designations", "consents") else sheet
            for file, sheet in records.sheets.items()
        }
        expected, tables = settle(records), settle(replace(records, sheets=sheets))

        assert {file: rows for file, rows in tables.items() if file != "rejected"} == {
            file: rows for file, rows in expected.items() if file != "rejected"
        }


def test_the_command_says_every_row_that_fell_in_words() -> None:
    folder = PROGRAMMES / "dalian-ceremony"
    results = ["--results", str(folder / "expected" / "seasons")]
    said = CliRunner(env={"LAUREL_LANGUAGE": "en"}).invoke(main, ["programme", "check", str(folder), *results])

    expected = (folder / "expected" / "rejected.csv").read_text().splitlines()[1:]
    assert said.exit_code == 0, said.output
    lines = said.output.splitlines()
    assert len(lines) == len(expected) + 1
    assert "appointments.csv row 4, column person: APPOINTEE_LIMIT. The person would be at too many units" in lines[0]


def test_without_results_the_command_says_what_it_could_not_check() -> None:
    folder = PROGRAMMES / "dalian-ceremony"
    said = CliRunner(env={"LAUREL_LANGUAGE": "en"}).invoke(main, ["programme", "check", str(folder)])

    assert said.exit_code == 0, said.output
    assert "Not checked without --results" in said.output.splitlines()[-1]
    assert "UNKNOWN_RECIPIENT" not in said.output


def test_the_command_says_every_fault_of_the_rules(tmp_path: Path) -> None:
    (tmp_path / "programme.yaml").write_text("format: programme/1\nhost: x\n")
    said = CliRunner(env={"LAUREL_LANGUAGE": "en"}).invoke(main, ["programme", "check", str(tmp_path)])

    assert said.exit_code == 1
    assert "host: there is no such key" in said.output
    assert "unit_levels: this is required" in said.output
