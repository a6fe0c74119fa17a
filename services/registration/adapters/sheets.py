"""Sheets of teachers, read and written: XLSX, XLS, ODS and CSV as spreadsheets save them."""

import asyncio
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter

from services.registration.adapters.cells import MEMORY, SECONDS, Unreadable, cells_of
from services.registration.application.classes import Table
from services.registration.domain.class_sheet import COLUMNS, PAPER, REQUIRED
from shared import limited
from shared.season.csv_rows import TEXTS, Row, UnreadableSheet
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.web.translation import Catalog, Translator

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTHS: Mapping[str, int] = {"title": 30, "track": 12}
FOR_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Wording:
    """How teachers write: headings and the columns that they mean, and by column the words that stand for a value."""

    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]


def wording(catalog: Catalog) -> Wording:
    """Our own names, and the headings and words in both languages."""
    document = {column: column for column in COLUMNS}
    words: dict[str, dict[str, str]] = {
        "consent": {},
        "language": {_plain(language): language for language in LANGUAGES},
    }
    for language in LANGUAGES:
        translator = catalog.translator(language)
        document |= {_plain(translator(f"column-{column}")): column for column in COLUMNS}
        words["consent"][_plain(translator("import-yes"))] = PAPER
        words["language"] |= {_plain(translator(f"language-{language}")): language for language in LANGUAGES}
        words["language"][_plain(translator("language-any"))] = ""
    return Wording(document, words)


def _plain(heading: str) -> str:
    return heading.strip().rstrip("*").strip().casefold()


async def read_table(file: str, content: bytes, words: Wording, season: str) -> Table:
    """The first sheet with its header; cells as text. It is read in a child process, as work for this season.

    Raises:
        UnreadableSheet: NOT_A_SHEET, NO_HEADER, COLUMN_MISSING, COLUMN_REPEATED, TOO_MANY_ROWS or TOO_MUCH.
    """
    try:
        records = await limited.run(cells_of, content, memory=MEMORY, seconds=SECONDS, owner=season)
    except limited.Exceeded as error:
        raise UnreadableSheet(file, "TOO_MUCH") from error
    except Unreadable as error:
        raise UnreadableSheet(file, error.reason) from error
    return await asyncio.to_thread(_table, file, records, words)


def _table(file: str, records: list[list[str]], words: Wording) -> Table:
    while records and not any(records[0]):
        records.pop(0)
    if not records:
        raise UnreadableSheet(file, "NO_HEADER")
    header = tuple(words.columns.get(_plain(cell), cell) for cell in records[0])
    while header and not header[-1]:
        header = header[:-1]
    for column in REQUIRED:
        if column not in header:
            raise UnreadableSheet(file, "COLUMN_MISSING", column)
    for column in COLUMNS:
        if header.count(column) > 1:
            raise UnreadableSheet(file, "COLUMN_REPEATED", column)
    rows = tuple(
        Row(number, _cells(header, record, words), whole=not any(record[len(header) :]))
        for number, record in enumerate(records[1:], start=2)
        if any(record)
    )
    return Table(file, header, rows)


def _cells(header: Sequence[str], record: Sequence[str], words: Wording) -> dict[str, str]:
    cells = dict(zip(header, record, strict=False))
    for column, meanings in words.words.items():
        if column in cells:
            cells[column] = meanings.get(_plain(cells[column]), cells[column])
    return cells


def template(rules: SeasonRules, t: Translator, *, with_units: bool) -> bytes:
    """An empty workbook for this season: headings, lists to choose from, and what each column means."""
    buffer = io.BytesIO()
    columns = [column for column in COLUMNS if column != "unit" or with_units]
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **TEXTS}) as book:
        bold, text = book.add_format({"bold": True, "bg_color": "#EEF2E6"}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(t("import-sheet"))
        for place, column in enumerate(columns):
            mark = " *" if column in REQUIRED else ""
            sheet.write_string(0, place, t(f"column-{column}") + mark, bold)
            sheet.set_column(place, place, WIDTHS.get(column, 14), text)
        tracks = [track.id for track in rules.tracks if track.entrant == "students"]
        languages = [t(f"language-{language}") for language in LANGUAGES]
        for column, choices in (("track", tracks), ("language", languages), ("consent", [t("import-yes")])):
            place = columns.index(column)
            sheet.data_validation(1, place, FOR_ENTRIES, place, {"validate": "list", "source": choices})
        sheet.freeze_panes(1, 0)
        help_sheet = book.add_worksheet(t("import-help"))
        help_sheet.set_column(0, 0, 24)
        help_sheet.set_column(1, 1, 90)
        for number, (name, meaning) in enumerate(_explained(rules, t, columns)):
            help_sheet.write_string(number, 0, name)
            help_sheet.write_string(number, 1, meaning)
    return buffer.getvalue()


def _explained(rules: SeasonRules, t: Translator, columns: Sequence[str]) -> Iterable[tuple[str, str]]:
    kinds = dict.fromkeys(column.partition("_")[2] or column for column in columns)
    for kind in kinds:
        yield t.first(f"column-{kind}", f"column-m1_{kind}", f"column-i1_{kind}"), t(f"import-about-{kind}")
    for track in rules.tracks:
        if track.entrant == "students":
            divisions = t("list-comma").join(
                rules.division(division).title.best(t.language) for division in track.divisions
            )
            yield track.id, f"{track.title.best(t.language)} ({divisions})"
