"""Reads that grow with a season: they take as long as they must, and end where nothing comes any more."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo.errors import ExecutionTimeout, PyMongoError

from laurel.servers import Server, free_port, mongo_server, mongo_url
from shared.mongo import Mongo

LIMIT_MS = 500
"""What an operation may take, so that a slow cursor is over it soon."""
SLOW = {"$where": "function() { sleep(10); return true; }"}
DOCUMENTS = 200
"""Read at ten milliseconds each: four times the limit."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    folder, port = Path(tmp_path_factory.mktemp("mongo")), free_port()
    server = mongo_server(folder, port)
    server.start()
    yield server, mongo_url(port)
    server.stop()


@pytest.fixture
async def mongo(server: tuple[Server, str]) -> AsyncIterator[Mongo]:
    filling = Mongo(server[1], f"long{uuid4().hex[:8]}")
    await filling.database["things"].insert_many([{"_id": number} for number in range(DOCUMENTS)])
    filling.close()
    made = Mongo(server[1], filling.database.name, timeout_ms=LIMIT_MS, progress_ms=1000)
    yield made
    made.close()


async def test_a_slow_read_that_gets_on_is_not_ended(mongo: Mongo) -> None:
    """Keeps away: results that could not be computed, because all batches of a cursor share one limit."""
    async with asyncio.timeout(60):
        read = [d["_id"] async for d in mongo.long_reads["things"].find(SLOW).batch_size(20)]

    assert read == list(range(DOCUMENTS))
    with pytest.raises(ExecutionTimeout):  # what ended it before
        [d async for d in mongo.database["things"].find(SLOW).batch_size(20)]


async def test_aggregates_have_such_reads_too(mongo: Mongo) -> None:
    async with asyncio.timeout(60):
        read = [d["_id"] async for d in mongo.aggregates("things").find_all(SLOW).batch_size(20)]

    assert len(read) == DOCUMENTS


async def test_a_read_that_does_not_get_on_ends(mongo: Mongo, server: tuple[Server, str]) -> None:
    """Keeps away: an export that hangs for ever beside a server that hangs."""
    cursor = mongo.long_reads["things"].find({}).batch_size(20)
    await anext(cursor)
    process = server[0].process
    assert process
    os.kill(process.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        with pytest.raises(PyMongoError):
            async with asyncio.timeout(30):
                [d async for d in cursor]
    finally:
        os.kill(process.pid, signal.SIGCONT)

    assert time.monotonic() - began < 10
