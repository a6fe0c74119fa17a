"""The relay: moves recorded events from the documents into JetStream, and alone publishes.

A document's events leave in the order they were recorded. An event is taken out of its document only after the
stream has acknowledged it, so a crash in between publishes it again, under the same message id.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from faststream.nats import NatsBroker
from nats.js.errors import NotFoundError

from shared.mongo.aggregate import Collection
from shared.season.records import micros, moment

log = structlog.get_logger()

BATCH = 256
SWEEP_SECONDS = 2.0
PUBLISH_SECONDS = 5.0
LAST_VALUE_STREAM = "PEOPLE"


class Relay:
    """Publishes what the collections of one service hold. Several replicas may run; ids and versions make it safe."""

    def __init__(self, broker: NatsBroker, source: str, collections: Sequence[Collection]) -> None:
        self._broker, self._source, self._collections = broker, source, collections
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

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
            results = await asyncio.gather(
                *(self._publish_document(collection, document) for document in documents), return_exceptions=True
            )
            for failure in results:
                if isinstance(failure, BaseException):
                    raise failure
        return len(documents)

    async def _publish_document(self, collection: Collection, document: Mapping[str, Any]) -> None:
        events = document.get("pending_events", [])
        for event in events:
            await self._publish(event)
        sent = {"$in": [event["id"] for event in events]}
        await collection.update_one(
            {"_id": document["_id"]},
            [
                {
                    "$set": {
                        "pending_events": {
                            "$filter": {
                                "input": "$pending_events",
                                "cond": {"$not": {"$in": ["$$this.id", sent["$in"]]}},
                            }
                        }
                    }
                },
                {"$set": {"pending_since": {"$ifNull": [{"$first": "$pending_events.time"}, "$$REMOVE"]}}},
            ],
        )

    async def _publish(self, event: Mapping[str, Any]) -> None:
        if event["stream"] == LAST_VALUE_STREAM:
            await self._erase_last(event["stream"], event["subject"])
        await self._broker.publish(
            event["data"].encode(),
            event["subject"],
            stream=event["stream"],
            timeout=PUBLISH_SECONDS,
            correlation_id=event["correlation"],
            headers={
                "Nats-Msg-Id": event["id"],
                "content-type": "application/json",
                "ce-specversion": "1.0",
                "ce-id": event["id"],
                "ce-source": f"/{self._source}",
                "ce-type": event["type"],
                "ce-time": moment(event["time"]).isoformat(),
                "ce-correlationid": event["correlation"],
            },
        )

    async def _erase_last(self, stream: str, subject: str) -> None:
        """Overwrite the bytes of the value that is replaced; a newer message alone would leave them in the store."""
        connection = self._broker.connection
        jetstream = connection.jetstream()
        with suppress(NotFoundError):
            last = await jetstream.get_last_msg(stream, subject)
            if last.seq is not None:
                await jetstream.delete_msg(stream, last.seq)
