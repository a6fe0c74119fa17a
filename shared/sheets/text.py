"""Tables of text: commas, semicolons or tabs, whichever shows more of the columns that are asked for."""

import csv
import io
import re
from collections.abc import Collection, Mapping

from shared.season.csv_rows import as_meant
from shared.sheets.encodings import decoded
from shared.sheets.grid import ERROR_CELL, ERRORS, LONG_NUMBER, MOST_COLUMNS, MOST_ROWS, Grid, Unreadable, column_of

MOST_CELLS = 4_000_000
"""Of a file: two hundred thousand rows of twenty columns."""
SEPARATORS = ",;\t"
SHORTENED = re.compile(r"-?\d(\.\d+)?E\+\d{2,}", re.ASCII)
"""How a spreadsheet writes a number that has more digits than it keeps."""


def text_grid(content: bytes, columns: Collection[str], headings: Mapping[str, str], words: Collection[str]) -> Grid:
    """The rows of a text.

    Raises:
        Unreadable: NOT_UTF8, NOT_CSV with its row, TOO_MANY_ROWS.
    """
    if sum(map(content.count, (b",", b";", b"\t", b"\n"))) > MOST_CELLS:
        raise Unreadable("TOO_MANY_ROWS")
    text = decoded(content, words)
    try:
        separator = _separator(text, columns, headings)
    except csv.Error as error:
        raise Unreadable("NOT_CSV", "1") from error
    rows = _records(text, separator)
    grid = Grid(rows)
    for number, record in enumerate(rows):
        for place, cell in enumerate(record):
            if cell[:1] in "#E" and cell in ERRORS:
                grid.odd[number, place] = ERROR_CELL
            elif "E+" in cell and SHORTENED.fullmatch(cell):
                grid.odd[number, place] = LONG_NUMBER
    return grid


def _separator(text: str, columns: Collection[str], headings: Mapping[str, str]) -> str:
    """The one in whose header most of these columns stand; then the one that separates most; then the comma."""
    first = next((line for line in io.StringIO(text, newline="") if line.strip(" \r\n,;\t")), "")
    shown: dict[str, tuple[int, int]] = {}
    for separator in SEPARATORS:
        cells = [
            column_of(cell.strip(), headings) for record in csv.reader([first], delimiter=separator) for cell in record
        ]
        shown[separator] = sum(cell in columns for cell in cells), len(cells)
    return max(SEPARATORS, key=lambda separator: shown[separator])


def _records(text: str, separator: str) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            if len(records) > MOST_ROWS or len(record) > MOST_COLUMNS:
                raise Unreadable("TOO_MANY_ROWS")
            records.append([as_meant(cell.strip()).strip() for cell in record])
    except csv.Error as error:
        raise Unreadable("NOT_CSV", str(len(records) + 1)) from error
    return records
