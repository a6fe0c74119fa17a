"""Registering a class: template, dry run, errors by row and column, then what is right or nothing."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.adapters.jobs import Job
from services.registration.adapters.sheets import field_headings, template
from services.registration.application.classes import Answers
from services.registration.application.ports import Season
from services.registration.domain.class_sheet import AT_WORK, ImportState
from services.registration.domain.entries import EDITABLE
from services.registration.entrypoints.access import entries_kept
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.importing import (
    ImportingOf,
    apply_import,
    own_job,
    registers_classes,
    retry_import,
    start_import,
)
from shared.errors import LaurelError
from shared.http.reports import explain
from shared.identity import Principal
from shared.season.csv_rows import Rejection, write_marked_csv
from shared.sheets.encodings import Reading
from shared.sheets.writing import XLSX
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame
from shared.web.tables import refused_table, sent_table

REFRESH_SECONDS = 2


router = APIRouter(prefix="/registration/seasons/{season_id}/import", include_in_schema=False)


async def page(
    context: Context,
    request: Request,
    season: Season,
    principal: Principal,
    form: FormData,
    *,
    readings: Sequence[Reading] = (),
    status: int = 200,
) -> Response:
    shown = {
        **season_frame(season.rules, season.mode),
        "jobs": await context.jobs.of(season.id, principal.account),
        "form": form,
        "readings": readings,
    }
    return context.pages.render(request, "import.html", shown, status=status)


@router.get("")
async def begin(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look = await registers_classes(context, season_id, principal)
    return await page(context, request, look.season, principal, FormData())


@router.get("/template.xlsx")
async def download_template(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look = await registers_classes(context, season_id, principal)
    with_units = look.scope.level != look.season.rules.unit_levels[-1]
    t = context.pages.translator(request)
    content = template(look.season.rules, context.pages.catalog, t, with_units=with_units, whole=look.scope.whole)
    headers = {"Content-Disposition": f'attachment; filename="{season_id}.xlsx"'}
    return Response(content, media_type=XLSX, headers=headers)


@router.post("")
async def send(
    context: ContextOf, importing: ImportingOf, request: Request, season_id: str, principal: SignedIn
) -> Response:
    look = await registers_classes(context, season_id, principal)
    table = await sent_table(request)
    try:
        content = await table.content()
        await importing.check_certain(table.name, content)
        job = await start_import(context, importing, look, principal, table.name, content)
    except LaurelError as error:
        refused, readings = await refused_table(FormData(), table, error, context.pages.translator(request))
        return await page(context, request, look.season, principal, refused, readings=readings, status=422)
    return RedirectResponse(f"/registration/seasons/{season_id}/import/{job.id}", status_code=303)


async def _has_drafts(context: Context, season: Season, account: str) -> bool:
    """Whether entries that this account keeps still have to be handed in; those that lack nothing went with the sheet."""
    return any(stored.standing in EDITABLE for stored in await entries_kept(context, season.id, account))


async def job_page(
    context: Context, request: Request, season: Season, job: Job, form: FormData, status: int = 200
) -> Response:
    translator = context.pages.translator(request)
    problem: Any = job.problem
    rows = explain(Rejection(**item) for item in job.rejected)
    unit = await context.store.units.find(season.id, job.unit)
    response = context.pages.render(
        request,
        "import-job.html",
        {
            **season_frame(season.rules, season.mode),
            "job": job,
            "school": bool(unit and unit.level == season.rules.unit_levels[-1]),
            "unsent": job.state == ImportState.DONE and await _has_drafts(context, season, job.account),
            "understood": job.understood,
            "differences": job.differences,
            "near": job.near,
            "titles": field_headings(season.rules, context.pages.catalog, translator.language),
            "flagged": [
                {"row": row, "message": row.message[translator.language]}
                for row in explain(Rejection(**item) for item in job.flagged)
            ],
            "rows": [{"row": row, "message": row.message[translator.language]} for row in rows],
            "problem": translator(f"problem-{problem['code']}", **problem["values"]) if problem else "",
            "form": form,
        },
        status=status,
    )
    if job.state in AT_WORK:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


@router.get("/{job_id}")
async def look(context: ContextOf, request: Request, season_id: str, job_id: str, principal: SignedIn) -> Response:
    season, job = await own_job(context, season_id, job_id, principal)
    return await job_page(context, request, season, job, FormData())


@router.post("/{job_id}/apply")
async def apply(
    context: ContextOf, importing: ImportingOf, request: Request, season_id: str, job_id: str, principal: SignedIn
) -> Response:
    season, job = await own_job(context, season_id, job_id, principal)
    sent = await read_form(request)
    try:
        answers = Answers(change=sent["change"] == "yes", others=sent["others"] == "yes")
        await apply_import(context, importing, job, sent["mode"], answers)
    except LaurelError as error:
        return await job_page(
            context, request, season, job, sent.with_errors(error, context.pages.translator(request)), 409
        )
    return RedirectResponse(f"/registration/seasons/{season_id}/import/{job_id}", status_code=303)


@router.post("/{job_id}/retry")
async def retry(
    context: ContextOf, importing: ImportingOf, request: Request, season_id: str, job_id: str, principal: SignedIn
) -> Response:
    season, job = await own_job(context, season_id, job_id, principal)
    try:
        await retry_import(context, importing, job)
    except LaurelError as error:
        return await job_page(
            context, request, season, job, FormData().with_errors(error, context.pages.translator(request)), 409
        )
    return RedirectResponse(f"/registration/seasons/{season_id}/import/{job_id}", status_code=303)


@router.get("/{job_id}/rejected.csv")
async def rejected(context: ContextOf, request: Request, season_id: str, job_id: str, principal: SignedIn) -> Response:
    """The rows that fall, as a file, to be worked through."""
    season, job = await own_job(context, season_id, job_id, principal)
    translator = context.pages.translator(request)
    titles = field_headings(season.rules, context.pages.catalog, translator.language)
    rows = explain(Rejection(**item) for item in job.rejected)
    lines = (
        [
            str(row.row),
            titles.get(row.column) or translator.first(f"column-{row.column}", "column-other"),
            row.code,
            row.message[translator.language],
        ]
        for row in rows
    )
    text = write_marked_csv(["row", "column", "code", "message"], lines)
    return Response(
        text,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="rejected.csv"'},
    )
