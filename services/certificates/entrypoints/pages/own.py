"""One's own certificates and what is held of oneself."""

from fastapi import APIRouter, Request, Response

from services.certificates.entrypoints.context import ContextOf, SignedIn
from services.certificates.entrypoints.own_data import own_data
from shared.http.personal_data import as_file

router = APIRouter(include_in_schema=False)


@router.get("/certificates/mine")
async def mine(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    certificates = await context.certificates.of_recipient(principal.person) if principal.person else []
    return context.pages.render(request, "mine.html", {"certificates": certificates})


@router.get("/certificates/me/data.json")
async def download(context: ContextOf, principal: SignedIn) -> Response:
    """Everything that this service holds of the person who asks."""
    return as_file("certificates.json", await own_data(context, principal))
