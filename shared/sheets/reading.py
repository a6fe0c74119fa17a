"""A table that somebody hands in, as its columns and rows; the one way in for every upload."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from shared import limited
from shared.season.csv_rows import Rejection, Row, Sheet, UnreadableSheet
from shared.season.fields import NO, YES, column_of_field, columns_of
from shared.season.rules import DateField, SeasonRules, YesNoField
from shared.sheets.encodings import decoded, in_utf8
from shared.sheets.grid import (
    COMPOUND,
    DATE_CELL,
    HIDDEN_ROW,
    PACKED,
    TRUTH_CELL,
    Grid,
    Unreadable,
    column_of,
    place_of,
)
from shared.sheets.opendocument import MIMETYPE, opendocument_grid
from shared.sheets.text import text_grid
from shared.sheets.workbook import workbook_grid

MEMORY, SECONDS = 1024**3, 40
"""What reading may take: a sheet of two hundred thousand rows needs half of it."""
LONG_TEXT = 1024 * 1024
"""Bytes of a text that is read in a child, so that nobody waits for it."""
MOST_TITLES = 10
"""Rows within which the header stands: above it may be what the sheet is called."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<head", b"<meta", b"<style", b"mime-version:")


@dataclass(frozen=True, slots=True)
class Columns:
    """What is asked of a table: the columns that must be there, and those that are read if they are."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    moments: Collection[str] = frozenset()
    months: Collection[str] = frozenset()
    """Columns in which a cell that is a date is read as such; elsewhere its row falls."""
    truths: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Columns in which TRUE and FALSE say something, and what."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """What people call the columns, as `plain_heading` gives it."""
    words: Collection[str] = frozenset()
    """Headings that make sure of an encoding."""
    ragged: bool = False
    """Whether a row of text may be shorter than the header, as spreadsheets and people write them."""
    names: Mapping[str, str] = field(default_factory=dict)
    """A column as people are told of it."""

    @property
    def known(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


def asked(required: Iterable[str], optional: Iterable[str] = ()) -> Columns:
    """These columns, named as in a season folder: of a time `at` or `…_at`, of a month `…_birth`."""
    listed, more = tuple(required), tuple(optional)
    every = (*listed, *more)
    return Columns(
        listed,
        more,
        moments=frozenset(name for name in every if name == "at" or name.endswith("_at")),
        months=frozenset(name for name in every if name.endswith("_birth")),
        truths={"exhibition": {"TRUE": "yes", "FALSE": ""}},
    )


def with_fields(columns: Columns, rules: SeasonRules) -> Columns:
    """The same with the columns in which the custom fields of a season's tracks are answered."""
    fields = [field for track in rules.tracks for field in track.fields]
    days = {column_of_field(field.id) for field in fields if isinstance(field, DateField)}
    truths = {
        column_of_field(field.id): {"TRUE": YES, "FALSE": NO} for field in fields if isinstance(field, YesNoField)
    }
    return replace(
        columns,
        optional=(*columns.optional, *columns_of(rules)),
        moments=frozenset(columns.moments) | days,
        truths={**columns.truths, **truths},
    )


async def as_stated(file: str, content: bytes, encoding: str | None) -> bytes:
    """A table as it came, or in UTF-8 if it is a text whose encoding whoever sent it had to state.

    Raises:
        UnreadableSheet: WRONG_ENCODING, it is in another.
    """
    try:
        return await asyncio.to_thread(in_utf8, content, encoding) if encoding else content
    except Unreadable as error:
        raise UnreadableSheet(file, error.reason) from error


async def check_certain(file: str, content: bytes, words: Collection[str]) -> None:
    """Look whether it is known in which encoding a text is, as far as that shows before it is read.

    Raises:
        UnreadableSheet: NOT_UTF8, whoever sent it has to say.
    """
    try:
        if _reader(content) is None:
            await asyncio.to_thread(decoded, content, words)
    except Unreadable as error:
        if error.reason == "NOT_UTF8":
            raise UnreadableSheet(file, error.reason) from error


def read_text_sheet(file: str, content: bytes, columns: Columns | Iterable[str]) -> Sheet:
    """A table of text: UTF-8, UTF-16 with its mark or certain GB18030; commas, semicolons or tabs.

    Cells are trimmed, columns come in any order, unknown columns are ignored. A row with a cell that is no text of its
    author's falls at that cell.

    Raises:
        UnreadableSheet: NOT_UTF8, NOT_CSV, NO_HEADER, COLUMN_MISSING, COLUMN_REPEATED or TOO_MANY_ROWS.
    """
    wanted = columns if isinstance(columns, Columns) else asked(columns)
    try:
        return sheet_of(file, text_grid(content, wanted.known, wanted.headings, wanted.words), wanted)
    except Unreadable as error:
        raise UnreadableSheet(file, error.reason, place=error.place) from error


