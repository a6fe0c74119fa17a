"""The bytes of files, in pieces: in the database, or as objects in a bucket."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from bson import Binary

from shared.mongo import Document, Mongo
from shared.objects import Bucket, offset_of, piece_name

PIECE = 2 * 1024 * 1024
"""Bytes of a piece at most."""


class Pieces(Protocol):
    """Where the bytes of files lie. A piece has the key of its file and its offset, and replaces an earlier one of both."""

    async def put(self, key: str, offset: int, data: bytes) -> None:
        """Store a piece; durable when this returns."""

    def content(self, key: str, start: int = 0) -> AsyncIterator[bytes]:
        """The stored bytes from this offset on, piece by piece; none where nothing is stored."""

    async def remove(self, keys: Sequence[str]) -> None:
        """Remove all pieces of these files; again is no error."""

    async def check(self) -> None:
        """Raises Unavailable where pieces cannot be kept here."""


class MongoPieces:
    """In the database."""

    def __init__(self, mongo: Mongo) -> None:
        self._pieces, self._all_pieces = mongo.database["upload_pieces"], mongo.long_reads["upload_pieces"]

    async def put(self, key: str, offset: int, data: bytes) -> None:
        piece: Document = {"_id": f"{key}:{offset:015d}", "upload": key, "offset": offset, "data": Binary(data)}
        await self._pieces.replace_one({"_id": piece["_id"]}, piece, upsert=True)

    async def content(self, key: str, start: int = 0) -> AsyncIterator[bytes]:
        wanted = {"upload": key, "offset": {"$gt": start - PIECE}}
        async for piece in self._all_pieces.find(wanted, {"data": 1, "offset": 1}).sort("offset", 1).batch_size(2):
            data = piece["data"][max(0, start - piece["offset"]) :]
            if data:
                yield data

    async def remove(self, keys: Sequence[str]) -> None:
        await self._pieces.delete_many({"upload": {"$in": list(keys)}})

    async def check(self) -> None:
        """The database is looked at by others."""


class ObjectPieces:
    """As objects in a bucket. Files from before there was one are still read from the database, and removed there."""

    def __init__(self, bucket: Bucket, earlier: Pieces) -> None:
        self._bucket, self._earlier = bucket, earlier

    async def put(self, key: str, offset: int, data: bytes) -> None:
        await self._bucket.put(piece_name(key, offset), data)

    async def content(self, key: str, start: int = 0) -> AsyncIterator[bytes]:
        here = False
        async for name in self._bucket.names(f"{key}/"):
            here, offset = True, offset_of(name)
            if offset > start - PIECE and (data := (await self._bucket.get(name) or b"")[max(0, start - offset) :]):
                yield data
        if not here:
            async for data in self._earlier.content(key, start):
                yield data

    async def remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            await self._bucket.remove([name async for name in self._bucket.names(f"{key}/")])
        await self._earlier.remove(keys)

    async def check(self) -> None:
        await self._bucket.check()
