"""Certificates: counts, list, documents, and everything of a season as one ZIP."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.certificates.application.archive import archive
from services.certificates.domain.documents import Certificate, Kind, Revoked
from services.certificates.entrypoints.archiving import archive_names
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.scope import certificate_for, scope_of
from shared.errors import NotFound
from shared.http.contract import answers
from shared.http.paging import Page, paged
from shared.identity import Role
from shared.mongo import beyond
from shared.states import CertificateState


class SeasonOut(BaseModel):
    """How many certificates of a season stand, by kind."""

    season: str
    student: int = 0
    instructor: int = 0
    unit: int = 0
    finalist: int = 0
    judge: int = 0
    appointment: int = 0
    plaque: int = 0


class CertificateOut(BaseModel):
    """A certificate; the name is that of its current version."""

    serial: str
    kind: Kind
    award: str
    recipient: str
    entry: str
    unit: str
    state: CertificateState
    revoked: Revoked | None = Field(
        description="Of one that was revoked: whether the award was, and with it the certificate, or the certificate alone."
    )
    version: int
    name: dict[str, str]
    name_version: int
    url: str


class UndrawnOut(BaseModel):
    """A version of a certificate without a document, and what the engine said of it."""

    serial: str
    version: int
    reason: str
    at: int


router = APIRouter(prefix="/certificates/v1", tags=["certificates"])


def out(context: Context, certificate: Certificate) -> CertificateOut:
    return CertificateOut(
        serial=certificate.serial,
        kind=certificate.kind,
        award=certificate.award,
        recipient=certificate.recipient,
        entry=certificate.entry,
        unit=certificate.unit,
        state=certificate.state,
        revoked=certificate.revoked,
        version=certificate.current.number,
        name=certificate.current.name.model_dump(),
        name_version=certificate.current.name_version,
        url=context.renderer.address(certificate),
    )


@router.get("/seasons/{season}", summary="How many certificates of a season stand")
async def counts(context: ContextOf, season: str, principal: SignedIn) -> SeasonOut:
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    return SeasonOut(season=season, **await context.certificates.counts(season))


@router.get("/seasons/{season}/certificates", summary="The certificates of a season")
async def list_(
    context: ContextOf,
    season: str,
    principal: SignedIn,
    page: Annotated[Page, Depends(paged(str))],
    recipient: Annotated[str, Query(max_length=128)] = "",
    after: Annotated[str, Query(max_length=64, deprecated=True, description="As `cursor` was before 0.2.")] = "",
) -> list[CertificateOut]:
    """In the order of their numbers."""
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    place = page.after or ((after,) if after else ())
    wanted = {**({"recipient": recipient} if recipient else {}), **beyond(place, "serial")}
    certificates: list[Certificate] = []
    async for certificate in context.certificates.of_season(season, wanted):
        certificates.append(certificate)
        if len(certificates) > page.limit:
            break
    listed = page.of(certificates, lambda certificate: (certificate.serial,))
    await context.audit.note(season, principal, "list", "", count=len(listed))
    return [out(context, certificate) for certificate in listed]


@router.get("/certificates/{serial}", summary="A certificate")
async def show(context: ContextOf, serial: str, principal: SignedIn) -> CertificateOut:
    """For its recipient, the unit's administrator and the organizer; also one that was revoked."""
    return out(context, await certificate_for(context, principal, serial))


@router.get(
    "/certificates/{serial}/document.pdf",
    summary="The document",
    response_class=Response,
    responses={200: answers("application/pdf")},
)
async def document(context: ContextOf, serial: str, principal: SignedIn) -> Response:
    """For its recipient, the unit's administrator and the organizer. The current version."""
    certificate = await certificate_for(context, principal, serial)
    if certificate.state == CertificateState.REVOKED:
        raise NotFound("certificate-revoked")
    name = f"{certificate.serial}-v{certificate.current.number}.pdf"
    return Response(
        await context.renderer.pdf(certificate),
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/seasons/{season}/undrawn", summary="Documents that were set aside because they cannot be drawn")
async def undrawn(context: ContextOf, season: str, principal: SignedIn) -> list[UndrawnOut]:
    """Each with its reason; everything else of the season goes on."""
    principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
    return [UndrawnOut(**asdict(undrawn)) for undrawn in await context.aside.of(season)]


@router.delete("/seasons/{season}/undrawn/{serial}", status_code=204, summary="Let a document be tried again")
async def try_again(context: ContextOf, season: str, serial: str, principal: SignedIn) -> None:
    """Whoever asks for it next has it drawn anew."""
    principal.require(season, Role.CITY_ORGANIZER)
    certificate = (await context.certificates.by_serials(season, [serial])).get(serial)
    if certificate is None:
        raise NotFound("no-such-certificate")
    await context.aside.forget(certificate)


@router.get(
    "/seasons/{season}/archive.zip",
    summary="Everything at once",
    response_class=Response,
    responses={200: answers("application/zip")},
)
async def download(
    context: ContextOf,
    season: str,
    principal: SignedIn,
    reason: Annotated[str, Query(min_length=1, max_length=500, description="It stands in the audit log.")],
    unit: Annotated[str, Query(max_length=64)] = "",
    track: Annotated[str, Query(max_length=64)] = "",
) -> StreamingResponse:
    """Folders by school and kind, files by award, name and number, `index.csv` and `index.xlsx`; streamed while it is made. A large one is better a download."""
    scope = await scope_of(context, principal, season)
    wanted = scope.wanted(unit, track)
    count = await context.certificates.count(season, wanted)
    await context.audit.note(season, principal, "download", reason, count=count, form="zip", unit=unit, track=track)
    return StreamingResponse(
        archive(
            context.certificates.of_season(season, wanted),
            context.renderer.many,
            context.renderer.address,
            context.renderer.problem,
            await archive_names(context.known, context.pages.catalog, season),
        ),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{season}-certificates.zip"'},
    )
