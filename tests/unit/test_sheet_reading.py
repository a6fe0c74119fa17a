"""One reader for every upload: the same table in every form, and nothing lost that its author sees."""

import io
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import pytest
import xlsxwriter
from hypothesis import example, given
from hypothesis import strategies as st

from services.registration.adapters.sheets import Wording, read_table, wording
from shared.season.csv_rows import Sheet, UnreadableSheet
from shared.sheets.encodings import STATED, Encoding, decoded, in_utf8, readings
from shared.sheets.grid import Unreadable, place_of
from shared.sheets.opendocument import opendocument_grid
from shared.sheets.reading import as_stated, asked, check_certain, read_sheet, read_text_sheet, sheet_of
from shared.sheets.workbook import workbook_grid
from shared.web.translation import Catalog
from tests.support.examples import examples
from tests.support.refusals import refused
from tests.support.spreadsheets import as_csv, as_ods, as_xlsx, ods_cell

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "sheets"
COLUMNS = ("姓名", "学校", "作品")
SIGNS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严"
MOMENT = datetime(2025, 3, 4, 10, 30)  # noqa: DTZ001 - a spreadsheet knows no zones
CELL = st.text(SIGNS, min_size=2, max_size=8)
ROWS = st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8)
PUNCTUATED = st.text(st.sampled_from("的一是在不了有和人 ,;\t\"\n'=+-中大为"), max_size=6)


def cells(sheet: Sheet) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, tuple(row[column] for column in sheet.header)) for row in sheet.rows]


@pytest.fixture(scope="module")
def words() -> Wording:
    folders = [ROOT / "shared" / "web" / "locales", ROOT / "services" / "registration" / "entrypoints" / "locales"]
    return wording(Catalog(folders))


@examples(60)
@given(ROWS)
def test_the_same_table_is_read_from_every_form(rows: list[tuple[str, str, str]]) -> None:
    """Kind of fault: one upload takes what another refuses, or the same list reads differently once Excel has saved it."""
    table = [COLUMNS, *rows]
    wanted = cells(read_text_sheet("x", as_csv(table).encode(), COLUMNS))
    texts = [as_csv(table, separator) for separator in ",;\t"]
    encodings = ("utf-8", "utf-8-sig", "utf-16", "gb18030")

    assert [row for _, row in wanted] == rows
    for text in texts:
        for encoding in encodings:
            assert cells(read_text_sheet("x", text.encode(encoding), COLUMNS)) == wanted, encoding
    assert cells(sheet_of("x", workbook_grid(as_xlsx(table)), asked(COLUMNS))) == wanted
    rows_of_ods = ["".join(map(ods_cell, row)) for row in table]
    assert cells(sheet_of("x", opendocument_grid(as_ods(rows_of_ods)), asked(COLUMNS))) == wanted


@examples(60)
@given(st.lists(st.tuples(PUNCTUATED, PUNCTUATED, PUNCTUATED), max_size=5))
@example([("", "", ""), ("a", "", "")])
def test_a_workbook_reads_as_its_text_does_blank_rows_and_all(rows: list[tuple[str, str, str]]) -> None:
    """Kind of fault: row numbers of a workbook with blank rows are not those of the spreadsheet."""
    table = [COLUMNS, *rows]

    by_text = read_text_sheet("x", as_csv(table).encode(), COLUMNS)
    assert cells(sheet_of("x", workbook_grid(as_xlsx(table)), asked(COLUMNS))) == cells(by_text)


@examples(100)
@given(
    st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6), st.sampled_from(["big5", "euc_kr", "cp1252", "shift_jis"])
)
def test_no_other_encoding_passes_as_chinese(rows: list[tuple[str, str]], encoding: str) -> None:
    """Kind of fault: 陳家豪 comes in as 朝產花 and the sheet counts as right."""
    samples = {
        "euc_kr": "김철수박영희이민준",
        "cp1252": "Müller Åström Çelik Ñuñoa",
        "shift_jis": "テスト作品こんにちは",
    }
    text = "Track,Title\r\n" + "\r\n".join(f"{a},{b}" for a, b in rows)
    if encoding in samples:
        text = "Track,Title\r\n" + "".join(f"A,{samples[encoding]}\r\n" for _ in rows)
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        return
    with suppress(Unreadable):
        read = decoded(content)
        assert read == text, f"{encoding} was taken for {read!r}"


