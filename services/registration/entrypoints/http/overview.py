"""Where a season stands, for programs of its organizers: what the page of the overview shows."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.registration.domain.overview import (
    PhaseName,
    missing_before_next,
    next_due,
    owed_by_others,
    phases_of,
)
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import ContextOf, SignedIn
from services.registration.entrypoints.season_facts import season_facts
from shared.states import StepState


class PhaseOut(BaseModel):
    """A part of the season's year."""

    model_config = ConfigDict(from_attributes=True)

    name: PhaseName
    state: StepState
    round: str = Field(description="Of a phase of judging; else empty.")
    opens: int | None
    closes: int | None


class TaskOut(BaseModel):
    """What is to be done, or was; or what waits for others."""

    model_config = ConfigDict(from_attributes=True)

    what: str
    state: StepState
    count: int
    stops: bool = Field(description="The next phase waits for it.")
    tracks: tuple[str, ...]


class DueOut(BaseModel):
    """The next date of the season."""

    model_config = ConfigDict(from_attributes=True)

    what: str
    at: int


class OverviewOut(BaseModel):
    """Where a season stands, as far as registration knows."""

    at: int = Field(description="When it stood so.")
    phases: list[PhaseOut] = Field(description="In order; one of them is `now`.")
    due: DueOut | None
    entries: dict[str, int] = Field(description="How many entries have which standing.")
    missing: list[TaskOut] = Field(description="What is done and what is missing before the next phase.")
    owed: list[TaskOut] = Field(description="What waits for students, guardians, schools and judges.")


router = APIRouter(prefix="/registration/v1/seasons/{season}/overview", tags=["seasons"])


@router.get("")
async def overview(context: ContextOf, season: str, principal: SignedIn) -> OverviewOut:
    """The phases of a season, its next date, what is missing before the next phase, and for whom it waits.

    For its organizers and auditors.
    """
    look = await staff_view(context, season, principal, whole=True)
    rules, facts = look.season.rules, await season_facts(context, look.season, closely=True)
    due = next_due(rules, facts)
    return OverviewOut(
        at=facts.now,
        phases=[PhaseOut.model_validate(phase) for phase in phases_of(rules, facts)],
        due=DueOut.model_validate(due) if due else None,
        entries=dict(facts.entries),
        missing=[TaskOut.model_validate(task) for task in missing_before_next(rules, facts)],
        owed=[TaskOut.model_validate(task) for task in owed_by_others(rules, facts)],
    )
