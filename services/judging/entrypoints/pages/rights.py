"""What judging holds of a person: entries by number, and objections of their own; without names and without judges."""

from dataclasses import asdict

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from services.judging.entrypoints.context import Context, SignedIn


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/judging", include_in_schema=False)

    @routes.get("/me/data.json")
    async def own_data(principal: SignedIn) -> Response:
        """Everything that this service holds of the person who asks."""
        entries = await context.facts.of_person(principal.person) if principal.person else []
        filed = [asdict(one) for one in await context.objections.of_account(principal.account)]
        objections = [{name: value for name, value in one.items() if name != "decided_by"} for one in filed]
        headers = {"Content-Disposition": 'attachment; filename="judging.json"'}
        return JSONResponse({"entries": entries, "objections": objections}, headers=headers)

    return routes
