"""Watches that the streams hold what was told: a NATS that lost its store, or got an older one, says nothing of it.

Each service keeps, beside its outboxes, of every stream that it writes or reads when that stream was made and how far
it had come. A stream that was made at another time, or is shorter, has lost something. Its owner tells everything
again, and says in the stream itself that it has begun and that it is done. Whoever reads the stream believes it to be
whole again once that is said and all before it has been taken in; until then what needs completeness waits.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

import structlog
from faststream.nats import NatsBroker

from shared.errors import Unavailable
from shared.messaging.background import Background
from shared.messaging.relay import Relay
from shared.messaging.topology import ServiceTopology
from shared.mongo import Document, Mongo
from shared.observability.metrics import Metrics

log = structlog.get_logger()

STREAMS = "streams"
"""The collection: one document a stream."""
LOOK_SECONDS = 3.0
CLAIM_SECONDS = 30.0
"""How long another process waits for the one that marks what is to be told again."""
REFILL = "refill"
"""Second part of the subjects with which an owner says that it tells everything again."""


class Loss(StrEnum):
    """In what a stream differs from the one that is remembered."""

    OTHER = "other"
    SHORTER = "shorter"
    RETOLD = "retold"


@dataclass(frozen=True, slots=True)
class Live:
    """A stream as it is now: when it was made, its last sequence, and which refills were begun and done in it."""

    made: str
    last: int
    begun: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()

    @property
    def being_refilled(self) -> bool:
        return not self.begun <= self.done


def compare(known: Mapping[str, Any], live: Live) -> Loss | None:
    """What the stream has lost since it was looked at last, if anything."""
    if known["made"] != live.made:
        return Loss.OTHER
    return Loss.SHORTER if live.last < known["last"] else None


def refill_subject(stream: str, step: str, refill: str) -> str:
    """The subject of the message that says `begun` or `done` of a refill."""
    return f"{stream.lower()}.{REFILL}.{step}.{refill}"


def refills(subjects: Mapping[str, int] | None, step: str) -> frozenset[str]:
    """Which refills have this step among the subjects of a stream."""
    parts = [subject.split(".") for subject in subjects or {}]
    return frozenset(part[3] for part in parts if len(part) == 4 and part[1:3] == [REFILL, step])


class StreamWatch(Background):
    """Looks at the streams of one service at start and every few seconds."""

    def __init__(
        self, broker: NatsBroker, topology: ServiceTopology, mongo: Mongo, relay: Relay, metrics: Metrics
    ) -> None:
        super().__init__(f"streams-{topology.service}")
        self._broker, self._topology, self._relay, self._metrics = broker, topology, relay, metrics
        self._known = mongo.database[STREAMS]
        self._own = {topology.stream, *(event.STREAM for event in topology.publishes)}
        self._read = {event.STREAM for event in topology.consumes.values()} - self._own
        self._doubted: set[str] = set()
        """Streams that looked shorter once: a leader just chosen may not have seen its last messages yet."""
        self._to_refill: dict[str, tuple[Document, Live, Loss]] = {}
        self.losses: dict[str, Loss] = {}
        """What is not whole, as of the last look."""

    async def _run(self) -> None:
        while True:
            for name in sorted(self._own | self._read):
                try:
                    await self.look(name)
                except Exception as error:  # noqa: BLE001 - a server is away; readiness says so
                    log.debug("stream_unknown", stream=name, error=type(error).__name__)
            if self._to_refill:
                try:
                    await self._refill(self._to_refill)
                except Exception as error:  # noqa: BLE001 - it is begun again
                    log.warning("refill_paused", service=self._topology.service, error=type(error).__name__)
                self._to_refill = {}
            await asyncio.sleep(LOOK_SECONDS)

    async def require_whole(self) -> None:
        """For acts that need everything that was told to this service.

        Raises:
            Unavailable: something was lost on the way and has not been told again and taken in.
        """
        for name in sorted(self._read):
            await self.look(name)
        lost = sorted(self._read & set(self.losses))
        if lost:
            raise Unavailable("events-missing", streams=", ".join(lost))

    async def tell_again(self) -> int:
        """Tell everything again, as an operator wishes; the number of documents. Readers who wait for it will know."""
        wish = uuid4().hex
        count = await self._relay.republish_all(wish)
        await self._known.update_many({"_id": {"$in": sorted(self._own)}}, {"$set": {"telling": wish}})
        return count

    async def look(self, name: str) -> None:
        """Compare one stream with what is known of it, and do what follows."""
        live = await self._live(name)
        known = await self._known.find_one({"_id": name})
        if known is None:  # nothing was told or heard before
            known = {"_id": name, "made": live.made, "last": live.last, "seen": sorted(live.done)}
            await self._known.update_one({"_id": name}, {"$setOnInsert": known}, upsert=True)
        loss = compare(known, live)
        if loss == Loss.SHORTER and name not in self._doubted:
            self._doubted.add(name)
            self._say(name, loss)
            return
        self._doubted.discard(name)
        now = await (
            self._look_at_own(known, live, loss) if name in self._own else self._look_at_read(known, live, loss)
        )
        self._relay.identify(name, live.made)
        self._say(name, now)

    async def _look_at_own(self, known: Document, live: Live, loss: Loss | None) -> Loss | None:
        name, lost = known["_id"], known.get("lost")
        if loss:
            self._to_refill[name] = known, live, loss
            return loss
        if "telling" in known:
            if await self._relay.is_telling_again():
                return Loss(lost) if lost else None
            for refill in sorted((live.begun - live.done) | {known["telling"]}):
                await self._relay.say(name, refill_subject(name, "done", refill))
            await self._known.update_one(
                {"_id": name, "telling": known["telling"]}, {"$unset": {"telling": "", "lost": "", "lost_at": ""}}
            )
            if lost:
                log.warning("stream_whole_again", service=self._topology.service, stream=name)
        await self._advance(name, live)
        return None

    async def _refill(self, losses: Mapping[str, tuple[Document, Live, Loss]]) -> None:
        """Tell again what these streams held.

        It says that it begins, marks what is to be told, and only then takes the streams for the ones that are known.
        A document that has events in several of them is told once.
        """
        refill, service = uuid4().hex, self._topology.service
        mine: dict[str, Live] = {}
        for name, (known, live, loss) in losses.items():
            if await self._claim(known, loss, refill):
                mine[name] = live
                log.critical("stream_lost", service=service, stream=name, how=loss)
                await self._relay.say(name, refill_subject(name, "begun", refill))
        if not mine:
            return  # another process does it
        documents = await self._relay.republish_all(refill, sorted(mine))
        for name, live in mine.items():
            values = {"made": live.made, "last": live.last, "telling": refill}
            await self._known.update_one(
                {"_id": name, "refill": refill}, {"$set": values, "$unset": {"claimed": "", "refill": ""}}
            )
        log.warning("streams_told_again", service=service, streams=sorted(mine), documents=documents)

    async def _claim(self, known: Document, loss: Loss, refill: str) -> bool:
        """Whether this process is the one that tells it again."""
        now = datetime.now(UTC)
        free = {"$or": [{"claimed": {"$exists": False}}, {"claimed": {"$lt": now}}]}
        values = {
            "lost": loss,
            "lost_at": known.get("lost_at", now),
            "claimed": now + timedelta(seconds=CLAIM_SECONDS),
            "refill": refill,
        }
        wanted = {"_id": known["_id"], "made": known["made"], "last": known["last"], **free}
        return (await self._known.update_one(wanted, {"$set": values})).modified_count == 1

    async def _look_at_read(self, known: Document, live: Live, loss: Loss | None) -> Loss | None:
        name = known["_id"]
        if loss or (live.being_refilled and "lost" not in known):
            why = loss or Loss.RETOLD
            log.critical("stream_lost", service=self._topology.service, stream=name, how=why)
            lost = {"made": live.made, "last": live.last, "lost": why, "lost_at": datetime.now(UTC)}
            await self._known.update_one({"_id": name}, {"$set": lost, "$unset": {"until": ""}})
            return why
        if "lost" not in known:
            await self._advance(name, live)
            return None
        if live.being_refilled or live.done <= set(known["seen"]):
            return Loss(known["lost"])
        until = known.get("until", live.last)
        if not await self._taken_in(name, until):
            await self._known.update_one({"_id": name}, {"$set": {"until": until}})
            return Loss(known["lost"])
        whole = {"$set": {"seen": sorted(live.done)}, "$unset": {"lost": "", "lost_at": "", "until": ""}}
        await self._known.update_one({"_id": name, "made": live.made}, whole)
        log.warning("stream_whole_again", service=self._topology.service, stream=name)
        return None

    async def _taken_in(self, name: str, until: int) -> bool:
        """Whether this service has taken in what the stream holds for it up to this sequence."""
        jetstream = self._broker.connection.jetstream()
        for durable, event in self._topology.consumes.items():
            if name == event.STREAM:
                info = await jetstream.consumer_info(name, durable)
                floor = info.ack_floor.stream_seq if info.ack_floor else 0
                if floor < until and (info.num_pending or info.num_ack_pending):
                    return False
        return True

    async def _advance(self, name: str, live: Live) -> None:
        """Remember how far the stream has come."""
        await self._known.update_one({"_id": name, "made": live.made}, {"$max": {"last": live.last}})

    async def _live(self, name: str) -> Live:
        jetstream = self._broker.connection.jetstream()
        info = await jetstream.stream_info(name, subjects_filter=f"{name.lower()}.{REFILL}.>")
        made = info.created.isoformat() if info.created else ""
        subjects = info.state.subjects
        return Live(made, info.state.last_seq, refills(subjects, "begun"), refills(subjects, "done"))

    def _say(self, name: str, loss: Loss | None) -> None:
        if loss:
            self.losses[name] = loss
        else:
            self.losses.pop(name, None)
        self._metrics.whole.labels(self._topology.service, name).set(loss is None)
