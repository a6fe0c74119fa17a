"""ODS tables: what LibreOffice saves unless it is asked for something else."""

import io
from typing import Any
from zipfile import BadZipFile, ZipFile

from lxml import etree

from shared.season.csv_rows import as_meant
from shared.sheets.grid import (
    DATE_CELL,
    ERROR_CELL,
    ERRORS,
    FORMULA_EMPTY,
    LONG_NUMBER,
    MOST_COLUMNS,
    MOST_ROWS,
    TRUTH_CELL,
    Grid,
    Unreadable,
)

MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
LARGEST_PART = 256 * 1024 * 1024


def opendocument_grid(content: bytes) -> Grid:
    """The first table.

    Raises:
        Unreadable: NOT_A_SHEET, PASSWORD, HIDDEN_SHEET, TOO_MANY_ROWS, TOO_MUCH.
    """
    try:
        parts = ZipFile(io.BytesIO(content))
        if b"encryption-data" in parts.read("META-INF/manifest.xml"):
            raise Unreadable("PASSWORD")
        if parts.getinfo("content.xml").file_size > LARGEST_PART:
            raise Unreadable("TOO_MUCH")
        with parts.open("content.xml") as file:
            return _first(etree.parse(file, etree.XMLParser(resolve_entities=False, no_network=True)).getroot())
    except (BadZipFile, KeyError, etree.XMLSyntaxError, ValueError, OverflowError, NotImplementedError) as error:
        raise Unreadable("NOT_A_SHEET") from error


def _first(root: Any) -> Grid:
    table = next(root.iter(f"{TABLE}table"), None)
    if table is None:
        raise Unreadable("NOT_A_SHEET")
    if _is_hidden_table(root, table):
        raise Unreadable("HIDDEN_SHEET", table.get(f"{TABLE}name", ""))
    return _grid(table)


def _is_hidden_table(root: Any, table: Any) -> bool:
    style = table.get(f"{TABLE}style-name")
    names = (item for item in root.iter("{*}style") if style in item.attrib.values())
    return any(item.get(f"{TABLE}display") == "false" for name in names for item in name)


def _grid(table: Any) -> Grid:
    grid = Grid([], ragged=True)
    hidden: set[int] = set()
    merged: list[tuple[int, int, int, int]] = []
    narrow = _hidden_columns(table)
    number = 0
    for row in table.iter(f"{TABLE}table-row"):
        times = int(row.get(f"{TABLE}number-rows-repeated", 1))
        cells, odd, spans = _row(row)
        if cells:
            if number + times > MOST_ROWS + 1:
                raise Unreadable("TOO_MANY_ROWS")
            grid.rows += [[] for _ in range(number - len(grid.rows))]
            for again in range(number, number + times):
                grid.rows.append(list(cells))
                grid.odd |= {(again, column): code for column, code in odd.items()}
                if row.get(f"{TABLE}visibility", "visible") != "visible":
                    hidden.add(again)
            merged += [(number, column, number + down - 1, column + right - 1) for column, down, right in spans]
        number += times
    grid.hidden_rows, grid.hidden_columns, grid.merged = frozenset(hidden), narrow, tuple(merged)
    grid.mark_merged()
    return grid


def _hidden_columns(table: Any) -> frozenset[int]:
    narrow: set[int] = set()
    place = 0
    for column in table.iter(f"{TABLE}table-column"):
        times = int(column.get(f"{TABLE}number-columns-repeated", 1))
        if column.get(f"{TABLE}visibility", "visible") != "visible":
            narrow.update(range(place, min(place + times, MOST_COLUMNS + 1)))
        place += times
    return frozenset(narrow)


def _row(row: Any) -> tuple[list[str], dict[int, str], list[tuple[int, int, int]]]:
    """Its texts, the codes of those that are none, and which cells are many: column, rows, columns."""
    cells: list[str] = []
    odd: dict[int, str] = {}
    spans: list[tuple[int, int, int]] = []
    column = 0
    for cell in row:
        if cell.tag not in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
            continue
        times = int(cell.get(f"{TABLE}number-columns-repeated", 1))
        text, code = _cell(cell)
        down, right = (int(cell.get(f"{TABLE}number-{what}-spanned", 1)) for what in ("rows", "columns"))
        if down > 1 or right > 1:
            spans.append((column, down, right))
        if text or code:
            if column + times > MOST_COLUMNS:
                raise Unreadable("TOO_MANY_ROWS")
            cells += [""] * (column - len(cells)) + [text] * times
            odd |= dict.fromkeys(range(column, column + times), code) if code else {}
        column += times
    return cells, odd, spans


def _cell(cell: Any) -> tuple[str, str]:
    kind = cell.get(f"{OFFICE}value-type", "")
    text = "\n".join("".join(part.itertext()) for part in cell.findall(f"{TEXT}p"))
    text = as_meant(text.strip()).strip()
    calculated = next((value for key, value in cell.items() if key.endswith("}value-type") and value == "error"), "")
    if calculated or text in ERRORS:
        return text or "#", ERROR_CELL
    if not kind and not text and cell.get(f"{TABLE}formula"):
        return "", FORMULA_EMPTY
    if kind == "boolean":
        return ("TRUE" if cell.get(f"{OFFICE}boolean-value") == "true" else "FALSE"), TRUTH_CELL
    if kind == "date":
        return cell.get(f"{OFFICE}date-value", text), DATE_CELL
    if kind == "time":
        return text, DATE_CELL
    if kind == "float":
        value = cell.get(f"{OFFICE}value", "0")
        if abs(float(value)) >= 10**15:
            return value, LONG_NUMBER
    return text, ""
