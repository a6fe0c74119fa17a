"""Joining a team by its code, and leaving it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.teams import by_code, join, leave
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import LaurelError, NotAllowed, NotFound, TooMany, Unavailable
from shared.identity import Principal
from shared.season.csv_rows import parse_grade
from shared.throttle import Throttle
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

TRIES = 5
UNKNOWN_CODES, UNKNOWN_SECONDS = 20, 3600
"""Team codes that are none, tried by one account."""


router = APIRouter(prefix="/registration", include_in_schema=False)


def _throttle(context: Context) -> Throttle:
    return Throttle(context.access.counters, "team-code", UNKNOWN_CODES, UNKNOWN_SECONDS)


async def team_of(context: Context, season: Season, code: str, principal: Principal) -> StoredEntry:
    """The team of this code; a code that is none counts as a guess."""
    await _throttle(context).spend(principal.account)
    team = await by_code(season, code, context.store)
    await _throttle(context).give_back(principal.account)
    return team


def page(
    context: Context,
    request: Request,
    season: Season,
    form: FormData,
    team: StoredEntry | None = None,
    status: int = 200,
) -> Response:
    shown = {**season_frame(season.rules), "form": form, "team": team}
    return context.pages.render(request, "join.html", shown, status=status)


@router.get("/seasons/{season_id}/join")
async def join_form(
    context: ContextOf, request: Request, season_id: str, principal: SignedIn, code: str = ""
) -> Response:
    season = await season_of(season_id, context.store, mode="live")
    if not code:
        return page(context, request, season, FormData())
    form = FormData({"code": code})
    try:
        team = await team_of(context, season, code, principal)
    except (NotFound, TooMany) as error:
        status = 404 if isinstance(error, NotFound) else 429
        return page(context, request, season, form.with_errors(error, context.pages.translator(request)), status=status)
    return page(context, request, season, form, team)


@router.post("/seasons/{season_id}/join")
async def join_team(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    season, sent = await season_of(season_id, context.store, mode="live"), await read_form(request)
    try:
        stored = await join_by_code(context, season, sent, principal)
    except LaurelError as error:
        status = 429 if isinstance(error, TooMany) else 409
        return page(context, request, season, sent.with_errors(error, context.pages.translator(request)), status=status)
    return RedirectResponse(f"/registration/entries/{season.id}/{stored.entry.entry}", status_code=303)


async def join_by_code(context: Context, season: Season, sent: FormData, principal: Principal) -> StoredEntry:
    if not principal.person:
        raise NotAllowed("students-only")
    for attempt in range(1, TRIES + 1):
        team = await team_of(context, season, sent["code"], principal)
        try:
            now, grade = await context.store.clock.now(), parse_grade(sent["grade"])
            return await join(season, team, principal.person, grade, principal.account, now, context.store)
        except Unavailable:  # somebody else joined at this moment; perhaps there is room left
            if attempt == TRIES:
                raise
    raise AssertionError


@router.post("/entries/{season_id}/{entry}/leave")
async def leave_team(context: ContextOf, season_id: str, entry: str, principal: SignedIn) -> Response:
    season = await season_of(season_id, context.store, mode="live")
    stored = await context.read.entries.find(season_id, entry)
    if stored is None or principal.person not in stored.members:
        raise NotFound("no-such-entry")
    await leave(season, stored, principal.person, principal.account, await context.store.clock.now(), context.store)
    return RedirectResponse("/registration/me", status_code=303)
