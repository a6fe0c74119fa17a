"""What entrants see of their own scores once the results are on notice, and their appeal with its clock. Never who judged."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.judging.application.objecting import GROUNDS, Filer, file, takes_objections, window
from services.judging.application.ports import JudgedSeason
from services.judging.domain.arithmetic import RoundArithmetic
from services.judging.domain.facts import BallotStatus, Entry
from services.judging.domain.rounding import format_fixed, format_kept
from services.judging.domain.stages import PUBLIC
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from services.judging.entrypoints.explaining import explain_line
from services.judging.entrypoints.feedback_of import own_entry
from services.judging.entrypoints.filing import receipt_address
from services.judging.entrypoints.pages.objections import read_attachments
from shared.errors import LaurelError
from shared.identity import Principal
from shared.season.award_lines import tier_lines
from shared.season.rules import Component
from shared.states import JUDGED
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame
from shared.web.translation import Translator

router = APIRouter(prefix="/judging", include_in_schema=False)


async def show(
    context: Context,
    request: Request,
    season: JudgedSeason,
    entry: Entry,
    principal: Principal,
    form: FormData,
    status: int = 200,
) -> Response:
    result = await context.results.find(season.id, season.newest)
    lines: dict[str, list[str]] = {}
    awards: dict[str, list[str]] = {}
    if result:
        lines = {row[0]: row for row in await context.results.rows_of(season.id, result, "advancement", entry.entry)}
        awards = {row[0]: row for row in await context.results.rows_of(season.id, result, "awards", entry.entry)}
    now = await context.store.clock.now()
    page: dict[str, Any] = {
        **season_frame(season.rules, season.mode),
        "entry": entry,
        "rounds": await rounds_of(context, context.pages.translator(request), season, entry, lines, awards),
        "form": form,
        "open": takes_objections(season, now),
        "closes": window(season)[1],
        "grounds": GROUNDS,
        "filed": [
            filed
            for filed in await context.objections.of_account(principal.account)
            if filed.season == season.id and filed.entry == entry.entry
        ],
        "stage": season.stage,
        "fixed": format_fixed,
        "kept": format_kept,
    }
    return context.pages.render(request, "feedback.html", page, status=status)


def lines_in_words(t: Translator, season: JudgedSeason, part: RoundArithmetic) -> dict[str, str]:
    """Where each tier of the round ends and why, by tier."""
    awards = season.rules.round(part.round).awards
    return {
        line.tier: explain_line(t, line, part.base, season.rules.tier_title(part.round, line.tier).best(t.language))
        for line in (tier_lines(awards, part.base) if awards else ())
    }


async def rounds_of(
    context: Context,
    t: Translator,
    season: JudgedSeason,
    entry: Entry,
    lines: dict[str, list[str]],
    awards: dict[str, list[str]],
) -> list[dict[str, Any]]:
    comments: dict[tuple[str, str], list[str]] = defaultdict(list)
    for document in await context.scores.of_entry(season.id, entry.entry):
        if document["status"] == BallotStatus.SUBMITTED and document["comment"]:
            comments[document["round"], document["component"]].append(document["comment"])
    explained = {part.round: part for part in await context.explanations.of(season, entry, context.store)}
    documents = []
    for round_ in season.rules.rounds:
        if round_.id not in lines:
            continue
        tier, part = awards.get(round_.id), explained.get(round_.id)
        documents.append(
            {
                "round": round_,
                "score": lines[round_.id][4],
                "rank": lines[round_.id][5],
                "tier": season.rules.tier_title(round_.id, tier[4]) if tier else None,
                "notes": [note for note in lines[round_.id][8].split(";") if note],
                "part": part,
                "lines": lines_in_words(t, season, part) if part else {},
                "weights": sum(line.weight for line in part.components) if part else 0,
                "components": round_.scoring[entry.track].components,
                "names": component_names(round_.scoring[entry.track].components, t),
                "rubrics": {
                    component.id: season.rules.rubrics[component.rubric]
                    for component in round_.scoring[entry.track].components
                    if component.rubric
                },
                "comments": {
                    component.id: sorted(comments[round_.id, component.id])
                    for component in round_.scoring[entry.track].components
                },
            }
        )
    return documents


def component_names(components: Sequence[Component], t: Translator) -> dict[str, str]:
    """What entrants read in place of the ids of the rules: of which kind a part of the score is; of several of a kind,
    which one too.
    """
    kinds = {item.id: "runs" if item.runs else "test" if item.test else "ballots" for item in components}
    often = Counter(kinds.values())
    return {
        name: t(f"part-{kind}") if often[kind] == 1 else t("part-of-several", part=t(f"part-{kind}"), name=name)
        for name, kind in kinds.items()
    }


@router.get("/mine")
async def mine(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    listed = []
    for item in await context.facts.of_people(principal.people):
        season = await context.season(item["season"])
        if season.stage in PUBLIC and item["standing"] in JUDGED:
            listed.append({"rules": season.rules, "entry": item["entry"], "title": item["title"]})
    filed = [
        {"filed": item, "rules": (await context.season(item.season)).rules, "at": await receipt_address(context, item)}
        for item in await context.objections.of_account(principal.account)
        if item.kind == "objection"
    ]
    return context.pages.render(request, "my-scores.html", {"listed": listed, "filed": filed})


@router.get("/seasons/{season_id}/mine/{entry}")
async def scores(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    season = await context.season(season_id)
    return await show(
        context, request, season, await own_entry(context, season, entry, principal), principal, FormData()
    )


@router.post("/seasons/{season_id}/mine/{entry}")
async def appeal(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    season, sent = await context.season(season_id), await read_form(request)
    stored_entry = await own_entry(context, season, entry, principal)
    round_id, _, component = sent["part"].partition("/")
    values = {**sent.values, "entry": entry, "round": round_id, "component": component, "ground": "score"}
    filer = Filer(account=principal.account)
    try:
        await file(season, "appeal", values, filer, context.store, context.objections, await read_attachments(request))
    except LaurelError as error:
        return await show(
            context,
            request,
            season,
            stored_entry,
            principal,
            sent.with_errors(error, context.pages.translator(request)),
            422,
        )
    return RedirectResponse(f"/judging/seasons/{season_id}/mine/{entry}", status_code=303)
