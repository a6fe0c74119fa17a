"""Group commit: writes that come at the same time share one durable round trip to the database; reads likewise.

A lone call goes at once. While one is on its way the next ones gather, and where the last group had company the next
one waits for some more, a few milliseconds: a process that is busy would otherwise spend its time on groups of two or
three. Each caller hears of its own failure and of nobody else's.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError

from shared.crash_points import crash_point

Collection = AsyncIOMotorCollection[dict[str, Any]]
Operation = InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]] | UpdateOne | DeleteOne
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST = 256
"""Operations in one bulk write, keys in one read that callers share."""
MOST_AT_ONCE = 2000
"""Keys in one read of a caller that asks for more than that."""
WRITES_GATHER_SECONDS = 0.004
READS_GATHER_SECONDS = 0.002
DUPLICATE_KEY = 11000


class GroupCommit:
    """The writes of one process to one collection, for operations that do not depend on each other's order."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._waiting: deque[tuple[Operation, asyncio.Future[None]]] = deque()
        self._flusher: asyncio.Task[None] | None = None
        self._last = 1
        """How many the last group had."""
        self.groups = 0
        """Bulk writes sent by this process."""

    async def write(self, operation: Operation) -> None:
        """Return when the operation is acknowledged by the majority and journalled.

        Raises:
            DuplicateKeyError: a unique index refused this operation.
            WriteError: the server refused it for another reason.
            PyMongoError: the group could not be written; whether it was is not known.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush(), name="group-commit")
        await done

    async def _flush(self) -> None:
        while self._waiting:
            if self._last > 1 and len(self._waiting) < MOST:
                await asyncio.sleep(WRITES_GATHER_SECONDS)
            group = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            self._last = len(group)
            failures: dict[int, Exception] = {}
            self.groups += 1
            crash_point("group.before-write")
            try:
                await self._collection.bulk_write([operation for operation, _ in group], ordered=False)
                crash_point("group.written")
            except BulkWriteError as error:
                failures = _own_failures(error, len(group))
            except Exception as error:  # noqa: BLE001 - every caller of the group is told
                failures = dict.fromkeys(range(len(group)), error)
            for index, (_, done) in enumerate(group):
                if done.done():
                    continue  # its caller was cancelled meanwhile
                if index in failures:
                    done.set_exception(failures[index])
                else:
                    done.set_result(None)


def _own_failures(error: BulkWriteError, size: int) -> dict[int, Exception]:
    """Each caller's failure; when the majority or the journal did not confirm, everybody's outcome is unknown.

    Refusals too: a leader that is cut off refuses what it alone has stored and will lose, a key or a version that the
    majority never saw.
    """
    if error.details.get("writeConcernErrors"):
        return dict.fromkeys(range(size), error)
    failures: dict[int, Exception] = {}
    for item in error.details["writeErrors"]:
        kind = DuplicateKeyError if item["code"] == DUPLICATE_KEY else WriteError
        failures[item["index"]] = kind(item["errmsg"], item["code"], item)
    return failures


async def insert_once(collection: Collection, document: dict[str, Any]) -> bool:
    """Store a document; False if a unique index holds another in its place, by the word of the majority.

    The driver's own `insert_one` tells of the refusal and forgets that nobody confirmed it.

    Raises:
        PyMongoError: the majority did not confirm; whether the document is stored is not known.
    """
    try:
        await collection.insert_many([document])
    except BulkWriteError as error:
        if isinstance(failure := _own_failures(error, 1)[0], DuplicateKeyError):
            return False
        raise failure from error
    return True


class GroupRead(Generic[K, V]):
    """Look-ups by key that come at the same time share one query."""

    def __init__(self, fetch: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._last = 1

    async def get(self, keys: Iterable[K]) -> dict[K, V]:
        """What there is of these keys, as it was at the earliest when this was called."""
        wanted = list(dict.fromkeys(keys))
        if len(wanted) > MOST:
            return await self._many(wanted)
        loop = asyncio.get_running_loop()
        futures = [self._waiting.setdefault(key, loop.create_future()) for key in wanted]
        if wanted and (self._reader is None or self._reader.done()):
            self._reader = asyncio.create_task(self._read(), name="group-read")
        # Shared with other callers: one who gives up must not cancel it for them.
        results = [await asyncio.shield(future) for future in futures]
        return {key: value for key, value in zip(wanted, results, strict=True) if value is not None}

    async def _many(self, wanted: list[K]) -> dict[K, V]:
        """Look-ups by somebody with so many keys of their own that waiting for others' gains nothing."""
        parts = [wanted[start : start + MOST_AT_ONCE] for start in range(0, len(wanted), MOST_AT_ONCE)]
        documents = await asyncio.gather(*(self._fetch(part) for part in parts))
        return {key: value for part in documents for key, value in part.items() if value is not None}

    async def _read(self) -> None:
        while self._waiting:
            if self._last > 1 and len(self._waiting) < MOST:
                await asyncio.sleep(READS_GATHER_SECONDS)
            self._last = len(self._waiting)
            keys = list(self._waiting)[:MOST]
            group = {key: self._waiting.pop(key) for key in keys}
            try:
                document = await self._fetch(keys)
            except Exception as error:  # noqa: BLE001 - every caller of the group is told
                for future in group.values():
                    future.set_exception(error)
                    future.exception()  # a caller who gave up does not look
                continue
            for key, future in group.items():
                future.set_result(document.get(key))
