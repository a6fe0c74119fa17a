"""Objections and appeals for programs: filed, read by whoever filed them, decided by the committee."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, WithJsonSchema

from services.judging.application.evidence import LONGEST_NAME, Attachment
from services.judging.application.objecting import (
    GROUNDS,
    Filed,
    Filer,
    Kind,
    confirm_decision,
    decide,
    file,
    proposal_hash,
)
from services.judging.application.signing import signatory
from services.judging.domain.facts import Outcome
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from services.judging.entrypoints.feedback_of import own_entry
from services.judging.entrypoints.filing import file_objection, receipt_address
from shared.errors import NotAllowed, NotFound
from shared.http.contract import THROTTLED
from shared.http.paging import Page, paged
from shared.identity import Role

Id = Annotated[str, Field(max_length=64)]
Facts = Annotated[str, Field(max_length=8000, description="What happened, and how it is known.")]

BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
"""RFC 4648, section 4."""


class AttachmentIn(BaseModel):
    """A file that shows it: a PDF, PNG or JPEG."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    content: Annotated[Base64Bytes, WithJsonSchema({"type": "string", "format": "byte", "pattern": BASE64})]


Attachments = Annotated[
    list[AttachmentIn],
    Field(max_length=20, description="In base64; larger ones than one request holds (2 MB) go by the page."),
]


class ObjectionIn(BaseModel):
    """An objection to an entry, with the name of whoever objects; the committee alone sees it."""

    model_config = ConfigDict(extra="forbid")

    entry: Id
    round: Annotated[Id, Field(description="Empty: the last one.")] = ""
    ground: Annotated[str, Field(max_length=32, description=f"One of {', '.join(GROUNDS)}.")]
    text: Facts
    name: Annotated[str, Field(max_length=80)]
    contact: Annotated[str, Field(max_length=200)]
    evidence: Attachments = []


class AppealIn(BaseModel):
    """An appeal of an entrant against the score of a component."""

    model_config = ConfigDict(extra="forbid")

    round: Id
    component: Id
    text: Facts
    evidence: Attachments = []


