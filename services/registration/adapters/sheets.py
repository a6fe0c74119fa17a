"""Sheets of teachers, read and written: XLSX, ODS and CSV as spreadsheets save them."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import xlsxwriter

from services.registration.domain.class_sheet import COLUMNS, PAPER, REQUIRED
from services.registration.domain.entry_sheet import EXHIBITED
from services.registration.domain.statements import FIELDS
from shared.season.csv_rows import TEXTS, Sheet
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.sheets.encodings import WORD
from shared.sheets.grid import plain_heading
from shared.sheets.reading import Columns, read_sheet
from shared.web.translation import Catalog, Translator

WIDTHS: Mapping[str, int] = {"title": 30, "track": 12}
FOR_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Wording:
    """How teachers write: headings and the columns that they mean, and by column the words that stand for a value."""

    columns: Columns
    words: Mapping[str, Mapping[str, str]]


def wording(catalog: Catalog) -> Wording:
    """Our own names, and the headings and words in both languages."""
    headings = {column: column for column in COLUMNS}
    names: dict[str, list[str]] = {column: [] for column in COLUMNS}
    words: dict[str, dict[str, str]] = {
        "consent": {},
        "exhibition": {},
        "language": {plain_heading(language): language for language in LANGUAGES},
    }
    for language in LANGUAGES:
        translator = catalog.translator(language)
        for column in COLUMNS:
            names[column].append(translator(f"column-{column}"))
            headings[plain_heading(names[column][-1])] = column
        words["consent"][plain_heading(translator("import-yes"))] = PAPER
        words["exhibition"][plain_heading(translator("import-yes"))] = EXHIBITED
        words["language"] |= {plain_heading(translator(f"language-{language}")): language for language in LANGUAGES}
        words["language"][plain_heading(translator("language-any"))] = ""
    columns = Columns(
        REQUIRED,
        tuple(column for column in COLUMNS if column not in REQUIRED),
        months=frozenset(column for column in COLUMNS if column.endswith("_birth")),
        truths={"consent": {"TRUE": PAPER, "FALSE": ""}, "exhibition": {"TRUE": EXHIBITED, "FALSE": ""}},
        headings=headings,
        words=frozenset(word for heading in headings for word in WORD.findall(heading) if len(word) > 1),
        ragged=True,
        names={column: " / ".join(written) for column, written in names.items()},
    )
    return Wording(columns, words)


async def read_table(file: str, content: bytes, words: Wording, season: str) -> Sheet:
    """A class's sheet, as work for this season. Raises what `read_sheet` raises."""
    sheet = await read_sheet(file, content, words.columns, season)
    rows = tuple(replace(row, cells=_cells(row.cells, words)) for row in sheet.rows)
    return replace(sheet, rows=rows)


def _cells(record: Mapping[str, str], words: Wording) -> dict[str, str]:
    cells = dict(record)
    for column, meanings in words.words.items():
        if column in cells:
            cells[column] = meanings.get(plain_heading(cells[column]), cells[column])
    return cells


def template(rules: SeasonRules, t: Translator, *, with_units: bool, whole: bool) -> bytes:
    """An empty workbook for this season: headings, lists to choose from, and what each column means.

    The organizer of the `whole` season says who is shown out of competition.
    """
    buffer = io.BytesIO()
    asked = {name for track in rules.tracks for name in track.asks}
    left_out: set[str] = {name for name in FIELDS if name not in asked}
    left_out |= ({"unit"} if not with_units else set()) | ({"exhibition"} if not whole else set())
    columns = [column for column in COLUMNS if column not in left_out]
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **TEXTS}) as book:
        bold, text = book.add_format({"bold": True, "bg_color": "#EEF2E6"}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(t("import-sheet"))
        for place, column in enumerate(columns):
            mark = " *" if column in REQUIRED else ""
            sheet.write_string(0, place, t(f"column-{column}") + mark, bold)
            sheet.set_column(place, place, WIDTHS.get(column, 14), text)
        tracks = [track.id for track in rules.tracks]
        languages = [t(f"language-{language}") for language in LANGUAGES]
        yes = [t("import-yes")]
        lists = (("track", tracks), ("language", languages), ("exhibition", yes), ("consent", yes))
        for column, choices in lists:
            if column not in columns:
                continue
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
        divisions = t("list-comma").join(
            rules.division(division).title.best(t.language) for division in track.divisions
        )
        yield track.id, f"{track.title.best(t.language)} ({divisions})"
