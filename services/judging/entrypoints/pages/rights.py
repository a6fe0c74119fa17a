"""What judging holds of oneself, as a copy: entries by number, objections and ballots of one's own; never who judged them."""

from fastapi import APIRouter, Response

from services.judging.entrypoints.context import ContextOf, InPerson
from services.judging.entrypoints.own_data import own_data
from shared.http.personal_data import as_file

router = APIRouter(prefix="/judging", include_in_schema=False)


@router.get("/me/data.json")
async def download(context: ContextOf, principal: InPerson) -> Response:
    """Everything that this service holds of the person who asks, of every season: for nobody's program."""
    return as_file("judging.json", await own_data(context, principal))
