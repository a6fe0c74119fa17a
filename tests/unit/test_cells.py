"""What is written for a spreadsheet is shown, not computed, and is read back as it was."""

import csv
import io
import unicodedata
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shared.season.csv_rows import as_meant, harmless, is_formula, write_csv
from shared.sheets import writing
from shared.sheets.reading import read_text_sheet
from shared.sheets.writing import workbook
from tests.support.refusals import refused

SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−"
BEFORE = ["", " ", "\t", "\r", "\n", "\r\n", "\ufeff", "\u00a0", "\u200b", "\u3000", "\0", "'", '"', "\u2060", "’"]
CELLS = st.text() | st.builds(
    lambda before, sign, rest: "".join(before) + sign + rest,
    st.lists(st.sampled_from(BEFORE), max_size=4),
    st.sampled_from(SIGNS),
    st.text(),
)
WRITABLE = CELLS.filter(
    lambda cell: ("\0" not in cell and cell.isprintable()) or all(ord(item) < 0xD800 for item in cell)
)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", BEFORE)
def test_a_spreadsheet_computes_nothing(before: str, sign: str) -> None:
    cell = f"{before}{sign}cmd|' /C calc'!A0"
    assert is_formula(cell)
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "-1.5", "a=b", "作品 +1", "2024-01", "'quoted'", "   ", "（=）"])
def test_ordinary_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell


@given(CELLS)
def test_what_was_marked_is_read_as_it_was(cell: str) -> None:
    assert as_meant(harmless(cell)) == cell
    assert not is_formula(harmless(cell)) or harmless(cell).startswith("'")


@given(st.lists(st.tuples(CELLS, CELLS).filter(lambda row: "\0" not in "".join(row)), max_size=5))
def test_a_file_is_read_back_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    surrogates = [item for row in rows for item in "".join(row) if unicodedata.category(item) == "Cs"]
    if surrogates:
        return
    text = write_csv(("a", "b"), rows)

    cells = [[as_meant(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    assert cells == [["a", "b"], *map(list, rows)]
    sheet = read_text_sheet("x.csv", text.encode(), ("a", "b"))
    trimmed = [(a.strip(), b.strip()) for a, b in rows]
    assert [(row["a"], row["b"]) for row in sheet.rows] == [row for row in trimmed if any(row)]
    assert not any(
        is_formula(cell) for row in csv.reader(io.StringIO(text, newline="")) for cell in row if cell[:1] != "'"
    )


def test_a_workbook_holds_texts_alone() -> None:
    cells = [f"{before}{sign}1+1" for before in BEFORE if before != "\0" for sign in "=+-@＝"]
    cells += ["http://example.org", "{=A1}", "007", "1e5"]
    written = workbook(("x",), [(cell,) for cell in cells], 0)

    read = CalamineWorkbook.from_filelike(io.BytesIO(written)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in read[1:]] == cells
    with ZipFile(io.BytesIO(written)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_a_table_that_no_workbook_holds_is_refused_and_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_ROWS", 2)
    assert workbook(("x",), [("1",), ("2",)], 0)
    with refused("table-too-long", most=2):
        workbook(("x",), [("1",), ("2",), ("3",)], 0)