@pytest.mark.parametrize(
    ("file", "reason", "place"),
    [
        ("big5.csv", "NOT_UTF8", ""),
        ("big5b.csv", "NOT_UTF8", ""),
        ("cp1252b.csv", "NOT_UTF8", ""),
        ("html.xls", "WEB_PAGE", ""),
        ("pw.xlsx", "PASSWORD", ""),
        ("quote.csv", "NOT_CSV", "3"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_named(words: Wording, file: str, reason: str, place: str) -> None:
    with refused("file-unreadable", UnreadableSheet, reason=reason, place=place):
        await read_table(file, (DATA / file).read_bytes(), words, "")


async def test_old_workbooks_and_pages_are_named_as_what_they_are() -> None:
    for content, reason in (
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "OLD_XLS"),
        (b'\xef\xbb\xbf <?xml version="1.0"?><Workbook/>', "WEB_PAGE"),
        (b"MIME-Version: 1.0\r\n", "WEB_PAGE"),
        ("Track,Title\nA,b\n".encode("utf-16-le"), "NOT_UTF8"),
        (b"", "NO_HEADER"),
    ):
        with refused("file-unreadable", UnreadableSheet, reason=reason):
            await read_sheet("x", content, ("Track",))


@pytest.mark.parametrize("file", ["semi.csv", "utf16tab.txt", "fullhdr.csv"])
async def test_separators_widths_and_marked_encodings_are_read(words: Wording, file: str) -> None:
    sheet = await read_table(file, (DATA / file).read_bytes(), words, "")

    (row,) = sheet.rows
    assert (row.number, row["track"], row["title"], row["m1_birth"], row["consent"]) == (
        2,
        "B",
        "智能台灯",
        "2013-05",
        "yes",
    )
    assert row.whole


def test_a_title_above_the_header_moves_no_row_number() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 1, "报名表")
        sheet.write_row(2, 0, ["name", "title"])
        sheet.write_row(4, 0, ["甲", "灯"])

    read = sheet_of("x", workbook_grid(buffer.getvalue()), asked(("name", "title")))

    assert cells(read) == [(5, ("甲", "灯"))]
    assert read.fallen == ()


async def test_a_missing_column_is_called_by_its_heading(words: Wording) -> None:
    with refused("file-unreadable", UnreadableSheet, reason="COLUMN_MISSING", column="赛道 / Track"):
        await read_table("x.csv", "作品名称\n台灯\n".encode(), words, "")


@pytest.mark.parametrize(("file", "code"), [("err.xlsx", "ERROR_CELL"), ("formula.xlsx", "FORMULA_EMPTY")])
def test_a_cell_without_a_value_is_no_empty_cell(words: Wording, file: str, code: str) -> None:
    """Kind of fault: the second student and instructor are gone without a word."""
    sheet = sheet_of(file, workbook_grid((DATA / file).read_bytes()), words.columns)

    assert sheet.rows == ()
    assert [(fell.row, fell.column, fell.code) for fell in sheet.fallen] == [(2, "m2_name_zh", code)]


def test_a_hidden_first_sheet_is_named() -> None:
    with pytest.raises(Unreadable) as error:
        workbook_grid((DATA / "hiddenfirst.xlsx").read_bytes())
    assert (error.value.reason, error.value.place) == ("HIDDEN_SHEET", "填表说明")


def test_cells_of_every_kind_are_what_their_author_sees_or_their_row_falls() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day, three, percent = (book.add_format({"num_format": text}) for text in ('yyyy"年"m"月"', "000", "0%"))
        places = book.add_format({"num_format": "0.00"})
        sheet.write_row(0, 0, ["name", "m1_birth", "at_at", "exhibition", "note"])
        listed = [
            ("甲", "2014-02", "", "", ""),
            (date(2014, 2, 3), "", "", "", ""),
            ("乙", date(2014, 2, 3), MOMENT, True, date(2020, 1, 1)),
            (123456789012345678, "", "", "", ""),
            (True, "", "", "", ""),
            (4.1 + 0.1, "", "", "", ""),
            (7, "", "", "", ""),
            (0.95, "", "", "", ""),
            (2.345, "", "", "", ""),
            ("=1/0", "", "", "", ""),
        ]
        formats = {8: three, 9: percent, 10: places}
        for number, row in enumerate(listed, 2):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime | date):
                    sheet.write_datetime(number, place, cell, day)
                elif cell != "" and isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(number, place, cell, None, "#DIV/0!")
                elif cell != "":
                    sheet.write(number, place, cell, formats.get(number))
        sheet.write(12, 4, "a")
        sheet.merge_range(13, 0, 14, 0, "并")
        sheet.write(15, 0, "藏")
        sheet.set_row(15, None, None, {"hidden": True})
    columns = asked(("name",), ("m1_birth", "at_at", "exhibition"))

    read = sheet_of("x", workbook_grid(buffer.getvalue()), columns)

    assert [(row.number, row["name"]) for row in read.rows] == [
        (3, "甲"), (5, "乙"), (8, "4.2"), (9, "007"), (10, "95%"), (11, "2.35"), (13, ""),
    ]  # fmt: skip
    third = read.rows[1]
    assert (third["m1_birth"], third["at_at"], third["exhibition"]) == ("2014-02", "2025-03-04T10:30:00", "yes")
    assert [(fell.row, fell.column, fell.code) for fell in read.fallen] == [
        (4, "name", "DATE_CELL"),
        (6, "name", "LONG_NUMBER"),
        (7, "name", "TRUTH_CELL"),
        (12, "name", "ERROR_CELL"),
        (14, "name", "MERGED_CELL"),
        (15, "name", "MERGED_CELL"),
        (16, "name", "HIDDEN_ROW"),
    ]


