"""The chief judge's interface: how a round stands, panels, seats, open decisions, ballots opened again."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.judging.application.entered import confirm, enter
from services.judging.application.handing_out import PanelPlan, PanelWishes, hand_out, plan_panels
from services.judging.application.overseeing import oversee
from services.judging.application.ports import JudgedSeason
from services.judging.application.reopening import reopen
from services.judging.application.rounds import open_decisions, settle
from services.judging.application.signing import signatory
from services.judging.domain.facts import BallotStatus, JudgeRole
from services.judging.entrypoints.context import Context, ContextOf, SignedIn
from services.judging.entrypoints.http.ballots import the_judge
from shared.errors import InvalidState, NotFound
from shared.http.contract import Csv, Stated
from shared.http.paging import Page, paged
from shared.http.reports import RejectedRow, explain
from shared.identity import Principal, Role
from shared.sheets.reading import as_stated

Id = Annotated[str, Field(max_length=64)]
Reason = Annotated[str, Field(max_length=1000)]
CHIEFS = (Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)


class WishesIn(BaseModel):
    """What an assignment may be told. The same seed and facts give the same panels."""

    model_config = ConfigDict(extra="forbid")

    seed: Annotated[int, Field(ge=0, le=2**31)] = 1
    absent: Annotated[list[Id], Field(max_length=500, description="Judges whose works go to others.")] = []
    reserves: Annotated[list[Id], Field(max_length=500, description="Reserve judges who help.")] = []
    judges: Annotated[
        dict[Id, Annotated[int, Field(ge=1, le=50)]],
        Field(description="How many judges an entry gets, by track; absent: what the panels say."),
    ] = {}

    def wishes(self) -> PanelWishes:
        return PanelWishes(self.seed, self.absent, self.reserves, self.judges)


class PanelsIn(WishesIn):
    """Wishes as they were previewed."""

    preview: Annotated[str, Field(max_length=64, description="The hash of the preview that you looked at.")]


class ShareOut(BaseModel):
    judge: str
    entries: int = Field(description="How many works the judge has then.")
    gains: list[str]
    loses: list[str]


class PanelsOut(BaseModel):
    """What handing out changes."""

    preview: str = Field(description="State it to hand out this and nothing else.")
    round: str
    moved: int = Field(description="How many places in panels are filled anew.")
    loads: dict[str, int]
    changes: list[ShareOut]

    @classmethod
    def of(cls, plan: PanelPlan) -> "PanelsOut":
        changes = [ShareOut(judge=s.judge, entries=len(s.after), gains=s.gains, loses=s.loses) for s in plan.changes]
        return cls(preview=plan.hash, round=plan.round, moved=plan.moved, loads=plan.loads, changes=changes)


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


class BallotOut(BaseModel):
    """Where a ballot stands, without its scores."""

    round: str
    component: str
    entry: str
    judge: str
    status: BallotStatus
    version: int
    submitted_at: int | None


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


@router.post("/panels/preview", summary="What handing out would change")
async def preview_panels(context: ContextOf, season: str, content: WishesIn, principal: SignedIn) -> PanelsOut:
    """Each work gets as many judges as its panel has: loads even, conflicts never. Nothing is changed yet."""
    stored_season = await live(context, season, principal)
    return PanelsOut.of(await plan_panels(stored_season, content.wishes(), context.store))


@router.post("/panels", summary="Hand the works out")
async def hand_out_works(context: ContextOf, season: str, content: PanelsIn, principal: SignedIn) -> PanelsOut:
    """As previewed; from then on each judge gets the files. Again: only what has to move, and submitted ballots stay.

    What came or left since the preview is not applied unseen: 409 `panels-otherwise`.
    """
    stored_season = await live(context, season, principal)
    by = await signatory(stored_season, principal, context.store)
    return PanelsOut.of(await hand_out(stored_season, content.wishes(), content.preview, by, context.store))


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
    round_ = stored_season.round(round_id)
    head = await context.seatings.head(season, round_.id)
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
        open=[asdict(decision) for decision in await open_decisions(stored_season, round_, context.store)],
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
    context: ContextOf,
    season: str,
    round_id: str,
    kind: Literal["runs", "tests"],
    content: Csv,
    principal: SignedIn,
    encoding: Stated = None,
) -> EnteredOut:
    """`runs.csv` or `tests.csv` of the round that is on. They count once a second person has confirmed them.

    An automatic judge hands in test scores for what it was given; these count at once. So do all others where the
    season's rules say `scores_by_one`.
    """
    stored_season = await context.season(season)
    automatic = kind == "tests" and await is_automatic(context, stored_season, principal)
    if not automatic:
        stored_season = await live(context, season, principal)
    who = await signatory(stored_season, principal, context.store)
    content = await as_stated(f"{kind}.csv", content, encoding)
    entered, rejected = await enter(
        stored_season, round_id, kind, content, who, context.store, context.entered, automatic=automatic
    )
    return EnteredOut(
        id=entered.id,
        accepted=len(entered.rows),
        waits_for_confirmation=entered.confirmed_at is None,
        rejected=explain(rejected),
    )


@router.post("/sheets/{sheet}/confirmation", status_code=204, summary="Confirm what somebody else entered")
async def confirm_scores(context: ContextOf, season: str, sheet: str, principal: SignedIn) -> None:
    stored_season = await live(context, season, principal)
    await confirm(
        stored_season, sheet, await signatory(stored_season, principal, context.store), context.store, context.entered
    )


@router.get("/ballots", summary="Where the ballots stand")
async def ballots(
    context: ContextOf,
    season: str,
    principal: SignedIn,
    page: Annotated[Page, Depends(paged(str))],
    round_id: Annotated[Id, Query(alias="round")] = "",
    entry: Annotated[Id, Query()] = "",
    judge: Annotated[Id, Query()] = "",
    status: BallotStatus | None = None,
) -> list[BallotOut]:
    """By round, component, entry and judge; of one round, entry or judge where that is asked for."""
    principal.require(season, *CHIEFS, Role.AUDITOR)
    await context.season(season)
    asked = {"round": round_id, "entry": entry, "judge": judge, "status": status or ""}
    wanted = {name: value for name, value in asked.items() if value}
    rows = await context.scores.listed(season, wanted, page.after, page.limit + 1)
    return [
        BallotOut(
            round=ballot.round,
            component=ballot.component,
            entry=ballot.entry,
            judge=ballot.judge,
            status=ballot.status,
            version=version,
            submitted_at=ballot.submitted_at,
        )
        for _, ballot, version in page.of(rows, lambda row: (row[0],))
    ]
