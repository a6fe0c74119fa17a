"""A programme folder on disk: its rules, its files, its later actions, and what follows from them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from laurel.errors import UserError
from laurel.season_folder import read_utf8
from services.certificates.main import settle_certificates
from services.registration.main import settle_registration
from shared.programme.consistency import unknown_in_seasons, unknown_units
from shared.programme.reading import ProgrammeRefused, load_programme
from shared.programme.records import COLUMNS, SESSION_COLUMNS, ProgrammeRecords, Table
from shared.programme.rules import ProgrammeRules
from shared.programme.seasons import SeasonFacts
from shared.season.csv_rows import Rejection, Sheet, write_csv
from shared.season.faults import Fault
from shared.season.plain_yaml import read_yaml
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment
from shared.sheets.reading import read_text_sheet

REJECTED_HEADER = ("file", "row", "column", "code")
SIGNS = ("-",)
"""A unit without a representative."""
NEED_RESULTS = frozenset({"attendance", "designations", "ceremony"})
"""Files whose rows can be checked only when the results of the seasons are known."""
ACTIONS = {"erasure": "student", "takedown": "item"}
"""The types of actions, with the key of what each is about."""


def read_programme(folder: Path) -> ProgrammeRules:
    """The rules of a programme folder.

    Raises:
        ProgrammeRefused: `programme.yaml` is refused, with every fault.
        UserError: it is missing or not UTF-8.
    """
    return load_programme(read_utf8(folder / "programme.yaml").decode())


def read_records(folder: Path, rules: ProgrammeRules, seasons: Mapping[str, SeasonFacts]) -> ProgrammeRecords:
    """Everything of a programme folder beside its rules and seasons.

    Raises:
        UserError: `actions.yaml` is no list of actions.
        UnreadableSheet: a file is no table.
    """
    files = {name: folder / f"{name}.csv" for name in COLUMNS}
    present = frozenset(name for name, file in files.items() if file.is_file())
    sheets = {
        name: read_text_sheet(file.name, file.read_bytes(), COLUMNS[name])
        if name in present
        else Sheet(file.name, (), ())
        for name, file in files.items()
    }
    actions = _actions(folder / "actions.yaml", rules)
    sessions = {
        name: read_text_sheet(file.name, file.read_bytes(), SESSION_COLUMNS)
        for name in seasons
        if (file := folder / "seasons" / name / "sessions.csv").is_file()
    }
    return ProgrammeRecords(rules, sheets, seasons, sessions, present, actions["erasure"], actions["takedown"])


def check_seasons_named(rules: ProgrammeRules, seasons: Mapping[str, SeasonRules]) -> None:
    """That the rounds and tiers which the programme names are those of its seasons.

    Raises:
        ProgrammeRefused: with every one that is not.
    """
    _refuse(unknown_in_seasons(rules, seasons))


def check_units_named(records: ProgrammeRecords) -> None:
    """That the units which the programme names stand in `units.csv`.

    Raises:
        ProgrammeRefused: with every one that does not.
    """
    _refuse(unknown_units(records.rules, (row["unit"] for row in records.sheets["units"].rows)))


def _refuse(faults: Iterable[Fault]) -> None:
    listed = list(faults)
    if listed:
        raise ProgrammeRefused(listed)


def settle(records: ProgrammeRecords) -> dict[str, Table]:
    """Every table of results that the programme's rules ask for, with `rejected`, by the name of its file."""
    registration = settle_registration(records)
    certificates = settle_certificates(
        records, registration.tree, registration.people, registration.check_ins, registration.may_be_named
    )
    fell: dict[str, list[Rejection]] = {**registration.settled.rejected, **certificates.rejected}
    rejected = [
        (each.file, str(each.row), each.column, each.code)
        for name in COLUMNS
        for each in records.sheets[name].every(fell.get(name, ()))
    ]
    return {**registration.settled.tables, **certificates.tables, "rejected": (REJECTED_HEADER, rejected)}


def write_tables(tables: Mapping[str, Table], out: Path) -> None:
    """Write each table as a file of the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, (header, rows) in tables.items():
        (out / f"{name}.csv").write_text(write_csv(header, rows, SIGNS), encoding="utf-8", newline="")


def _actions(file: Path, rules: ProgrammeRules) -> dict[str, dict[str, int]]:
    """By type of action: what it is about, and when; of several for the same thing the first."""
    results: dict[str, dict[str, int]] = {kind: {} for kind in ACTIONS}
    try:
        listed = read_yaml(file.read_text(encoding="utf-8")) or [] if file.is_file() else []
    except (ValueError, OSError) as error:
        raise UserError("actions-unreadable", file=str(file), reason=" ".join(str(error).split())) from error
    for action in listed if isinstance(listed, list) else [listed]:
        key = ACTIONS.get(action.get("type", "")) if isinstance(action, dict) else None
        moment = parse_moment(str(action.get("at", "")), rules.zone) if isinstance(action, dict) else None
        if key is None or moment is None or not action.get(key):
            raise UserError("actions-unreadable", file=str(file), reason="id, at, type, " + ", ".join(ACTIONS.values()))
        known = results[action["type"]]
        known[action[key]] = min(moment, known.get(action[key], moment))
    return results
