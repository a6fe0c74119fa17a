"""Counts that run out, in MongoDB: one write a count, decided by the database and its clock."""

from hashlib import sha256
from typing import Any

from pymongo import IndexModel, ReturnDocument, WriteConcern
from pymongo.errors import DuplicateKeyError

from shared.mongo.connection import Database, Document

COUNTERS = "attempts"
"""The collection."""
COUNTER_INDEXES = [IndexModel("until", expireAfterSeconds=0)]


class MongoCounters:
    """The port `Counters`. Counts are not waited for by the journal: losing some in a crash hurts nobody."""

    def __init__(self, database: Database) -> None:
        self._counts = database[COUNTERS].with_options(write_concern=WriteConcern(w=1, j=False))

    async def take(self, key: str, most: int, seconds: float) -> bool:
        running: dict[str, Any] = {"$gt": ["$until", "$$NOW"]}
        pipeline: list[Document] = [
            {
                "$set": {
                    "count": {"$cond": [running, "$count", 0]},
                    "until": {"$cond": [running, "$until", {"$add": ["$$NOW", int(seconds * 1000)]}]},
                }
            },
            {"$set": {"taken": {"$lt": ["$count", most]}, "count": {"$min": [{"$add": ["$count", 1]}, most]}}},
        ]
        while True:
            try:
                after = await self._counts.find_one_and_update(
                    {"_id": _digest(key)}, pipeline, upsert=True, return_document=ReturnDocument.AFTER
                )
            except DuplicateKeyError:  # two were the first at the same time
                continue
            return bool(after["taken"])

    async def give_back(self, key: str) -> None:
        await self._counts.update_one({"_id": _digest(key), "count": {"$gt": 0}}, {"$inc": {"count": -1}})


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
