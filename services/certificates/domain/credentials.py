"""A certificate as a credential: Open Badges 3.0 on the Verifiable Credentials Data Model 2.0, and its status lists.

Sources: 1EdTech Open Badges 3.0, W3C VCDM 2.0, W3C Bitstring Status List 1.0.
"""

import gzip
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from services.certificates.domain.documents import Certificate, Version
from shared.base64url import encode
from shared.season.time import from_unix_micros

VC = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
SLOTS = 131_072
"""Entries of a status list, the least that the standard allows, so that one entry hides among many."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a certificate in the status lists of its season and kind."""

    season: str
    letters: str
    block: int
    index: int


def slot_of(certificate: Certificate) -> Slot:
    """Follows from the serial number: running numbers are never given twice, so neither are places.

    Neighbours are strewn by x ↦ ax + b modulo the number of slots, with odd a, so that a list does not read in the order
    of awards.
    """
    letters, number = _running(certificate.serial)
    block, position = divmod(number - 1, SLOTS)
    a, b = _strewing(certificate.season, letters)
    return Slot(certificate.season, letters, block, (a * position + b) % SLOTS)


def _running(serial: str) -> tuple[str, int]:
    _, letters, number, _ = serial.split("-")
    return letters, int(number)


def _strewing(season: str, letters: str) -> tuple[int, int]:
    seed = sha256(f"{season}/{letters}".encode()).digest()
    return int.from_bytes(seed[:4]) | 1, int.from_bytes(seed[4:8])


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where an installation publishes: its address, as people and verifiers reach it."""

    public_url: str

    @property
    def did(self) -> str:
        """The issuer: `did:web` of the host, a port percent-encoded."""
        return "did:web:" + re.sub(r"^https?://", "", self.public_url).replace(":", "%3A")

    def credential(self, token: str) -> str:
        return f"{self.public_url}/vc/{token}"

    def status(self, slot: Slot, version: int) -> str:
        """The list of a version: a bit is set where the certificate was taken back or has a newer version."""
        return f"{self.public_url}/certificates/status/{slot.season}/{slot.letters}/{slot.block}/{version}"


@dataclass(frozen=True, slots=True)
class Values:
    """What differs between the credentials of one award."""

    token: str
    serial: str
    index: str
    valid_from: str
    awarded: str
    name: str


def values_of(certificate: Certificate, version: Version, *, named: bool) -> Values:
    """The values of one version; without its recipient's name unless `named`."""
    return Values(
        token=certificate.token,
        serial=certificate.serial,
        index=str(slot_of(certificate).index),
        valid_from=instant(version.at),
        awarded=instant(certificate.granted_at),
        name=version.name.best("zh") if named else "",
    )


def instant(micros: int) -> str:
    """An xsd:dateTime in UTC with whole seconds."""
    return from_unix_micros(micros).strftime("%Y-%m-%dT%H:%M:%SZ")


def credential(certificate: Certificate, version: Version, values: Values, addresses: Addresses) -> dict[str, Any]:
    """The credential of a version, not signed yet. At most one of its nodes has no id.

    The subject is the certificate's own address, never a person's; the name stands in it only if `values` has one.
    """
    facts, slot = version.facts, slot_of(certificate)
    language = "zh" if facts.season_title.zh else "en"
    achievement = achievement_id(certificate, addresses)
    words = [facts.season_title, facts.round_title, facts.track_title, facts.division_title, facts.award_title]
    subject: dict[str, Any] = {
        "id": f"{addresses.public_url}/v/{values.token}",
        "type": ["AchievementSubject"],
        "licenseNumber": values.serial,
        "achievement": {
            "id": achievement,
            "type": ["Achievement"],
            "achievementType": "Award",
            "name": facts.award_title.best(language),
            "description": " · ".join(text.best(language) for text in words if text),
            "criteria": {"id": f"{achievement}#criteria"},
            "inLanguage": "zh-CN" if language == "zh" else "en",
        },
    }
    if values.name:
        subject["identifier"] = [
            {"type": "IdentityObject", "hashed": False, "identityHash": values.name, "identityType": "name"}
        ]
    status = addresses.status(slot, version.number)
    return {
        "@context": [VC, OB],
        "id": addresses.credential(values.token),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": addresses.did, "type": ["Profile"], "name": facts.sponsors[0].best(language)},
        "name": facts.award_title.best(language),
        "validFrom": values.valid_from,
        "awardedDate": values.awarded,
        "credentialSubject": subject,
        "credentialStatus": {
            "id": f"{status}#{values.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": values.index,
            "statusListCredential": status,
        },
    }


def achievement_id(certificate: Certificate, addresses: Addresses) -> str:
    """The same for everybody who won the same award in the same group; tells nothing of persons."""
    facts = certificate.facts
    words = "/".join(
        text.best("zh") if text else ""
        for text in (facts.round_title, facts.track_title, facts.division_title, facts.award_title)
    )
    name = sha256(words.encode()).hexdigest()[:16]
    return f"{addresses.public_url}/certificates/achievements/{certificate.season}/{certificate.kind}-{name}"


def claims(unsigned: Mapping[str, Any]) -> dict[str, Any]:
    """The credential as the payload of a JWT (Open Badges 3.0, section 8.2.4.1)."""
    valid_from = datetime.fromisoformat(str(unsigned["validFrom"]))
    return {
        **unsigned,
        "iss": unsigned["issuer"]["id"],
        "jti": unsigned["id"],
        "sub": unsigned["credentialSubject"]["id"],
        "nbf": int(valid_from.timestamp()),
    }


def status_list(address: str, indexes: Iterable[int], at: str, did: str) -> dict[str, Any]:
    """The list with the bits of these indexes set, not signed yet. Bit 0 is the left-most."""
    bits = bytearray(SLOTS // 8)
    for index in indexes:
        bits[index >> 3] |= 0x80 >> (index & 7)
    packed = encode(gzip.compress(bytes(bits), 9, mtime=0))
    return {
        "@context": [VC],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": at,
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{packed}",
        },
    }
