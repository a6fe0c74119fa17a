"""The records interface of judging: judges, ballots and decisions with the times they state."""

from typing import Any, Literal

from fastapi import APIRouter

from services.judging.application.ports import JudgedSeason
from services.judging.application.recording import record
from services.judging.application.sheets import apply_action, import_judges, import_previous, import_scores
from services.judging.application.signing import signatory
from services.judging.domain.support import unsupported_rules
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import InvalidState
from shared.http.contract import Csv, Stated
from shared.http.reports import FileReport, file_report
from shared.identity import Principal, Role
from shared.season.csv_rows import Report
from shared.sheets.reading import as_stated

router = APIRouter(prefix="/judging/v1/seasons/{season}/records", tags=["records"])


async def kept_in_records(context: Context, season: str, principal: Principal) -> JudgedSeason:
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    if stored_season.mode != "records":
        raise InvalidState("live-season")
    missing = unsupported_rules(stored_season.rules)
    if missing:
        raise InvalidState("rules-unsupported", features=", ".join(missing))
    return stored_season


async def note_records(
    context: Context, season: JudgedSeason, principal: Principal, report: Report, **where: str
) -> None:
    """What a file brought in is on record; the same file again brings nothing."""
    if report.changed:
        by = await signatory(season, principal, context.store)
        facts = {"file": report.file, "changed": report.changed, **where}
        await record("record-handed-in", season, by, context.store, facts=facts)


@router.put("/judges", summary="Hand in the judges")
async def hand_in_judges(
    context: ContextOf, season: str, content: Csv, principal: SignedIn, encoding: Stated = None
) -> FileReport:
    """Rows fall one by one, each with the code of the first check it failed. The same file again changes nothing."""
    stored_season = await kept_in_records(context, season, principal)
    content = await as_stated("judges.csv", content, encoding)
    report = await import_judges(stored_season, content, context.store)
    await note_records(context, stored_season, principal, report)
    return file_report(report)


@router.put("/previous", summary="Hand in last year's tiers")
async def hand_in_previous(context: ContextOf, season: str, content: Csv, principal: SignedIn) -> FileReport:
    """Rows fall one by one, each with the code of the first check it failed. The same file again changes nothing."""
    stored_season = await kept_in_records(context, season, principal)
    report = await import_previous(stored_season, content, context.store)
    await note_records(context, stored_season, principal, report)
    return file_report(report)


@router.put("/rounds/{round_id}/{kind}", summary="Hand in the scores of a round")
async def hand_in_scores(
    context: ContextOf,
    season: str,
    round_id: str,
    kind: Literal["ballots", "runs", "tests"],
    content: Csv,
    principal: SignedIn,
    encoding: Stated = None,
) -> FileReport:
    """The rows of this round in `ballots.csv`, `runs.csv` or `tests.csv`; rows of other rounds are left alone.

    Who takes part in a later round follows from the one before it, so hand in and close round after round.
    """
    stored_season = await kept_in_records(context, season, principal)
    content = await as_stated(f"{kind}.csv", content, encoding)
    report = await import_scores(stored_season, kind, round_id, content, context.store)
    await note_records(context, stored_season, principal, report, round=round_id)
    return file_report(report)


@router.put("/actions/{action}", summary="Hand in a dated decision that changes results")
async def act(
    context: ContextOf, season: str, action: str, content: dict[str, Any], principal: SignedIn
) -> dict[str, bool]:
    """`objection`, `appeal`, `revocation` or `judge_employer`, with the time it states. The same one again changes nothing."""
    stored_season = await kept_in_records(context, season, principal)
    new = await apply_action(stored_season, action, content, context.store)
    if new:
        by = await signatory(stored_season, principal, context.store)
        await record("record-handed-in", stored_season, by, context.store, facts={"action": action})
    return {"new": new}
