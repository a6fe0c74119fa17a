"""Accounts of a school's students, who have no e-mail: login names, sign-in links on paper, and setting a password."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import Context, SignedIn
from services.registration.entrypoints.scope import Scope, required
from shared.errors import LaurelError, NotAllowed, NotFound
from shared.identity import Grant, Principal, Role
from shared.web.forms import Filled, filled
from shared.web.qr import qr_svg
from shared.web.season_header import SeasonHeader

LINK_HOURS = 72
INVITATION_DAYS = 30
MOST_AT_ONCE = 200


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration", include_in_schema=False)
    pages, accounts = context.pages, context.accounts

    async def own_school(season_id: str, principal: Principal) -> tuple[Season, Scope]:
        season, units = await season_of(season_id, context.store), await context.units.of(season_id)
        scope = required(principal, season_id, season.rules, units)
        if scope.level != season.rules.unit_levels[-1] or not scope.decides:
            raise NotAllowed("role-needed")
        return season, scope

    @routes.get("/seasons/{season_id}/students")
    async def listed(request: Request, season_id: str, principal: SignedIn) -> Response:
        season, scope = await own_school(season_id, principal)
        people = await context.people.of_school(season_id, scope.unit)
        logins = await context.logins.of_people([one.id for one in people])
        await context.reads.note(
            season_id, principal.account, principal.login, "students", [one.id for one in people], reason=""
        )
        shown: dict[str, Any] = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "school": await context.logins.school_code(season_id, scope.unit),
            "people": [{"id": one.id, "name": one.name.best, "login": logins.get(one.id, "")} for one in people],
            "most": MOST_AT_ONCE,
        }
        return pages.render(request, "students.html", shown)

    @routes.post("/seasons/{season_id}/students")
    async def links(request: Request, season_id: str, principal: SignedIn) -> Response:
        """New sign-in links for the students that were ticked, to be printed and handed out. Older ones stay good."""
        season, scope = await own_school(season_id, principal)
        sent = await request.form()
        ticked = {str(one) for one in sent.getlist("person")}
        people = [one for one in await context.people.of_school(season_id, scope.unit) if one.id in ticked]
        if not people:
            return RedirectResponse(f"/registration/seasons/{season_id}/students", status_code=303)
        known = await context.logins.of_people([one.id for one in people])
        slips = []
        for one in people[:MOST_AT_ONCE]:
            login = known.get(one.id) or await context.logins.new_login(season_id, scope.unit)
            secret = await accounts.sign_in_link(
                login,
                [Grant(Role.STUDENT, season_id, scope.unit)],
                hours=LINK_HOURS,
                command=context.command(),
                person=one.id,
            )
            url = f"{context.settings.public_url}/registration/links/{secret}"
            slips.append({"name": one.name.best, "login": login, "url": url, "qr": qr_svg(url)})
        await context.reads.note(
            season_id, principal.account, principal.login, "reset", [one.id for one in people], reason=""
        )
        page = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "slips": slips,
            "hours": LINK_HOURS,
            "back": request.url.path,
        }
        return pages.render(request, "slips.html", page)

    @routes.post("/seasons/{season_id}/instructors")
    async def invite_instructor(request: Request, season_id: str, principal: SignedIn) -> Response:
        """A single-use invitation for an instructor of the school, who then enters and follows their own teams."""
        season, scope = await own_school(season_id, principal)
        secret = await accounts.invite(
            [Grant(Role.INSTRUCTOR, season_id, scope.unit)], days=INVITATION_DAYS, command=context.command()
        )
        url = f"{context.settings.public_url}/registration/invitations/{secret}"
        page = {"rules": season.rules, "season": SeasonHeader.of(season.rules), "url": url, "qr": qr_svg(url)}
        return pages.render(request, "instructor-invitation.html", page)

    @routes.get("/me/password")
    async def password_form(request: Request, principal: SignedIn) -> Response:
        return pages.render(request, "password.html", {"form": Filled({"login": principal.login})})

    @routes.post("/me/password")
    async def set_password(request: Request, principal: SignedIn) -> Response:
        """Set a password of one's own; other sessions of the account end."""
        sent = await filled(request)
        try:
            await accounts.set_password(principal, sent["password"])
        except LaurelError as error:
            if isinstance(error, NotFound):
                raise
            form = Filled(
                {"login": principal.login},
                {"password": pages.translator(request)(f"problem-{error.code}", **error.values)},
            )
            return pages.render(request, "password.html", {"form": form}, status=422)
        return RedirectResponse("/registration/me", status_code=303)

    return routes
