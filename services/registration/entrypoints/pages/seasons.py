"""Seasons for organizers: copy last year's, edit it, see the difference, open it; later amend it with a reason."""

import asyncio
from datetime import datetime
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from services.registration.adapters.drafts import Draft, write_rules
from services.registration.application.ports import Season
from services.registration.application.seasons import amend_season, format_value, open_season, season_of
from services.registration.domain.amendments import differences, not_amendable
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.scope import organizes_something
from shared.errors import Invalid, LaurelError
from shared.http.reports import season_from
from shared.identity import Role
from shared.season.plain_yaml import LONGEST, read_yaml, write_yaml
from shared.season.rules import SeasonRules
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

FIELDS = (
    ("season.id", "season-id"),
    ("season.title.zh", "title-zh"),
    ("season.title.en", "title-en"),
    ("approval.number", "approval"),
    ("serials.prefix", "prefix"),
)
"""What nearly every new season changes, by path in the file and name of its text."""
LONGEST_FILE = LONGEST


router = APIRouter(prefix="/registration", include_in_schema=False)


@router.get("/season-drafts")
async def listed(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    organizes_something(principal)
    seasons = [season for season in await context.read.seasons.all() if principal.may(season.id, Role.CITY_ORGANIZER)]
    language = context.pages.translator(request).language
    options = [(season.id, f"{season.rules.season.title.best(language)} ({season.id})") for season in seasons]
    shown_ = {
        "drafts": await context.drafts.of(principal.account),
        "seasons": seasons,
        "options": options,
        "form": FormData(),
    }
    return context.pages.render(request, "season-drafts.html", shown_)


@router.post("/season-drafts")
async def copy(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """A copy of a season that one organizes, or a file of one's own."""
    organizes_something(principal)
    sent = await read_form(request)
    base = await season_of(sent["from"], context.store)
    principal.require(base.id, Role.CITY_ORGANIZER)
    draft = await context.drafts.add(
        principal.account, base.id, write_rules(base.rules), await context.store.clock.now()
    )
    return RedirectResponse(f"/registration/season-drafts/{draft.id}", status_code=303)


async def draft_page(context: Context, request: Request, draft: Draft, form: FormData, status: int = 200) -> Response:
    base = await season_of(draft.based_on, context.store)
    faults: list[dict[str, Any]] = []
    rules: SeasonRules | None = None
    try:
        rules = await season_from(draft.text.encode())
    except Invalid as refused:
        faults = refused.errors
    language = context.pages.translator(request).language
    return context.pages.render(
        request,
        "season-draft.html",
        {
            "draft": draft,
            "base": base,
            "rules": rules,
            "faults": [{**fault, "text": fault["message"][language]} for fault in faults if "message" in fault],
            "changes": [
                (difference.path, format_value(difference.before), format_value(difference.after))
                for difference in differences(base.rules, rules)
            ]
            if rules
            else [],
            "fields": [(path, name, _at(draft.text, path)) for path, name in FIELDS],
            "windows": _windows(draft.text),
            "same": rules is not None and rules.id == base.id,
            "form": form,
        },
        status=status,
    )


@router.get("/season-drafts/{draft_id}")
async def edit(context: ContextOf, request: Request, draft_id: str, principal: SignedIn) -> Response:
    return await draft_page(context, request, await context.drafts.find(draft_id, principal.account), FormData())


@router.post("/season-drafts/{draft_id}")
async def save(context: ContextOf, request: Request, draft_id: str, principal: SignedIn) -> Response:
    """Keep what was typed, right or not; the page then says what is wrong with it."""
    draft = await context.drafts.find(draft_id, principal.account)
    sent = await request.form()
    text = str(sent.get("text", ""))[:LONGEST_FILE].replace("\r\n", "\n") if "text" in sent else draft.text
    if "text" not in sent:
        values = {str(name): str(value) for name, value in sent.items()}
        text = await asyncio.to_thread(_with_fields, text, values)
    await context.drafts.write(draft_id, text, await context.store.clock.now())
    return RedirectResponse(f"/registration/season-drafts/{draft_id}", status_code=303)


@router.get("/season-drafts/{draft_id}/season.yaml")
async def download(context: ContextOf, draft_id: str, principal: SignedIn) -> Response:
    draft = await context.drafts.find(draft_id, principal.account)
    headers = {"Content-Disposition": 'attachment; filename="season.yaml"'}
    return PlainTextResponse(draft.text, media_type="application/yaml; charset=utf-8", headers=headers)


@router.post("/season-drafts/{draft_id}/open")
async def open_(context: ContextOf, request: Request, draft_id: str, principal: SignedIn) -> Response:
    """Open it, with the units of the season it was copied from. From then on its rules are frozen."""
    draft = await context.drafts.find(draft_id, principal.account)
    try:
        rules = await season_from(draft.text.encode())
        principal.stating(rules.id, rules.series.id).require(rules.id, Role.CITY_ORGANIZER)
        season = await open_season(rules, "live", await context.store.clock.now(), context.store)
        await context.store.units.save(season.id, (await context.read.units.of(draft.based_on)).values())
    except LaurelError as error:
        form = FormData().with_errors(_plain(error), context.pages.translator(request))
        return await draft_page(context, request, draft, form, 409)
    await context.drafts.remove(draft_id)
    return RedirectResponse(f"/registration/seasons/{season.id}", status_code=303)


async def rules_page(
    context: Context, request: Request, season: Season, form: FormData, text: str, status: int = 200
) -> Response:
    now = await context.store.clock.now()
    changes: list[tuple[str, str, str]] = []
    fixed: set[str] = set()
    faults: list[dict[str, Any]] = []
    try:
        rules = await season_from(text.encode())
        changes = [
            (difference.path, format_value(difference.before), format_value(difference.after))
            for difference in differences(season.rules, rules)
        ]
        fixed = {difference.path for difference in not_amendable(season.rules, rules, now)}
    except Invalid as refused:
        language = context.pages.translator(request).language
        faults = [{**error, "text": error["message"][language]} for error in refused.errors if "message" in error]
    return context.pages.render(
        request,
        "season-rules.html",
        {
            **season_frame(season.rules),
            "stored": season,
            "text": text,
            "changes": changes,
            "fixed": fixed,
            "faults": faults,
            "form": form,
        },
        status=status,
    )


@router.get("/seasons/{season_id}/rules")
async def rules_(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season = await season_of(season_id, context.store)
    return await rules_page(context, request, season, FormData(), write_rules(season.rules))


@router.post("/seasons/{season_id}/rules")
async def amend(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """First shows what would change; with `confirm` it is in force."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await season_of(season_id, context.store, mode="live"), await request.form()
    text = str(sent.get("text", ""))[:LONGEST_FILE].replace("\r\n", "\n")
    form = FormData({"reason": str(sent.get("reason", ""))[:500]})
    if sent.get("do") != "confirm":
        return await rules_page(context, request, season, form, text)
    try:
        rules = await season_from(text.encode())
        await amend_season(season, rules, form["reason"], await context.store.clock.now(), context.store)
    except LaurelError as error:
        return await rules_page(
            context, request, season, form.with_errors(_plain(error), context.pages.translator(request)), text, 409
        )
    return RedirectResponse(f"/registration/seasons/{season_id}", status_code=303)


def _plain(error: LaurelError) -> LaurelError:
    """The refusal as one sentence: the faults stand on the page already."""
    return type(error)(error.code, **error.values)


def _tree(text: str) -> dict[str, Any]:
    try:
        stored_yaml = read_yaml(text)
    except yaml.YAMLError:
        return {}
    return stored_yaml if isinstance(stored_yaml, dict) else {}


def _at(text: str, path: str) -> str:
    result: Any = _tree(text)
    for part in path.split("."):
        result = result.get(part, "") if isinstance(result, dict) else ""
    return result if isinstance(result, str) else ""


def _windows(text: str) -> list[tuple[str, str, str]]:
    """The times of the file that fields can change: path, name of the step, and the value as a browser shows it."""
    tree = _tree(text)
    timeline, rounds = tree.get("timeline"), tree.get("rounds")
    slots = [(f"timeline.{name}", name, slot) for name, slot in timeline.items()] if isinstance(timeline, dict) else []
    slots += [
        (f"rounds.{round_.get('id')}.judging", str(round_.get("id")), round_.get("judging"))
        for round_ in (rounds if isinstance(rounds, list) else ())
        if isinstance(round_, dict)
    ]
    return [
        (f"{path}.{end}", name, _local(slot[end]))
        for path, name, slot in slots
        for end in ("opens", "closes")
        if isinstance(slot, dict) and isinstance(slot.get(end), str)
    ]


def _local(written_: str) -> str:
    """A time as `datetime-local` fields hold it; its offset, if it has one, is kept apart."""
    try:
        return f"{datetime.fromisoformat(written_):%Y-%m-%dT%H:%M:%S}"
    except ValueError:
        return ""


def _with_fields(text: str, values: dict[str, str]) -> str:
    """The file with these values at their paths."""
    tree = _tree(text)
    for path, value in values.items():
        parts = path.split(".")
        place: Any = tree
        for part in parts[:-1]:
            if isinstance(place, list):
                place = next((item for item in place if isinstance(item, dict) and item.get("id") == part), None)
            else:
                place = place.get(part) if isinstance(place, dict) else None
        if isinstance(place, dict) and value.strip() and _at_place(place.get(parts[-1])) != value.strip():
            place[parts[-1]] = _with_offset(place.get(parts[-1]), value.strip())
    return write_yaml(tree)


def _at_place(value: Any) -> str:
    return (_local(value) or value) if isinstance(value, str) else ""


def _with_offset(before: Any, value: str) -> str:
    """A changed time is in the season's zone, unless it was written with an offset."""
    try:
        zone = datetime.fromisoformat(before).tzinfo if isinstance(before, str) else None
        return datetime.fromisoformat(value).replace(tzinfo=zone).isoformat() if zone else value
    except ValueError:
        return value
