"""Every code that a row of a programme's files can fall with, at its column, in the published order."""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from services.certificates.domain import agreements, appointments, ceremony, designation_register
from services.registration.domain import (
    attendance,
    enrolments,
    indicators,
    programme_consents,
    programme_events,
    showcase,
    tasks,
)
from services.registration.domain.showcase import Item
from services.registration.domain.tasks import Task
from shared.programme.records import COLUMNS, SESSION_COLUMNS
from shared.programme.rules import Appointments, Designations, Showcase
from shared.programme.seasons import CheckInWindow, Entry, Member, Outcome, SeasonFacts, Session
from shared.programme.units import TreeUnit, UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.time import parse_moment
from shared.web.translation import shared_catalog

ZONE = ZoneInfo("Asia/Shanghai")
TREE = UnitTree(
    (
        TreeUnit("C", "", "city"),
        TreeUnit("D", "C", "district"),
        TreeUnit("S", "D", "school", "一校", ""),
        TreeUnit("T", "D", "school", "二校", ""),
        TreeUnit("U", "D", "school", "三校", ""),
    )
)


def moment(text: str) -> int:
    result = parse_moment(text, ZONE)
    assert result is not None
    return result


MEMBERS = (Member(1, "测试甲", "", "2012-05", 5), Member(2, "测试乙", "", "2012-06", 5))
NOON = moment("2024-03-01T12:00:00")
OUTCOME = Outcome(standings={"E2": "rejected", "E3": "not_recommended"})
SEASON = SeasonFacts(
    folder="s",
    series="s",
    zone=ZONE,
    notice_opens=NOON,
    notice_closes=NOON,
    tracks=("M",),
    divisions=("P",),
    rounds=("final",),
    entries=tuple(Entry(name, "M", "S", NOON, NOON, MEMBERS) for name in ("E1", "E2", "E3")),
    provisional=OUTCOME,
    outcomes=((NOON, OUTCOME),),
    sessions=tuple(
        Session(name, "1", moment("2024-04-01T14:00:00"), moment("2024-04-01T16:00:00")) for name in ("E1", "E2", "E3")
    ),
    check_in=CheckInWindow(30, 10),
)
SEASONS = {"s": SEASON}
APPOINTMENTS = Appointments.model_validate(
    {
        "at": ["2024-01-01T00:00:00Z"],
        "kinds": [{"id": "vp", "title": {"en": "VP"}, "unit_levels": ["school"], "term_years": 3, "most_units": 2}],
    }
)
DESIGNATIONS = Designations.model_validate(
    {
        "at": ["2024-01-01T00:00:00Z"],
        "kinds": [
            {
                "id": "base",
                "title": {"en": "Base"},
                "unit_levels": ["school"],
                "term_years": 3,
                "bar_years": 2,
                "annual_review": {"opens": "11-01", "closes": "12-15"},
                "renewal": {"opens_days_before": 180, "late_days": 60},
            }
        ],
    }
)
SHOWCASE = Showcase.model_validate({"at": ["2024-01-01T00:00:00Z"], "tags": [{"id": "ai", "title": {"en": "AI"}}]})
GOOD: dict[str, dict[str, str]] = {
    "sessions": {
        "entry": "E1",
        "session": "1",
        "starts": "2024-04-01T14:00:00",
        "ends": "2024-04-01T16:00:00",
    },
    "students": {
        "student": "T1",
        "unit": "S",
        "from": "2023-09-01",
        "until": "2024-08-31",
        "grade": "5",
        "name_zh": "测试甲",
        "birth": "2012-05",
    },
    "attendance": {
        "checkin": "Q1",
        "season": "s",
        "entry": "E1",
        "session": "1",
        "student": "T1",
        "at": "2024-04-01T14:00:00",
        "method": "qr",
    },
    "consents": {
        "season": "s",
        "entry": "E1",
        "member": "1",
        "purpose": "publish-name",
        "state": "granted",
        "at": "2024-03-01T10:00:00",
    },
    "designations": {
        "record": "N1",
        "designation": "b1",
        "kind": "base",
        "unit": "S",
        "type": "named",
        "at": "2024-03-01T10:00:00",
    },
    "appointments": {
        "appointment": "V1",
        "kind": "vp",
        "person": "W1",
        "name_zh": "测试员",
        "unit": "S",
        "from": "2024-03-01",
    },
    "agreements": {
        "agreement": "G1",
        "party_a": "测试大学",
        "party_b": "S",
        "title_zh": "共建",
        "signed_on": "2024-03-01",
        "from": "2024-04-01",
        "until": "2025-03-31",
    },
    "representatives": {"unit": "S", "name_zh": "测试代表", "named_at": "2024-03-01T10:00:00"},
    "ceremony": {"recipient": "U:S", "state": "present", "handed": "yes", "at": "2024-03-01T10:00:00"},
    "showcase": {
        "item": "W1",
        "kind": "work",
        "season": "s",
        "entry": "E1",
        "unit": "S",
        "title_zh": "作品",
        "tags": "ai",
        "place": "1",
        "proposed_at": "2024-03-02T10:00:00",
        "approved_at": "2024-03-03T10:00:00",
    },
    "comments": {"item": "W1", "expert": "测试专家", "text_zh": "好", "public": "yes", "at": "2024-03-01T10:00:00"},
    "programme_events": {
        "event": "V1",
        "kind": "talk",
        "level": "school",
        "unit": "S",
        "title_zh": "讲座",
        "starts": "2024-03-01T10:00:00",
        "ends": "2024-03-01T11:00:00",
        "place": "一号厅",
    },
    "tasks": {"task": "T1", "unit": "S", "title_zh": "任务", "due": "2024-06-30"},
    "task_reports": {"task": "T1", "unit": "S", "state": "done", "evidence": "x", "at": "2024-03-01T10:00:00"},
    "populations": {"unit": "S", "year": "2024", "pupils": "900"},
}
LATER = {**GOOD["students"], "student": "T5", "from": "2025-09-01", "until": "", "name_zh": "测试丙"}
ROLL = enrolments.check_enrolments(
    Sheet("students.csv", COLUMNS["students"], (Row(2, GOOD["students"]), Row(3, LATER))), TREE, "school"
)[0]
ITEM = Item("W1", "case", "", "", "S", None, NOON, None, None, None)
DUE = date(2024, 6, 30)
COLUMNS_OF = {**COLUMNS, "sessions": SESSION_COLUMNS}
CHECKS: dict[str, Callable[[Sheet], list[Rejection]]] = {
    "students": lambda sheet: enrolments.check_enrolments(sheet, TREE, "school")[1],
    "sessions": lambda sheet: attendance.check_sessions(sheet, SEASON)[1],
    "attendance": lambda sheet: attendance.check_attendance(sheet, SEASONS, ROLL, ZONE)[1],
    "consents": lambda sheet: programme_consents.check_consents(sheet, SEASONS, ZONE)[1],
    "designations": lambda sheet: designation_register.check_designations(sheet, DESIGNATIONS, (), TREE, ZONE)[1],
    "appointments": lambda sheet: appointments.check_appointments(sheet, APPOINTMENTS, TREE)[1],
    "agreements": lambda sheet: agreements.check_agreements(sheet, TREE)[1],
    "representatives": lambda sheet: ceremony.check_representatives(sheet, TREE, ZONE)[1],
    "ceremony": lambda sheet: ceremony.check_marks(sheet, ["U:S"], ZONE)[1],
    "showcase": lambda sheet: showcase.check_items(sheet, SHOWCASE, SEASONS, TREE, ZONE)[1],
    "comments": lambda sheet: showcase.check_comments(sheet, [ITEM], ZONE)[1],
    "programme_events": lambda sheet: programme_events.check_events(sheet, TREE, ZONE)[1],
    "tasks": lambda sheet: tasks.check_tasks(sheet, TREE)[1],
    "task_reports": lambda sheet: tasks.check_reports(sheet, [Task("T1", "S", DUE)], ZONE)[1],
    "populations": lambda sheet: indicators.check_populations(sheet, TREE, "school")[1],
}
REMOVED = {"record": "N2", "type": "removed", "reason": "x", "at": "2024-04-01T10:00:00", "kind": "", "unit": ""}
Case = tuple[str, list[dict[str, str]], str, str]
CASES: list[Case] = [
    *(
        (name, [{column: ""}], column, "REQUIRED")
        for name, columns in {
            "sessions": ("entry", "session", "starts", "ends"),
            "students": ("student", "unit", "from", "grade", "birth", "name_zh"),
            "attendance": ("checkin", "season", "entry", "session", "student", "at", "method"),
            "consents": ("season", "entry", "member", "purpose", "state", "at"),
            "designations": ("record", "designation", "type", "at", "kind", "unit"),
            "appointments": ("appointment", "kind", "person", "unit", "from", "name_zh"),
            "agreements": ("agreement", "party_a", "party_b", "signed_on", "from", "until", "title_zh"),
            "representatives": ("unit", "named_at", "name_zh"),
            "ceremony": ("recipient", "state", "handed", "at"),
            "showcase": ("item", "kind", "unit", "proposed_at", "title_zh", "season", "entry"),
            "comments": ("item", "expert", "public", "at", "text_zh"),
            "programme_events": ("event", "kind", "level", "unit", "starts", "ends", "place", "title_zh"),
            "tasks": ("task", "unit", "due", "title_zh"),
            "task_reports": ("task", "unit", "state", "at"),
            "populations": ("unit", "year", "pupils"),
        }.items()
        for column in columns
    ),
    ("sessions", [{"entry": "X"}], "entry", "UNKNOWN_ENTRY"),
    ("sessions", [{"starts": "x"}], "starts", "BAD_TIME"),
    ("sessions", [{"ends": "2024-04-01T14:00:00"}], "ends", "TIME_ORDER"),
    ("sessions", [{}, {"starts": "2024-04-01T15:00:00"}], "session", "DUPLICATE_ID"),
    ("students", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("students", [{"unit": "D"}], "unit", "UNIT_LEVEL"),
    ("students", [{"from": "2023-9-1"}], "from", "BAD_DATE"),
    ("students", [{"until": "2024-02-30"}], "until", "BAD_DATE"),
    ("students", [{"until": "2023-08-31"}], "until", "DATE_ORDER"),
    ("students", [{"birth": "2012-13"}], "birth", "BAD_MONTH"),
    ("students", [{"grade": "13"}], "grade", "BAD_GRADE"),
    ("students", [{}, {"unit": "T", "from": "2024-08-31", "until": ""}], "from", "OVERLAP"),
    ("students", [{}, {"student": "T2", "name_zh": "测 试甲"}], "student", "SAME_PERSON"),
    ("attendance", [{}, {}], "checkin", "DUPLICATE_ID"),
    ("attendance", [{"season": "x"}], "season", "UNKNOWN_SEASON"),
    ("attendance", [{"entry": "x"}], "entry", "UNKNOWN_ENTRY"),
    ("attendance", [{"session": "2"}], "session", "UNKNOWN_SESSION"),
    ("attendance", [{"student": "T9"}], "student", "UNKNOWN_STUDENT"),
    ("attendance", [{"method": "face"}], "method", "BAD_VALUE"),
    ("attendance", [{"at": "noon"}], "at", "BAD_TIME"),
    ("attendance", [{"method": "list"}], "reason", "REASON_MISSING"),
    ("attendance", [{"entry": "E2"}], "entry", "ENTRY_NOT_VALID"),
    ("attendance", [{"at": "2024-04-01T13:29:59.999999"}], "at", "OUTSIDE_WINDOW"),
    ("attendance", [{"at": "2024-04-01T16:10:00.000001"}], "at", "OUTSIDE_WINDOW"),
    ("attendance", [{"student": "T5"}], "student", "NOT_ENROLLED"),
    ("attendance", [{}, {"checkin": "Q2", "at": "2024-04-01T15:00:00"}], "student", "DUPLICATE_CHECKIN"),
    ("consents", [{"season": "x"}], "season", "UNKNOWN_SEASON"),
    ("consents", [{"entry": "x"}], "entry", "UNKNOWN_ENTRY"),
    ("consents", [{"member": "3"}], "member", "UNKNOWN_MEMBER"),
    ("consents", [{"purpose": "photos"}], "purpose", "BAD_VALUE"),
    ("consents", [{"state": "yes"}], "state", "BAD_VALUE"),
    ("consents", [{"at": "2024-03-01"}], "at", "BAD_TIME"),
    ("designations", [{}, {"designation": "b2", "unit": "T"}], "record", "DUPLICATE_ID"),
    ("designations", [{"type": "x"}], "type", "BAD_VALUE"),
    ("designations", [{"kind": "x"}], "kind", "UNKNOWN_KIND"),
    ("designations", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("designations", [{"unit": "D"}], "unit", "UNIT_LEVEL"),
    ("designations", [{"type": "annual_review", "outcome": "fine"}], "outcome", "BAD_VALUE"),
    ("designations", [{"at": "x"}], "at", "BAD_TIME"),
    ("designations", [{"until": "x"}], "until", "BAD_DATE"),
    ("designations", [{"type": "annual_review", "outcome": "rectify", "reason": "x"}], "until", "REQUIRED"),
    ("designations", [{"type": "annual_review", "outcome": "failed"}], "reason", "REASON_MISSING"),
    ("designations", [{"type": "removed"}], "reason", "REASON_MISSING"),
    ("designations", [{}, {"record": "N2", "unit": "T"}], "designation", "DUPLICATE_ID"),
    ("designations", [{}, {"record": "N2", "designation": "b2"}], "unit", "ALREADY_DESIGNATED"),
    (
        "designations",
        [{}, REMOVED, {"record": "N3", "designation": "b2", "at": "2026-04-01T23:00:00"}],
        "unit",
        "BARRED",
    ),
    ("designations", [{**REMOVED, "designation": "b9"}], "designation", "UNKNOWN_DESIGNATION"),
    ("designations", [{}, REMOVED, {**REMOVED, "record": "N3"}], "type", "WRONG_STATE"),
    (
        "designations",
        [{}, {"record": "N2", "type": "renewal_applied", "at": "2024-04-01T10:00:00"}],
        "at",
        "OUTSIDE_WINDOW",
    ),
    ("designations", [{}, {"record": "N2", "type": "renewed", "at": "2027-02-01T10:00:00"}], "type", "NOT_APPLIED"),
    ("appointments", [{}, {"unit": "T"}], "appointment", "DUPLICATE_ID"),
    ("appointments", [{"kind": "x"}], "kind", "UNKNOWN_KIND"),
    ("appointments", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("appointments", [{"unit": "D"}], "unit", "UNIT_LEVEL"),
    ("appointments", [{"from": "x"}], "from", "BAD_DATE"),
    ("appointments", [{"until": "x"}], "until", "BAD_DATE"),
    ("appointments", [{"until": "2024-02-29"}], "until", "DATE_ORDER"),
    ("appointments", [{"ended_on": "x"}], "ended_on", "BAD_DATE"),
    ("appointments", [{"ended_on": "2024-02-29"}], "ended_on", "DATE_ORDER"),
    ("appointments", [{"ended_on": "2024-12-31"}], "reason", "REASON_MISSING"),
    ("appointments", [{}, {"appointment": "V2", "from": "2027-03-01"}], "unit", "OVERLAP"),
    (
        "appointments",
        [{}, {"appointment": "V2", "unit": "T"}, {"appointment": "V3", "unit": "U"}],
        "person",
        "APPOINTEE_LIMIT",
    ),
    ("agreements", [{}, {}], "agreement", "DUPLICATE_ID"),
    ("agreements", [{"party_b": "X"}], "party_b", "UNKNOWN_UNIT"),
    ("agreements", [{"party_a": "S"}], "party_b", "SAME_PARTY"),
    *(("agreements", [{column: "x"}], column, "BAD_DATE") for column in ("signed_on", "from", "until", "ended_on")),
    ("agreements", [{"from": "2024-02-29"}], "from", "DATE_ORDER"),
    ("agreements", [{"until": "2024-03-31"}], "until", "DATE_ORDER"),
    ("agreements", [{"ended_on": "2025-04-01"}], "ended_on", "DATE_ORDER"),
    ("representatives", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("representatives", [{"named_at": "x"}], "named_at", "BAD_TIME"),
    ("ceremony", [{"recipient": "U:X"}], "recipient", "UNKNOWN_RECIPIENT"),
    ("ceremony", [{"state": "expected"}], "state", "BAD_VALUE"),
    ("ceremony", [{"handed": "maybe"}], "handed", "BAD_VALUE"),
    ("ceremony", [{"state": "absent"}], "to", "HANDED_TO_NOBODY"),
    ("ceremony", [{"at": "x"}], "at", "BAD_TIME"),
    ("showcase", [{}, {"entry": "E3"}], "item", "DUPLICATE_ID"),
    ("showcase", [{"kind": "x"}], "kind", "BAD_VALUE"),
    ("showcase", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("showcase", [{"season": "x"}], "season", "UNKNOWN_SEASON"),
    ("showcase", [{"entry": "x"}], "entry", "UNKNOWN_ENTRY"),
    ("showcase", [{"unit": "T"}], "unit", "OTHER_UNIT"),
    *(
        ("showcase", [{column: "x"}], column, "BAD_TIME")
        for column in ("proposed_at", "approved_at", "embargo_until", "withdrawn_at")
    ),
    ("showcase", [{"approved_at": "2024-03-01T10:00:00"}], "approved_at", "TIME_ORDER"),
    ("showcase", [{"tags": "ai;fun"}], "tags", "UNKNOWN_TAG"),
    ("showcase", [{"place": "0"}], "place", "BAD_RANK"),
    ("comments", [{"item": "X"}], "item", "UNKNOWN_ITEM"),
    ("comments", [{"public": "x"}], "public", "BAD_VALUE"),
    ("comments", [{"at": "x"}], "at", "BAD_TIME"),
    ("programme_events", [{}, {}], "event", "DUPLICATE_ID"),
    ("programme_events", [{"kind": "x"}], "kind", "BAD_VALUE"),
    ("programme_events", [{"level": "x"}], "level", "BAD_VALUE"),
    ("programme_events", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("programme_events", [{"starts": "x"}], "starts", "BAD_TIME"),
    ("programme_events", [{"ends": "2024-03-01T10:00:00"}], "ends", "TIME_ORDER"),
    (
        "programme_events",
        [{}, {"event": "V2", "starts": "2024-03-01T10:59:59", "ends": "2024-03-01T12:00:00"}],
        "place",
        "PLACE_TAKEN",
    ),
    ("tasks", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("tasks", [{"due": "2024-06-31"}], "due", "BAD_DATE"),
    ("tasks", [{}, {"due": "2024-07-31"}], "task", "DUPLICATE_ID"),
    ("task_reports", [{"unit": "T"}], "task", "UNKNOWN_TASK"),
    ("task_reports", [{"state": "overdue"}], "state", "BAD_VALUE"),
    ("task_reports", [{"evidence": ""}], "evidence", "EVIDENCE_MISSING"),
    ("task_reports", [{"at": "x"}], "at", "BAD_TIME"),
    ("populations", [{"unit": "X"}], "unit", "UNKNOWN_UNIT"),
    ("populations", [{"unit": "D"}], "unit", "UNIT_LEVEL"),
    ("populations", [{"pupils": "many"}], "pupils", "BAD_NUMBER"),
    ("populations", [{}, {"pupils": "7"}], "unit", "DUPLICATE_ID"),
]


def sheet(name: str, rows: list[dict[str, str]], *, whole: bool = True) -> Sheet:
    cells = [{**GOOD[name], **row} for row in rows]
    return Sheet(f"{name}.csv", COLUMNS_OF[name], tuple(Row(number, row, whole) for number, row in enumerate(cells, 2)))


@pytest.mark.parametrize(("name", "rows", "column", "code"), CASES)
def test_a_row_falls_with_its_code_at_its_column(name: str, rows: list[dict[str, str]], column: str, code: str) -> None:
    rejected = CHECKS[name](sheet(name, rows))

    assert [(each.row, each.column, each.code) for each in rejected] == [(len(rows) + 1, column, code)]
    assert shared_catalog().both(f"code-{code}")


@pytest.mark.parametrize("name", GOOD)
def test_a_row_without_a_fault_is_taken_in_and_one_of_another_shape_is_not(name: str) -> None:
    assert CHECKS[name](sheet(name, [{}])) == []

    cut = CHECKS[name](sheet(name, [{}], whole=False))
    assert [(each.column, each.code) for each in cut] == [(COLUMNS_OF[name][0], "ROW_SHAPE")]


def test_an_activity_that_was_not_recommended_takes_place_all_the_same() -> None:
    assert CHECKS["attendance"](sheet("attendance", [{"entry": "E3", "at": "2024-04-01T13:30:00"}])) == []


def test_one_event_may_begin_where_another_ends() -> None:
    after = {"event": "V2", "starts": "2024-03-01T11:00:00", "ends": "2024-03-01T12:00:00"}

    assert CHECKS["programme_events"](sheet("programme_events", [{}, after])) == []


def test_a_unit_whose_designation_was_removed_may_be_named_again_when_the_bar_is_over() -> None:
    again = {"record": "N3", "designation": "b2", "at": "2026-04-02T00:00:00"}

    assert CHECKS["designations"](sheet("designations", [{}, REMOVED, again])) == []


def test_records_of_a_designation_are_applied_in_order_of_time_whatever_their_order_in_the_file() -> None:
    assert CHECKS["designations"](sheet("designations", [REMOVED, {}])) == []


def test_an_early_end_makes_room_at_another_unit() -> None:
    ended = {"appointment": "V2", "unit": "T", "ended_on": "2024-12-31", "reason": "x"}
    later = {"appointment": "V3", "unit": "U", "from": "2025-01-01"}

    assert CHECKS["appointments"](sheet("appointments", [{}, ended, later])) == []
