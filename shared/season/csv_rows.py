"""How the CSV files of a season are written: rows, cells, scores, and what is said of a row that falls.

Both services that take in files read their cells with these functions; which checks a row must pass, and in
which order, is the business of the service that owns the record.
"""

import csv
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from shared.errors import Invalid

_SCORE = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)


def parse_grade(cell: str) -> int | None:
    """A school grade, 1 to 12, or None."""
    return int(cell) if re.fullmatch(r"[1-9]|1[0-2]", cell) else None


def whole_number(text: str, digits: int = 9) -> int | None:
    """A plain number that is not negative, of at most so many digits, or None. Digits of other scripts are none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def parse_score(cell: str) -> Decimal | None:
    """A plain decimal, not negative, with at most two decimals, or None."""
    return Decimal(cell) if _SCORE.fullmatch(cell) else None


class Rejection(BaseModel):
    """A row that was not taken in: where, and the code of the first check that it failed."""

    model_config = ConfigDict(frozen=True)

    file: str
    row: int
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file. `number` is what a spreadsheet shows: the header is row 1."""

    number: int
    cells: Mapping[str, str]
    whole: bool = True
    """Whether the row has as many cells as the header."""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its header: rows that can be read, and those that fell at a cell that says nothing."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    fallen: tuple[Rejection, ...] = ()

    def every(self, rejected: Iterable[Rejection]) -> tuple[Rejection, ...]:
        """All rows that fell, those that could be read and `rejected` too, in their order."""
        return tuple(sorted((*self.fallen, *rejected), key=lambda rejection: rejection.row))

    def reject(self, row: Row, column: str, code: str) -> Rejection:
        return Rejection(file=self.file, row=row.number, column=column, code=code)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file."""

    file: str
    accepted: int
    changed: int
    rejected: tuple[Rejection, ...]
    flagged: tuple[Rejection, ...] = ()
    """Rows that were taken in, with what the organizer should see to."""


class UnreadableSheet(Invalid):
    """The file as a whole cannot be read."""

    def __init__(self, file: str, reason: str, column: str = "", place: str = "") -> None:
        super().__init__("file-unreadable", file=file, reason=reason, column=column, place=place)


_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
_SKIPPED = frozenset("'\"`\N{ACUTE ACCENT}\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}")
_NEGATIVE = re.compile(r"-\d+(\.\d+)?", re.ASCII)
TEXTS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""How workbooks are written: a cell of text is text."""
_MARK = "'"
"""What spreadsheets take for: the rest is text."""


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might compute this cell: what is not seen, or is skipped, before the sign does not count.

    So do signs of other widths. A negative number is what it is.
    """
    for place, sign in enumerate(cell):
        if unicodedata.category(sign)[0] in "CZ" or sign in _SKIPPED:
            continue
        wide = unicodedata.normalize("NFKC", sign)[:1]
        return wide in _FORMULA and not (place == 0 and _NEGATIVE.fullmatch(cell))
    return False


def harmless(cell: str) -> str:
    """The cell as a spreadsheet shows it instead of computing it."""
    return _MARK + cell if is_formula(cell) or cell.startswith(("\t", "\r", "\n", "\0")) else cell


def as_meant(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if cell.startswith(_MARK) and harmless(cell[1:]) == cell else cell


class _Lines(list[str]):
    """Rows as they are written. Their cells are quoted for either sign of a line's end; a row ends with a line feed."""

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def write_csv(header: Iterable[str], rows: Iterable[Iterable[str]], signs: Container[str] = ()) -> str:
    """A CSV text with line feeds, quoted only where needed, in which a spreadsheet finds nothing to compute.

    `signs` are words of ours that stand as they are, such as a dash for nobody.
    """
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([cell if cell in signs else harmless(cell) for cell in row] for row in rows)
    return "".join(lines)


def write_marked_csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """The same with the mark by which spreadsheets know that it is UTF-8: for tables with names that people open."""
    return "\ufeff" + write_csv(header, rows)
