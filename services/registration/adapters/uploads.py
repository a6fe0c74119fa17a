"""Files of works in pieces of two megabytes, written as they arrive: memory stays flat, any process can go on.

A piece has the upload and its offset as its key, so that a piece that is sent again replaces itself. One request at a
time may write to an upload: it holds a lease.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import puremagic
from pymongo import ReturnDocument

from services.registration.adapters.pieces import PIECE, MongoPieces, Pieces
from shared.errors import Invalid, InvalidState, NotFound, Unavailable
from shared.mongo import Document, Mongo
from shared.season.time import from_unix_micros

LEASE_SECONDS = 30
LEASE_TRIES, LEASE_WAIT = 15, 0.2
KEPT_SECONDS = 7 * 86_400
"""How long an upload that is not finished is kept."""
HEAD = 64 * 1024
MOST_UNFINISHED = 5
"""Uploads on their way for one entry."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way: `offset` bytes of `size` are stored. It expires at a Unix time, unless it is `done`."""

    id: str
    season: str
    entry: str
    account: str
    name: str
    size: int
    offset: int
    expires_at: int
    done: bool


class Uploads:
    """Uploads and their pieces."""

    def __init__(self, mongo: Mongo, pieces: Pieces | None = None) -> None:
        self._uploads, self._pieces = mongo.database["uploads"], pieces or MongoPieces(mongo)
        self._copies, self._clock = mongo.database["copies"], mongo.clock

    async def begin(self, season: str, entry: str, account: str, name: str, size: int) -> Upload:
        """A new upload. The oldest unfinished ones of the same entry make room for it.

        What is announced and never sent costs nothing; what is half sent is kept for a few uploads an entry.
        """
        unfinished = self._uploads.find({"season": season, "entry": entry, "done": False}, {"_id": 1})
        older = [value["_id"] async for value in unfinished.sort("expires_at", -1)] if entry else []
        for item in older[MOST_UNFINISHED - 1 :]:
            await self.remove(item)
        expires = await self._clock.now() + KEPT_SECONDS * 1_000_000
        upload = Upload(uuid4().hex, season, entry, account, name, size, 0, expires // 1_000_000, done=False)
        await self._uploads.insert_one(
            {
                "_id": upload.id,
                "season": season,
                "entry": entry,
                "account": account,
                "name": name,
                "size": size,
                "offset": 0,
                "expires_at": from_unix_micros(expires),
                "done": False,
            }
        )
        return upload

    async def find(self, upload: str) -> Upload:
        """Raises NotFound for one that is unknown or has expired."""
        return _upload(await self._uploads.find_one({"_id": upload}))

    async def write(self, upload: Upload, offset: int, content: AsyncIterator[bytes]) -> int:
        """Append what arrives from `offset` on, until it ends or breaks off; returns the new offset.

        Raises:
            InvalidState: the offset is not where the upload ends, or there is more than was announced.
            Unavailable: another request is writing.
        """
        lease = await self._lease(upload.id)
        try:
            present = await self.find(upload.id)
            if present.offset != offset:
                raise InvalidState("upload-offset", offset=present.offset)
            return await self._append(present, offset, content, lease)
        finally:
            await self._uploads.update_one({"_id": upload.id, "lease.id": lease}, {"$unset": {"lease": ""}})

    async def _lease(self, upload: str) -> str:
        """The right to write. A request whose connection broke a moment ago gets some time to let go of it."""
        lease = uuid4().hex
        for attempt in range(LEASE_TRIES):
            now = from_unix_micros(await self._clock.now())
            free = {"$or": [{"lease": {"$exists": False}}, {"lease.until": {"$lt": now}}]}
            held = {"lease": {"id": lease, "until": now + timedelta(seconds=LEASE_SECONDS)}}
            if await self._uploads.find_one_and_update({"_id": upload, **free}, {"$set": held}):
                return lease
            if attempt < LEASE_TRIES - 1:
                await asyncio.sleep(LEASE_WAIT)
        raise Unavailable("upload-locked")

    async def _append(self, upload: Upload, offset: int, content: AsyncIterator[bytes], lease: str) -> int:
        waiting = bytearray()
        try:
            async for part in content:
                waiting += part
                if offset + len(waiting) > upload.size:
                    raise InvalidState("upload-too-long", size=upload.size)
                while len(waiting) >= PIECE:
                    offset = await self._piece(upload, offset, bytes(waiting[:PIECE]), lease)
                    del waiting[:PIECE]
        finally:  # what has arrived before a connection broke is kept
            if waiting and offset + len(waiting) <= upload.size:
                offset = await self._piece(upload, offset, bytes(waiting), lease)
        return offset

    async def _piece(self, upload: Upload, offset: int, data: bytes, lease: str) -> int:
        await self._pieces.put(upload.id, offset, data)
        until = from_unix_micros(await self._clock.now()) + timedelta(seconds=LEASE_SECONDS)
        moved = await self._uploads.find_one_and_update(
            {"_id": upload.id, "offset": offset, "lease.id": lease},
            {"$set": {"offset": offset + len(data), "lease.until": until}},
            return_document=ReturnDocument.AFTER,
        )
        if moved is None:
            raise Unavailable("upload-locked")
        return offset + len(data)

    def content(self, upload: str, start: int = 0) -> AsyncIterator[bytes]:
        """The stored bytes from this offset on, piece by piece."""
        return self._pieces.content(upload, start)

    async def keep(self, key: str, content: AsyncIterator[bytes]) -> int:
        """Store a file of our own under this key, in the place of an earlier one; returns its length in bytes."""
        await self._pieces.remove([key])
        offset = 0
        async for data in content:
            await self._pieces.put(key, offset, data)
            offset += len(data)
        return offset

    async def inspect(self, upload: Upload) -> tuple[str, frozenset[str], bytes]:
        """The hash of a whole file, the extensions that its first bytes fit, and those bytes.

        Raises:
            Invalid: the pieces do not make up the file.
        """
        digest, length, head = sha256(), 0, b""
        async for data in self.content(upload.id):
            head += data[: HEAD - len(head)]  # however the file was cut into requests
            digest.update(data)
            length += len(data)
        if length != upload.size:
            raise Invalid("upload-incomplete")
        return digest.hexdigest(), looks_like(head), head

    async def finish(self, upload: str) -> None:
        """It belongs to a work now and no longer expires."""
        await self._uploads.update_one({"_id": upload}, {"$set": {"done": True}, "$unset": {"expires_at": ""}})

    async def remove(self, upload: str) -> None:
        """With its copy for judges, which goes first: whoever is making it finds that out."""
        await self._copies.delete_one({"_id": upload})
        await self._pieces.remove([upload, copy_key(upload)])
        await self._uploads.delete_one({"_id": upload})

    async def sweep(self) -> int:
        """Remove the pieces of uploads that have expired; returns how many uploads."""
        now, gone = from_unix_micros(await self._clock.now()), 0
        async for document in self._uploads.find({"done": False, "expires_at": {"$lt": now}}, {"_id": 1}).limit(100):
            await self.remove(document["_id"])
            gone += 1
        return gone


def copy_key(upload: str) -> str:
    """Under what the pieces of the copy of this upload are kept."""
    return f"{upload}.copy"


def looks_like(head: bytes) -> frozenset[str]:
    """The file name extensions that these first bytes fit."""
    try:
        return frozenset(
            pure_magic_with_confidence.extension for pure_magic_with_confidence in puremagic.magic_string(head)
        )
    except (puremagic.PureError, ValueError):
        return frozenset()


def _upload(document: Document | None) -> Upload:
    if document is None:
        raise NotFound("no-such-upload")
    expires = document.get("expires_at")
    return Upload(
        document["_id"],
        document["season"],
        document["entry"],
        document["account"],
        document["name"],
        document["size"],
        document["offset"],
        int(expires.timestamp()) if expires else 0,
        document["done"],
    )
