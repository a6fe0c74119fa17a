"""Amending an open season by forms: begun as a draft of its rules, looked at in words, put in force by a typed word."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.drafting import (
    Draft,
    amend_by_draft,
    amendment_hash,
    amends,
    base_of,
    copy_season,
)
from services.registration.application.ports import Season
from services.registration.application.season_steps import read_draft
from services.registration.application.seasons import season_of
from services.registration.domain.amendments import differences, not_amendable
from services.registration.entrypoints.amendment_words import (
    changes_in_words,
    count_people,
    history_in_words,
    tree_of,
)
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.pages.season_steps import EVERY_STEP, Words
from shared.errors import InvalidState, LaurelError
from shared.http.reports import season_from
from shared.identity import Role
from shared.season.rules import SeasonRules
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame

router = APIRouter(prefix="/registration", include_in_schema=False)


@router.post("/seasons/{season_id}/amendment")
async def begin(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """A draft of the rules as they are, to be changed by forms."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    await season_of(season_id, context.store, mode="live")
    command = context.command_of(request, await read_form(request))
    draft = await copy_season(season_id, {}, principal, command, context.store, context.drafts)
    return RedirectResponse(f"/registration/season-drafts/{draft.id}/{EVERY_STEP[0]}", status_code=303)


async def amendment_page(
    context: Context,
    request: Request,
    draft: Draft,
    season: Season,
    rules: SeasonRules,
    form: FormData,
    status: int = 200,
) -> Response:
    """What an amendment would change, in words, whom it concerns, and the form that puts it in force."""
    words, now = Words(context.pages.translator(request)), await context.store.clock.now()
    fixed = [difference.path for difference in not_amendable(season.rules, rules, now)]
    changes = changes_in_words(
        differences(season.rules, rules),
        (tree_of(rules), tree_of(season.rules)),
        words,
        now,
        fixed=fixed,
        counts=await count_people(context, season),
    )
    page: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "draft": draft,
        "stored": season,
        "changes": changes,
        "fixed": [change for change in changes if change.fixed],
        "history": history_in_words(season, words, now),
        "seen": amendment_hash(season, rules),
        "form": form,
    }
    return context.pages.render(request, "amendment.html", page, status=status)


async def _looked_at(context: Context, draft: Draft) -> tuple[Season, SeasonRules] | None:
    """The season that the draft amends, and the rules that it states; None where it has faults or is of another season."""
    season = await base_of(draft, context.store)
    rules = (await asyncio.to_thread(read_draft, draft.text)).rules
    return (season, rules) if season and rules and amends(season, rules) else None


@router.get("/season-drafts/{draft_id}/amendment")
async def show(context: ContextOf, request: Request, draft_id: str, principal: SignedIn) -> Response:
    draft = await context.drafts.find(draft_id, principal.account)
    looked_at = await _looked_at(context, draft)
    if looked_at is None:
        return RedirectResponse(f"/registration/season-drafts/{draft.id}/{EVERY_STEP[-1]}", status_code=303)
    return await amendment_page(context, request, draft, *looked_at, FormData())


@router.post("/season-drafts/{draft_id}/amendment")
async def apply(context: ContextOf, request: Request, draft_id: str, principal: SignedIn) -> Response:
    """Put it in force as it was looked at; refused, the page says why and keeps the reason."""
    draft, sent = await context.drafts.find(draft_id, principal.account), await read_form(request)
    looked_at = await _looked_at(context, draft)
    try:
        if looked_at is None:
            raise InvalidState("amend-other-season")
        require_word(context.pages, request, sent, FinalAct.AMEND)
        rules = await season_from(draft.text.encode())
        season = await amend_by_draft(
            draft, rules, sent["seen"], sent["reason"], principal, context.store, context.drafts, context.audit
        )
    except LaurelError as error:
        if looked_at is None:
            raise
        refused = sent.with_errors(error, context.pages.translator(request))
        return await amendment_page(context, request, draft, *looked_at, refused, refused_status(error))
    return RedirectResponse(f"/registration/seasons/{season.id}/rules?amended={season.version}", status_code=303)
