"""Objections and appeals: the public form, the committee's list with its clocks, and what a revision would change."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.judging.application.award_events import Awards
from services.judging.application.evidence import ENDINGS, Attachment
from services.judging.application.finalizing import propose_revision, revise
from services.judging.application.objecting import GROUNDS, Filer, decide, file, takes_objections, window
from services.judging.application.ports import JudgedSeason
from services.judging.application.recording import record
from services.judging.application.signing import signatory
from services.judging.domain.facts import DECIDED, BallotStatus, Outcome
from services.judging.domain.stages import SeasonStage
from services.judging.entrypoints.context import Context, ContextOf, SignedIn, Visitor
from shared.errors import LaurelError, NotFound
from shared.http.client_address import address_of
from shared.identity import Role
from shared.mongo.counters import MongoCounters
from shared.throttle import Throttle
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

MOST_AN_HOUR = 10


router = APIRouter(prefix="/judging/seasons/{season_id}", include_in_schema=False)


def _throttle(context: Context) -> Throttle:
    return Throttle(MongoCounters(context.database), "objection", MOST_AN_HOUR, 3600)


async def form_page(
    context: Context, request: Request, season: JudgedSeason, form: FormData, status: int = 200
) -> Response:
    opens, closes = window(season)
    now = await context.store.clock.now()
    page = {
        **season_frame(season.rules),
        "form": form,
        "open": takes_objections(season, now),
        "closes": closes,
        "opens": opens,
        "grounds": GROUNDS,
        "sent": request.query_params.get("sent", ""),
    }
    return context.pages.render(request, "objection.html", page, status=status)


@router.get("/objection")
async def write(context: ContextOf, request: Request, season_id: str, _: Visitor) -> Response:
    entry = request.query_params.get("entry", "")
    return await form_page(context, request, await context.season(season_id), FormData({"entry": entry}))


@router.post("/objection")
async def send(context: ContextOf, request: Request, season_id: str, visitor: Visitor) -> Response:
    season, sent = await context.season(season_id), await read_form(request)
    address = address_of(request)
    try:
        await _throttle(context).spend(address)  # counted though it is right, so that nobody floods the committee
        filer = Filer(sent["name"], sent["contact"], visitor.account if visitor else "")
        try:
            evidence = await read_attachments(request)
            await file(season, "objection", sent.values, filer, context.store, context.objections, evidence)
        except LaurelError:
            await _throttle(context).give_back(address)
            raise
    except LaurelError as error:
        return await form_page(
            context, request, season, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(f"/judging/seasons/{season_id}/objection?sent=1", status_code=303)


async def list_page(
    context: Context, request: Request, season: JudgedSeason, form: FormData, status: int = 200
) -> Response:
    listed = await context.objections.of(season.id)
    rubrics: dict[str, Any] = {}
    judges: dict[str, list[str]] = {}
    for filed in listed:
        entry = await context.facts.entry(season.id, filed.entry)
        if filed.kind == "appeal" and entry:
            parts = season.round(filed.round).scoring[entry.track].components
            part = next(part for part in parts if part.id == filed.component)
            rubrics[filed.id] = season.rules.rubrics[part.rubric] if part.rubric else ()
            ballots = await context.scores.of_entry(season.id, filed.entry)
            judges[filed.id] = [
                ballot["judge"]
                for ballot in ballots
                if ballot["component"] == filed.component and ballot["status"] == BallotStatus.SUBMITTED
            ]
    page = {
        **season_frame(season.rules),
        "listed": listed,
        "rubrics": rubrics,
        "judges": judges,
        "form": form,
        "now": await context.store.clock.now(),
        "stage": season.stage,
    }
    return context.pages.render(request, "objections.html", page, status=status)


@router.get("/objections")
async def list_(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.AUDITOR)
    return await list_page(context, request, await context.season(season_id), FormData())


@router.get("/objections/{filed_id}/evidence/{number}")
async def evidence(context: ContextOf, season_id: str, filed_id: str, number: int, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.AUDITOR)
    filed = await context.objections.find(season_id, filed_id)
    content = await context.objections.evidence(season_id, filed_id, number)
    if filed is None or content is None:
        raise NotFound("no-such-file")
    season = await context.season(season_id)
    by = await signatory(season, principal, context.store)
    await record("evidence-read", season, by, context.store, facts={"filed": filed_id, "number": number})
    media_type = filed.evidence[number - 1].media_type
    headers = {
        "Content-Disposition": f'attachment; filename="{filed.entry}-{number}{ENDINGS[media_type]}"',
        "Content-Security-Policy": "sandbox",
    }
    return Response(content, media_type=media_type, headers=headers)


@router.post("/objections/{filed_id}")
async def answer(context: ContextOf, request: Request, season_id: str, filed_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    scores: dict[str, dict[str, str]] = {}
    for name, cell in sent.values.items():
        judge, separator, criterion = name.partition("|")
        if separator:
            scores.setdefault(judge, {})[criterion] = cell
    try:
        await decide(
            season,
            filed_id,
            next((outcome for outcome in DECIDED if outcome == sent["outcome"]), Outcome.OPEN),
            sent["answer"],
            scores,
            sent["score"],
            await signatory(season, principal, context.store),
            context.store,
            context.objections,
        )
    except LaurelError as error:
        return await list_page(
            context, request, season, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(f"/judging/seasons/{season_id}/objections", status_code=303)


async def revision_page(
    context: Context, request: Request, season: JudgedSeason, form: FormData, status: int = 200
) -> Response:
    proposal = await propose_revision(season, context.store) if season.stage == SeasonStage.FINAL else None
    lines: list[tuple[str, str, str]] = []
    if proposal:
        for name in proposal.after:
            old, new = set(proposal.before.get(name, ())), set(proposal.after[name])
            lines += [(name, "-", " · ".join(row)) for row in proposal.before.get(name, ()) if row not in new]
            lines += [(name, "+", " · ".join(row)) for row in proposal.after[name] if row not in old]
    page = {
        **season_frame(season.rules),
        "form": form,
        "stage": season.stage,
        "mode": season.mode,
        "lines": lines,
        "granted": count_awards(proposal.difference.granted) if proposal else 0,
        "changed": count_awards(proposal.difference.changed) if proposal else 0,
        "revoked": count_awards(proposal.difference.revoked) if proposal else 0,
        "history": await context.results.history(season.id),
    }
    return context.pages.render(request, "revision.html", page, status=status)


@router.get("/revision")
async def revision(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.AUDITOR)
    return await revision_page(context, request, await context.season(season_id), FormData())


@router.post("/revision")
async def apply_revision(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        await revise(season, None, sent["reason"], await signatory(season, principal, context.store), context.store)
    except LaurelError as error:
        return await revision_page(
            context, request, season, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(f"/judging/seasons/{season_id}/revision", status_code=303)


async def read_attachments(request: Request) -> list[Attachment]:
    """The files of the field `evidence`."""
    files = (await request.form()).getlist("evidence")
    return [
        Attachment(file.filename, await file.read()) for file in files if isinstance(file, UploadFile) and file.filename
    ]


def count_awards(awards: Awards) -> int:
    """How many awards these are."""
    return len(awards.entries) + len(awards.instructors) + len(awards.units)
