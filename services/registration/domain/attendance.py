"""Attendance 签到: who was at which session of an activity.

A check-in is accepted from so many minutes before a session's start until so many after its end, both included; for activities
that take part; for students who are enrolled that day; once a student and session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.registration.domain.enrolments import Roll
from services.registration.domain.programme_consents import known_entry
from shared.programme.facts import CheckIn
from shared.programme.seasons import SeasonFacts, Session
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.days import day_of
from shared.season.row_checks import (
    RowFell,
    in_order_of_time,
    moment_in,
    read_rows,
    require,
    require_cells,
    require_word,
)
from shared.states import EntryStatus

REQUIRED = ("checkin", "season", "entry", "session", "student", "at", "method")
METHODS = ("qr", "list", "manual")
BY_CODE = "qr"
MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """A check-in with the number of its record."""

    record: str
    check_in: CheckIn


def check_sessions(sheet: Sheet, season: SeasonFacts) -> tuple[list[Session], list[Rejection]]:
    """The sessions 场次 of a season's `sessions.csv` in file order, and the rows that fall."""
    accepted: dict[tuple[str, str], Session] = {}

    def read(row: Row) -> Session:
        require_cells(row, ("entry", "session", "starts", "ends"))
        require(season.entry(row["entry"]), "entry", "UNKNOWN_ENTRY")
        starts, ends = moment_in(row, "starts", season.zone), moment_in(row, "ends", season.zone)
        require(starts < ends, "ends", "TIME_ORDER")
        key = (row["entry"], row["session"])
        require(key not in accepted, "session", "DUPLICATE_ID")
        accepted[key] = Session(*key, starts, ends)
        return accepted[key]

    rejected = read_rows(sheet, read)[1]
    return list(accepted.values()), rejected


def check_attendance(
    sheet: Sheet, seasons: Mapping[str, SeasonFacts], roll: Roll, zone: ZoneInfo
) -> tuple[list[CheckIn], list[Rejection]]:
    """The check-ins of `attendance.csv` in order of time, and the rows that fall."""
    records: set[str] = set()
    students = set(roll.students)

    def read(row: Row) -> _Seen:
        require_cells(row, REQUIRED)
        known = row["checkin"] in records
        records.add(row["checkin"])
        require(not known, "checkin", "DUPLICATE_ID")
        return _Seen(row["checkin"], _read(row, seasons, roll, students, zone))

    passed, rejected = read_rows(sheet, read)
    taken: set[tuple[str, str, str, str]] = set()

    def take(seen: _Seen) -> None:
        each = seen.check_in
        key = (each.season, each.entry, each.session, each.student)
        require(key not in taken, "student", "DUPLICATE_CHECKIN")
        taken.add(key)

    accepted, late = in_order_of_time(sheet, passed, lambda seen: seen.check_in.at, take)
    return [seen.check_in for seen in accepted], [*rejected, *late]


def _read(row: Row, seasons: Mapping[str, SeasonFacts], roll: Roll, students: set[str], zone: ZoneInfo) -> CheckIn:
    entry = known_entry(row, seasons)
    season = seasons[row["season"]]
    session = season.session(entry.entry, row["session"])
    if session is None:
        raise RowFell("session", "UNKNOWN_SESSION")
    require(row["student"] in students, "student", "UNKNOWN_STUDENT")
    require_word(row, "method", METHODS)
    at = moment_in(row, "at", zone)
    require(row["method"] == BY_CODE or row["reason"], "reason", "REASON_MISSING")
    require(
        season.final.standing(entry.entry) in (EntryStatus.VALID, EntryStatus.NOT_RECOMMENDED),
        "entry",
        "ENTRY_NOT_VALID",
    )
    require(_is_open(season, session, at), "at", "OUTSIDE_WINDOW")
    enrolment = roll.of(row["student"], day_of(at, zone))
    if enrolment is None:
        raise RowFell("student", "NOT_ENROLLED")
    return CheckIn(
        row["season"],
        entry.entry,
        session.session,
        row["student"],
        at,
        school=enrolment.unit,
        grade=enrolment.grade,
        base=entry.unit,
    )


def _is_open(season: SeasonFacts, session: Session, at: int) -> bool:
    window = season.check_in
    if window is None:
        return False
    opens = session.starts - window.opens_minutes_before * MINUTE
    return opens <= at <= session.ends + window.closes_minutes_after * MINUTE
