"""The files of an entry: sending them with or without scripts, receipts, versions, downloads."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import UploadFile

from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.works import announced, remove_file
from services.registration.domain.works import allowed, counting
from services.registration.entrypoints.context import Context, SignedIn
from services.registration.entrypoints.http.uploads import complete
from services.registration.entrypoints.seeing import sends_files, visible
from shared.errors import LaurelError, NotFound
from shared.identity import Principal
from shared.web.forms import Filled, filled
from shared.web.season_header import SeasonHeader

READ = 1024 * 1024


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration/entries/{season_id}/{entry}/files", include_in_schema=False)
    pages, store = context.pages, context.store

    async def page(
        request: Request, season: Season, stored: StoredEntry, principal: Principal, form: Filled, status: int = 200
    ) -> Response:
        work = await context.works.find(season.id, stored.entry.entry)
        rules = season.rules.works.get(stored.entry.track)
        return pages.render(
            request,
            "files.html",
            {
                "rules": season.rules,
                "season": SeasonHeader.of(season.rules),
                "stored": stored,
                "files": work.files if work else (),
                "versions": work.versions if work else (),
                "counts": counting(work.versions) if work else None,
                "takes": rules,
                "extensions": allowed(rules) if rules else [],
                "sends": stored.owner == principal.account or principal.person in stored.members,
                "form": form,
            },
            status=status,
        )

    @routes.get("")
    async def files(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        stored = await visible(context, season_id, entry, principal)
        return await page(request, await season_of(season_id, store), stored, principal, Filled())

    @routes.post("")
    async def send(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        """Without scripts: one file in one request, as large as a request may be."""
        season = await season_of(season_id, store, mode="live")
        stored = await sends_files(context, season_id, entry, principal)
        sent = (await request.form()).get("file")
        try:
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise NotFound("file-missing")
            name = announced(season, stored, sent.filename, sent.size or 0)
            upload = await context.uploads.begin(season.id, entry, principal.account, name, sent.size or 0)
            await context.uploads.write(upload, 0, _parts(sent))
            await complete(context, season, stored, upload)
        except LaurelError as error:
            form = Filled().refused(error, pages.translator(request))
            return await page(request, season, stored, principal, form, 422)
        return RedirectResponse(request.url.path, status_code=303)

    @routes.post("/remove")
    async def remove(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        season, form = await season_of(season_id, store, mode="live"), await filled(request)
        stored = await sends_files(context, season_id, entry, principal)
        try:
            await remove_file(season, stored, form["name"], context.works, store)
        except LaurelError as error:
            refused = Filled().refused(error, pages.translator(request))
            return await page(request, season, stored, principal, refused, 409)
        return RedirectResponse(f"/registration/entries/{season_id}/{entry}/files", status_code=303)

    @routes.get("/{upload}")
    async def download(season_id: str, entry: str, upload: str, principal: SignedIn) -> Response:
        """Any version's file, for those who may see the entry; it is only ever saved, never shown by the browser."""
        await visible(context, season_id, entry, principal, what="work")
        work = await context.works.find(season_id, entry)
        found = (
            next((one for version in work.versions for one in version.files if one.upload == upload), None)
            if work
            else None
        )
        if found is None:
            raise NotFound("no-such-file")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "Content-Length": str(found.size),
            "Content-Security-Policy": "sandbox",
        }
        return StreamingResponse(context.uploads.content(upload), media_type=found.media_type, headers=headers)

    return routes


async def _parts(sent: UploadFile) -> AsyncIterator[bytes]:
    while part := await sent.read(READ):
        yield part
