"""Copies of works for the judges who were given them: without names, of the version that counts."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.registration.application.anonymising import copy_of
from services.registration.application.seasons import season_of
from services.registration.domain.anonymised_files import Copy, PagePicture
from services.registration.domain.works import WorkFile, counting_version, extension_of
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import InvalidState, NotFound
from shared.http.contract import answers
from shared.identity import Principal, Role
from shared.states import State
from shared.web.season_header import season_frame

PAGED = "application/pdf"
"""The type of files that are looked at page by page."""
PATIENCE = 20.0
"""Seconds until a judge is asked to come again, sooner than proxies give up."""


class OfferState(State):
    """Whether a judge may have a file."""

    READY = "ready"
    NOT_MADE = "not_made"
    HELD = "held"


class PagesOut(BaseModel):
    """How many pages a file has that can be looked at page by page."""

    pages: int


class CopyOut(BaseModel):
    """A file as a judge may know it: no name, no checksum of the original."""

    number: int
    media_type: str
    size: int = Field(description="Bytes of the copy; 0 until it is made, or if it is held.")
    state: OfferState = Field(
        description="`not_made`: it is made when it is asked for. `held`: the organizer looks at it."
    )


router = APIRouter(tags=["works"])


async def files_for_judge(context: Context, season_id: str, entry: str, principal: Principal) -> tuple[WorkFile, ...]:
    """The files of the version that counts, if this judge was given the entry.

    Raises:
        NotFound: the entry is not theirs, whether it exists or not.
    """
    grant = principal.grant(Role.JUDGE, season_id) or principal.grant(Role.CHIEF_JUDGE, season_id)
    if grant is None or not await context.files.assigned.has(season_id, grant.ref, entry):
        raise NotFound("no-such-work")
    work = await context.files.works.find(season_id, entry)
    counts = counting_version(work.versions) if work else None
    return counts.files if counts else ()


async def copy_for_judge(
    context: Context, season: str, entry: str, number: int, principal: Principal
) -> tuple[WorkFile, Copy]:
    """A file of the work and its copy, if the judge gets it.

    Raises:
        NotFound: the entry is not theirs, or has no such file.
        InvalidState: the organizer looks at it first.
    """
    files = await files_for_judge(context, season, entry, principal)
    if not 1 <= number <= len(files):
        raise NotFound("no-such-file")
    file = files[number - 1]
    made = await copy_of(
        season, entry, file, context.files.copies, context.store, context.access.stored_accounts, patience=PATIENCE
    )
    if not made.is_given:
        raise InvalidState("copy-held")
    return file, made


async def picture_of_page(
    context: Context, season: str, entry: str, number: int, page: int, principal: Principal
) -> PagePicture:
    """A page of a PDF. Raises NotFound where the file is something else."""
    file, made = await copy_for_judge(context, season, entry, number, principal)
    if file.media_type != PAGED or page < 1:
        raise NotFound("no-such-page")
    return await context.files.pages.page(made, page)


async def list_copies(context: Context, season_id: str, entry: str, principal: Principal) -> list[CopyOut]:
    files = await files_for_judge(context, season_id, entry, principal)
    return [_out(number, file, await context.files.copies.find(file.upload)) for number, file in enumerate(files, 1)]


@router.get("/registration/v1/seasons/{season}/works/{entry}/copies", summary="The files of a work to judge")
async def copies(context: ContextOf, season: str, entry: str, principal: SignedIn) -> list[CopyOut]:
    """For the judges to whom it was handed out."""
    return await list_copies(context, season, entry, principal)


@router.get(
    "/registration/v1/seasons/{season}/works/{entry}/copies/{number}",
    summary="A file without its maker",
    response_class=Response,
    responses={200: answers("*/*"), 206: answers("*/*", description="From where the range begins.")},
)
async def copy(
    context: ContextOf,
    season: str,
    entry: str,
    number: int,
    principal: SignedIn,
    wanted: Annotated[str, Header(alias="range")] = "",
) -> Response:
    """With `Range: bytes=n-`, `bytes=n-m` or `bytes=-n` a part of it. What the organizer looks at first is `copy-held`."""
    file, made = await copy_for_judge(context, season, entry, number, principal)
    size = _size(made, file)
    headers = {
        "Content-Disposition": f'attachment; filename="{entry}-{number}{extension_of(file.name)}"',
        "Content-Security-Policy": "sandbox",
        "Accept-Ranges": "bytes",
    }
    part = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", wanted)
    if part is None or not (part[1] or part[2]):
        headers["Content-Length"] = str(size)
        return StreamingResponse(context.files.copies.content(made), media_type=file.media_type, headers=headers)
    first, last = (int(part[1]), int(part[2] or size)) if part[1] else (max(0, size - int(part[2])), size)
    last = min(last, size - 1)
    if first > last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    headers |= {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(last - first + 1)}
    content = _at_most(context.files.copies.content(made, first), last - first + 1)
    return StreamingResponse(content, status_code=206, media_type=file.media_type, headers=headers)


@router.get(
    "/registration/v1/seasons/{season}/works/{entry}/copies/{number}/pages",
    summary="How many pages a file has",
)
async def pages(context: ContextOf, season: str, entry: str, number: int, principal: SignedIn) -> PagesOut:
    """Of a PDF. `page-fonts` and the like: it cannot be looked at page by page; as a file it can be had."""
    return PagesOut(pages=(await picture_of_page(context, season, entry, number, 1, principal)).count)


@router.get(
    "/registration/v1/seasons/{season}/works/{entry}/copies/{number}/pages/{page}",
    summary="A page of a file as a picture",
    response_class=Response,
    responses={200: answers("image/png", "image/jpeg")},
)
async def page_picture(
    context: ContextOf, season: str, entry: str, number: int, page: int, principal: SignedIn
) -> Response:
    """Of a PDF, drawn here: nothing of the file itself reaches the browser."""
    picture = await picture_of_page(context, season, entry, number, page, principal)
    return Response(picture.content, media_type=picture.media_type, headers={"Content-Security-Policy": "sandbox"})


@router.get("/registration/works/{season_id}/{entry}/{number}", include_in_schema=False)
async def page_by_page(
    context: ContextOf, request: Request, season_id: str, entry: str, number: int, principal: SignedIn, page: int = 1
) -> Response:
    """One page of a file, with the ways to the others."""
    season = await season_of(season_id, context.store)
    picture = await picture_of_page(context, season_id, entry, number, page, principal)
    shown = {
        **season_frame(season.rules, season.mode),
        "entry": entry,
        "number": number,
        "page": page,
        "count": picture.count,
    }
    return context.pages.render(request, "copy-page.html", shown)


@router.get("/registration/works/{season_id}/{entry}", include_in_schema=False)
async def page(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    season, files = await season_of(season_id, context.store), await list_copies(context, season_id, entry, principal)
    shown = {
        **season_frame(season.rules, season.mode),
        "entry": entry,
        "files": files,
    }
    return context.pages.render(request, "copies.html", shown)


def _out(number: int, file: WorkFile, copy: Copy | None) -> CopyOut:
    state = OfferState.NOT_MADE if copy is None else OfferState.READY if copy.is_given else OfferState.HELD
    size = _size(copy, file) if copy and copy.is_given else 0
    return CopyOut(number=number, media_type=file.media_type, size=size, state=state)


def _size(copy: Copy, file: WorkFile) -> int:
    return copy.size if copy.is_cleaned else file.size


async def _at_most(content: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    async for part in content:
        yield part[:length]
        length -= len(part)
        if length <= 0:
            return
