"""Seasons: checking a season file, opening a season, reading it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from services.registration.application.seasons import amend_season, open_season, season_of
from services.registration.entrypoints.context import ContextOf, SignedIn
from services.registration.entrypoints.scope import organizes_something
from shared.errors import Invalid
from shared.http.contract import Yaml
from shared.http.reports import count_season_check, season_from
from shared.identity import Role


class SeasonOut(BaseModel):
    """A season and how much of it is there."""

    id: str
    mode: Literal["records", "live"]
    title: dict[str, str]
    opened_at: int
    version: int
    units: int
    entries: int
    people: int
    summaries: int
    unsent: int
    standings: dict[str, int] = Field(description="How many entries that were told stand where.")


class CheckOut(BaseModel):
    """The id that the season would have."""

    id: str


router = APIRouter(prefix="/registration/v1", tags=["seasons"])


async def count_check(context: ContextOf, request: Request) -> None:
    await count_season_check(request, context.access.counters)


@router.post(
    "/season-checks",
    dependencies=[Depends(count_check)],
    summary="Check a season file without storing it",
)
async def check(content: Yaml) -> CheckOut:
    """Answers 422 with every fault, each with its path and a sentence in both languages."""
    return CheckOut(id=(await season_from(content)).id)


@router.put("/seasons/{season}", summary="Open a season", responses={201: {"description": "Opened now"}})
async def open_(
    context: ContextOf,
    season: str,
    content: Yaml,
    principal: SignedIn,
    response: Response,
    mode: Annotated[Literal["records", "live"], Query(description="Who states the times.")] = "live",
) -> SeasonOut:
    """From then on its rules are frozen. The same file again changes nothing; another one is refused."""
    organizes_something(principal)
    rules = await season_from(content)
    if rules.id != season:
        raise Invalid("season-id", season=rules.id)
    principal.stating(season, rules.series.id).require(season, Role.CITY_ORGANIZER)
    known = await context.read.seasons.find(season)
    await open_season(rules, mode, await context.store.clock.now(), context.store)
    response.status_code = 200 if known else 201
    return await describe(context, season)


@router.post("/seasons/{season}/amendments", status_code=201, summary="Amend the rules of an open season")
async def amend(
    context: ContextOf,
    season: str,
    content: Yaml,
    principal: SignedIn,
    reason: Annotated[str, Query(max_length=500, description="Shown to everybody.")],
) -> SeasonOut:
    """The whole file with its changes. What the filing fixed, what judging applies and times that have passed stay."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season, rules = await season_of(season, context.store, mode="live"), await season_from(content)
    await amend_season(stored_season, rules, reason, await context.store.clock.now(), context.store)
    return await describe(context, season)


@router.get("/seasons", summary="All seasons, newest first")
async def all_(context: ContextOf) -> list[dict[str, Any]]:
    return [
        {"id": season.id, "mode": season.mode, "title": season.rules.season.title.model_dump()}
        for season in await context.read.seasons.all()
    ]


@router.get("/seasons/{season}", summary="A season and how much of it is there")
async def describe(context: ContextOf, season: str) -> SeasonOut:
    stored_season = await season_of(season, context.store)
    counts = {
        name: await context.database[name].count_documents({"season": season})
        for name in ("units", "entries", "people", "summaries")
    }
    unsent = 0
    for name in ("units", "entries", "people", "summaries"):
        unsent += await context.database[name].count_documents({"season": season, "outbox.since": {"$exists": True}})
    return SeasonOut(
        id=season,
        mode=stored_season.mode,
        title=stored_season.rules.season.title.model_dump(),
        opened_at=stored_season.opened_at,
        version=stored_season.version,
        unsent=unsent,
        standings=await context.read.entries.standings(season),
        **counts,
    )
