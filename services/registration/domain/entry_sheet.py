"""The checks of `entries.csv`, in their published order (season folder, section 6)."""

from collections import Counter
from collections.abc import Iterable, Mapping

from services.registration.domain.entries import (
    MOST_INSTRUCTORS,
    MOST_MEMBERS,
    Entry,
    Instructor,
    Member,
    ReviewState,
    division_of_grade,
    division_of_level,
    takes_entries,
)
from services.registration.domain.limits import Claim, claims_of, first_exceeded
from services.registration.domain.people import Name, is_birth_month, student_key
from services.registration.domain.statements import FIELDS, find_faults
from services.registration.domain.units import Unit
from shared.season.csv_rows import Rejection, Row, Sheet, parse_grade
from shared.season.fields import PREFIX, answers_to, column_of_field, columns_of, trimmed
from shared.season.fields import find_faults as find_faults_of_answers
from shared.season.ids import is_safe_id
from shared.season.printing import NAME, TITLE, find_fault_in_row
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.season.time import parse_moment

MEMBER_PARTS = ("name_zh", "name_en", "birth", "grade")
MEMBER_COLUMNS = tuple(f"m{n}_{part}" for n in range(1, MOST_MEMBERS + 1) for part in MEMBER_PARTS)
INSTRUCTOR_COLUMNS = tuple(f"i{n}_{part}" for n in range(1, MOST_INSTRUCTORS + 1) for part in ("id", "name"))
PRINTED = (
    ("title", TITLE),
    *((f"m{n}_name_{writing}", NAME) for n in range(1, MOST_MEMBERS + 1) for writing in ("zh", "en")),
    *((f"i{n}_name", NAME) for n in range(1, MOST_INSTRUCTORS + 1)),
)
"""Columns that stand on certificates, each with what may be written in it."""
REQUIRED = ("entry", "track", "unit", "title", "registered_at")
COLUMNS = (*REQUIRED, "exhibition", "submitted_at", "review", "consent", *MEMBER_COLUMNS, *INSTRUCTOR_COLUMNS)
EXHIBITED = "yes"
"""What the `exhibition` cell says of an entry out of competition."""
WORDS = {
    "exhibition": ("", EXHIBITED),
    "review": tuple(ReviewState),
    "consent": ("", "granted", "missing"),
    "language": ("", *LANGUAGES),
}
"""The words that a column takes; a file may lack the columns of `OPTIONAL`."""
OPTIONAL = ("language", *FIELDS)

Fault = tuple[str, str]


