"""The chief judge's page: what is missing, open or out of line in a round; live while ballots arrive."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from services.judging.application.overseeing import STANDS_OUT, PanelReliability, oversee, progress
from services.judging.application.ports import JudgedSeason
from services.judging.application.reopening import ballot_hash, look_at_ballot, reopen
from services.judging.application.rounds import settle
from services.judging.application.signing import signatory
from services.judging.domain.agreement import agreement_of, reliability_of
from services.judging.domain.facts import Ballot
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import LaurelError
from shared.identity import Principal, Role
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

SECONDS = 2
LONGEST = 900
"""After so many rounds a stream ends; the browser opens it again."""
ROW, TOP = 28, 20


router = APIRouter(prefix="/judging/seasons/{season_id}/chief", include_in_schema=False)


def require_chief(principal: Principal, season_id: str) -> None:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE, Role.AUDITOR)


async def page(
    context: Context, request: Request, season: JudgedSeason, principal: Principal, form: FormData, status: int = 200
) -> Response:
    asked = form["round"] or request.query_params.get("round", season.shown.id)
    round_ = next((each_round for each_round in season.rules.rounds if each_round.id == asked), season.shown)
    whole = await oversee(season, round_, context.store)
    values: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "round": round_,
        "overview": whole,
        "closed": round_.id in season.closings,
        "may_decide": principal.may(season.id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE),
        "charts": [severity_chart(quality) for quality in whole.qualities],
        "recusals": await context.facts.recusals(season.id),
        "limit": STANDS_OUT,
    }
    return context.pages.render(request, "chief.html", values, status=status)


@router.get("")
async def overview(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    require_chief(principal, season_id)
    return await page(context, request, await context.season(season_id), principal, FormData())


@router.get("/live")
async def live(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> StreamingResponse:
    """Counts as server-sent events, whenever they change."""
    require_chief(principal, season_id)
    await context.season(season_id)

    async def events() -> AsyncIterator[str]:
        last = ""
        for _ in range(LONGEST):
            if await request.is_disconnected():
                return
            season = await context.season(season_id)
            done = await progress(season, season.shown, context.store)
            data = json.dumps(
                {
                    "submitted": sum(progress.submitted for progress in done),
                    "expected": sum(progress.assigned for progress in done),
                    "judges": {progress.judge: [progress.submitted, progress.assigned] for progress in done},
                }
            )
            yield f"data: {data}\n\n" if data != last else ": still here\n\n"
            last = data
            await asyncio.sleep(SECONDS)

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.post("/decisions")
async def decide(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season, sent = await context.season(season_id), await read_form(request)
    first = [str(value) for value in (await request.form()).getlist("first")]
    try:
        by = await signatory(season, principal, context.store)
        await settle(season, sent["round"], first, sent["reason"], by, context.store)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, principal, refused, 409)
    return RedirectResponse(f"/judging/seasons/{season_id}/chief?round={sent['round']}", status_code=303)


async def reopening_page(
    context: Context, request: Request, season: JudgedSeason, ballot: Ballot, form: FormData, status: int = 200
) -> Response:
    """Which ballot it is, and the button."""
    page = {**season_frame(season.rules, season.mode), "ballot": ballot, "about": ballot_hash(ballot), "form": form}
    return context.pages.render(request, "reopening.html", page, status=status)


@router.post("/reopening")
async def open_again(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """First shows the ballot that is meant; as it was shown, it is opened again."""
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season, sent = await context.season(season_id), await read_form(request)
    named = (season.shown.id, sent["entry"], sent["component"], sent["judge"])
    ballot: Ballot | None = None
    try:
        ballot = await look_at_ballot(season, *named, context.store)
        if not sent["about"]:
            return await reopening_page(context, request, season, ballot, sent)
        by, chief = await signatory(season, principal, context.store), principal.may(season_id, Role.CHIEF_JUDGE)
        await reopen(season, *named, sent["reason"], by, context.store, chief=chief, seen=sent["about"])
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        if ballot and sent["about"]:
            return await reopening_page(context, request, season, ballot, refused, 409)
        return await page(context, request, season, principal, refused, 409)
    return RedirectResponse(f"/judging/seasons/{season_id}/chief", status_code=303)


def severity_chart(quality: PanelReliability) -> dict[str, Any]:
    """Each judge as a dot right (lenient) or left (strict) of the middle, in percent of the width."""
    most = max([2 * STANDS_OUT, *(abs(mark.severity) for mark in quality.marks)])

    def x(points: float) -> float:
        return round(65 + 31 * points / most, 1)

    return {
        "quality": quality,
        "agreement": quality.intraclass and agreement_of(quality.intraclass.random),
        "reliability": None if quality.alpha is None else reliability_of(quality.alpha),
        "height": TOP + ROW * len(quality.marks) + 24,
        "middle": x(0),
        "low": x(-STANDS_OUT),
        "band": round(x(STANDS_OUT) - x(-STANDS_OUT), 1),
        "dots": [
            {"y": TOP + ROW * number, "x": x(mark.severity), "mark": mark} for number, mark in enumerate(quality.marks)
        ],
    }
