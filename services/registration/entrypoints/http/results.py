"""Results joined with names: what only registration may put together."""

from fastapi import APIRouter

from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import ContextOf, SignedIn
from shared.errors import NotFound, Unavailable
from shared.http.contract import CsvResponse
from shared.identity import Role
from shared.season.csv_rows import write_csv
from shared.states import ResultStage

INSTRUCTOR_COLUMNS = ("rank", "instructor", "name", "points", "basis", "best_tier", "best_entry", "position", "status")


router = APIRouter(prefix="/registration/v1/seasons/{season}/results/{stage}", tags=["results"])


@router.get(
    "/instructors.csv",
    summary="The list of instructors with names",
    response_class=CsvResponse,
)
async def instructors(context: ContextOf, season: str, stage: ResultStage, principal: SignedIn) -> CsvResponse:
    """The name is the one that the instructor's first awarded entry prints."""
    principal.require(season, Role.CITY_ORGANIZER)
    await season_of(season, context.store)
    state = await context.read.results.stage(season, stage)
    if state is None:
        raise NotFound("no-such-stage")
    if not state.complete:
        raise Unavailable("try-again")
    rows, people = [], []
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
    return CsvResponse(write_csv(INSTRUCTOR_COLUMNS, rows))