def test_errors_and_shortened_numbers_in_a_text_fall_too_but_not_where_nobody_reads() -> None:
    content = "name,note\n#N/A,\n甲,#REF!\n1.23457E+17,\n# N/A,\n"

    read = read_text_sheet("x", content.encode(), ("name",))

    assert [row.number for row in read.rows] == [3, 5]
    assert [(fell.row, fell.code) for fell in read.fallen] == [(2, "ERROR_CELL"), (4, "LONG_NUMBER")]


@pytest.mark.parametrize(("hidden", "reason"), [("column", "HIDDEN_COLUMN"), ("header", "MERGED_HEADER")])
def test_hidden_columns_and_merged_headings_are_named(hidden: str, reason: str) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(1, 0, ["name", "title"])
        if hidden == "column":
            sheet.set_column(1, 1, None, None, {"hidden": True})
        else:
            sheet.merge_range(1, 1, 1, 3, "title")
    place = "B2:D2" if hidden == "header" else ""
    with refused("file-unreadable", UnreadableSheet, reason=reason, place=place):
        sheet_of("x", workbook_grid(buffer.getvalue()), asked(("name", "title")))


def test_cells_of_libreoffice_are_read_with_the_same_care() -> None:
    header = ods_cell("name") + ods_cell("m1_birth")
    value = 'office:value-type="{}" office:{}="{}"'
    listed = [
        header,
        ods_cell("甲") + ods_cell("Feb 14", value.format("date", "date-value", "2014-02-03")),
        ods_cell("#N/A", 'table:formula="of:=NA()" office:value-type="string"'),
        ods_cell("", 'table:formula="of:=A1"'),
        ods_cell("TRUE", value.format("boolean", "boolean-value", "true")),
        ods_cell("1.23E+017", value.format("float", "value", "123456789012345678")),
        ods_cell("007", value.format("float", "value", "7")),
        ods_cell("并", 'office:value-type="string" table:number-columns-spanned="2"') + "<table:covered-table-cell/>",
    ]

    read = sheet_of("x", opendocument_grid(as_ods(listed)), asked(("name",), ("m1_birth",)))

    assert [(row.number, row["name"], row["m1_birth"]) for row in read.rows] == [(2, "甲", "2014-02"), (7, "007", "")]
    codes = ["ERROR_CELL", "FORMULA_EMPTY", "TRUTH_CELL", "LONG_NUMBER", "MERGED_CELL"]
    assert [(fell.row, fell.code) for fell in read.fallen] == list(zip((3, 4, 5, 6, 8), codes, strict=True))


