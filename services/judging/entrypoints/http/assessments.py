"""Self-assessments beside the judges' scores, for the committee."""

from fastapi import APIRouter

from services.judging.application.comparing import compare
from services.judging.domain.self_assessment import HEADER
from services.judging.entrypoints.context import ContextOf, SignedIn
from shared.http.contract import CsvResponse
from shared.identity import Role
from shared.season.csv_rows import write_csv

router = APIRouter(prefix="/judging/v1/seasons/{season}", tags=["self-assessment"])


@router.get(
    "/assessment.csv",
    summary="Self-assessments beside the judges' scores",
    response_class=CsvResponse,
)
async def comparison_of(context: ContextOf, season: str, principal: SignedIn) -> CsvResponse:
    """What entries gave themselves, what counts of it, what the judges gave, the difference, the tier, and last year's."""
    principal.require(season, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE, Role.AUDITOR)
    compared = await compare(await context.season(season), context.store)
    return CsvResponse(write_csv(HEADER, [line.row for line in compared]))
