"""Certificates that follow from no result: finalists, judges, appointments, plaques; by a list that an organizer answers for."""

from hashlib import sha256

from services.certificates.application.issuing import new_code, new_token
from services.certificates.application.ports import Store
from services.certificates.domain.documents import BY_LIST, Certificate, Version, facts_by_list
from services.certificates.domain.serials import serial
from shared.errors import NotFound
from shared.season.csv_rows import Rejection, Report, Row, Sheet, read_sheet
from shared.season.printing import LONGEST_NAME, LONGEST_TITLE, find_fault_in_row
from shared.season.rules import SeasonRules
from shared.season.text import Text

COLUMNS = ("kind", "name_zh", "name_en", "unit", "title_zh", "title_en", "body_zh", "body_en")
FILE = "grants.csv"
PRINTED = (
    ("name_zh", LONGEST_NAME),
    ("name_en", LONGEST_NAME),
    ("title_zh", LONGEST_TITLE),
    ("title_en", LONGEST_TITLE),
    ("body_zh", None),
    ("body_en", None),
)
"""Columns that stand on certificates, each with its longest text."""


async def grant_by_file(season: str, content: bytes, by: str, store: Store, *, dry_run: bool) -> Report:
    """A certificate a row; with `dry_run` only what would become of them. The same file again changes nothing.

    Numbers follow the order of the rows. Rows that are wrong fall, and the others get their certificates.

    Raises:
        NotFound: there is no such season.
        UnreadableSheet: the file as a whole cannot be read.
    """
    rules = await store.known.rules(season)
    if rules is None:
        raise NotFound("no-such-season")
    sheet = read_sheet(FILE, content, COLUMNS)
    units = await store.known.unit_names(season, {row["unit"] for row in sheet.rows})
    faults = {row.number: _fault(sheet, row, units) for row in sheet.rows}
    rejected = tuple(fault for fault in faults.values() if fault)
    right = [row for row in sheet.rows if not faults[row.number]]
    changed = 0 if dry_run else await _grant(rules, content, right, units, by, store)
    return Report(FILE, len(right), changed, rejected)


def _fault(sheet: Sheet, row: Row, units: dict[str, Text]) -> Rejection | None:
    column, code = find_fault_in_row(row, PRINTED) or ("", "")
    checks = (
        (not row.whole, "", "ROW_SHAPE"),
        (row["kind"] not in BY_LIST, "kind", "BAD_VALUE"),
        (not (row["name_zh"] or row["name_en"]), "name_zh", "REQUIRED"),
        (bool(row["unit"]) and row["unit"] not in units, "unit", "UNKNOWN_UNIT"),
        (not (row["title_zh"] or row["title_en"]), "title_zh", "REQUIRED"),
        (bool(code), column, code),
    )
    return next((sheet.reject(row, at, why) for failed, at, why in checks if failed), None)


async def _grant(
    rules: SeasonRules, content: bytes, rows: list[Row], units: dict[str, Text], by: str, store: Store
) -> int:
    now, batch = await store.clock.now(), sha256(content).hexdigest()[:16]
    wanted = {kind: sum(1 for row in rows if row["kind"] == kind) for kind in BY_LIST}
    following = await store.certificates.numbers(rules.id, batch, wanted)
    template = (await store.templates.chosen(rules.id, ("student",)))["student"]
    made: list[Certificate] = []
    for row in rows:
        kind = next(item for item in BY_LIST if item == row["kind"])
        number, following[kind] = following[kind], following[kind] + 1
        name = Text(zh=row["name_zh"], en=row["name_en"])
        body = Text(zh=row["body_zh"], en=row["body_en"]) if row["body_zh"] or row["body_en"] else None
        title = Text(zh=row["title_zh"], en=row["title_en"])
        facts = facts_by_list(rules, title, body, units.get(row["unit"]))
        version = Version(1, name, 1, now, "", facts, template, by)
        made.append(
            Certificate(
                id=f"{rules.id}/{kind}/{batch}/{row.number}",
                season=rules.id,
                kind=kind,
                award=f"list/{batch}",
                recipient="",
                serial=serial(rules, rules.rounds[-1].id, kind, number),
                token=new_token(),
                code=new_code(rules),
                entry="",
                unit=row["unit"],
                track="",
                division="",
                granted_at=now,
                time_zone=rules.time_zone,
                versions=(version,),
            )
        )
    return await store.certificates.issue(made)