async def read_sheet(file: str, content: bytes, columns: Columns | Iterable[str], owner: str = "") -> Sheet:
    """Any table: of text, or the first sheet of an XLSX or ODS workbook. Whatever may take long is read in a child process, as this owner's work.

    Raises:
        UnreadableSheet: as for texts; NOT_A_SHEET, PASSWORD, OLD_XLS, WEB_PAGE, HIDDEN_SHEET, HIDDEN_COLUMN,
            MERGED_HEADER or TOO_MUCH besides.
        Unavailable: too much of this owner's work waits already.
    """
    wanted = columns if isinstance(columns, Columns) else asked(columns)
    try:
        read = _reader(content)
        if read is None and len(content) <= LONG_TEXT:
            return read_text_sheet(file, content, wanted)
        more = () if read else (wanted.known, dict(wanted.headings), frozenset(wanted.words))
        grid = await limited.run(read or text_grid, content, *more, memory=MEMORY, seconds=SECONDS, owner=owner)
    except limited.Exceeded as error:
        raise UnreadableSheet(file, "TOO_MUCH") from error
    except Unreadable as error:
        raise UnreadableSheet(file, error.reason, place=error.place) from error
    return await asyncio.to_thread(sheet_of, file, grid, wanted)


def _reader(content: bytes) -> Callable[[bytes], Grid] | None:
    """What reads this kind of workbook; None for texts."""
    if content.startswith(COMPOUND):
        raise Unreadable("PASSWORD" if ENCRYPTED in content else "OLD_XLS")
    if content.startswith(PACKED):
        return opendocument_grid if MIMETYPE in content[:200] else workbook_grid
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(MARKUP):
        raise Unreadable("WEB_PAGE")
    return None


def sheet_of(file: str, grid: Grid, columns: Columns) -> Sheet:
    """The columns and rows of a grid.

    Raises:
        UnreadableSheet: NO_HEADER, COLUMN_MISSING, COLUMN_REPEATED, HIDDEN_COLUMN or MERGED_HEADER.
    """
    grid.ragged |= columns.ragged
    place, header = _header(file, grid, columns)
    codes: dict[int, dict[int, str]] = {}
    for (number, column), code in grid.odd.items():
        codes.setdefault(number, {})[column] = code
    rows: list[Row] = []
    fallen: list[Rejection] = []
    for number, record in enumerate(grid.rows[place + 1 :], start=place + 1):
        odd = codes.get(number, {})
        if not any(record) and not odd:
            continue
        whole = not any(record[len(header) :]) if grid.ragged else len(record) == len(header)
        cells = dict(zip(header, record, strict=False))
        fault = _fault(number, header, cells, odd, grid, columns)
        if fault:
            fallen.append(Rejection(file=file, row=number + 1, column=fault[0], code=fault[1]))
        else:
            rows.append(Row(number + 1, cells, whole=whole))
    return Sheet(file, header, tuple(rows), tuple(fallen))


def _header(file: str, grid: Grid, columns: Columns) -> tuple[int, tuple[str, ...]]:
    """The number of the header, and its columns: the first row that has them all, else the first that is not blank.

    Raises:
        UnreadableSheet: a column is missing, stands twice or is hidden; or its cells are merged.
    """
    written = [number for number, record in enumerate(grid.rows[:MOST_TITLES]) if any(record)]
    written = written or [number for number, record in enumerate(grid.rows) if any(record)][:1]
    if not written:
        raise UnreadableSheet(file, "NO_HEADER")
    columns_of = {number: [column_of(cell, columns.headings) for cell in grid.rows[number]] for number in written}
    whole = (number for number, listed in columns_of.items() if set(columns.required) <= set(listed))
    place = next(whole, written[0])
    for top, left, bottom, right in grid.merged:
        if top <= place <= bottom:
            raise UnreadableSheet(file, "MERGED_HEADER", place=f"{place_of(top, left)}:{place_of(bottom, right)}")
    header = tuple(columns_of[place])
    for column in columns.required:
        if column not in header:
            raise UnreadableSheet(file, "COLUMN_MISSING", columns.names.get(column, column))
    for column in columns.known:
        if header.count(column) > 1:
            raise UnreadableSheet(file, "COLUMN_REPEATED", columns.names.get(column, column))
        if column in header and header.index(column) in grid.hidden_columns:
            raise UnreadableSheet(file, "HIDDEN_COLUMN", columns.names.get(column, column))
    if grid.ragged:
        while not header[-1]:
            header = header[:-1]
    return place, header


def _fault(
    number: int,
    header: tuple[str, ...],
    cells: dict[str, str],
    odd: Mapping[int, str],
    grid: Grid,
    columns: Columns,
) -> tuple[str, str] | None:
    """The first cell that is no text of its author's, and why. Months and TRUE become what they mean in `cells`."""
    if number in grid.hidden_rows:
        return header[0], HIDDEN_ROW
    for place, code in sorted(odd.items()):
        column = header[place] if place < len(header) else ""
        if column not in columns.known:
            continue
        if code == DATE_CELL and column in columns.months:
            cells[column] = cells[column][: len("2014-02")]
        elif code == TRUTH_CELL and cells[column] in columns.truths.get(column, {}):
            cells[column] = columns.truths[column][cells[column]]
        elif code != DATE_CELL or column not in columns.moments:
            return column, code
    return None
