"""Taking in judges, ballots and decisions of a season kept in records."""

from collections.abc import Mapping
from typing import Any

from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.sheets import BALLOT_COLUMNS, JUDGE_COLUMNS, check_ballots, check_judges
from shared.errors import Invalid, NotFound, Refused
from shared.season.records import Report, parse_moment, read_sheet


async def import_judges(season: JudgedSeason, content: bytes, store: Store) -> Report:
    """Take in `judges.csv`. The same file again changes nothing."""
    found, rejected = check_judges(read_sheet("judges.csv", content, JUDGE_COLUMNS), season.rules)
    changed = await store.facts.save_judges(season.id, found)
    return Report("judges.csv", len(found), changed, tuple(rejected))


async def import_ballots(season: JudgedSeason, content: bytes, store: Store) -> Report:
    """Take in `ballots.csv`. The same file again changes nothing.

    Raises:
        Refused: the round is closed and the file holds something new.
    """
    sheet = read_sheet("ballots.csv", content, BALLOT_COLUMNS)
    found, rejected = check_ballots(
        sheet,
        season.rules,
        await store.facts.units(season.id),
        await store.facts.entries(season.id),
        await store.facts.judges(season.id),
    )
    if season.stage == "open":
        changed = await store.ballots.save_records(season.id, found)
    elif set(found) <= set(await store.ballots.of(season.id)):
        changed = 0
    else:
        raise Refused("round-closed")
    return Report("ballots.csv", len(found), changed, tuple(rejected))


async def import_nothing(kind: str, content: bytes) -> Report:
    """Take in a file that must have no rows yet.

    Raises:
        Refused: it has rows.
    """
    sheet = read_sheet(f"{kind}.csv", content, ("round", "component", "entry"))
    if sheet.rows:
        raise Refused("rules-unsupported", features=f"{kind}.csv")
    return Report(f"{kind}.csv", 0, 0, ())


async def apply_action(season: JudgedSeason, action_id: str, action: Mapping[str, Any], store: Store) -> bool:
    """Keep a dated decision that changes results. The same one again changes nothing; False then.

    Raises:
        Invalid: a field is missing or not understood.
        NotFound: there is no such entry.
        Refused: results are final, or the kind of decision is not computed yet.
    """
    if action.get("type") != "objection":
        raise Refused("action-unsupported", type=str(action.get("type")))
    at = parse_moment(str(action.get("at", "")), season.rules.zone)
    if at is None:
        raise Invalid("action-field", field="at")
    if action.get("outcome") not in ("upheld", "dismissed"):
        raise Invalid("action-field", field="outcome")
    if action.get("round") != season.rules.rounds[0].id:
        raise Invalid("action-field", field="round")
    entry = await store.facts.entry(season.id, str(action.get("entry", "")))
    if entry is None or not entry.in_first_round:
        raise NotFound("no-such-entry")
    values = {
        "type": "objection",
        "at": at,
        "entry": entry.entry,
        "round": action["round"],
        "upheld": action["outcome"] == "upheld",
        "reason": str(action.get("reason", "")),
    }
    if season.stage in ("announcing", "finalizing", "final"):
        known = await store.facts.objections(season.id)
        if not any((one.at, one.entry) == (at, entry.entry) for one in known):
            raise Refused("results-final")
        return False
    return await store.facts.save_action(season.id, action_id, values)
