"""How the CSV files of a season are written: rows, cells, scores, and what is said of a row that falls.

Both services that take in files read their cells with these functions; which checks a row must pass, and in
which order, is the business of the service that owns the record.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from shared.errors import Invalid

_SCORE = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
MOST_CELLS = 4_000_000
"""Of a file: two hundred thousand rows of twenty columns."""


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
    """A CSV file with its header."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def reject(self, row: Row, column: str, code: str) -> Rejection:
        return Rejection(file=self.file, row=row.number, column=column, code=code)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file."""

    file: str
    accepted: int
    changed: int
    rejected: tuple[Rejection, ...]


class UnreadableSheet(Invalid):
    """The file as a whole cannot be read."""

    def __init__(self, file: str, reason: str, column: str = "") -> None:
        super().__init__("file-unreadable", file=file, reason=reason, column=column)


def read_sheet(file: str, content: bytes, required: Iterable[str]) -> Sheet:
    """Read a UTF-8 CSV file, also one that `write_csv` wrote. Cells are trimmed, columns come in any order, unknown columns are ignored.

    Raises:
        UnreadableSheet: NOT_UTF8, NOT_CSV, NO_HEADER, COLUMN_MISSING, COLUMN_REPEATED or TOO_MANY_ROWS.
    """
    if content.count(b",") + content.count(b"\n") > MOST_CELLS:
        raise UnreadableSheet(file, "TOO_MANY_ROWS")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSheet(file, "NOT_UTF8") from error
    try:
        records = [
            [as_meant(cell.strip()).strip() for cell in record]
            for record in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
    except csv.Error as error:
        raise UnreadableSheet(file, "NOT_CSV") from error
    if not records or not any(records[0]):
        raise UnreadableSheet(file, "NO_HEADER")
    header = tuple(records[0])
    for column in required:
        if header.count(column) != 1:
            raise UnreadableSheet(file, "COLUMN_REPEATED" if column in header else "COLUMN_MISSING", column)
    rows = tuple(
        Row(number, dict(zip(header, record, strict=False)), whole=len(record) == len(header))
        for number, record in enumerate(records[1:], start=2)
        if any(record)
    )
    return Sheet(file, header, rows)


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


def write_csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A CSV text with line feeds, quoted only where needed, in which a spreadsheet finds nothing to compute."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return "".join(lines)
