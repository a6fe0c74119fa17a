"""How files of rows are checked: row by row, one code a row, the first check that fails.

The checks come in their published order, ROW_SHAPE and REQUIRED first; a row that fails has no effect.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.days import parse_day
from shared.season.time import parse_moment

Record = TypeVar("Record")


class RowFell(Exception):
    """A check failed: at which column, with which code."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(column, code)
        self.column, self.code = column, code


def require(holds: object, column: str, code: str) -> None:
    """That something holds.

    Raises:
        RowFell: it does not.
    """
    if not holds:
        raise RowFell(column, code)


def require_cells(row: Row, columns: Iterable[str], named: str = "") -> None:
    """That these cells say something, and `named` (`name`, `title`, `text`) in one of both languages.

    Raises:
        RowFell: REQUIRED, at the first empty cell; of a name at the Chinese one.
    """
    for column in columns:
        require(row[column], column, "REQUIRED")
    if named:
        require(row[f"{named}_zh"] or row[f"{named}_en"], f"{named}_zh", "REQUIRED")


def require_word(row: Row, column: str, words: Collection[str]) -> None:
    """That a cell holds one of these words."""
    require(row[column] in words, column, "BAD_VALUE")


def moment_in(row: Row, column: str, zone: ZoneInfo) -> int:
    """The time in a cell.

    Raises:
        RowFell: BAD_TIME.
    """
    moment = parse_moment(row[column], zone)
    if moment is None:
        raise RowFell(column, "BAD_TIME")
    return moment


def moment_or_none(row: Row, column: str, zone: ZoneInfo) -> int | None:
    """The time in a cell that may be empty."""
    return moment_in(row, column, zone) if row[column] else None


def day_in(row: Row, column: str) -> date:
    """The day in a cell.

    Raises:
        RowFell: BAD_DATE.
    """
    day = parse_day(row[column])
    if day is None:
        raise RowFell(column, "BAD_DATE")
    return day


def day_or_none(row: Row, column: str) -> date | None:
    """The day in a cell that may be empty."""
    return day_in(row, column) if row[column] else None


def read_rows(sheet: Sheet, read: Callable[[Row], Record]) -> tuple[list[tuple[Row, Record]], list[Rejection]]:
    """What each row of a sheet says by `read`, with the row that says it; and the rows that fell."""
    accepted: list[tuple[Row, Record]] = []
    rejected: list[Rejection] = []
    for row in sheet.rows:
        try:
            require(row.whole, sheet.header[0], "ROW_SHAPE")
            accepted.append((row, read(row)))
        except RowFell as fell:
            rejected.append(sheet.reject(row, fell.column, fell.code))
    return accepted, rejected


def in_order_of_time(
    sheet: Sheet,
    rows: Iterable[tuple[Row, Record]],
    at: Callable[[Record], int],
    apply: Callable[[Record], None],
) -> tuple[list[Record], list[Rejection]]:
    """The checks that are made after all rows of a file have passed the others: in order of time, then of rows.

    `apply` takes a record in, or raises `RowFell`. Accepted records are given in that order.
    """
    accepted: list[Record] = []
    rejected: list[Rejection] = []
    for row, record in sorted(rows, key=lambda pair: (at(pair[1]), pair[0].number)):
        try:
            apply(record)
        except RowFell as fell:
            rejected.append(sheet.reject(row, fell.column, fell.code))
        else:
            accepted.append(record)
    return accepted, rejected
