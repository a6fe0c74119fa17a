"""A judge's list of works and the ballot: saved as a draft, checked, then submitted."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.judging.application.handing_out import recuse
from services.judging.application.ports import JudgedSeason
from services.judging.application.scoring import (
    Task,
    next_task,
    read_scores,
    rubric_of,
    task,
    task_value,
    tasks,
    value_of,
    write_ballot,
)
from services.judging.application.signing import signatory
from services.judging.domain.facts import Ballot, BallotStatus, Judge
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from services.judging.entrypoints.http.ballots import the_judge
from shared.errors import Invalid, InvalidState, LaurelError
from shared.identity import Principal, Role
from shared.season.csv_rows import parse_score, whole_number
from shared.season.fields import read_by
from shared.season.rules import Criterion, Level
from shared.season.time import to_unix_micros
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame

router = APIRouter(prefix="/judging", include_in_schema=False)


async def judge_here(context: Context, season_id: str, principal: Principal) -> tuple[JudgedSeason, Judge]:
    season = await context.season(season_id)
    return season, await the_judge(context, season, principal)


@router.get("/")
async def start(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """The judge's only season, or the choice."""
    mine = [
        season
        for season in await context.seasons.all()
        if any(grant.season == season.id and grant.role in (Role.JUDGE, Role.CHIEF_JUDGE) for grant in principal.grants)
    ]
    if len(mine) == 1:
        return RedirectResponse(f"/judging/seasons/{mine[0].id}/tasks", status_code=303)
    return context.pages.render(request, "seasons.html", {"seasons": mine})


