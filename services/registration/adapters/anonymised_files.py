"""Copies for judges in MongoDB: made once, kept beside the file that they are a copy of, gone with it."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from pymongo.errors import DuplicateKeyError, PyMongoError

from services.registration.adapters.anonymising.making import Outcome, make_copy
from services.registration.adapters.uploads import Uploads, copy_key
from services.registration.domain.anonymised_files import Copy, CopyState, Release
from services.registration.domain.works import WorkFile, extension_of
from shared import limited
from shared.errors import InvalidState, NotFound, Unavailable
from shared.fair_slots import FairSlots
from shared.mongo import Document, Mongo
from shared.season.time import from_unix_micros

EDITION = 1
"""Of the rules of cleaning: a copy of an earlier one is made again."""
LEASE_SECONDS = 900
MOST_TRIES = 2
"""A file at which so many processes ended, or children were ended, is set aside."""
READ = 2 * 1024 * 1024
AT_ONCE = 2
MEMORY = 1280 * limited.MEGABYTE
"""A picture of a hundred million points takes 900; a film of any length 220."""
LEAST_SECONDS, BYTES_A_SECOND = 60, 10 * limited.MEGABYTE
"""Of the processor, which cleans a hundred megabytes of a film in one: two gigabytes get four minutes."""
FOLDER = "copy-"
FORGOTTEN_SECONDS = 3600
"""A folder of a process that ended is as old as no work is."""


class Copies:
    """The copies, one an upload."""

    def __init__(self, mongo: Mongo, uploads: Uploads) -> None:
        self._copies, self._clock, self._uploads = mongo.database["copies"], mongo.clock, uploads
        self._slots = FairSlots(AT_ONCE)
        self._making: dict[tuple[str, str], asyncio.Task[Copy]] = {}

    async def find(self, upload: str, names: Collection[str] | None = None) -> Copy | None:
        """What became of the file, once that is known; with `names`, if it was these that were looked for."""
        wanted = {"_id": upload, "edition": EDITION, "state": {"$ne": CopyState.MAKING}}
        if names is not None:
            wanted |= {"$or": [{"looked_for": _digest(names)}, {"release": {"$exists": True}}]}
        document = await self._copies.find_one(wanted)
        return _copy(document) if document else None

    async def make(
        self, season: str, entry: str, file: WorkFile, names: Collection[str], patience: float | None = None
    ) -> Copy:
        """Clean the file and keep what came of it; whoever waits no longer than so many seconds finds it there later.

        Raises:
            NotFound: the file was removed meanwhile.
            Unavailable: it takes longer, another process is making it, or its child was ended and it is tried once more when it
                is asked for again.
        """
        key = file.upload, _digest(names)
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._made(season, entry, file, names))
            making.add_done_callback(lambda task: self._ended(key, task))
        await asyncio.wait([making], timeout=patience)
        if not making.done():
            raise Unavailable("copy-being-made")
        return making.result()

    def _ended(self, key: tuple[str, str], making: asyncio.Task[Copy]) -> None:
        del self._making[key]
        if not making.cancelled():
            making.exception()  # whoever waited has it, and nobody need wait

    async def _made(self, season: str, entry: str, file: WorkFile, names: Collection[str]) -> Copy:
        outcome, size = Outcome("costly"), 0
        async with self._slots.of(season):
            if present := await self.find(file.upload, names):
                return present
            tries = await self._take(season, entry, file.upload)
            try:
                if tries <= MOST_TRIES:
                    outcome, size = await self._make(file, names)
            except limited.Exceeded as error:
                if tries < MOST_TRIES:
                    await self._let_go(file.upload, tries)
                    raise Unavailable("copy-being-made") from error
            except BaseException:  # it is no fault of the file's
                with suppress(PyMongoError):
                    await self._let_go(file.upload, tries - 1)
                raise
        state = CopyState.HELD if outcome.reason else CopyState.CLEAN
        values = {"state": state, "size": size, **asdict(outcome), "edition": EDITION, "tries": 0}
        values["looked_for"] = _digest(names)
        kept = await self._copies.update_one({"_id": file.upload}, {"$set": values, "$unset": {"until": ""}})
        if not kept.matched_count:  # the file was removed meanwhile
            await self._uploads.remove(file.upload)
            raise NotFound("no-such-file")
        return Copy(file.upload, season, entry, state, size=size, **asdict(outcome))

    async def _take(self, season: str, entry: str, upload: str) -> int:
        """The right to make this copy, and which try it is."""
        now = from_unix_micros(await self._clock.now())
        values = {
            "season": season,
            "entry": entry,
            "state": CopyState.MAKING,
            "until": now + timedelta(seconds=LEASE_SECONDS),
        }
        free = {"$or": [{"until": {"$lt": now}}, {"until": {"$exists": False}}]}
        try:
            document = await self._copies.find_one_and_update(
                {"_id": upload, **free}, {"$set": values, "$inc": {"tries": 1}}, upsert=True, return_document=True
            )
        except DuplicateKeyError as error:
            raise Unavailable("copy-being-made") from error
        return int(document["tries"])

    async def _let_go(self, upload: str, tries: int) -> None:
        await self._copies.update_one({"_id": upload}, {"$set": {"tries": tries}, "$unset": {"until": ""}})

    async def _make(self, file: WorkFile, names: Collection[str]) -> tuple[Outcome, int]:
        with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
            source, target = Path(folder) / "source", Path(folder) / "target"
            handle: BinaryIO = await asyncio.to_thread(lambda: source.open("wb"))
            with handle:
                async for part in self._uploads.content(file.upload):
                    await asyncio.to_thread(handle.write, part)
            outcome = await limited.run(
                make_copy,
                source,
                target,
                extension_of(file.name),
                frozenset(names),
                memory=MEMORY,
                seconds=LEAST_SECONDS + file.size // BYTES_A_SECOND,
                written=limited.WRITTEN + 2 * file.size,
                owner="copies",  # half of the children, whatever the season
            )
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
            InvalidState: it was made meanwhile.
        """
        changed = await self._copies.update_one(
            {"_id": copy.upload, "release": {"$exists": False}}, {"$set": {"release": asdict(decision)}}
        )
        if not changed.modified_count:
            raise InvalidState("copy-given")

    async def held(self, season: str) -> list[Copy]:
        """The copies of a season that judges do or did not get by themselves, by entry."""
        cursor = self._copies.find({"season": season, "state": CopyState.HELD}).sort("entry", 1)
        return [_copy(document) async for document in cursor]

    async def forget_folders(self) -> int:
        """Remove what processes that ended have left on the disk; returns how many folders."""
        return await asyncio.to_thread(_forget_folders, time.time() - FORGOTTEN_SECONDS)

    async def waiting(self, season: str) -> int:
        """How many the organizer has not decided on."""
        return await self._copies.count_documents(
            {"season": season, "state": CopyState.HELD, "release": {"$exists": False}}
        )


def _forget_folders(before: float) -> int:
    gone = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        with suppress(OSError):
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder)
                gone += 1
    return gone


def _digest(names: Collection[str]) -> str:
    return sha256("\0".join(sorted(names)).encode()).hexdigest()


async def _parts(handle: BinaryIO) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(handle.read, READ):
        yield part


def _copy(document: Document) -> Copy:
    release = document.get("release")
    return Copy(
        document["_id"],
        document["season"],
        document["entry"],
        CopyState(document["state"]),
        document["reason"],
        document["part"],
        tuple(document["places"]),
        document["size"],
        Release(**release) if release else None,
    )
