"""What anybody may learn of a certificate they hold: whether it stands, and whether the name they typed is the printed one."""

import secrets
from dataclasses import dataclass

from services.certificates.application.ports import Certificates
from services.certificates.domain.documents import Certificate
from services.certificates.domain.serials import well_formed
from shared.names import comparable
from shared.states import CertificateState, State

MOST_AT_ONCE = 200


class Unmet(State):
    """Why there is no certificate to a number."""

    UNKNOWN = "unknown"
    MISPRINT = "misprint"


Found = CertificateState | Unmet


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of what is to be checked: number, printed code, and the name on the paper if that is to be compared."""

    serial: str
    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a line. `matches` is None where no name was given or there is no certificate."""

    serial: str
    state: Found
    version: int = 0
    matches: bool | None = None

    @property
    def failed(self) -> bool:
        """Whether it may have been a guess."""
        return isinstance(self.state, Unmet) or self.matches is False


def matches(certificate: Certificate, typed: str) -> bool:
    """Whether this is the name that the current version prints, in either language."""
    name = certificate.current.name
    return any(
        secrets.compare_digest(comparable(item).encode(), comparable(typed).encode())
        for item in (name.zh, name.en)
        if item
    )


def right_code(certificate: Certificate, code: str) -> bool:
    return secrets.compare_digest(certificate.code.encode(), code.strip().upper().encode())


async def check(asked: Asked, certificates: Certificates) -> Answer:
    """One line: a number whose code is wrong is as unknown as one that was never given."""
    serial = asked.serial.strip().upper()
    if not well_formed(serial):
        return Answer(serial, Unmet.MISPRINT)
    certificate = await certificates.by_serial(serial)
    if certificate is None or not right_code(certificate, asked.code):
        return Answer(serial, Unmet.UNKNOWN)
    compared = matches(certificate, asked.name) if asked.name.strip() and not certificate.erased else None
    return Answer(serial, certificate.state, certificate.current.number, compared)
