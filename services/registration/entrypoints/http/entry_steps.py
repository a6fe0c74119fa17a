"""What becomes of an entry, for programs: edit, take back, withdraw, extend, transfer; its members and its files."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.entering import edit, extend, reinstate, unsubmit_entry, withdraw
from services.registration.application.exhibiting import set_exhibition
from services.registration.application.forms import Applicant, Application, TeamMate, application_of
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.rights import correct_name
from services.registration.application.seasons import season_of
from services.registration.application.teams import leave
from services.registration.application.transferring import transfer
from services.registration.application.works import remove_file
from services.registration.domain.people import Name
from services.registration.domain.reasons import stated_reason
from services.registration.domain.works import WorkFile
from services.registration.entrypoints.access import (
    decides_about,
    entry_of_keeper,
    entry_to_manage,
    sends_files,
    staff_view,
    visible,
)
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.http.entries import (
    EntryContent,
    EntryOut,
    MemberIn,
    Written,
    applicant,
    form_of,
    out,
    pointed,
)
from services.registration.entrypoints.joining import join_as_student
from shared.errors import Invalid, InvalidState, NotAllowed, NotFound
from shared.season.time import MOMENT, parse_moment

Reason = Annotated[str, Field(max_length=500)]
NOT_NOW: dict[int | str, dict[str, Any]] = {409: {"description": "Not now"}}


class ReasonIn(BaseModel):
    """Why; needed of whoever does not keep the entry."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = ""


class ExtensionIn(BaseModel):
    """Until when an entry may be handed in, and why."""

    model_config = ConfigDict(extra="forbid")

    until: Annotated[str, Field(pattern=MOMENT, description="Without an offset in the season's time zone.")]
    reason: Reason


class TransferIn(BaseModel):
    """To which school an entry goes, and why."""

    model_config = ConfigDict(extra="forbid")

    unit: Annotated[str, Field(max_length=64)]
    reason: Reason


class ExhibitionIn(BaseModel):
    """Whether an entry is shown out of competition, and why."""

    model_config = ConfigDict(extra="forbid")

    exhibition: bool
    reason: Reason


