"""A guardian's own page: what they agreed to for a child, to look at, to change and to withdraw, without an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.consenting import consent_needed, decide
from services.registration.application.guardians import (
    Guardian,
    Visit,
    ask_correction,
    check_decides,
    decides_alone,
    guardian,
)
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.consent import SHOWCASE, TAKE_PART, Consent, current
from services.registration.domain.messages import CORRECTION
from services.registration.entrypoints.context import Context, ContextOf
from services.registration.entrypoints.guardian_links import GuardianPages
from services.registration.entrypoints.own_data import child_data
from services.registration.entrypoints.pages.consent import purposes_in
from shared.errors import Invalid, InvalidState, NotAllowed, NotFound, TooMany
from shared.http.personal_data import as_file
from shared.identity.authenticator import current_user as visitor
from shared.names import mask_name
from shared.throttle import Throttle
from shared.web.forms import FormData, read_form
from shared.web.qr import qr_svg
from shared.web.season_header import season_frame

CORRECTIONS_A_DAY = 5
"""That may be asked with one link."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the child, as this guardian sees it."""

    stored: StoredEntry
    member: int
    decided: Consent | None
    own: bool
    """Whether what holds now was decided by this guardian."""
    asked: bool
    form: FormData
    changes: tuple[Mapping[str, Any], ...] = ()
    """What became different in the entry since they agreed, as its history has it."""
    corrections: tuple[Mapping[str, Any], ...] = ()
    """What was asked to be put right for this child."""


router = APIRouter(
    prefix="/registration/guardians/{season_id}/{person}/{token}",
    include_in_schema=False,
    dependencies=[Depends(visitor)],
)


async def guardian_by_link(context: Context, request: Request, season: Season, person: str, token: str) -> Guardian:
    try:
        identity = GuardianPages(context).links.guardian_of(season.id, person, token)
        stored_guardian = await guardian(season, person, identity, context.store)
    except NotFound:
        await GuardianPages(context).count_miss(request)
        raise
    await GuardianPages(context).count_use(token)
    return stored_guardian


async def page(
    context: Context,
    request: Request,
    season: Season,
    guardian: Guardian,
    sent: FormData | None = None,
    status: int = 200,
) -> Response:
    now, newest = await context.store.clock.now(), guardian.newest()
    decisions = []
    for stored in guardian.entries:
        member = stored.members.index(guardian.person) + 1
        decided = current(stored.consents, member)
        own = decided is not None and decided.whose == guardian.id
        form = sent if sent and sent["entry"] == stored.entry.entry else _as_decided(newest, decided if own else None)
        asked = member in consent_needed(season, stored, now)
        changes, corrections = _since(stored, member, guardian)
        decisions.append(Decision(stored, member, decided, own, asked, form, changes, corrections))
    first = decisions[0]
    wanted = sent["entry"] if sent else request.query_params.get("entry", "")
    waiting = next((decision for decision in decisions if decision.asked), first)
    chosen = next((decision for decision in decisions if decision.stored.entry.entry == wanted), waiting)
    url = f"{context.settings.public_url}{request.url.path}"
    decides = _decides(season, first, GuardianPages(context).visit(request), now)
    person = await context.store.people.find(guardian.person) if guardian.known and decides else None
    return context.pages.render(
        request,
        "guardian.html",
        {
            **season_frame(season.rules, season.mode),
            "child": mask_name(first.stored.entry.members[first.member - 1].name.best),
            "for_child": not decides_alone(season, first.stored, first.member, now),
            "known": guardian.known,
            "decisions": decisions,
            "chosen": chosen,
            "decides": decides,
            "data": await child_data(context, person, guardian.entries) if person else None,
            "units": await context.read.units.of(season.id),
            "purposes": SHOWCASE,
            "sent": sent or FormData(),
            "url": url,
            "qr": qr_svg(url),
            "robots": False,
        },
        status=status,
    )


@router.get("")
async def look(context: ContextOf, request: Request, season_id: str, person: str, token: str) -> Response:
    season = await season_of(season_id, context.store)
    return await page(context, request, season, await guardian_by_link(context, request, season, person, token))


