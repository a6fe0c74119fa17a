"""Accounts of a school's students, who have no e-mail: login names, sign-in links on paper, and setting a password."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import Context, InPerson, SignedIn
from services.registration.entrypoints.pages.accounts import on_field
from services.registration.entrypoints.scope import Scope
from services.registration.entrypoints.seeing import seen_by_staff
from services.registration.entrypoints.slips import slip_for
from services.registration.entrypoints.telling import tell_changed
from shared.errors import Invalid, LaurelError, NotAllowed, NotFound
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
        look = await seen_by_staff(context, season_id, principal, decides=True)
        if look.scope.level != look.season.rules.unit_levels[-1]:
            raise NotAllowed("role-needed")
        return look.season, look.scope

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
        }
        return pages.render(request, "students.html", shown)

    @routes.post("/seasons/{season_id}/students")
    async def links(request: Request, season_id: str, principal: InPerson) -> Response:
        """New sign-in links for the students that were ticked, to be printed and handed out. Older ones stay good."""
        season, scope = await own_school(season_id, principal)
        sent = await request.form()
        ticked = {str(one) for one in sent.getlist("person")}
        people = [one for one in await context.people.of_school(season_id, scope.unit) if one.id in ticked]
        if not people:
            return RedirectResponse(f"/registration/seasons/{season_id}/students", status_code=303)
        slips = [
            await slip_for(context, season_id, scope.unit, one.id, one.name.best, LINK_HOURS, by=principal)
            for one in people[:MOST_AT_ONCE]
        ]
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
    async def invite_instructor(request: Request, season_id: str, principal: InPerson) -> Response:
        """A single-use invitation for an instructor of the school, who then enters and follows their own teams."""
        season, scope = await own_school(season_id, principal)
        secret = await accounts.invite(
            [Grant(Role.INSTRUCTOR, season_id, scope.unit)],
            by=principal,
            days=INVITATION_DAYS,
            command=context.command(),
        )
        url = f"{context.settings.public_url}/registration/invitations/{secret}"
        page = {"rules": season.rules, "season": SeasonHeader.of(season.rules), "url": url, "qr": qr_svg(url)}
        return pages.render(request, "instructor-invitation.html", page)

    @routes.post("/entries/{season_id}/{entry}/members/{member}/slip")
    async def slip(request: Request, season_id: str, entry: str, member: int, principal: InPerson) -> Response:
        """For an instructor: a way in for a student of a team that they keep."""
        season, stored = await season_of(season_id, context.store), await context.entries.find(season_id, entry)
        teaches = principal.grant(Role.INSTRUCTOR, season_id)
        if stored is None or stored.owner != principal.account or not 1 <= member <= len(stored.members):
            raise NotFound("no-such-member")
        if teaches is None or teaches.unit != stored.entry.unit:
            raise NotAllowed("role-needed")
        person, name = stored.members[member - 1], stored.entry.members[member - 1].name.best
        made = await slip_for(context, season_id, stored.entry.unit, person, name, LINK_HOURS, by=principal)
        await context.reads.note(season_id, principal.account, principal.login, "reset", [person], entry=entry)
        page = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "slips": [made],
            "hours": LINK_HOURS,
            "back": f"/registration/entries/{season_id}/{entry}",
        }
        return pages.render(request, "slips.html", page)

    @routes.get("/me/password")
    async def password_form(request: Request, principal: InPerson) -> Response:
        return pages.render(request, "password.html", {"form": Filled({"login": principal.login})})

    @routes.post("/me/password")
    async def set_password(request: Request, principal: InPerson) -> Response:
        """Set a password of one's own, knowing the present one or just signed in; everything else of the account ends."""
        sent = await filled(request)
        try:
            account = await accounts.set_password(principal, sent["present"], sent["password"])
        except LaurelError as error:
            known = isinstance(error, Invalid) and error.code.startswith("password")
            form = Filled({"login": principal.login}).refused(
                on_field(error) if isinstance(error, Invalid) and known else error, pages.translator(request)
            )
            return pages.render(request, "password.html", {"form": form}, status=422)
        await tell_changed(context, account, "password-changed")
        return await context.browser.open(account, "/registration/me")

    return routes
