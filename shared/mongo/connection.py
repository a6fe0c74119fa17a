"""Connections, indexes, and the database's clock."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from shared.mongo.aggregate import Aggregates, PendingEvents
from shared.season.time import from_unix_micros, to_unix_micros

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Indexes = Mapping[str, Sequence[IndexModel]]

POOL = 24
"""Connections a process; more brings no throughput and a long tail of waiting."""


class Mongo:
    """One service's client and its own database. Every write waits for the majority and the journal.

    Documents of aggregates are written as of this `schema`, the newest migration that the code knows.
    """

    def __init__(self, url: str, database: str, *, timeout_ms: int = 5000, schema: int = 0) -> None:
        self.client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url, tz_aware=True, uuidRepresentation="standard", retryWrites=True, timeoutMS=timeout_ms, maxPoolSize=POOL
        )
        self.database: Database = self.client.get_database(
            database,
            codec_options=CodecOptions(tz_aware=True),
            read_preference=ReadPreference.PRIMARY,
            write_concern=WriteConcern(w="majority", j=True),
            read_concern=ReadConcern("majority"),
        )
        self.clock = DatabaseClock(self.database)
        self._schema = schema
        self._aggregates: dict[str, Aggregates] = {}
        self._listeners: list[Callable[[PendingEvents], None]] = []

    def aggregates(self, name: str) -> Aggregates:
        """The aggregates of one collection; all who write it in this process share their round trips."""
        return self._aggregates.setdefault(name, Aggregates(self.database[name], self._tell, self._schema))

    def on_told(self, listener: Callable[[PendingEvents], None]) -> None:
        """Call this for every event from now on, once it is stored."""
        self._listeners.append(listener)

    def _tell(self, told: PendingEvents) -> None:
        for listener in self._listeners:
            listener(told)

    async def ping(self) -> None:
        await self.client.admin.command("ping")

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
