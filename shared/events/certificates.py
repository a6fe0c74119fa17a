"""What the certificates service tells: documents issued, superseded, revoked and restored."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.events.base import IntegrationEvent, Micros, SeasonId

Kind = Literal["student", "instructor", "unit"]


class CertificateEvent(IntegrationEvent):
    STREAM: ClassVar[str] = "CERTIFICATES"

    season: SeasonId
    certificate: str
    serial: str
    kind: Kind
    award: str
    recipient: str
    entry: str = ""
    version: int


class CertificateIssuedV1(CertificateEvent):
    """A certificate stands for an award. Registration shows it to its recipient."""

    SUBJECT: ClassVar[str] = "certificates.certificate.issued.v1"

    issued_at: Micros


class CertificateSupersededV1(CertificateEvent):
    """A certificate was corrected: same number and address, a new version."""

    SUBJECT: ClassVar[str] = "certificates.certificate.superseded.v1"

    superseded_at: Micros
    reason: str


class CertificateRevokedV1(CertificateEvent):
    """A certificate was taken back, with or without its award: number and address stay, and say so."""

    SUBJECT: ClassVar[str] = "certificates.certificate.revoked.v1"

    revoked_at: Micros
    reason: str
    award_revoked: bool = Field(
        default=False,
        description="Whether the award was revoked, its certificate with it; false: the certificate alone.",
    )


class CertificateRestoredV1(CertificateEvent):
    """A certificate that was taken back stands again."""

    SUBJECT: ClassVar[str] = "certificates.certificate.restored.v1"

    restored_at: Micros
    reason: str
