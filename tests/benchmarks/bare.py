"""The bare variant: the same design with nothing but its spine. No token, no people, no idempotency, no deadline.

POST → group commit of one document with its event → relay from memory in atomic batches → FastStream → bulk upsert.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import nats
import uvicorn
import uvloop
from fastapi import FastAPI
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from motor.motor_asyncio import AsyncIOMotorClient
from nats.js.api import AckPolicy as Ack
from nats.js.api import ConsumerConfig, StreamConfig
from pydantic import BaseModel
from pymongo import UpdateOne, WriteConcern

SUBJECT, STREAM, DURABLE, DATABASE = "bare.entered.v1", "BARE", "bare-entered-v1", "bare"
GROUP = 256


class Member(BaseModel):
    """As in the product."""

    name_zh: str = ""
    name_en: str = ""
    birth: str
    grade: int


class Entry(BaseModel):
    """The body that the product takes."""

    track: str
    title: str
    grade: int | None = None
    members: list[Member] = []
    instructors: list[str] = []


class Created(BaseModel):
    """A short answer."""

    entry: str
    version: int


async def prepare(nats_url: str) -> None:
    """Stream and consumer."""
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    await jetstream.add_stream(StreamConfig(name=STREAM, subjects=["bare.>"], allow_atomic=True))
    config = ConsumerConfig(durable_name=DURABLE, filter_subject=SUBJECT, ack_policy=Ack.EXPLICIT, max_ack_pending=1000)
    await jetstream.add_consumer(STREAM, config)
    await client.close()


def collection(mongo_url: str, name: str) -> Any:
    """Written to with majority and journal."""
    database = AsyncIOMotorClient[dict[str, Any]](mongo_url, maxPoolSize=24)[DATABASE]
    return database.get_collection(name, write_concern=WriteConcern("majority", j=True))


class Grouped:
    """Callers share one write."""

    def __init__(self, write: Any) -> None:
        self._write, self._waiting = write, list[tuple[Any, asyncio.Future[None]]]()
        self._task: asyncio.Task[None] | None = None

    async def put(self, item: Any) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._waiting:
            group, self._waiting[:] = self._waiting[:GROUP], self._waiting[GROUP:]
            await self._write([item for item, _ in group])
            for _, done in group:
                done.set_result(None)


def app(mongo_url: str, nats_url: str) -> FastAPI:
    """The accepting side; without servers it is a bare route with the same model."""
    entries: Any = collection(mongo_url, "entries") if mongo_url else None
    told: list[dict[str, Any]] = []
    wake = asyncio.Event()
    grouped = Grouped(lambda documents: entries.insert_many(documents, ordered=False))

    async def relay(client: Any) -> None:
        while True:
            await wake.wait()
            wake.clear()
            while told:
                batch, told[:] = told[:GROUP], told[GROUP:]
                name = uuid4().hex
                for number, event in enumerate(batch, 1):
                    headers = {"Nats-Msg-Id": event["id"], "Nats-Batch-Id": name, "Nats-Batch-Sequence": str(number)}
                    if number < len(batch):
                        await client.publish(SUBJECT, event["data"], headers=headers)
                    else:
                        headers["Nats-Batch-Commit"] = "1"
                        await client.request(SUBJECT, event["data"], headers=headers, timeout=10)
                keys = [event["entry"] for event in batch]
                await entries.update_many({"_id": {"$in": keys}}, {"$unset": {"pending": ""}})

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if not nats_url:
            yield
            return
        client = await nats.connect(nats_url)
        task = asyncio.create_task(relay(client))
        yield
        task.cancel()
        await client.close()

    application = FastAPI(lifespan=lifespan)

    @application.post("/entries", status_code=201)
    async def enter(content: Entry) -> Created:
        key = uuid4().hex
        if entries is not None:
            document = {"_id": key, "version": 1, **content.model_dump()}
            event = {"id": uuid4().hex, "entry": key, "data": json.dumps({**document, "version": 1}).encode()}
            await grouped.put({**document, "pending": [event]})
            told.append(event)
            wake.set()
        return Created(entry=key, version=1)

    return application


async def consume(mongo_url: str, nats_url: str, *, store: bool) -> None:
    """The taking side: FastStream, one handler a message, one bulk upsert for many. Without a store it only parses."""
    subject, stream, durable = (SUBJECT, STREAM, DURABLE) if store else ("parsed.>", "PARSED", "parsed")
    kept = collection(mongo_url, "kept")
    broker = NatsBroker(nats_url, logger=None)
    config = ConsumerConfig(durable_name=durable, max_ack_pending=1000)
    grouped = Grouped(lambda operations: kept.bulk_write(operations, ordered=False))

    @broker.subscriber(
        subject,
        durable=durable,
        stream=JStream(stream, declare=False),
        pull_sub=PullSub(batch_size=GROUP, timeout=1),
        config=config,
        ack_policy=AckPolicy.MANUAL,
    )
    async def take(event: dict[str, Any], message: NatsMessage) -> None:
        if store:
            await grouped.put(UpdateOne({"_id": event.pop("_id")}, {"$set": event}, upsert=True))
        await message.ack()

    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    role, mongo, broker_url, port = sys.argv[1:5]
    if role == "app":
        uvicorn.run(app(mongo, broker_url), host="127.0.0.1", port=int(port), log_level="critical", loop="uvloop")
    else:
        uvloop.run(consume(mongo, broker_url, store=role == "consumer"))
