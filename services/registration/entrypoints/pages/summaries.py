"""Summaries of units: the list, one's own to write and file, and the scores that the organizer gives."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import StoredSummary
from services.registration.application.summarizing import is_taken
from services.registration.domain.summaries import MOST_TEXT, award_of, filing_window
from services.registration.entrypoints import summary_access
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.http.summaries import state_of
from shared.errors import Invalid, InvalidState
from shared.identity import Principal
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame

ITEM = "item-"
"""What the fields of scores begin with."""

router = APIRouter(prefix="/registration/seasons/{season_id}/summaries", include_in_schema=False)


@router.get("")
async def listed(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Which units have filed theirs, and which are scored; whoever administers a single one goes to it."""
    look = await staff_view(context, season_id, principal)
    units = summary_access.units_that_file(look)
    if len(units) == 1 and summary_access.files(look, units[0].unit):
        return RedirectResponse(f"/registration/seasons/{season_id}/summaries/{units[0].unit}", status_code=303)
    kept = await context.store.summaries.of(season_id)
    lines = [(unit, kept.get(unit.unit) or StoredSummary(season_id, unit.unit, 0, None, "")) for unit in units]
    states = {unit.unit: state_of(stored) for unit, stored in lines}
    shown = {
        **season_frame(look.season.rules, look.season.mode),
        "lines": lines,
        "states": states,
        "filed": sum(state in ("filed", "scored") for state in states.values()),
        "unscored": sum(state == "filed" for state in states.values()),
        "window": filing_window(look.season.rules),
    }
    return context.pages.render(request, "summaries.html", shown)


async def page(
    context: Context,
    request: Request,
    season_id: str,
    unit: str,
    principal: Principal,
    form: FormData,
    status: int = 200,
) -> Response:
    look, stored = await summary_access.look_at(context, season_id, unit, principal)
    rules, now = look.season.rules, await context.store.clock.now()
    window = filing_window(rules)
    given = {f"{ITEM}{name}": f"{score:f}" for name, score in stored.items.items()}
    values = {"text": stored.text, **given, **form.values}
    shown = {
        **season_frame(rules, look.season.mode),
        "unit": look.units[unit],
        "stored": stored,
        "state": state_of(stored),
        "items": award_of(rules).summary,
        "figures": await context.read.unit_figures.of(season_id, summary_access.schools_of(look, unit)),
        "writes": summary_access.files(look, unit) and is_taken(look.season, stored, now),
        "early": now < window.opens,
        "late": now > window.due,
        "window": window,
        "most": MOST_TEXT,
        "scores": summary_access.scores(look) and stored.submitted_at is not None,
        "history": sorted(stored.history, key=lambda note: note["at"]),
        "lists": not (summary_access.files(look, unit) and len(summary_access.units_that_file(look)) == 1),
        "form": FormData(values, form.errors, form.message),
    }
    return context.pages.render(request, "summary.html", shown, status=status)


@router.get("/{unit}")
async def show(context: ContextOf, request: Request, season_id: str, unit: str, principal: SignedIn) -> Response:
    return await page(context, request, season_id, unit, principal, FormData())


@router.post("/{unit}")
async def write(context: ContextOf, request: Request, season_id: str, unit: str, principal: SignedIn) -> Response:
    """`do=draft` keeps it, anything else files it."""
    sent = await read_form(request)
    try:
        await summary_access.write(
            context, season_id, unit, sent["text"], filing=sent["do"] != "draft", principal=principal
        )
    except (Invalid, InvalidState) as error:
        return await _refused(context, request, season_id, unit, principal, sent, error)
    return RedirectResponse(f"/registration/seasons/{season_id}/summaries/{unit}", status_code=303)


@router.post("/{unit}/scores")
async def score(context: ContextOf, request: Request, season_id: str, unit: str, principal: SignedIn) -> Response:
    """The scores of all items."""
    sent = await read_form(request)
    cells = {name.removeprefix(ITEM): value for name, value in sent.values.items() if name.startswith(ITEM)}
    try:
        await summary_access.score(context, season_id, unit, cells, sent["reason"], principal)
    except (Invalid, InvalidState) as error:
        error.errors = [{**item, "field": f"{ITEM}{item['field']}"} for item in error.errors]
        return await _refused(context, request, season_id, unit, principal, sent, error)
    return RedirectResponse(f"/registration/seasons/{season_id}/summaries/{unit}", status_code=303)


async def _refused(
    context: Context,
    request: Request,
    season_id: str,
    unit: str,
    principal: Principal,
    sent: FormData,
    error: Invalid | InvalidState,
) -> Response:
    form = sent.with_errors(error, context.pages.translator(request))
    return await page(context, request, season_id, unit, principal, form, refused_status(error))
