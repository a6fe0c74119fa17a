"""Registering classes for programs: hand a sheet in, follow the dry run, let it in."""

from typing import Annotated, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Body, Header
from pydantic import BaseModel, ConfigDict

from services.registration.adapters.jobs import Job
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
from shared.http.reports import RejectedRow, explain
from shared.season.csv_rows import Rejection

Sheet = Annotated[
    bytes, Body(media_type="application/octet-stream", min_length=1, description="XLSX, ODS or CSV with a header.")
]


class ImportOut(BaseModel):
    """How far an import has come, and the rows that fall."""

    id: str
    state: ImportState
    file: str
    total: int
    done: int
    right: int
    already: int
    entered: int
    fallen: int
    problem: str
    rejected: list[RejectedRow]


class ApplyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: Literal["right-rows", "all-or-nothing"]


def out(job: Job) -> ImportOut:
    counts = {name: job.progress.get(name, 0) for name in ("done", "right", "already", "entered", "fallen")}
    rows = explain(Rejection(**item) for item in job.rejected)
    problem = str(job.problem.get("code", ""))
    return ImportOut(
        id=job.id, state=job.state, file=job.file, total=job.total, problem=problem, rejected=rows, **counts
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
) -> ImportOut:
    """A dry run begins; nothing is entered before it is applied."""
    look = await registers_classes(context, season, principal)
    return out(await start_import(context, importing, look, principal, unquote(file_name), content))


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
    await apply_import(context, importing, job, content.mode)
    return out(await context.jobs.find(season, job_id))


@router.post("/{job_id}/retry", status_code=202, summary="Go on with a sheet that was set aside")
async def retry(context: ContextOf, importing: ImportingOf, season: str, job_id: str, principal: SignedIn) -> ImportOut:
    """It stopped the service as often as it may; asking by hand begins anew."""
    _, job = await own_job(context, season, job_id, principal)
    await retry_import(context, importing, job)
    return out(await context.jobs.find(season, job_id))
