"""Tables as workbooks: every cell is text, so that no spreadsheet computes what somebody wrote into one."""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from shared.errors import InvalidState
from shared.season.csv_rows import TEXTS
from shared.season.time import from_unix_micros

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575
"""Below the header; a workbook holds no more."""


def workbook(header: Sequence[str], rows: Iterable[Sequence[str]], at: int, name: str = "index") -> bytes:
    """A workbook of texts with its header kept in view, as of a moment in microseconds UTC.

    Raises:
        InvalidState: it has more rows than a workbook can hold.
    """
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"constant_memory": True, **TEXTS}) as book:
        book.set_properties({"created": from_unix_micros(at).replace(tzinfo=None)})
        sheet, bold = book.add_worksheet(name[:31]), book.add_format({"bold": True})
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(rows, 1):
            if number > MOST_ROWS:
                raise InvalidState("table-too-long", most=MOST_ROWS)
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, 0, len(header) - 1)
    return written.getvalue()
