"""Resumable uploads of works: the tus protocol 1.0.0 (creation, termination, expiration) on top of stored pieces."""

import base64
import binascii
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from services.registration.adapters.uploads import Upload
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.works import check_announced, take_in
from services.registration.domain.works import WorkFile
from services.registration.entrypoints.access import sends_files
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import Invalid, InvalidState, NotFound, Unavailable
from shared.http.contract import PROBLEM
from shared.identity import Principal
from shared.season.csv_rows import whole_number

PREFIX = "/registration/v1/uploads"
VERSION = {"Tus-Resumable": "1.0.0"}
LARGEST = 4096 * 1024 * 1024
CONTENT = "application/offset+octet-stream"
LENGTH_LIMIT, DIGITS = 20, 15
PAIR = r"[A-Za-z_]+ ([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
METADATA = f"^{PAIR}(, ?{PAIR})*$"
OFFSET, LENGTH = rf"^\d{{1,{DIGITS}}}$", rf"^[1-9]\d{{0,{DIGITS - 1}}}$"


class Receipt(BaseModel):
    """That a file arrived whole: keep it."""

    upload: str
    name: str
    size: int = Field(description="Bytes.")
    sha256: str
    received_at: int = Field(description="Microseconds UTC, by the database's clock.")
    in_time: bool


async def complete(context: Context, season: Season, stored: StoredEntry, upload: Upload) -> WorkFile:
    """Make an upload whose bytes are all there a file of the work; one that will not do is removed."""
    digest, looks_like, head = await context.files.uploads.inspect(upload)
    try:
        received = await take_in(season, stored, upload, digest, looks_like, head, context.files.works, context.store)
    except (Invalid, InvalidState):
        await context.files.uploads.remove(upload.id)
        raise
    await context.files.uploads.finish(upload.id)
    return received


def receipt_of(received: WorkFile) -> Receipt:
    return Receipt(
        upload=received.upload,
        name=received.name,
        size=received.size,
        sha256=received.sha256,
        received_at=received.received_at,
        in_time=received.in_time,
    )


router = APIRouter(prefix=PREFIX, tags=["works"])


async def own(context: Context, upload_id: str, principal: Principal) -> tuple[Upload, Season, StoredEntry]:
    upload = await context.files.uploads.find(upload_id)
    stored = await sends_files(context, upload.season, upload.entry, principal)
    return upload, await season_of(upload.season, context.store, mode="live"), stored


def state(upload: Upload) -> dict[str, str]:
    expires = format_datetime(datetime.fromtimestamp(upload.expires_at, UTC), usegmt=True)
    until = {} if upload.done else {"Upload-Expires": expires}
    return {**VERSION, **until, "Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}


@router.options("", status_code=204, summary="What the upload service can do")
async def options() -> Response:
    features = {"Tus-Version": "1.0.0", "Tus-Extension": "creation,termination,expiration"}
    return Response(status_code=204, headers={**VERSION, **features, "Tus-Max-Size": str(LARGEST)})


@router.post("", status_code=201, summary="Announce a file", response_class=Response)
async def create(
    context: ContextOf,
    principal: SignedIn,
    upload_length: Annotated[
        str, Header(max_length=LENGTH_LIMIT, description="Bytes.", json_schema_extra={"pattern": LENGTH})
    ],
    upload_metadata: Annotated[
        str,
        Header(
            max_length=2000,
            description="`season`, `entry` and `filename`, each in base64.",
            json_schema_extra={"pattern": METADATA},
        ),
    ],
) -> Response:
    """Refused now rather than after two gigabytes: name, type, size and the state of the entry are looked at first."""
    told = metadata(upload_metadata)
    season = await season_of(told.get("season", ""), context.store, mode="live")
    stored = await sends_files(context, season.id, told.get("entry", ""), principal)
    size = whole_number(upload_length, DIGITS) or 0
    name = check_announced(season, stored, told.get("filename", ""), size)
    upload = await context.files.uploads.begin(season.id, stored.entry.entry, principal.account, name, size)
    return Response(status_code=201, headers={**state(upload), "Location": f"{PREFIX}/{upload.id}"})


@router.head("/{upload_id}", summary="How much has arrived", response_class=Response)
async def offset(context: ContextOf, upload_id: str, principal: SignedIn) -> Response:
    upload, _, _ = await own(context, upload_id, principal)
    return Response(status_code=200, headers={**state(upload), "Cache-Control": "no-store"})


@router.patch(
    "/{upload_id}",
    status_code=204,
    summary="Send on from where it ended",
    responses={
        409: {"description": "It ends elsewhere: `Upload-Offset` says where.", "content": {PROBLEM: {}}},
        423: {"description": "Somebody else sends it at this moment."},
    },
)
async def send(
    context: ContextOf,
    request: Request,
    upload_id: str,
    principal: SignedIn,
    upload_offset: Annotated[str, Header(max_length=LENGTH_LIMIT, json_schema_extra={"pattern": OFFSET})],
    content_type: Annotated[str, Header(max_length=100, json_schema_extra={"const": CONTENT})],
) -> Response:
    """What has arrived when a connection breaks is kept. With the last byte the file becomes part of the work."""
    position = whole_number(upload_offset, DIGITS)
    if content_type != CONTENT or position is None:
        raise Invalid("upload-request")
    upload, season, stored = await own(context, upload_id, principal)
    try:
        reached = await context.files.uploads.write(upload, position, request.stream())
    except ClientDisconnect:
        return Response(status_code=204, headers=VERSION)  # nobody reads it
    except Unavailable as busy:
        if busy.code != "upload-locked":
            raise
        return Response(status_code=423, headers={**VERSION, "Retry-After": "2"})
    except InvalidState as refused:
        if refused.code != "upload-offset":
            raise
        return Response(status_code=409, headers={**VERSION, "Upload-Offset": str(refused.values["offset"])})
    if reached == upload.size:
        await complete(context, season, stored, upload)
    return Response(status_code=204, headers={**VERSION, "Upload-Offset": str(reached)})


@router.get("/{upload_id}", summary="The receipt of a file")
async def receipt(context: ContextOf, upload_id: str, principal: SignedIn) -> Receipt:
    """404 until the file is whole."""
    upload, season, stored = await own(context, upload_id, principal)
    if upload.offset < upload.size:
        raise NotFound("upload-not-whole")
    return receipt_of(await complete(context, season, stored, upload))


@router.delete("/{upload_id}", status_code=204, summary="Give an unfinished file up")
async def give_up(context: ContextOf, upload_id: str, principal: SignedIn) -> Response:
    upload, _, _ = await own(context, upload_id, principal)
    if upload.done:
        raise InvalidState("upload-received")
    await context.files.uploads.remove(upload_id)
    return Response(status_code=204, headers=VERSION)


def metadata(header: str) -> dict[str, str]:
    """The pairs of an `Upload-Metadata` header.

    Raises:
        Invalid: it is malformed.
    """
    result = {}
    for pair in header.split(","):
        name, _, encoded = pair.strip().partition(" ")
        try:
            result[name] = base64.b64decode(encoded, validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as error:
            raise Invalid("upload-request") from error
    return result