@router.get("/seasons/{season_id}/tasks")
async def list_(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    season, judge = await judge_here(context, season_id, principal)
    theirs = await tasks(season, judge, context.store)
    asked = {name: request.query_params.get(name, "") for name in ("state", "track", "division")}
    done = sum(task.done for task in theirs)
    groups = Counter((task.entry.track, task.entry.division) for task in theirs if fits(task, asked["state"], "", ""))
    page = {
        **season_frame(season.rules, season.mode),
        "stage": season.stage,
        "listed": [{"task": task, "value": task_value(season, task)} for task in theirs if fits(task, **asked)],
        "asked": asked,
        "states": [task.status for task in theirs],
        "counts": Counter(task.status for task in theirs),
        "groups": [(track, division, count) for (track, division), count in groups.items()],
        "total": len(theirs),
        "done": done,
        "following": next_task(theirs, "", ""),
        "closes": to_unix_micros(season.shown.judging.closes),
        "now": await context.store.clock.now(),
    }
    return context.pages.render(request, "tasks.html", page)


@router.get("/seasons/{season_id}/rubric")
async def rubric(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """By what the judge scores: the criteria of their tracks in the rounds that are not over."""
    season, judge = await judge_here(context, season_id, principal)
    parts = [
        {"round": round_, "track": track, "criteria": rubric_of(season, component)}
        for round_ in season.rules.rounds
        if round_.id not in season.closings
        for track, scoring in round_.scoring.items()
        if track in judge.tracks
        for component in scoring.components
        if component.rubric
    ]
    page = {**season_frame(season.rules, season.mode), "parts": parts}
    return context.pages.render(request, "rubric.html", page)


def fits(task: Task, state: str, track: str, division: str) -> bool:
    """Whether a task is among those that were asked for; nothing asked, all of them."""
    return state in ("", task.status) and track in ("", task.entry.track) and division in ("", task.entry.division)


def levels_at(rubric: Sequence[Criterion], form: FormData) -> dict[str, Level | None]:
    """The level of each score as it is in the form."""
    scores = {criterion: parse_score(form[criterion.id]) for criterion in rubric}
    return {criterion.id: None if score is None else criterion.level_at(score) for criterion, score in scores.items()}


async def ballot_page(
    context: Context,
    request: Request,
    season: JudgedSeason,
    judge: Judge,
    task: Task,
    form: FormData,
    *,
    saved: bool = False,
    version: int = 0,
    stored: Mapping[str, str] | None = None,
    code: int = 200,
) -> Response:
    everything = await tasks(season, judge, context.store)
    keys = [(item.entry.entry, item.component.id) for item in everything]
    position = keys.index((task.entry.entry, task.component.id))
    unscored = next_task(everything, task.entry.entry, task.component.id)
    own = [value for item in everything if item.done and (value := task_value(season, item)) is not None]
    bands = [
        sum(1 for value in own if low <= float(value) < low + 10 or (low == 90 and float(value) == 100))
        for low in range(0, 100, 10)
    ]
    page = {
        **season_frame(season.rules, season.mode),
        "task": task,
        "form": form,
        "saved": saved,
        "rubric": rubric_of(season, task.component),
        "levels_at": levels_at(rubric_of(season, task.component), form),
        "files": await context.facts.files(season.id, task.entry.entry),
        "statement": await context.facts.statement(season.id, task.entry.entry),
        "answers": read_by(
            season.rules.track(task.entry.track).fields, await context.facts.answers(season.id, task.entry.entry)
        ),
        "position": position + 1,
        "total": len(everything),
        "done": sum(item.done for item in everything),
        "submitted": request.query_params.get("submitted", "") if request.method == "GET" else "",
        "status": task.status,
        "version": version,
        "stored": stored or {},
        "states": [item.status for item in everything],
        "earlier": everything[position - 1] if position else None,
        "later": everything[position + 1] if position + 1 < len(everything) else None,
        "unscored": None if unscored and unscored.entry.entry == task.entry.entry else unscored,
        "bands": bands,
        "most": max(bands) or 1,
        "closes": to_unix_micros(season.shown.judging.closes),
        "now": await context.store.clock.now(),
        "stage": season.stage,
    }
    return context.pages.render(request, "ballot.html", page, status=code)


async def stored_values(context: Context, season: JudgedSeason, task: Task) -> tuple[dict[str, str], int]:
    """What the ballot says by the fields of its form, and its version; nothing and 0 where none is begun."""
    if not task.ballot or not task.ballot.scores:
        return {}, 0
    comment, note, version = await context.scores.texts(season.id, task.ballot)
    values = {"comment": comment, "note": note}
    for criterion, score in zip(rubric_of(season, task.component), task.ballot.scores, strict=False):
        values[criterion.id] = f"{score}" if score >= 0 else ""
    return values, version


@router.get("/seasons/{season_id}/tasks/{entry}/{component}")
async def ballot(
    context: ContextOf, request: Request, season_id: str, entry: str, component: str, principal: SignedIn
) -> Response:
    season, judge = await judge_here(context, season_id, principal)
    each_task = await task(season, judge, entry, component, context.store)
    values, version = await stored_values(context, season, each_task)
    saved = request.query_params.get("saved") == "1"
    return await ballot_page(context, request, season, judge, each_task, FormData(values), saved=saved, version=version)


@router.post("/seasons/{season_id}/tasks/{entry}/{component}")
async def write(
    context: ContextOf, request: Request, season_id: str, entry: str, component: str, principal: SignedIn
) -> Response:
    season, judge = await judge_here(context, season_id, principal)
    each_task, sent = await task(season, judge, entry, component, context.store), await read_form(request)
    rubric = rubric_of(season, each_task.component)
    scores = {criterion.id: sent[criterion.id] for criterion in rubric}
    act, seen = sent["act"], whole_number(sent["version"])
    try:
        if act == "check":
            return await check_page(context, request, season, judge, principal.account, each_task, sent)
        await write_ballot(
            season,
            judge,
            entry,
            component,
            scores,
            round_id=sent["round"] or each_task.round,
            account=principal.account,
            submit=act == "submit",
            comment=sent["comment"],
            note=sent["note"],
            store=context.store,
            seen=seen,
        )
    except LaurelError as error:
        form = sent.with_errors(error, context.pages.translator(request))
        stored, version = await stored_values(context, season, each_task)
        if error.code == "ballot-changed":
            return await ballot_page(
                context, request, season, judge, each_task, form, version=version, stored=stored, code=409
            )
        version = version if seen is None else seen
        return await ballot_page(context, request, season, judge, each_task, form, version=version, code=422)
    if act == "next":
        return RedirectResponse(await next_address(context, season, judge, each_task), status_code=303)
    if act != "submit":
        return RedirectResponse(f"/judging/seasons/{season_id}/tasks/{entry}/{component}?saved=1", status_code=303)
    return RedirectResponse(await after_submitting(context, season, judge, each_task), status_code=303)


async def next_address(context: Context, season: JudgedSeason, judge: Judge, left: Task) -> str:
    """The address of the next work that is not scored after this one, or of the list when none is left."""
    here = f"/judging/seasons/{season.id}/tasks"
    following = next_task(await tasks(season, judge, context.store), left.entry.entry, left.component.id)
    return f"{here}/{following.entry.entry}/{following.component.id}" if following else here


async def after_submitting(context: Context, season: JudgedSeason, judge: Judge, submitted: Task) -> str:
    """The same, where the next page says what was submitted."""
    address = await next_address(context, season, judge, submitted)
    return address if address.endswith("/tasks") else f"{address}?submitted={submitted.entry.entry}"


@router.post("/seasons/{season_id}/recusals/{entry}")
async def step_back(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    """The entry is the judge's no more; somebody else gets it."""
    season, judge = await judge_here(context, season_id, principal)
    sent = await read_form(request)
    by = await signatory(season, principal, context.store)
    try:
        require_word(context.pages, request, sent, FinalAct.RECUSE)
        await recuse(season, judge, entry, sent["recusal"], by, context.store)
    except (Invalid, InvalidState) as error:
        listed = await tasks(season, judge, context.store)
        each_task = next((item for item in listed if item.entry.entry == entry), None)
        if each_task is None:
            raise
        form = sent.with_errors(error, context.pages.translator(request))
        return await ballot_page(context, request, season, judge, each_task, form, code=refused_status(error))
    return RedirectResponse(f"/judging/seasons/{season_id}/tasks", status_code=303)


async def check_page(
    context: Context, request: Request, season: JudgedSeason, judge: Judge, account: str, task: Task, sent: FormData
) -> Response:
    """What is about to be submitted, nothing stored by looking except the draft."""
    rubric = rubric_of(season, task.component)
    scores = {criterion.id: sent[criterion.id] for criterion in rubric}
    version = whole_number(sent["version"])
    if not task.done:
        _, version = await write_ballot(
            season,
            judge,
            task.entry.entry,
            task.component.id,
            scores,
            round_id=sent["round"] or task.round,
            account=account,
            submit=False,
            comment=sent["comment"],
            note=sent["note"],
            store=context.store,
            seen=version,
        )
    value = checked_value(season, judge, task, scores)
    page = {
        **season_frame(season.rules, season.mode),
        "task": task,
        "form": sent,
        "rubric": rubric,
        "value": value,
        "version": version,
    }
    return context.pages.render(request, "check.html", page)


def checked_value(season: JudgedSeason, judge: Judge, task: Task, scores: dict[str, str]) -> str:
    """The value that these scores give. Raises Invalid where one is missing or not possible."""
    read = read_scores(rubric_of(season, task.component), scores, whole=True)
    ballot = Ballot(
        season.shown.id,
        task.component.id,
        task.entry.entry,
        judge.judge,
        BallotStatus.DRAFT,
        None,
        tuple(score for score in read if score is not None),
    )
    return value_of(season, task.component, ballot) or ""
