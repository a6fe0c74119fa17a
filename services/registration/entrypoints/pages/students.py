"""Accounts of a school's students, who have no e-mail: login names, sign-in links on paper, and setting a password."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.children import look_alike
from services.registration.application.guardians import on_keepers_word, signed_on_paper
from services.registration.application.ports import Person, Season
from services.registration.application.seasons import season_of
from services.registration.domain.entries import EDITABLE, GONE
from services.registration.entrypoints.access import StaffView, staff_view
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.guardian_links import GuardianPages
from services.registration.entrypoints.login_cards import slip_for
from services.registration.entrypoints.pages.accounts import on_field
from services.registration.entrypoints.telling import tell_changed
from shared.errors import Invalid, LaurelError, NotAllowed, NotFound
from shared.identity import Grant, Principal, Role
from shared.web.forms import FormData, read_form
from shared.web.qr import qr_svg
from shared.web.season_header import season_frame

LINK_HOURS = 72
INVITATION_DAYS = 30
MOST_AT_ONCE = 200


router = APIRouter(prefix="/registration", include_in_schema=False)


@router.get("/seasons/{season_id}/students")
async def listed(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look = await own_school(context, season_id, principal)
    season, scope = look.season, look.scope
    people = await context.read.people.of_school(season_id, scope.unit)
    logins = await context.access.logins.of_people([person.id for person in people])
    await context.rights.reads.note(
        season_id, principal.account, principal.login, "students", [person.id for person in people], reason=""
    )
    shown: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "school": await context.access.logins.school_code(season_id, scope.unit),
        "alike": len(look_alike(people)),
        "people": [
            {"id": person.id, "name": person.name.best, "login": logins.get(person.id, "")} for person in people
        ],
    }
    return context.pages.render(request, "students.html", shown)


@router.post("/seasons/{season_id}/students")
async def links(context: ContextOf, request: Request, season_id: str, principal: InPerson) -> Response:
    """For the students that were ticked, to be printed and handed out: new sign-in links, older ones stay good; or
    for their guardians the links by which they are asked.
    """
    look, sent = await own_school(context, season_id, principal), await request.form()
    season, scope = look.season, look.scope
    ticked = {str(item) for item in sent.getlist("person")}
    people = [person for person in await context.read.people.of_school(season_id, scope.unit) if person.id in ticked]
    if not people:
        return RedirectResponse(f"/registration/seasons/{season_id}/students", status_code=303)
    if sent.get("do") == "guardians":
        return await for_guardians(context, request, season, people, principal)
    slips = [
        await slip_for(context, season_id, scope.unit, person.id, person.name.best, LINK_HOURS, by=principal)
        for person in people[:MOST_AT_ONCE]
    ]
    await context.rights.reads.note(
        season_id, principal.account, principal.login, "reset", [person.id for person in people], reason=""
    )
    page = {
        **season_frame(season.rules, season.mode),
        "slips": slips,
        "hours": LINK_HOURS,
        "back": request.url.path,
    }
    return context.pages.render(request, "slips.html", page)


async def for_guardians(
    context: Context, request: Request, season: Season, people: Sequence[Person], principal: Principal
) -> Response:
    asked = [person.id for person in people]
    entries = [
        stored
        for stored in await context.read.entries.with_people(season.id, asked)
        if stored.standing in EDITABLE or (stored.standing not in GONE and signed_on_paper(stored))
    ]
    await context.rights.reads.note(season.id, principal.account, principal.login, "guardian-slips", asked)
    page = {
        **season_frame(season.rules, season.mode),
        "slips": await GuardianPages(context).slips(season, entries, asked),
        "back": request.url.path,
    }
    return context.pages.render(request, "guardian-slips.html", page)


@router.post("/seasons/{season_id}/instructors")
async def invite_instructor(context: ContextOf, request: Request, season_id: str, principal: InPerson) -> Response:
    """A single-use invitation for an instructor of the school, who then enters and follows their own teams."""
    look = await own_school(context, season_id, principal)
    season, scope = look.season, look.scope
    secret = await context.access.accounts.invite(
        principal.gives(Grant(Role.INSTRUCTOR, season_id, scope.unit)),
        by=principal,
        days=INVITATION_DAYS,
        command=context.command_of(request, await read_form(request)),
    )
    url = f"{context.settings.public_url}/registration/invitations/{secret}"
    page = {**season_frame(season.rules, season.mode), "url": url, "qr": qr_svg(url)}
    return context.pages.render(request, "instructor-invitation.html", page)


@router.post("/entries/{season_id}/{entry}/members/{member}/slip")
async def slip(
    context: ContextOf, request: Request, season_id: str, entry: str, member: int, principal: InPerson
) -> Response:
    """For an instructor: a first way in for a student whom they named in a team that they keep, and nobody else."""
    season, stored = await season_of(season_id, context.store), await context.read.entries.find(season_id, entry)
    teaches = principal.grant(Role.INSTRUCTOR, season_id)
    if stored is None or stored.owner != principal.account or not 1 <= member <= len(stored.members):
        raise NotFound("no-such-member")
    if teaches is None or teaches.unit != stored.entry.unit:
        raise NotAllowed("role-needed")
    person, name = stored.members[member - 1], stored.entry.members[member - 1].name.best
    with_account = await context.access.logins.of_people([person])
    if not on_keepers_word(stored, await context.read.people.find(person), with_account):
        raise NotAllowed("slip-by-school")
    made = await slip_for(context, season_id, stored.entry.unit, person, name, LINK_HOURS, by=principal)
    await context.rights.reads.note(season_id, principal.account, principal.login, "reset", [person], entry=entry)
    page = {
        **season_frame(season.rules, season.mode),
        "slips": [made],
        "hours": LINK_HOURS,
        "back": f"/registration/entries/{season_id}/{entry}",
    }
    return context.pages.render(request, "slips.html", page)


@router.get("/me/password")
async def password_form(context: ContextOf, request: Request, principal: InPerson) -> Response:
    return context.pages.render(request, "password.html", {"form": FormData({"login": principal.login})})


@router.post("/me/password")
async def set_password(context: ContextOf, request: Request, principal: InPerson) -> Response:
    """Set a password of one's own, knowing the present one or just signed in; everything else of the account ends."""
    sent = await read_form(request)
    try:
        account = await context.access.accounts.set_password(principal, sent["present"], sent["password"])
    except LaurelError as error:
        known = isinstance(error, Invalid) and error.code.startswith("password")
        form = FormData({"login": principal.login}).with_errors(
            on_field(error) if isinstance(error, Invalid) and known else error, context.pages.translator(request)
        )
        return context.pages.render(request, "password.html", {"form": form}, status=422)
    await tell_changed(context, account, "password-changed")
    return await context.access.browser.open(account, "/registration/me")


async def own_school(context: Context, season_id: str, principal: Principal) -> StaffView:
    """The season for the administrator of one school.

    Raises:
        NotAllowed: this is somebody else.
    """
    look = await staff_view(context, season_id, principal, decides=True)
    if look.scope.level != look.season.rules.unit_levels[-1]:
        raise NotAllowed("role-needed")
    return look
