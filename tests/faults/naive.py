"""The negative control: the same little system as tutorials write it. The checker must find what it loses and doubles.

It inserts and then publishes, acknowledges by FastStream's default, and gives every effect a random key.
"""

import asyncio
import sys
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from faststream import FastStream
from faststream.nats import JStream, NatsBroker
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import BaseModel

SUBJECT, STREAM = "naive.entered", "NAIVE"


class Entered(BaseModel):
    """Somebody entered."""

    title: str


def api(mongo_url: str, nats_url: str, port: int) -> None:
    """The service that takes entries."""
    app, broker = FastAPI(), NatsBroker(nats_url, logger=None)
    entries: Any = AsyncIOMotorClient(mongo_url)["naive"]["entries"]

    @app.post("/entries", status_code=201)
    async def enter(content: Entered) -> dict[str, str]:
        if broker._connection is None:
            await broker.connect()
        await entries.insert_one({"_id": uuid4().hex, "title": content.title})
        await broker.publish(content, SUBJECT)
        return {"title": content.title}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical")


def consumer(mongo_url: str, nats_url: str) -> None:
    """The service that makes a certificate for each."""
    broker = NatsBroker(nats_url, logger=None)
    certificates: Any = AsyncIOMotorClient(mongo_url)["naive"]["certificates"]

    @broker.subscriber(SUBJECT, stream=JStream(STREAM, subjects=[SUBJECT]), durable="naive-certificates")
    async def issue(event: Entered) -> None:
        await certificates.insert_one({"_id": uuid4().hex, "title": event.title})

    asyncio.run(FastStream(broker).run())


if __name__ == "__main__":
    if sys.argv[1] == "api":
        api(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        consumer(sys.argv[2], sys.argv[3])
