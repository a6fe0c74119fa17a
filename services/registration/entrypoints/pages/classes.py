"""Registering a class: template, dry run, errors by row and column, then what is right or nothing."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.registration.adapters.jobs import Job
from services.registration.adapters.sheets import XLSX, template
from services.registration.application.ports import Season
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import Context, SignedIn
from services.registration.entrypoints.importing import Importing
from services.registration.entrypoints.scope import Scope, required
from shared.errors import Invalid, LaurelError, NotAllowed, NotFound, Refused
from shared.http.reports import explained
from shared.identity import Principal
from shared.season.records import Rejection, harmless, write_csv
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader

REFRESH_SECONDS = 2
READ = 1024 * 1024
MODES = ("right-rows", "all-or-nothing")


async def registers_classes(context: Context, season_id: str, principal: Principal) -> tuple[Season, Scope]:
    """The season and the part of it whose schools this principal may register.

    Raises:
        NotAllowed: none.
    """
    season = await season_of(season_id, context.store, mode="live")
    scope = required(principal, season_id, season.rules, await context.units.of(season_id))
    if not scope.decides:
        raise NotAllowed("role-needed")
    return season, scope


def own_unit(season: Season, scope: Scope) -> str:
    """The school whose sheet it is; empty where the sheet names the schools itself."""
    return scope.unit if scope.level == season.rules.unit_levels[-1] else ""


async def started(
    context: Context,
    importing: Importing,
    season: Season,
    scope: Scope,
    principal: Principal,
    name: str,
    content: bytes,
) -> Job:
    """Keep the file and begin to check it."""
    upload = await context.uploads.begin(season.id, "", principal.account, name, len(content))
    await context.uploads.write(upload, 0, _whole(content))
    await context.uploads.finish(upload.id)
    job = await context.jobs.begin(season.id, own_unit(season, scope), principal.account, name[:200], upload.id)
    importing.start(job)
    return job


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), READ):
        yield content[start : start + READ]


async def applied(context: Context, importing: Importing, job: Job, mode: str) -> None:
    """Let the rows of a checked file in.

    Raises:
        Invalid: the mode is unknown.
        Refused: rows fall and all or nothing is wanted, or it has been applied.
    """
    if mode not in MODES:
        raise Invalid("import-mode")
    if mode == "all-or-nothing" and job.progress.get("fallen"):
        raise Refused("import-not-all", count=job.progress["fallen"])
    await context.jobs.apply(job, mode)  # type: ignore[arg-type]
    importing.start(await context.jobs.find(job.season, job.id))


def router(context: Context, importing: Importing) -> APIRouter:
    routes = APIRouter(prefix="/registration/seasons/{season_id}/import", include_in_schema=False)
    pages = context.pages

    async def page(request: Request, season: Season, principal: Principal, form: Filled, status: int = 200) -> Response:
        shown = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "jobs": await context.jobs.of(season.id, principal.account),
            "form": form,
        }
        return pages.render(request, "import.html", shown, status=status)

    @routes.get("")
    async def begin(request: Request, season_id: str, principal: SignedIn) -> Response:
        season, _ = await registers_classes(context, season_id, principal)
        return await page(request, season, principal, Filled())

    @routes.get("/template.xlsx")
    async def download_template(request: Request, season_id: str, principal: SignedIn) -> Response:
        season, scope = await registers_classes(context, season_id, principal)
        content = template(season.rules, pages.translator(request), with_units=not own_unit(season, scope))
        headers = {"Content-Disposition": f'attachment; filename="{season_id}.xlsx"'}
        return Response(content, media_type=XLSX, headers=headers)

    @routes.post("")
    async def send(request: Request, season_id: str, principal: SignedIn) -> Response:
        season, scope = await registers_classes(context, season_id, principal)
        sent = (await request.form()).get("file")
        try:
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise NotFound("file-missing")
            job = await started(context, importing, season, scope, principal, sent.filename, await sent.read())
        except LaurelError as error:
            return await page(request, season, principal, Filled().refused(error, pages.translator(request)), 422)
        return RedirectResponse(f"/registration/seasons/{season_id}/import/{job.id}", status_code=303)

    async def own_job(season_id: str, job_id: str, principal: Principal) -> tuple[Season, Job]:
        season, _ = await registers_classes(context, season_id, principal)
        job = await context.jobs.find(season_id, job_id)
        if job.account != principal.account:
            raise NotFound("no-such-import")
        return season, job

    async def job_page(request: Request, season: Season, job: Job, form: Filled, status: int = 200) -> Response:
        translator = pages.translator(request)
        problem: Any = job.problem
        rows = explained(Rejection(**one) for one in job.rejected)
        response = pages.render(
            request,
            "import-job.html",
            {
                "rules": season.rules,
                "season": SeasonHeader.of(season.rules),
                "job": job,
                "rows": [{"row": row, "message": row.message[translator.language]} for row in rows],
                "problem": translator(f"problem-{problem['code']}", **problem["values"]) if problem else "",
                "form": form,
            },
            status=status,
        )
        if job.state in ("checking", "applying"):
            response.headers["Refresh"] = str(REFRESH_SECONDS)
        return response

    @routes.get("/{job_id}")
    async def look(request: Request, season_id: str, job_id: str, principal: SignedIn) -> Response:
        season, job = await own_job(season_id, job_id, principal)
        return await job_page(request, season, job, Filled())

    @routes.post("/{job_id}/apply")
    async def apply(request: Request, season_id: str, job_id: str, principal: SignedIn) -> Response:
        season, job = await own_job(season_id, job_id, principal)
        sent = await filled(request)
        try:
            await applied(context, importing, job, sent["mode"])
        except LaurelError as error:
            return await job_page(request, season, job, sent.refused(error, pages.translator(request)), 409)
        return RedirectResponse(f"/registration/seasons/{season_id}/import/{job_id}", status_code=303)

    @routes.get("/{job_id}/rejected.csv")
    async def rejected(request: Request, season_id: str, job_id: str, principal: SignedIn) -> Response:
        """The rows that fall, as a file, to be worked through."""
        _, job = await own_job(season_id, job_id, principal)
        translator = pages.translator(request)
        rows = explained(Rejection(**one) for one in job.rejected)
        lines = (
            [
                str(row.row),
                harmless(translator.first(f"column-{row.column}", "column-other")),
                row.code,
                row.message[translator.language],
            ]
            for row in rows
        )
        text = "\ufeff" + write_csv(["row", "column", "code", "message"], lines)
        return Response(
            text,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="rejected.csv"'},
        )

    return routes
