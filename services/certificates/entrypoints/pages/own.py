"""One's own certificates and what is held of oneself."""

from fastapi import APIRouter, Request, Response

from services.certificates.entrypoints.context import Context, SignedIn
from services.certificates.entrypoints.own_data import own_data
from shared.http.personal_data import as_file


def router(context: Context) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    pages, store = context.pages, context.certificates

    @routes.get("/certificates/mine")
    async def mine(request: Request, principal: SignedIn) -> Response:
        found = await store.of_recipient(principal.person) if principal.person else []
        return pages.render(request, "mine.html", {"certificates": found})

    @routes.get("/certificates/me/data.json")
    async def download(principal: SignedIn) -> Response:
        """Everything that this service holds of the person who asks."""
        return as_file("certificates.json", await own_data(context, principal))

    return routes
