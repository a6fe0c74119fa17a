"""The relay: moves recorded events from the documents into JetStream, and alone publishes.

What this process writes reaches it from memory, so that an event leaves within a millisecond or two; the database is
swept at start and on a timer for whatever a crash or an outage left behind. A document's events leave in the order
they were recorded, those of many documents together as one atomic batch. A document counts as told only after the
stream has acknowledged, so a crash in between publishes again, under the same message ids.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from cachetools import FIFOCache
from faststream.nats import NatsBroker
from pymongo import UpdateMany, UpdateOne, WriteConcern

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
MARKED_AT_ONCE = 1000
"""Documents marked to be told again in one write, so that none takes longer than a write may."""


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
        self._long_reads = mongo.long_reads
        self._streams = mongo.database["streams"].with_options(write_concern=WriteConcern(w=1, j=False))
        self._made: dict[str, str] = {}
        """When the streams were made that this service last took for its own (`streams.py`)."""
        self._noted: dict[str, int] = {}
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

    def identify(self, stream: str, made: str) -> None:
        """From now on what this stream acknowledges counts for the one that was made at this time."""
        if self._made.get(stream) != made:
            self._made[stream] = made
            self._publisher.last.pop(stream, None)
            self._noted.pop(stream, None)

    async def say(self, stream: str, subject: str) -> None:
        """Publish a message that is nothing but its subject (`streams.py`)."""
        await self._publisher.say(stream, subject)

    async def is_telling_again(self) -> bool:
        """Whether something that is to be told once more has not been told yet."""
        wanted = {"outbox.since": {"$exists": True}, "outbox.again": {"$exists": True}}
        for name in self._aggregates:
            if await self._long_reads[name].find_one(wanted, {"_id": 1}):
                return True
        return False

    async def republish_all(self, wish: str = "", streams: Sequence[str] = ()) -> int:
        """Publish the last events of every document once more: for a NATS or a service that lost its store.

        With `streams` of documents that have events in one of these; `wish` names the occasion. They get message ids of their own, so that a NATS that has them takes them too. Returns the number of
        documents. Consumers who have them already change nothing.
        """
        wanted: dict[str, Any] = {"outbox.events.0": {"$exists": True}}
        if streams:
            wanted = {"outbox.events.stream": {"$in": list(streams)}}
        wish = wish or uuid4().hex
        return sum([await self._mark_again(name, wanted, wish) for name in self._aggregates])

    async def republish(self, collection: str, wanted: Mapping[str, Any]) -> int:
        """Publish the last events of some documents of a collection once more; the number of these documents."""
        with_events = {"$and": [wanted, {"outbox.events.0": {"$exists": True}}]}
        return await self._mark_again(collection, with_events, uuid4().hex)

    async def _mark_again(self, collection: str, wanted: Mapping[str, Any], wish: str) -> int:
        again = {"$set": {"outbox.since": to_unix_micros(datetime.now(UTC)), "outbox.again": wish}}
        written, count = self._aggregates[collection].collection, 0
        with_events = self._long_reads[collection].find(wanted, {"_id": 1})
        while documents := await with_events.to_list(MARKED_AT_ONCE):
            keys = [document["_id"] for document in documents]
            count += (await written.update_many({"_id": {"$in": keys}}, again)).matched_count
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
                    await self._sweep({"$exists": True})
                elif time.monotonic() - swept_at > SWEEP_SECONDS:
                    now, settled = to_unix_micros(datetime.now(UTC)), int(SETTLED_SECONDS * 1e6)
                    await self._sweep({"$lt": now - settled})
                    await self._sweep({"$gt": now + settled})  # of a clock that is ahead, or before ours was set back
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

    async def _sweep(self, since: dict[str, Any]) -> None:
        """Publish what the database holds of this time, oldest first."""
        for name in self._aggregates:
            cursor = (
                self._long_reads[name]
                .find({"outbox.since": since}, {"outbox": 1, "version": 1})
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
        await self._note_sequences()
        await self._mark(
            [
                outbox
                for outbox, events in zip(outboxes, fresh, strict=True)
                if all(event["id"] in done for event in events)
            ]
        )
        crash_point("relay.marked")

    async def _note_sequences(self) -> None:
        """Remember how far the streams have come, before anything counts as told.

        It need not wait for the journal: the marks that follow do, and the journal keeps the order.
        """
        for stream, last in self._publisher.last.items():
            if stream in self._made and self._noted.get(stream, 0) < last:
                await self._streams.update_one({"_id": stream, "made": self._made[stream]}, {"$max": {"last": last}})
                self._noted[stream] = last

    async def _mark(self, outboxes: Sequence[_Outbox]) -> None:
        """Note that these documents have been told, unless they changed or are to be told once more; then they are looked at again."""
        told = {"outbox.since": "", "outbox.again": ""}
        alike: dict[tuple[str, int, str], list[Any]] = defaultdict(list)
        writes: dict[str, list[UpdateMany | UpdateOne]] = defaultdict(list)
        for outbox in outboxes:
            if len(outbox.events) <= 1:
                alike[outbox.collection, outbox.version, outbox.again].append(outbox.key)
            else:
                last = list({event["type"]: event for event in outbox.events}.values())
                writes[outbox.collection].append(
                    UpdateOne(
                        {"_id": outbox.key, "version": outbox.version, "outbox.again": outbox.again or None},
                        {"$set": {"outbox.events": last}, "$unset": told},
                    )
                )
        for (name, version, again), keys in alike.items():
            same = {"_id": {"$in": keys}, "version": version, "outbox.again": again or None}
            writes[name].append(UpdateMany(same, {"$unset": told}))
        for name, operations in writes.items():
            await self._aggregates[name].collection.bulk_write(operations, ordered=False)


def _again(event: Event, wish: str) -> Event:
    """The event to be told once more: as a message of its own, and a name in place of the one that is there."""
    return {**event, "message": f"{event['id']}-{wish}", "erase": event["stream"] == LAST_VALUE_STREAM}


def _outbox(collection: str, document: dict[str, Any]) -> _Outbox:
    kept = document.get("outbox", {})
    return _Outbox(collection, document["_id"], document["version"], kept.get("events", ()), kept.get("again", ""))
