"""Backlogs: a hundred thousand recorded events sent off, and tens of thousands taken in, beside what the servers can do."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import nats
from motor.motor_asyncio import AsyncIOMotorClient
from nats.js.api import AckPolicy as Ack
from nats.js.api import ConsumerConfig, StreamConfig

from laurel.servers import die_with_parent
from shared.events.registration import EntryAcceptedV1
from shared.messaging.broker import Connection
from shared.messaging.outbox import record
from shared.messaging.relay import Relay
from shared.mongo import Mongo
from shared.mongo.aggregate import PENDING
from tests.benchmarks.stage import Stage

EVENTS, RAW_EVENTS, TAKEN_IN = 100_000, 50_000, 20_000
BATCH = 1000
STREAM = "BACKLOG"


def event(number: int, season: str) -> EntryAcceptedV1:
    """An entry as it is told."""
    return EntryAcceptedV1(
        season=season,
        entry=f"B{number:07}",
        version=1,
        standing="valid",
        track="A",
        division="P",
        unit="P01",
        title=f"作品 {number}",
        registered_at=1_700_000_000_000_000,
        submitted_at=1_700_000_000_000_000,
        members=({"person": uuid4().hex, "grade": 5},),
        instructors=({"instructor": "P01-I1", "person": uuid4().hex},),
    )


async def _stream(nats_url: str) -> Any:
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    with suppress(nats.js.errors.NotFoundError):
        await jetstream.delete_stream(STREAM)
    await jetstream.add_stream(StreamConfig(name=STREAM, subjects=["backlog.>"], allow_atomic=True))
    return client


async def raw_batches(stage: Stage, body: bytes) -> float:
    """The limit: atomic batches of a thousand from a plain socket, all bytes made beforehand, a second."""
    client = await _stream(stage.servers.nats_url)
    host, port = stage.servers.nats_url.removeprefix("nats://").split(":")
    batches = []
    for _ in range(RAW_EVENTS // BATCH):
        name, parts = uuid4().hex, []
        for number in range(1, BATCH + 1):
            head = (
                f"NATS/1.0\r\nNats-Msg-Id: {uuid4().hex}\r\nNats-Batch-Id: {name}\r\nNats-Batch-Sequence: {number}\r\n"
            )
            last = number == BATCH
            headers = f"{head}{'Nats-Batch-Commit: 1' + chr(13) + chr(10) if last else ''}\r\n".encode()
            to = b"backlog.raw answers" if last else b"backlog.raw"
            parts.append(b"HPUB %b %d %d\r\n%b%b\r\n" % (to, len(headers), len(headers) + len(body), headers, body))
        batches.append(b"".join(parts))
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB answers 1\r\nPING\r\n')
    await reader.readuntil(b"PONG\r\n")
    began = time.perf_counter()
    for batch in batches:
        writer.write(batch)
        await writer.drain()
        answer = await reader.readuntil(b"\r\n")
        await reader.readexactly(int(answer.rsplit(b" ", 1)[1]) + 2)
    rate = RAW_EVENTS / (time.perf_counter() - began)
    writer.close()
    assert (await client.jetstream().stream_info(STREAM)).state.messages == RAW_EVENTS
    await client.close()
    return rate


async def relay(stage: Stage) -> float:
    """The product's relay: documents with events in MongoDB until all are in the stream and marked as told, a second."""
    client = await _stream(stage.servers.nats_url)
    name = f"backlog{uuid4().hex[:6]}"
    mongo = Mongo(stage.servers.mongo_url, name)
    await mongo.ensure({"things": [PENDING]})
    for start in range(0, EVENTS, 5000):
        documents = []
        for number in range(start, start + 5000):
            recorded = {**record(event(number, "s")), "subject": "backlog.entry", "stream": STREAM}
            documents.append(
                {
                    "_id": number,
                    "version": 1,
                    "outbox": {"events": [recorded], "since": recorded["time"]},
                }
            )
        await mongo.database["things"].insert_many(documents)
    connection = Connection(stage.servers.nats_url, "probe")
    await connection.connect()
    each_relay = Relay(connection.broker, "probe", mongo, ["things"])
    began = time.perf_counter()
    await each_relay.start()
    await _until(lambda: _none_pending(mongo))
    rate = EVENTS / (time.perf_counter() - began)
    await each_relay.stop()
    assert (await client.jetstream().stream_info(STREAM)).state.messages == EVENTS
    await mongo.client.drop_database(name)
    mongo.close()
    await connection.stop()
    await client.close()
    return rate


async def taken_in(stage: Stage, round_number: int) -> float:
    """The product's judging service: a backlog of accepted entries until all are in its database, a second.

    The service is stopped while the backlog is made.
    """
    running = stage.running
    kept = AsyncIOMotorClient[dict[str, Any]](stage.servers.mongo_url).judging.entries
    running.kill("judging")
    client = await nats.connect(stage.servers.nats_url)
    jetstream = client.jetstream()
    first = round_number * TAKEN_IN
    for start in range(first, first + TAKEN_IN, 500):
        await asyncio.gather(
            *(
                jetstream.publish(
                    EntryAcceptedV1.SUBJECT,
                    event(number, stage.season).model_dump_json().encode(),
                    headers={"Nats-Msg-Id": uuid4().hex},
                )
                for number in range(start, start + 500)
            )
        )
    await client.close()
    before = await kept.estimated_document_count()
    await asyncio.to_thread(running.start_service, "judging")

    async def there(count: int) -> bool:
        return bool(await kept.estimated_document_count() >= before + count)

    await _until(lambda: there(200))  # it has started
    at, began = await kept.estimated_document_count(), time.perf_counter()
    await _until(lambda: there(TAKEN_IN))
    return (before + TAKEN_IN - at) / (time.perf_counter() - began)


async def _none_pending(mongo: Mongo) -> bool:
    return not await mongo.database["things"].find_one({"outbox.since": {"$exists": True}}, {"_id": 1})


async def _until(look: Callable[[], Awaitable[bool]]) -> None:
    while not await look():  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.01)


async def parsed_only(stage: Stage) -> float:
    """FastStream alone: one message at a time from a pull consumer, parsed, acknowledged, nothing stored, a second."""
    client = await nats.connect(stage.servers.nats_url)
    jetstream = client.jetstream()
    name, durable = "PARSED", "parsed"
    with suppress(nats.js.errors.NotFoundError):
        await jetstream.delete_stream(name)
    await jetstream.add_stream(StreamConfig(name=name, subjects=["parsed.>"]))
    await jetstream.add_consumer(
        name, ConsumerConfig(durable_name=durable, ack_policy=Ack.EXPLICIT, max_ack_pending=1000)
    )
    for start in range(0, TAKEN_IN, 500):
        bodies = [event(number, stage.season).model_dump_json().encode() for number in range(start, start + 500)]
        await asyncio.gather(*(jetstream.publish("parsed.entry", body) for body in bodies))
    process = _parser(stage)

    async def left() -> int:
        info = await jetstream.consumer_info(name, durable)
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def begun() -> bool:
        return await left() <= TAKEN_IN - 200

    async def done() -> bool:
        return not await left()

    await _until(begun)
    at, began = await left(), time.perf_counter()
    await _until(done)
    rate = at / (time.perf_counter() - began)
    process.terminate()
    process.wait()
    await client.close()
    return rate


def _parser(stage: Stage) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.benchmarks.bare", "parser"]
    return subprocess.Popen(
        [*command, stage.servers.mongo_url, stage.servers.nats_url, "0"],
        preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing that locks
    )
