"""One's own data: what there is, a copy of it, a corrected name, erasure. For students, guardians by link, and organizers."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import Season
from services.registration.application.rights import correct_name, correct_own_name, erase
from services.registration.application.seasons import season_of
from services.registration.domain.people import Name
from services.registration.domain.reasons import stated_reason
from services.registration.entrypoints.access import staff_view, visible
from services.registration.entrypoints.context import Context, ContextOf, InPerson
from services.registration.entrypoints.own_data import own_data
from services.registration.entrypoints.pages.entries import show
from shared.errors import Invalid, InvalidState, LaurelError, NotFound, error_at
from shared.http.personal_data import as_file
from shared.identity import Principal
from shared.states import ResultStage
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form

ERASE = "erase"


router = APIRouter(prefix="/registration", include_in_schema=False)


async def page(context: Context, request: Request, principal: Principal, form: FormData, status: int = 200) -> Response:
    data = await own_data(context, principal)
    shown = {"data": data, "form": form, "word": ERASE, "kept": context.kept}
    return context.pages.render(request, "data.html", shown, status=status)


@router.get("/me/data")
async def look(context: ContextOf, request: Request, principal: InPerson) -> Response:
    return await page(context, request, principal, FormData())


@router.get("/me/data.json")
async def download(context: ContextOf, principal: InPerson) -> Response:
    """All of it, of every season: for nobody's program."""
    return as_file("registration.json", await own_data(context, principal))


async def own_season(context: Context, principal: Principal) -> Season:
    """The newest season in which they take part or teach."""
    person = await context.store.people.find(principal.people[-1]) if principal.people else None
    if person is None:
        raise NotFound("no-such-person")
    return await season_of(person.season, context.store, mode="live")


@router.post("/me/data/name")
async def correct(context: ContextOf, request: Request, principal: InPerson) -> Response:
    """One's own name, put right by oneself as long as no result has been printed with it."""
    sent = await read_form(request)
    try:
        season = await own_season(context, principal)
        late = await context.read.results.stage(season.id, ResultStage.FINAL) is not None
        name, now = Name(sent["name_zh"], sent["name_en"]), await context.store.clock.now()
        await correct_own_name(season, principal.people[-1], name, sent["reason"], now, context.store, late=late)
    except LaurelError as error:
        return await page(context, request, principal, sent.with_errors(error, context.pages.translator(request)), 422)
    return RedirectResponse("/registration/me/data", status_code=303)


@router.post("/me/data/erasure")
async def erase_own(context: ContextOf, request: Request, principal: InPerson) -> Response:
    """Everything of one's own; it cannot be undone, so one's login name is asked for."""
    sent = await read_form(request)
    if sent["login"].strip().lower() != principal.login or not principal.people:
        error = Invalid("fields-invalid", errors=[error_at("login", "field-erase")])
        return await page(context, request, principal, sent.with_errors(error, context.pages.translator(request)), 422)
    now, rights = await context.store.clock.now(), context.rights
    people = principal.people[::-1]  # the account goes with the last of them
    await erase(people, now, rights.erasures, context.files.works, rights.remains, context.store)
    return context.access.browser.close(RedirectResponse("/", status_code=303))


@router.post("/entries/{season_id}/{entry}/members/{member}/{what}")
async def on_request(
    context: ContextOf, request: Request, season_id: str, entry: str, member: int, what: str, principal: InPerson
) -> Response:
    """Correct or erase a member's data at their or their guardian's request; the reason is kept."""
    return await _on_request(context, request, season_id, entry, "members", member, what, principal)


@router.post("/entries/{season_id}/{entry}/instructors/{instructor}/{what}")
async def on_instructors_request(
    context: ContextOf, request: Request, season_id: str, entry: str, instructor: int, what: str, principal: InPerson
) -> Response:
    """The same for an instructor, in whatever entries of the season they stand."""
    return await _on_request(context, request, season_id, entry, "instructors", instructor, what, principal)


async def _on_request(
    context: Context,
    request: Request,
    season_id: str,
    entry: str,
    of: Literal["members", "instructors"],
    number: int,
    what: str,
    principal: Principal,
) -> Response:
    look = await staff_view(context, season_id, principal, mode="live")
    stored, sent = await visible(context, season_id, entry, principal), await read_form(request)
    people = stored.members if of == "members" else stored.instructors
    if not look.scope.decides or not 1 <= number <= len(people) or what not in ("name", ERASE):
        raise NotFound("no-such-member")
    person, now = people[number - 1], await context.store.clock.now()
    try:
        reason = stated_reason(sent["reason"])
        if what == ERASE:
            require_word(context.pages, request, sent, FinalAct.ERASE)
    except (Invalid, InvalidState) as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await show(context, request, look.season, stored, principal, refused, 422)
    if what == "name":
        await correct_name(look.season, person, Name(sent["name_zh"], sent["name_en"]), reason, now, context.store)
    else:
        await erase([person], now, context.rights.erasures, context.files.works, context.rights.remains, context.store)
    await context.rights.reads.note(
        season_id, principal.account, principal.login, what, [person], entry=entry, reason=reason
    )
    return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)
