"""The relay: moves recorded events from the documents into JetStream, and alone publishes.

A document's events leave in the order they were recorded, those of many documents together as one atomic batch. An event is taken out of its document only after the
stream has acknowledged it, so a crash in between publishes it again, under the same message id.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from faststream.nats import NatsBroker
from nats.js.errors import NotFoundError
from pymongo import UpdateOne

from shared.messaging.topology import LAST_VALUE_STREAM
from shared.mongo.aggregate import Collection
from shared.season.records import micros, moment

log = structlog.get_logger()

Event = Mapping[str, Any]

BATCH = 256
SWEEP_SECONDS = 2.0
PUBLISH_SECONDS = 5.0


class Relay:
    """Publishes what the collections of one service hold. Several replicas may run; ids and versions make it safe."""

    def __init__(self, broker: NatsBroker, source: str, collections: Sequence[Collection]) -> None:
        self._broker, self._source, self._collections = broker, source, collections
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.batches = 0
        """Atomic batches acknowledged by this process."""

    def wake(self) -> None:
        """Something was recorded: publish soon instead of at the next sweep."""
        self._wake.set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"relay-{self._source}")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def oldest_pending_seconds(self) -> float:
        """The age of the oldest event that no stream has acknowledged; 0 when there is none."""
        ages = [0.0]
        for collection in self._collections:
            document = await collection.find_one(
                {"pending_since": {"$exists": True}}, {"pending_since": 1}, sort=[("pending_since", 1)]
            )
            if document:
                ages.append((micros(datetime.now(UTC)) - document["pending_since"]) / 1e6)
        return max(ages)

    async def _run(self) -> None:
        while True:
            try:
                published = sum([await self._drain(collection) for collection in self._collections])
            except Exception as error:  # noqa: BLE001 - the events stay recorded and are sent later
                log.warning("relay_paused", source=self._source, error=type(error).__name__)
                await asyncio.sleep(1)
                continue
            if not published:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)
                self._wake.clear()

    async def _drain(self, collection: Collection) -> int:
        documents = await (
            collection.find({"pending_since": {"$exists": True}}, {"pending_events": 1})
            .sort("pending_since", 1)
            .limit(BATCH)
            .to_list(BATCH)
        )
        if documents:
            published = await self._publish_all([document.get("pending_events", []) for document in documents])
            await collection.bulk_write(
                [_taken_out(document["_id"], events) for document, events in zip(documents, published, strict=True)],
                ordered=False,
            )
            return sum(map(len, published))
        return 0

    async def _publish_all(self, outboxes: Sequence[Sequence[Event]]) -> list[list[Event]]:
        """Publish what these documents hold; returns what was acknowledged of each, always from its beginning.

        The events of one stream leave as one atomic batch, which costs the server a single sync. A batch that is
        refused (after a crash, because one of its messages is stored already) is published one by one.
        """
        streams: dict[str, list[Event]] = {}
        for event in (event for outbox in outboxes for event in outbox):
            streams.setdefault(event["stream"], []).append(event)
        done: set[str] = set()
        for stream, events in streams.items():
            for start in range(0, len(events), BATCH):
                part = events[start : start + BATCH]
                if stream != LAST_VALUE_STREAM and len(part) > 1 and await self._publish_batch(part):
                    done.update(event["id"] for event in part)
        results = await asyncio.gather(*(self._publish_in_order(outbox, done) for outbox in outboxes))
        return list(results)

    async def _publish_in_order(self, outbox: Sequence[Event], done: set[str]) -> list[Event]:
        published: list[Event] = []
        for event in outbox:
            if event["id"] not in done:
                try:
                    await self._publish(event)
                except Exception as error:  # noqa: BLE001 - this and what follows stay recorded and are sent later
                    log.warning("event_unsent", source=self._source, type=event["type"], error=type(error).__name__)
                    break
            published.append(event)
        return published

    async def _publish_batch(self, events: Sequence[Event]) -> bool:
        """Publish events of one stream all or none (JetStream atomic batch, ADR-50). False when it was refused."""
        connection = self._broker.connection
        batch = uuid4().hex
        for number, event in enumerate(events, 1):
            headers = self._headers(event) | {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            if number < len(events):
                await connection.publish(event["subject"], event["data"].encode(), headers=headers)
                continue
            headers["Nats-Batch-Commit"] = "1"
            answer = await connection.request(
                event["subject"], event["data"].encode(), headers=headers, timeout=PUBLISH_SECONDS
            )
        acknowledgement = json.loads(answer.data)
        if "error" in acknowledgement:
            log.info("batch_refused", source=self._source, code=acknowledgement["error"].get("err_code"))
            return False
        self.batches += 1
        return bool(acknowledgement.get("count") == len(events))

    async def _publish(self, event: Event) -> None:
        if event["stream"] == LAST_VALUE_STREAM:
            await self._erase_last(event["stream"], event["subject"])
        await self._broker.publish(
            event["data"].encode(),
            event["subject"],
            stream=event["stream"],
            timeout=PUBLISH_SECONDS,
            correlation_id=event["correlation"],
            headers=self._headers(event),
        )

    def _headers(self, event: Event) -> dict[str, str]:
        return {
            "Nats-Msg-Id": event["id"],
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": event["id"],
            "ce-source": f"/{self._source}",
            "ce-type": event["type"],
            "ce-time": moment(event["time"]).isoformat(),
            "ce-correlationid": event["correlation"],
        }

    async def _erase_last(self, stream: str, subject: str) -> None:
        """Overwrite the bytes of the value that is replaced; a newer message alone would leave them in the store."""
        connection = self._broker.connection
        jetstream = connection.jetstream()
        with suppress(NotFoundError):
            last = await jetstream.get_last_msg(stream, subject)
            if last.seq is not None:
                await jetstream.delete_msg(stream, last.seq)


def _taken_out(key: Any, events: Sequence[Event]) -> UpdateOne:
    """Remove just these events from the document; others may have been recorded meanwhile."""
    sent = [event["id"] for event in events]
    kept = {"$filter": {"input": "$pending_events", "cond": {"$not": {"$in": ["$$this.id", sent]}}}}
    return UpdateOne(
        {"_id": key},
        [
            {"$set": {"pending_events": kept}},
            {"$set": {"pending_since": {"$ifNull": [{"$first": "$pending_events.time"}, "$$REMOVE"]}}},
        ],
    )
