"""A table as its author sees it: texts in rows, and which cells are none."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_ROWS, MOST_COLUMNS = 200_000, 200
PACKED, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How workbooks begin: those of today, and those that are old or have a password."""

ERROR_CELL, FORMULA_EMPTY, LONG_NUMBER = "ERROR_CELL", "FORMULA_EMPTY", "LONG_NUMBER"
DATE_CELL, TRUTH_CELL = "DATE_CELL", "TRUTH_CELL"
MERGED_CELL, HIDDEN_ROW = "MERGED_CELL", "HIDDEN_ROW"
ERRORS = frozenset(
    "#N/A #REF! #VALUE! #NAME? #DIV/0! #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #BUSY! #UNKNOWN! "  # noqa: SIM905 - read more easily
    "#GETTING_DATA #EXTERNAL! #PYTHON! Err:502 Err:504 Err:508 Err:509 Err:511 Err:522".split()
)
"""What spreadsheets write where a formula found nothing."""


class Unreadable(Exception):
    """Why a file cannot be read, and where: a cell, a row or a sheet."""

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(reason, place)
        self.reason, self.place = reason, place


@dataclass(slots=True)
class Grid:
    """Rows from the first of the sheet, blank ones too, so that row `n` of a spreadsheet is `rows[n - 1]`."""

    rows: list[list[str]]
    odd: dict[tuple[int, int], str] = field(default_factory=dict)
    """By row and column: why the cell is no text that its author wrote, although it has one."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """First row, first column, last row, last column."""
    ragged: bool = False
    """Whether a row may be shorter than the header, as in a spreadsheet."""

    def mark_merged(self) -> None:
        """Cells that are one for their author are none that can be read as many."""
        for top, left, bottom, right in self.merged:
            for row in range(top, min(bottom, len(self.rows) - 1) + 1):
                for column in range(left, min(right, MOST_COLUMNS) + 1):
                    self.odd[row, column] = MERGED_CELL


def plain_heading(cell: str) -> str:
    """A heading as it is compared: its width, case, blanks around it and the star of what is needed do not matter."""
    return unicodedata.normalize("NFKC", cell).strip().rstrip("*").strip().casefold()


def column_of(cell: str, headings: Mapping[str, str]) -> str:
    """The column that a heading means, among those that are known; else itself, in whatever width."""
    return headings.get(plain_heading(cell)) or (
        cell if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()
    )


def place_of(row: int, column: int) -> str:
    """A cell as spreadsheets name it: `B3` for row 2, column 1."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def check_size(rows: int, columns: int) -> None:
    """Raises Unreadable: there are more than anybody fills in."""
    if rows > MOST_ROWS + 1 or columns > MOST_COLUMNS:
        raise Unreadable("TOO_MANY_ROWS")
