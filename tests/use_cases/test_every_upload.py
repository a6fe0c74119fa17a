"""Every upload of a table reads the same: docs/evidence/uploads.md is what this prints."""

import io
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from services.certificates.application.amending import COLUMNS as DECIDED
from services.certificates.application.amending import decide_by_file
from services.certificates.application.granting import COLUMNS as GRANTED
from services.certificates.application.granting import grant_by_file
from services.judging.application.entered import enter
from services.judging.application.sheets import import_judges, import_scores
from services.judging.domain.sheets import COLUMNS as SCORED
from services.judging.domain.sheets import JUDGE_COLUMNS
from services.registration.adapters.judge_sheets import read_judges
from services.registration.adapters.sheets import read_table, wording
from services.registration.application.classes import ClassRun
from services.registration.application.imports import IMPORTS
from services.registration.application.judges import record_sheet
from services.registration.application.seasons import open_season
from services.registration.domain import entry_sheet, media, recommending, units
from shared import limited
from shared.identity import Principal
from shared.season.csv_rows import Rejection, UnreadableSheet
from shared.season.reading import load_season
from shared.web.translation import Catalog
from tests.conftest import LOUDI
from tests.support.fakes.judged_season import judged, who
from tests.support.fakes.registration import Registration
from tests.support.registered import UNITS, registered
from tests.support.rules import two_rounds
from tests.support.spreadsheets import as_csv, as_ods, as_xlsx, ods_cell
from tests.use_cases.certificates.test_issuing import S, issued, known, of
from tests.use_cases.registration.test_files import ROW

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence" / "uploads.md"
Taken = tuple[int, Sequence[Rejection]]
Row = Mapping[str, str]
MANY = 10_000


@dataclass(frozen=True, slots=True)
class Upload:
    """A way in: its columns, a row that is right, the column in which the faults are, and what takes the file in."""

    columns: Sequence[str]
    row: Row
    text: str
    take: Callable[[bytes], Awaitable[Taken]]


def _of_records(kind: str) -> Callable[[bytes], Awaitable[Taken]]:
    async def take(content: bytes) -> Taken:
        season = await registered(mode="records")
        report = await IMPORTS[kind](await season.season(), content, season.store)
        return report.accepted, report.rejected

    return take


def _of_activities(kind: str) -> Callable[[bytes], Awaitable[Taken]]:
    """Into the season of units, which has its units and entries."""

    async def take(content: bytes) -> Taken:
        there, rules = Registration(), load_season((LOUDI / "season.yaml").read_text(encoding="utf-8"))
        season = await open_season(rules, "records", 1, there.store)
        for before in ("units", "entries"):
            await IMPORTS[before](season, (LOUDI / f"{before}.csv").read_bytes(), there.store)
        report = await IMPORTS[kind](season, content, there.store)
        return report.accepted, report.rejected

    return take


async def _class(content: bytes) -> Taken:
    folders = [ROOT / "shared" / "web" / "locales", ROOT / "services" / "registration" / "entrypoints" / "locales"]
    season = await registered()
    table = await read_table("class", content, wording(Catalog(folders)), season.id)
    run = ClassRun(await season.season(), table, {unit.unit: unit for unit in UNITS}, "P01", "teacher", season.store)
    for rows in run.chunks:
        await run.chunk(rows, apply=True)
    return run.tally.entered, run.tally.rejected


async def _judges_by_name(content: bytes) -> Taken:
    folders = [ROOT / "shared" / "web" / "locales", ROOT / "services" / "registration" / "entrypoints" / "locales"]
    season = await registered()
    sheet = await read_judges(content, Catalog(folders), season.id)
    host = Principal("host", "s", "host", "", (), 0, 0)
    report = await record_sheet(await season.season(), sheet, host, season.store, season.judges, season.audit)
    return report.accepted, report.rejected


async def _judges(content: bytes) -> Taken:
    season = await judged(mode="records")
    report = await import_judges(await season.season(), content, season.store)
    return report.accepted, report.rejected


def _scores(kind: Any) -> Callable[[bytes], Awaitable[Taken]]:
    async def take(content: bytes) -> Taken:
        season = await judged(mode="records")
        report = await import_scores(await season.season(), kind, "heats", content, season.store)
        return report.accepted, report.rejected

    return take


def _entered(kind: Any) -> Callable[[bytes], Awaitable[Taken]]:
    async def take(content: bytes) -> Taken:
        season = await judged(two_rounds())
        entered, rejected = await enter(
            await season.season(), "heats", kind, content, who("anna"), season.store, season.sheets
        )
        return len(entered.rows), rejected

    return take


async def _grants(content: bytes) -> Taken:
    report = await grant_by_file(S, content, "org", (await known()).store, dry_run=False)
    return report.changed, report.rejected


