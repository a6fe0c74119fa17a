"""The relay: moves recorded events from the documents into JetStream, and alone publishes.

What this process writes reaches it from memory, so that an event leaves within a millisecond or two; the database is
swept at start and on a timer for whatever a crash or an outage left behind. A document's events leave in the order
they were recorded, those of many documents together as one atomic batch. A document counts as told only after the
stream has acknowledged, so a crash in between publishes again, under the same message ids.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from cachetools import FIFOCache
from faststream.nats import NatsBroker
from pymongo import UpdateMany, UpdateOne

from shared.crash_points import crash_point
from shared.messaging.background import Background
from shared.messaging.publishing import Publisher
from shared.messaging.topology import LAST_VALUE_STREAM
from shared.mongo import Aggregates, Mongo, PendingEvents
from shared.mongo.aggregate import Event
from shared.season.time import to_unix_micros

log = structlog.get_logger()

BATCH = 512
"""Documents whose events are published together."""
SWEEP_SECONDS = 2.0
SETTLED_SECONDS = 5.0
"""Younger documents are left to the memory of the process that wrote them."""
GATHER_SECONDS = 0.005
"""While more than one document at a time has something to tell, so that batches are worth their sync."""
WAIT_SECONDS = 1.0
"""After a failure."""
MOST_QUEUED = 50_000
REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class _Outbox:
    """The events of one document, as they stood when it had this version."""

    collection: str
    key: Any
    version: int
    events: Sequence[Event]
    again: str = ""
    """Names the operator's wish to have them told once more."""


