"""The organizer's results: how far judging is, the ranking as it stands, and the three steps to final awards."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.judging.application.finalizing import DERIVED, announce, announce_part, finalize, sign
from services.judging.application.gathering import compute_results, load_facts
from services.judging.application.handing_out import (
    DEFAULT_SEED,
    PanelPlan,
    PanelWishes,
    hand_out,
    meanings,
    plan_panels,
)
from services.judging.application.loads import look_at_loads
from services.judging.application.ports import JudgedSeason
from services.judging.application.rounds import close_round
from services.judging.application.signing import signatory
from services.judging.application.stepping import Step, StepName, check_looked_at, look_at_step
from services.judging.domain.results import Results
from services.judging.domain.rounding import format_fixed, format_kept
from services.judging.domain.signatures import Signatory
from services.judging.domain.stages import PUBLIC, STATED_FINAL
from services.judging.domain.support import unsupported_rules
from services.judging.domain.unit_awards import UnitStatus
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from services.judging.entrypoints.showing import MOST_SHOWN, cell, key_of, label_of, overview, steps
from shared.errors import InvalidState, LaurelError
from shared.identity import Principal, Role
from shared.season.csv_rows import whole_number
from shared.states import ResultStage
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame
from shared.web.translation import Translator

FIRST_FINAL = 2
"""The revision of the first final results."""
"""Of judges. Ballots of a shadow judge 见习评委 never count; an automatic one is a program that hands in test scores."""


router = APIRouter(prefix="/judging/seasons/{season_id}", include_in_schema=False)


async def results_page(
    context: Context, request: Request, season: JudgedSeason, principal: Principal, form: FormData, status: int = 200
) -> Response:
    missing, t = unsupported_rules(season.rules), context.pages.translator(request)
    page: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "stage": season.stage,
        "missing": missing,
        "form": form,
        "may_decide": principal.may(season.id, Role.CITY_ORGANIZER),
        "may_name": named_stage(season, principal),
        "steps": steps(season),
        "early": early_steps(t, season),
        "ballots": await context.scores.count(season.id, season.shown.id),
        "final": await context.results.find(season.id, ResultStage.FINAL),
        "signature": season.signature,
        "notices": await notices(context, season),
        "fixed": format_fixed,
        "text": format_kept,
        "results": None,
        "shown": None,
    }
    if not missing:
        facts = await load_facts(season, context.store)
        results = await asyncio.to_thread(
            compute_results, facts, ResultStage.FINAL if season.settled else ResultStage.PROVISIONAL
        )
        page |= shown_round(t, season, results, request.query_params)
    return context.pages.render(request, "results.html", page, status=status)


def named_stage(season: JudgedSeason, principal: Principal) -> str:
    """The results whose instructors registration names to this reader; empty before anything was announced."""
    if not principal.may(season.id, Role.CITY_ORGANIZER, Role.AUDITOR) or season.stage not in PUBLIC:
        return ""
    return ResultStage.FINAL if season.stage in STATED_FINAL else ResultStage.PROVISIONAL


async def notices(context: Context, season: JudgedSeason) -> list[dict[str, Any]]:
    """Notices of their own that can be given, or were: of rounds before the last, of derived awards."""
    rounds = [round_ for round_ in season.rules.rounds[:-1] if round_.id in season.closings and round_.awards]
    parts: list[tuple[str, Any]] = [(round_.id, round_.title) for round_ in rounds]
    if season.announced_at is not None and (season.rules.instructor_award or season.rules.unit_award):
        parts.append((DERIVED, None))
    documents = []
    for part, title in parts:
        told = await context.results.find(season.id, f"notice-{part}")
        documents.append({"part": part, "title": title, "at": told.at if told else None})
    return documents


@router.get("/results")
async def results(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE, Role.AUDITOR)
    return await results_page(context, request, await context.season(season_id), principal, FormData())


WORDS: Mapping[StepName, FinalAct] = {
    "closing": FinalAct.CLOSE,
    "announcement": FinalAct.PUBLISH,
    "notice": FinalAct.PUBLISH,
    "finalization": FinalAct.FINALIZE,
}
"""What is typed to take a step."""


async def step_page(
    context: Context, request: Request, season: JudgedSeason, step: Step, form: FormData, status: int = 200
) -> Response:
    """What the step is about, and its button."""
    page = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "step": step,
        "round": season.rules.round(step.part) if step.part and step.part != DERIVED else None,
        "action": f"notices/{step.part}" if step.name == "notice" else step.name,
        "public": await becomes_public(context, context.pages.translator(request), season)
        if step.name == "announcement"
        else None,
        "notice_window": season.rules.window("results_notice"),
        "word": WORDS[step.name],
    }
    return context.pages.render(request, "step.html", page, status=status)


async def becomes_public(context: Context, t: Translator, season: JudgedSeason) -> dict[str, Any]:
    """By round and group, how many entries have which tier: what the notice will list."""
    facts = await load_facts(season, context.store)
    results = await asyncio.to_thread(
        compute_results, facts, ResultStage.FINAL if season.settled else ResultStage.PROVISIONAL
    )
    shown = [round_ for round_ in results.rounds if season.rules.round(round_.round).awards]
    return {
        "rounds": [
            {
                "round": season.rules.round(round_.round),
                "groups": overview(t, season.rules, round_),
            }
            for round_ in shown
        ],
        "instructors": sum(line.awarded for line in results.instructors),
        "units": sum(line.status == UnitStatus.NAMED for line in results.units),
    }


@router.get("/steps/{name}")
async def look(
    context: ContextOf, request: Request, season_id: str, name: StepName, principal: SignedIn, part: str = ""
) -> Response:
    """What a step that cannot be undone is about, before it is taken."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season = await context.season(season_id)
    try:
        step = await look_at_step(season, name, part, context.store, context.objections, context.entered)
    except InvalidState as error:
        refused = FormData().with_errors(error, context.pages.translator(request))
        return await results_page(context, request, season, principal, refused, 409)
    return await step_page(context, request, season, step, FormData())


