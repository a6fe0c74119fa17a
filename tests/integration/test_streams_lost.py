"""A NATS that loses its store or gets an older one: it is noticed, told again, and nothing is believed whole before."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import nats
import pytest

from laurel.servers import Server, free_port, mongo_server, mongo_url, nats_server
from shared.errors import Unavailable
from shared.events.base import IntegrationEvent
from shared.messaging import streams as streams_module
from shared.messaging.broker import Connection
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import record
from shared.messaging.provision import provision
from shared.messaging.relay import Relay
from shared.messaging.streams import Live, Loss, StreamWatch, compare, refill_subject, refills
from shared.messaging.topology import ServiceTopology
from shared.mongo import Mongo
from shared.observability.metrics import Metrics
from tests.support.waiting import eventually_async


class ThingToldV1(IntegrationEvent):
    """Something for tests."""

    SUBJECT: ClassVar[str] = "teller.thing.told.v1"
    STREAM: ClassVar[str] = "TELLER"

    number: int


TELLER = ServiceTopology("teller", "TELLER", (ThingToldV1,), {})
HEARER = ServiceTopology("hearer", "HEARER", (), {"hearer-thing-told-v1": ThingToldV1})


@dataclass
class Service:
    """A tiny service: its outbox, its relay, its watch over the streams, and what it heard."""

    topology: ServiceTopology
    mongo: Mongo
    connection: Connection
    delivery: Delivery
    relay: Relay
    streams: StreamWatch
    heard: list[int] = field(default_factory=list)

    async def start(self) -> None:
        if self.topology.consumes:

            @self.delivery.durable(ThingToldV1, "hearer-thing-told-v1")
            async def hear(event: ThingToldV1) -> None:
                self.heard.append(event.number)

            self.connection.broker.include_router(self.delivery.router)
        await self.connection.start()
        await self.streams.start()
        await self.relay.start()

    async def stop(self) -> None:
        await self.relay.stop()
        await self.streams.stop()
        await self.connection.stop()
        self.mongo.close()

    async def tell(self, *numbers: int) -> None:
        for number in numbers:
            await self.mongo.aggregates("things").create({"_id": number}, [record(ThingToldV1(number=number))])

        async def told() -> None:
            assert await self.relay.oldest_pending_seconds() == 0

        await eventually_async(told)


@dataclass
class World:
    """Servers that a test may break, and services on them."""

    folder: Path
    nats_url: str
    mongo_url: str
    broker: Server
    services: list[Service] = field(default_factory=list)

    async def service(self, topology: ServiceTopology) -> Service:
        mongo, connection = Mongo(self.mongo_url, topology.service), Connection(self.nats_url, topology.service)
        relay, metrics = Relay(connection.broker, topology.service, mongo, ["things"]), Metrics(topology.service)
        delivery = Delivery(topology, mongo.database)
        watch = StreamWatch(connection.broker, topology, mongo, relay, metrics)
        service = Service(topology, mongo, connection, delivery, relay, watch)
        await service.start()
        self.services.append(service)
        return service

    async def stop(self, service: Service) -> None:
        self.services.remove(service)
        await service.stop()

    async def provision(self) -> None:
        client = await nats.connect(self.nats_url)
        try:
            await provision(client, [TELLER, HEARER])
        finally:
            await client.close()

    async def replace_store(self, change: Callable[[Path], None]) -> None:
        """End NATS, do something to its store, start it and provision."""
        await asyncio.to_thread(self.broker.stop)
        change(self.folder / "jetstream")
        await asyncio.to_thread(self.broker.start)
        await self.provision()


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(streams_module, "LOOK_SECONDS", 0.2)
    nats_port, mongo_port = free_port(), free_port()
    broker, database = nats_server(tmp_path, nats_port), mongo_server(tmp_path, mongo_port)
    for server in (broker, database):
        await asyncio.to_thread(server.start)
    made = World(tmp_path, f"nats://127.0.0.1:{nats_port}", mongo_url(mongo_port), broker)
    await made.provision()
    yield made
    for service in reversed(made.services):
        await service.stop()
    for server in (broker, database):
        await asyncio.to_thread(server.stop)


def everything(service: Service, *numbers: int) -> Callable[[], Awaitable[None]]:
    async def heard() -> None:
        assert set(service.heard) == set(numbers)

    return heard


def whole(service: Service) -> Callable[[], Awaitable[None]]:
    async def nothing_lost() -> None:
        assert service.streams.losses == {}

    return nothing_lost


def alarmed(service: Service, loss: Loss) -> Callable[[], Awaitable[None]]:
    async def noticed() -> None:
        assert service.streams.losses == {"TELLER": loss}

    return noticed


async def test_a_store_that_is_lost_while_a_consumer_is_down_is_told_again(world: World) -> None:
    """Keeps away: events that were acknowledged and never arrive, while every service says that it is ready."""
    teller, hearer = await world.service(TELLER), await world.service(HEARER)
    await teller.tell(1, 2)
    await eventually_async(everything(hearer, 1, 2))
    await eventually_async(whole(hearer))
    await world.stop(hearer)
    await teller.tell(*range(3, 53))

    await world.replace_store(shutil.rmtree)
    hearer = await world.service(HEARER)

    await eventually_async(everything(hearer, *range(1, 53)))
    await eventually_async(whole(teller))
    await eventually_async(whole(hearer))
    await hearer.streams.require_whole()


async def test_what_needs_everything_waits_until_it_has_been_told_again(world: World) -> None:
    """Keeps away: a round closed on the entries that happened to arrive before the store was lost."""
    teller, hearer = await world.service(TELLER), await world.service(HEARER)
    await teller.tell(1, 2)
    await eventually_async(everything(hearer, 1, 2))
    await hearer.streams.require_whole()
    await world.stop(teller)

    await world.replace_store(shutil.rmtree)
    await eventually_async(alarmed(hearer, Loss.OTHER))
    with pytest.raises(Unavailable, match="events-missing"):
        await hearer.streams.require_whole()

    hearer.heard.clear()
    teller = await world.service(TELLER)
    await eventually_async(whole(hearer))
    assert set(hearer.heard) == {1, 2}
    await hearer.streams.require_whole()
    await eventually_async(whole(teller))


async def test_an_older_store_is_noticed_too(world: World) -> None:
    """Keeps away: a restored backup of NATS that lacks what was told since, with the same streams by name and age."""
    teller = await world.service(TELLER)
    await teller.tell(1, 2)
    await asyncio.to_thread(world.broker.stop)
    shutil.copytree(world.folder / "jetstream", world.folder / "older")
    await asyncio.to_thread(world.broker.start)
    hearer = await world.service(HEARER)
    await teller.tell(3, 4, 5)
    await eventually_async(everything(hearer, *range(1, 6)))
    await world.stop(hearer)

    def older(store: Path) -> None:
        shutil.rmtree(store)
        (world.folder / "older").rename(store)

    await world.replace_store(older)
    hearer = await world.service(HEARER)

    await eventually_async(everything(hearer, *range(1, 6)))
    await eventually_async(whole(teller))
    await eventually_async(whole(hearer))


async def test_a_stream_that_is_lost_again_while_it_is_told_again(world: World) -> None:
    """Keeps away: a second loss that is taken for the first."""
    teller, hearer = await world.service(TELLER), await world.service(HEARER)
    await teller.tell(1, 2, 3)
    await eventually_async(everything(hearer, 1, 2, 3))
    await world.stop(hearer)

    await world.replace_store(shutil.rmtree)
    await world.replace_store(shutil.rmtree)
    hearer = await world.service(HEARER)

    await eventually_async(everything(hearer, 1, 2, 3))
    await eventually_async(whole(hearer))


async def test_an_operator_who_tells_everything_again_ends_the_waiting(world: World) -> None:
    """Keeps away: a reader that waits for ever for an owner who never knew that something was lost."""
    teller, hearer = await world.service(TELLER), await world.service(HEARER)
    await teller.tell(1, 2)
    await eventually_async(everything(hearer, 1, 2))
    await world.stop(teller)
    await world.replace_store(shutil.rmtree)
    await eventually_async(alarmed(hearer, Loss.OTHER))
    teller = await world.service(TELLER)
    await eventually_async(whole(teller))
    await eventually_async(whole(hearer))
    await hearer.mongo.database["streams"].update_one({"_id": "TELLER"}, {"$set": {"lost": Loss.OTHER}})
    await eventually_async(alarmed(hearer, Loss.OTHER))

    assert await teller.streams.tell_again() == 2

    await eventually_async(whole(hearer))


def test_a_stream_is_known_by_its_making_and_its_length() -> None:
    known = {"made": "2026-01-01", "last": 7}

    assert compare(known, Live("2026-01-01", 7)) is None
    assert compare(known, Live("2026-01-01", 9)) is None
    assert compare(known, Live("2026-01-01", 6)) == Loss.SHORTER
    assert compare(known, Live("2026-01-02", 9)) == Loss.OTHER


def test_refills_are_read_from_subjects() -> None:
    subjects = {refill_subject("PEOPLE", "begun", "a"): 1, refill_subject("PEOPLE", "done", "a"): 1, "people.named": 3}

    assert refills(subjects, "begun") == {"a"}
    assert not Live("", 1, refills(subjects, "begun"), refills(subjects, "done")).being_refilled
    assert Live("", 1, refills(subjects, "begun")).being_refilled
    assert refills(None, "done") == frozenset()