async def _decisions(content: bytes) -> Taken:
    issuing = await issued()
    content = content.replace(b"SERIAL", (await of(issuing)).serial.encode())
    report = await decide_by_file(S, content, "org", issuing.store, dry_run=False)
    return report.changed, report.rejected


HEATS = {"round": "heats"}
UPLOADS = {
    "class sheet": Upload(
        ("赛道", "作品名称", "第一队员姓名", "第一队员出生年月", "第一队员年级", "第一指导教师", "纸质同意书"),
        dict(zip(("赛道", "作品名称", "第一队员姓名", "第一队员出生年月", "第一队员年级", "第一指导教师", "纸质同意书"),
                 ("A", "潮汐观察员", "安娜", "2014年1月", "五年级", "王老师", "是"), strict=True)),
        "作品名称",
        _class,
    ),
    "list of judges": Upload(
        ("姓名", "联系方式", "可评赛道", "语言", "任职单位", "须回避"),
        dict(zip(("姓名", "联系方式", "可评赛道", "语言", "任职单位", "须回避"),
                 ("陈评委", "工作电话", "A", "中文", "一校", "二校"), strict=True)),
        "姓名", _judges_by_name,
    ),
    "units.csv": Upload(
        units.COLUMNS, {"unit": "CITY", "level": "city", "name_zh": "东方城市"},
        "name_zh", _of_records("units"),
    ),
    "entries.csv": Upload(entry_sheet.COLUMNS, ROW, "title", _of_records("entries")),
    "summaries.csv": Upload(
        ("unit", "submitted_at", "timeliness", "completeness"),
        {"unit": "P01", "submitted_at": "2025-04-10T09:00:00", "timeliness": "40", "completeness": "60"},
        "unit", _of_records("summaries"),
    ),
    "media.csv": Upload(
        (*media.REQUIRED, *media.OPTIONAL),
        {"media": "M1", "entry": "A01", "kind": "picture", "people": "no", "uploaded_at": "2018-09-16T12:00:00",
         "file": "我们学校的老师和学生在广场上参加科学活动的照片.jpg", "bytes": "5000"},
        "file", _of_activities("media"),
    ),
    "recommendations.csv": Upload(
        (*recommending.REQUIRED, *recommending.OPTIONAL),
        {"record": "R1", "entry": "A01", "level": "county", "unit": "K1", "action": "forward", "rank": "1",
         "opinion_zh": "学校的材料齐全，老师和学生参加了活动，同意推荐", "at": "2018-09-26T09:00:00"},
        "opinion_zh", _of_activities("recommendations"),
    ),
    "judges.csv": Upload(
        JUDGE_COLUMNS,
        {"judge": "J7", "name_zh": "测试评委", "employer": "东方大学", "tracks": "A;B", "conflicts": "P01", "role": "scoring"},
        "employer", _judges,
    ),
    "ballots.csv": Upload(
        SCORED["ballots"],
        {**HEATS, "component": "work", "entry": "E1", "judge": "J1", "status": "submitted",
         "submitted_at": "2025-04-08T10:00:00", "c1": "40", "c2": "40", "c3": "10"},
        "judge", _scores("ballots"),
    ),
    "runs.csv": Upload(
        SCORED["runs"], {**HEATS, "component": "flights", "entry": "E6", "run": "1", "points": "60", "time_s": "30"},
        "entry", _scores("runs"),
    ),
    "tests.csv": Upload(
        SCORED["tests"], {**HEATS, "component": "quiz", "entry": "E5", "score": "40"}, "entry", _scores("tests"),
    ),
    "runs of a live season": Upload(
        SCORED["runs"], {**HEATS, "component": "flights", "entry": "E6", "run": "1", "points": "60", "time_s": "30"},
        "entry", _entered("runs"),
    ),
    "tests of a live season": Upload(
        SCORED["tests"], {**HEATS, "component": "quiz", "entry": "E5", "score": "40"}, "entry", _entered("tests"),
    ),
    "certificates by list": Upload(
        GRANTED, {"kind": "judge", "name_zh": "测试评委", "unit": "P01", "title_zh": "优秀评委"}, "title_zh", _grants,
    ),
    "decisions by file": Upload(
        DECIDED, {"serial": "SERIAL", "action": "revoke", "reason": "成绩复核后撤销"}, "reason", _decisions,
    ),
}  # fmt: skip


def _table(upload: Upload, times: int = 1) -> list[list[str]]:
    return [list(upload.columns), *([upload.row.get(column, "") for column in upload.columns] for _ in range(times))]


def _workbook(upload: Upload, fault: str) -> bytes:
    """The row with a fault in its cell of text, or hidden."""
    buffer = io.BytesIO()
    place = list(upload.columns).index(upload.text)
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(_table(upload)):
            sheet.write_row(number, 0, cells)
        if fault == "date":
            sheet.write_datetime(1, place, date(2025, 3, 4), book.add_format({"num_format": "yyyy-mm-dd"}))
        elif fault == "formula":
            sheet.write_formula(1, place, "=A9", None, "")
        elif fault == "number":
            sheet.write_number(1, place, 123456789012345678)
        elif fault == "merged":
            sheet.merge_range(1, place, 2, place, upload.row[upload.text])
        elif fault == "hidden":
            sheet.set_row(1, None, None, {"hidden": True})
    return buffer.getvalue()


