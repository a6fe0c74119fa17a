"""Enrolments 学籍: which student of the programme was at which school, from which day to which, in which grade.

A student of a programme has an opaque id. A member of an entry is the student whose enrolment on the day on which the entry was
registered has the same school, name and birth month, as persons of a season are told apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.registration.domain.people import Name, is_birth_month, student_key
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet, parse_grade
from shared.season.row_checks import day_in, day_or_none, read_rows, require, require_cells

REQUIRED = ("student", "unit", "from", "grade", "birth")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A student at a school. Both days belong to it; without a last day it is open."""

    student: str
    unit: str
    first: date
    last: date | None
    grade: int
    key: str
    """What tells persons apart: school, name and birth month."""

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.first <= day and (self.last is None or day <= self.last)

    def meets(self, other: "Enrolment") -> bool:
        """Whether there is a day on which both hold."""
        return self.holds(other.first) or other.holds(self.first)


@dataclass(frozen=True, slots=True)
class Roll:
    """All enrolments of a programme, in the order of the file."""

    enrolments: tuple[Enrolment, ...]
    _by_student: Mapping[str, list[Enrolment]] = field(init=False, repr=False, compare=False)
    _by_key: Mapping[str, list[Enrolment]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_student: dict[str, list[Enrolment]] = {}
        by_key: dict[str, list[Enrolment]] = {}
        for each in self.enrolments:
            by_student.setdefault(each.student, []).append(each)
            by_key.setdefault(each.key, []).append(each)
        object.__setattr__(self, "_by_student", by_student)
        object.__setattr__(self, "_by_key", by_key)

    @property
    def students(self) -> tuple[str, ...]:
        """All students, in the order of their first rows."""
        return tuple(self._by_student)

    def of(self, student: str, day: date) -> Enrolment | None:
        """Where a student was on a day."""
        return next((each for each in self._by_student.get(student, ()) if each.holds(day)), None)

    def student_named(self, unit: str, name_zh: str, name_en: str, birth: str, day: date) -> str:
        """The student whom an entry names: same school, name and birth month on that day; empty: nobody."""
        key = student_key(unit, Name(name_zh, name_en), birth)
        return next((each.student for each in self._by_key.get(key, ()) if each.holds(day)), "")


def check_enrolments(sheet: Sheet, tree: UnitTree, school_level: str) -> tuple[Roll, list[Rejection]]:
    """The enrolments of `students.csv` in file order, and the rows that fall.

    A student is at one school at a time, and nobody else there has the same name and birth month at the same time.
    """
    accepted: list[Enrolment] = []
    by_student: dict[str, list[Enrolment]] = {}
    by_key: dict[str, list[Enrolment]] = {}

    def read(row: Row) -> Enrolment:
        enrolment = _read(row, tree, school_level)
        same = by_student.setdefault(enrolment.student, [])
        alike = by_key.setdefault(enrolment.key, [])
        require(not any(each.meets(enrolment) for each in same), "from", "OVERLAP")
        require(not any(each.meets(enrolment) for each in alike), "student", "SAME_PERSON")
        for known in (accepted, same, alike):
            known.append(enrolment)
        return enrolment

    rejected = read_rows(sheet, read)[1]
    return Roll(tuple(accepted)), rejected


def _read(row: Row, tree: UnitTree, school_level: str) -> Enrolment:
    require_cells(row, REQUIRED, named="name")
    require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
    require(tree.level_of(row["unit"]) == school_level, "unit", "UNIT_LEVEL")
    first, last = day_in(row, "from"), day_or_none(row, "until")
    require(last is None or first <= last, "until", "DATE_ORDER")
    require(is_birth_month(row["birth"]), "birth", "BAD_MONTH")
    grade = parse_grade(row["grade"])
    require(grade is not None, "grade", "BAD_GRADE")
    key = student_key(row["unit"], Name(row["name_zh"], row["name_en"]), row["birth"])
    return Enrolment(row["student"], row["unit"], first, last, grade or 0, key)
