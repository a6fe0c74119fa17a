"""Bulk downloads for programs: ask with a reason, follow, fetch whole or from where it broke off."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.certificates.adapters.downloads import Download
from services.certificates.domain.documents import Kind
from services.certificates.domain.downloads import DownloadState
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.listing import MOST_DECIDED
from services.certificates.entrypoints.scope import Scope, scope_of
from shared.errors import InvalidState, NotAllowed, NotFound
from shared.http.contract import answers
from shared.http.paging import Page, paged
from shared.identity import Principal
from shared.season.ids import as_file_name

Word = Annotated[str, Field(max_length=64)]
MOST_REASON = 500
MOST_UNITS = 2000
"""That are asked for at once."""


class DownloadIn(BaseModel):
    """Which certificates, as what, and why."""

    model_config = ConfigDict(extra="forbid")

    form: Annotated[Literal["zip", "print"], Field(description="Documents in a ZIP, or one PDF for a printer.")] = "zip"
    unit: Annotated[Word, Field(description="A unit: everything at and below it.")] = ""
    units: Annotated[
        tuple[Word, ...], Field(max_length=MOST_UNITS, description="Several units, each with everything below it.")
    ] = ()
    serials: Annotated[
        tuple[Word, ...], Field(max_length=MOST_DECIDED, description="These certificates alone, by their numbers.")
    ] = ()
    track: Word = ""
    kind: Kind | Literal[""] = ""
    crop: Annotated[bool, Field(description="Marks to cut at, for a printer.")] = False
    reason: Annotated[str, Field(max_length=MOST_REASON, description="It stands in the audit log.")]


class DownloadOut(BaseModel):
    """How far a download has come."""

    id: str
    form: str
    state: DownloadState
    total: int
    done: int
    size: int = Field(description="Bytes so far; of the whole file once it is done.")
    problem: str
    left_out: int = Field(default=0, description="Documents that could not be drawn; the lists name them.")
    url: str = Field(description="Where the file is; empty until it is done.")


async def begin_download(context: Context, season: str, principal: Principal, content: DownloadIn) -> Download:
    """Begin a download of what this principal may have, and note it.

    Raises:
        InvalidState: no reason is given, or there is nothing to download.
        NotAllowed: the unit is not theirs.
        NotFound: one of the certificates that are named is not there, or not theirs.
    """
    scope = await scope_of(context, principal, season)
    chosen = [*([content.unit] if content.unit else []), *content.units]
    wanted = scope.wanted_of(chosen, content.track, content.kind)
    if not content.reason.strip():
        raise InvalidState("reason-needed")
    serials = sorted(set(content.serials))
    if serials:  # not beside the others: going on where it stopped asks for a number too
        wanted["$and"] = [{"serial": {"$in": serials}}]
    total = await context.certificates.count(season, wanted)
    if serials and total < len(serials):
        raise NotFound("no-such-certificate")
    if total == 0:
        raise InvalidState("nothing-to-download")
    label = await _label(context, season, scope, chosen or ([scope.top] if scope.top else []), total)
    job = await context.downloads.begin(
        season, principal.account, content.form, wanted, content.reason, total, crop=content.crop, label=label
    )
    picked: dict[str, Any] = {name: getattr(content, name) for name in ("form", "track", "kind")}
    if serials:
        picked["serials"] = serials
    else:
        picked |= {"unit": content.unit or scope.top, **({"units": list(content.units)} if content.units else {})}
    await context.audit.note(season, principal, "download", content.reason, count=total, **picked)
    context.downloading.begin(job)
    return job


async def _label(context: Context, season: str, scope: Scope, units: Sequence[str], total: int) -> str:
    """What the file is called: the season, the school where it is one, and how many documents it was made for."""
    rules = await context.known.rules(season)
    language = "en" if rules and not rules.season.title.zh else "zh"
    t = context.pages.catalog.translator(language)
    title = rules.season.title.best(language) if rules else season
    whose = scope.names[units[0]].best(language) if len(units) == 1 and units[0] in scope.names else ""
    parts = [
        title,
        whose or (t("archive-schools", count=len(units)) if units else ""),
        t("archive-sheets", count=total),
    ]
    return "_".join(as_file_name(part) for part in parts if part)


async def own(context: Context, season: str, download: str, principal: Principal) -> Download:
    """Raises NotFound: there is none, or it is somebody else's."""
    job = await context.downloads.find(season, download)
    if job.account != principal.account:
        raise NotFound("no-such-download")
    return job


