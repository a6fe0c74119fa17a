"""Putting recorded events into JetStream: as atomic batches, one by one where a batch is refused."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import structlog
from faststream.nats import NatsBroker
from nats.js.errors import NotFoundError

from shared.mongo.aggregate import Event
from shared.season.time import from_unix_micros

log = structlog.get_logger()

MOST_IN_A_BATCH = 1000
"""The server takes no larger atomic batch."""
PUBLISH_SECONDS = 5.0
ONE_BY_ONE = 64
"""Documents whose events are published one by one at the same time."""


class Publisher:
    """Publishes for one service."""

    def __init__(self, broker: NatsBroker, source: str) -> None:
        self._broker, self._source = broker, source
        self._at_once = asyncio.Semaphore(ONE_BY_ONE)
        self.batches = self.published = 0
        self.last: dict[str, int] = {}
        """The highest sequence that each stream has acknowledged to this process."""

    async def publish(self, outboxes: Sequence[Sequence[Event]]) -> set[str]:
        """Publish what these documents hold; the ids of what a stream acknowledged, of each from its beginning.

        The events of one stream leave as one atomic batch, which costs the server a single sync. A batch that is
        refused (after a crash, because one of its messages is stored already) is published one by one.
        """
        streams: dict[str, list[Event]] = {}
        for event in (event for outbox in outboxes for event in outbox):
            streams.setdefault(event["stream"], []).append(event)
        done: set[str] = set()
        for events in streams.values():
            together = [event for event in events if not event.get("erase")]
            for start in range(0, len(together), MOST_IN_A_BATCH):
                part = together[start : start + MOST_IN_A_BATCH]
                if len(part) > 1 and await self._batch(part):
                    done.update(event["id"] for event in part)
        if any(event["id"] not in done for events in streams.values() for event in events):
            await asyncio.gather(*(self._in_order(outbox, done) for outbox in outboxes))
        self.published += len(done)
        return done

    async def _in_order(self, outbox: Sequence[Event], done: set[str]) -> None:
        async with self._at_once:
            for event in outbox:
                if event["id"] in done:
                    continue
                try:
                    await self._one(event)
                except Exception as error:  # noqa: BLE001 - this and what follows stay recorded and are sent later
                    log.warning("event_unsent", source=self._source, type=event["type"], error=type(error).__name__)
                    return
                done.add(event["id"])

    async def _batch(self, events: Sequence[Event]) -> bool:
        """Publish events of one stream all or none (JetStream atomic batch, ADR-50). False when it was refused."""
        connection = self._broker.connection
        batch = uuid4().hex
        for number, event in enumerate(events, 1):
            headers = self._headers(event)
            headers["Nats-Batch-Id"] = batch
            headers["Nats-Batch-Sequence"] = str(number)
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
        self._note(acknowledgement)
        return bool(acknowledgement.get("count") == len(events))

    async def _one(self, event: Event) -> None:
        if event.get("erase"):
            await self._erase_last(event["stream"], event["subject"])
        acknowledgement: Any = await self._broker.publish(  # type: ignore[func-returns-value] # with `stream` it does
            event["data"].encode(),
            event["subject"],
            stream=event["stream"],
            timeout=PUBLISH_SECONDS,
            correlation_id=event["correlation"],
            headers=self._headers(event),
        )
        self._note({"stream": acknowledgement.stream, "seq": acknowledgement.seq})

    def _note(self, acknowledgement: Mapping[str, Any]) -> None:
        stream = acknowledgement["stream"]
        self.last[stream] = max(self.last.get(stream, 0), acknowledgement["seq"])

    async def say(self, stream: str, subject: str) -> None:
        """Publish a message that is nothing but its subject. The same again changes nothing."""
        await self._broker.publish(
            b"", subject, stream=stream, timeout=PUBLISH_SECONDS, headers={"Nats-Msg-Id": subject}
        )

    def _headers(self, event: Event) -> dict[str, str]:
        headers = {
            "Nats-Msg-Id": event.get("message", event["id"]),
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": event["id"],
            "ce-source": f"/{self._source}",
            "ce-type": event["type"],
            "ce-time": from_unix_micros(event["time"]).isoformat(),
            "ce-correlationid": event["correlation"],
        }
        if event.get("trace"):
            headers["traceparent"] = event["trace"]
        return headers

    async def _erase_last(self, stream: str, subject: str) -> None:
        """Overwrite the bytes of the value that is replaced; a newer message alone would leave them in the store."""
        jetstream = self._broker.connection.jetstream()
        with suppress(NotFoundError):
            last = await jetstream.get_last_msg(stream, subject)
            if last.seq is not None:
                await jetstream.delete_msg(stream, last.seq)
