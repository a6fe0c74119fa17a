"""Group commit: writes that come at the same time share one durable round trip to the database.

A lone write goes at once. While a bulk write is on its way the next ones gather, so the group grows with the load and
nobody waits for a timer. Each caller hears of its own failure and of nobody else's.
"""

import asyncio
from collections import deque
from typing import Any

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError

from shared.mongo.aggregate import DUPLICATE_KEY, Collection

Operation = InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]] | UpdateOne | DeleteOne
MOST = 256
"""Operations in one bulk write."""


class GroupCommit:
    """The writes of one process to one collection, for operations that do not depend on each other's order."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._waiting: deque[tuple[Operation, asyncio.Future[None]]] = deque()
        self._flusher: asyncio.Task[None] | None = None

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
            group = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            failures: dict[int, Exception] = {}
            try:
                await self._collection.bulk_write([operation for operation, _ in group], ordered=False)
            except BulkWriteError as error:
                failures = {item["index"]: _own(item) for item in error.details["writeErrors"]}
            except Exception as error:  # noqa: BLE001 - every caller of the group is told
                failures = dict.fromkeys(range(len(group)), error)
            for index, (_, done) in enumerate(group):
                if done.done():
                    continue  # its caller was cancelled meanwhile
                if index in failures:
                    done.set_exception(failures[index])
                else:
                    done.set_result(None)


def _own(item: dict[str, Any]) -> Exception:
    kind = DuplicateKeyError if item["code"] == DUPLICATE_KEY else WriteError
    return kind(item["errmsg"], item["code"], item)
