"""Joining a team by its code, and leaving it."""

from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.teams import find_closed, leave
from services.registration.domain.entries import HIGHEST_GRADE, grades_of
from services.registration.entrypoints.context import Context, ContextOf, SignedIn, Visitor
from services.registration.entrypoints.joining import join_as_student, team_of
from shared.errors import LaurelError, NotFound, NotSignedIn, TooMany
from shared.identity import Role
from shared.identity.authenticator import current_user
from shared.season.csv_rows import parse_grade
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current_user)])

ANY_GRADE = {"": tuple(range(1, HIGHEST_GRADE + 1))}
"""Before it is known which team it is."""


def page(
    context: Context,
    request: Request,
    season: Season,
    form: FormData,
    team: StoredEntry | None = None,
    status: int = 200,
) -> Response:
    closed = find_closed(season, team) if team else None
    shown = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "team": team,
        "closed": closed.code if closed else "",
        "grades": grades_of(season.rules, season.rules.track(team.entry.track)) if team else ANY_GRADE,
    }
    return context.pages.render(request, "join.html", shown, status=status)


@router.get("/seasons/{season_id}/join")
async def join_form(
    context: ContextOf, request: Request, season_id: str, principal: Visitor, code: str = ""
) -> Response:
    """Who follows the link of a team without an account, or with one of an earlier season, signs up first and is then
    its member."""
    season = await season_of(season_id, context.store, mode="live")
    if principal is None:
        if not code:
            raise NotSignedIn("sign-in-needed")
        renewed = await context.access.browser.renew(request, f"{request.url.path}?code={quote(code)}")
        return renewed or RedirectResponse(_sign_up(season_id, code), status_code=303)
    if principal.people and not principal.grant(Role.STUDENT, season_id):
        return RedirectResponse(_sign_up(season_id, code), status_code=303)
    if not code:
        return page(context, request, season, FormData())
    form = FormData({"code": code})
    try:
        team = await team_of(context, season, code, principal.account)
    except (NotFound, TooMany) as error:
        status = 404 if isinstance(error, NotFound) else 429
        return page(context, request, season, form.with_errors(error, context.pages.translator(request)), status=status)
    if principal.person_in(season_id) in team.members:
        return RedirectResponse(f"/registration/entries/{season.id}/{team.entry.entry}", status_code=303)
    return page(context, request, season, form, team)


@router.post("/seasons/{season_id}/join")
async def join_team(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    season, sent = await season_of(season_id, context.store, mode="live"), await read_form(request)
    try:
        stored = await join_as_student(context, season, sent["code"], parse_grade(sent["grade"]), principal)
    except LaurelError as error:
        status = 429 if isinstance(error, TooMany) else 409
        return page(context, request, season, sent.with_errors(error, context.pages.translator(request)), status=status)
    return RedirectResponse(f"/registration/entries/{season.id}/{stored.entry.entry}", status_code=303)


def _sign_up(season_id: str, code: str) -> str:
    return f"/registration/seasons/{season_id}/sign-up{f'?code={quote(code)}' if code else ''}"


@router.post("/entries/{season_id}/{entry}/leave")
async def leave_team(context: ContextOf, season_id: str, entry: str, principal: SignedIn) -> Response:
    season = await season_of(season_id, context.store, mode="live")
    stored = await context.read.entries.find(season_id, entry)
    person = principal.person_in(season_id)
    if stored is None or person not in stored.members:
        raise NotFound("no-such-entry")
    await leave(season, stored, person, principal.account, await context.store.clock.now(), context.store)
    return RedirectResponse("/registration/me", status_code=303)
