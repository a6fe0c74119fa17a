"""A student's way: sign up, register an entry, hand it in, take it back, see where it stands."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.consenting import asks_purposes, consent_needed, have_refused, was_informed
from services.registration.application.entering import (
    draft,
    edit,
    may_withdraw,
    reinstate,
    submit,
    undoable,
    unsubmit_entry,
    withdraw,
)
from services.registration.application.entry_events import blind_answers, blind_description, blind_title
from services.registration.application.forms import Applicant, find_applicant
from services.registration.application.guardians import (
    asking_until,
    decides_alone,
    on_keepers_word,
    signed_on_paper,
    slip_until,
)
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.works import files_missing
from services.registration.domain.consent import SHOWCASE, Channel, ConsentState, guardian_to_be_told, state_of
from services.registration.domain.entries import CLOSED, EDITABLE, deadline
from services.registration.domain.road import Stands, road_ahead
from services.registration.domain.statements import FIELDS, lacking
from services.registration.domain.units import Unit
from services.registration.entrypoints.access import entry_of_keeper, entry_to_manage, visible
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.entry_form import CHOOSING, application_in, entry_form, read_entry_form
from services.registration.entrypoints.guardian_links import GuardianPages, GuardianSlip
from services.registration.entrypoints.scope import scope_of
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, Unavailable
from shared.identity import Principal, Role
from shared.identity.authenticator import current_user
from shared.season.fields import column_of_field, read_by
from shared.season.fields import values_of as values_of_answers
from shared.season.time import from_unix_micros, to_unix_micros
from shared.states import AwardStatus, ResultStage
from shared.web.confirming import FIELD, FinalAct, require_word
from shared.web.forms import FormData, read_form, values_of
from shared.web.season_header import season_frame
from shared.web.translation import Translator

router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current_user)])


def applicant(season: Season, principal: Principal) -> Applicant:
    stored_applicant = find_applicant(principal, season)
    if stored_applicant is None:
        raise NotAllowed("students-only")
    return stored_applicant


@router.get("/seasons/{season_id}/register")
async def register_form(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    season = await season_of(season_id, context.store, mode="live")
    by = applicant(season, principal)
    form = values_of(track=request.query_params.get("track", ""))
    if principal.grant(Role.INSTRUCTOR, season_id) and (
        person := await context.store.people.find(principal.person_in(season_id))
    ):
        form = values_of(track=form["track"], i1_name=person.name.best)
    return await entry_form(context, request, season, by, form, None)


@router.post("/seasons/{season_id}/register")
async def register(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    season, sent = await season_of(season_id, context.store, mode="live"), await read_entry_form(request)
    by = applicant(season, principal)
    if sent["act"] in CHOOSING:
        return await entry_form(context, request, season, by, sent, None)
    try:
        form = application_in(sent, season.rules, by, None)
        stored = await draft(
            season, by, form, await context.store.clock.now(), context.command_of(request, sent), context.store
        )
    except LaurelError as error:
        return await entry_form(
            context, request, season, by, sent.with_errors(error, context.pages.translator(request)), None, 422
        )
    return RedirectResponse(f"/registration/entries/{season_id}/{stored.entry.entry}", status_code=303)


@router.get("/entries/{season_id}/{entry}/edit")
async def edit_form(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    season, stored = (
        await season_of(season_id, context.store, mode="live"),
        await entry_of_keeper(context, season_id, entry, principal),
    )
    content, by = stored.entry, applicant(season, principal)
    values = {name: str(getattr(content, name)) for name in ("track", "title", "language", *FIELDS)}
    values |= {column_of_field(answer.field): answer.value for answer in content.answers}
    if by.person:
        values["grade"] = str(content.members[0].grade)
    for number, member in enumerate(content.members[1:], 2) if by.person else enumerate(content.members, 1):
        values |= {
            f"m{number}_name": member.name.best,
            f"m{number}_birth": member.birth,
            f"m{number}_grade": str(member.grade),
        }
    for number, instructor in enumerate(content.instructors, 1):
        values[f"i{number}_name"] = instructor.name
    if another := request.query_params.get("track"):
        values["track"] = another
    return await entry_form(context, request, season, by, values_of(**values), stored)


@router.post("/entries/{season_id}/{entry}/edit")
async def change(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    season, stored = (
        await season_of(season_id, context.store, mode="live"),
        await entry_of_keeper(context, season_id, entry, principal),
    )
    sent, by = await read_entry_form(request), applicant(season, principal)
    if sent["act"] in CHOOSING:
        return await entry_form(context, request, season, by, sent, stored)
    try:
        form = application_in(sent, season.rules, by, stored)
        await edit(season, stored, by, form, await context.store.clock.now(), context.store)
    except LaurelError as error:
        return await entry_form(
            context, request, season, by, sent.with_errors(error, context.pages.translator(request)), stored, 422
        )
    return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)


@router.get("/entries/{season_id}/{entry}")
async def entry_page(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    """What to do now, how far it has come, and who agreed."""
    season, stored = await season_of(season_id, context.store), await visible(context, season_id, entry, principal)
    return await show(context, request, season, stored, principal, FormData())


async def guardian_links(
    context: Context, season: Season, stored: StoredEntry, missing: Sequence[int], principal: Principal, now: int
) -> tuple[list[GuardianSlip], list[str], list[int]]:
    """Links to hand on to guardians: the child's own, and those of children who are known by the keeper's word alone;
    names of others who are asked elsewhere; and whom the keeper may give a first way in.
    """
    mine, until = stored.owner == principal.account, asking_until(season, stored, now)
    with_account = await context.access.logins.of_people(list(stored.members))
    slips, elsewhere, by_word = [], [], []
    for number, (member, person) in enumerate(zip(stored.entry.members, stored.members, strict=True), 1):
        channel: Channel | None = "child" if person in principal.people else None
        if mine and on_keepers_word(stored, await context.read.people.find(person), with_account):
            channel = "keeper"
            by_word.append(number)
        if number in missing and channel and until:
            slips.append(GuardianPages(context).slip(stored, number, channel, until))
        elif number in missing and mine and not channel:
            elsewhere.append(member.name.best)
    return slips, elsewhere, by_word


def of_oneself(
    context: Context, season: Season, stored: StoredEntry, principal: Principal, now: int
) -> tuple[GuardianSlip | None, GuardianSlip | None]:
    """For a student who decides alone: what the guardian is told by, and where they change what they agreed to."""
    number = next((place for place, who in enumerate(stored.members, 1) if who in principal.people), 0)
    if not number:
        return None, None
    if not decides_alone(season, stored, number, now):
        return None, None
    slip = GuardianPages(context).slip(stored, number, "child", slip_until(now))
    birth, month = stored.entry.members[number - 1].birth, f"{from_unix_micros(now):%Y-%m}"
    tell = guardian_to_be_told(birth, month, season.rules.jurisdiction) and not was_informed(stored, number)
    return slip if tell else None, slip if state_of(stored.consents, number) != ConsentState.MISSING else None


async def show(
    context: Context,
    request: Request,
    season: Season,
    stored: StoredEntry,
    principal: Principal,
    form: FormData,
    status: int = 200,
) -> Response:
    now = await context.store.clock.now()
    editable = stored.standing in EDITABLE
    missing = consent_needed(season, stored, now) if editable else ()
    mine = stored.owner == principal.account
    slips, elsewhere, by_word = await guardian_links(context, season, stored, missing, principal, now)
    to_tell, own_link = of_oneself(context, season, stored, principal, now)
    final = await context.read.results.stage(season.id, ResultStage.FINAL)
    awards = await context.read.results.entry_awards(season.id, ResultStage.FINAL) if final else []
    own = [award for award in awards if award.entry == stored.entry.entry]  # in the order of the rounds
    units, closed = await context.read.units.of(season.id), await context.read.results.closed_rounds(season.id)
    provisional = await context.read.results.stage(season.id, ResultStage.PROVISIONAL)
    files_lacking, until = (
        await files_missing(season, stored, context.files.works),
        deadline(season.rules, stored.later, season.final_at),
    )
    stands = Stands(
        stored.standing,
        until,
        now,
        waits_for_guardian=bool(missing),
        lacks_files=files_lacking > 0,
        closed_rounds=closed.keys(),
        announced=provisional is not None,
        final=final is not None,
    )
    part = scope_of(principal, season.id, season.rules, units)
    scope = None if mine else part
    return context.pages.render(
        request,
        "entry.html",
        {
            "decides": bool(scope and scope.decides and scope.holds(stored.entry.unit)) and season.mode == "live",
            "first_way_in": by_word if principal.grant(Role.INSTRUCTOR, season.id) else [],
            "hands_out": bool(part and part.decides and part.holds(stored.entry.unit)) and season.mode == "live",
            "states": [state_of(stored.consents, number) for number in range(1, len(stored.members) + 1)],
            "may_correct": bool(scope and scope.decides and season.mode == "live"),
            "other_schools": _other_schools(season, stored, units)
            if part and part.decides and part.whole and season.mode == "live"
            else [],
            "exhibits": bool(part and part.decides and part.whole)
            and season.mode == "live"
            and stored.standing not in CLOSED
            and now < to_unix_micros(season.rules.rounds[0].judging.opens),
            "extends": bool(scope and scope.decides and scope.whole) and season.mode == "live",
            **season_frame(season.rules, season.mode),
            "stored": stored,
            "slips": slips,
            "elsewhere": elsewhere,
            "to_tell": to_tell,
            "own_link": own_link,
            "waiting": bool(missing),
            "refused": editable and have_refused(season, stored, now),
            "mine": mine,
            "editable": editable,
            "undoable": stored.standing in undoable(season),
            "member": bool(set(principal.people) & set(stored.members)),
            "own_decision": asks_purposes(season, stored, now) and mine,
            "signed": signed_on_paper(stored),
            "purposes": SHOWCASE,
            "stated": [(name, getattr(stored.entry, name)) for name in FIELDS if getattr(stored.entry, name)],
            "blind": _as_judges_read(season, stored, context.pages.translator(request)),
            "answers": read_by(season.rules.track(stored.entry.track).fields, values_of_answers(stored.entry.answers)),
            "unstated": _unstated(season, stored, context.pages.translator(request)) if editable else (),
            "in_time": now <= until,
            "leaves": may_withdraw(season, stored, closed, now) and season.mode == "live",
            "from_round": now >= to_unix_micros(season.rules.rounds[0].judging.opens),
            "join_url": f"{context.settings.public_url}/registration/seasons/{season.id}/join?code={stored.team_code}",
            "room": season.rules.track(stored.entry.track).members[1] - len(stored.members),
            "takes_files": stored.entry.track in season.rules.works,
            "files_lacking": files_lacking,
            "ahead": road_ahead(season.rules, stands) if season.mode == "live" else (),
            "now": now,
            "lacking": season.rules.track(stored.entry.track).members[0] - len(stored.members),
            "unit": units.get(stored.entry.unit),
            "closed": closed.get(season.rules.rounds[0].id),
            "final": final,
            "provisional": provisional,
            "award": next(
                (entry_award for entry_award in reversed(own) if entry_award.status == AwardStatus.AWARDED), None
            ),
            "announced": final is not None or provisional is not None,
            "history": sorted(stored.history, key=lambda note: note["at"]),
            "form": form,
        },
        status=status,
    )


def _unstated(season: Season, stored: StoredEntry, t: Translator) -> list[str]:
    """What its track needs stated before it can be handed in, as people call it."""
    track = season.rules.track(stored.entry.track)
    titles = {column_of_field(field.id): field.title.best(t.language) for field in track.fields}
    return [titles[name] if name in titles else t(f"statement-{name}") for name in lacking(track, stored.entry)]


def _as_judges_read(season: Season, stored: StoredEntry, t: Translator) -> list[tuple[str, str]]:
    """Title, description and answers where judges read them with names masked, each under what it is called."""
    entry, answers = stored.entry, values_of_answers(stored.entry.answers)
    titles = {field.id: field.title.best(t.language) for field in season.rules.track(entry.track).fields}
    texts = [
        (t("blind-title"), entry.title, blind_title(stored)),
        (t("blind-description"), entry.description, blind_description(stored)),
        *(
            (t("blind-answer", field=titles.get(name, name)), answers[name], read)
            for name, read in blind_answers(stored).items()
        ),
    ]
    return [(label, read) for label, written, read in texts if read != written]


async def act(
    context: Context,
    request: Request,
    season_id: str,
    entry: str,
    principal: Principal,
    do: Callable[..., Awaitable[StoredEntry]],
    may: Callable[[Context, str, str, Principal], Awaitable[StoredEntry]] = entry_of_keeper,
    sent: FormData | None = None,
) -> Response:
    """Do something with an entry that one may do it with, and look at it again, or say why not."""
    season = await season_of(season_id, context.store, mode="live")
    stored = await may(context, season_id, entry, principal)
    try:
        await do(season, stored)
    except (InvalidState, Invalid, Unavailable) as error:
        form = (sent or FormData()).with_errors(error, context.pages.translator(request))
        return await show(context, request, season, stored, principal, form, 422 if form.error(FIELD) else 409)
    return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)


@router.post("/entries/{season_id}/{entry}/submit")
async def hand_in(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    sent = await request.form()
    purposes = [str(item) for item in sent.getlist("purpose")]

    async def do(season: Season, stored: StoredEntry) -> StoredEntry:
        now, by = await context.store.clock.now(), principal.account
        return await submit(season, stored, now, context.files.works, context.store, by=by, purposes=purposes)

    return await act(context, request, season_id, entry, principal, do)


@router.post("/entries/{season_id}/{entry}/take-back")
async def undo(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    async def do(season: Season, stored: StoredEntry) -> StoredEntry:
        return await unsubmit_entry(season, stored, principal.account, await context.store.clock.now(), context.store)

    return await act(context, request, season_id, entry, principal, do)


@router.post("/entries/{season_id}/{entry}/withdraw")
async def leave_season(
    context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn
) -> Response:
    """For whoever keeps it, and with a reason for its school and the organizers."""
    sent = await read_form(request)

    async def do(season: Season, stored: StoredEntry) -> StoredEntry:
        require_word(context.pages, request, sent, FinalAct.WITHDRAW)
        now, closed = await context.store.clock.now(), await context.read.results.closed_rounds(season.id)
        return await withdraw(
            season, stored, sent["reason"], principal.account, now, context.store, closed=closed.keys()
        )

    return await act(context, request, season_id, entry, principal, do, entry_to_manage, sent)


@router.post("/entries/{season_id}/{entry}/reinstate")
async def come_back(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    async def do(season: Season, stored: StoredEntry) -> StoredEntry:
        return await reinstate(season, stored, principal.account, await context.store.clock.now(), context.store)

    return await act(context, request, season_id, entry, principal, do)


def _other_schools(season: Season, stored: StoredEntry, units: Mapping[str, Unit]) -> list[Unit]:
    """The schools to which the entry may be transferred."""
    if stored.standing in CLOSED or season.rules.track(stored.entry.track).entrant == "unit":
        return []
    level = season.rules.unit_levels[-1]
    return [unit for unit in units.values() if unit.level == level and unit.unit != stored.entry.unit]