async def retry_download(context: Context, season: str, download: str, principal: Principal) -> Download:
    """Go on with one that was set aside.

    Raises:
        NotFound: there is none, or it is somebody else's.
        InvalidState: it was not set aside.
    """
    job = await context.downloads.retry(await own(context, season, download, principal))
    context.downloading.begin(job)
    return job


def address(job: Download) -> str:
    return f"/certificates/v1/seasons/{job.season}/downloads/{job.id}/file" if job.state == DownloadState.DONE else ""


def out(job: Download) -> DownloadOut:
    values = {
        name: getattr(job, name) for name in ("id", "form", "state", "total", "done", "size", "problem", "left_out")
    }
    return DownloadOut(**values, url=address(job))


router = APIRouter(prefix="/certificates/v1/seasons/{season}", tags=["downloads"])


@router.post("/downloads", status_code=202, summary="Ask for many documents at once")
async def ask(context: ContextOf, season: str, content: DownloadIn, principal: SignedIn) -> DownloadOut:
    """Folders by school with `index.csv` and `index.xlsx`, or one PDF; organizers, districts and schools alike."""
    return out(await begin_download(context, season, principal, content))


@router.get("/downloads", summary="The downloads that one asked for, newest first")
async def list_(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[DownloadOut]:
    """Of the last seven days."""
    await scope_of(context, principal, season)
    jobs = await context.downloads.of(season, principal.account, page.limit + 1, page.after)
    return [out(job) for job in page.of(jobs, lambda job: (job.created_at, job.id))]


@router.get("/downloads/{download}", summary="How far a download has come")
async def look(context: ContextOf, season: str, download: str, principal: SignedIn) -> DownloadOut:
    return out(await own(context, season, download, principal))


@router.post("/downloads/{download}/retry", status_code=202, summary="Go on with a download that was set aside")
async def retry(context: ContextOf, season: str, download: str, principal: SignedIn) -> DownloadOut:
    """It stopped the service as often as it may; asking by hand begins anew where it was."""
    return out(await retry_download(context, season, download, principal))


@router.get(
    "/downloads/{download}/file",
    summary="The file",
    response_class=Response,
    responses={
        200: answers("application/zip", "application/pdf"),
        206: answers("application/zip", "application/pdf", description="From where the range begins."),
        416: {"description": "The range begins behind the end."},
    },
)
async def file(
    context: ContextOf,
    season: str,
    download: str,
    principal: SignedIn,
    wanted: Annotated[str, Header(alias="range")] = "",
) -> Response:
    """Kept for seven days. With `Range: bytes=n-` from where an earlier attempt broke off."""
    job = await own(context, season, download, principal)
    if job.state != DownloadState.DONE:
        raise InvalidState("download-not-ready")
    headers = {
        "Content-Disposition": _attachment(job),
        "Accept-Ranges": "bytes",
        "ETag": f'"{job.id}"',
    }
    media_type = "application/pdf" if job.file.endswith(".pdf") else "application/zip"
    start = re.fullmatch(r"bytes=(\d{1,15})-", wanted)
    if start is None:
        headers["Content-Length"] = str(job.size)
        return StreamingResponse(context.downloads.content(job), media_type=media_type, headers=headers)
    begin = int(start[1])
    if begin >= job.size:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{job.size}"})
    headers["Content-Range"] = f"bytes {begin}-{job.size - 1}/{job.size}"
    headers["Content-Length"] = str(job.size - begin)
    return StreamingResponse(
        context.downloads.content(job, begin), status_code=206, media_type=media_type, headers=headers
    )


def _attachment(job: Download) -> str:
    """The name of the file, also for programs that know only letters of ASCII (RFC 6266)."""
    plain = f"{job.season}-{job.id[:8]}.{job.file.rpartition('.')[2]}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(job.file, safe='')}"


@router.get("/audit", summary="Who took or changed what, and why")
async def audit(
    context: ContextOf, season: str, principal: SignedIn, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[dict[str, object]]:
    scope = await scope_of(context, principal, season)
    if scope.units is not None:
        raise NotAllowed("role-needed")
    return [dict(line) for line in (await context.audit.of(season))[:limit]]
