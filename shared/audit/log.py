"""The audit log in MongoDB. Its records are numbered by their `_id`, so that no two follow the same one.

Lines that come at the same time share one durable write, like other group commits; processes that write at the same
time meet at the number, and the later one binds its lines to what the earlier one wrote. Whoever notes a line
returns when it is on the disks of the majority; a process that dies before has noted nothing or whole records.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from pymongo import IndexModel
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from shared.audit.chain import Head, Line, chain_line, first_head
from shared.errors import Unavailable
from shared.mongo import Collection, Mongo
from shared.season.time import to_unix_micros

log = structlog.get_logger()

NAME = "audit_log"
INDEXES = {
    NAME: [
        IndexModel([("season", 1), ("what", 1), ("at", -1)]),
        IndexModel([("private.people.value", 1), ("at", -1)]),
        IndexModel("account"),
    ]
}
MOST = 256
"""Lines in one write."""
MOST_READ = 1000
TRIES = 200
WAIT_SECONDS = 0.003
DUPLICATE_KEY = 11000


class AuditLog:
    """The log of one service, as one process writes and reads it."""

    def __init__(self, mongo: Mongo, service: str) -> None:
        self.service = service
        self._records = mongo.database[NAME]
        self._newest = self._records.with_options(read_concern=ReadConcern("local"))
        self._waiting: deque[tuple[Line, asyncio.Future[None]]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._head: Head | None = None
        self._told: Head | None = None

    async def note(
        self,
        what: str,
        *,
        account: str = "",
        season: str = "",
        facts: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
        at: int = 0,
    ) -> None:
        """Record a line, and return when it is safe.

        `facts` hold ids and numbers and stay for ever; names, logins, words and ids of people belong in `private`.
        Values are what JSON knows, without fractions.

        Raises:
            Unavailable: too many others write at this moment.
            PyMongoError: it could not be written; whether it was is not known.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((Line(what, account, season, facts or {}, private or {}, at), done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="audit-log")
        await done

    async def _write(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            failure: Exception | None = None
            try:
                await self._append([line for line, _ in group])
            except Exception as error:  # noqa: BLE001 - every caller of the group is told
                failure, self._head = error, None
            for _, done in group:
                if done.done():
                    continue  # its caller was cancelled meanwhile
                if failure:
                    done.set_exception(failure)
                else:
                    done.set_result(None)

    async def _append(self, lines: list[Line]) -> None:
        for _ in range(TRIES):
            before = self._head or await self.head()
            records, at = [], to_unix_micros(datetime.now(UTC))
            for line in lines:
                record = chain_line(line, before, at)
                before = Head(record["number"], record["hash"])
                records.append({"_id": record.pop("number"), **record})
            try:
                await self._records.insert_many(records, ordered=True)
            except BulkWriteError as error:
                details = error.details
                if details.get("writeConcernErrors") or details["writeErrors"][0]["code"] != DUPLICATE_KEY:
                    raise
                lines = lines[details["nInserted"] :]
                self._head = None  # another process went on from here
                await asyncio.sleep(WAIT_SECONDS)
                continue
            self._head = before
            return
        raise Unavailable("try-again")

    async def head(self) -> Head:
        """The last record."""
        document = await self._newest.find_one({}, {"hash": 1}, sort=[("_id", -1)])
        return Head(document["_id"], document["hash"]) if document else first_head(self.service)

    async def records(self, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Every record after this number, in order, as `verify` reads them; however many, each read is a short one."""
        number = 1
        while number:
            number = 0
            async for document in self._records.find({"_id": {"$gt": after}}).sort("_id", 1).limit(MOST_READ):
                number, after = number + 1, document.pop("_id")
                yield {"number": after, **document}

    async def newest(self, wanted: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
        """The newest records that match, for people to read: what was kept beside a record stands in it under its name."""
        cursor = self._records.find(wanted).sort("at", -1).limit(most)
        return [
            {
                "at": document["at"],
                "what": document["what"],
                "account": document["account"],
                "season": document["season"],
                **document["facts"],
                **{name: item["value"] for name, item in document.get("private", {}).items()},
            }
            async for document in cursor
        ]

    async def erase(self, wanted: Mapping[str, Any], *names: str) -> int:
        """Take these private values, or all, out of the records that match; their hashes stay in the chain."""
        fields = {f"private.{name}": "" for name in names} or {"private": ""}
        there = {"$or": [{name: {"$exists": True}} for name in fields]}
        result = await self._records.update_many({"$and": [dict(wanted), there]}, {"$unset": fields})
        return result.modified_count

    async def forget(self, what: str, kept: timedelta) -> int:
        """Take what is private out of records of this kind once they are older."""
        return await self.erase({"what": what, "at": {"$lt": to_unix_micros(datetime.now(UTC) - kept)}})

    async def adopt(self, collection: Collection, read: Callable[[dict[str, Any]], Line]) -> int:
        """Take over the lines of a log from before the chain, the earliest first; returns how many."""
        done = 0
        async for document in collection.find({}).sort("at", 1):
            line = read(document)
            facts = {**line.facts, "adopted": str(document["_id"])}
            await self.note(
                line.what, account=line.account, season=line.season, facts=facts, private=line.private, at=line.at
            )
            await collection.delete_one({"_id": document["_id"]})
            done += 1
        return done

    async def tell_head(self) -> int:
        """Write the head to the service's own log whenever it has moved, so that it is known outside the database."""
        head = await self.head()
        if head != self._told:
            log.info("audit_head", service=self.service, records=head.number, head=head.hash)
            self._told = head
        return 0
