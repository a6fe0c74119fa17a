"""Base64url without padding (RFC 4648, section 5), as keys, tokens and codes are written."""

import base64


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises ValueError: it is no base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
