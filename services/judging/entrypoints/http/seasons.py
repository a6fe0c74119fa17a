"""Seasons as judging sees them: which rules it can compute, how far a round has come, and its steps."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from services.judging.application.finalizing import announce, announce_part, finalize, propose_revision, revise, sign
from services.judging.application.ports import JudgedSeason
from services.judging.application.rounds import close_round
from services.judging.application.signing import confirm_person, signatory
from services.judging.domain.stages import SeasonStage
from services.judging.domain.support import unsupported_rules
from services.judging.entrypoints.context import Context, ContextOf, SignedIn, Visitor
from shared.errors import Invalid, InvalidState
from shared.http.contract import THROTTLED, Yaml
from shared.http.reports import count_season_check, season_from
from shared.identity import ANYWHERE, Role
from shared.mongo.counters import MongoCounters
from shared.season.time import MOMENT, parse_moment


class RuleCheck(BaseModel):
    """The rules of a season that cannot be computed yet."""

    unsupported: list[str]


class SeasonOut(BaseModel):
    """A season and how far its judging has come."""

    id: str
    mode: Literal["records", "live"]
    stage: SeasonStage
    closings: dict[str, int] = Field(description="When each round was closed that is closed.")
    announced_at: int | None
    finalized_at: int | None
    units: int
    entries: int
    summaries: int
    judges: int
    withdrawals: int
    ballots: int
    revision: int = Field(description="Of the newest results; 1 is provisional, 2 final, higher ones revised.")
    counted: dict[str, int] = Field(description="Ballots, runs and tests that count.")
    assessed: int = Field(description="Versions of the self-assessments that arrived, added up.")
    unsent: int
    standings: dict[str, int] = Field(description="How many entries stand where, as judging knows them.")


class StepIn(BaseModel):
    """A step of the round. Records state its time; in a live season the clock decides."""

    model_config = ConfigDict(extra="forbid")

    at: Annotated[str, Field(json_schema_extra={"pattern": MOMENT})] | None = Field(
        default=None, description="When, in a season kept in records."
    )
    reason: Annotated[str, Field(max_length=500)] = ""


class RevisionIn(StepIn):
    """A revision as it was previewed."""

    preview: Annotated[str, Field(max_length=64, description="The hash of the preview that you looked at.")]


class ChangeOut(BaseModel):
    """A line of a table of the results."""

    table: str
    comes: bool = Field(description="Whether it would be stated anew; otherwise it would be stated no more.")
    cells: list[str]


class PreviewOut(BaseModel):
    """What a revision would change."""

    preview: str = Field(description="State it to apply this and nothing else.")
    nothing_new: bool
    granted: int = Field(description="Awards.")
    changed: int
    revoked: int
    changes: list[ChangeOut]


class ConfirmationIn(BaseModel):
    """How the operator knows the person."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=500)]


router = APIRouter(prefix="/judging/v1", tags=["seasons"])


def stated_time(season: JudgedSeason, step: StepIn) -> int | None:
    if step.at is None:
        return None
    at = parse_moment(step.at, season.rules.zone)
    if at is None:
        raise Invalid("action-field", field="at")
    return at


async def season_to_decide(context: Context, season: str, principal: SignedIn) -> JudgedSeason:
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await context.season(season)
    missing = unsupported_rules(stored_season.rules)
    if missing:
        raise InvalidState("rules-unsupported", features=", ".join(missing))
    return stored_season


async def count_check(context: ContextOf, request: Request, principal: Visitor) -> None:
    await count_season_check(request, principal, MongoCounters(context.database))


@router.post(
    "/rule-checks",
    dependencies=[Depends(count_check)],
    summary="Which rules of a season file cannot be computed yet",
    responses=THROTTLED,
)
async def check(content: Yaml) -> RuleCheck:
    return RuleCheck(unsupported=unsupported_rules(await season_from(content)))


@router.get("/seasons/{season}", summary="A season and how far its judging has come")
async def describe(context: ContextOf, season: str) -> SeasonOut:
    stored_season = await context.season(season)
    counts = {
        name: await context.database[name].count_documents({"season": season})
        for name in ("units", "entries", "summaries", "judges", "withdrawals", "ballots")
    }
    unsent = await context.database["result_chunks"].count_documents(
        {"season": season, "outbox.since": {"$exists": True}}
    )
    return SeasonOut(
        id=season,
        mode=stored_season.mode,
        stage=stored_season.stage,
        closings=dict(stored_season.closings),
        announced_at=stored_season.announced_at,
        finalized_at=stored_season.finalized_at,
        unsent=unsent,
        standings=await context.facts.standings(season),
        revision=stored_season.revision,
        counted=await context.scores.counts(season),
        assessed=await context.scores.assessed_versions(season),
        **counts,
    )


