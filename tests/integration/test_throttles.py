"""One contract for counts that run out, kept by the fake and by MongoDB."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from shared.errors import TooMany
from shared.mongo import Mongo
from shared.mongo.counters import MongoCounters
from shared.throttle import Counters, Throttle, give_back_all, spend_all
from tests.support.counters import CountersInMemory
from tests.support.installation import Servers


@pytest.fixture(params=["memory", "mongo"])
async def counters(request: pytest.FixtureRequest) -> AsyncIterator[Counters]:
    if request.param == "memory":
        yield CountersInMemory()
        return
    servers: Servers = request.getfixturevalue("servers")
    mongo = Mongo(servers.mongo_url, f"throttles-{uuid4().hex[:8]}")
    yield MongoCounters(mongo.database)
    await mongo.client.drop_database(mongo.database.name)
    mongo.close()


async def test_so_many_are_taken_and_no_more_whatever_comes_at_once(counters: Counters) -> None:
    taken = await asyncio.gather(*(counters.take("one", 10, 60) for _ in range(120)))

    assert sum(taken) == 10
    assert await counters.take("another", 10, 60)


async def test_what_is_given_back_may_be_taken_again(counters: Counters) -> None:
    assert await counters.take("one", 1, 60)
    assert not await counters.take("one", 1, 60)

    await counters.give_back("one")
    await counters.give_back("never taken")

    assert await counters.take("one", 1, 60)
    assert not await counters.take("one", 1, 60)
    assert await counters.take("never taken", 1, 60)
    assert not await counters.take("never taken", 1, 60)


async def test_counts_run_out_of_themselves(counters: Counters) -> None:
    assert await counters.take("one", 1, 0.2)
    assert not await counters.take("one", 1, 0.2)

    await asyncio.sleep(0.4)

    assert await counters.take("one", 1, 0.2)


async def test_a_try_is_counted_with_all_or_with_none(counters: Counters) -> None:
    wide, narrow = Throttle(counters, "wide", 3, 60), Throttle(counters, "narrow", 1, 60)
    both = [(wide, "a"), (narrow, "a")]
    await spend_all(both)

    for _ in range(5):
        with pytest.raises(TooMany):
            await spend_all(both)

    await wide.spend("a")
    await give_back_all(both)
    await spend_all(both)
