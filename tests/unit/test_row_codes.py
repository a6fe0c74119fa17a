"""Every code that a row of units.csv, entries.csv or summaries.csv can fall with, at its column, in the published order."""

from collections.abc import Callable
from typing import Any

import pytest

from services.registration.domain import entry_sheet, summaries, units
from services.registration.domain.units import Unit
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.reading import load_season
from shared.season.rules import Limits
from tests.conftest import GOLDEN

RULES = load_season((GOLDEN / "season.yaml").read_text())
UNITS = {
    unit.unit: unit
    for unit in (
        Unit("C", "", "city", "市", "", "", 0),
        Unit("D", "C", "district", "区", "", "", 1),
        Unit("S", "D", "school", "校", "", "", 2),
    )
}
UNIT = {"unit": "S2", "parent": "D", "level": "school", "name_zh": "二校", "name_en": "", "gb2260": ""}
ENTRY = {
    **dict.fromkeys(entry_sheet.COLUMNS, ""),
    "entry": "E1",
    "track": "T4",
    "unit": "S",
    "title": "作品",
    "registered_at": "2024-03-12T10:00:00",
    "submitted_at": "2024-04-01T10:00:00",
    "review": "approved",
    "consent": "granted",
    "m1_name_zh": "测试甲",
    "m1_birth": "2013-05",
    "m1_grade": "5",
    "i1_id": "I1",
    "i1_name": "测试师",
}
SUMMARY = {
    "unit": "S",
    "submitted_at": "2024-09-01T10:00:00",
    "timeliness": "30",
    "completeness": "20.5",
    "activity_records": "0",
    "compliance": "20",
}


def sheet(file: str, *rows: dict[str, str], cut: bool = False) -> Sheet:
    return Sheet(file, tuple(rows[0]), tuple(Row(n, row, whole=not cut) for n, row in enumerate(rows, 2)))


def of_units(*rows: dict[str, str], cut: bool = False) -> list[Rejection]:
    base = [
        {"unit": "C", "parent": "", "level": "city", "name_zh": "市", "name_en": "", "gb2260": ""},
        {"unit": "D", "parent": "C", "level": "district", "name_zh": "区", "name_en": "", "gb2260": ""},
    ]
    return units.check_units(sheet("units.csv", *([] if cut else base), *rows, cut=cut), RULES)[1]


def of_entries(*rows: dict[str, str], cut: bool = False) -> list[Rejection]:
    return entry_sheet.check_entries(sheet("entries.csv", *rows, cut=cut), RULES, UNITS)[1]


def of_summaries(*rows: dict[str, str], cut: bool = False) -> list[Rejection]:
    return summaries.check_summaries(sheet("summaries.csv", *rows, cut=cut), RULES, UNITS)[1]


