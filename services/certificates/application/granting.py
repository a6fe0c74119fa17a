"""Certificates that follow from no result: finalists, judges, appointments, plaques; by a list that an organizer answers for."""

from collections.abc import Mapping
from hashlib import sha256

from services.certificates.application.ports import Store
from services.certificates.domain.documents import BY_LIST, Certificate, Version, facts_by_list
from services.certificates.domain.serials import rules_of, serial
from shared.errors import NotFound
from shared.names import clean_name
from shared.season.csv_rows import Rejection, Report, Row, Sheet
from shared.season.printing import NAME, TEXT, TITLE, find_fault_in_row
from shared.season.rules import SeasonRules
from shared.season.text import Text
from shared.sheets.reading import read_sheet

COLUMNS = ("kind", "name_zh", "name_en", "unit", "title_zh", "title_en", "body_zh", "body_en")
FILE = "grants.csv"
PRINTED = (
    ("name_zh", NAME),
    ("name_en", NAME),
    ("title_zh", TITLE),
    ("title_en", TITLE),
    ("body_zh", TEXT),
    ("body_en", TEXT),
)
"""Columns that stand on certificates, each with what may be written in it."""


async def grant_by_file(season: str, content: bytes, by: str, store: Store, *, dry_run: bool) -> Report:
    """A certificate a row; with `dry_run` only what would become of them.

    What a row says is its key, so the same list saved by another program, or with a row more, issues nothing twice: rows
    that have their certificate already are flagged. Numbers follow the order of the rows. Rows that are wrong fall, and
    the others get their certificates.

    Raises:
        NotFound: there is no such season.
        UnreadableSheet: the file as a whole cannot be read.
    """
    rules = await store.known.rules(season)
    if rules is None:
        raise NotFound("no-such-season")
    sheet = await read_sheet(FILE, content, COLUMNS, season)
    units = await store.known.unit_names(season, {row["unit"] for row in sheet.rows})
    right: dict[str, Row] = {}
    rejected: list[Rejection] = []
    for row in sheet.rows:
        fault = _fault(sheet, row, units) or (sheet.reject(row, "kind", "SAME_ROW") if _key(row) in right else None)
        if fault:
            rejected.append(fault)
        else:
            right[_key(row)] = row
    present = {_key_of(certificate) async for certificate in store.certificates.by_lists(season)} if right else set()
    new = {key: row for key, row in right.items() if key not in present}
    flagged = tuple(sheet.reject(row, "name_zh", "HAS_ONE") for key, row in right.items() if key in present)
    changed = 0 if dry_run else await _grant(rules, new, units, by, store)
    return Report(FILE, len(right), changed, sheet.every(rejected), flagged)


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


def _key(row: Row) -> str:
    """What tells a row from every other: kind, name, unit and title, each in the language that comes first."""
    return _digest(row["kind"], row["name_zh"] or row["name_en"], row["unit"], row["title_zh"] or row["title_en"])


def _key_of(certificate: Certificate) -> str:
    """The key of the row by which it was issued."""
    first = certificate.versions[0]
    title = first.facts.award_title
    return _digest(certificate.kind, first.name.zh or first.name.en, certificate.unit, title.zh or title.en)


def _digest(*parts: str) -> str:
    return sha256("\x1e".join(map(clean_name, parts)).encode()).hexdigest()[:32]


async def _grant(rules: SeasonRules, rows: Mapping[str, Row], units: dict[str, Text], by: str, store: Store) -> int:
    now, batch = await store.clock.now(), _digest(*rows)[:16]
    wanted = {kind: sum(1 for row in rows.values() if row["kind"] == kind) for kind in BY_LIST}
    following = await store.certificates.numbers(rules.id, batch, wanted)
    templates = await store.templates.chosen(rules.id, BY_LIST)
    made: list[Certificate] = []
    for key, row in rows.items():
        kind = next(item for item in BY_LIST if item == row["kind"])
        number, following[kind] = following[kind], following[kind] + 1
        name = Text(zh=row["name_zh"], en=row["name_en"])
        body = Text(zh=row["body_zh"], en=row["body_en"]) if row["body_zh"] or row["body_en"] else None
        title = Text(zh=row["title_zh"], en=row["title_en"])
        facts = facts_by_list(rules, title, body, units.get(row["unit"]))
        version = Version(1, name, 1, now, "", facts, templates[kind], by)
        certificate = f"{rules.id}/{kind}/list/{key}"
        made.append(
            Certificate(
                id=certificate,
                season=rules.id,
                kind=kind,
                award=f"list/{batch}",
                recipient="",
                serial=serial(rules, rules.rounds[-1].id, kind, number),
                token=store.codes.token(certificate),
                code=store.codes.code(certificate, rules_of(rules).code_chars),
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
