"""Results joined with names: what only registration may put together."""

import asyncio

from fastapi import APIRouter

from services.registration.adapters.results import StageState
from services.registration.application.seasons import season_of
from services.registration.entrypoints.ceremony import COLUMNS, ceremony_of, rows_of
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import NotFound, Unavailable
from shared.http.contract import CsvResponse, XlsxResponse, answers
from shared.identity import Principal, Role
from shared.season.csv_rows import write_marked_csv
from shared.sheets.writing import XLSX, workbook
from shared.states import ResultStage

INSTRUCTOR_COLUMNS = ("rank", "instructor", "name", "points", "basis", "best_tier", "best_entry", "position", "status")
REVISION = "Laurel-Revision"
"""A header: which statement of the results an answer is of."""


router = APIRouter(prefix="/registration/v1/seasons/{season}/results/{stage}", tags=["results"])


@router.get(
    "/instructors.csv",
    summary="The list of instructors with names",
    response_class=CsvResponse,
)
async def instructors(context: ContextOf, season: str, stage: ResultStage, principal: SignedIn) -> CsvResponse:
    """The name is the one that the instructor's first awarded entry prints. The header `Laurel-Revision` says which revision
    of the results it is; a newer one takes a moment to arrive here.
    """
    rows, state = await instructor_rows(context, season, stage, principal)
    return CsvResponse(write_marked_csv(INSTRUCTOR_COLUMNS, rows), headers={REVISION: str(state.revision)})


@router.get(
    "/instructors.xlsx",
    summary="The list of instructors with names as a workbook",
    response_class=XlsxResponse,
    responses={200: answers(XLSX)},
)
async def instructors_as_workbook(
    context: ContextOf, season: str, stage: ResultStage, principal: SignedIn
) -> XlsxResponse:
    """The same rows as in the CSV, every cell a text."""
    rows, state = await instructor_rows(context, season, stage, principal)
    content = await asyncio.to_thread(workbook, INSTRUCTOR_COLUMNS, rows, state.at, "instructors")
    return XlsxResponse(content, headers={REVISION: str(state.revision)})


async def instructor_rows(
    context: Context, season: str, stage: ResultStage, principal: Principal
) -> tuple[list[list[str]], StageState]:
    """The rows, and the state of the stage that they are of."""
    principal.require(season, Role.CITY_ORGANIZER)
    await season_of(season, context.store)
    state = await context.read.results.stage(season, stage)
    if state is None:
        raise NotFound("no-such-stage")
    if not state.complete:
        raise Unavailable("try-again")
    rows: list[list[str]] = []
    people: list[str] = []
    for line in await context.read.results.instructor_awards(season, stage):
        stored = await context.read.entries.find(season, line.named_by)
        named = {instructor.id: instructor.name for instructor in stored.entry.instructors} if stored else {}
        people += list(stored.instructors) if stored else []
        rows.append(
            [
                str(line.rank),
                line.instructor,
                named.get(line.instructor, ""),
                line.points,
                line.basis,
                line.tier,
                line.entry,
                str(line.position or ""),
                line.status,
            ]
        )
    await context.rights.reads.note(season, principal.account, principal.login, "export", sorted(set(people)))
    return rows, state


ceremony = APIRouter(prefix="/registration/v1/seasons/{season}/ceremony", tags=["results"])


async def called_rows(context: Context, season: str, principal: Principal) -> list[list[str]]:
    principal.require(season, Role.CITY_ORGANIZER)
    return rows_of(await ceremony_of(context, await season_of(season, context.store), principal))


@ceremony.get("/awards.csv", summary="The awards for whoever calls them", response_class=CsvResponse)
async def called(context: ContextOf, season: str, principal: SignedIn) -> CsvResponse:
    """Final awards in the order of the ceremony, which is that of the certificates; who did not agree is not named."""
    return CsvResponse(write_marked_csv(COLUMNS, await called_rows(context, season, principal)))


@ceremony.get(
    "/awards.xlsx",
    summary="The awards for whoever calls them as a workbook",
    response_class=XlsxResponse,
    responses={200: answers(XLSX)},
)
async def called_as_workbook(context: ContextOf, season: str, principal: SignedIn) -> XlsxResponse:
    """The same rows as in the CSV, every cell a text."""
    rows = await called_rows(context, season, principal)
    at = (await season_of(season, context.store)).final_at or 0
    return XlsxResponse(await asyncio.to_thread(workbook, COLUMNS, rows, at, "awards"))
