"""Enrolments 学籍: which student of the programme was at which school, from which day to which, in which grade.

A student of a programme has an opaque id. A member of an entry is the student whose enrolment on the day on which the entry was
registered has the same school, name and birth month, as persons of a season are told apart.
"""

from dataclasses import dataclass
from datetime import date

from services.registration.domain.people import Name, is_birth_month, student_key
from shared.programme.rows import day_in, day_or_none, read_rows, require, require_cells
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet, parse_grade

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

    @property
    def students(self) -> tuple[str, ...]:
        """All students, in the order of their first rows."""
        return tuple(dict.fromkeys(each.student for each in self.enrolments))

    def of(self, student: str, day: date) -> Enrolment | None:
        """Where a student was on a day."""
        return next((each for each in self.enrolments if each.student == student and each.holds(day)), None)

    def student_named(self, unit: str, name_zh: str, name_en: str, birth: str, day: date) -> str:
        """The student whom an entry names: same school, name and birth month on that day; empty: nobody."""
        key = student_key(unit, Name(name_zh, name_en), birth)
        return next((each.student for each in self.enrolments if each.key == key and each.holds(day)), "")


def check_enrolments(sheet: Sheet, tree: UnitTree, school_level: str) -> tuple[Roll, list[Rejection]]:
    """The enrolments of `students.csv` in file order, and the rows that fall.

    A student is at one school at a time, and nobody else there has the same name and birth month at the same time.
    """
    accepted: list[Enrolment] = []

    def read(row: Row) -> Enrolment:
        enrolment = _read(row, tree, school_level)
        others = [each for each in accepted if each.meets(enrolment)]
        require(all(each.student != enrolment.student for each in others), "from", "OVERLAP")
        require(all(each.key != enrolment.key for each in others), "student", "SAME_PERSON")
        accepted.append(enrolment)
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
