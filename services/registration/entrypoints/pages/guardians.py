"""A guardian's own page: what they agreed to for a child, to look at, to change and to withdraw, without an account."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.consenting import consent_needed, decide
from services.registration.application.guardians import Guardian, Visit, check_decides, decides_alone, guardian
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.consent import SHOWCASE, TAKE_PART, Consent, current
from services.registration.entrypoints.context import Context, ContextOf
from services.registration.entrypoints.guardian_links import GuardianPages
from services.registration.entrypoints.pages.consent import purposes_in
from shared.errors import Invalid, InvalidState, NotAllowed, NotFound
from shared.identity.authenticator import current_user as visitor
from shared.names import mask_name
from shared.web.forms import FormData, read_form
from shared.web.qr import qr_svg
from shared.web.season_header import season_frame


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
        own = decided is not None and decided.by == guardian.id
        form = sent if sent and sent["entry"] == stored.entry.entry else _as_decided(newest, decided if own else None)
        asked = member in consent_needed(season, stored, now)
        decisions.append(Decision(stored, member, decided, own, asked, form))
    first = decisions[0]
    wanted = sent["entry"] if sent else request.query_params.get("entry", "")
    waiting = next((decision for decision in decisions if decision.asked), first)
    chosen = next((decision for decision in decisions if decision.stored.entry.entry == wanted), waiting)
    url = f"{context.settings.public_url}{request.url.path}"
    return context.pages.render(
        request,
        "guardian.html",
        {
            **season_frame(season.rules),
            "child": mask_name(first.stored.entry.members[first.member - 1].name.best),
            "for_child": not decides_alone(season, first.stored, first.member, now),
            "known": guardian.known,
            "decisions": decisions,
            "chosen": chosen,
            "decides": _decides(season, first, GuardianPages(context).visit(request), now),
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


def _as_decided(newest: Consent, decided: Consent | None) -> FormData:
    """The form with what this guardian said; an entry that they have not decided about is not decided beforehand."""
    values = {"guardian": newest.guardian, "relation": newest.relation}
    if decided:
        values["agree"] = "yes" if TAKE_PART in decided.purposes else "no"
        values |= {name: "yes" for name in SHOWCASE if name in decided.purposes}
    return FormData(values)
