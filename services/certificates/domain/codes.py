"""What is printed on a certificate so that it can be found: the part of its address, and the code beside its number.

Both follow from the certificate's id and a key of the installation. So a certificate that is made anew, because the
database was lost and everything was told again, has the address that stands on paper already. Without the key nobody
can work them out.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from services.certificates.domain.serials import ALPHABET
from shared import base64url

KEY_BYTES = 32
TOKEN_BYTES = 16
"""128 bits: a certificate's address cannot be guessed."""


@dataclass(frozen=True, slots=True)
class PrintedCodes:
    """Gives the codes of one installation; `key` is secret and never changes."""

    key: bytes

    def token(self, certificate: str) -> str:
        """The part of the address of the certificate with this id that nobody can guess."""
        return base64url.encode(self._derive("address", certificate)[:TOKEN_BYTES])

    def code(self, certificate: str, chars: int) -> str:
        """What is printed beside the number of the certificate with this id, so many characters."""
        number, letters = int.from_bytes(self._derive("code", certificate)), list[str]()
        for _ in range(chars):
            number, position = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[position])
        return "".join(letters)

    def _derive(self, purpose: str, certificate: str) -> bytes:
        return hmac.digest(self.key, f"{purpose}:{certificate}".encode(), sha256)
