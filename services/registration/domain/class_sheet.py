"""A school's list of entries: the columns that teachers fill in, turned into rows of `entries.csv` and checked as such."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from services.registration.domain.entries import MOST_INSTRUCTORS, MOST_MEMBERS, Entry
from services.registration.domain.entry_sheet import MEMBER_COLUMNS, OPTIONAL, check_entries
from services.registration.domain.numbers import signs
from services.registration.domain.people import Name, instructor_id, student_key
from services.registration.domain.units import Unit
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.fields import PREFIX
from shared.season.rules import SeasonRules
from shared.season.time import from_unix_micros
from shared.states import State

INSTRUCTOR_NAMES = tuple(f"i{number}_name" for number in range(1, MOST_INSTRUCTORS + 1))
COLUMNS = ("unit", "track", "title", *OPTIONAL, *MEMBER_COLUMNS, *INSTRUCTOR_NAMES, "exhibition", "consent")
REQUIRED = ("track", "title", "m1_name_zh", "m1_birth", "m1_grade")
"""Columns that the header must have; a school leaves `unit` out, it is its own."""
PAPER = "yes"
"""What the `consent` cell says when the school holds the signed consents; empty: by link, and the entry stays a draft."""
ID_LENGTH = 8


class ImportState(State):
    """How far the import of a sheet is."""

    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"


AT_WORK = frozenset({ImportState.CHECKING, ImportState.APPLYING})
"""Imports on which a process works, or works again once it is asked to."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows that may go in, each as an entry, and rows that fall."""

    entries: tuple[tuple[Row, Entry], ...]
    rejected: tuple[Rejection, ...]

    def without(self, rows: Sequence[Row], why: Sequence[Rejection]) -> "Checked":
        """The same where these rows fall."""
        stay = tuple(pair for pair in self.entries if pair[0] not in rows)
        return Checked(stay, (*self.rejected, *why))


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A row with what tells its entry and its people apart."""

    row: Row
    unit: str
    entry: str
    students: tuple[str, ...]
    instructors: tuple[str, ...]
    """By column; empty where nobody is named."""


def read_row(row: Row, rules: SeasonRules, own_unit: str) -> ClassRow:
    """The row with what tells its entry and its people apart; `own_unit` stands for the unit that it does not name."""
    unit = own_unit or row["unit"]
    students = tuple(
        student_key(unit, Name(row[f"m{n}_name_zh"], row[f"m{n}_name_en"]), row[f"m{n}_birth"])
        for n in range(1, MOST_MEMBERS + 1)
        if row[f"m{n}_name_zh"] or row[f"m{n}_name_en"]
    )
    instructors = tuple(instructor_id(unit, row[column]) if row[column] else "" for column in INSTRUCTOR_NAMES)
    return ClassRow(row, unit, entry_number(rules.id, unit, row["track"], students), students, instructors)


def check_class(
    file: str,
    header: tuple[str, ...],
    rows: Sequence[ClassRow],
    rules: SeasonRules,
    units: Mapping[str, Unit],
    now: int,
    used: Counter[str],
    seen: set[str],
    *,
    whole: bool = False,
) -> Checked:
    """Check rows in file order. `used` counts for the limits, `seen` are ids of earlier rows; both go on.

    The same team in the same track is the same entry, however often its row comes. Who is shown out of competition, the
    organizer of the `whole` season says alone.
    """
    barred = [] if whole else [row.row for row in rows if row.row["exhibition"]]
    translated = [_as_entry_row(row, now) for row in rows if row.row not in barred]
    columns = tuple(translated[0].cells) if translated else ()
    sheet = Sheet(file, columns, tuple(translated))
    entries, rejected = check_entries(sheet, rules, units, used=used, taken=seen)
    rejected += [sheet.reject(row, "exhibition", "ORGANIZER_ONLY") for row in barred]
    seen.update(row.entry for row in rows)
    first = {row.entry: row.row for row in reversed(rows)}
    placed = tuple((first[entry.entry], entry) for entry in entries)
    return Checked(placed, tuple(_as_class_rejection(rejection, header) for rejection in rejected))


def _as_entry_row(read: ClassRow, now: int) -> Row:
    row = read.row
    paper = row["consent"] == PAPER
    stamp = from_unix_micros(now).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Row(
        row.number,
        {
            "entry": read.entry,
            "unit": read.unit,
            "registered_at": stamp,
            "submitted_at": stamp if paper else "",
            "consent": "granted" if paper else row["consent"] and "?",
            **{
                name: row[name]
                for name in ("track", "title", "exhibition", *OPTIONAL, *MEMBER_COLUMNS, *INSTRUCTOR_NAMES)
            },
            **{name: cell for name, cell in row.cells.items() if name.startswith(PREFIX)},
            **{f"i{n}_id": identity for n, identity in enumerate(read.instructors, 1)},
        },
        whole=row.whole,
    )


def _as_class_rejection(rejection: Rejection, header: tuple[str, ...]) -> Rejection:
    """The same at a column of the class's own sheet."""
    code = "DUPLICATE_ROW" if rejection.code == "DUPLICATE_ID" else rejection.code
    column = {"entry": "m1_name_zh", "i1_id": "i1_name", "i2_id": "i2_name", "registered_at": "track"}.get(
        rejection.column, rejection.column
    )
    return rejection.model_copy(update={"code": code, "column": header[0] if code == "ROW_SHAPE" else column})


def entry_number(season: str, unit: str, track: str, students: Sequence[str]) -> str:
    """The number of the entry that a school registers for these students in this track, always the same."""
    told = "\x1e".join([season, unit, track, *sorted(students)])
    return signs(sha256(told.encode()).digest(), ID_LENGTH)
