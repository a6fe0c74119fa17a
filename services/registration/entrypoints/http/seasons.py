"""Seasons: checking a season file, opening a season, reading it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, JsonValue

from services.registration.application.seasons import amend_season, open_season, season_of
from services.registration.entrypoints.context import ContextOf, SignedIn, Visitor
from services.registration.entrypoints.scope import organizes_something
from shared.errors import Invalid, NotFound
from shared.http.contract import THROTTLED, Yaml
from shared.http.paging import Page, paged
from shared.http.reports import count_season_check, season_from
from shared.identity import Role
from shared.season.fields import json_schema


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
    assessed: int = Field(description="Versions of the self-assessments that were told, added up.")
    standings: dict[str, int] = Field(description="How many entries that were told stand where.")


class SeasonListed(BaseModel):
    id: str
    mode: Literal["records", "live"]
    title: dict[str, str]


class ChangeOut(BaseModel):
    """What an amendment changed, as it was and is written; empty where it was or is not there."""

    path: str
    before: str
    after: str


class RulesVersionOut(BaseModel):
    """A version of a season's rules. The first is what it was opened with."""

    version: int
    at: int
    reason: str = Field(description="Why they were amended; empty for the first.")
    changes: list[ChangeOut]


class UnitOut(BaseModel):
    """An organizational unit: a school, or one above it."""

    unit: str
    parent: str
    level: str
    name: dict[str, str]


class CheckOut(BaseModel):
    """The id that the season would have."""

    id: str


router = APIRouter(prefix="/registration/v1", tags=["seasons"])


async def count_check(context: ContextOf, request: Request, principal: Visitor) -> None:
    await count_season_check(request, principal, context.access.counters)


@router.post(
    "/season-checks",
    dependencies=[Depends(count_check)],
    summary="Check a season file without storing it",
    responses=THROTTLED,
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
    now = await context.store.clock.now()
    await amend_season(stored_season, rules, reason, principal, now, context.store, context.audit)
    return await describe(context, season)


@router.get("/seasons", summary="All seasons, newest first")
async def all_(context: ContextOf, page: Annotated[Page, Depends(paged(int, str))]) -> list[SeasonListed]:
    seasons = page.cut(
        await context.read.seasons.all(), lambda season: (season.opened_at, season.id), newest_first=True
    )
    return [
        SeasonListed(id=season.id, mode=season.mode, title=season.rules.season.title.model_dump()) for season in seasons
    ]


@router.get("/seasons/{season}", summary="A season and how much of it is there")
async def describe(context: ContextOf, season: str) -> SeasonOut:
    stored_season = await season_of(season, context.store)
    counts = {
        name: await context.database[name].count_documents({"season": season})
        for name in ("units", "entries", "people")
    }
    counts["summaries"] = await context.database["summaries"].count_documents(
        {"season": season, "submitted_at": {"$ne": None}}
    )
    unsent = 0
    for name in ("units", "entries", "people", "summaries", "assessments"):
        unsent += await context.database[name].count_documents({"season": season, "outbox.since": {"$exists": True}})
    return SeasonOut(
        id=season,
        mode=stored_season.mode,
        title=stored_season.rules.season.title.model_dump(),
        opened_at=stored_season.opened_at,
        version=stored_season.version,
        unsent=unsent,
        assessed=await context.read.assessments.told_versions(season),
        standings=await context.read.entries.standings(season),
        **counts,
    )


@router.get("/seasons/{season}/rules", summary="The versions of a season's rules, newest first")
async def rules_versions(
    context: ContextOf, season: str, page: Annotated[Page, Depends(paged(int))]
) -> list[RulesVersionOut]:
    """Each amendment with its reason and what it changed; everybody may read them."""
    stored_season = await season_of(season, context.store)
    opened = RulesVersionOut(version=1, at=stored_season.opened_at, reason="", changes=[])
    amended = [
        RulesVersionOut(
            version=amendment.version,
            at=amendment.at,
            reason=amendment.reason,
            changes=[ChangeOut(path=path, before=before, after=after) for path, before, after in amendment.changes],
        )
        for amendment in stored_season.amendments
    ]
    return page.cut([opened, *amended], lambda version: (version.version,), newest_first=True)


@router.get("/seasons/{season}/rules/newest", summary="A season's rules as they are now")
async def newest_rules(context: ContextOf, season: str) -> dict[str, JsonValue]:
    """As in `season.yaml`."""
    rules = (await season_of(season, context.store)).rules
    plain: dict[str, JsonValue] = rules.model_dump(mode="json", by_alias=True, exclude_none=True)
    return plain


@router.get("/seasons/{season}/tracks/{track}/fields", summary="What a track's entries are asked beside what all are")
async def track_fields(context: ContextOf, season: str, track: str) -> dict[str, JsonValue]:
    """A JSON Schema of the `fields` of an entry of this track, in the order of its form.

    Every answer is a text. `x-title` and `x-help` are for people in both languages, `x-type` is the type in `season.yaml`,
    `x-minimum` and `x-maximum` are limits of numbers and days. A draft may lack what is required.
    """
    rules = (await season_of(season, context.store)).rules
    asked = next((item for item in rules.tracks if item.id == track), None)
    if asked is None:
        raise NotFound("no-such-track")
    return json_schema(asked.fields)


@router.get("/seasons/{season}/units", summary="The organizational units of a season")
async def units(context: ContextOf, season: str, page: Annotated[Page, Depends(paged(int, str))]) -> list[UnitOut]:
    """In the organizer's order."""
    await season_of(season, context.store)
    listed = page.cut((await context.read.units.of(season)).values(), lambda unit: (unit.ordinal, unit.unit))
    return [
        UnitOut(unit=unit.unit, parent=unit.parent, level=unit.level, name={"zh": unit.name_zh, "en": unit.name_en})
        for unit in listed
    ]
