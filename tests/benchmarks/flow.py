"""Entries accepted a second, carried end to end, and how long one is on its way."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from tests.benchmarks.bare import DATABASE
from tests.benchmarks.load import Measured, closed, paced, percentile
from tests.benchmarks.stage import Stage, body

CONNECTIONS = 64
SECONDS = 4.0
IDLE_RATE, PACED_SECONDS = 50.0, 5.0


@dataclass(frozen=True, slots=True)
class Carried:
    """Accepted a second by HTTP, and carried a second until the last one stood in the second database."""

    accepted: float
    end_to_end: float
    http: Measured


def client(stage: Stage) -> AsyncIOMotorClient[dict[str, Any]]:
    return AsyncIOMotorClient(stage.servers.mongo_url, maxPoolSize=24)


async def bare_route(stage: Stage) -> float:
    """FastAPI with the same model and nothing behind it, requests a second."""
    return (await closed(stage.route_url, "/entries", stage.bare_request, connections=CONNECTIONS, seconds=2)).rate


async def insert_one(stage: Stage) -> float:
    """Motor alone: documents of the product's size one by one from 64 tasks, majority and journal, a second."""
    collection = client(stage).bench.get_collection("one", write_concern=WriteConcern("majority", j=True))
    sample = await client(stage).registration.entries.find_one({}) or {"body": body(0).decode()}
    count, began = 0, time.perf_counter()

    async def one() -> None:
        nonlocal count
        while time.perf_counter() - began < SECONDS:
            await collection.insert_one({**sample, "_id": uuid4().hex})
            count += 1

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    rate = count / (time.perf_counter() - began)
    await collection.drop()
    return rate


async def insert_many(stage: Stage) -> float:
    """Motor alone: a thousand at a time, two at once, documents a second."""
    collection = client(stage).bench.get_collection("many", write_concern=WriteConcern("majority", j=True))
    sample = await client(stage).registration.entries.find_one({}) or {"body": body(0).decode()}
    began = time.perf_counter()

    async def some() -> None:
        for _ in range(10):
            await collection.insert_many([{**sample, "_id": uuid4().hex} for _ in range(1000)], ordered=False)

    await asyncio.gather(some(), some())
    rate = 20_000 / (time.perf_counter() - began)
    await collection.drop()
    return rate


async def product(stage: Stage) -> Carried:
    """The product under a closed load of 64 connections."""
    kept = client(stage).judging.entries
    return await _carried(stage.registration, stage.path, stage.request, kept)


async def bare_variant(stage: Stage) -> Carried:
    """The bare variant under the same load."""
    kept = client(stage)[DATABASE].kept
    return await _carried(stage.bare_url, "/entries", stage.bare_request, kept)


async def _carried(url: str, path: str, request: Any, kept: Any) -> Carried:
    before, began = await kept.estimated_document_count(), time.perf_counter()
    http = await closed(url, path, request, connections=CONNECTIONS, seconds=SECONDS)
    while await kept.estimated_document_count() < before + http.accepted:
        await asyncio.sleep(0.02)
        assert time.perf_counter() - began < 120, "not carried"
    return Carried(http.rate, http.accepted / (time.perf_counter() - began), http)


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Milliseconds from the time that an entry states to its commit in judging's database, and of the HTTP answer."""

    p50: float
    p99: float
    longest: float
    http_p50: float
    rate: float


async def latency(stage: Stage, rate: float) -> OnTheWay:
    """How long entries are on their way at this rate, as a change stream sees them arrive."""
    numbers: list[float] = []
    ready = asyncio.Event()
    wanted = int(rate * PACED_SECONDS)

    async def watch() -> None:
        pipeline = [{"$match": {"operationType": {"$in": ["insert", "replace"]}}}]
        async with client(stage).judging.entries.watch(pipeline) as changes:
            ready.set()
            async for change in changes:
                numbers.append(time.time() - change["fullDocument"]["submitted_at"] / 1e6)
                if len(numbers) == wanted:
                    return

    watching = asyncio.create_task(watch())
    await ready.wait()
    await asyncio.sleep(0.5)
    http = await paced(stage.registration, stage.path, stage.request, rate=rate, seconds=PACED_SECONDS)
    await asyncio.wait_for(watching, 60)
    return OnTheWay(
        percentile(numbers, 0.5), percentile(numbers, 0.99), max(numbers) * 1000, http.percentile(0.5), http.rate
    )