@router.get("/data.json")
async def download(context: ContextOf, request: Request, season_id: str, person: str, token: str) -> Response:
    """What is held of the child, for a guardian for whom somebody stands."""
    season = await season_of(season_id, context.store)
    guardian = await guardian_by_link(context, request, season, person, token)
    stored = guardian.entries[0]
    check_decides(
        season,
        stored,
        stored.members.index(guardian.person) + 1,
        GuardianPages(context).visit(request),
        await context.store.clock.now(),
    )
    child = await context.store.people.find(guardian.person)
    if child is None or not guardian.known:
        raise NotAllowed("consent-not-confirmed")
    return as_file("child.json", await child_data(context, child, guardian.entries))


@router.post("/correction")
async def correct(context: ContextOf, request: Request, season_id: str, person: str, token: str) -> Response:
    """Ask the school to put something right; it is told, and what was asked stays on record."""
    season, sent = await season_of(season_id, context.store, mode="live"), await read_form(request)
    guardian = await guardian_by_link(context, request, season, person, token)
    stored = next((entry for entry in guardian.entries if entry.entry.entry == sent["entry"]), guardian.entries[0])
    member, visit = stored.members.index(guardian.person) + 1, GuardianPages(context).visit(request)
    try:
        await Throttle(context.access.counters, "correction", CORRECTIONS_A_DAY, 86_400, "too-often").spend(token)
        await ask_correction(
            season, stored, member, sent["asked"], visit, await context.store.clock.now(), context.store
        )
    except (Invalid, TooMany) as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, guardian, refused, 422)
    return RedirectResponse(request.url.path.removesuffix("/correction"), status_code=303)


@router.post("")
async def change(context: ContextOf, request: Request, season_id: str, person: str, token: str) -> Response:
    """Change, withdraw, or decide about another entry of the child."""
    season, sent = await season_of(season_id, context.store, mode="live"), await read_form(request)
    guardian = await guardian_by_link(context, request, season, person, token)
    stored = next((entry for entry in guardian.entries if entry.entry.entry == sent["entry"]), None)
    if stored is None:
        raise NotFound("no-such-entry")
    try:
        await decide(
            season,
            stored,
            stored.members.index(guardian.person) + 1,
            purposes_in(sent),
            guardian=sent["guardian"],
            relation=sent["relation"],
            channel="guardian",
            visit=GuardianPages(context).visit(request),
            now=await context.store.clock.now(),
            store=context.store,
            by=guardian.id,
            known=guardian.known,
        )
    except (Invalid, InvalidState) as error:
        return await page(
            context, request, season, guardian, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(request.url.path, status_code=303)


def _decides(season: Season, decision: Decision, visit: Visit, now: int) -> bool:
    try:
        check_decides(season, decision.stored, decision.member, visit, now)
    except NotAllowed:
        return False
    return True


def _since(
    stored: StoredEntry, member: int, guardian: Guardian
) -> tuple[tuple[Mapping[str, Any], ...], tuple[Mapping[str, Any], ...]]:
    """Changes since this guardian agreed last, and what was asked to be put right."""
    agreed = [
        consent.at
        for consent in stored.consents
        if consent.member == member and consent.whose == guardian.id and not consent.lapsed
    ]
    notes = [note for note in stored.history if note.get("changed")]
    changes = tuple(note for note in notes if agreed and note["at"] >= agreed[-1])
    asked = (note for note in stored.history if note["what"] == CORRECTION and note["person"] == guardian.person)
    return changes, tuple(asked) if guardian.known else ()


def _as_decided(newest: Consent, decided: Consent | None) -> FormData:
    """The form with what this guardian said; an entry that they have not decided about is not decided beforehand."""
    values = {"guardian": newest.guardian, "relation": newest.relation}
    if decided:
        values["agree"] = "yes" if TAKE_PART in decided.purposes else "no"
        values |= {name: "yes" for name in SHOWCASE if name in decided.purposes}
    return FormData(values)
