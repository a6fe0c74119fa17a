"""Documents that cannot be drawn: each is set aside with its reason, and the rest of its season goes on."""

from dataclasses import dataclass
from typing import Protocol

from services.certificates.domain.documents import Certificate
from shared.mongo import Mongo


@dataclass(frozen=True, slots=True)
class Undrawn:
    """A version of a certificate without a document, and why: the engine's words, the signs that no font has, or empty where it took too much."""

    serial: str
    version: int
    reason: str
    at: int


class Aside(Protocol):
    """What is set aside, by certificate and version."""

    async def find(self, certificate: Certificate) -> Undrawn | None: ...
    async def note(self, certificate: Certificate, reason: str) -> None: ...
    async def forget(self, certificate: Certificate) -> None: ...


class NothingAside:
    """Where nothing is kept: each document is tried anew."""

    async def find(self, certificate: Certificate) -> Undrawn | None:  # noqa: ARG002
        return None

    async def note(self, certificate: Certificate, reason: str) -> None:
        pass

    async def forget(self, certificate: Certificate) -> None:
        pass


class KeptAside:
    """The collection of what is set aside."""

    def __init__(self, mongo: Mongo) -> None:
        self._undrawn, self._clock = mongo.database["undrawn"], mongo.clock

    async def find(self, certificate: Certificate) -> Undrawn | None:
        document = await self._undrawn.find_one({"_id": _key(certificate)})
        return Undrawn(**{name: document[name] for name in Undrawn.__slots__}) if document else None

    async def note(self, certificate: Certificate, reason: str) -> None:
        number, now = certificate.current.number, await self._clock.now()
        values = {"season": certificate.season, "serial": certificate.serial, "version": number, "reason": reason}
        await self._undrawn.update_one({"_id": _key(certificate)}, {"$set": {**values, "at": now}}, upsert=True)

    async def of(self, season: str) -> list[Undrawn]:
        """Those of a season, by number."""
        cursor = self._undrawn.find({"season": season}).sort("serial", 1).limit(1000)
        return [Undrawn(**{name: d[name] for name in Undrawn.__slots__}) async for d in cursor]

    async def forget_sign(self, season: str, sign: str) -> None:
        """There is a picture of this sign now."""
        named = rf"U\+{ord(sign):04X}(?![0-9A-F])"
        await self._undrawn.delete_many({"season": season, "reason": {"$regex": named}})

    async def forget(self, certificate: Certificate) -> None:
        """Whoever asks for the document next has it tried anew."""
        await self._undrawn.delete_one({"_id": _key(certificate)})


def _key(certificate: Certificate) -> str:
    return f"{certificate.id}@{certificate.current.number}"
