"""What a document that somebody holds says of itself: whether it is whole, whose signature it bears, which certificate it is."""

import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from services.certificates.domain.serials import SHAPE
from shared.season.records import micros

MOST_BYTES = 5 * 1024 * 1024


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


async def inspected(content: bytes, own: Collection[str]) -> Inspected:
    """Look at a PDF. `own` are the certificates of every key that ever signed here, as PEM."""
    try:
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
    except (PdfError, SigningError, SignatureValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.info("document_unreadable", error=type(error).__name__)
        return UNREADABLE
    known = {x509.load_pem_x509_certificates(pem.encode())[0].fingerprint(hashes.SHA256()) for pem in own}
    at = micros(stated) if isinstance(stated, datetime) and stated.tzinfo else 0
    return Inspected(True, bool(whole), fingerprint in known, serial, at)


def _serial(reader: PdfFileReader) -> str:
    """The number that the document bears among its keywords."""
    information = reader.trailer_view["/Info"]
    words = str(information.get_object().get("/Keywords", ""))
    found = SHAPE.search(words)
    return found[0] if found else ""
