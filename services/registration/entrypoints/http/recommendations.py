"""Recommendation for programs: what a unit has before it, and what it does with an entry."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.recommending import Acting, DeskLine, Wanted, act_on
from services.registration.domain.recommending import MOST_BY, MOST_OPINION, Act
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import ContextOf, SignedIn
from services.registration.entrypoints.recommending import desks_of
from shared.states import EntryStatus

Opinion = Annotated[str, Field(max_length=MOST_OPINION)]


class ActIn(BaseModel):
    """What the unit whose administrator asks does with an entry that is at its level."""

    model_config = ConfigDict(extra="forbid")

    entry: Annotated[str, Field(min_length=1, max_length=64)]
    action: Act
    rank: Annotated[
        int | None, Field(ge=1, le=9999, description="Of a forward, among those of the unit that stand.")
    ] = None
    opinion_zh: Annotated[Opinion, Field(description="In Chinese; to return or reject, one of the two is needed.")] = ""
    opinion_en: Annotated[Opinion, Field(description="In English.")] = ""
    by: Annotated[str, Field(max_length=MOST_BY, description="Who signs for the unit.")] = ""


class LineOut(BaseModel):
    """An entry as the unit sees it."""

    entry: str
    unit: str
    title: str
    standing: EntryStatus
    state: str = Field(description="`recommended`, or `at:` or `rejected:` and a level.")
    rank: int = Field(description="Of the unit's forward, if it stands; else 0.")
    returned: int = Field(description="How often it was returned.")
    until: int | None = Field(
        description="Until when the unit of its level may act on it; null where none may any more."
    )
    open: bool = Field(description="Whether the unit of its level may act on it now.")


class TrackOut(BaseModel):
    """What a unit has before it of one track."""

    track: str
    quota: int | None = Field(description="How many it may forward; null is any number.")
    left: int | None
    forwarded: list[LineOut] = Field(description="Those whose forward stands, by rank.")
    waiting: list[LineOut] = Field(description="Those that are at the unit's level.")


def _out(line: DeskLine) -> LineOut:
    return LineOut(
        entry=line.stored.entry.entry,
        unit=line.stored.entry.unit,
        title=line.stored.entry.title,
        standing=line.stored.standing,
        state=line.position.state,
        rank=line.rank,
        returned=line.position.returned,
        until=line.until,
        open=line.open,
    )


router = APIRouter(prefix="/registration/v1/seasons/{season}/recommendations", tags=["review"])


@router.get("", summary="What one's unit has before it to recommend")
async def show(context: ContextOf, season: str, principal: SignedIn) -> list[TrackOut]:
    """Track by track. Nothing for a unit whose level does not recommend."""
    look = await staff_view(context, season, principal)
    return [
        TrackOut(
            track=desk.track,
            quota=desk.quota,
            left=desk.left,
            forwarded=[_out(line) for line in desk.forwarded],
            waiting=[_out(line) for line in desk.waiting],
        )
        for desk in await desks_of(context, look)
    ]


@router.post("", summary="Forward, return or reject an entry", responses={409: {"description": "Not now, or no room"}})
async def act(context: ContextOf, season: str, content: ActIn, principal: SignedIn) -> list[TrackOut]:
    """For the administrator of the unit above the entry at whose level it is; the organizer acts for the top unit. Answers
    what the unit then has before it.
    """
    look = await staff_view(context, season, principal, mode="live", decides=True)
    rank = "" if content.rank is None else str(content.rank)
    await act_on(
        look.season,
        content.entry,
        Wanted(content.action, rank, content.opinion_zh, content.opinion_en),
        Acting(look.scope.unit, look.scope.level, principal.account, content.by),
        look.units,
        await context.store.clock.now(),
        context.store,
    )
    return await show(context, season, principal)