class DecisionIn(BaseModel):
    """What the committee decides, with the reason that is told. An appeal that is upheld states the new scores."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal[Outcome.UPHELD, Outcome.DISMISSED]
    answer: Annotated[str, Field(max_length=8000)]
    scores: Annotated[
        dict[Id, dict[Id, Annotated[str, Field(max_length=32)]]],
        Field(max_length=50, description="Of a component with a rubric: by judge and criterion."),
    ] = {}
    score: Annotated[str, Field(max_length=32, description="Of a test.")] = ""


class ConfirmationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    preview: Annotated[str, Field(max_length=64, description="The hash of the proposal that you looked at.")]


class FiledOut(BaseModel):
    """An objection or an appeal and what became of it."""

    id: str
    kind: Kind
    entry: str
    round: str
    component: str
    ground: str
    text: str
    evidence: int = Field(description="How many files were sent with it.")
    received_at: int
    due_at: int
    outcome: Outcome
    answer: str
    decided_at: int | None


class OwnOut(FiledOut):
    """One of your own."""

    receipt: str = Field(description="Of an objection: the page on which its answer is read without an account.")


class ProposalOut(BaseModel):
    """New scores that count once a second person has confirmed them."""

    preview: str = Field(description="State it to confirm this and nothing else.")
    by: str
    at: int
    answer: str
    scores: dict[str, list[str]] = Field(description="By judge, in the order of the rubric.")
    score: str = Field(description="Of a test; empty otherwise.")


class ObjectionOut(FiledOut):
    """As the committee sees it. Who filed it stands on its page alone."""

    proposal: ProposalOut | None = Field(description="What waits for a second person; null where nothing does.")


router = APIRouter(prefix="/judging/v1/seasons/{season}", tags=["oversight"])


def _told(filed: Filed) -> dict[str, Any]:
    told = {name: getattr(filed, name) for name in FiledOut.model_fields if name != "evidence"}
    return {**told, "evidence": len(filed.evidence)}


def _seen(filed: Filed) -> ObjectionOut:
    waits: Mapping[str, Any] = {} if filed.outcome else filed.proposal
    proposal = None
    if waits:
        proposal = ProposalOut(
            preview=proposal_hash(filed),
            by=waits["who"]["login"],
            at=waits["at"],
            answer=waits["answer"],
            scores=waits["new"].get("ballots", {}),
            score=waits["new"].get("score", ""),
        )
    return ObjectionOut(**_told(filed), proposal=proposal)


async def _own(context: Context, filed: Filed) -> OwnOut:
    address = await receipt_address(context, filed) if filed.kind == "objection" else ""
    return OwnOut(**_told(filed), receipt=f"{context.public_url}{address}" if address else "")


def _attached(sent: Sequence[AttachmentIn]) -> list[Attachment]:
    return [Attachment(item.name, item.content) for item in sent]


@router.get("/objections", summary="Objections and appeals, the oldest first")
async def list_(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[ObjectionOut]:
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    await context.season(season)
    listed = page.cut(await context.objections.of(season), lambda filed: (filed.received_at, filed.id))
    return [_seen(filed) for filed in listed]


@router.post("/objections", status_code=201, summary="Object to an entry", responses=THROTTLED)
async def object_(
    context: ContextOf, request: Request, season: str, content: ObjectionIn, principal: SignedIn
) -> OwnOut:
    """For whoever has a role in the season; others object on the page. While results are on notice; the same again is
    the one that is there.
    """
    stored_season = await context.season(season)
    if not principal.within(season):
        raise NotAllowed("role-needed")
    filer = Filer(content.name, content.contact, principal.account)
    values = content.model_dump(include={"entry", "round", "ground", "text"})
    filed = await file_objection(context, request, stored_season, values, filer, _attached(content.evidence))
    return await _own(context, filed)


@router.post("/entries/{entry}/appeals", status_code=201, summary="Appeal against a score of one's own entry")
async def appeal(context: ContextOf, season: str, entry: str, content: AppealIn, principal: SignedIn) -> OwnOut:
    """By its entrants, while results are on notice; the same again is the one that is there."""
    stored_season = await context.season(season)
    await own_entry(context, stored_season, entry, principal)
    values = {
        "entry": entry,
        "round": content.round,
        "component": content.component,
        "ground": "score",
        "text": content.text,
    }
    filer, evidence = Filer(account=principal.account), _attached(content.evidence)
    return await _own(
        context, await file(stored_season, "appeal", values, filer, context.store, context.objections, evidence)
    )


@router.get("/own-objections", summary="Your own objections and appeals in a season, newest first")
async def own(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[OwnOut]:
    await context.season(season)
    listed = [filed for filed in await context.objections.of_account(principal.account) if filed.season == season]
    newest = page.cut(listed, lambda filed: (filed.received_at, filed.id), newest_first=True)
    return [await _own(context, filed) for filed in newest]


@router.post("/objections/{filed_id}/decision", summary="Decide an objection or an appeal")
async def decide_(
    context: ContextOf, season: str, filed_id: str, content: DecisionIn, principal: SignedIn
) -> ObjectionOut:
    """New scores of an appeal wait as a `proposal` until a second person confirms them, unless the season's rules say
    `scores_by_one`. All else counts at once; once results are final, by the next revision.
    """
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    by = await signatory(stored_season, principal, context.store)
    await decide(
        stored_season,
        filed_id,
        content.outcome,
        content.answer,
        content.scores,
        content.score,
        by,
        context.store,
        context.objections,
    )
    return await _now(context, season, filed_id)


@router.post("/objections/{filed_id}/confirmation", summary="Confirm the new scores of an appeal")
async def confirm(
    context: ContextOf, season: str, filed_id: str, content: ConfirmationIn, principal: SignedIn
) -> ObjectionOut:
    """By a second person who has looked at the `proposal`. What somebody proposed since is not confirmed unseen."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    by = await signatory(stored_season, principal, context.store)
    await confirm_decision(stored_season, filed_id, content.preview, by, context.store, context.objections)
    return await _now(context, season, filed_id)


async def _now(context: Context, season: str, filed_id: str) -> ObjectionOut:
    filed = await context.objections.find(season, filed_id)
    if filed is None:
        raise NotFound("no-such-objection")
    return _seen(filed)
