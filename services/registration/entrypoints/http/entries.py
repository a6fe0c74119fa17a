"""Entries for programs: hand one in whole or begin it, look at it, list those of a season, hand in a draft."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration.adapters.entries import EntryFilter
from services.registration.application.consenting import consent_needed
from services.registration.application.direct import submit_entry
from services.registration.application.entering import draft, submit
from services.registration.application.forms import Applicant, Application, TeamMate, find_applicant, is_entrant
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.works import files_missing_of
from services.registration.domain.entries import EDITABLE
from services.registration.domain.people import BORN, Name
from services.registration.domain.statements import MOST_TEXT, lacking
from services.registration.entrypoints.access import entry_of_keeper, visible
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.scope import scope_of
from shared.errors import Invalid, NotAllowed, error_at, pointer_of
from shared.http.bare_routes import created_response, read_body, request_body_schema
from shared.http.contract import SIGNED_IN
from shared.http.idempotency import NEEDED, read_command
from shared.http.paging import Page, paged
from shared.identity import Principal, Role
from shared.identity.authenticator import require_user
from shared.season.fields import LONGEST_ADDRESS, PREFIX, values_of
from shared.season.rules import LONGEST_ANSWER, MOST_FIELDS
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


class EntryContent(BaseModel):
    """What an entry says. A student states their own `grade` and lists the others; a school or an organizer lists all."""

    model_config = ConfigDict(extra="forbid")

    track: Annotated[str, Field(max_length=64)]
    title: Annotated[str, Field(max_length=120)]
    language: Annotated[
        Literal["", Language], Field(description="What the work is written in, for judges who can read it.")
    ] = ""
    grade: Annotated[int | None, Field(ge=1, le=12, description="A student's own.")] = None
    members: Annotated[tuple[MemberIn, ...], Field(max_length=3)] = ()
    instructors: Annotated[tuple[Written, ...], Field(max_length=2, description="Names, in order.")] = ()
    description: Annotated[
        str, Field(max_length=MOST_TEXT, description="What the work is about, for judges; where its track asks for it.")
    ] = ""
    link: Annotated[
        str, Field(max_length=LONGEST_ADDRESS, description="http or https; where its track asks for it.")
    ] = ""
    video: Annotated[str, Field(max_length=LONGEST_ADDRESS, description="The same, of a video.")] = ""
    fields: Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=LONGEST_ANSWER)]],
        Field(
            max_length=MOST_FIELDS,
            description="Answers to the fields of its track, by id; their JSON Schema is at `…/tracks/{track}/fields`.",
        ),
    ] = {}


class EntryIn(EntryContent):
    """An entry that is handed in."""

    unit: Annotated[str, Field(max_length=64, description="The school; for organizers alone.")] = ""
    consents: Annotated[
        Literal["by-link", "on-paper"],
        Field(description="on-paper: the school holds every consent that is needed, signed; for schools alone."),
    ] = "by-link"
    submit: Annotated[bool, Field(description="false: begun as a draft, to be handed in later.")] = True


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
    exhibition: bool = Field(description="Out of competition: scored and shown, without rank, seat or award.")
    registered_at: int
    submitted_at: int | None
    waiting_for: tuple[int, ...] = Field(description="Members whose consent is missing; then it is a draft.")
    description: str
    link: str
    video: str
    fields: dict[str, str] = Field(description="Answers to the fields of its track, by id.")
    fields_missing: tuple[str, ...] = Field(
        description="What its track needs stated before it can be handed in; of its own fields `f_` and the id."
    )
    files_missing: int = Field(
        description="Files that are needed before it can be handed in; until then it is a draft."
    )


router = APIRouter(prefix="/registration/v1/seasons/{season}/entries", tags=["entries"])


async def applicant(context: Context, season: Season, principal: Principal, unit: str) -> Applicant:
    own = find_applicant(principal, season)
    if own:
        return own
    if not principal.may(season.id, Role.CITY_ORGANIZER):
        raise NotAllowed("role-needed")
    if not await is_entrant(season, unit, context.store):
        raise Invalid("fields-invalid", errors=[error_at("unit", "field-school")])
    return Applicant(principal.account, "", unit, for_school=True)


async def out(context: Context, season: Season, stored: StoredEntry) -> EntryOut:
    return (await out_of(context, season, [stored]))[0]


async def out_of(context: Context, season: Season, entries: Sequence[StoredEntry]) -> list[EntryOut]:
    """Entries as they are shown."""
    drafts = [stored for stored in entries if stored.standing in EDITABLE]
    missing = await files_missing_of(season, drafts, context.files.works)
    return [_shown(season, stored, missing.get(stored.entry.entry, 0)) for stored in entries]


def _shown(season: Season, stored: StoredEntry, missing: int) -> EntryOut:
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
        exhibition=entry.exhibition,
        registered_at=entry.registered_at,
        submitted_at=entry.submitted_at,
        waiting_for=consent_needed(season, stored, entry.registered_at) if drafted else (),
        description=entry.description,
        link=entry.link,
        video=entry.video,
        fields=values_of(entry.answers),
        fields_missing=lacking(season.rules.track(entry.track), entry) if drafted else (),
        files_missing=missing,
    )


@router.post(
    "",
    status_code=201,
    summary="Hand in an entry",
    responses={409: {"description": "Not now"}},
    response_model=EntryOut,
    openapi_extra=NEEDED | SIGNED_IN | request_body_schema(EntryIn),
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
        if content.submit:
            paper = content.consents == "on-paper"
            stored = await submit_entry(
                stored_season, by, form_of(content), paper=paper, command=command, store=context.store
            )
        else:
            now = await context.store.clock.now()
            stored = await draft(stored_season, by, form_of(content), now, command, context.store)
    except Invalid as error:
        raise pointed(error, by) from error
    return created_response(
        await out(context, stored_season, stored), f"/registration/v1/seasons/{season}/entries/{stored.entry.entry}"
    )


@router.get("", summary="The entries of a season")
async def list_(
    context: ContextOf,
    season: str,
    principal: SignedIn,
    page: Annotated[Page, Depends(paged(str))],
    after: Annotated[str, Query(max_length=64, deprecated=True, description="As `cursor` was before 0.2.")] = "",
    standing: Annotated[EntryStatus | None, Query(description="Where they stand.")] = None,
    track: Annotated[str, Query(max_length=64)] = "",
    division: Annotated[str, Query(max_length=64)] = "",
    unit: Annotated[str, Query(max_length=64, description="The school.")] = "",
    q: Annotated[str, Query(max_length=80, description="In number, title or names.")] = "",
) -> list[EntryOut]:
    """In the order of their numbers: for staff those of their part of the season, for anybody else their own."""
    stored_season = await season_of(season, context.store)
    scope = scope_of(principal, season, stored_season.rules, await context.read.units.of(season))
    numbers = None
    if scope is None:
        if find_applicant(principal, stored_season) is None:
            raise NotAllowed("role-needed")
        person = principal.person_in(season)
        own = await context.read.entries.owned(principal.account, [person] if person else [])
        numbers = frozenset(stored.entry.entry for stored in own if stored.season == season)
    units = scope.schools if scope else None
    if unit:
        units = frozenset([unit]) if units is None or unit in units else frozenset()
    wanted = EntryFilter(season, units, standing, track, division, q.strip(), numbers=numbers)
    last = str(page.after[0]) if page.after else after
    listed = await context.read.entries.listed(wanted, last, page.limit + 1)
    return await out_of(context, stored_season, page.of(listed, lambda stored: (stored.entry.entry,)))


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


def form_of(content: EntryContent) -> Application:
    """What was sent, as it would be filled in."""
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
        description=content.description,
        link=content.link,
        video=content.video,
        fields=content.fields,
    )


def pointed(error: Invalid, by: Applicant) -> Invalid:
    """The same with pointers into the body that was sent, which lists the members that whoever enters is not."""
    first = 2 if by.person else 1

    def pointer(field: str) -> str:
        if field.startswith(PREFIX):
            return pointer_of(["fields", field.removeprefix(PREFIX)])
        match = re.fullmatch(r"([mi])(\d)_(\w+)", field)
        if match is None:
            return f"/{field}"
        number = int(match[2])
        return f"/instructors/{number - 1}" if match[1] == "i" else f"/members/{max(number - first, 0)}/{match[3]}"

    errors: list[dict[str, Any]] = [{**item, "pointer": pointer(item["field"])} for item in error.errors]
    return Invalid(error.code, errors=errors, **error.values)
