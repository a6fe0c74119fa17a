"""Disqualifications and revoked awards for programs."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.judging.application.excluding import (
    Exclusion,
    confirm_exclusion,
    exclude,
    take_back_exclusion,
    waiting_exclusions,
)
from services.judging.application.signing import signatory
from services.judging.entrypoints.context import ContextOf, SignedIn
from shared.identity import Role

Id = Annotated[str, Field(max_length=64)]


class ExclusionIn(BaseModel):
    """What is decided about an entry, and why."""

    model_config = ConfigDict(extra="forbid")

    kind: Exclusion
    entry: Id
    rounds: Annotated[
        list[Id],
        Field(
            min_length=1,
            max_length=20,
            description="A disqualification names the round from which the entry is out; a revocation those of the awards.",
        ),
    ]
    reason: Annotated[str, Field(max_length=1000)]


class TakingBackIn(BaseModel):
    """Why a proposal is dropped."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=1000)]


class ExclusionOut(BaseModel):
    """A disqualification, also by an objection that was upheld, or a revocation of awards."""

    kind: Literal["disqualification", "revocation"]
    entry: str
    rounds: list[str]
    at: int
    reason: str
    waits: str = Field(
        "", description="The id by which a second person confirms it, or it is taken back; empty: it counts."
    )


router = APIRouter(prefix="/judging/v1/seasons/{season}/exclusions", tags=["decisions"])


@router.get("", summary="Disqualifications and revoked awards")
async def list_exclusions(context: ContextOf, season: str, principal: SignedIn) -> list[ExclusionOut]:
    """First those that wait for a second person, then those that count; each newest first."""
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    waiting = await waiting_exclusions(await context.season(season), context.store)
    return [
        *(
            ExclusionOut(
                kind="disqualification",
                entry=item["entry"],
                rounds=[item["round"]],
                at=item["at"],
                reason=item["reason"],
                waits=exclusion,
            )
            for exclusion, item in waiting
        ),
        *(
            ExclusionOut(
                kind="revocation" if item["type"] == "revocation" else "disqualification",
                entry=item["entry"],
                rounds=item["rounds"] if item["type"] == "revocation" else [item["round"]],
                at=item["at"],
                reason=item["reason"],
            )
            for item in await context.facts.excluded(season)
        ),
    ]


@router.post(
    "",
    status_code=204,
    summary="Disqualify an entry, or revoke its awards",
    responses={409: {"description": "Not now"}},
)
async def decide_exclusion(context: ContextOf, season: str, content: ExclusionIn, principal: SignedIn) -> None:
    """A disqualification counts once a second person has confirmed it, unless the rules say `exclusions_by_one`; all else at
    once. Once results are final, it counts by the next revision. The same again changes nothing.
    """
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    by = await signatory(stored_season, principal, context.store)
    await exclude(stored_season, content.kind, content.entry, content.rounds, content.reason, by, context.store)


@router.post(
    "/{exclusion}/confirmation",
    status_code=204,
    summary="Confirm a disqualification as the second person",
    responses={409: {"description": "Not by this person, or not now"}},
)
async def confirm(context: ContextOf, season: str, exclusion: str, principal: SignedIn) -> None:
    """For somebody who decides independently of whoever proposed it: it counts from now on."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    await confirm_exclusion(
        stored_season, exclusion, await signatory(stored_season, principal, context.store), context.store
    )


@router.post(
    "/{exclusion}/withdrawal",
    status_code=204,
    summary="Take back a disqualification that waits for a second person",
    responses={409: {"description": "None waits under this id"}},
)
async def take_back(
    context: ContextOf, season: str, exclusion: str, content: TakingBackIn, principal: SignedIn
) -> None:
    """By whoever proposed it or anybody who could confirm it, with a reason that is put on record. It may be proposed anew."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    by = await signatory(stored_season, principal, context.store)
    await take_back_exclusion(stored_season, exclusion, content.reason, by, context.store)
