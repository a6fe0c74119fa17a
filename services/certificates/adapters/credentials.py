"""Proofs of credentials: `eddsa-rdfc-2022` (W3C Data Integrity EdDSA Cryptosuites 1.0) and VC-JWT with RS256; baking."""

import json
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

import jwt
from pyld import jsonld

from services.certificates.adapters.keys import CredentialKey, TokenKey, base58
from services.certificates.domain.credentials import Addresses, Values, claims, credential, values_of
from services.certificates.domain.documents import Certificate

CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2": "credentials-v2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": "ob-v3p0-context-3.0.3.json",
    "https://w3id.org/security/data-integrity/v2": "security-data-integrity-v2.json",
}
PROBE = "PROBE{}END"
MOST_TEMPLATES = 2000
PNG_HEADER = 33
"""Bytes of a PNG up to the end of its first chunk."""


@cache
def _context(url: str) -> dict[str, Any]:
    text = (resources.files("openbadgeslib.ob3") / "contexts" / CONTEXTS[url]).read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _load(url: str, _: object = None) -> dict[str, Any]:
    document = _context(url)
    return {"contextUrl": None, "documentUrl": url, "document": document, "contentType": "application/ld+json"}


def canonical(document: Mapping[str, Any]) -> str:
    """The document as sorted N-Quads (RDF Dataset Canonicalization 1.0)."""
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
    text: str = jsonld.normalize(dict(document), options)
    return text


class Credentials:
    """Makes and signs the credentials of an installation.

    Canonical forms are made once for each kind of credential and filled in: a document canonicalised anew costs fifty
    times as much. That is sound because at most one node of it has no id, so that no label depends on a value.
    """

    def __init__(self, key: CredentialKey, tokens: TokenKey, addresses: Addresses) -> None:
        self._key, self._tokens, self.addresses = key, tokens, addresses
        self._templates: dict[str, tuple[str, re.Pattern[str]]] = {}
        self._configurations: dict[tuple[str, str], bytes] = {}

    def signed(self, certificate: Certificate, *, named: bool) -> dict[str, Any]:
        """The current version with an embedded proof."""
        version = certificate.current
        values = values_of(certificate, version, named=named)
        unsigned = credential(certificate, version, values, self.addresses)
        return self._proven(unsigned, self._filled(certificate, values), values.valid_from)

    def token(self, certificate: Certificate, *, named: bool) -> str:
        """The current version as a JWT."""
        version = certificate.current
        values = values_of(certificate, version, named=named)
        unsigned = credential(certificate, version, values, self.addresses)
        return jwt.encode(
            claims(unsigned),
            self._tokens.key,
            algorithm="RS256",
            headers={"kid": f"{self.addresses.did}#{self._tokens.kid}", "typ": "JWT"},
        )

    def proven(self, unsigned: Mapping[str, Any], created: str) -> dict[str, Any]:
        """Any other credential, with an embedded proof."""
        return self._proven(unsigned, canonical(unsigned), created)

    def _proven(self, unsigned: Mapping[str, Any], quads: str, created: str) -> dict[str, Any]:
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": created,
            "verificationMethod": f"{self.addresses.did}#{self._key.kid}",
            "proofPurpose": "assertionMethod",
        }
        digest = self._configured(proof, list(unsigned["@context"])) + sha256(quads.encode()).digest()
        return {**unsigned, "proof": {**proof, "proofValue": "z" + base58(self._key.key.sign(digest))}}

    def _configured(self, proof: Mapping[str, str], context: list[str]) -> bytes:
        known = (proof["created"], " ".join(context))
        if known not in self._configurations:
            if len(self._configurations) >= MOST_TEMPLATES:
                self._configurations.clear()
            self._configurations[known] = sha256(canonical({**proof, "@context": context}).encode()).digest()
        return self._configurations[known]

    def _filled(self, certificate: Certificate, values: Values) -> str:
        """The N-Quads of a credential, from those of its kind with probes for values."""
        version = certificate.current
        names = [field.name for field in fields(Values)]
        probes = {PROBE.format(name.upper()): getattr(values, name) for name in names}
        if not values.name:
            del probes[PROBE.format("NAME")]
        probe = Values(**{name: PROBE.format(name.upper()) if getattr(values, name) else "" for name in names})
        shape = credential(certificate, version, probe, self.addresses)
        kind = json.dumps(shape)
        if kind not in self._templates:
            if len(self._templates) >= MOST_TEMPLATES:
                self._templates.clear()
            self._templates[kind] = canonical(shape), re.compile("|".join(map(re.escape, probes)))
        quads, places = self._templates[kind]
        text = places.sub(lambda match: _escaped(probes[match[0]]), quads)
        return "".join(sorted(text.splitlines(keepends=True)))


def _escaped(value: str) -> str:
    """A value inside an N-Quads literal.

    Raises:
        ValueError: it has a control character, which implementations write differently.
    """
    if any(ord(character) < ord(" ") or ord(character) == 127 for character in value):
        raise ValueError("a control character in a credential")
    return value.replace("\\", "\\\\").replace('"', '\\"')


def baked_png(picture: bytes, token: str) -> bytes:
    """The picture with the credential inside, as Open Badges 3.0 describes for PNG (section 5.3.1)."""
    data = b"openbadgecredential\0\0\0\0\0" + token.encode()
    chunk = b"iTXt" + data
    packed = struct.pack(">I", len(data)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return picture[:PNG_HEADER] + packed + picture[PNG_HEADER:]


def baked_svg(picture: str, token: str) -> str:
    """The picture with the credential inside, as Open Badges 3.0 describes for SVG (section 5.3.2)."""
    start = picture.index("<svg") + len("<svg")
    end = picture.index(">", start) + 1
    space = ' xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"'
    inside = f'<openbadges:credential verify="{token}"></openbadges:credential>'
    return picture[:start] + space + picture[start:end] + inside + picture[end:]