async def take_step(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    name: StepName,
    act: Callable[[JudgedSeason, str, Signatory], Awaitable[None]],
    part: str = "",
) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    step: Step | None = None
    try:
        step = await look_at_step(season, name, part, context.store, context.objections, context.entered)
        check_looked_at(step, sent["about"])
        require_word(context.pages, request, sent, WORDS[name])
        await act(season, sent["reason"], await signatory(season, principal, context.store))
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        if step:
            return await step_page(context, request, season, step, refused, refused_status(error))
        return await results_page(context, request, season, principal, refused, 409)
    return RedirectResponse(f"/judging/seasons/{season_id}/results", status_code=303)


@router.post("/closing")
async def close(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await take_step(
        context,
        request,
        season_id,
        principal,
        "closing",
        lambda s, reason, by: close_round(s, s.shown.id, None, reason, by, context.store),
    )


@router.post("/announcement")
async def announcement(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await take_step(
        context, request, season_id, principal, "announcement", lambda s, _, by: announce(s, None, by, context.store)
    )


@router.post("/notices/{part}")
async def announcement_of(
    context: ContextOf, request: Request, season_id: str, part: str, principal: SignedIn
) -> Response:
    return await take_step(
        context,
        request,
        season_id,
        principal,
        "notice",
        lambda s, _, by: announce_part(s, part, None, by, context.store),
        part,
    )


@router.post("/finalization")
async def finalization(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await take_step(
        context,
        request,
        season_id,
        principal,
        "finalization",
        lambda s, reason, by: finalize(s, None, reason, by, context.store),
    )


@router.post("/signature")
async def signature(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """The first of two people signs the results as they are; nothing ends by it."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        await sign(season, await signatory(season, principal, context.store), context.store)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await results_page(context, request, season, principal, refused, 409)
    return RedirectResponse(f"/judging/seasons/{season_id}/results", status_code=303)


async def wishes_of(request: Request, sent: FormData) -> PanelWishes:
    """What the form asks of an assignment."""
    form, seed = await request.form(), whole_number(sent["seed"])
    absent, reserves = ([str(value) for value in form.getlist(name)] for name in ("absent", "reserves"))
    return PanelWishes(DEFAULT_SEED if seed is None else seed, absent, reserves)


@router.post("/panels/preview")
async def preview_panels(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season, sent = await context.season(season_id), await read_form(request)
    wishes = await wishes_of(request, sent)
    try:
        plan = await plan_panels(season, wishes, context.store)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await judges_page(context, request, season, refused, 409, wishes=wishes)
    return await judges_page(context, request, season, sent, wishes=wishes, plan=plan)


@router.post("/panels")
async def give_out(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Hand out as it was previewed; where something came between, what would change now is shown."""
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season, sent = await context.season(season_id), await read_form(request)
    wishes = await wishes_of(request, sent)
    try:
        by = await signatory(season, principal, context.store)
        done = await hand_out(season, wishes, sent["preview"], by, context.store)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        plan = await plan_panels(season, wishes, context.store) if error.code == "panels-otherwise" else None
        return await judges_page(context, request, season, refused, 409, wishes=wishes, plan=plan)
    return await judges_page(context, request, season, FormData(), handed=done)


SHADES = 4
"""How many colours tell tracks apart; the numbers beside the bars tell all of them."""


async def judges_page(
    context: Context,
    request: Request,
    season: JudgedSeason,
    form: FormData,
    status: int = 200,
    *,
    wishes: PanelWishes | None = None,
    plan: PanelPlan | None = None,
    handed: PanelPlan | None = None,
) -> Response:
    wished = wishes or PanelWishes()
    loads = await look_at_loads(season, wished, plan, context.store)
    judges = [load.judge for load in loads.judges]
    named = {name for judge in judges for name in (judge.employer, *judge.conflicts)} - {""}
    tracks = [track.id for track in season.rules.tracks]
    page = {
        **season_frame(season.rules, season.mode),
        "judges": judges,
        "loads": loads,
        "shades": {track: number % SHADES for number, track in enumerate(tracks)},
        "meanings": await meanings(season.id, named, context.store),
        "form": form,
        "wishes": wished,
        "plan": plan,
        "handed": handed,
    }
    return context.pages.render(request, "judges.html", page, status=status)


@router.get("/judges")
async def judges(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    return await judges_page(context, request, await context.season(season_id), FormData())


def early_steps(t: Translator, season: JudgedSeason) -> list[str]:
    """What was done before its time and why, and why final results were revised: a sentence each."""
    results = []
    for step, reason in season.reasons.items():
        name, _, detail = step.partition("-")
        if name == "revision":
            results.append(t("results-revised", number=int(detail) - FIRST_FINAL, reason=reason))
            continue
        rounds = season.rules.rounds if len(season.rules.rounds) > 1 else ()
        title = next((round_.title.best(t.language) for round_ in rounds if round_.id == detail), "")
        done = " · ".join(filter(None, (t(f"stage-{name}"), title)))
        results.append(t("results-early", step=done, reason=reason))
    return results


def shown_round(t: Translator, season: JudgedSeason, results: Results, asked: Mapping[str, str]) -> dict[str, Any]:
    """The round that was asked for, or the one that is on: an overview, or the groups in full."""
    rules = season.rules
    wanted = asked.get("round", season.shown.id)
    round_result = next((round_ for round_ in results.rounds if round_.round == wanted), results.rounds[-1])
    awards = rules.round(round_result.round).awards
    tiers = awards.tiers if awards else ()
    chosen = asked.get("group", "")
    groups = [group for group in round_result.groups if not chosen or key_of(group) == chosen]
    many = len(groups) > MOST_SHOWN
    return {
        "results": results,
        "specials": [special for special in results.specials if special.round == round_result.round],
        "shown": round_result,
        "goes_on": round_result.seating is not None,
        "award_tiers": tiers,
        "chosen": chosen,
        "cells": [
            (
                key_of(group),
                label_of(t, rules, group, group.heat),
                sum(item.rank is not None for item in group.standings),
            )
            for group in round_result.groups
        ],
        "overview": overview(t, rules, round_result) if many else [],
        "groups": [] if many else [cell(t, rules, results, round_result, group, tiers) for group in groups],
    }
