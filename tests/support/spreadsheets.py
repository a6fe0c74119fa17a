"""Tables as spreadsheets save them."""

import csv
import io
from collections.abc import Sequence
from zipfile import ZipFile

import xlsxwriter

from shared.season.csv_rows import TEXTS
from shared.sheets.opendocument import MIMETYPE


def as_csv(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def as_xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **TEXTS}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)
    return buffer.getvalue()


def as_ods(rows: Sequence[str]) -> bytes:
    """A table of these rows, as LibreOffice would write them."""
    space = 'xmlns:{0}="urn:oasis:names:tc:opendocument:xmlns:{0}:1.0"'
    names = " ".join(space.format(name) for name in ("office", "table", "text", "style"))
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    content = f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="T">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as file:
        file.writestr("mimetype", MIMETYPE)
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr("content.xml", content)
    return buffer.getvalue()


def ods_cell(text: str, more: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"
