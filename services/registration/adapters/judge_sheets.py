"""Lists of judges, read and written: headings and words as organizers write them, in both languages."""

import io
from dataclasses import replace

import xlsxwriter

from services.registration.application.judges import COLUMNS, FILE, REQUIRED
from services.registration.domain.judges import LOOSELY_LISTED, JudgeDuty
from shared.season.csv_rows import TEXTS, Sheet
from shared.season.text import LANGUAGES
from shared.sheets.encodings import WORD
from shared.sheets.grid import plain_heading
from shared.sheets.reading import Columns, read_sheet
from shared.web.translation import Catalog, Translator

WIDTH = 20


def _columns(catalog: Catalog) -> Columns:
    headings = {column: column for column in COLUMNS}
    names: dict[str, list[str]] = {column: [] for column in COLUMNS}
    for language in LANGUAGES:
        for column in COLUMNS:
            names[column].append(catalog.translator(language)(f"jury-column-{column}"))
            headings[plain_heading(names[column][-1])] = column
    return Columns(
        REQUIRED,
        tuple(column for column in COLUMNS if column not in REQUIRED),
        headings=headings,
        words=frozenset(word for heading in headings for word in WORD.findall(heading) if len(word) > 1),
        ragged=True,
        names={column: " / ".join(written) for column, written in names.items()},
    )


async def read_judges(content: bytes, catalog: Catalog, season: str) -> Sheet:
    """A list of judges, languages and duties in our own words. Raises what `read_sheet` raises."""
    sheet = await read_sheet(FILE, content, _columns(catalog), season)
    words = {"languages": {"": ""}, "role": {"": ""}, "employer": {}}
    for language in LANGUAGES:
        t = catalog.translator(language)
        words["languages"] |= {plain_heading(t(f"language-{each}")): each for each in LANGUAGES}
        words["languages"][plain_heading(t("language-any"))] = ""
        words["role"] |= {plain_heading(t(f"jury-role-{duty}")): str(duty) for duty in JudgeDuty}
        words["employer"][plain_heading(t("jury-employer-none"))] = ""
    rows = []
    for row in sheet.rows:
        cells = dict(row.cells)
        listed = [part.strip() for part in LOOSELY_LISTED.split(row["languages"]) if part.strip()]
        cells["languages"] = ";".join(filter(None, (words["languages"].get(plain_heading(p), p) for p in listed)))
        for column in ("role", "employer"):
            cells[column] = words[column].get(plain_heading(row[column]), row[column])
        rows.append(replace(row, cells=cells))
    return replace(sheet, rows=tuple(rows))


def template(t: Translator) -> bytes:
    """An empty workbook: headings, and what each column means."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **TEXTS}) as book:
        bold, text = book.add_format({"bold": True, "bg_color": "#EEF2E6"}), book.add_format({"num_format": "@"})
        sheet, explained = book.add_worksheet(t("jury-title")), book.add_worksheet(t("import-help"))
        explained.set_column(0, 0, WIDTH)
        explained.set_column(1, 1, 4 * WIDTH)
        for place, column in enumerate(COLUMNS):
            sheet.write_string(0, place, t(f"jury-column-{column}") + (" *" if column in REQUIRED else ""), bold)
            sheet.set_column(place, place, WIDTH, text)
            explained.write_string(place, 0, t(f"jury-column-{column}"))
            explained.write_string(place, 1, t(f"jury-about-{column}"))
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()
