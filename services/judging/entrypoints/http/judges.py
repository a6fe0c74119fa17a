"""Judges of a live season. Their names are registration's; here they have an id, tracks and conflicts."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.judging.application.handing_out import record_judge
from services.judging.application.signing import signatory
from services.judging.domain.facts import Judge, JudgeRole
from services.judging.entrypoints.context import ContextOf, SignedIn
from shared.identity import Role
from shared.season.text import Language

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class JudgeIn(BaseModel):
    """Expertise and conflicts of a judge."""

    model_config = ConfigDict(extra="forbid")

    tracks: Annotated[list[Id], Field(min_length=1)]
    employer: Annotated[
        str, Field(max_length=200, description="A unit of the season; empty: employed by none of them.")
    ] = ""
    conflicts: Annotated[
        list[Annotated[str, Field(max_length=128)]],
        Field(max_length=500, description="Ids of units, entries, instructors or people of the season."),
    ] = []
    role: JudgeRole = JudgeRole.SCORING
    languages: Annotated[list[Language], Field(description="What the judge reads. Empty: every work.")] = []


class JudgeOut(JudgeIn):
    judge: str


router = APIRouter(prefix="/judging/v1/seasons/{season}/judges", tags=["judges"])


@router.put("/{judge}", summary="Record a judge")
async def record(context: ContextOf, season: str, judge: Id, content: JudgeIn, principal: SignedIn) -> JudgeOut:
    """Invite the person in registration with the role `judge` and this id as `ref`."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    each_judge = Judge(
        judge,
        content.employer,
        tuple(content.tracks),
        tuple(content.conflicts),
        content.role,
        languages=tuple(content.languages),
    )
    await record_judge(
        stored_season, each_judge, await signatory(stored_season, principal, context.store), context.store
    )
    return JudgeOut(judge=judge, **content.model_dump())


@router.get("", summary="The judges of a season")
async def list_(context: ContextOf, season: str, principal: SignedIn) -> list[JudgeOut]:
    principal.require(season, Role.CITY_ORGANIZER, Role.CHIEF_JUDGE)
    await context.season(season)
    return [
        JudgeOut(
            judge=judge.judge,
            tracks=list(judge.tracks),
            employer=judge.employer,
            conflicts=list(judge.conflicts),
            role=judge.role,
            languages=list(judge.languages),
        )
        for judge in sorted((await context.facts.judges(season)).values(), key=lambda each_judge: each_judge.judge)
    ]