class MembershipIn(BaseModel):
    """How a student joins a team."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(max_length=64, description="The code of the team.")]
    grade: Annotated[int, Field(ge=1, le=12, description="Of whoever joins.")]


class NameIn(BaseModel):
    """The right name of a member, and why the other one was wrong."""

    model_config = ConfigDict(extra="forbid")

    name_zh: Written = ""
    name_en: Written = ""
    reason: Reason


class MemberOut(BaseModel):
    """A member by name, for whoever may see the entry."""

    number: int
    name_zh: str
    name_en: str
    grade: int


class FileOut(BaseModel):
    """A file of the newest version of the work."""

    upload: str
    name: str
    size: int = Field(description="Bytes.")
    sha256: str
    media_type: str
    received_at: int
    in_time: bool


router = APIRouter(prefix="/registration/v1/seasons/{season}", tags=["entries"])


async def _kept(context: Context, season: str, entry: str, principal: SignedIn) -> tuple[Season, StoredEntry]:
    """A live season and an entry that whoever asks keeps."""
    stored_season = await season_of(season, context.store, mode="live")
    return stored_season, await entry_of_keeper(context, season, entry, principal)


async def _edited(context: Context, season: Season, stored: StoredEntry, by: Applicant, form: Application) -> EntryOut:
    try:
        after = await edit(season, stored, by, form, await context.store.clock.now(), context.store)
    except Invalid as error:
        raise pointed(error, by) from error
    return await out(context, season, after)


@router.put("/entries/{entry}", summary="Change an entry that is not handed in", responses=NOT_NOW)
async def change_entry(
    context: ContextOf, season: str, entry: str, content: EntryContent, principal: SignedIn
) -> EntryOut:
    """The whole entry as it is to be, for whoever keeps it. Consents stay for members who stay as they are."""
    stored_season, stored = await _kept(context, season, entry, principal)
    by = await applicant(context, stored_season, principal, stored.entry.unit)
    return await _edited(context, stored_season, stored, by, form_of(content))


@router.delete("/entries/{entry}/submission", summary="Take an entry back that was handed in", responses=NOT_NOW)
async def take_back(context: ContextOf, season: str, entry: str, principal: SignedIn) -> EntryOut:
    """Until the deadline: a draft again, for whoever keeps it."""
    stored_season, stored = await _kept(context, season, entry, principal)
    now = await context.store.clock.now()
    return await out(
        context, stored_season, await unsubmit_entry(stored_season, stored, principal.account, now, context.store)
    )


@router.post("/entries/{entry}/withdrawal", summary="Withdraw an entry", responses=NOT_NOW)
async def withdraw_entry(
    context: ContextOf, season: str, entry: str, content: ReasonIn, principal: SignedIn
) -> EntryOut:
    """From the season before judging opens, afterwards from the next round, where the next alternate gets the seat.

    For whoever keeps it, and with a reason for its school and the organizers above.
    """
    stored_season = await season_of(season, context.store, mode="live")
    stored = await entry_to_manage(context, season, entry, principal)
    now, closed = await context.store.clock.now(), await context.read.results.closed_rounds(season)
    after = await withdraw(
        stored_season, stored, content.reason, principal.account, now, context.store, closed=closed.keys()
    )
    return await out(context, stored_season, after)


@router.delete("/entries/{entry}/withdrawal", summary="Undo a withdrawal", responses=NOT_NOW)
async def come_back(context: ContextOf, season: str, entry: str, principal: SignedIn) -> EntryOut:
    """Until the deadline: a draft, to be handed in again, for whoever keeps it."""
    stored_season, stored = await _kept(context, season, entry, principal)
    now = await context.store.clock.now()
    return await out(
        context, stored_season, await reinstate(stored_season, stored, principal.account, now, context.store)
    )


@router.post("/entries/{entry}/extension", summary="Let an entry be handed in until later", responses=NOT_NOW)
async def extend_entry(
    context: ContextOf, season: str, entry: str, content: ExtensionIn, principal: SignedIn
) -> EntryOut:
    """For the organizer of the whole season, for a reason that stays with the entry."""
    look = await staff_view(context, season, principal, mode="live", decides=True, whole=True)
    stored, until = (
        await visible(context, season, entry, principal),
        parse_moment(content.until, look.season.rules.zone),
    )
    if until is None:
        raise InvalidState("extension-time")
    now = await context.store.clock.now()
    after = await extend(look.season, stored, until, content.reason, principal.account, now, context.store)
    return await out(context, look.season, after)


@router.post("/entries/{entry}/transfer", summary="Transfer an entry to another school", responses=NOT_NOW)
async def transfer_entry(
    context: ContextOf, season: str, entry: str, content: TransferIn, principal: SignedIn
) -> EntryOut:
    """For the organizer. Before judging opens it is of that school from then on; afterwards it is on record alone.

    Both schools, whoever keeps it and its members are told.
    """
    look = await staff_view(context, season, principal, mode="live", decides=True, whole=True)
    stored, now = await visible(context, season, entry, principal), await context.store.clock.now()
    accounts = context.access.stored_accounts
    after = await transfer(
        look.season, stored, content.unit, content.reason, principal.account, now, context.store, accounts
    )
    return await out(context, look.season, after)


@router.put("/entries/{entry}/exhibition", summary="Show an entry out of competition", responses=NOT_NOW)
async def exhibit_entry(
    context: ContextOf, season: str, entry: str, content: ExhibitionIn, principal: SignedIn
) -> EntryOut:
    """For the organizer, until judging opens: it is scored and shown, without rank, seat or award; or it competes again.

    Whoever keeps it and its members are told.
    """
    look = await staff_view(context, season, principal, mode="live", decides=True, whole=True)
    stored, now = await visible(context, season, entry, principal), await context.store.clock.now()
    after = await set_exhibition(
        look.season, stored, content.exhibition, content.reason, principal.account, now, context.store
    )
    return await out(context, look.season, after)


@router.get("/entries/{entry}/members", summary="The members of an entry by name")
async def list_members(context: ContextOf, season: str, entry: str, principal: SignedIn) -> list[MemberOut]:
    """For whoever keeps it or takes part in it, and for its school and those above, whose looks are noted."""
    stored = await visible(context, season, entry, principal)
    return [
        MemberOut(number=number, name_zh=member.name.zh, name_en=member.name.en, grade=member.grade)
        for number, member in enumerate(stored.entry.members, 1)
    ]


@router.post("/entries/{entry}/members", status_code=201, summary="Add a member to one's entry", responses=NOT_NOW)
async def add_member(context: ContextOf, season: str, entry: str, content: MemberIn, principal: SignedIn) -> EntryOut:
    """Named by whoever keeps the entry, behind those who are there."""
    stored_season, stored = await _kept(context, season, entry, principal)
    by = await applicant(context, stored_season, principal, stored.entry.unit)
    form = application_of(stored, by)
    mate = TeamMate(Name(content.name_zh.strip(), content.name_en.strip()), content.birth, content.grade)
    try:
        return await _edited(context, stored_season, stored, by, replace(form, mates=(*form.mates, mate)))
    except Invalid as error:
        raise _of_member(error, len(form.mates)) from error


@router.delete(
    "/entries/{entry}/members/{member}",
    status_code=204,
    summary="Leave a team, or take a member out",
    responses=NOT_NOW,
)
async def remove_member(context: ContextOf, season: str, entry: str, member: int, principal: SignedIn) -> Response:
    """A member leaves; whoever keeps the entry takes another one out. Members are counted from 1."""
    stored_season, stored = (
        await season_of(season, context.store, mode="live"),
        await visible(context, season, entry, principal),
    )
    if not 1 <= member <= len(stored.members):
        raise NotFound("no-such-member")
    now, leaving = await context.store.clock.now(), stored.members[member - 1]
    if leaving == principal.person_in(season):
        await leave(stored_season, stored, leaving, principal.account, now, context.store)
        return Response(status_code=204)
    if stored.owner != principal.account:
        raise NotAllowed("role-needed")
    by = await applicant(context, stored_season, principal, stored.entry.unit)
    form, place = application_of(stored, by), member - (2 if by.person else 1)
    mates = (*form.mates[:place], *form.mates[place + 1 :])
    await _edited(context, stored_season, stored, by, replace(form, mates=mates))
    return Response(status_code=204)


@router.put("/entries/{entry}/members/{member}/name", summary="Put the wrong name of a member right", responses=NOT_NOW)
async def correct_member(
    context: ContextOf, season: str, entry: str, member: int, content: NameIn, principal: InPerson
) -> EntryOut:
    """For its school and those above, in person and not by a program's token. Certificates with the name are superseded."""
    stored_season, stored = (
        await season_of(season, context.store, mode="live"),
        await visible(context, season, entry, principal),
    )
    if not await decides_about(context, stored, principal):
        raise NotAllowed("role-needed")
    if not 1 <= member <= len(stored.members):
        raise NotFound("no-such-member")
    now, reason = await context.store.clock.now(), stated_reason(content.reason)
    person, name = stored.members[member - 1], Name(content.name_zh.strip(), content.name_en.strip())
    await correct_name(stored_season, person, name, reason, now, context.store)
    await context.rights.reads.note(
        season, principal.account, principal.login, "name", [person], entry=entry, reason=reason
    )
    return await out(context, stored_season, await visible(context, season, entry, principal))