class Relay(Background):
    """Publishes what the collections of one service hold. Several replicas may run; ids and versions make it safe."""

    def __init__(self, broker: NatsBroker, source: str, mongo: Mongo, collections: Iterable[str]) -> None:
        super().__init__(f"relay-{source}")
        self._source = source
        self._publisher = Publisher(broker, source)
        self._aggregates: dict[str, Aggregates] = {name: mongo.aggregates(name) for name in collections}
        self._queue: deque[PendingEvents] = deque()
        self._sent = FIFOCache[str, None](REMEMBERED)
        """Ids of events that a stream has acknowledged of late."""
        self._wake = asyncio.Event()
        self._behind = True
        """Whether the database may hold events that the queue does not."""
        mongo.on_told(self._feed)

    @property
    def batches(self) -> int:
        """Atomic batches acknowledged by this process."""
        return self._publisher.batches

    @property
    def published(self) -> int:
        """Events acknowledged by a stream since this process began."""
        return self._publisher.published

    @property
    def queued(self) -> int:
        """Documents that wait in memory."""
        return len(self._queue)

    def _feed(self, told: PendingEvents) -> None:
        if told.collection not in self._aggregates:
            return
        if len(self._queue) < MOST_QUEUED:
            self._queue.append(told)
        else:
            self._behind = True
        self._wake.set()

    async def oldest_pending_seconds(self) -> float:
        """The age of the oldest event that no stream has acknowledged; 0 when there is none."""
        ages = [0.0]
        for aggregates in self._aggregates.values():
            document = await aggregates.collection.find_one(
                {"outbox.since": {"$exists": True}}, {"outbox.since": 1}, sort=[("outbox.since", 1)]
            )
            if document:
                ages.append((to_unix_micros(datetime.now(UTC)) - document["outbox"]["since"]) / 1e6)
        return max(ages)

    async def republish_all(self) -> int:
        """Publish the last events of every document once more: for a NATS or a service that lost its store.

        They get message ids of their own, so that a NATS that has them takes them too. Returns the number of
        documents. Consumers who have them already change nothing.
        """
        count, wish, now = 0, uuid4().hex, to_unix_micros(datetime.now(UTC))
        for aggregates in self._aggregates.values():
            result = await aggregates.collection.update_many(
                {"outbox.events.0": {"$exists": True}},
                {"$set": {"outbox.since": now, "outbox.again": wish}},
            )
            count += result.matched_count
        self._behind = True
        self._wake.set()
        return count

    async def _run(self) -> None:
        swept_at, busy = 0.0, False
        while True:
            try:
                if self._behind:
                    self._behind = False
                    self._queue.clear()  # the database has all of it
                    await self._sweep(None)
                elif time.monotonic() - swept_at > SWEEP_SECONDS:
                    await self._sweep(to_unix_micros(datetime.now(UTC)) - int(SETTLED_SECONDS * 1e6))
                    swept_at = time.monotonic()
                while self._queue and not self._behind:
                    if busy:
                        await asyncio.sleep(GATHER_SECONDS)
                    busy = len(self._queue) > 1
                    await self._drain()
            except Exception as error:  # noqa: BLE001 - the events stay recorded and are sent later
                self._behind = True
                log.warning("relay_paused", source=self._source, error=type(error).__name__)
                await asyncio.sleep(WAIT_SECONDS)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)
            self._wake.clear()

    async def _drain(self) -> None:
        """Publish what waits in memory, up to a batch."""
        taken = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        changed: dict[str, list[Any]] = defaultdict(list)
        for told in taken:
            if not told.events:
                changed[told.collection].append(told.key)
        read: dict[tuple[str, Any], _Outbox] = {}
        for name, keys in changed.items():
            cursor = self._aggregates[name].collection.find({"_id": {"$in": keys}}, {"outbox": 1, "version": 1})
            for document in await cursor.to_list(None):
                read[name, document["_id"]] = _outbox(name, document)
        outboxes: dict[tuple[str, Any], _Outbox] = {}
        for told in taken:  # a document that was created and changed meanwhile goes as it is now
            key = (told.collection, told.key)
            if key in read:
                outboxes[key] = read[key]
            elif told.events:
                outboxes[key] = _Outbox(told.collection, told.key, told.version, told.events)
        await self._publish(list(outboxes.values()))

    async def _sweep(self, before: int | None) -> None:
        """Publish what the database holds, oldest first."""
        since: dict[str, Any] = {"$exists": True} if before is None else {"$lt": before}
        for name, aggregates in self._aggregates.items():
            cursor = (
                aggregates.collection.find({"outbox.since": since}, {"outbox": 1, "version": 1})
                .sort("outbox.since", 1)
                .batch_size(BATCH)
            )
            following = cursor.to_list(BATCH)
            try:
                while documents := await following:
                    following = cursor.to_list(BATCH)
                    await self._publish([_outbox(name, document) for document in documents])
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                await cursor.close()

    async def _publish(self, outboxes: Sequence[_Outbox]) -> None:
        """Publish what these documents hold and mark those of which everything was acknowledged."""
        fresh = [
            [event for event in outbox.events if outbox.again or event["id"] not in self._sent] for outbox in outboxes
        ]
        crash_point("relay.before-publish")
        done = await self._publisher.publish(
            [
                [_again(event, outbox.again) for event in events] if outbox.again else events
                for outbox, events in zip(outboxes, fresh, strict=True)
            ]
        )
        crash_point("relay.published")
        self._sent.update(dict.fromkeys(done))
        await self._mark(
            [
                outbox
                for outbox, events in zip(outboxes, fresh, strict=True)
                if all(event["id"] in done for event in events)
            ]
        )
        crash_point("relay.marked")

    async def _mark(self, outboxes: Sequence[_Outbox]) -> None:
        """Note that these documents have been told, unless they changed meanwhile; then they are looked at again."""
        told = {"outbox.since": "", "outbox.again": ""}
        alike: dict[tuple[str, int], list[Any]] = defaultdict(list)
        writes: dict[str, list[UpdateMany | UpdateOne]] = defaultdict(list)
        for outbox in outboxes:
            if len(outbox.events) <= 1:
                alike[outbox.collection, outbox.version].append(outbox.key)
            else:
                last = list({event["type"]: event for event in outbox.events}.values())
                writes[outbox.collection].append(
                    UpdateOne(
                        {"_id": outbox.key, "version": outbox.version},
                        {"$set": {"outbox.events": last}, "$unset": told},
                    )
                )
        for (name, version), keys in alike.items():
            writes[name].append(UpdateMany({"_id": {"$in": keys}, "version": version}, {"$unset": told}))
        for name, operations in writes.items():
            await self._aggregates[name].collection.bulk_write(operations, ordered=False)


def _again(event: Event, wish: str) -> Event:
    """The event to be told once more: as a message of its own, and a name in place of the one that is there."""
    return {**event, "message": f"{event['id']}-{wish}", "erase": event["stream"] == LAST_VALUE_STREAM}


def _outbox(collection: str, document: dict[str, Any]) -> _Outbox:
    kept = document.get("outbox", {})
    return _Outbox(collection, document["_id"], document["version"], kept.get("events", ()), kept.get("again", ""))
