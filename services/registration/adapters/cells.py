"""The cells of a spreadsheet or a CSV file as text. It runs in a child process, since a small file can be a large sheet."""

import csv
import io
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from shared.season.csv_rows import as_meant

MOST_ROWS, MOST_COLUMNS = 200_000, 200
MEMORY, SECONDS = 1024**3, 30
"""What reading may take: a sheet of two hundred thousand rows needs half of it."""


class Unreadable(Exception):
    """Why a file cannot be read: NOT_A_SHEET, NOT_CSV or TOO_MANY_ROWS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def cells_of(content: bytes) -> list[list[str]]:
    """The rows of the first sheet.

    Raises:
        Unreadable: it is not a sheet, or has more rows or columns than one may have.
    """
    workbook = content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
    return _workbook(content) if workbook else _csv(content)


def _workbook(content: bytes) -> list[list[str]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        if sheet.total_height > MOST_ROWS + 1 or sheet.total_width > MOST_COLUMNS:
            raise Unreadable("TOO_MANY_ROWS")
        return [[_text(cell) for cell in record] for record in sheet.to_python(skip_empty_area=False)]
    except (CalamineError, ValueError, IndexError) as error:
        raise Unreadable("NOT_A_SHEET") from error


def _csv(content: bytes) -> list[list[str]]:
    """UTF-8, or what spreadsheets in China save."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return _records(text)
        except csv.Error as error:
            raise Unreadable("NOT_CSV") from error
    raise Unreadable("NOT_A_SHEET")


def _records(text: str) -> list[list[str]]:
    records: list[list[str]] = []
    for record in csv.reader(io.StringIO(text, newline=""), strict=True):
        if len(records) > MOST_ROWS or len(record) > MOST_COLUMNS:
            raise Unreadable("TOO_MANY_ROWS")
        records.append([as_meant(cell.strip()).strip() for cell in record])
    return records


def _text(cell: Any) -> str:
    """A cell as its reader sees it: a date is a month of birth, a whole number has no decimals."""
    if isinstance(cell, datetime | date):
        return f"{cell:%Y-%m}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return as_meant(str(cell).strip()).strip()
