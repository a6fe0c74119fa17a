"""Results as judging states them: ids, never names."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from services.judging.application.finalizing import export
from services.judging.application.ports import ResultSet
from services.judging.application.recording import record
from services.judging.application.signing import signatory
from services.judging.domain.tables import HEADERS
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import NotFound
from shared.http.contract import CsvResponse, XlsxResponse, answers
from shared.identity import Principal, Role
from shared.season.csv_rows import write_csv
from shared.sheets.writing import XLSX, workbook
from shared.states import ResultStage

Table = Literal["advancement", "awards", "special-awards", "units", "credits", "eligibility"]


class ResultSetOut(BaseModel):
    """A stage's counts, the hash of its lines, and how many documents its awards will have."""

    stage: ResultStage
    revision: int
    at: int
    result_hash: str
    inputs_hash: str
    reason: str
    totals: dict[str, Any]
    recipients: dict[str, int]


router = APIRouter(prefix="/judging/v1/seasons/{season}/results/{stage}", tags=["results"])


async def stated_results(context: Context, season: str, stage: ResultStage, principal: SignedIn) -> ResultSet:
    principal.require(season, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE, Role.AUDITOR)
    await context.season(season)
    result_set = await context.results.find(season, stage)
    if result_set is None:
        raise NotFound("no-such-stage")
    return result_set


async def check_mode(context: Context, season: str, principal: Principal, **what: str) -> None:
    stored_season = await context.season(season)
    by = await signatory(stored_season, principal, context.store)
    await record("results-exported", stored_season, by, context.store, facts=what)


@router.get("", summary="The counts of a stage")
async def counts(context: ContextOf, season: str, stage: ResultStage, principal: SignedIn) -> ResultSetOut:
    result_set = await stated_results(context, season, stage, principal)
    return ResultSetOut(
        stage=stage,
        revision=result_set.revision,
        at=result_set.at,
        result_hash=result_set.result_hash,
        inputs_hash=result_set.inputs_hash,
        reason=result_set.reason,
        totals=dict(result_set.totals),
        recipients=dict(result_set.recipients),
    )


@router.get("/{table}.csv", summary="A table of a stage", response_class=CsvResponse)
async def table(context: ContextOf, season: str, stage: ResultStage, table: Table, principal: SignedIn) -> CsvResponse:
    rows = await context.results.table(season, await stated_results(context, season, stage, principal), table)
    await check_mode(context, season, principal, stage=stage, table=table)
    return CsvResponse(write_csv(HEADERS[table], rows))


@router.get(
    "/{table}.xlsx",
    summary="A table of a stage as a workbook",
    response_class=XlsxResponse,
    responses={200: answers(XLSX)},
)
async def table_as_workbook(
    context: ContextOf, season: str, stage: ResultStage, table: Table, principal: SignedIn
) -> XlsxResponse:
    """The same rows as in the CSV, every cell a text."""
    result_set = await stated_results(context, season, stage, principal)
    rows = await context.results.table(season, result_set, table)
    await check_mode(context, season, principal, stage=stage, table=table)
    return XlsxResponse(await asyncio.to_thread(workbook, HEADERS[table], rows, result_set.at, table))


@router.get("/export", summary="A stage with everything it was computed from")
async def exported(context: ContextOf, season: str, stage: ResultStage, principal: SignedIn) -> dict[str, Any]:
    """Ids only. `laurel results verify` computes it again and says whether it is identical."""
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    await check_mode(context, season, principal, stage=stage, table="")
    return await export(await context.season(season), stage, context.store)