@router.post("/seasons/{season}/rounds/{round_id}/closing", summary="Close the round: no more ballots")
async def close(context: ContextOf, season: str, round_id: str, step: StepIn, principal: SignedIn) -> SeasonOut:
    """Gives the seats in the next round. Before the end of judging a reason is needed. Again: the seats anew."""
    stored_season = await season_to_decide(context, season, principal)
    by = await signatory(stored_season, principal, context.store)
    await close_round(stored_season, round_id, stated_time(stored_season, step), step.reason, by, context.store)
    return await describe(context, season)


@router.post("/seasons/{season}/announcement", summary="Put the provisional results on public notice")
async def announcement(context: ContextOf, season: str, step: StepIn, principal: SignedIn) -> SeasonOut:
    stored_season = await season_to_decide(context, season, principal)
    by = await signatory(stored_season, principal, context.store)
    await announce(stored_season, stated_time(stored_season, step), by, context.store)
    return await describe(context, season)


@router.post("/seasons/{season}/notices/{part}", summary="A public notice of its own")
async def announcement_of(context: ContextOf, season: str, part: str, step: StepIn, principal: SignedIn) -> SeasonOut:
    """Of a closed round, by its id, or of `derived` awards. Doing it again changes nothing."""
    stored_season = await season_to_decide(context, season, principal)
    by = await signatory(stored_season, principal, context.store)
    await announce_part(stored_season, part, stated_time(stored_season, step), by, context.store)
    return await describe(context, season)


@router.post("/seasons/{season}/finalization", summary="Make the results final and grant the awards")
async def finalization(context: ContextOf, season: str, step: StepIn, principal: SignedIn) -> SeasonOut:
    """Before the end of the public notice a reason is needed. Doing it again changes nothing."""
    stored_season = await season_to_decide(context, season, principal)
    by = await signatory(stored_season, principal, context.store)
    await finalize(stored_season, stated_time(stored_season, step), step.reason, by, context.store)
    return await describe(context, season)


@router.post("/seasons/{season}/signature", summary="Vouch for the results on notice")
async def signature(context: ContextOf, season: str, principal: SignedIn) -> SeasonOut:
    """Where the season asks for two people, the first signs and the second makes the results final or revises them."""
    stored_season = await season_to_decide(context, season, principal)
    await sign(stored_season, await signatory(stored_season, principal, context.store), context.store)
    return await describe(context, season)


@router.get("/seasons/{season}/revision", summary="What a revision would change")
async def preview(context: ContextOf, season: str, principal: SignedIn) -> PreviewOut:
    """Everything decided since the results were stated: every line that would go or come, and what is applied by its hash."""
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    proposal = await propose_revision(await context.season(season), context.store)
    return PreviewOut(
        preview=proposal.hash,
        nothing_new=proposal.empty,
        granted=len(proposal.difference.granted.lines),
        changed=len(proposal.difference.changed.lines),
        revoked=len(proposal.difference.revoked.lines),
        changes=[
            ChangeOut(table=change.table, comes=change.comes, cells=list(change.row)) for change in proposal.changes
        ],
    )


@router.post("/seasons/{season}/revision", summary="State final results anew")
async def revision(context: ContextOf, season: str, content: RevisionIn, principal: SignedIn) -> SeasonOut:
    """With everything decided since, as one revision that grants, changes and revokes. Nothing new: nothing happens.

    What was decided since the preview is not applied unseen: 409 `previewed-otherwise`.
    """
    stored_season = await season_to_decide(context, season, principal)
    by = await signatory(stored_season, principal, context.store)
    at = stated_time(stored_season, content)
    await revise(stored_season, at, content.reason, content.preview, by, context.store)
    return await describe(context, season)


@router.put("/seasons/{season}/confirmed-people/{login}", status_code=204, summary="Vouch for a second person")
async def vouch(context: ContextOf, season: str, login: str, content: ConfirmationIn, principal: SignedIn) -> None:
    """For the operator: whoever has this login name is a person of their own, whoever invited them, and may be the second of two."""
    principal.require(ANYWHERE)
    stored_season = await context.season(season)
    by = await signatory(stored_season, principal, context.store)
    await confirm_person(stored_season, login, content.reason, by, context.store)
