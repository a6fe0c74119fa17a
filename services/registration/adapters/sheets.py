"""Sheets of teachers, read and written: XLSX, ODS and CSV as spreadsheets save them."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import xlsxwriter

from services.registration.domain.class_sheet import COLUMNS, PAPER, REQUIRED
from services.registration.domain.entry_sheet import EXHIBITED
from services.registration.domain.statements import FIELDS
from shared.season.csv_rows import TEXTS, Sheet
from shared.season.fields import column_of_field
from shared.season.rules import ChoiceField, SeasonRules, YesNoField
from shared.season.text import LANGUAGES
from shared.sheets import reading
from shared.sheets.encodings import WORD
from shared.sheets.grid import plain_heading
from shared.sheets.reading import Columns, read_sheet
from shared.web.translation import Catalog, Translator

WIDTHS: Mapping[str, int] = {"title": 30, "track": 12}
FOR_ENTRIES = 500
LONGEST_LIST = 255
"""Characters of a list to choose from within a cell, separated by commas; spreadsheets take no longer ones."""


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


def with_fields(words: Wording, rules: SeasonRules) -> Wording:
    """The same with what the custom fields of a season are called: by column, by title, and by both where a title alone
    would mean two columns.
    """
    columns = reading.with_fields(words.columns, rules)
    headings, names = dict(columns.headings), dict(columns.names)
    meant: dict[str, set[str]] = {}
    for name, titles in _titles(rules).items():
        headings[name] = name
        names[name] = " / ".join(titles)
        for title in titles:
            headings[plain_heading(_told_apart(title, name))] = name
            meant.setdefault(plain_heading(title), set()).add(name)
    for heading, listed in meant.items():
        if heading not in words.columns.headings and len(listed) == 1:
            headings[heading] = next(iter(listed))
    return replace(words, columns=replace(columns, headings=headings, names=names))


def _titles(rules: SeasonRules) -> dict[str, list[str]]:
    """What each column of a custom field is called, in both languages and all tracks."""
    titles: dict[str, list[str]] = {}
    for track in rules.tracks:
        for field in track.fields:
            listed = titles.setdefault(column_of_field(field.id), [])
            listed += [title for title in (field.title.zh, field.title.en) if title and title not in listed]
    return titles


def _told_apart(title: str, name: str) -> str:
    """A title with its column behind it."""
    return f"{title} ({name})"


def field_headings(rules: SeasonRules, catalog: Catalog, language: str) -> dict[str, str]:
    """What each column of a custom field is called in a sheet for whoever reads this language."""
    words = with_fields(wording(catalog), rules).columns.headings
    titles: dict[str, str] = {}
    for track in rules.tracks:
        for field in track.fields:
            titles.setdefault(column_of_field(field.id), field.title.best(language))
    return {
        name: title if words.get(plain_heading(title)) == name else _told_apart(title, name)
        for name, title in titles.items()
    }


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


def template(rules: SeasonRules, catalog: Catalog, t: Translator, *, with_units: bool, whole: bool) -> bytes:
    """An empty workbook for this season: headings, lists to choose from, and what each column means.

    The organizer of the `whole` season says who is shown out of competition.
    """
    buffer = io.BytesIO()
    asked = {name for track in rules.tracks for name in track.asks}
    left_out: set[str] = {name for name in FIELDS if name not in asked}
    left_out |= ({"unit"} if not with_units else set()) | ({"exhibition"} if not whole else set())
    fields = field_headings(rules, catalog, t.language)
    columns = [column for column in COLUMNS if column not in left_out]
    place = columns.index("m1_name_zh")
    columns[place:place] = fields
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **TEXTS}) as book:
        bold, text = book.add_format({"bold": True, "bg_color": "#EEF2E6"}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(t("import-sheet"))
        for place, column in enumerate(columns):
            mark = " *" if column in REQUIRED else ""
            sheet.write_string(0, place, fields.get(column) or t(f"column-{column}") + mark, bold)
            sheet.set_column(place, place, WIDTHS.get(column, 14), text)
        tracks = [track.id for track in rules.tracks]
        languages = [t(f"language-{language}") for language in LANGUAGES]
        yes = [t("import-yes")]
        lists = (
            *(("track", tracks), ("language", languages), ("exhibition", yes), ("consent", yes)),
            *_lists_of_fields(rules, t),
        )
        for column, choices in lists:
            if column not in columns:
                continue
            place = columns.index(column)
            sheet.data_validation(1, place, FOR_ENTRIES, place, {"validate": "list", "source": choices})
        sheet.freeze_panes(1, 0)
        help_sheet = book.add_worksheet(t("import-help"))
        help_sheet.set_column(0, 0, 24)
        help_sheet.set_column(1, 1, 90)
        for number, (name, meaning) in enumerate(_explained(rules, t, columns, fields)):
            help_sheet.write_string(number, 0, name)
            help_sheet.write_string(number, 1, meaning)
    return buffer.getvalue()


def _lists_of_fields(rules: SeasonRules, t: Translator) -> Iterator[tuple[str, list[str]]]:
    """What may be chosen in the columns of custom fields; in one that tracks share, what all of them offer."""
    offered: dict[str, dict[str, None]] = {}
    for track in rules.tracks:
        for field in track.fields:
            listed = offered.setdefault(column_of_field(field.id), {})
            if isinstance(field, ChoiceField) and not field.many:
                listed |= dict.fromkeys(choice.title.best(t.language) for choice in field.choices)
            elif isinstance(field, YesNoField):
                listed |= dict.fromkeys([t("answer-yes"), *(() if field.must else [t("answer-no")])])
    yield from (
        (name, list(listed))
        for name, listed in offered.items()
        if listed and sum(map(len, listed)) + len(listed) < LONGEST_LIST and not any("," in text for text in listed)
    )


def _explained_field(rules: SeasonRules, t: Translator, name: str) -> str:
    """In which tracks a custom field is asked, and what it takes."""
    said = []
    for track in rules.tracks:
        for field in track.fields:
            if column_of_field(field.id) == name:
                hints = [
                    t("import-field", track=track.title.best(t.language), required="yes" if field.required else "no")
                ]
                if field.help:
                    hints.append(field.help.best(t.language))
                if isinstance(field, ChoiceField):
                    titles = t("answer-between").join(choice.title.best(t.language) for choice in field.choices)
                    hints.append(t("import-choices", choices=titles, many="yes" if field.many else "no"))
                said.append(" ".join(hints))
    return "\n".join(said)


def _explained(
    rules: SeasonRules, t: Translator, columns: Sequence[str], fields: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    yield from ((heading, _explained_field(rules, t, name)) for name, heading in fields.items())
    kinds = dict.fromkeys(column.partition("_")[2] or column for column in columns if column not in fields)
    for kind in kinds:
        yield t.first(f"column-{kind}", f"column-m1_{kind}", f"column-i1_{kind}"), t(f"import-about-{kind}")
    for track in rules.tracks:
        divisions = t("list-comma").join(
            rules.division(division).title.best(t.language) for division in track.divisions
        )
        yield track.id, f"{track.title.best(t.language)} ({divisions})"
