"""Seasons for organizers: begin one or copy last year's, edit it, see the difference, open it; later amend it with a reason."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import yaml
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from services.registration.adapters.drafts import templates
from services.registration.application.drafting import (
    Draft,
    base_of,
    begin_by_steps,
    changes_of,
    copy_season,
    keep_file,
    open_draft,
)
from services.registration.application.ports import Season
from services.registration.application.season_steps import read_draft
from services.registration.application.seasons import amend_season, season_of
from services.registration.domain.amendments import not_amendable
from services.registration.domain.beginnings import BLANK
from services.registration.entrypoints.amendment_words import history_in_words
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.pages.season_steps import EVERY_STEP, Words, frame
from services.registration.entrypoints.scope import organizes_something
from shared.errors import Invalid, LaurelError
from shared.http.reports import faults_in, season_from
from shared.identity import Principal, Role
from shared.season.plain_yaml import LONGEST, read_yaml
from shared.season.writing import write_rules
from shared.sheets.encodings import Reading
from shared.web.confirming import FIELD, FinalAct, require_word
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame
from shared.web.tables import refused_table, sent_table

LONGEST_FILE = LONGEST
READY = "ready:"
"""Before the name of a ready file, where it stands beside seasons to begin with."""


router = APIRouter(prefix="/registration", include_in_schema=False)


async def list_page(
    context: Context,
    request: Request,
    principal: Principal,
    form: FormData,
    status: int = 200,
    *,
    readings: Sequence[Reading] = (),
) -> Response:
    """Where a season begins: one's drafts, and what a new one may be begun with."""
    language = context.pages.translator(request).language
    seasons = [season for season in await context.read.seasons.all() if principal.may(season.id, Role.CITY_ORGANIZER)]
    seasons.sort(key=lambda season: season.rules.window("registration").opens, reverse=True)
    drafts = await context.drafts.of(principal.account)
    if "from" not in form.values:
        usual = seasons[0].id if seasons else READY + BLANK
        form = replace(form, values={**form.values, "from": usual})
    shown = {
        "drafts": [(draft, await asyncio.to_thread(_title, draft.text, language)) for draft in drafts],
        "seasons": seasons,
        "templates": [*(name for name in templates() if name != BLANK), BLANK],
        "ready": READY,
        "form": form,
        "readings": readings,
    }
    return context.pages.render(request, "season-drafts.html", shown, status=status)


@router.get("/season-drafts")
async def listed(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    organizes_something(principal)
    return await list_page(context, request, principal, FormData())


@router.post("/season-drafts")
async def begin(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """A draft with a season that one organizes, or with a ready file; then its first step."""
    organizes_something(principal)
    sent = await read_form(request)
    command = context.command_of(request, sent)
    base = sent["from"]
    try:
        if base.startswith(READY):
            draft = await begin_by_steps(
                base.removeprefix(READY),
                templates(),
                sent.values,
                principal,
                command,
                context.store,
                context.drafts,
            )
        else:
            draft = await copy_season(base, sent.values, principal, command, context.store, context.drafts)
    except Invalid as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await list_page(context, request, principal, refused, 422)
    return RedirectResponse(f"/registration/season-drafts/{draft.id}/{EVERY_STEP[0]}", status_code=303)


@router.post("/season-files")
async def upload(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """A draft with a file of one's own; what is wrong with it stands on its page."""
    organizes_something(principal)
    sent, file = await read_form(request), await sent_table(request)
    try:
        content = await file.content()
        command = context.command_of(request, FormData({**sent.values, "file": sha256(content).hexdigest()}))
        draft = await keep_file(content, principal, command, context.store, context.drafts)
    except LaurelError as error:
        refused, readings = await refused_table(sent, file, error, context.pages.translator(request))
        return await list_page(context, request, principal, refused, 422, readings=readings)
    return RedirectResponse(f"/registration/season-drafts/{draft.id}", status_code=303)


async def draft_page(context: Context, request: Request, draft: Draft, form: FormData, status: int = 200) -> Response:
    base = await base_of(draft, context.store)
    rules, faults = await faults_in(draft.text)
    words = Words(context.pages.translator(request))
    language = words.t.language
    return context.pages.render(
        request,
        "season-draft.html",
        {
            **frame(draft, await asyncio.to_thread(read_draft, draft.text), "", words),
            "base": base,
            "rules": rules,
            "faults": [{**fault, "text": fault["message"][language]} for fault in faults],
            "changes": changes_of(base, rules),
            "same": base is not None and rules is not None and rules.id == base.id,
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
    text = str(sent.get("text", draft.text))[:LONGEST_FILE].replace("\r\n", "\n")
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
    draft, sent = await context.drafts.find(draft_id, principal.account), await read_form(request)
    try:
        require_word(context.pages, request, sent, FinalAct.OPEN_SEASON)
        rules = await season_from(draft.text.encode())
        season = await open_draft(draft, rules, principal, context.store, context.drafts)
    except LaurelError as error:
        form = sent.with_errors(_plain(error), context.pages.translator(request))
        return await draft_page(context, request, draft, form, 422 if form.errors else 409)
    return RedirectResponse(f"/registration/seasons/{season.id}/overview", status_code=303)


async def rules_page(
    context: Context, request: Request, season: Season, form: FormData, text: str, status: int = 200
) -> Response:
    now = await context.store.clock.now()
    rules, faults = await faults_in(text)
    words = Words(context.pages.translator(request))
    language = words.t.language
    return context.pages.render(
        request,
        "season-rules.html",
        {
            **season_frame(season.rules, season.mode),
            "stored": season,
            "history": history_in_words(season, words, now),
            "amended": request.query_params.get("amended", "") == str(season.version),
            "text": text,
            "changes": changes_of(season, rules),
            "fixed": {difference.path for difference in not_amendable(season.rules, rules, now)} if rules else set(),
            "faults": [{**fault, "text": fault["message"][language]} for fault in faults],
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
    form = FormData({name: str(sent.get(name, ""))[:500] for name in ("reason", FIELD)})
    if sent.get("do") != "confirm":
        return await rules_page(context, request, season, form, text)
    try:
        require_word(context.pages, request, form, FinalAct.AMEND)
        rules = await season_from(text.encode())
        now = await context.store.clock.now()
        await amend_season(season, rules, form["reason"], principal, now, context.store, context.audit)
    except LaurelError as error:
        return await rules_page(
            context, request, season, form.with_errors(_plain(error), context.pages.translator(request)), text, 409
        )
    return RedirectResponse(f"/registration/seasons/{season_id}", status_code=303)


def _plain(error: LaurelError) -> LaurelError:
    """The refusal as one sentence: the faults of the file stand on the page already."""
    return (
        error if any(item.get("field") == FIELD for item in error.errors) else type(error)(error.code, **error.values)
    )


def _tree(text: str) -> dict[str, Any]:
    try:
        stored_yaml = read_yaml(text)
    except yaml.YAMLError:
        return {}
    return stored_yaml if isinstance(stored_yaml, dict) else {}


def _title(text: str, language: str) -> str:
    """What the season of a draft is called; empty where the file does not say."""
    return _at(text, f"season.title.{language}") or _at(text, "season.title.zh") or _at(text, "season.title.en")


def _at(text: str, path: str) -> str:
    result: Any = _tree(text)
    for part in path.split("."):
        result = result.get(part, "") if isinstance(result, dict) else ""
    return result if isinstance(result, str) else ""
