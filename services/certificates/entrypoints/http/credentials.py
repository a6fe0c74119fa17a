"""Credentials for wallets and strangers' verifiers: the credential itself, the keys, and the status lists."""

import asyncio
import json
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from services.certificates.adapters.credentials import baked_png, baked_svg
from services.certificates.adapters.keys import did_document, jwk
from services.certificates.domain.credentials import Slot, instant, slot_of, status_list
from services.certificates.domain.documents import Certificate
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.scope import certificate_for
from shared.errors import NotFound
from shared.http.client_address import address_of
from shared.http.contract import THROTTLED, answers
from shared.states import CertificateState

JSON_LD = "application/vc+ld+json"
FRESH = {"Cache-Control": "public, max-age=300"}
Form = Literal["json", "jwt"]
Letters = Annotated[str, Path(pattern=r"^[A-Z]{2}$")]
Block = Annotated[int, Path(ge=0, le=10**6)]
Number = Annotated[int, Path(ge=1, le=9999)]


router = APIRouter(tags=["credentials"])


@router.get(
    "/vc/{token}",
    summary="A certificate as a credential, without its recipient's name",
    response_class=Response,
    responses={200: answers(JSON_LD, "text/plain"), **THROTTLED},
)
async def public(context: ContextOf, request: Request, token: str, accept: Annotated[str, Header()] = "") -> Response:
    """Open Badges 3.0 with an embedded proof; as a JWT for `Accept: text/plain` or `application/vc+jwt`."""
    certificate = await context.certificates.by_token(token)
    if certificate is None:
        await context.throttle.spend(address_of(request))
        raise NotFound("certificate-unknown")
    wants_token = "text/plain" in accept or "vc+jwt" in accept
    answer = await made(context, certificate, "jwt" if wants_token else "json", named=False)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Vary"] = "Accept"
    return answer


async def made(context: Context, certificate: Certificate, form: Form, *, named: bool) -> Response:
    if form == "jwt":
        return PlainTextResponse(await asyncio.to_thread(context.credentials.token, certificate, named=named))
    signed = await asyncio.to_thread(context.credentials.signed, certificate, named=named)
    return JSONResponse(signed, media_type=JSON_LD)


async def own(context: Context, serial: str, principal: SignedIn) -> Certificate:
    certificate = await certificate_for(context, principal, serial)
    if certificate.state == CertificateState.REVOKED:
        raise NotFound("certificate-revoked")
    return certificate


@router.get(
    "/certificates/v1/certificates/{serial}/credential.{form}",
    summary="One's own credential, with the name",
    response_class=Response,
    responses={200: answers(JSON_LD, "text/plain")},
)
async def named(context: ContextOf, serial: str, form: Form, principal: SignedIn) -> Response:
    """For its recipient, who keeps it in a wallet and shows it to whom they like."""
    answer = await made(context, await own(context, serial, principal), form, named=True)
    answer.headers["Content-Disposition"] = f'attachment; filename="{serial}.{form}"'
    return answer


@router.get(
    "/certificates/v1/certificates/{serial}/badge.{form}",
    summary="A picture that holds the credential",
    response_class=Response,
    responses={200: answers("image/png", "image/svg+xml")},
)
async def badge(context: ContextOf, serial: str, form: Literal["png", "svg"], principal: SignedIn) -> Response:
    """A badge with the recipient's credential baked in."""
    certificate = await own(context, serial, principal)
    token = await asyncio.to_thread(context.credentials.token, certificate, named=True)
    picture = await context.renderer.badge(certificate, form)
    headers = {"Content-Disposition": f'attachment; filename="{serial}.{form}"'}
    if form == "png":
        return Response(baked_png(picture, token), media_type="image/png", headers=headers)
    return Response(baked_svg(picture.decode(), token), media_type="image/svg+xml", headers=headers)


@router.get(
    "/.well-known/did.json",
    summary="The issuer and every key that ever signed credentials",
    response_class=Response,
    responses={200: {"description": "As JSON.", "content": {"application/did+json": {}}}},
)
async def did(context: ContextOf) -> Response:
    document = did_document(context.credentials.addresses.did, await context.keys.all())
    return JSONResponse(document, media_type="application/did+json", headers=FRESH)


@router.get(
    "/.well-known/jwks.json",
    summary="The same keys as a JSON Web Key Set",
    response_class=Response,
    responses={200: {"description": "As JSON.", "content": {"application/jwk-set+json": {}}}},
)
async def jwks(context: ContextOf) -> Response:
    keys = [jwk(key) for key in await context.keys.all() if key["use"] != "documents"]
    return JSONResponse({"keys": keys}, media_type="application/jwk-set+json", headers=FRESH)


@router.get(
    "/certificates/v1/keys/{kid}.pem",
    summary="A certificate that documents are signed with",
    response_class=Response,
    responses={200: answers("application/x-pem-file")},
)
async def key(context: ContextOf, kid: str) -> Response:
    """With its chain; a reader of PDFs trusts it once it is added there."""
    documents = [item for item in await context.keys.all() if item["_id"] == kid and item["use"] == "documents"]
    if not documents:
        raise NotFound("no-such-key")
    return PlainTextResponse(documents[0]["pem"], media_type="application/x-pem-file", headers=FRESH)


@router.get(
    "/certificates/status/{season}/{letters}/{block}/{version}",
    summary="A status list",
    response_class=Response,
    responses={200: {"description": "As JSON.", "content": {JSON_LD: {}}}, 304: {"description": "As it was."}},
)
async def status(
    context: ContextOf,
    season: str,
    letters: Letters,
    block: Block,
    version: Number,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Which credentials of this version do not count any more: taken back, or replaced by a newer version."""
    first = await context.certificates.first_of(season, letters)
    if first is None:
        raise NotFound("certificate-unknown")
    certificates = [
        certificate
        async for certificate in context.certificates.marked(season, letters, version)
        if slot_of(certificate).block == block
    ]
    moments = [
        certificate.revocation.at if certificate.revocation else certificate.current.at for certificate in certificates
    ]
    at, slot = instant(max(moments, default=first.granted_at)), Slot(season, letters, block, 0)
    address = context.credentials.addresses.status(slot, version)
    unsigned = status_list(
        address, [slot_of(certificate).index for certificate in certificates], at, context.credentials.addresses.did
    )
    tag = f'"{sha256(json.dumps(unsigned).encode()).hexdigest()[:32]}"'
    if tag in if_none_match:
        return Response(status_code=304, headers={**FRESH, "ETag": tag})
    signed: dict[str, Any] = await asyncio.to_thread(context.credentials.proven, unsigned, at)
    return JSONResponse(signed, media_type=JSON_LD, headers={**FRESH, "ETag": tag})


@router.get("/certificates/achievements/{season}/{achievement}", include_in_schema=False)
async def achievement(season: str, achievement: str) -> Response:  # noqa: ARG001 - one page tells of all
    """What an award is given for: the published rules of its season."""
    return RedirectResponse(f"/registration/seasons/{season}", status_code=303)
