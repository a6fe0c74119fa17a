"""What a school says of its children: that a consent is the guardian's own, and which of those who look alike are one."""

from collections.abc import Collection
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.entries import EntryFilter
from services.registration.application.children import join, look_alike
from services.registration.application.consenting import confirm
from services.registration.application.ports import Person
from services.registration.domain.consent import current, to_confirm
from services.registration.entrypoints.access import StaffView, staff_view, visible
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.guardian_links import GuardianPages
from services.registration.entrypoints.pages.students import own_school
from shared.errors import InvalidState, LaurelError, NotFound
from shared.season.csv_rows import whole_number
from shared.states import ResultStage
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame

MOST_SHOWN = 200


router = APIRouter(prefix="/registration", include_in_schema=False)


async def consents_page(
    context: Context, request: Request, look: StaffView, form: FormData, status: int = 200
) -> Response:
    asked = EntryFilter(
        look.season.id, look.scope.schools, words=request.query_params.get("q", "")[:80], to_confirm=True
    )
    waiting = [
        {
            "stored": stored,
            "child": stored.entry.members[member - 1].name.best,
            "decided": decided,
            "value": f"{stored.entry.entry}/{member}/{decided.by}",
        }
        for stored in await context.read.entries.listed(asked, "", MOST_SHOWN)
        for member in to_confirm(stored.consents, len(stored.members))
        if (decided := current(stored.consents, member))
    ]
    shown: dict[str, Any] = {
        **season_frame(look.season.rules, look.season.mode),
        "waiting": waiting,
        "form": form,
    }
    return context.pages.render(request, "consents.html", shown, status=status)


@router.get("/seasons/{season_id}/consents")
async def consents(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look = await staff_view(context, season_id, principal, decides=True)
    return await consents_page(context, request, look, FormData())


@router.post("/seasons/{season_id}/consents")
async def confirmed(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Those that were ticked are the guardians' own, or they are not: whoever says so has asked them."""
    look = await staff_view(context, season_id, principal, mode="live", decides=True)
    sent = await request.form()
    ticked = [str(item).split("/", 2) for item in sent.getlist("consent")]
    chosen = [(item[0], whole_number(item[1]) or 0, item[2]) for item in ticked if len(item) == 3]
    if not chosen:
        refused = FormData().with_errors(InvalidState("nothing-ticked"), context.pages.translator(request))
        return await consents_page(context, request, look, refused, 422)
    try:
        for entry, member, by in chosen:
            entries = await context.read.entries.chosen(season_id, [entry], look.scope.schools)
            if not entries or not 1 <= member <= len(entries[0].members):
                raise NotFound("no-such-member")
            now, genuine = await context.store.clock.now(), sent.get("do") != "disown"
            await confirm(look.season, entries[0], member, by, genuine, principal.account, now, context.store)
    except InvalidState as error:
        return await consents_page(
            context, request, look, FormData().with_errors(error, context.pages.translator(request)), 409
        )
    return RedirectResponse(f"/registration/seasons/{season_id}/consents", status_code=303)


@router.post("/entries/{season_id}/{entry}/guardian-slips")
async def slips(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    """For the school to hand to the guardians of a team: each link is good for one decision."""
    look = await staff_view(context, season_id, principal, mode="live", decides=True)
    stored = await visible(context, season_id, entry, principal)
    if not look.scope.holds(stored.entry.unit):
        raise NotFound("no-such-entry")
    await context.rights.reads.note(
        season_id, principal.account, principal.login, "guardian-slips", list(stored.members), entry=entry
    )
    shown = {
        **season_frame(look.season.rules, look.season.mode),
        "slips": await GuardianPages(context).slips(look.season, [stored]),
        "back": f"/registration/entries/{season_id}/{entry}",
    }
    return context.pages.render(request, "guardian-slips.html", shown)


async def alike_page(
    context: Context,
    request: Request,
    look: StaffView,
    form: FormData,
    status: int = 200,
    ticked: Collection[str] = (),
) -> Response:
    season = look.season
    groups = look_alike(await context.read.people.of_school(season.id, look.scope.unit))
    people = [person.id for group in groups for person in group]
    logins = await context.access.logins.of_people(people)
    entries = await context.read.entries.with_people(season.id, people)
    shown: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "groups": [
            [
                {
                    "person": person,
                    "login": logins.get(person.id, ""),
                    "entries": [entry for entry in entries if person.id in entry.members],
                }
                for person in group
            ]
            for group in groups
        ],
        "form": form,
        "ticked": ticked,
    }
    return context.pages.render(request, "alike.html", shown, status=status)


@router.get("/seasons/{season_id}/students/alike")
async def alike(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look = await own_school(context, season_id, principal)
    people = await context.read.people.of_school(season_id, look.scope.unit)
    seen = [person.id for group in look_alike(people) for person in group]
    await context.rights.reads.note(season_id, principal.account, principal.login, "students", seen)
    return await alike_page(context, request, look, FormData())


@router.post("/seasons/{season_id}/students/alike")
async def one_child(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Those that were ticked are one child."""
    look, sent = await own_school(context, season_id, principal), await read_form(request)
    ticked = {str(item) for item in (await request.form()).getlist("person")}
    people: list[Person] = [
        person for person in await context.read.people.of_school(season_id, look.scope.unit) if person.id in ticked
    ]
    announced = await context.read.results.stage(season_id, ResultStage.PROVISIONAL) is not None
    logins = await context.access.logins.of_people([person.id for person in people])
    try:
        require_word(context.pages, request, sent, FinalAct.JOIN)
        await join(
            look.season,
            people,
            logins,
            principal.account,
            await context.store.clock.now(),
            context.store,
            late=announced,
        )
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await alike_page(context, request, look, refused, refused_status(error), ticked)
    return RedirectResponse(f"/registration/seasons/{season_id}/students/alike", status_code=303)