class _Fell(Exception):
    """A check failed; carries column and code."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(column, code)
        self.fault: Fault = (column, code)


def check_entries(
    sheet: Sheet,
    rules: SeasonRules,
    units: Mapping[str, Unit],
    *,
    used: Counter[str] | None = None,
    taken: Iterable[str] = (),
) -> tuple[list[Entry], list[Rejection]]:
    """The entries of `entries.csv` in file order, and the rows that fall.

    `used` counts entries outside the file for the limits, and goes on counting; `taken` are ids that are given already.
    """
    used = Counter() if used is None else used
    seen: set[str] = set(taken)
    passed: list[tuple[Row, Entry]] = []
    rejections: list[Rejection] = []
    for row in sheet.rows:
        try:
            passed.append((row, _read(row, sheet.header, rules, units, seen)))
        except _Fell as fell:
            rejections.append(sheet.reject(row, *fell.fault))
        seen.add(row["entry"])
    over = _over_limits(passed, rules, used)
    rejections += [sheet.reject(row, *over[row.number]) for row, _ in passed if row.number in over]
    accepted = [entry for row, entry in passed if row.number not in over]
    return accepted, sorted(rejections, key=lambda rejection: rejection.row)


def _read(row: Row, header: tuple[str, ...], rules: SeasonRules, units: Mapping[str, Unit], seen: set[str]) -> Entry:
    def require(holds: object, column: str, code: str) -> None:
        if not holds:
            raise _Fell(column, code)

    require(row.whole, header[0], "ROW_SHAPE")
    for column in REQUIRED:
        require(row[column], column, "REQUIRED")
    require(is_safe_id(row["entry"]), "entry", "BAD_ID")
    require(row["entry"] not in seen, "entry", "DUPLICATE_ID")
    track = next((track for track in rules.tracks if track.id == row["track"]), None)
    if track is None:
        raise _Fell("track", "UNKNOWN_TRACK")
    unit = units.get(row["unit"])
    if unit is None:
        raise _Fell("unit", "UNKNOWN_UNIT")
    students = track.entrant == "students"
    require(not students or unit.level == rules.unit_levels[-1], "unit", "UNIT_LEVEL")
    for column, words in WORDS.items():
        require(row[column] in words, column, "BAD_VALUE")
    registered = parse_moment(row["registered_at"], rules.zone)
    submitted = parse_moment(row["submitted_at"], rules.zone) if row["submitted_at"] else None
    if registered is None:
        raise _Fell("registered_at", "BAD_TIME")
    require(submitted is not None or not row["submitted_at"], "submitted_at", "BAD_TIME")
    require(takes_entries(rules, registered), "registered_at", "OUTSIDE_WINDOW")

    members = _members(row)
    require(members or not students, "m1_name_zh", "TEAM_SIZE")
    if students:
        highest = max(member.grade for member in members)
        position = next(n for n, member in enumerate(members, 1) if member.grade == highest)
        division, column = division_of_grade(rules, track, highest), f"m{position}_grade"
    else:
        division, column = division_of_level(rules, track, unit.level), "unit"
    if division is None:
        raise _Fell(column, "DIVISION_NOT_OPEN")
    low, high = track.members
    require(len(members) >= low, f"m{len(members) + 1}_name_zh", "TEAM_SIZE")
    require(len(members) <= high, f"m{high + 1}_name_zh", "TEAM_SIZE")
    instructors = _instructors(row, track.instructors)
    repeated = _first_repeated([student_key(unit.unit, member.name, member.birth) for member in members])
    require(repeated is None, f"m{repeated}_name_zh", "MEMBER_REPEATED")
    repeated = _first_repeated([instructor.id for instructor in instructors])
    require(repeated is None, f"i{repeated}_id", "INSTRUCTOR_REPEATED")
    agreed = row["consent"] == "granted" or submitted is None or not members
    require(agreed, "consent", "CONSENT_MISSING")
    if fault := find_fault_in_row(row, PRINTED):
        raise _Fell(*fault)
    for name, _ in find_faults(track, {name: row[name] for name in FIELDS}):
        raise _Fell(name, "BAD_VALUE")
    answers = answers_in(row, header, rules)
    for name, code in find_faults_of_answers(track.fields, answers, whole=submitted is not None):
        raise _Fell(column_of_field(name), code)
    return Entry(
        entry=row["entry"],
        track=track.id,
        division=division.id,
        unit=unit.unit,
        title=row["title"],
        exhibition=row["exhibition"] == EXHIBITED,
        registered_at=registered,
        submitted_at=submitted,
        review=ReviewState(row["review"]),
        members=members,
        instructors=instructors,
        language=row["language"],
        description=row["description"],
        link=row["link"],
        video=row["video"],
        answers=answers_to(track.fields, answers),
    )


def answers_in(row: Row, header: Iterable[str], rules: SeasonRules) -> dict[str, str]:
    """What a row answers to the custom fields of the season, in the order of the columns."""
    known = columns_of(rules)
    return trimmed({name.removeprefix(PREFIX): row[name] for name in header if name in known})


def _members(row: Row) -> tuple[Member, ...]:
    present = [any(row[f"m{n}_{part}"] for part in MEMBER_PARTS) for n in range(1, MOST_MEMBERS + 1)]
    for n in range(1, MOST_MEMBERS):
        if not present[n - 1] and any(present[n:]):
            raise _Fell(f"m{n}_name_zh", "MEMBER_GAP")
    members = []
    for n in range(1, sum(present) + 1):
        zh, en, birth, grade = (row[f"m{n}_{part}"] for part in MEMBER_PARTS)
        for column, cell in (("name_zh", zh or en), ("birth", birth), ("grade", grade)):
            if not cell:
                raise _Fell(f"m{n}_{column}", "REQUIRED")
        if not is_birth_month(birth):
            raise _Fell(f"m{n}_birth", "BAD_MONTH")
        number = parse_grade(grade)
        if number is None:
            raise _Fell(f"m{n}_grade", "BAD_GRADE")
        members.append(Member(Name(zh, en), birth, number))
    return tuple(members)


def _instructors(row: Row, allowed: tuple[int, int]) -> tuple[Instructor, ...]:
    ids = [row[f"i{n}_id"] for n in range(1, MOST_INSTRUCTORS + 1)]
    given = [bool(identity or row[f"i{n}_name"]) for n, identity in enumerate(ids, 1)]
    low, high = allowed
    for n, identity in enumerate(ids, 1):
        wanted = n <= low or any(given[n - 1 :])
        if (wanted and not identity) or (identity and n > high):
            raise _Fell(f"i{n}_id", "INSTRUCTOR_COUNT")
        if identity and not is_safe_id(identity):
            raise _Fell(f"i{n}_id", "BAD_ID")
    return tuple(Instructor(identity, row[f"i{n}_name"]) for n, identity in enumerate(ids, 1) if identity)


def _first_repeated(keys: list[str]) -> int | None:
    return next((n for n, key in enumerate(keys, 1) if key in keys[: n - 1]), None)


def _over_limits(passed: list[tuple[Row, Entry]], rules: SeasonRules, used: Counter[str]) -> dict[int, Fault]:
    """The rows that exceed a limit: counted in order of registration, then row; rows that fall do not count."""
    over: dict[int, Fault] = {}
    for row, entry in sorted(passed, key=lambda item: (item[1].registered_at, item[0].number)):
        wanted = claims_of(rules, entry)
        full = first_exceeded(wanted, used)
        if full:
            over[row.number] = (_column(full), full.code)
        else:
            used.update(claim.counter for claim in wanted)
    return over


def _column(claim: Claim) -> str:
    return f"i{claim.position}_id" if claim.code == "INSTRUCTOR_LIMIT" else f"m{claim.position}_name_zh"
