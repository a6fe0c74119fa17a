"""Registering classes for programs: hand a sheet in, follow the dry run, let it in."""

from typing import Annotated, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Body, Depends, Header
from pydantic import BaseModel, ConfigDict, Field

from services.registration.adapters.jobs import COUNTED, Job
from services.registration.application.classes import Answers
from services.registration.domain.class_sheet import ImportState
from services.registration.entrypoints.context import ContextOf, SignedIn
from services.registration.entrypoints.importing import (
    ImportingOf,
    apply_import,
    own_job,
    registers_classes,
    retry_import,
    start_import,
)
from shared.http.contract import Stated
from shared.http.paging import Page, paged
from shared.http.reports import RejectedRow, explain
from shared.season.csv_rows import Rejection
from shared.sheets.reading import as_stated

Sheet = Annotated[
    bytes,
    Body(
        media_type="application/octet-stream",
        min_length=1,
        description="XLSX, ODS, or text with commas, semicolons or tabs; with a header.",
    ),
]


class UnderstoodCell(BaseModel):
    """A cell in the words of whoever filled it in, with the first row where it stands so, and what it is taken for."""

    row: int
    column: str
    written: str
    meant: str


class DifferingCell(BaseModel):
    """A cell that says something else than what is kept; or a name that is nearly that of a student who is kept."""

    row: int
    column: str
    kept: str
    sent: str


class ImportListed(BaseModel):
    """An import that one began."""

    id: str
    state: ImportState
    file: str
    dry_run: bool
    created_at: int


class ImportOut(BaseModel):
    """How far an import has come, and the rows that fall."""

    id: str
    state: ImportState
    file: str
    dry_run: bool = Field(description="Whether nothing is entered yet, because it was not asked for.")
    total: int
    done: int
    right: int
    already: int
    differing: int = Field(description="Of those that are there already, how many say something else.")
    changed: int
    asked: int = Field(description="Rows that wait for an answer: with a name that is nearly that of another student.")
    entered: int
    fallen: int
    problem: str
    reason: str = Field(description="Of a file that cannot be read: why, such as NOT_UTF8 or PASSWORD.")
    place: str = Field(
        description="Of a file that cannot be read: the row, the cells or the sheet, if it is one place."
    )
    rejected: list[RejectedRow]
    flagged: list[RejectedRow] = Field(description="Rows that are right and hold a sign that no font has.")
    understood: list[UnderstoodCell]
    differences: list[DifferingCell]
    near: list[DifferingCell]


class ApplyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: Literal["right-rows", "all-or-nothing"]
    change: Annotated[bool, Field(description="Change the entries that are there where the sheet says otherwise.")] = (
        False
    )
    others: Annotated[bool, Field(description="Students whose names are nearly those of others are others.")] = False


def out(job: Job) -> ImportOut:
    counts = {name: job.progress.get(name, 0) for name in COUNTED}
    rows = explain(Rejection(**item) for item in job.rejected)
    problem = str(job.problem.get("code", ""))
    values = job.problem.get("values", {})
    return ImportOut(
        id=job.id,
        state=job.state,
        file=job.file,
        dry_run=not job.mode,
        total=job.total,
        problem=problem,
        reason=str(values.get("reason", "")),
        place=str(values.get("place", "")),
        rejected=rows,
        flagged=explain(Rejection(**item) for item in job.flagged),
        understood=[UnderstoodCell(**item) for item in job.understood],
        differences=[DifferingCell(**item) for item in job.differences],
        near=[DifferingCell(**item) for item in job.near],
        **counts,
    )


router = APIRouter(prefix="/registration/v1/seasons/{season}/imports", tags=["imports"])


@router.post("", status_code=202, summary="Hand in a sheet of entries, to be checked")
async def hand_in(
    context: ContextOf,
    importing: ImportingOf,
    season: str,
    content: Sheet,
    principal: SignedIn,
    file_name: Annotated[
        str, Header(max_length=200, description="What the file is called, percent-encoded.")
    ] = "sheet",
    encoding: Stated = None,
) -> ImportOut:
    """A dry run begins; nothing is entered before it is applied."""
    look = await registers_classes(context, season, principal)
    name = unquote(file_name)
    content = await as_stated(name, content, encoding)
    return out(await start_import(context, importing, look, principal, name, content))


@router.get("", summary="The imports that one began, newest first")
async def list_(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[ImportListed]:
    """Of the last thirty days."""
    await registers_classes(context, season, principal)
    jobs = page.of(
        await context.jobs.of(season, principal.account, page.limit + 1, page.after),
        lambda job: (job.created_at, job.id),
    )
    return [
        ImportListed(id=job.id, state=job.state, file=job.file, dry_run=not job.mode, created_at=job.created_at)
        for job in jobs
    ]


@router.get("/{job_id}", summary="How far an import has come")
async def look(context: ContextOf, season: str, job_id: str, principal: SignedIn) -> ImportOut:
    _, job = await own_job(context, season, job_id, principal)
    return out(job)


@router.post("/{job_id}/application", status_code=202, summary="Let a checked sheet in")
async def apply(
    context: ContextOf, importing: ImportingOf, season: str, job_id: str, content: ApplyIn, principal: SignedIn
) -> ImportOut:
    """Only the rows that are right, or all of them or none. A sheet that went in before changes nothing."""
    _, job = await own_job(context, season, job_id, principal)
    await apply_import(context, importing, job, content.mode, Answers(content.change, content.others))
    return out(await context.jobs.find(season, job_id))


@router.post("/{job_id}/retry", status_code=202, summary="Go on with a sheet that was set aside")
async def retry(context: ContextOf, importing: ImportingOf, season: str, job_id: str, principal: SignedIn) -> ImportOut:
    """It stopped the service as often as it may; asking by hand begins anew."""
    _, job = await own_job(context, season, job_id, principal)
    await retry_import(context, importing, job)
    return out(await context.jobs.find(season, job_id))
