"""XLSX workbooks, read so that nothing that their author sees is lost: errors, formulas without a value, dates, what is hidden or merged."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from posixpath import join, normpath
from typing import Any
from zipfile import BadZipFile, ZipFile

from lxml import etree

from shared.season.csv_rows import as_meant
from shared.sheets.grid import (
    DATE_CELL,
    ERROR_CELL,
    FORMULA_EMPTY,
    LONG_NUMBER,
    MOST_COLUMNS,
    MOST_ROWS,
    TRUTH_CELL,
    Grid,
    Unreadable,
    check_size,
)

LARGEST_PART = 512 * 1024 * 1024
CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Formats of dates and times that need not be written down in a workbook."""
FIXED: Mapping[int, str] = {1: "0", 2: "0.00", 9: "0%", 10: "0.00%"}
UNSHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
DIGITS = re.compile(r"(0+)(?:\.(0+))?(%?)", re.ASCII)
MOST_DIGITS = 15
"""What a spreadsheet keeps of a number."""


@dataclass(frozen=True, slots=True)
class Format:
    """How numbers are shown."""

    date: bool = False
    digits: str = ""
    """Such as `000` or `0.00%`; empty: as they are."""


class _Book:
    """The parts of one workbook."""

    def __init__(self, content: bytes) -> None:
        self.parts = ZipFile(io.BytesIO(content))
        if sum(part.file_size for part in self.parts.infolist()) > LARGEST_PART:
            raise Unreadable("TOO_MUCH")
        self.names = {name.casefold().lstrip("/"): name for name in self.parts.namelist()}
        self.root = self._target("", "officeDocument")
        book = self._tree(self.root)
        self.first = next(book.iter("{*}sheet"), None)
        properties = next(book.iter("{*}workbookPr"), None)
        late = properties is not None and properties.get("date1904") in ("1", "true")
        self.day_zero = datetime(1904, 1, 1) if late else datetime(1899, 12, 30)  # noqa: DTZ001 - a day of a calendar
        styles, texts = self._target(self.root, "styles"), self._target(self.root, "sharedStrings")
        self.formats = _formats(self._tree(styles)) if styles else []
        self.texts = [_text_of(item) for item in self._elements(texts, "si")] if texts else []

    def sheet(self) -> Iterator[Any]:
        """The elements of the first sheet that say something, each once it is whole."""
        if self.first is None:
            raise Unreadable("NOT_A_SHEET")
        if self.first.get("state", "visible") != "visible":
            raise Unreadable("HIDDEN_SHEET", self.first.get("name", ""))
        relation = next((value for key, value in self.first.items() if key.endswith("}id")), "")
        return self._elements(self._target(self.root, "worksheet", relation), "row", "mergeCell", "col")

    def _target(self, part: str, kind: str, relation: str = "") -> str:
        """The part that this one means by a kind of relation, or by one relation; empty if it means none."""
        folder, _, name = part.rpartition("/")
        listed = join(folder, "_rels", f"{name}.rels")
        if listed.casefold() not in self.names:
            return ""
        for item in self._tree(listed).iter("{*}Relationship"):
            fits = item.get("Id") == relation if relation else item.get("Type", "").endswith(f"/{kind}")
            if fits:
                target = item.get("Target", "")
                return normpath(target.lstrip("/") if target.startswith("/") else join(folder, target))
        return ""

    def _open(self, part: str) -> Any:
        try:
            return self.parts.open(self.names[part.casefold()])
        except KeyError as error:
            raise Unreadable("NOT_A_SHEET") from error

    def _tree(self, part: str) -> Any:
        with self._open(part) as file:
            return etree.parse(file, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()

    def _elements(self, part: str, *tags: str) -> Iterator[Any]:
        with self._open(part) as file:
            wanted = [f"{{*}}{tag}" for tag in tags]
            for _, element in etree.iterparse(file, tag=wanted, resolve_entities=False, no_network=True):
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]


def workbook_grid(content: bytes) -> Grid:
    """The first sheet of an XLSX workbook.

    Raises:
        Unreadable: NOT_A_SHEET, HIDDEN_SHEET, TOO_MANY_ROWS, TOO_MUCH.
    """
    try:
        return _read(_Book(content))
    except (BadZipFile, etree.XMLSyntaxError, ValueError, IndexError, OverflowError, NotImplementedError) as error:
        raise Unreadable("NOT_A_SHEET") from error


def _read(book: _Book) -> Grid:
    grid, hidden, narrow, merged = Grid([], ragged=True), set[int](), set[int](), []
    for element in book.sheet():
        tag = etree.QName(element).localname
        if tag == "row":
            number = int(element.get("r", len(grid.rows) + 1)) - 1
            if _is_set(element, "hidden"):
                hidden.add(number)
            _take_row(book, grid, number, element)
        elif tag == "col" and _is_set(element, "hidden"):
            narrow.update(range(int(element.get("min", 1)) - 1, min(int(element.get("max", 1)), MOST_COLUMNS + 1)))
        elif tag == "mergeCell":
            (top, left), (bottom, right) = (_place(part) for part in _ends(element.get("ref", "A1")))
            merged.append((top, left, bottom, right))
    grid.hidden_rows, grid.hidden_columns, grid.merged = frozenset(hidden), frozenset(narrow), tuple(merged)
    grid.mark_merged()
    return grid


