"""Connections, indexes, and the database's clock."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from shared.errors import Unavailable
from shared.mongo.aggregate import Aggregates, PendingEvents
from shared.season.time import from_unix_micros, to_unix_micros

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Indexes = Mapping[str, Sequence[IndexModel]]

POOL = 24
"""Connections a process; more brings no throughput and a long tail of waiting."""
LONG_READ_POOL = 8
"""Connections a process for long reads, which so never keep a request waiting for one."""
PROGRESS_MS = 30_000
"""How long a long read waits for its next documents, in milliseconds."""


def long_read_limits(progress_ms: int = PROGRESS_MS) -> Document:
    """The options of a client whose reads take as long as they must and end only where nothing comes any more.

    With `timeoutMS` the driver gives the server one limit (`maxTimeMS`) for the whole cursor: every batch counts
    against it, so a large enough result always ends in `MaxTimeMSExpired`. Without it each batch has its own.
    """
    return {
        "timeoutMS": None,
        "socketTimeoutMS": progress_ms,
        "serverSelectionTimeoutMS": progress_ms,
        "connectTimeoutMS": progress_ms,
        "waitQueueTimeoutMS": progress_ms,
    }


LINEARIZABLE_MS = 5000
"""How long a read may wait that asks the majority."""


class Mongo:
    """One service's client and its own database. Every write waits for the majority and the journal.

    Documents of aggregates are written as of this `schema`, the newest migration that the code knows.

    `database` is for what a request waits for: five seconds for everything. `long_reads` is the same database for
    what grows with the season: it takes its time, and ends only if nothing comes for half a minute. It is not
    written to.
    """

    def __init__(
        self, url: str, database: str, *, timeout_ms: int = 5000, progress_ms: int = PROGRESS_MS, schema: int = 0
    ) -> None:
        self.client = _client(url, {"timeoutMS": timeout_ms, "maxPoolSize": POOL})
        self._reader = _client(url, {**long_read_limits(progress_ms), "maxPoolSize": LONG_READ_POOL})
        self.database, self.long_reads = _database(self.client, database), _database(self._reader, database)
        self.clock = DatabaseClock(self.database)
        self._schema = schema
        self._aggregates: dict[str, Aggregates] = {}
        self._listeners: list[Callable[[PendingEvents], None]] = []

    def aggregates(self, name: str) -> Aggregates:
        """The aggregates of one collection; all who write it in this process share their round trips."""
        return self._aggregates.setdefault(
            name, Aggregates(self.database[name], self._tell, self._schema, self.long_reads[name])
        )

    def on_told(self, listener: Callable[[PendingEvents], None]) -> None:
        """Call this for every event from now on, once it is stored."""
        self._listeners.append(listener)

    def _tell(self, told: PendingEvents) -> None:
        for listener in self._listeners:
            listener(told)

    async def ping(self) -> None:
        await self.client.admin.command("ping")

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[None]:
        """What is read within is all that was acknowledged before: one leader led from the beginning to the end of it.

        A leader that its members have left does not know it at once, and shows what was; while whoever computes from
        that writes what comes out to the new leader. For single documents no such care is needed: what is decided from
        them is written under their version, or under a unique index.

        Raises:
            Unavailable: the leader changed meanwhile.
        """
        views = (self.database, self.long_reads)  # each client has its own view of who leads
        before = {await _election(view) for view in views}
        yield
        for view in views:  # a read that only a leader of the majority can answer, and only then who that is
            newest = view["migrations"].with_options(read_concern=ReadConcern("linearizable"))
            await newest.find_one({}, {"_id": 1}, max_time_ms=LINEARIZABLE_MS)
        if len(before | {await _election(view) for view in views}) != 1:
            raise Unavailable("try-again")

    async def disk_used(self) -> float:
        """The used share of the disk on which the database lies, 0 to 1."""
        stats = await self.database.command("dbStats")
        total = float(stats.get("fsTotalSize", 0))
        return float(stats["fsUsedSize"]) / total if total else 0.0

    async def ensure(self, indexes: Indexes) -> None:
        """Create the indexes that are missing. Unique ones carry business rules: provision before serving."""
        for collection, models in indexes.items():
            await self.database[collection].create_indexes(list(models))

    def close(self) -> None:
        self.client.close()
        self._reader.close()


async def _election(database: Database) -> ObjectId | None:
    """The election by which the leader that this client knows was chosen."""
    election: ObjectId | None = (await database.command("hello")).get("electionId")
    return election


def _client(url: str, limits: Document) -> AsyncIOMotorClient[Document]:
    return AsyncIOMotorClient(url, tz_aware=True, uuidRepresentation="standard", retryWrites=True, **limits)


def _database(client: AsyncIOMotorClient[Document], name: str) -> Database:
    return client.get_database(
        name,
        codec_options=CodecOptions(tz_aware=True),
        read_preference=ReadPreference.PRIMARY,
        write_concern=WriteConcern(w="majority", j=True),
        read_concern=ReadConcern("majority"),
    )


async def database_time(database: Database) -> datetime:
    """The clock of the database, to the millisecond: the one clock that decides deadlines."""
    reply = await database.command("hello")
    moment: datetime = reply["localTime"]
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


NEAR = 15_000_000
"""Microseconds."""
CLOCK_SECONDS = 1.0
"""How long a reading of the database's clock is carried on by this machine's own."""


class DatabaseClock:
    """The database's clock, read once a second. What must be exact is checked by the write itself (`until`)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: tuple[int, float] | None = None

    async def now(self) -> int:
        """The database's time in microseconds UTC, to within the time of one round trip."""
        passed = time.monotonic() - self._read[1] if self._read else CLOCK_SECONDS
        if self._read is None or passed >= CLOCK_SECONDS:
            self._read = (to_unix_micros(await database_time(self._database)), time.monotonic())
            return self._read[0]
        return self._read[0] + int(passed * 1e6)

    async def gate(self, until: int) -> datetime | None:
        """`until` where the write itself must look at the clock, None where it cannot come too late.

        A write ends after five seconds at the latest, done or not (`timeoutMS`), so one that begins much earlier than
        the deadline needs no gate, and is cheaper.
        """
        return from_unix_micros(until) if until - await self.now() < NEAR else None
