"""Copies of works for the judges who were given them: without names, of the version that counts."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from services.registration.adapters.anonymising import NotAnonymised, anonymised, blanked, film_tags
from services.registration.application.seasons import season_of
from services.registration.domain.works import WorkFile, counting, extension_of
from services.registration.entrypoints.context import Context, SignedIn
from shared.errors import NotFound, Refused
from shared.http.contract import answers
from shared.identity import Principal, Role
from shared.web.season_header import SeasonHeader

WHOLE = 64 * 1024 * 1024
"""Up to so many bytes a file is cleaned in memory; a larger film is cleaned while it is sent."""
FILMS = (".mp4", ".m4v", ".mov")


class CopyOut(BaseModel):
    """A file as a judge may know it: no name, no checksum of the original."""

    number: int
    media_type: str
    size: int


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["works"])

    async def given(season_id: str, entry: str, principal: Principal) -> tuple[WorkFile, ...]:
        """The files of the version that counts, if this judge was given the entry.

        Raises:
            NotFound: the entry is not theirs, whether it exists or not.
        """
        grant = principal.grant(Role.JUDGE, season_id) or principal.grant(Role.CHIEF_JUDGE, season_id)
        if grant is None or not await context.assigned.has(season_id, grant.ref, entry):
            raise NotFound("no-such-work")
        work = await context.works.find(season_id, entry)
        counts = counting(work.versions) if work else None
        return counts.files if counts else ()

    @routes.get("/registration/v1/seasons/{season}/works/{entry}/copies", summary="The files of a work to judge")
    async def copies(season: str, entry: str, principal: SignedIn) -> list[CopyOut]:
        """For the judges to whom it was handed out."""
        return [
            CopyOut(number=number, media_type=one.media_type, size=one.size)
            for number, one in enumerate(await given(season, entry, principal), 1)
        ]

    @routes.get(
        "/registration/v1/seasons/{season}/works/{entry}/copies/{number}",
        summary="A file without its maker",
        response_class=Response,
        responses={200: answers("*/*")},
    )
    async def copy(season: str, entry: str, number: int, principal: SignedIn) -> Response:
        files = await given(season, entry, principal)
        if not 1 <= number <= len(files):
            raise NotFound("no-such-file")
        file = files[number - 1]
        extension = extension_of(file.name)
        headers = {
            "Content-Disposition": f'attachment; filename="{entry}-{number}{extension}"',
            "Content-Security-Policy": "sandbox",
        }
        try:
            if file.size <= WHOLE:
                content = b"".join([part async for part in context.uploads.content(file.upload)])
                return Response(anonymised(file.name, content), media_type=file.media_type, headers=headers)
            if extension not in FILMS:
                raise Refused("copy-too-large")
            blanks = await film_tags(file.size, lambda at, most: context.uploads.read(file.upload, at, most))
        except NotAnonymised as error:
            raise Refused("copy-unreadable") from error
        parts: AsyncIterator[bytes] = blanked(context.uploads.content(file.upload), blanks)
        return StreamingResponse(parts, media_type=file.media_type, headers=headers)

    @routes.get("/registration/works/{season_id}/{entry}", include_in_schema=False)
    async def page(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        season, files = await season_of(season_id, context.store), await given(season_id, entry, principal)
        shown = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "entry": entry,
            "files": files,
        }
        return context.pages.render(request, "copies.html", shown)

    return routes