def _text(encoding: str, separator: str = ",") -> Callable[[Upload], bytes]:
    return lambda upload: as_csv(_table(upload), separator).encode(encoding)


def _faulty(upload: Upload) -> bytes:
    header, cells = _table(upload)
    cells[list(upload.columns).index(upload.text)] = "#N/A"
    return as_xlsx_with_errors([header, cells])


def as_xlsx_with_errors(table: Sequence[Sequence[str]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(table):
            for place, cell in enumerate(cells):
                if cell == "#N/A":
                    sheet.write_formula(number, place, "=NA()", None, cell)
                else:
                    sheet.write_string(number, place, cell)
    return buffer.getvalue()


FORMS: dict[str, Callable[[Upload], bytes]] = {
    "UTF-8": _text("utf-8"),
    "BOM": _text("utf-8-sig"),
    "GB18030": _text("gb18030"),
    "UTF-16": _text("utf-16"),
    "semicolon": _text("utf-8", ";"),
    "tab": _text("utf-16", "\t"),
    "XLSX": lambda upload: as_xlsx(_table(upload)),
    "ODS": lambda upload: as_ods(["".join(map(ods_cell, cells)) for cells in _table(upload)]),
    "error cell": _faulty,
    "date cell": lambda upload: _workbook(upload, "date"),
    "long number": lambda upload: _workbook(upload, "number"),
    "merged": lambda upload: _workbook(upload, "merged"),
    "hidden row": lambda upload: _workbook(upload, "hidden"),
    "10,000 rows": lambda upload: as_csv(_table(upload, MANY)).encode(),
    "Big5": lambda upload: as_csv([upload.columns, ["陳家豪", "林雅婷"] * len(upload.columns)]).encode(
        "big5", "ignore"
    ),
    "old .xls": lambda _: b"\xd0\xcf\x11\xe0" + bytes(512),
}
READ = ("UTF-8", "BOM", "GB18030", "UTF-16", "semicolon", "tab", "XLSX", "ODS")
CODES = {
    "error cell": "ERROR_CELL",
    "date cell": "DATE_CELL",
    "long number": "LONG_NUMBER",
    "merged": "MERGED_CELL",
    "hidden row": "HIDDEN_ROW",
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbooks are read here; that they are read in a child, `tests/unit/test_sheet_reading.py` says."""

    async def run(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr(limited, "run", run)


async def said(upload: Upload, form: str) -> str:
    """What becomes of the file, in one line."""
    content = FORMS[form](upload)
    if "SERIAL" in upload.row.values() and content[:2] in (b"PK", b"\xff\xfe"):
        serial = (await of(await issued())).serial
        content = FORMS[form](Upload(upload.columns, {**upload.row, "serial": serial}, upload.text, upload.take))
    try:
        accepted, rejected = await upload.take(content)
    except UnreadableSheet as error:
        return f"refused: {error.values['reason']}"
    if not rejected:
        return f"{accepted} taken in"
    first = rejected[0]
    column = upload.columns[0] if first.code == "HIDDEN_ROW" else first.column
    return f"{accepted} taken in, row {first.row} falls: {first.code} at {column or upload.columns[0]}"


async def test_every_upload_reads_the_same() -> None:
    """Kind of fault: a list goes in at one place and not at another; a cell is lost at one and falls at another."""
    lines = [
        "# What each upload says",
        "",
        "Made by `tests/use_cases/test_every_upload.py`; `LAUREL_EVIDENCE=1` writes it anew.",
        "",
    ]
    lines += [f"| | {' | '.join(FORMS)} |", f"|{'---|' * (len(FORMS) + 1)}"]
    for name, upload in UPLOADS.items():
        results = {form: await said(upload, form) for form in FORMS}
        lines.append(f"| {name} | {' | '.join(results.values())} |")
        assert {results[form] for form in READ} == {"1 taken in"}, (name, results)
        for form, code in CODES.items():
            assert results[form].startswith(f"0 taken in, row 2 falls: {code} at "), (name, form, results[form])
        assert results["10,000 rows"].startswith("1 taken in, row 3 falls: "), (name, results)
        assert results["Big5"] == "refused: NOT_UTF8", (name, results)
        assert results["old .xls"] == "refused: OLD_XLS"
    text = "\n".join(lines) + "\n"
    if os.environ.get("LAUREL_EVIDENCE"):
        EVIDENCE.write_text(text, encoding="utf-8")
    assert EVIDENCE.read_text(encoding="utf-8") == text
