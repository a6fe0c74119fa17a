"""One's own certificates and what is held of oneself."""

from fastapi import APIRouter, Request, Response

from services.certificates.entrypoints.context import ContextOf, InPerson, SignedIn
from services.certificates.entrypoints.own_data import own_data
from services.certificates.entrypoints.scope import administered
from shared.http.personal_data import as_file

router = APIRouter(include_in_schema=False)


@router.get("/certificates/mine")
async def mine(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """One's own, and those of the units that one administers."""
    certificates = [item for person in principal.people for item in await context.certificates.of_recipient(person)]
    certificates += await context.certificates.of_units(administered(principal))
    return context.pages.render(request, "mine.html", {"certificates": certificates})


@router.get("/certificates/me/data.json")
async def download(context: ContextOf, principal: InPerson) -> Response:
    """Everything that this service holds of the person who asks, of every season: for nobody's program."""
    return as_file("certificates.json", await own_data(context, principal))
