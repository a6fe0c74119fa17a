"""Copies for judges in MongoDB: made once, kept beside the file that they are a copy of, gone with it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from pymongo.errors import DuplicateKeyError

from services.registration.adapters.anonymising.making import Outcome, make_copy
from services.registration.adapters.uploads import Uploads, copy_key
from services.registration.domain.copies import Copy, Release
from services.registration.domain.works import WorkFile, extension_of
from shared.errors import Busy, Refused
from shared.mongo import Document, Mongo
from shared.season.records import moment

EDITION = 1
"""Of the rules of cleaning: a copy of an earlier one is made again."""
LEASE_SECONDS = 900
MOST_TRIES = 2
"""A file at which so many processes ended is set aside."""
READ = 2 * 1024 * 1024


class Copies:
    """The copies, one an upload."""

    def __init__(self, mongo: Mongo, uploads: Uploads) -> None:
        self._copies, self._clock, self._uploads = mongo.database["copies"], mongo.clock, uploads
        self._turn = asyncio.Semaphore(1)

    async def find(self, upload: str) -> Copy | None:
        """What became of the file, once that is known."""
        document = await self._copies.find_one({"_id": upload, "edition": EDITION, "state": {"$ne": "making"}})
        return _copy(document) if document else None

    async def make(self, season: str, entry: str, file: WorkFile, names: Collection[str]) -> Copy:
        """Clean the file and keep what came of it.

        Raises:
            Busy: another request is making it.
        """
        outcome, size = Outcome("unreadable"), 0
        async with self._turn:
            if present := await self.find(file.upload):
                return present
            if await self._take(season, entry, file.upload) <= MOST_TRIES:
                outcome, size = await self._make(file, names)
        state = "held" if outcome.reason else "clean"
        values = {"state": state, "size": size, **asdict(outcome), "edition": EDITION, "tries": 0}
        await self._copies.update_one({"_id": file.upload}, {"$set": values, "$unset": {"until": ""}})
        return Copy(file.upload, season, entry, "held" if outcome.reason else "clean", size=size, **asdict(outcome))

    async def _take(self, season: str, entry: str, upload: str) -> int:
        """The right to make this copy, and which try it is."""
        now = moment(await self._clock.now())
        values = {"season": season, "entry": entry, "state": "making", "until": now + timedelta(seconds=LEASE_SECONDS)}
        free = {"$or": [{"until": {"$lt": now}}, {"until": {"$exists": False}}]}
        try:
            document = await self._copies.find_one_and_update(
                {"_id": upload, **free}, {"$set": values, "$inc": {"tries": 1}}, upsert=True, return_document=True
            )
        except DuplicateKeyError as error:
            raise Busy("copy-being-made") from error
        return int(document["tries"])

    async def _make(self, file: WorkFile, names: Collection[str]) -> tuple[Outcome, int]:
        with TemporaryDirectory(prefix="copy-") as folder:
            source, target = Path(folder) / "source", Path(folder) / "target"
            handle: BinaryIO = await asyncio.to_thread(lambda: source.open("wb"))
            with handle:
                async for part in self._uploads.content(file.upload):
                    await asyncio.to_thread(handle.write, part)
            outcome = await asyncio.to_thread(make_copy, source, target, extension_of(file.name), names)
            if outcome.reason not in ("", "names"):
                return outcome, 0
            handle = await asyncio.to_thread(lambda: target.open("rb"))
            with handle:
                return outcome, await self._uploads.keep(copy_key(file.upload), _parts(handle))

    def content(self, copy: Copy, start: int = 0) -> AsyncIterator[bytes]:
        """What a judge gets, from this byte on."""
        return self._uploads.content(copy_key(copy.upload) if copy.is_cleaned else copy.upload, start)

    async def release(self, copy: Copy, decision: Release) -> None:
        """Keep the organizer's decision, once.

        Raises:
            Refused: it was made meanwhile.
        """
        changed = await self._copies.update_one(
            {"_id": copy.upload, "release": {"$exists": False}}, {"$set": {"release": asdict(decision)}}
        )
        if not changed.modified_count:
            raise Refused("copy-given")

    async def held(self, season: str) -> list[Copy]:
        """The copies of a season that judges do or did not get by themselves, by entry."""
        cursor = self._copies.find({"season": season, "state": "held"}).sort("entry", 1)
        return [_copy(document) async for document in cursor]

    async def waiting(self, season: str) -> int:
        """How many the organizer has not decided on."""
        return await self._copies.count_documents({"season": season, "state": "held", "release": {"$exists": False}})


async def _parts(handle: BinaryIO) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(handle.read, READ):
        yield part


def _copy(document: Document) -> Copy:
    release = document.get("release")
    return Copy(
        document["_id"],
        document["season"],
        document["entry"],
        document["state"],
        document["reason"],
        document["part"],
        tuple(document["places"]),
        document["size"],
        Release(**release) if release else None,
    )
