"""Rehearsals for programs: the rules go in, the report comes out, nothing is kept."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.judging.domain.rehearsal import MOST_ENTRIES, MOST_SEED, MOST_WORKS, Rehearsing, rehearse
from services.judging.domain.support import unsupported_rules
from services.judging.entrypoints.context import SignedIn
from shared.errors import InvalidState
from shared.http.contract import Yaml
from shared.http.reports import require_organizer, season_from


class LoadOut(BaseModel):
    """The work of the judges of a track in a round."""

    model_config = ConfigDict(from_attributes=True)

    track: str
    entries: int
    ballots: int
    judges: int
    least: int = Field(description="The fewest works of a judge.")
    most: int = Field(description="The most works of a judge.")


class GroupOut(BaseModel):
    """A track and division of a round, all its heats together."""

    model_config = ConfigDict(from_attributes=True)

    track: str
    division: str
    heats: int = Field(description="In how many parts it is ranked, each by itself.")
    entries: int
    given: dict[str, int] = Field(description="How many got each tier.")
    ties: int = Field(description="Ties across the line of a tier.")
    going_on: int = Field(description="How many go on to the next round.")


class RoundOut(BaseModel):
    """What became of a round."""

    model_config = ConfigDict(from_attributes=True)

    round: str
    entrants: int
    days: int = Field(description="How many days its judges have.")
    ballots: int
    judges: int
    loads: list[LoadOut]
    groups: list[GroupOut]
    given: dict[str, int] = Field(description="How many got each tier, in all groups.")
    undecided: int = Field(description="Seats that the rules leave equal, which the committee would decide.")


class RehearsalOut(BaseModel):
    """The report. The same rules, numbers and seed give the same one."""

    model_config = ConfigDict(from_attributes=True)

    schools: int
    rounds: list[RoundOut]
    instructors: int = Field(description="How many instructors would be awarded.")
    units: int = Field(description="How many units would be awarded.")


router = APIRouter(prefix="/judging/v1", tags=["rehearsals"])


@router.post("/rehearsals", summary="Rehearse the rules of a season on invented entrants")
async def report(
    content: Yaml,
    principal: SignedIn,
    entries: Annotated[int, Query(ge=1, le=MOST_ENTRIES, description="How many works to invent.")] = 500,
    works: Annotated[int, Query(ge=1, le=MOST_WORKS, description="How many one judge can score in a round.")] = 30,
    seed: Annotated[int, Query(ge=1, le=MOST_SEED, description="Another seed invents others.")] = 1,
) -> RehearsalOut:
    """Judges, awards, ties and seats that the rules would make. Nothing is kept or sent, and no season knows of it."""
    require_organizer(principal)
    rules = await season_from(content)
    if missing := unsupported_rules(rules):
        raise InvalidState("rules-unsupported", features=", ".join(missing))
    rehearsal = await asyncio.to_thread(rehearse, rules, Rehearsing(entries, works, seed))
    return RehearsalOut.model_validate(rehearsal)