CASES: list[tuple[Callable[..., list[Rejection]], dict[str, str], dict[str, str], str, str]] = [
    *(
        (of_units, UNIT, change, column, code)
        for change, column, code in (
            ({"unit": ""}, "unit", "REQUIRED"),
            ({"unit": "../../evil"}, "unit", "BAD_ID"),
            ({"level": ""}, "level", "REQUIRED"),
            ({"name_zh": ""}, "name_zh", "REQUIRED"),
            ({"unit": "D"}, "unit", "DUPLICATE_ID"),
            ({"level": "village"}, "level", "UNIT_LEVEL"),
            ({"parent": "X"}, "parent", "UNKNOWN_PARENT"),
            ({"parent": ""}, "parent", "UNKNOWN_PARENT"),
            ({"level": "district", "parent": "D"}, "parent", "UNKNOWN_PARENT"),
            ({"name_zh": "校" * 121}, "name_zh", "TOO_LONG"),
            ({"name_en": "x" * 121}, "name_en", "TOO_LONG"),
            ({"name_zh": "校\U0001f600"}, "name_zh", "BAD_SIGN"),
        )
    ),
    *(
        (of_entries, ENTRY, change, column, code)
        for change, column, code in (
            *(({name: ""}, name, "REQUIRED") for name in entry_sheet.REQUIRED),
            ({"entry": "E/1"}, "entry", "BAD_ID"),
            ({"i1_id": "../I1"}, "i1_id", "BAD_ID"),
            ({"track": "T9"}, "track", "UNKNOWN_TRACK"),
            ({"unit": "X"}, "unit", "UNKNOWN_UNIT"),
            ({"unit": "D"}, "unit", "UNIT_LEVEL"),
            ({"exhibition": "no"}, "exhibition", "BAD_VALUE"),
            ({"review": "maybe"}, "review", "BAD_VALUE"),
            ({"consent": "yes"}, "consent", "BAD_VALUE"),
            ({"registered_at": "soon"}, "registered_at", "BAD_TIME"),
            ({"submitted_at": "2024-13-01T00:00:00"}, "submitted_at", "BAD_TIME"),
            ({"registered_at": "2024-03-11T08:59:59.999"}, "registered_at", "OUTSIDE_WINDOW"),
            ({"registered_at": "2024-04-12T17:00:00.001"}, "registered_at", "OUTSIDE_WINDOW"),
            ({"m3_name_zh": "测试丙", "m3_birth": "2013-05", "m3_grade": "5"}, "m2_name_zh", "MEMBER_GAP"),
            ({"m1_birth": ""}, "m1_birth", "REQUIRED"),
            ({"m1_name_zh": ""}, "m1_name_zh", "REQUIRED"),
            ({"m1_birth": "2013-5"}, "m1_birth", "BAD_MONTH"),
            ({"m1_grade": "0"}, "m1_grade", "BAD_GRADE"),
            ({"m1_name_zh": "", "m1_birth": "", "m1_grade": ""}, "m1_name_zh", "TEAM_SIZE"),
            ({"m1_grade": "3"}, "m1_grade", "DIVISION_NOT_OPEN"),
            ({"track": "T2"}, "m2_name_zh", "TEAM_SIZE"),
            (
                {"track": "T1", "m2_name_zh": "测试乙", "m2_birth": "2013-06", "m2_grade": "5"},
                "m2_name_zh",
                "TEAM_SIZE",
            ),
            ({"i1_id": "", "i1_name": ""}, "i1_id", "INSTRUCTOR_COUNT"),
            ({"i1_id": ""}, "i1_id", "INSTRUCTOR_COUNT"),
            ({"m2_name_zh": "测试 甲", "m2_birth": "2013-05", "m2_grade": "5"}, "m2_name_zh", "MEMBER_REPEATED"),
            ({"i2_id": "I1", "i2_name": "另"}, "i2_id", "INSTRUCTOR_REPEATED"),
            ({"consent": "missing"}, "consent", "CONSENT_MISSING"),
            ({"consent": ""}, "consent", "CONSENT_MISSING"),
            ({"m1_birth": "1989-12"}, "m1_birth", "BAD_MONTH"),
            ({"title": "x" * 121}, "title", "TOO_LONG"),
            ({"m1_name_zh": "甲" * 81}, "m1_name_zh", "TOO_LONG"),
            ({"m1_name_en": "x" * 81}, "m1_name_en", "TOO_LONG"),
            ({"i1_name": "x" * 81}, "i1_name", "TOO_LONG"),
            *(({name: "测\U0001f600"}, name, "BAD_SIGN") for name in ("title", "m1_name_zh", "m1_name_en", "i1_name")),
        )
    ),
    *(
        (of_summaries, SUMMARY, change, column, code)
        for change, column, code in (
            ({"unit": "X"}, "unit", "UNKNOWN_UNIT"),
            ({"unit": "D"}, "unit", "UNIT_LEVEL"),
            ({"submitted_at": ""}, "submitted_at", "BAD_TIME"),
            ({"completeness": "1.234"}, "completeness", "BAD_SCORE"),
            ({"compliance": ""}, "compliance", "BAD_SCORE"),
            ({"timeliness": "30.01"}, "timeliness", "SCORE_RANGE"),
        )
    ),
]


@pytest.mark.parametrize(("check", "row", "change", "column", "code"), CASES)
def test_a_row_falls_with_its_code_at_its_column(
    check: Callable[..., list[Rejection]], row: dict[str, str], change: dict[str, str], column: str, code: str
) -> None:
    assert check(row) == []

    assert [(rejection.column, rejection.code) for rejection in check({**row, **change})] == [(column, code)]


@pytest.mark.parametrize(
    ("check", "row", "first"), [(of_units, UNIT, "unit"), (of_entries, ENTRY, "unit"), (of_summaries, SUMMARY, "unit")]
)
def test_a_row_of_another_shape_falls_at_the_first_column(
    check: Callable[..., list[Rejection]], row: dict[str, str], first: str
) -> None:
    assert [(rejection.column, rejection.code) for rejection in check(row, cut=True)] == [
        (next(iter(row)), "ROW_SHAPE")
    ]


@pytest.mark.parametrize(
    ("check", "row", "column"),
    [(of_units, UNIT, "unit"), (of_entries, ENTRY, "entry"), (of_summaries, SUMMARY, "unit")],
)
def test_an_id_stands_once(check: Callable[..., list[Rejection]], row: dict[str, str], column: str) -> None:
    assert [(rejection.column, rejection.code) for rejection in check(row, row)] == [(column, "DUPLICATE_ID")]


def entry(number: int, **changes: str) -> dict[str, str]:
    return {**ENTRY, "entry": f"E{number}", **changes}


def test_the_limits_fall_in_order_of_registration() -> None:
    tracks = [entry(1), entry(2, registered_at="2024-03-11T10:00:00")]
    season = [entry(n, track=track, i1_id=f"I{n}") for n, track in enumerate(("T4", "T1", "T5"), 1)]
    teacher: list[dict[str, Any]] = [entry(n, m1_name_zh=f"测试{n}") for n in range(1, 8)]

    assert [(entry.row, entry.column, entry.code) for entry in of_entries(*tracks)] == [
        (2, "m1_name_zh", "STUDENT_TRACK_LIMIT")
    ]
    assert [(entry.row, entry.column, entry.code) for entry in of_entries(*season)] == [
        (4, "m1_name_zh", "STUDENT_LIMIT")
    ]
    assert [(entry.row, entry.column, entry.code) for entry in of_entries(*teacher)] == [
        (8, "i1_id", "INSTRUCTOR_LIMIT")
    ]
    assert Limits(entries_per_student=2, entries_per_student_and_track=1, entries_per_instructor=6) == RULES.limits
