"""Connections and indexes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Indexes = Mapping[str, Sequence[IndexModel]]

POOL = 24
"""Connections a process; more brings no throughput and a long tail of waiting."""


class Mongo:
    """One service's client and its own database. Every write waits for the majority and the journal."""

    def __init__(self, url: str, database: str, *, timeout_ms: int = 5000) -> None:
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

    async def ping(self) -> None:
        await self.client.admin.command("ping")

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
