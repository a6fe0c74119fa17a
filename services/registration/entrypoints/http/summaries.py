"""Summaries of units for programs: read, file, score."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.registration.adapters.unit_figures import Figures
from services.registration.application.ports import StoredSummary
from services.registration.domain.summaries import MOST_TEXT, filing_window
from services.registration.entrypoints import summary_access
from services.registration.entrypoints.access import StaffView, staff_view
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import LaurelError
from shared.season.text import Text


class SummaryIn(BaseModel):
    """What a unit says of its season's work."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=MOST_TEXT)]
    file: Annotated[bool, Field(description="false: kept as a draft that nobody else is told of.")] = True


class ScoresIn(BaseModel):
    """A score for each item of the rules, all at once."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[dict[str, Annotated[str, Field(max_length=16)]], Field(max_length=50)]
    reason: Annotated[str, Field(max_length=500, description="Needed where other scores were given before.")] = ""


class TierCount(BaseModel):
    tier: str
    title: Text
    count: int


class FiguresOut(BaseModel):
    """What the system counts for the unit at this moment."""

    entries: int
    handed_in: int
    valid: int
    students: int
    instructors: int
    tracks: int
    works: int
    awards: tuple[TierCount, ...] = Field(description="Of the results that were told last.")


class SummaryLine(BaseModel):
    """How far the summary of a unit has come."""

    season: str
    unit: str
    version: int = Field(description="0 while nothing was written.")
    state: Literal["none", "draft", "filed", "scored"]
    submitted_at: int | None
    items: dict[str, str] = Field(description="The score of each item; none while it is not scored.")
    total: str
    opens_at: int = Field(description="From when it may be written, in microseconds UTC.")
    due_at: int = Field(description="Until when it is in time; one that is late wins no award.")
    closes_at: int = Field(description="Until when it may be filed.")


class SummaryOut(SummaryLine):
    """The summary of a unit with what it says."""

    text: str
    figures: FiguresOut


router = APIRouter(prefix="/registration/v1/seasons/{season}/summaries", tags=["summaries"])


def state_of(stored: StoredSummary) -> Literal["none", "draft", "filed", "scored"]:
    """How far it has come."""
    if stored.items:
        return "scored"
    if stored.submitted_at is not None:
        return "filed"
    return "draft" if stored.version else "none"


def _line(look: StaffView, stored: StoredSummary) -> SummaryLine:
    window = filing_window(look.season.rules)
    return SummaryLine(
        season=stored.season,
        unit=stored.unit,
        version=stored.version,
        state=state_of(stored),
        submitted_at=stored.submitted_at,
        items={name: f"{score:f}" for name, score in stored.items.items()},
        total=f"{stored.total:f}",
        opens_at=window.opens,
        due_at=window.due,
        closes_at=window.closes,
    )


def _figures(figures: Figures) -> FiguresOut:
    awards = tuple(TierCount(tier=tier, title=title, count=count) for tier, (title, count) in figures.awards.items())
    counts = {name: getattr(figures, name) for name in FiguresOut.model_fields if name != "awards"}
    return FiguresOut(**counts, awards=awards)


async def _whole(context: Context, look: StaffView, stored: StoredSummary) -> SummaryOut:
    figures = await context.read.unit_figures.of(stored.season, summary_access.schools_of(look, stored.unit))
    return SummaryOut(**_line(look, stored).model_dump(), text=stored.text, figures=_figures(figures))


@router.get("", summary="The summaries of the units in one's part of the season")
async def list_summaries(context: ContextOf, season: str, principal: SignedIn) -> list[SummaryLine]:
    """One line for every unit that files, in the organizer's order, also where nothing was written."""
    look = await staff_view(context, season, principal)
    kept = await context.store.summaries.of(season)
    return [
        _line(look, kept.get(unit.unit) or StoredSummary(season, unit.unit, 0, None, ""))
        for unit in summary_access.units_that_file(look)
    ]


@router.get("/{unit}", summary="The summary of a unit")
async def show_summary(context: ContextOf, season: str, unit: str, principal: SignedIn) -> SummaryOut:
    """For the unit and those above it; with the figures that the system counts."""
    look, stored = await summary_access.look_at(context, season, unit, principal)
    return await _whole(context, look, stored)


@router.put("/{unit}", summary="Write or file a unit's summary", responses={409: {"description": "Not now"}})
async def file_summary(
    context: ContextOf, season: str, unit: str, content: SummaryIn, principal: SignedIn
) -> SummaryOut:
    """For the unit's administrator, until the deadline by the database's clock, or until it is scored."""
    stored = await summary_access.write(context, season, unit, content.text, filing=content.file, principal=principal)
    return await _whole(context, await staff_view(context, season, principal), stored)


@router.put("/{unit}/scores", summary="Score a unit's summary", responses={409: {"description": "Not now"}})
async def give_scores(context: ContextOf, season: str, unit: str, content: ScoresIn, principal: SignedIn) -> SummaryOut:
    """For the organizer: every item at once, each within its maximum. Told to judging at once."""
    try:
        stored = await summary_access.score(context, season, unit, content.items, content.reason, principal)
    except LaurelError as error:
        error.errors = [{**item, "pointer": f"/items/{item['field']}"} for item in error.errors]
        raise
    return await _whole(context, await staff_view(context, season, principal), stored)
