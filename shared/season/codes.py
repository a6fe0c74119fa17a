"""What a certificate's QR code says of itself behind the address, signed, so that it can be checked without a network.

The record follows `#` in the address: a browser never sends that part to a server. It is base64url of the fields as
JSON, a dot, and base64url of an Ed25519 signature over those bytes. It tells what was printed, not what became of it
since: whether the certificate was taken back only the address itself can say.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.base64url import decode, encode

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What is printed: number, version, name, award, day."""

    serial: str
    version: int
    name: str
    award: str
    day: str


def signed_record(record: Record, sign: Callable[[bytes], bytes]) -> str:
    """The part of the code behind `#`."""
    body = json.dumps([FORMAT, *astuple(record)], ensure_ascii=False, separators=(",", ":")).encode()
    return f"{encode(body)}.{encode(sign(body))}"


def checked_record(code: str, keys: Iterable[str]) -> Record | None:
    """The record of a code, if one of these Ed25519 keys (base64url) signed it; else None.

    Args:
        code: the whole text of the QR code, or what follows `#`.
        keys: the public keys of the issuer, the `x` of its JSON Web Keys.
    """
    body, _, signature = code.rpartition("#")[2].strip().partition(".")
    try:
        content, signed = decode(body), decode(signature)
        kind, *fields = json.loads(content)
        record = Record(*fields)
    except (ValueError, TypeError):
        return None
    if kind != FORMAT or not any(_holds(key, content, signed) for key in keys):
        return None
    return record


def _holds(key: str, content: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(decode(key)).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True
