"""Group commit on a real MongoDB: one round trip for many callers, each with its own answer."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pymongo import InsertOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError

from shared.mongo import Collection, GroupCommit, Mongo, Projection
from tests.support.installation import Servers


@pytest.fixture
async def collection(servers: Servers) -> AsyncIterator[Collection]:
    mongo = Mongo(servers.mongo_url, f"group{uuid4().hex[:8]}")
    yield mongo.database["things"]
    await mongo.client.drop_database(mongo.database.name)
    mongo.close()


async def test_callers_at_the_same_time_share_round_trips(collection: Collection) -> None:
    group = GroupCommit(collection)
    await collection.database.command("profile", 2)

    await asyncio.gather(*(group.write(InsertOne({"_id": number})) for number in range(1000)))

    await collection.database.command("profile", 0)
    commands = {"ns": f"{collection.database.name}.{collection.name}", "op": {"$in": ["insert", "update"]}}
    assert await collection.count_documents({}) == 1000
    assert 1 <= await collection.database["system.profile"].count_documents(commands) <= 10


async def test_a_failure_reaches_its_own_caller_alone(collection: Collection) -> None:
    group = GroupCommit(collection)
    await collection.insert_one({"_id": 3})

    results = await asyncio.gather(
        *(group.write(InsertOne({"_id": number})) for number in range(10)), return_exceptions=True
    )

    assert isinstance(results[3], DuplicateKeyError)
    assert [result for number, result in enumerate(results) if number != 3] == [None] * 9


async def test_where_the_majority_did_not_confirm_a_refusal_is_unknown_too(collection: Collection) -> None:
    """Keeps away: an answer that rests on what a leader without its majority alone has stored, and will lose."""
    await collection.insert_one({"_id": 3})
    unconfirmed = GroupCommit(collection.with_options(write_concern=WriteConcern(w=2, wtimeout=100)))

    results = await asyncio.gather(
        *(unconfirmed.write(InsertOne({"_id": number})) for number in range(10)), return_exceptions=True
    )

    assert {type(result) for result in results} == {BulkWriteError}


async def test_a_caller_who_gave_up_disturbs_nobody(collection: Collection) -> None:
    group = GroupCommit(collection)
    impatient = asyncio.create_task(group.write(InsertOne({"_id": 1})))
    patient = asyncio.create_task(group.write(InsertOne({"_id": 2})))
    await asyncio.sleep(0)
    impatient.cancel()

    await patient

    assert await collection.count_documents({"_id": 2}) == 1


async def test_the_newest_version_stays_whatever_the_order(collection: Collection) -> None:
    projection = Projection(collection)
    versions = [3, 1, 5, 2, 4, 5, 1]

    await asyncio.gather(*(projection.keep("x", version, {"value": version}) for version in versions))
    await projection.keep("x", 4, {"value": 4})

    document = await collection.find_one({"_id": "x"}) or {}
    assert (document["told_version"], document["value"]) == (5, 5)


async def test_processes_that_take_in_several_versions_at_once_keep_the_newest(collection: Collection) -> None:
    """Many upserts of one new key at the same moment: the server lets one in and refuses others as duplicates."""
    replicas = [Projection(collection) for _ in range(8)]

    for number in range(100):
        await asyncio.gather(*(replica.keep(f"e{number}", version, {}) for version, replica in enumerate(replicas, 1)))

    assert await collection.count_documents({"told_version": 8}) == 100
    assert await collection.count_documents({}) == 100
