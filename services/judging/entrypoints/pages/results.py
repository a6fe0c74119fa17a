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
    assign_panels,
    hand_out,
    judges_needed,
    record_judge,
)
from services.judging.application.ports import JudgedSeason
from services.judging.application.rounds import close_round
from services.judging.application.signing import signatory
from services.judging.domain.facts import Judge, JudgeRole
from services.judging.domain.results import Results
from services.judging.domain.rounding import format_fixed, format_kept
from services.judging.domain.signatures import Signatory
from services.judging.domain.support import unsupported_rules
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from services.judging.entrypoints.showing import MOST_SHOWN, cell, key_of, label_of, overview, steps
from shared.errors import Invalid, InvalidState, LaurelError
from shared.identity import Principal, Role
from shared.season.csv_rows import whole_number
from shared.season.text import LANGUAGES
from shared.states import ResultStage
from shared.web.forms import FormData, read_form
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
        **season_frame(season.rules),
        "stage": season.stage,
        "mode": season.mode,
        "missing": missing,
        "form": form,
        "may_decide": principal.may(season.id, Role.CITY_ORGANIZER),
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


async def step(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    act: Callable[[JudgedSeason, str, Signatory], Awaitable[None]],
) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        await act(season, sent["reason"], await signatory(season, principal, context.store))
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await results_page(context, request, season, principal, refused, 409)
    return RedirectResponse(f"/judging/seasons/{season_id}/results", status_code=303)


@router.post("/closing")
async def close(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await step(
        context,
        request,
        season_id,
        principal,
        lambda s, reason, by: close_round(s, s.shown.id, None, reason, by, context.store),
    )


@router.post("/announcement")
async def announcement(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await step(context, request, season_id, principal, lambda s, _, by: announce(s, None, by, context.store))


@router.post("/notices/{part}")
async def announcement_of(
    context: ContextOf, request: Request, season_id: str, part: str, principal: SignedIn
) -> Response:
    return await step(
        context, request, season_id, principal, lambda s, _, by: announce_part(s, part, None, by, context.store)
    )


@router.post("/finalization")
async def finalization(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await step(
        context, request, season_id, principal, lambda s, reason, by: finalize(s, None, reason, by, context.store)
    )


@router.post("/signature")
async def signature(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await step(context, request, season_id, principal, lambda s, _, by: sign(s, by, context.store))


@router.post("/panels")
async def give_out(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season = await context.season(season_id)
    if season.mode != "live":
        raise InvalidState("records-season")
    return await judges_page(context, request, season, FormData(), handed=await hand_out(season, context.store))


@router.post("/panels/assignment")
async def assign_works(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    season, sent = await context.season(season_id), await read_form(request)
    if season.mode != "live":
        raise InvalidState("records-season")
    try:
        handed = await assign_panels(
            season,
            context.store,
            seed=seed if (seed := whole_number(sent["seed"])) is not None else DEFAULT_SEED,
            absent=sent["absent"].replace(";", " ").split(),
            reserves=sent["reserves"].replace(";", " ").split(),
        )
    except LaurelError as error:
        return await judges_page(
            context, request, season, sent.with_errors(error, context.pages.translator(request)), 409
        )
    return await judges_page(context, request, season, FormData(), handed=handed.loads)


async def judges_page(
    context: Context,
    request: Request,
    season: JudgedSeason,
    form: FormData,
    status: int = 200,
    *,
    handed: Mapping[str, int] | None = None,
) -> Response:
    listed = sorted((await context.facts.judges(season.id)).values(), key=lambda judge: judge.judge)
    page = {
        **season_frame(season.rules),
        "judges": listed,
        "form": form,
        "mode": season.mode,
        "handed": handed,
        "needed": judges_needed(season.shown, season),
        "loads": {judge: len(works) for judge, works in (await context.panels.all(season.id, season.shown.id)).items()},
    }
    return context.pages.render(request, "judges.html", page, status=status)


@router.get("/judges")
async def judges(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    return await judges_page(context, request, await context.season(season_id), FormData())


@router.post("/judges")
async def add_judge(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season = await context.season(season_id)
    form = await request.form()
    sent = await read_form(request)
    tracks = tuple(str(value) for value in form.getlist("tracks"))
    role = next((role for role in JudgeRole if role == sent["role"]), JudgeRole.SCORING)
    conflicts = tuple(part.strip() for part in sent["conflicts"].split(";") if part.strip())
    languages = tuple(language for language in LANGUAGES if language in form.getlist("languages"))
    judge = Judge(sent["judge"], sent["employer"], tracks, conflicts, role, languages=languages)
    try:
        await record_judge(season, judge, await signatory(season, principal, context.store), context.store)
    except (Invalid, InvalidState) as error:
        return await judges_page(
            context, request, season, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(f"/judging/seasons/{season_id}/judges", status_code=303)


def early_steps(t: Translator, season: JudgedSeason) -> list[str]:
    """What was done before its time and why, and why final results were revised: a sentence each."""
    results = []
    for step, reason in season.reasons.items():
        name, _, detail = step.partition("-")
        if name == "revision":
            results.append(t("results-revised", number=int(detail) - FIRST_FINAL, reason=reason))
        else:
            results.append(t("results-early", step=t(f"stage-{name}"), reason=reason))
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
        "cells": [(key_of(group), label_of(t, rules, group, group.heat)) for group in round_result.groups],
        "overview": overview(t, rules, round_result) if many else [],
        "groups": [] if many else [cell(t, rules, results, round_result, group, tiers) for group in groups],
    }
