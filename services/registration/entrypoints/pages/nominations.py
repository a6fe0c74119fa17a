"""Nominations of a unit: rank a group, send on the first, see who stands by."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.entries import EntryFilter
from services.registration.application.nominating import Nominated, nominate, rank, send_on
from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.scope import Scope
from shared.errors import LaurelError, NotAllowed, NotFound
from shared.identity import Principal
from shared.season.csv_rows import whole_number
from shared.web.forms import FormData
from shared.web.season_header import season_frame

MOST = 5000


router = APIRouter(prefix="/registration/seasons/{season_id}/nominations/{track}/{division}", include_in_schema=False)


async def group(
    context: Context, season_id: str, track: str, division: str, principal: Principal
) -> tuple[Season, Scope, Nominated]:
    look = await staff_view(context, season_id, principal, decides=True)
    season, scope, nominations = look.season, look.scope, look.season.rules.nominations
    if nominations is None or scope.level != nominations.level:
        raise NotAllowed("role-needed")
    if nominations.places_of(scope.unit, track, division) is None:
        raise NotFound("no-such-group")
    wanted = EntryFilter(season_id, scope.schools, track=track, division=division)
    entries = await context.read.entries.listed(wanted, "", MOST)
    return season, scope, await nominate(season, scope.unit, track, division, entries, context.read.rankings)


async def page(
    context: Context,
    request: Request,
    season: Season,
    track: str,
    division: str,
    now: Nominated,
    form: FormData,
    status: int = 200,
) -> Response:
    shown = {
        **season_frame(season.rules, season.mode),
        "track": season.rules.track(track),
        "division": season.rules.division(division),
        "now": now,
        "units": await context.read.units.of(season.id),
        "form": form,
    }
    return context.pages.render(request, "nominations.html", shown, status=status)


@router.get("")
async def look(
    context: ContextOf, request: Request, season_id: str, track: str, division: str, principal: SignedIn
) -> Response:
    season, _, now = await group(context, season_id, track, division, principal)
    return await page(context, request, season, track, division, now, FormData())


@router.post("")
async def change(
    context: ContextOf, request: Request, season_id: str, track: str, division: str, principal: SignedIn
) -> Response:
    """Keep the order; with `do=send` also send on as many as there are places."""
    season, scope, now = await group(context, season_id, track, division, principal)
    await season_of(season_id, context.store, mode="live")
    sent = await request.form()
    places = {name.removeprefix("place-"): str(value) for name, value in sent.items() if name.startswith("place-")}
    order = [entry.entry.entry for entry in now.ready]
    wanted = sorted(order, key=lambda entry: (_place(places.get(entry, "")), order.index(entry)))
    try:
        await rank(season, scope.unit, track, division, now, wanted, context.read.rankings)
        if sent.get("do") == "send":
            _, _, now = await group(context, season_id, track, division, principal)
            units, at = await context.read.units.of(season_id), await context.store.clock.now()
            outcome = await send_on(season, now, scope.reviewer(principal.account), units, at, context.store)
            failed = next((error for _, error in outcome if error), None)
            if failed:
                raise failed
    except LaurelError as error:
        form = FormData().with_errors(error, context.pages.translator(request))
        return await page(context, request, season, track, division, now, form, 409)
    return RedirectResponse(request.url.path, status_code=303)


def _place(written: str) -> int:
    """The place that was typed; what is no number comes last."""
    place = whole_number(written)
    return MOST if place is None else place
