"""What a document that somebody holds says of itself: whether it is whole, whose signature it bears, which certificate it is."""

import asyncio
import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from services.certificates.domain.serials import SHAPE
from shared import limited
from shared.season.time import to_unix_micros

MOST_BYTES = 5 * 1024 * 1024
SECONDS = 4


@dataclass(frozen=True, slots=True)
class Inspected:
    """A document. `serial` is empty where it names none; `at` is the time its signature states, in microseconds."""

    signed: bool
    whole: bool
    """Whether nothing changed since it was signed."""
    ours: bool
    """Whether this installation signed it."""
    serial: str = ""
    at: int = 0


log = structlog.get_logger()

UNREADABLE = Inspected(signed=False, whole=False, ours=False)


async def inspect_pdf(content: bytes, own: Collection[str]) -> Inspected:
    """Look at a PDF, in a child process. `own` are the certificates of every key that ever signed here, as PEM.

    Raises:
        Unavailable: too many files are being looked at.
    """
    try:
        return await limited.run(inspect, content, tuple(own), seconds=SECONDS, owner="checks")
    except limited.Exceeded:
        log.info("document_unreadable", error="Exceeded")
        return UNREADABLE


def inspect(content: bytes, own: Collection[str]) -> Inspected:
    """The same, in the child."""
    try:
        return asyncio.run(_inspect(content, own))
    except Exception as error:  # noqa: BLE001 - whatever the library makes of what a stranger sends
        log.info("document_unreadable", error=type(error).__name__)
        return UNREADABLE


async def _inspect(content: bytes, own: Collection[str]) -> Inspected:
    reader = PdfFileReader(io.BytesIO(content), strict=False)
    serial = _serial(reader)
    signatures = reader.embedded_signatures
    if len(signatures) != 1:
        return Inspected(signed=False, whole=False, ours=False, serial=serial)
    signature = signatures[0]
    fingerprint = signature.signer_cert.sha256
    context = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    status = await async_validate_pdf_signature(signature, context)
    whole = status.intact and status.valid and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    stated = signature.self_reported_timestamp
    known = {x509.load_pem_x509_certificates(pem.encode())[0].fingerprint(hashes.SHA256()) for pem in own}
    at = to_unix_micros(stated) if isinstance(stated, datetime) and stated.tzinfo else 0
    return Inspected(True, bool(whole), fingerprint in known, serial, at)


def _serial(reader: PdfFileReader) -> str:
    """The number that the document bears among its keywords."""
    information = reader.trailer_view["/Info"]
    words = str(information.get_object().get("/Keywords", ""))
    match = SHAPE.search(words)
    return match[0] if match else ""
