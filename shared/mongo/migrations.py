"""What brings the documents of earlier releases up to what today's code reads: small ordered steps, each done once.

A step looks for documents of an older `schema` and may be begun again at any point, so one that was interrupted is
simply done again. What was done stands in the collection `migrations`, beside the lock that keeps two from doing it.

After a step that only adds, replicas of the release before go on working. What they write meanwhile lacks what was
added: this release reads it all the same, and each provisioning does the step again, until a later step locks them out.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared.crash_points import crash_point
from shared.mongo.connection import Database, Mongo
from shared.mongo.group import Collection

PART = 1000
"""Documents brought up in one write, so that none takes longer than a write may."""
LOCK = "lock"
LEASE_SECONDS = 15.0
"""How long the others wait for one that was killed."""
BEAT_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.2

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Migration:
    """One step, with its place in the order; number and name of a released one never change."""

    number: int
    name: str
    run: Callable[[Mongo], Awaitable[None]]
    adds_only: bool
    """Whether the release before works on what this leaves, and today's code on what that release writes then."""


class WrongSchema(RuntimeError):
    """The database is not of the release that this code belongs to."""

    def __init__(self, database: str, schema: int, known: int) -> None:
        remedy = "start the newer release" if schema > known else "run `laurel provision`"
        super().__init__(f"database {database} has schema {schema}, this release needs {known}: {remedy}")
        self.database, self.schema, self.known = database, schema, known


def newest(migrations: Sequence[Migration]) -> int:
    """The schema of documents as today's code writes them."""
    return migrations[-1].number if migrations else 0


async def check_schema(database: Database, migrations: Sequence[Migration]) -> None:
    """Compare the database with the code.

    Raises:
        WrongSchema: a newer release did more than add to it, or it was not brought up to this one.
    """
    done = await _done_for(database, migrations)
    if not done >= {step.number for step in migrations}:
        raise WrongSchema(database.name, max(done, default=0), newest(migrations))


async def migrate(mongo: Mongo, migrations: Sequence[Migration]) -> list[str]:
    """Do the steps that this database has not seen, in order; returns their names. Others who ask meanwhile wait.

    Those that only add are done again, as long as nothing keeps older replicas from writing.

    Raises:
        WrongSchema: a newer release did more than add to the database; nothing was changed.
    """
    async with _locked(mongo.database):
        done = await _done_for(mongo.database, migrations)
        locking = max((step.number for step in migrations if not step.adds_only), default=0)
        steps = [step for step in migrations if step.number not in done]
        for step in migrations:
            if step in steps or step.number > locking:
                await step.run(mongo)
            if step in steps:
                crash_point("migration.run")
                await mongo.database["migrations"].insert_one(
                    {"_id": step.number, "name": step.name, "adds_only": step.adds_only, "at": datetime.now(UTC)}
                )
                log.info("migration_done", database=mongo.database.name, number=step.number, name=step.name)
    return [step.name for step in steps]


async def bring_up(
    collection: Collection, schema: int, defaults: Mapping[str, Any], *stages: Mapping[str, Any]
) -> None:
    """Give the documents of an older schema the fields that they lack, then change them by these pipeline stages."""
    older: dict[str, Any] = {"schema": {"$not": {"$gte": schema}}}
    pipeline = [
        {"$replaceWith": {"$mergeObjects": [{"$literal": dict(defaults)}, "$$ROOT", {"schema": schema}]}},
        *stages,
    ]
    while documents := await collection.find(older, {"_id": 1}).sort("_id", 1).limit(PART).to_list(PART):
        keys = [document["_id"] for document in documents]
        await collection.update_many({**older, "_id": {"$in": keys}}, pipeline)
        older["_id"] = {"$gt": keys[-1]}
        crash_point("migration.part")


async def _done_for(database: Database, migrations: Sequence[Migration]) -> set[int]:
    """The numbers of the steps that this database has seen.

    Raises:
        WrongSchema: one that this code does not know did more than add.
    """
    steps = await database["migrations"].find({"_id": {"$type": "number"}}).to_list(None)
    locked = [step["_id"] for step in steps if step["_id"] > newest(migrations) and not step.get("adds_only")]
    if locked:
        raise WrongSchema(database.name, max(locked), newest(migrations))
    return {step["_id"] for step in steps}


@asynccontextmanager
async def _locked(database: Database) -> AsyncIterator[None]:
    records, holder = database["migrations"], uuid4().hex
    lease = [{"$set": {"holder": holder, "until": {"$add": ["$$NOW", int(LEASE_SECONDS * 1000)]}}}]

    async def hold() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(PyMongoError):
                await records.update_one({"_id": LOCK, "holder": holder}, lease)

    while True:
        if await _taken(records, lease):
            break
        await asyncio.sleep(LOOK_AGAIN_SECONDS)  # somebody has it, and is alive
    beat = asyncio.create_task(hold(), name="migration-lock")
    try:
        yield
    finally:
        beat.cancel()
        await records.delete_one({"_id": LOCK, "holder": holder})


async def _taken(records: Collection, lease: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the lock was free, or its holder gone, and is now ours."""
    with suppress(DuplicateKeyError):  # another made it at the same moment
        await records.update_one(
            {"_id": LOCK}, {"$setOnInsert": {"until": datetime.fromtimestamp(0, UTC)}}, upsert=True
        )
    free = {"_id": LOCK, "$expr": {"$lte": ["$until", "$$NOW"]}}
    return (await records.update_one(free, list(lease))).modified_count == 1