def _take_row(book: _Book, grid: Grid, number: int, row: Any) -> None:
    cells: list[str] = []
    for cell in row:
        if not isinstance(cell.tag, str) or etree.QName(cell).localname != "c":
            continue
        reference = cell.get("r")
        column = _place(reference)[1] if reference else len(cells)
        text, code = _cell(book, cell)
        if not text and not code:
            continue
        check_size(number + 1, column + 1)
        cells += [""] * (column + 1 - len(cells))
        cells[column] = text
        if code:
            grid.odd[number, column] = code
    if cells:
        if number < len(grid.rows) or number > MOST_ROWS:
            raise Unreadable("TOO_MANY_ROWS" if number > MOST_ROWS else "NOT_A_SHEET")
        grid.rows += [[] for _ in range(number - len(grid.rows))]
        grid.rows.append(cells)


def _cell(book: _Book, cell: Any) -> tuple[str, str]:
    """The text of a cell, and why it is none."""
    kind, value, formula, inline = cell.get("t", "n"), None, False, ""
    for part in cell:
        name = etree.QName(part).localname if isinstance(part.tag, str) else ""
        if name == "v":
            value = part.text or ""
        elif name == "f":
            formula = True
        elif name == "is":
            inline = _text_of(part)
    if kind == "inlineStr":
        return _plain(inline), ""
    if formula and not value and kind != "str":
        return "", FORMULA_EMPTY
    if value is None or (not value and kind != "s"):
        return "", FORMULA_EMPTY if formula and value is None else ""
    if kind == "s":
        return _plain(book.texts[int(value)]), ""
    if kind == "str":
        return _plain(value), ""
    if kind == "e":
        return value, ERROR_CELL
    if kind == "b":
        return ("TRUE" if value == "1" else "FALSE"), TRUTH_CELL
    if kind == "d":
        return value, DATE_CELL
    style = int(cell.get("s", 0))
    shown = book.formats[style] if style < len(book.formats) else Format()
    return _number(value, shown, book.day_zero)


def _number(value: str, shown: Format, day_zero: datetime) -> tuple[str, str]:
    number = float(value)
    if shown.date and 0 <= number < 2_958_466:
        seconds = round(number * 86_400)
        moment = day_zero + timedelta(seconds=seconds)
        whole_day = seconds % 86_400 == 0
        return moment.date().isoformat() if whole_day else moment.isoformat(), DATE_CELL
    if abs(number) >= 10**MOST_DIGITS:
        return value, LONG_NUMBER
    exact = Decimal(f"{number:.{MOST_DIGITS}g}")
    pattern = DIGITS.fullmatch(shown.digits)
    if pattern is None:
        return f"{exact.normalize():f}", ""
    percent, places = bool(pattern[3]), len(pattern[2] or "")
    rounded = (exact * 100 if percent else exact).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(rounded):f}".zfill(len(pattern[1]) + (places + 1 if places else 0))
    return f"{'-' if rounded < 0 else ''}{text}{pattern[3]}", ""


def _formats(styles: Any) -> list[Format]:
    """How each style of cells shows its numbers."""
    own = {int(item.get("numFmtId", 0)): item.get("formatCode", "") for item in styles.iter("{*}numFmt")}
    listed = next(styles.iter("{*}cellXfs"), ())
    return [_format(int(item.get("numFmtId", 0)), own) for item in listed if isinstance(item.tag, str)]


def _format(number: int, own: Mapping[int, str]) -> Format:
    if number in DATES and number not in own:
        return Format(date=True)
    code = UNSHOWN.sub("", own.get(number, FIXED.get(number, ""))).partition(";")[0].strip()
    plain = code.casefold() not in ("", "general", "@")
    if plain and re.search(r"[ymdhs]", code, re.IGNORECASE):
        return Format(date=True)
    return Format(digits=code if plain else "")


def _text_of(element: Any) -> str:
    """The text of a string; how it is spoken is no part of it."""
    unspoken = ("{*}rPh", "{*}phoneticPr")
    for spoken in element.iter(*unspoken):
        spoken.clear()
    return "".join(item.text or "" for item in element.iter("{*}t"))


def _plain(text: str) -> str:
    return as_meant(text.strip()).strip()


def _is_set(element: Any, name: str) -> bool:
    return element.get(name) in ("1", "true")


def _ends(reference: str) -> tuple[str, str]:
    first, _, last = reference.partition(":")
    return first, last or first


def _place(reference: str) -> tuple[int, int]:
    """Row and column of a cell, from 0."""
    match = CELL.fullmatch(reference.replace("$", ""))
    if match is None:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1
