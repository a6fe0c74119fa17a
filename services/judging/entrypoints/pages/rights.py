"""What judging holds of a person: entries by number, without names and without judges."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from services.judging.entrypoints.context import Context, SignedIn


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/judging", include_in_schema=False)

    @routes.get("/me/data.json")
    async def own_data(principal: SignedIn) -> Response:
        """Everything that this service holds of the person who asks."""
        entries = await context.facts.of_person(principal.person) if principal.person else []
        headers = {"Content-Disposition": 'attachment; filename="judging.json"'}
        return JSONResponse({"entries": entries}, headers=headers)

    return routes
