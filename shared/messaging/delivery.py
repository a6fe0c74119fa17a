"""The one way to take in an event.

FastStream's default discards a message whose handler raises. Here a message is acknowledged only after its effect
is stored. A passing trouble brings it back later, a lasting one puts it into `dead_letters` first: nothing is
dropped and nothing loops.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsMessage, NatsRouter, PullSub
from nats.js.api import ConsumerConfig
from pydantic import ValidationError

from shared.crash_points import crash_point
from shared.errors import Unavailable
from shared.events.base import IntegrationEvent
from shared.messaging.reasons import reason_of
from shared.messaging.topology import ServiceTopology, consumer_config
from shared.mongo import Database
from shared.observability.correlation import correlate
from shared.observability.metrics import Metrics
from shared.observability.tracing import Tracing
from shared.release import RELEASE

log = structlog.get_logger()

E = TypeVar("E", bound=IntegrationEvent)
Handler = Callable[[E], Awaitable[None]]

LAST_ATTEMPT = 40
"""Deliveries before a message counts as lasting trouble: with the delays below, about half an hour."""
DELAYS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
PULL_BATCH = 256
LETTERS_SHOWN = 200
OPEN = {"dismissed": {"$exists": False}}
"""Dead letters that somebody has to look at."""
LASTING = "^(PermanentError|ValidationError)"
RETRY_LETTERS_AFTER = timedelta(minutes=10)
PULL_SECONDS = 2.0


class PermanentError(Exception):
    """Trying again cannot help: the message goes to the dead letters at once."""


class NotYet(Exception):
    """Something this event builds on has not arrived; it will be delivered again."""


async def _whole(message: Any, _original: Any) -> Any:
    """Hand on the message as it is: a body that cannot be read must reach the handler to be kept."""
    return message


class Delivery:
    """Makes the subscribers of one service and keeps its dead letters."""

    def __init__(
        self,
        topology: ServiceTopology,
        database: Database,
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self.router = NatsRouter()
        self._metrics = metrics or Metrics(topology.service)
        self._tracing = tracing or Tracing(topology.service, "")
        self._topology, self._dead_letters = topology, database["dead_letters"]
        self._handlers: dict[str, Callable[[bytes], Awaitable[None]]] = {}

    def durable(self, event_type: type[E], name: str) -> Callable[[Handler[E]], Handler[E]]:
        """Call the function for each event of this type, one at a time for each message, at least once.

        An event whose handler is `Busy` is delivered again, as one that came too early.
        Its effect must have a natural key or an aggregate version, so that a second delivery changes nothing.
        """
        if self._topology.consumes.get(name) is not event_type:
            raise LookupError(f"{name} does not stand in the topology of {self._topology.service}")
        config: ConsumerConfig = consumer_config(name, event_type)

        def decorate(handler: Handler[E]) -> Handler[E]:
            async def apply(body: bytes) -> None:
                try:
                    await handler(event_type.model_validate_json(body))
                except Unavailable as error:
                    raise NotYet from error

            self._handlers[name] = apply

            @self.router.subscriber(
                config.filter_subject or event_type.SUBJECT,
                durable=name,
                stream=JStream(event_type.STREAM, declare=False),
                pull_sub=PullSub(batch_size=PULL_BATCH, timeout=PULL_SECONDS),
                config=config,
                ack_policy=AckPolicy.MANUAL,
                inbox_prefix=f"_INBOX_{self._topology.service}.".encode(),
                decoder=_whole,
                title=name,
                include_in_schema=False,
            )
            async def consume(message: NatsMessage) -> None:
                await self._consume(name, apply, message)

            return handler

        return decorate

    async def _consume(self, name: str, apply: Callable[[bytes], Awaitable[None]], message: NatsMessage) -> None:
        attempt = message.raw_message.metadata.num_delivered or 1
        with (
            correlate(message.headers.get("ce-correlationid")),
            self._tracing.span(name, message.headers.get("traceparent"), {"messaging.system": "nats"}),
        ):
            if attempt > LAST_ATTEMPT:  # before the handler: a message that kills the process must end here too
                await self._move_to_dead_letters(name, message, attempt, "TooManyAttempts")
                return
            crash_point("delivery.received")
            try:
                await apply(message.body)
            except (PermanentError, ValidationError) as error:
                reason = reason_of(error, self._topology.consumes[name])
                await self._move_to_dead_letters(name, message, attempt, reason)
            except Exception as error:  # noqa: BLE001 - everything else may pass and is tried again
                if attempt == LAST_ATTEMPT:
                    await self._move_to_dead_letters(name, message, attempt, type(error).__name__)
                    return
                level = "info" if isinstance(error, NotYet) else "warning"
                getattr(log, level)(
                    "event_delayed",
                    consumer=name,
                    attempt=attempt,
                    error=type(error).__name__,
                    exc_info=not isinstance(error, NotYet),
                )
                self._metrics.delivery(name, "delayed")
                await message.nack(delay=DELAYS[min(attempt, len(DELAYS)) - 1])
            else:
                crash_point("delivery.applied")
                await message.ack()
                self._metrics.delivery(name, "applied")
                log.info("event_applied", consumer=name, attempt=attempt)
                crash_point("delivery.acknowledged")

    async def dead_letters(self) -> list[dict[str, Any]]:
        """The events that could not be applied, oldest first and those that were dismissed last, at most so many as one page shows."""
        return await self._dead_letters.find().sort([("dismissed.at", 1), ("received_at", 1)]).to_list(LETTERS_SHOWN)

    async def count_dead_letters(self) -> int:
        """How many wait for somebody; those that were dismissed do not."""
        return await self._dead_letters.count_documents(OPEN)

    async def dismiss(self, letter: str, by: str, reason: str) -> bool:
        """Note that nobody needs to apply this event, and why; it stays as it is. False if there is no such letter.

        One that was dismissed before keeps the first reason.
        """
        dismissed = {"dismissed": {"at": datetime.now(UTC), "by": by, "reason": reason}}
        await self._dead_letters.update_one({"_id": letter, **OPEN}, {"$set": dismissed})
        return await self.dead_letter(letter) is not None

    async def retry_letters(self) -> int:
        """Apply once more the letters whose trouble may have passed; returns how many it let go of.

        What failed under other releases alone is tried once, whatever the trouble was: the update may have cured it.
        Else a body that cannot be read, and what an operator has to decide, is left alone. So is a letter that failed
        here lately.
        """
        before = datetime.now(UTC) - RETRY_LETTERS_AFTER
        passing = {
            "reason": {"$not": {"$regex": LASTING}},
            "received_at": {"$lt": before},
            "$or": [{"retried_at": {"$exists": False}}, {"retried_at": {"$lt": before}}],
        }
        wanted = {**OPEN, "$or": [{"releases": {"$ne": RELEASE}}, passing]}
        done = 0
        for letter in await self._dead_letters.find(wanted, {"consumer": 1}).limit(LETTERS_SHOWN).to_list(None):
            key = {"_id": letter["_id"]}
            tried = {"$set": {"retried_at": datetime.now(UTC)}, "$addToSet": {"releases": RELEASE}}
            await self._dead_letters.update_one(key, tried)
            try:
                done += await self.replay(letter["_id"])
            except Exception as error:  # noqa: BLE001 - it stays where it is
                if event_type := self._topology.consumes.get(letter["consumer"]):
                    await self._dead_letters.update_one(key, {"$set": {"reason": reason_of(error, event_type)}})
                log.info("letter_fails_again", letter=letter["_id"], error=type(error).__name__)
        return done

    async def dead_letter(self, letter: str) -> dict[str, Any] | None:
        return await self._dead_letters.find_one({"_id": letter})

    async def replay(self, letter: str) -> bool:
        """Apply a kept event once more and let go of it. False if there is none.

        Raises whatever its handler raises; the letter stays then.
        """
        result = await self.dead_letter(letter)
        if result is None:
            return False
        with correlate(result["headers"].get("ce-correlationid")):
            await self._handlers[result["consumer"]](result["body"])
        await self._dead_letters.delete_one({"_id": letter})
        return True

    async def _move_to_dead_letters(self, name: str, message: NatsMessage, attempt: int, reason: str) -> None:
        metadata = message.raw_message.metadata
        await self._dead_letters.update_one(
            {"_id": f"{name}:{metadata.sequence.stream}"},
            {
                "$setOnInsert": {
                    "consumer": name,
                    "subject": message.raw_message.subject,
                    "body": message.body,
                    "headers": dict(message.headers),
                    "sequence": metadata.sequence.stream,
                    "received_at": datetime.now(UTC),
                },
                "$set": {"reason": reason, "attempts": attempt},
                "$addToSet": {"releases": RELEASE},
            },
            upsert=True,
        )
        self._metrics.delivery(name, "buried")
        log.error("event_buried", consumer=name, sequence=metadata.sequence.stream, reason=reason)
        await message.ack()
