"""Aggregates on a real MongoDB: grouped, versioned, gated by the database's clock, each caller with its own answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pymongo.errors import DuplicateKeyError

from shared.mongo import Aggregates, DatabaseClock, GroupRead, Mongo, PendingEvents, TooLate, VersionConflict
from shared.season.time import to_unix_micros
from tests.support.installation import Servers

EVENT = {"id": "e1", "type": "t", "time": 1}


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    each_mongo = Mongo(servers.mongo_url, f"aggregates{uuid4().hex[:8]}")
    yield each_mongo
    await each_mongo.client.drop_database(each_mongo.database.name)
    each_mongo.close()


@pytest.fixture
def things(mongo: Mongo) -> Aggregates:
    return mongo.aggregates("things")


async def test_a_thousand_creations_share_some_writes(things: Aggregates) -> None:
    made = await asyncio.gather(*(things.create({"_id": number}) for number in range(1000)))

    assert all(made)
    assert await things.collection.count_documents({"version": 1}) == 1000
    assert things.groups <= 10


async def test_each_change_of_a_group_hears_of_its_own_conflict(things: Aggregates) -> None:
    await things.create_many([({"_id": number, "value": 0}, []) for number in range(20)])
    await things.change(7, 1, {"value": 1})

    results = await asyncio.gather(
        *(things.change(number, 1, {"value": 2}) for number in [*range(20), 99]), return_exceptions=True
    )

    assert [number for number, result in enumerate(results) if isinstance(result, VersionConflict)] == [7, 20]
    assert await things.collection.count_documents({"value": 2, "version": 2}) == 19
    assert await things.collection.count_documents({}) == 20, "a change never makes a document"


async def test_another_unique_index_refuses_its_own_caller(things: Aggregates) -> None:
    await things.collection.create_index("name", unique=True)

    results = await asyncio.gather(
        things.create({"_id": 1, "name": "a"}),
        things.create({"_id": 2, "name": "b"}),
        things.create({"_id": 3, "name": "a"}),
        things.create({"_id": 2, "name": "c"}),
        return_exceptions=True,
    )

    assert [results[0], results[1]] == [True, True]
    assert isinstance(results[2], DuplicateKeyError)
    assert results[3] is False


async def test_the_database_clock_decides_inside_the_write(things: Aggregates) -> None:
    now = datetime.now(UTC)
    await things.create({"_id": "old", "value": 0, "notes": []})

    assert await things.create({"_id": "early", "x": {"$odd": 1}}, [EVENT], until=now + timedelta(minutes=1))
    assert not await things.create({"_id": "early"}, until=now + timedelta(minutes=1))
    with pytest.raises(TooLate):
        await things.create({"_id": "late"}, until=now - timedelta(milliseconds=1))
    await things.change("old", 1, {"value": 1}, [EVENT], push={"notes": {"n": 1}}, until=now + timedelta(minutes=1))
    with pytest.raises(TooLate):
        await things.change("old", 2, {"value": 2}, until=now - timedelta(milliseconds=1))
    with pytest.raises(VersionConflict):
        await things.change("old", 1, {"value": 3}, until=now + timedelta(minutes=1))
    with pytest.raises(VersionConflict):
        await things.change("gone", 1, {"value": 3}, until=now + timedelta(minutes=1))

    assert await things.collection.find({}).to_list(None) == [
        {
            "_id": "old",
            "version": 2,
            "schema": 0,
            "value": 1,
            "notes": [{"n": 1}],
            "outbox": {"events": [EVENT], "since": 1},
        },
        {"version": 1, "schema": 0, "_id": "early", "x": {"$odd": 1}, "outbox": {"events": [EVENT], "since": 1}},
    ]


async def test_what_was_stored_is_told_once_and_only_then(mongo: Mongo, things: Aggregates) -> None:
    heard: list[PendingEvents] = []
    mongo.on_told(heard.append)

    await things.create({"_id": 1}, [EVENT])
    await things.create({"_id": 1}, [EVENT])
    await things.create({"_id": 2})
    await things.create_many([({"_id": 1}, [EVENT]), ({"_id": 3}, [EVENT])])
    await things.change(2, 1, {"x": 1}, [EVENT])
    with pytest.raises(VersionConflict):
        await things.change(2, 1, {"x": 2}, [EVENT])

    assert [(told.key, told.version, len(told.events)) for told in heard] == [(1, 1, 1), (3, 1, 1), (2, 0, 0)]


async def test_look_ups_at_the_same_time_share_a_query(mongo: Mongo, things: Aggregates) -> None:
    await things.create_many([({"_id": number}, []) for number in range(100)])
    asked: list[int] = []

    async def fetch(keys: list[int]) -> dict[int, int]:
        asked.append(len(keys))
        return {d["_id"]: d["_id"] * 2 async for d in things.find({"_id": {"$in": keys}})}

    read = GroupRead(fetch)
    documents = await asyncio.gather(*(read.get([number, 1000 + number]) for number in range(100)))

    assert documents == [{number: number * 2} for number in range(100)]
    assert len(asked) <= 3


async def test_the_clock_is_the_databases(mongo: Mongo) -> None:
    clock = DatabaseClock(mongo.database)

    first, second = await clock.now(), await clock.now()

    assert first <= second <= first + 1_000_000
    assert abs(second - to_unix_micros(datetime.now(UTC))) < 1_000_000, "one machine, one clock"
