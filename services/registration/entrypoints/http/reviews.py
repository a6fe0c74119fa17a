"""Review for programs: one verdict for many entries, each answered by itself; and the places of a unit."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.reviewing import places, review_many
from services.registration.application.signs import flag_entries
from services.registration.domain.reviewing import Verdict
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import ContextOf, SignedIn
from shared.states import EntryStatus

Id = Annotated[str, Field(min_length=1, max_length=64)]


class ReviewIn(BaseModel):
    """A verdict of the unit whose administrator or organizer asks."""

    model_config = ConfigDict(extra="forbid")

    entries: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
    verdict: Verdict
    reason: Annotated[str, Field(max_length=500, description="Needed but for approval.")] = ""


class ReviewOut(BaseModel):
    """What became of one entry: where it stands, and the code of what kept it back, if anything did."""

    entry: str
    standing: EntryStatus
    approvals: tuple[str, ...]
    problem: str = ""


class FlaggedOut(BaseModel):
    """An entry with signs that no font has, and the texts in which they stand."""

    entry: str
    unit: str
    signs: str
    texts: tuple[str, ...]


class PlacesOut(BaseModel):
    track: str
    division: str
    cap: int
    used: int
    left: int


router = APIRouter(prefix="/registration/v1/seasons/{season}", tags=["review"])


@router.post("/reviews", summary="Approve, return, reject or reopen entries")
async def decide(context: ContextOf, season: str, content: ReviewIn, principal: SignedIn) -> list[ReviewOut]:
    """In the given order, so that places go to the first. Entries that are not yours or unknown are left out."""
    look = await staff_view(context, season, principal, mode="live", decides=True)
    outcome = await review_many(
        look.season,
        await context.read.entries.chosen(season, content.entries, look.scope.schools),
        content.verdict,
        content.reason,
        look.scope.reviewer(principal.account),
        look.units,
        await context.store.clock.now(),
        context.store,
    )
    return [
        ReviewOut(
            entry=stored.entry.entry,
            standing=stored.standing,
            approvals=stored.approvals,
            problem=error.code if error else "",
        )
        for stored, error in outcome
    ]


@router.get("/signs", summary="Entries with signs that no font of the certificates has")
async def signs(context: ContextOf, season: str, principal: SignedIn) -> list[FlaggedOut]:
    """They take part like all others; give a picture of each sign, or a font, before certificates are printed."""
    await staff_view(context, season, principal, whole=True)
    return [FlaggedOut(**asdict(item)) for item in await flag_entries(context.read.entries.unusual(season))]


@router.get("/places", summary="How a unit's places to send on are used")
async def used(context: ContextOf, season: str, principal: SignedIn) -> list[PlacesOut]:
    look = await staff_view(context, season, principal)
    return [
        PlacesOut(track=track, division=division, cap=each_places.cap, used=each_places.used, left=each_places.left)
        for (track, division), each_places in (await places(look.season, look.scope.unit, context.store)).items()
    ]
