"""Judges of a live season by name, for programs; judging is told their ids."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.registration.adapters.judge_sheets import read_judges
from services.registration.application.judges import (
    FILE,
    INVITATION_DAYS,
    Invitations,
    meant_by,
    record_judge,
    record_sheet,
    search,
    write_letters,
)
from services.registration.application.seasons import season_of
from services.registration.domain.judges import Choice, Judge, JudgeDuty, JudgeForm, Meant
from services.registration.entrypoints.access import note_students
from services.registration.entrypoints.context import CommandOf, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.inviting import invitation_url, mail_invitations
from shared.http.contract import Csv, Stated
from shared.http.idempotency import DESCRIBED
from shared.http.reports import DryRun, FileReport, file_report
from shared.identity import Role
from shared.season.text import Language
from shared.sheets.reading import as_stated

Id = Annotated[str, Field(max_length=64)]
Named = Annotated[str, Field(max_length=200)]


class ChoiceOut(BaseModel):
    """Somebody or something of the season that a judge may work for or have to avoid."""

    id: str
    kind: Meant
    name: str
    where: list[str] = Field(description="The names of the units where it is, the nearest first.")


class JudgeIn(BaseModel):
    """A judge; units and people by id, or by name and place such as `Wang Fang · First School`."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=60)]
    contact: Annotated[str, Field(max_length=120, description="For letters; it stays in registration.")] = ""
    role: JudgeDuty = JudgeDuty.SCORING
    tracks: Annotated[list[Id], Field(min_length=1, max_length=200)]
    languages: Annotated[list[Language], Field(max_length=2, description="Empty: every work.")] = []
    employer: Annotated[Named, Field(description="A unit of the season; empty: employed by none of them.")] = ""
    avoid: Annotated[list[Named], Field(max_length=200)] = []


class JudgeOut(BaseModel):
    """A judge as understood."""

    judge: str
    name: str
    contact: str
    role: JudgeDuty
    tracks: list[str]
    languages: list[str]
    employer: ChoiceOut | None
    avoid: list[ChoiceOut]


class LettersIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    judges: Annotated[list[Id], Field(max_length=300, description="Empty: all who have no account.")] = []


class LetterOut(BaseModel):
    """An invitation; its address is shown once."""

    judge: str
    name: str
    contact: str
    url: str
    days: int


router = APIRouter(prefix="/registration/v1/seasons/{season}", tags=["judges"])


def _choice(choice: Choice) -> ChoiceOut:
    return ChoiceOut(id=choice.id, kind=choice.kind, name=choice.names[0], where=list(choice.where))


def _shown(judge: Judge, known: dict[str, Choice]) -> JudgeOut:
    def understood(name: str) -> ChoiceOut:
        return _choice(known[name]) if name in known else ChoiceOut(id=name, kind="entry", name=name, where=[])

    return JudgeOut(
        judge=judge.judge,
        name=judge.name,
        contact=judge.contact,
        role=judge.role,
        tracks=list(judge.tracks),
        languages=list(judge.languages),
        employer=understood(judge.employer) if judge.employer else None,
        avoid=[understood(name) for name in judge.avoid],
    )


@router.get("/choices", summary="Whom a judge may work for or have to avoid")
async def choices(
    context: ContextOf, season: str, principal: SignedIn, q: Annotated[str, Query(min_length=1, max_length=200)]
) -> list[ChoiceOut]:
    """Units and instructors whose name or place holds these words; students too where their school is named."""
    principal.require(season, Role.CITY_ORGANIZER)
    matches = await search(await season_of(season, context.store), q, context.store)
    await note_students(context, season, principal, matches)
    return [_choice(choice) for choice in matches]


@router.get("/judges", summary="The judges of a season by name")
async def listed(context: ContextOf, season: str, principal: SignedIn) -> list[JudgeOut]:
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store)
    judges = (await context.judges.of(season)).values()
    known = await meant_by(stored_season, judges, context.store)
    await note_students(context, season, principal, list(known.values()))
    return [_shown(judge, known) for judge in judges]


@router.put("/judges/{judge}", summary="Record a judge by name")
async def record(context: ContextOf, season: str, judge: str, content: JudgeIn, principal: SignedIn) -> JudgeOut:
    """What does not say whom it means is refused, with those who come near. Answers as it was understood."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store)
    form = JudgeForm(
        judge,
        content.name,
        content.contact,
        content.role,
        tuple(content.tracks),
        tuple(content.languages),
        content.employer,
        tuple(content.avoid),
    )
    kept = await record_judge(stored_season, form, principal, context.store, context.judges, context.audit)
    return _shown(kept, await meant_by(stored_season, [kept], context.store))


@router.post("/judges/sheet", summary="Hand in a list of judges")
async def hand_in(
    context: ContextOf, season: str, content: Csv, principal: SignedIn, dry_run: DryRun = True, encoding: Stated = None
) -> FileReport:
    """Columns `name`, `contact`, `tracks`; and `languages`, `employer`, `avoid`, `role`, `judge` where known.

    Rows fall one by one, each with its code. The same list again changes nothing.
    """
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store)
    content = await as_stated(FILE, content, encoding)
    sheet = await read_judges(content, context.pages.catalog, season)
    report = await record_sheet(
        stored_season, sheet, principal, context.store, context.judges, context.audit, dry_run=dry_run
    )
    return file_report(report, dry_run=dry_run)


@router.post("/judges/invitations", status_code=201, summary="Invite judges by letter", openapi_extra=DESCRIBED)
async def invite(
    context: ContextOf, request: Request, season: str, content: LettersIn, principal: InPerson, command: CommandOf
) -> list[LetterOut]:
    """One single-use address for each who has no account yet; it is mailed as well where the contact is an address of mail."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store)
    invitations = Invitations(context.access.accounts, context.access.stored_accounts)
    written = await write_letters(stored_season, content.judges, principal, command, context.judges, invitations)
    await mail_invitations(context, [letter.secret for letter in written], context.pages.translator(request))
    return [
        LetterOut(
            judge=letter.judge.judge,
            name=letter.judge.name,
            contact=letter.judge.contact,
            url=invitation_url(context, letter.secret),
            days=INVITATION_DAYS,
        )
        for letter in written
    ]
