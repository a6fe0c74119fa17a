"""What the entry points of the certificates service work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.store import MongoCertificates, MongoKnown
from services.certificates.domain.documents import Certificate
from shared.http.throttle import Throttle
from shared.identity import Principal, Role
from shared.identity.gate import current, signed_in
from shared.mongo import Database
from shared.web.pages import Pages

SignedIn = Annotated[Principal, Depends(signed_in)]
Visitor = Annotated[Principal | None, Depends(current)]


@dataclass(frozen=True, slots=True)
class Context:
    database: Database
    certificates: MongoCertificates
    known: MongoKnown
    renderer: Renderer
    throttle: Throttle
    pages: Pages


def may_download(principal: Principal, certificate: Certificate) -> bool:
    """The recipient, the organizer of the season, and the administrator of the unit."""
    if certificate.kind != "unit" and principal.person == certificate.recipient:
        return True
    if principal.may(certificate.season, Role.CITY_ORGANIZER):
        return True
    grant = principal.grant(Role.SCHOOL_ADMIN, certificate.season)
    return grant is not None and grant.unit == certificate.unit
