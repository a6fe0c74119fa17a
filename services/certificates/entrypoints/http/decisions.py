"""An organizer's decisions about certificates: one, or many by file with a dry run."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from services.certificates.application.amending import COLUMNS, Action, Decision, decide_by_file
from services.certificates.application.amending import FILE as CHANGES
from services.certificates.application.granting import COLUMNS as GRANTED
from services.certificates.application.granting import FILE as GRANTS
from services.certificates.application.granting import grant_by_file
from services.certificates.domain.documents import Revoked
from services.certificates.entrypoints.context import ContextOf, SignedIn
from services.certificates.entrypoints.deciding import decide_certificate, decided_by_file
from shared.http.contract import TABLE, Stated
from shared.http.reports import DryRun, FileReport, file_report
from shared.identity import Role
from shared.season.text import SOME_TEXT, Text
from shared.sheets.reading import as_stated
from shared.states import CertificateState

Csv = Annotated[bytes, Body(media_type="text/csv", min_length=1, description=f"{', '.join(COLUMNS)}; {TABLE}")]


class NameIn(Text):
    """A name as it shall be printed; nothing else is taken."""

    model_config = ConfigDict(extra="forbid")


class DecisionIn(BaseModel):
    """What is decided for one certificate; the reason is public."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    reason: Annotated[str, Field(max_length=500)]
    name: Annotated[NameIn, Field(json_schema_extra={**SOME_TEXT})] | None = None


class DecidedOut(BaseModel):
    serial: str
    state: CertificateState
    revoked: Revoked | None
    version: int


router = APIRouter(prefix="/certificates/v1/seasons/{season}", tags=["decisions"])


@router.post("/certificates/{serial}/decisions", summary="Correct, take back or give back a certificate")
async def decide_on(
    context: ContextOf, season: str, serial: str, content: DecisionIn, principal: SignedIn
) -> DecidedOut:
    """Number and address stay; who checks it reads what was decided, when and why."""
    principal.require(season, Role.CITY_ORGANIZER)
    decision = Decision(content.action, content.reason, content.name)
    await decide_certificate(context, season, serial, decision, principal)
    certificate = (await context.certificates.by_serials(season, [serial]))[serial]
    return DecidedOut(
        serial=serial, state=certificate.state, revoked=certificate.revoked, version=certificate.current.number
    )


@router.post("/decisions", summary="Many decisions by file")
async def many(
    context: ContextOf,
    season: str,
    content: Csv,
    principal: SignedIn,
    dry_run: DryRun = True,
    encoding: Stated = None,
) -> FileReport:
    """Rows that are wrong fall with their column and code; the others are carried out, unless it is a dry run."""
    principal.require(season, Role.CITY_ORGANIZER)
    content = await as_stated(CHANGES, content, encoding)
    report = await decided_by_file(context, season, content, principal, decide_by_file, dry_run=dry_run)
    return file_report(report, dry_run=dry_run)


@router.post("/grants", summary="Certificates by a list: finalists, judges, appointments, plaques")
async def grants(
    context: ContextOf,
    season: str,
    content: Annotated[bytes, Body(media_type="text/csv", min_length=1, description=f"{', '.join(GRANTED)}; {TABLE}")],
    principal: SignedIn,
    dry_run: DryRun = True,
    encoding: Stated = None,
) -> FileReport:
    """Numbers follow the order of the rows. A row that has its certificate already is flagged, whatever file it stands in."""
    principal.require(season, Role.CITY_ORGANIZER)
    content = await as_stated(GRANTS, content, encoding)
    report = await decided_by_file(context, season, content, principal, grant_by_file, dry_run=dry_run)
    return file_report(report, dry_run=dry_run)
