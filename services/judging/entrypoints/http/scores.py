"""My score, for programs: the whole arithmetic of one's own entry, once results are on notice."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.judging.domain.arithmetic import ComponentLine, Method, RoundArithmetic, Side
from services.judging.domain.rounding import format_fixed, format_kept
from services.judging.entrypoints.context import ContextOf, SignedIn
from services.judging.entrypoints.feedback_of import own_entry

VALUE_DECIMALS = 4
Score = Annotated[str, Field(description="With four decimals.")]


class BallotOut(BaseModel):
    """A ballot; who wrote it is not told. Ballots come from low to high."""

    scores: list[str] = Field(description="By criterion, in the order of the rubric.")
    value: Score
    counted: bool = Field(description="Otherwise it was left out as one of the highest or lowest.")
    adjusted: str | None = Field(
        description="`z-score`: the deviation from its judge's mean; `without-severity`: the value without severity."
    )


class ComponentOut(BaseModel):
    component: str
    weight: str
    method: Method
    value: Score | None
    weighted: str | None = Field(description="Weight times value.")
    ballots: list[BallotOut]
    center: str | None
    scale: str | None
    points: list[str] = Field(description="Of runs, the best first, or of a test.")
    full: str | None


class TierLineOut(BaseModel):
    tier: str
    position: int | None = Field(description="The last position of the tier by rule; none where scores alone decide.")
    lowest: Score | None = Field(description="The lowest score that got it.")


class EqualOut(BaseModel):
    """Another entry with the same score, as it is shown, on the other side of a line."""

    side: Side
    tier: str
    key: str = Field(
        description="`score`: a decimal that is not shown; else the tie key that decided. Empty: equal in all."
    )


class RoundScoreOut(BaseModel):
    round: str
    components: list[ComponentOut]
    weights: str = Field(description="Their sum, by which the weighted values are divided.")
    score: Score | None
    rank: int | None
    ranked: int
    base: int
    tier: str
    lines: list[TierLineOut]
    equals: list[EqualOut]
    notes: list[str]


router = APIRouter(prefix="/judging/v1/seasons/{season}/entries/{entry}", tags=["results"])


def _component(line: ComponentLine) -> ComponentOut:
    weighted = None if line.value is None else f"{line.weight * line.value / 10000:f}"
    return ComponentOut(
        component=line.component,
        weight=f"{line.weight:f}",
        method=line.method,
        value=None if line.value is None else format_kept(line.value),
        weighted=weighted,
        ballots=[
            BallotOut(
                scores=[f"{score:f}" for score in ballot.scores],
                value=format_fixed(ballot.value, VALUE_DECIMALS),
                counted=ballot.counted,
                adjusted=None if ballot.adjusted is None else f"{ballot.adjusted:.{VALUE_DECIMALS}f}",
            )
            for ballot in line.ballots
        ],
        center=None if line.center is None else f"{line.center:f}",
        scale=None if line.scale is None else f"{line.scale:f}",
        points=[f"{point:f}" for point in line.points],
        full=None if line.full is None else f"{line.full:f}",
    )


def _round(part: RoundArithmetic) -> RoundScoreOut:
    return RoundScoreOut(
        round=part.round,
        components=[_component(line) for line in part.components],
        weights=f"{sum(line.weight for line in part.components):f}",
        score=None if part.score is None else format_kept(part.score),
        rank=part.rank,
        ranked=part.ranked,
        base=part.base,
        tier=part.tier,
        lines=[
            TierLineOut(
                tier=line.tier,
                position=line.position,
                lowest=None if line.lowest is None else format_kept(line.lowest),
            )
            for line in part.lines
        ],
        equals=[EqualOut(side=equal.side, tier=equal.tier, key=equal.key) for equal in part.equals],
        notes=list(part.notes),
    )


@router.get("/score", summary="How the score of one's own entry came about")
async def score(context: ContextOf, season: str, entry: str, principal: SignedIn) -> list[RoundScoreOut]:
    """For whoever takes part in the entry, once results are on notice. Rounds whose facts changed since are left out."""
    stored_season = await context.season(season)
    stored_entry = await own_entry(context, stored_season, entry, principal)
    return [_round(part) for part in await context.explanations.of(stored_season, stored_entry, context.store)]