@router.get("/entries/{entry}/files", summary="The files of an entry")
async def list_files(context: ContextOf, season: str, entry: str, principal: SignedIn) -> list[FileOut]:
    """Those of the newest version. They are sent to `/registration/v1/uploads`."""
    await visible(context, season, entry, principal, what="work")
    work = await context.files.works.find(season, entry)
    return _files(work.files if work else ())


@router.delete(
    "/entries/{entry}/files/{upload}", status_code=204, summary="Take a file out of the work", responses=NOT_NOW
)
async def take_file_out(context: ContextOf, season: str, entry: str, upload: str, principal: SignedIn) -> Response:
    """A new version of the work without it; for whoever may send files. The earlier versions stay."""
    stored_season = await season_of(season, context.store, mode="live")
    stored = await sends_files(context, season, entry, principal)
    work = await context.files.works.find(season, entry)
    name = next((file.name for file in work.files if file.upload == upload), "") if work else ""
    if not name:
        raise NotFound("no-such-file")
    await remove_file(stored_season, stored, name, context.files.works, context.store)
    return Response(status_code=204)


def _files(files: Sequence[WorkFile]) -> list[FileOut]:
    return [FileOut(**{name: getattr(file, name) for name in FileOut.model_fields}) for file in files]


def _of_member(error: Invalid, place: int) -> Invalid:
    """The same with pointers into the one member that was sent."""
    prefix = f"/members/{place}"
    errors = [
        {**item, "pointer": item["pointer"].removeprefix(prefix) or "/"}
        if str(item.get("pointer", "")).startswith(prefix)
        else item
        for item in error.errors
    ]
    return Invalid(error.code, errors=errors, **error.values)


@router.post("/memberships", status_code=201, summary="Join a team by its code", responses=NOT_NOW)
async def join_team(context: ContextOf, season: str, content: MembershipIn, principal: SignedIn) -> EntryOut:
    """For a student of the same school, while the team is a draft and has room."""
    stored_season = await season_of(season, context.store, mode="live")
    stored = await join_as_student(context, stored_season, content.code, content.grade, principal)
    return await out(context, stored_season, stored)
