"""The files of an entry: sending them with or without scripts, receipts, versions, downloads."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import UploadFile

from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.works import check_announced, remove_file
from services.registration.domain.works import allowed_types, counting_version
from services.registration.entrypoints.access import sends_files, visible
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.http.uploads import complete
from shared.errors import LaurelError, NotFound
from shared.identity import Principal
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

READ = 1024 * 1024


router = APIRouter(prefix="/registration/entries/{season_id}/{entry}/files", include_in_schema=False)


async def page(
    context: Context,
    request: Request,
    season: Season,
    stored: StoredEntry,
    principal: Principal,
    form: FormData,
    status: int = 200,
) -> Response:
    work = await context.files.works.find(season.id, stored.entry.entry)
    rules = season.rules.works.get(stored.entry.track)
    return context.pages.render(
        request,
        "files.html",
        {
            **season_frame(season.rules, season.mode),
            "stored": stored,
            "files": work.files if work else (),
            "versions": work.versions if work else (),
            "counts": counting_version(work.versions) if work else None,
            "takes": rules,
            "extensions": allowed_types(rules) if rules else [],
            "sends": stored.owner == principal.account or bool(set(principal.people) & set(stored.members)),
            "form": form,
        },
        status=status,
    )


@router.get("")
async def files(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    stored = await visible(context, season_id, entry, principal)
    return await page(context, request, await season_of(season_id, context.store), stored, principal, FormData())


@router.post("")
async def send(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    """Without scripts: one file in one request, as large as a request may be."""
    season = await season_of(season_id, context.store, mode="live")
    stored = await sends_files(context, season_id, entry, principal)
    sent = (await request.form()).get("file")
    try:
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise NotFound("file-missing")
        name = check_announced(season, stored, sent.filename, sent.size or 0)
        upload = await context.files.uploads.begin(season.id, entry, principal.account, name, sent.size or 0)
        await context.files.uploads.write(upload, 0, _parts(sent))
        await complete(context, season, stored, upload)
    except LaurelError as error:
        form = FormData().with_errors(error, context.pages.translator(request))
        return await page(context, request, season, stored, principal, form, 422)
    return RedirectResponse(request.url.path, status_code=303)


@router.post("/remove")
async def remove(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    season, form = await season_of(season_id, context.store, mode="live"), await read_form(request)
    stored = await sends_files(context, season_id, entry, principal)
    try:
        await remove_file(season, stored, form["name"], context.files.works, context.store)
    except LaurelError as error:
        refused = FormData().with_errors(error, context.pages.translator(request))
        return await page(context, request, season, stored, principal, refused, 409)
    return RedirectResponse(f"/registration/entries/{season_id}/{entry}/files", status_code=303)


@router.get("/{upload}")
async def download(context: ContextOf, season_id: str, entry: str, upload: str, principal: SignedIn) -> Response:
    """Any version's file, for those who may see the entry; it is only ever saved, never shown by the browser."""
    await visible(context, season_id, entry, principal, what="work")
    work = await context.files.works.find(season_id, entry)
    work_file = (
        next((file for version in work.versions for file in version.files if file.upload == upload), None)
        if work
        else None
    )
    if work_file is None:
        raise NotFound("no-such-file")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(work_file.name)}",
        "Content-Length": str(work_file.size),
        "Content-Security-Policy": "sandbox",
    }
    return StreamingResponse(context.files.uploads.content(upload), media_type=work_file.media_type, headers=headers)


async def _parts(sent: UploadFile) -> AsyncIterator[bytes]:
    while part := await sent.read(READ):
        yield part
