"""The list for whoever calls the awards, to be read out or printed."""

from fastapi import APIRouter, Request, Response

from services.registration.application.seasons import season_of
from services.registration.entrypoints.ceremony import ceremony_of
from services.registration.entrypoints.context import ContextOf, SignedIn
from shared.errors import NotFound
from shared.identity import Role
from shared.web.season_header import season_frame

router = APIRouter(prefix="/registration/seasons/{season_id}/ceremony", include_in_schema=False)


@router.get("")
async def show(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season = await season_of(season_id, context.store)
    try:
        called = await ceremony_of(context, season, principal)
    except NotFound:
        called = None
    return context.pages.render(request, "ceremony.html", {**season_frame(season.rules, season.mode), "called": called})
