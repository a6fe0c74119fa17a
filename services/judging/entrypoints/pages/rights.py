"""What judging holds of oneself, as a copy: entries by number, objections and ballots of one's own; never who judged them."""

from fastapi import APIRouter, Response

from services.judging.entrypoints.context import Context, SignedIn
from services.judging.entrypoints.own_data import own_data
from shared.http.personal_data import as_file


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/judging", include_in_schema=False)

    @routes.get("/me/data.json")
    async def download(principal: SignedIn) -> Response:
        """Everything that this service holds of the person who asks."""
        return as_file("judging.json", await own_data(context, principal))

    return routes
