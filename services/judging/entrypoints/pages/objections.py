"""Objections and appeals: the public form, the committee's list with its clocks, and what a revision would change."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.judging.application.evidence import ENDINGS, Attachment
from services.judging.application.finalizing import propose_revision, revise
from services.judging.application.objecting import (
    GROUNDS,
    Filed,
    Filer,
    by_receipt,
    confirm_decision,
    decide,
    proposal_hash,
    takes_objections,
    window,
)
from services.judging.application.ports import JudgedSeason
from services.judging.application.recording import record
from services.judging.application.signing import signatory
from services.judging.domain.facts import DECIDED, BallotStatus, Outcome
from services.judging.domain.signatures import scores_take_two
from services.judging.domain.stages import SeasonStage
from services.judging.entrypoints.context import Context, ContextOf, SignedIn, Visitor
from services.judging.entrypoints.filing import file_objection, receipt_address
from shared.errors import LaurelError, NotFound
from shared.identity import Principal, Role
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.lists import Asked, Listing, as_csv, holds_words, list_rows, read_asked
from shared.web.season_header import season_frame

router = APIRouter(prefix="/judging/seasons/{season_id}", include_in_schema=False)


async def form_page(
    context: Context, request: Request, season: JudgedSeason, form: FormData, status: int = 200
) -> Response:
    opens, closes = window(season)
    now = await context.store.clock.now()
    page = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "open": takes_objections(season, now),
        "closes": closes,
        "opens": opens,
        "grounds": GROUNDS,
    }
    return context.pages.render(request, "objection.html", page, status=status)


@router.get("/objection")
async def write(context: ContextOf, request: Request, season_id: str, _: Visitor) -> Response:
    asked = {name: request.query_params.get(name, "") for name in ("entry", "round")}
    return await form_page(context, request, await context.season(season_id), FormData(asked))


@router.post("/objection")
async def send(context: ContextOf, request: Request, season_id: str, visitor: Visitor) -> Response:
    season, sent = await context.season(season_id), await read_form(request)
    try:
        filer = Filer(sent["name"], sent["contact"], visitor.account if visitor else "")
        evidence = await read_attachments(request)
        filed = await file_objection(context, request, season, sent.values, filer, evidence)
    except LaurelError as error:
        return await form_page(
            context, request, season, sent.with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(await receipt_address(context, filed), status_code=303)


@router.get("/objections/{filed_id}/receipt/{secret}")
async def receipt(context: ContextOf, request: Request, season_id: str, filed_id: str, secret: str) -> Response:
    """What was filed and what the committee answered, for whoever has the link; with an account or without."""
    season = await context.season(season_id)
    filed = await by_receipt(season.id, filed_id, secret, context.objections)
    page = {
        **season_frame(season.rules, season.mode),
        "filed": filed,
        "address": f"{context.public_url}{request.url.path}",
        "robots": False,
    }
    response = context.pages.render(request, "receipt.html", page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


async def list_page(
    context: Context, request: Request, season: JudgedSeason, principal: Principal, form: FormData, status: int = 200
) -> Response:
    every, now = await context.objections.of(season.id), await context.store.clock.now()
    asked = read_asked(request, "q", "kind")
    listing = list_objections(every, asked, now)
    listed = listing.rows
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
        **season_frame(season.rules, season.mode),
        "listing": listing,
        "asked": asked,
        "listed": listed,
        "may_decide": principal.may(season.id, Role.CITY_ORGANIZER),
        "rubrics": rubrics,
        "judges": judges,
        "form": form,
        "now": now,
        "stage": season.stage,
        "second": scores_take_two(season.rules, season.mode),
        "hashes": {filed.id: proposal_hash(filed) for filed in listed},
    }
    return context.pages.render(request, "objections.html", page, status=status)


UNDECIDED, OVERDUE = "open", "overdue"
"""Tabs that are no outcome."""


def list_objections(filed: Sequence[Filed], asked: Asked, now: int) -> Listing[Filed]:
    """Those that fit what was asked for, what is due first before what is due later; words look for an entry."""
    tabs: dict[str, Callable[[Filed], bool]] = {
        outcome or UNDECIDED: partial(_decided, outcome) for outcome in (Outcome.OPEN, *DECIDED)
    }
    tabs[OVERDUE] = lambda item: not item.outcome and item.due_at < now

    def fits(item: Filed) -> bool:
        return (not asked["kind"] or item.kind == asked["kind"]) and holds_words(asked["q"], item.entry)

    ordered = sorted(filed, key=lambda item: (bool(item.outcome), item.due_at, item.id))
    return list_rows(ordered, asked, tabs, fits, always=(UNDECIDED,))


def _decided(outcome: Outcome, item: Filed) -> bool:
    return item.outcome == outcome


@router.get("/objections/list.csv")
async def export(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """What the filter shows, without who filed it: that stays on the page."""
    principal.require(season_id, Role.CITY_ORGANIZER, Role.AUDITOR)
    season, t = await context.season(season_id), context.pages.translator(request)
    zone, now = season.rules.time_zone, await context.store.clock.now()
    listing = list_objections(await context.objections.of(season.id), read_asked(request, "q", "kind"), now)
    columns = ("entry", "kind", "ground", "received", "due", "outcome", "decided")
    rows = (
        (
            item.entry,
            t(f"kind-{item.kind}"),
            t(f"ground-{item.ground}"),
            t.when(item.received_at, zone),
            t.when(item.due_at, zone),
            t(f"outcome-{item.outcome or UNDECIDED}"),
            t.when(item.decided_at, zone) if item.outcome and item.decided_at else "",
        )
        for item in listing.chosen
    )
    return as_csv(f"{season_id}-objections", [t(f"objections-{name}") for name in columns], rows)


@router.get("/objections")
async def list_(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    principal.require(season_id, Role.CITY_ORGANIZER, Role.AUDITOR)
    return await list_page(context, request, await context.season(season_id), principal, FormData())


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
        require_word(context.pages, request, sent, FinalAct.DECIDE)
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
        refused = sent.with_errors(error, context.pages.translator(request))
        return await list_page(context, request, season, principal, refused, 422)
    return RedirectResponse(f"/judging/seasons/{season_id}/objections", status_code=303)


@router.post("/objections/{filed_id}/confirmation")
async def confirm(context: ContextOf, request: Request, season_id: str, filed_id: str, principal: SignedIn) -> Response:
    """The second person lets the new scores of an appeal count."""
    principal.require(season_id, Role.CITY_ORGANIZER)
    season, sent = await context.season(season_id), await read_form(request)
    try:
        require_word(context.pages, request, sent, FinalAct.CONFIRM_SCORES)
        by = await signatory(season, principal, context.store)
        await confirm_decision(season, filed_id, sent["preview"], by, context.store, context.objections)
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await list_page(context, request, season, principal, refused, refused_status(error))
    return RedirectResponse(f"/judging/seasons/{season_id}/objections", status_code=303)


async def revision_page(
    context: Context, request: Request, season: JudgedSeason, form: FormData, status: int = 200
) -> Response:
    proposal = await propose_revision(season, context.store) if season.stage == SeasonStage.FINAL else None
    page = {
        **season_frame(season.rules, season.mode),
        "form": form,
        "stage": season.stage,
        "proposal": proposal,
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
        require_word(context.pages, request, sent, FinalAct.REVISE)
        by = await signatory(season, principal, context.store)
        await revise(season, None, sent["reason"], sent["preview"], by, context.store)
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
