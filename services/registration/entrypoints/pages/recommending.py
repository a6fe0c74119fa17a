"""Recommendation of a unit: what it forwarded, what waits for it, and forwarding, sending back and rejecting by forms."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import StoredEntry
from services.registration.application.recommending import (
    Acting,
    TrackDesk,
    Wanted,
    act_on,
    candidate_of,
    recommendation_of,
)
from services.registration.domain.recommending import Act, Acted, standing_forwards
from services.registration.entrypoints.access import StaffView, staff_view
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.recommending import desks_of
from shared.errors import Invalid, InvalidState
from shared.web.confirming import FIELD, FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame

OPINION = "opinion"
"""The field of an opinion, which is kept in the language of its page."""

router = APIRouter(prefix="/registration/seasons/{season_id}/recommendations", include_in_schema=False)


def form_name(entry: str, act: str) -> str:
    """What tells the form of an act on an entry from the others of the page; the names of its fields end with it."""
    return f"{entry}-{act}"


def next_rank(desk: TrackDesk) -> int:
    """The lowest rank that no forward of the unit has."""
    used = {line.rank for line in desk.forwarded}
    return next(rank for rank in range(1, len(used) + 2) if rank not in used)


def came_back_with(stored: StoredEntry) -> Acted | None:
    """How the level above sent the entry back, if that is why it waits here."""
    last = stored.later.acts[-1] if stored.later.acts else None
    return last if last and last.act == Act.RETURN else None


async def page(context: Context, request: Request, look: StaffView, form: FormData, status: int = 200) -> Response:
    """What the unit has before it; a form that was refused stands open with what was typed."""
    desks, rules = await desks_of(context, look), recommendation_of(look.season)
    waiting = [line.stored for desk in desks for line in desk.waiting]
    ranks = {
        f"rank-{form_name(line.stored.entry.entry, Act.FORWARD)}": str(next_rank(desk))
        for desk in desks
        for line in desk.waiting
    }
    sent_for, sent_as = form["entry"], form_name(form["entry"], form["act"])
    shown = {
        **season_frame(look.season.rules, look.season.mode),
        "unit": look.units.get(look.scope.unit),
        "units": look.units,
        "recommends": look.scope.level in rules.levels,
        "window": rules.windows.get(look.scope.level),
        "levels": rules.levels,
        "desks": desks,
        "came_back": {stored.entry.entry: came_back_with(stored) for stored in waiting},
        "from_below": {stored.entry.entry: standing_forwards(stored.later.acts) for stored in waiting},
        "acts": look.scope.decides and look.season.mode == "live",
        "sent_for": sent_for,
        "left_over": "" if sent_for in {stored.entry.entry for stored in waiting} else form[f"{OPINION}-{sent_as}"],
        "done": await _done(context, look, request.query_params.get("done", "")[:64]),
        "form": FormData({**ranks, **form.values}, form.errors, form.message),
    }
    return context.pages.render(request, "recommendations.html", shown, status=status)


async def _done(context: Context, look: StaffView, entry: str) -> tuple[StoredEntry, Acted] | None:
    """What the unit did last with the entry that the address names."""
    stored = await context.store.entries.find(look.season.id, entry) if entry else None
    if stored is None or not look.scope.holds(stored.entry.unit) or not stored.later.acts:
        return None
    last = stored.later.acts[-1]
    shown = candidate_of(look.season, stored).takes_part and last.unit == look.scope.unit
    return (stored, last) if shown else None


@router.get("")
async def show(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Track by track."""
    return await page(context, request, await staff_view(context, season_id, principal), FormData())


@router.post("")
async def act(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Forward, send back or reject one entry; to reject it asks for the word."""
    look = await staff_view(context, season_id, principal, mode="live", decides=True)
    recommendation_of(look.season)
    sent = await read_form(request)
    name, chinese = form_name(sent["entry"], sent["act"]), context.pages.translator(request).language == "zh"
    opinion = sent[f"{OPINION}-{name}"]
    wanted = Wanted(
        sent["act"],
        sent[f"rank-{name}"],
        opinion_zh=opinion if chinese else "",
        opinion_en="" if chinese else opinion,
    )
    by = Acting(look.scope.unit, look.scope.level, principal.account, sent[f"by-{name}"])
    try:
        if sent["act"] == Act.REJECT:
            require_word(context.pages, request, sent, FinalAct.REJECT)
        now = await context.store.clock.now()
        await act_on(look.season, sent["entry"], wanted, by, look.units, now, context.store)
    except (Invalid, InvalidState) as error:
        error.errors = [{**item, "field": _field(item["field"], name)} for item in error.errors]
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, look, refused, refused_status(error))
    return RedirectResponse(f"{request.url.path}?done={sent['entry']}", status_code=303)


def _field(named: str, form: str) -> str:
    """The field of the form that an error is about."""
    if named == FIELD:
        return named
    return f"{OPINION if named.startswith(OPINION) else named}-{form}"