@pytest.mark.parametrize(("place", "name"), [((0, 0), "A1"), ((2, 25), "Z3"), ((9, 26), "AA10"), ((0, 701), "ZZ1")])
def test_a_cell_is_called_as_in_a_spreadsheet(place: tuple[int, int], name: str) -> None:
    assert place_of(*place) == name


@pytest.mark.programs
async def test_a_workbook_of_ten_thousand_rows_is_read_in_a_limited_child() -> None:
    rows = [(f"学生{number}", "一校", "台灯") for number in range(10_000)]

    sheet = await read_sheet("x.xlsx", as_xlsx([COLUMNS, *rows]), COLUMNS)

    assert [row for _, row in cells(sheet)] == rows
    for file, reason in (("hiddenfirst.xlsx", "HIDDEN_SHEET"), ("pw.xlsx", "PASSWORD")):
        with refused("file-unreadable", UnreadableSheet, reason=reason):
            await read_sheet(file, (DATA / file).read_bytes(), COLUMNS)


@pytest.mark.programs
async def test_a_long_text_is_read_in_a_limited_child_and_refused_as_a_short_one() -> None:
    rows = [(f"学生{number}", "一校", "台灯" * 50) for number in range(4_000)]

    sheet = await read_sheet("x.csv", as_csv([COLUMNS, *rows], ";").encode("gb18030"), COLUMNS)

    assert [row for _, row in cells(sheet)] == rows
    with refused("file-unreadable", UnreadableSheet, reason="NOT_CSV", place="2"):
        await read_sheet("x.csv", b'name\n"' + b"a" * 2_000_000, ("name",))


@pytest.mark.parametrize(
    ("file", "encoding", "words_in"),
    [("big5b.csv", "big5", ("陳家豪", "林雅婷")), ("cp1252b.csv", "windows-1252", ("Müller",))],
)
async def test_whoever_states_the_encoding_sees_the_words_by_which_to_choose(
    words: Wording, file: str, encoding: str, words_in: tuple[str, ...]
) -> None:
    """Kind of fault: a file that is refused for its encoding leaves a teacher with nothing to do on the page."""
    content = (DATA / file).read_bytes()

    offered = {reading.encoding: reading.words for reading in readings(content)}
    assert set(words_in) <= set(offered[encoding])
    sheet = await read_table(file, await as_stated(file, content, encoding), words, "")
    cells_read = " ".join(cell for row in sheet.rows for cell in row.cells.values())
    assert all(word in cells_read for word in words_in)


@examples(60)
@given(st.text(SIGNS + "陳豪婷Müłßя テ김", max_size=40), st.sampled_from(list(STATED)))
def test_what_is_stated_is_what_is_read_and_what_is_certain_needs_no_statement(text: str, encoding: str) -> None:
    codec = STATED[encoding][0]
    text += ","
    content = text.encode(codec, "ignore")
    meant = content.decode(codec)

    if readings(content):
        assert in_utf8(content, encoding).decode() == meant
        others = {reading.encoding for reading in readings(content)}
        assert encoding in others or in_utf8(content, encoding) in {in_utf8(content, other) for other in others}
    else:
        assert in_utf8(content, encoding) == content
    for certain in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        assert in_utf8(certain, encoding) == certain
        assert readings(certain) == ()


async def test_a_text_that_is_not_in_the_stated_encoding_is_refused() -> None:
    with refused("file-unreadable", UnreadableSheet, reason="WRONG_ENCODING"):
        await as_stated("x.csv", b"\xff\xfd", "big5")
    assert await as_stated("x.xlsx", as_xlsx([COLUMNS]), "big5") == as_xlsx([COLUMNS])
    assert set(STATED) == set(get_args(Encoding))


async def test_only_an_uncertain_encoding_is_asked_about_before_reading() -> None:
    await check_certain("x", as_xlsx([COLUMNS]), ())
    await check_certain("x", b"\xd0\xcf\x11\xe0", ())
    with refused("file-unreadable", UnreadableSheet, reason="NOT_UTF8"):
        await check_certain("x", "陳家豪".encode("big5"), ())
