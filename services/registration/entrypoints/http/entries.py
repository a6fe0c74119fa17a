"""Entries for programs: hand one in whole, look at it, list those of a season."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.consenting import consent_needed
from services.registration.application.direct import submit_entry
from services.registration.application.entering import submit
from services.registration.application.forms import Applicant, Application, TeamMate, find_applicant, is_school
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.works import files_missing
from services.registration.domain.entries import EDITABLE
from services.registration.domain.people import BORN, Name
from services.registration.entrypoints.access import entry_of_keeper, visible
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import Invalid, NotAllowed, error_at
from shared.http.bare_routes import created_response, read_body, request_body_schema
from shared.http.idempotency import NEEDED, read_command
from shared.identity import Principal, Role
from shared.identity.authenticator import require_user
from shared.season.text import Language
from shared.states import EntryStatus

Written = Annotated[str, Field(max_length=80)]


class MemberIn(BaseModel):
    """A student of the team. School, name and birth month tell students apart."""

    model_config = ConfigDict(extra="forbid")

    name_zh: Written = ""
    name_en: Written = ""
    birth: Annotated[str, Field(description="YYYY-MM", max_length=7, json_schema_extra={"pattern": BORN})]
    grade: Annotated[int, Field(ge=1, le=12)]


class EntryIn(BaseModel):
    """An entry. A student enters with their own `grade` and lists the others; a school or an organizer lists all."""

    model_config = ConfigDict(extra="forbid")

    track: Annotated[str, Field(max_length=64)]
    title: Annotated[str, Field(max_length=120)]
    language: Annotated[
        Literal["", Language], Field(description="What the work is written in, for judges who can read it.")
    ] = ""
    grade: Annotated[int | None, Field(ge=1, le=12, description="A student's own.")] = None
    members: Annotated[tuple[MemberIn, ...], Field(max_length=3)] = ()
    instructors: Annotated[tuple[Written, ...], Field(max_length=2, description="Names, in order.")] = ()
    unit: Annotated[str, Field(max_length=64, description="The school; for organizers alone.")] = ""
    consents: Annotated[
        Literal["by-link", "on-paper"],
        Field(description="on-paper: the school holds every consent that is needed, signed; for schools alone."),
    ] = "by-link"


class EntryOut(BaseModel):
    """An entry without names."""

    season: str
    entry: str
    version: int
    standing: EntryStatus
    track: str
    division: str
    unit: str
    title: str
    language: str
    registered_at: int
    submitted_at: int | None
    waiting_for: tuple[int, ...] = Field(description="Members whose consent is missing; then it is a draft.")
    files_missing: int = Field(
        description="Files that are needed before it can be handed in; until then it is a draft."
    )


router = APIRouter(prefix="/registration/v1/seasons/{season}/entries", tags=["entries"])


async def applicant(context: Context, season: Season, principal: Principal, unit: str) -> Applicant:
    own = find_applicant(principal, season.id)
    if own:
        return own
    if not principal.may(season.id, Role.CITY_ORGANIZER):
        raise NotAllowed("role-needed")
    if not await is_school(season, unit, context.store):
        raise Invalid("fields-invalid", errors=[error_at("unit", "field-school")])
    return Applicant(principal.account, "", unit, for_school=True)


async def out(context: Context, season: Season, stored: StoredEntry) -> EntryOut:
    entry = stored.entry
    drafted = stored.standing in EDITABLE
    return EntryOut(
        season=stored.season,
        entry=entry.entry,
        version=stored.version,
        standing=stored.standing,
        track=entry.track,
        division=entry.division,
        unit=entry.unit,
        title=entry.title,
        language=entry.language,
        registered_at=entry.registered_at,
        submitted_at=entry.submitted_at,
        waiting_for=consent_needed(season, stored, entry.registered_at) if drafted else (),
        files_missing=await files_missing(season, stored, context.files.works) if drafted else 0,
    )


@router.post(
    "",
    status_code=201,
    summary="Hand in an entry",
    responses={409: {"description": "Not now"}},
    response_model=EntryOut,
    openapi_extra=NEEDED | request_body_schema(EntryIn),
)
async def hand_in_whole(context: ContextOf, season: str, request: Request) -> Response:
    """Stored durably before the answer, with the database's clock deciding the deadline.

    If a consent or a file is missing, it is a draft that says so; hand it in once it is there. Send it again with the same key whenever you are not
    sure: there will be one entry.
    """
    principal = await require_user(request)
    secret = context.access.key.derive("commands")
    command, content = await read_command(request, secret, required=True), await read_body(request, EntryIn)
    stored_season = await season_of(season, context.store, mode="live")
    by = await applicant(context, stored_season, principal, content.unit)
    try:
        stored = await submit_entry(
            stored_season,
            by,
            _form(content),
            paper=content.consents == "on-paper",
            command=command,
            store=context.store,
        )
    except Invalid as error:
        raise _pointed(error, 2 if by.person else 1) from error
    return created_response(
        await out(context, stored_season, stored), f"/registration/v1/seasons/{season}/entries/{stored.entry.entry}"
    )


@router.get("", summary="The entries of a season")
async def list_(
    context: ContextOf,
    season: str,
    principal: SignedIn,
    after: Annotated[str, Query(max_length=64, description="The last entry seen.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[EntryOut]:
    """In the order of their numbers; page on with `after`."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store)
    return [
        await out(context, stored_season, stored) for stored in await context.read.entries.page(season, after, limit)
    ]


@router.post(
    "/{entry}/submission",
    summary="Hand in an entry that is a draft",
    responses={409: {"description": "Something is missing, or not now"}},
)
async def submit_draft(context: ContextOf, season: str, entry: str, principal: SignedIn) -> EntryOut:
    """For whoever keeps it, once its files and consents are there. A student agrees to every purpose with it."""
    stored = await entry_of_keeper(context, season, entry, principal)
    stored_season = await season_of(season, context.store, mode="live")
    after = await submit(
        stored_season, stored, await context.store.clock.now(), context.files.works, context.store, by=principal.account
    )
    return await out(context, stored_season, after)


@router.get("/{entry}", summary="An entry")
async def show_entry(context: ContextOf, season: str, entry: str, principal: SignedIn) -> EntryOut:
    stored = await visible(context, season, entry, principal)
    return await out(context, await season_of(season, context.store), stored)


def _form(content: EntryIn) -> Application:
    return Application(
        track=content.track,
        title=content.title,
        grade=content.grade,
        mates=tuple(
            TeamMate(Name(member.name_zh.strip(), member.name_en.strip()), member.birth, member.grade)
            for member in content.members
        ),
        instructors=content.instructors,
        language=content.language,
    )


def _pointed(error: Invalid, first: int) -> Invalid:
    """The same with pointers into the body that was sent, which counts members from `first`."""

    def pointer(field: str) -> str:
        match = re.fullmatch(r"([mi])(\d)_(\w+)", field)
        if match is None:
            return f"/{field}"
        number = int(match[2])
        return f"/instructors/{number - 1}" if match[1] == "i" else f"/members/{max(number - first, 0)}/{match[3]}"

    errors: list[dict[str, Any]] = [{**item, "pointer": pointer(item["field"])} for item in error.errors]
    return Invalid(error.code, errors=errors, **error.values)
