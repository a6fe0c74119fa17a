"""The organizer's list of files that judges do not get by themselves: which, why, and letting judges have them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.anonymising import release_copy
from services.registration.application.seasons import season_of
from services.registration.domain.anonymised_files import Copy
from services.registration.domain.works import counting_version
from services.registration.entrypoints.access import StaffView, staff_view
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import LaurelError
from shared.identity import Principal
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form, refused_status
from shared.web.season_header import season_frame


@dataclass(frozen=True, slots=True)
class Held:
    """A file that counts, with its place in the work and its copy."""

    number: int
    name: str
    copy: Copy


class ReleaseOut(BaseModel):
    login: str
    at: int = Field(description="Microseconds UTC.")
    note: str


class HeldOut(BaseModel):
    """A file that judges do not get by themselves."""

    entry: str
    number: int
    upload: str
    reason: str = Field(
        description="`names`, `unreadable`, `locked`, `kind`, `part`, `large`, `deep`, `layers`, `costly`."
    )
    part: str = Field(description="Where in the file that is.")
    places: tuple[str, ...] = Field(description="Where in the cleaned copy a name was found.")
    release: ReleaseOut | None = Field(description="Who let judges have it.")


class ReleaseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=500, description="What was looked at.")]


router = APIRouter()


async def require_organizer(context: Context, season_id: str, principal: Principal) -> StaffView:
    """Raises NotAllowed for whoever does not organize the whole season."""
    return await staff_view(context, season_id, principal, decides=True, whole=True)


async def held_files(context: Context, season_id: str) -> list[Held]:
    """Of the versions that count."""
    helds = []
    for copy in await context.files.copies.held(season_id):
        work = await context.files.works.find(season_id, copy.entry)
        counts = counting_version(work.versions) if work else None
        for number, file in enumerate(counts.files if counts else (), 1):
            if file.upload == copy.upload:
                helds.append(Held(number, file.name, copy))
    return helds


async def page(context: Context, request: Request, look: StaffView, form: FormData, status: int = 200) -> Response:
    helds = await held_files(context, look.season.id)
    shown = {
        **season_frame(look.season.rules, look.season.mode),
        "waiting": [file for file in helds if not file.copy.is_given],
        "released": [file for file in helds if file.copy.is_given],
        "form": form,
    }
    return context.pages.render(request, "held-copies.html", shown, status=status)


@router.get("/registration/seasons/{season_id}/held-copies", include_in_schema=False)
async def show(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await page(context, request, await require_organizer(context, season_id, principal), FormData())


@router.post("/registration/seasons/{season_id}/held-copies/{upload}/release", include_in_schema=False)
async def release_by_form(
    context: ContextOf, request: Request, season_id: str, upload: str, principal: SignedIn
) -> Response:
    look, form = await require_organizer(context, season_id, principal), await read_form(request)
    await season_of(season_id, context.store, mode="live")
    try:
        require_word(context.pages, request, form, FinalAct.RELEASE)
        await release_copy(
            look.season, upload, principal.account, principal.login, form["note"], context.files.copies, context.store
        )
    except LaurelError as error:
        refused = form.with_errors(error, context.pages.translator(request))
        return await page(context, request, look, refused, refused_status(error))
    return RedirectResponse(f"/registration/seasons/{season_id}/held-copies", status_code=303)


@router.get("/registration/v1/seasons/{season}/held-copies", tags=["works"], summary="Files that judges do not get")
async def listed(context: ContextOf, season: str, principal: SignedIn) -> list[HeldOut]:
    """Files that could not be cleaned, and copies in which a name was found, with what the organizer decided."""
    await require_organizer(context, season, principal)
    return [_out(file) for file in await held_files(context, season)]


@router.post(
    "/registration/v1/seasons/{season}/held-copies/{upload}/release",
    tags=["works"],
    status_code=204,
    summary="Let judges have a file after looking at it",
)
async def release(context: ContextOf, season: str, upload: str, content: ReleaseIn, principal: SignedIn) -> Response:
    """For the organizer of the whole season. Who, when and the note stay on record."""
    look = await require_organizer(context, season, principal)
    await release_copy(
        look.season, upload, principal.account, principal.login, content.note, context.files.copies, context.store
    )
    return Response(status_code=204)


def _out(file: Held) -> HeldOut:
    copy, release = file.copy, file.copy.release
    return HeldOut(
        entry=copy.entry,
        number=file.number,
        upload=copy.upload,
        reason=copy.reason,
        part=copy.part,
        places=copy.places,
        release=ReleaseOut(login=release.login, at=release.at, note=release.note) if release else None,
    )
