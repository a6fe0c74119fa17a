"""The chief judge's interface: how a round stands, panels, seats, open decisions, ballots opened again."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.judging.application.entered import confirm, enter
from services.judging.application.handing_out import assign_panels, hand_out
from services.judging.application.overseeing import oversee
from services.judging.application.ports import JudgedSeason
from services.judging.application.reopening import reopen
from services.judging.application.rounds import settle
from services.judging.application.signing import signatory
from services.judging.domain.facts import JudgeRole
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from services.judging.entrypoints.http.ballots import the_judge
from shared.errors import InvalidState, NotFound
from shared.http.contract import Csv
from shared.http.reports import RejectedRow, explain
from shared.identity import Principal, Role

Id = Annotated[str, Field(max_length=64)]
Reason = Annotated[str, Field(max_length=1000)]
CHIEFS = (Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)


class HandedOutTo(BaseModel):
    judge: str
    entries: int


class AssignmentIn(BaseModel):
    """What an assignment may be told. The same seed and facts give the same panels."""

    model_config = ConfigDict(extra="forbid")

    seed: Annotated[int, Field(ge=0, le=2**31)] = 1
    absent: Annotated[list[Id], Field(description="Judges whose works go to others.")] = []
    reserves: Annotated[list[Id], Field(description="Reserve judges who help.")] = []
    judges: Annotated[
        dict[Id, Annotated[int, Field(ge=1, le=50)]],
        Field(description="How many judges an entry gets, by track; absent: what the panels say."),
    ] = {}


class AssignmentOut(BaseModel):
    loads: dict[str, int]
    moved: int = Field(description="How many places in panels were filled anew.")


class DecisionIn(BaseModel):
    """Who goes first where the rules leave entries or units equal, and the minutes."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[list[Id], Field(min_length=1)]
    reason: Reason


class ReopeningIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason


class EnteredOut(BaseModel):
    """What became of a file of objective scores."""

    id: str
    accepted: int
    waits_for_confirmation: bool
    rejected: list[RejectedRow]


class SeatOut(BaseModel):
    entry: str
    via: str
    left: bool


class SeatsOut(BaseModel):
    """Who goes on from a round; empty while it is not closed."""

    revision: int
    to: str
    seats: list[SeatOut]
    quotas: list[dict[str, Any]]
    open: list[dict[str, Any]] = Field(description="What the rules do not decide, with its options.")


router = APIRouter(prefix="/judging/v1/seasons/{season}", tags=["oversight"])


async def live(context: Context, season: str, principal: Principal) -> JudgedSeason:
    principal.require(season, *CHIEFS)
    stored_season = await context.season(season)
    if stored_season.mode != "live":
        raise InvalidState("records-season")
    return stored_season


async def is_automatic(context: Context, season: JudgedSeason, principal: Principal) -> bool:
    grant = principal.grant(Role.JUDGE, season.id)
    if season.mode != "live" or grant is None or not grant.ref:
        return False
    return (await the_judge(context, season, principal)).role == JudgeRole.AUTOMATIC


@router.post("/panels", summary="Hand all works to every judge")
async def hand_out_works(context: ContextOf, season: str, principal: SignedIn) -> list[HandedOutTo]:
    """Each judge gets the entries of their tracks without a conflict, and from then on their files. Again: what is new."""
    given = await hand_out(await live(context, season, principal), context.store)
    return [HandedOutTo(judge=judge, entries=count) for judge, count in given.items()]


@router.post("/panels/assignment", summary="Give each work its panel")
async def assign_works(context: ContextOf, season: str, content: AssignmentIn, principal: SignedIn) -> AssignmentOut:
    """Loads even, conflicts never. Again: only what has to move; submitted ballots stay with whoever wrote them."""
    handed = await assign_panels(
        await live(context, season, principal),
        context.store,
        seed=content.seed,
        absent=content.absent,
        reserves=content.reserves,
        needed=content.judges,
    )
    return AssignmentOut(loads=dict(handed.loads), moved=handed.moved)


@router.get("/rounds/{round_id}/overview", summary="How a round stands")
async def overview(context: ContextOf, season: str, round_id: str, principal: SignedIn) -> dict[str, Any]:
    """Progress, agreement (ICC, Krippendorff's alpha), severities, and which awards calibration would change."""
    principal.require(season, *CHIEFS, Role.AUDITOR)
    stored_season = await context.season(season)
    whole = asdict(await oversee(stored_season, stored_season.round(round_id), context.store))
    return {**whole, "round": round_id}


@router.get("/rounds/{round_id}/seats", summary="Who goes on from a round")
async def seats(context: ContextOf, season: str, round_id: str, principal: SignedIn) -> SeatsOut:
    principal.require(season, *CHIEFS, Role.AUDITOR)
    stored_season = await context.season(season)
    head = await context.seatings.head(season, stored_season.round(round_id).id)
    if head is None:
        raise NotFound("no-such-stage")
    return SeatsOut(
        revision=head["revision"],
        to=head["to"],
        seats=[
            SeatOut(entry=seat.entry, via=seat.via, left=seat.left)
            for seat in await context.seatings.seats(season, round_id, head["revision"])
        ],
        quotas=head["quotas"],
        open=head["open"],
    )


@router.post("/rounds/{round_id}/decisions", status_code=204, summary="Decide what the rules leave open")
async def decide(context: ContextOf, season: str, round_id: str, content: DecisionIn, principal: SignedIn) -> None:
    stored_season = await live(context, season, principal)
    by = await signatory(stored_season, principal, context.store)
    await settle(stored_season, round_id, content.first, content.reason, by, context.store)


@router.post(
    "/rounds/{round_id}/ballots/{entry}/{component}/{judge}/reopening",
    status_code=204,
    summary="Open a submitted ballot again",
)
async def open_again(
    context: ContextOf,
    season: str,
    round_id: str,
    entry: str,
    component: str,
    judge: str,
    content: ReopeningIn,
    principal: SignedIn,
) -> None:
    """The judge may then score once more; every version stays, with the reason."""
    stored_season = await live(context, season, principal)
    by, chief = await signatory(stored_season, principal, context.store), principal.may(season, Role.CHIEF_JUDGE)
    await reopen(stored_season, round_id, entry, component, judge, content.reason, by, context.store, chief=chief)


@router.post("/rounds/{round_id}/sheets/{kind}", summary="Enter run sheets or test scores")
async def enter_scores(
    context: ContextOf, season: str, round_id: str, kind: Literal["runs", "tests"], content: Csv, principal: SignedIn
) -> EnteredOut:
    """`runs.csv` or `tests.csv` of the round that is on. Where the season asks, a second person has to confirm.

    An automatic judge hands in test scores for what it was given.
    """
    stored_season = await context.season(season)
    if not (kind == "tests" and await is_automatic(context, stored_season, principal)):
        stored_season = await live(context, season, principal)
    who = await signatory(stored_season, principal, context.store)
    entered, rejected = await enter(stored_season, round_id, kind, content, who, context.store, context.entered)
    waits = stored_season.rules.second_person
    return EnteredOut(
        id=entered.id, accepted=len(entered.rows), waits_for_confirmation=waits, rejected=explain(rejected)
    )


@router.post("/sheets/{sheet}/confirmation", status_code=204, summary="Confirm what somebody else entered")
async def confirm_scores(context: ContextOf, season: str, sheet: str, principal: SignedIn) -> None:
    stored_season = await live(context, season, principal)
    await confirm(
        stored_season, sheet, await signatory(stored_season, principal, context.store), context.store, context.entered
    )
