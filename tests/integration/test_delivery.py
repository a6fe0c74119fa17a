"""Delivery on a real NATS server and a real MongoDB: nothing is dropped, nothing loops, nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, StreamConfig

from shared.errors import Unavailable
from shared.events.base import IntegrationEvent
from shared.events.registration import PersonNamedV1
from shared.messaging import delivery as delivery_module
from shared.messaging.broker import Connection
from shared.messaging.delivery import Delivery, NotYet, PermanentError
from shared.messaging.outbox import record
from shared.messaging.provision import Drift, check_drift, provision
from shared.messaging.relay import Relay
from shared.messaging.topology import ServiceTopology
from shared.mongo import Aggregates, Mongo, VersionConflict
from shared.release import RELEASE
from shared.season.text import Text
from tests.support.installation import Servers
from tests.support.waiting import eventually_async


class ThingHappenedV1(IntegrationEvent):
    """Something for tests."""

    SUBJECT: ClassVar[str] = "probe.thing.happened.v1"
    STREAM: ClassVar[str] = "PROBE"

    number: int


TOPOLOGY = ServiceTopology("probe", "PROBE", (ThingHappenedV1,), {"probe-thing-happened-v1": ThingHappenedV1})


@dataclass
class Probe:
    """A tiny service: an outbox, a relay, one consumer that does what the test says."""

    mongo: Mongo
    delivery: Delivery
    connection: Connection
    relay: Relay
    client: Client
    seen: list[int] = field(default_factory=list)
    trouble: dict[int, list[Exception]] = field(default_factory=dict)

    async def tell(self, *numbers: int) -> None:
        events = [record(ThingHappenedV1(number=number)) for number in numbers]
        await self.things.create({"_id": uuid4().hex}, events)

    @property
    def things(self) -> Aggregates:
        return self.mongo.aggregates("things")

    async def dead_letters(self) -> list[dict[str, Any]]:
        return [letter async for letter in self.mongo.database["dead_letters"].find()]


@pytest.fixture
async def probe(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Probe]:
    monkeypatch.setattr(delivery_module, "DELAYS", (0.05,))
    monkeypatch.setattr(delivery_module, "LAST_ATTEMPT", 4)
    client = await nats.connect(servers.nats_url)
    await provision(client, [TOPOLOGY])
    mongo = Mongo(servers.mongo_url, f"probe{uuid4().hex[:8]}")
    connection = Connection(servers.nats_url, "probe")
    delivery = Delivery(TOPOLOGY, mongo.database)
    each_probe = Probe(mongo, delivery, connection, Relay(connection.broker, "probe", mongo, ["things"]), client)

    @delivery.durable(ThingHappenedV1, "probe-thing-happened-v1")
    async def take(event: ThingHappenedV1) -> None:
        waiting = each_probe.trouble.get(event.number, [])
        if waiting:
            raise waiting.pop(0)
        each_probe.seen.append(event.number)

    connection.broker.include_router(delivery.router)
    await connection.start()
    await each_probe.relay.start()
    yield each_probe
    await each_probe.relay.stop()
    await connection.stop()
    await mongo.client.drop_database(mongo.database.name)
    mongo.close()
    await client.jetstream().delete_consumer("PROBE", "probe-thing-happened-v1")
    await client.jetstream().delete_stream("PROBE")
    await client.close()


async def test_events_leave_in_the_order_they_were_recorded_and_leave_the_document(probe: Probe) -> None:
    await probe.tell(1, 2, 3)

    async def arrived() -> None:
        assert sorted(probe.seen) == [1, 2, 3]
        assert await probe.relay.oldest_pending_seconds() == 0

    await eventually_async(arrived)
    stored = [await probe.client.jetstream().get_msg("PROBE", seq) for seq in (1, 2, 3)]
    assert [(raw_stream_msg.data or b"").decode() for raw_stream_msg in stored] == [
        '{"number":1}',
        '{"number":2}',
        '{"number":3}',
    ]
    headers = stored[0].headers or {}
    assert headers["ce-type"] == "probe.thing.happened.v1"
    assert headers["ce-specversion"] == "1.0"
    assert headers["Nats-Msg-Id"] == headers["ce-id"]


async def test_passing_trouble_brings_the_event_back(probe: Probe) -> None:
    probe.trouble[1] = [NotYet(), Unavailable("try-again"), ConnectionError("database away")]
    await probe.tell(1)

    async def arrived() -> None:
        assert probe.seen == [1]

    await eventually_async(arrived)
    assert await probe.dead_letters() == []


@pytest.mark.parametrize("lasting", [[PermanentError()], [ValueError("bug")] * 9], ids=["permanent", "always raises"])
async def test_lasting_trouble_is_kept_and_others_flow(probe: Probe, lasting: list[Exception]) -> None:
    probe.trouble[1] = lasting
    await probe.tell(1)
    await probe.tell(2)

    async def buried() -> None:
        letters = await probe.dead_letters()
        assert [letter["body"] for letter in letters] == [b'{"number":1}']
        assert probe.seen == [2]

    await eventually_async(buried)
    letter = (await probe.dead_letters())[0]
    assert letter["consumer"] == "probe-thing-happened-v1"
    assert letter["headers"]["ce-type"] == "probe.thing.happened.v1"
    assert letter["attempts"] <= 5


async def test_a_kept_event_is_applied_once_more_when_its_cause_is_mended(probe: Probe) -> None:
    probe.trouble[1] = [PermanentError(), PermanentError(), Unavailable("try-again")]
    await probe.tell(1)

    async def buried() -> None:
        assert len(await probe.dead_letters()) == 1

    await eventually_async(buried)
    letter = (await probe.delivery.dead_letters())[0]["_id"]
    with pytest.raises(PermanentError):
        await probe.delivery.replay(letter)
    await buried()
    with pytest.raises(NotYet):
        await probe.delivery.replay(letter)
    await buried()

    assert await probe.delivery.replay(letter)
    assert probe.seen == [1]
    assert await probe.delivery.dead_letters() == []
    assert not await probe.delivery.replay(letter)


async def test_a_dismissed_event_stays_and_is_neither_counted_nor_tried_again(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: an alarm that nobody can silence but by deleting what was told."""
    monkeypatch.setattr(delivery_module, "RETRY_LETTERS_AFTER", timedelta(0))
    probe.trouble[1] = [ValueError("bug")] * 4
    await probe.tell(1)

    async def buried() -> None:
        assert await probe.delivery.count_dead_letters() == 1

    await eventually_async(buried)
    letter = (await probe.delivery.dead_letters())[0]["_id"]

    assert await probe.delivery.dismiss(letter, "operator", "known and harmless")
    assert await probe.delivery.dismiss(letter, "operator", "another reason")

    assert await probe.delivery.count_dead_letters() == 0
    monkeypatch.setattr(delivery_module, "RELEASE", "9.9.9")
    assert await probe.delivery.retry_letters() == 0, "nor by the next release"
    assert [kept["dismissed"]["reason"] for kept in await probe.delivery.dead_letters()] == ["known and harmless"]
    assert not await probe.delivery.dismiss("none", "operator", "known and harmless")
    assert await probe.delivery.replay(letter), "somebody may still apply it"
    assert probe.seen == [1]


async def test_each_release_tries_a_letter_of_the_others_once(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps away: an event that an update could apply and that waits for somebody to notice."""
    probe.trouble[1] = [PermanentError(), PermanentError()]
    await probe.tell(1)

    async def buried() -> None:
        assert len(await probe.dead_letters()) == 1

    await eventually_async(buried)
    assert await probe.delivery.retry_letters() == 0
    assert len(probe.trouble[1]) == 1, "this release has failed already"

    monkeypatch.setattr(delivery_module, "RELEASE", "9.9.8")
    assert await probe.delivery.retry_letters() == 0
    assert probe.trouble[1] == [], "the next one tries, and fails too"
    assert await probe.delivery.retry_letters() == 0
    (letter,) = await probe.dead_letters()
    assert letter["releases"] == [RELEASE, "9.9.8"]

    monkeypatch.setattr(delivery_module, "RELEASE", "9.9.9")
    assert await probe.delivery.retry_letters() == 1
    assert (probe.seen, await probe.dead_letters()) == ([1], [])


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"not json", "body json_invalid (bytes)"),
        (b'{"number": "x"}', "number int_parsing (str)"),
        (b"", "body json_invalid (bytes)"),
        (b"\xff\xfe\x00", "body json_invalid (bytes)"),
    ],
)
async def test_a_body_that_cannot_be_read_is_kept_with_the_field_at_fault(
    probe: Probe, body: bytes, fault: str
) -> None:
    await probe.client.jetstream().publish("probe.thing.happened.v1", body)
    await probe.tell(7)

    async def buried() -> None:
        letters = await probe.dead_letters()
        assert [(letter["body"], letter["reason"]) for letter in letters] == [(body, f"ValidationError: {fault}")]
        assert probe.seen == [7]

    await eventually_async(buried)


async def test_the_same_recorded_event_published_twice_is_one_message(probe: Probe) -> None:
    event = record(ThingHappenedV1(number=5))
    await probe.things.create({"_id": "a"}, [event])
    await probe.things.create({"_id": "b"}, [event])

    async def sent() -> None:
        assert await probe.relay.oldest_pending_seconds() == 0

    await eventually_async(sent)
    assert (await probe.client.jetstream().stream_info("PROBE")).state.messages == 1


async def test_many_events_leave_as_one_batch(probe: Probe) -> None:
    await probe.relay.stop()
    for number in range(200):
        event = record(ThingHappenedV1(number=number))
        await probe.things.create({"_id": number}, [event])
    await probe.relay.start()

    async def arrived() -> None:
        assert sorted(probe.seen) == list(range(200))
        assert await probe.relay.oldest_pending_seconds() == 0

    await eventually_async(arrived)
    assert probe.relay.batches == 1
    assert (await probe.client.jetstream().stream_info("PROBE")).state.messages == 200


async def test_after_a_crash_what_is_stored_already_is_not_stored_twice(probe: Probe) -> None:
    """The process died after publishing and before taking out: the batch is refused, single publishing goes on."""
    await probe.relay.stop()
    events = [record(ThingHappenedV1(number=number)) for number in range(30)]
    for number, event in enumerate(events):
        await probe.things.create({"_id": number}, [event])
    for event in events[7:11]:
        await probe.client.jetstream().publish(
            event["subject"], event["data"].encode(), headers={"Nats-Msg-Id": event["id"]}
        )
    await probe.relay.start()

    async def arrived() -> None:
        assert sorted(probe.seen) == list(range(30))
        assert await probe.relay.oldest_pending_seconds() == 0

    await eventually_async(arrived)
    assert probe.relay.batches == 0
    assert (await probe.client.jetstream().stream_info("PROBE")).state.messages == 30


async def test_an_event_that_cannot_be_sent_holds_up_only_its_own_document(probe: Probe) -> None:
    await probe.relay.stop()
    things = probe.things
    nowhere = {**record(ThingHappenedV1(number=1)), "subject": "nobody.listens.v1", "stream": "NOWHERE"}
    await things.create({"_id": "stuck"}, [nowhere, record(ThingHappenedV1(number=2))])
    await things.create({"_id": "free"}, [record(ThingHappenedV1(number=3))])
    await probe.relay.start()

    async def arrived() -> None:
        assert 3 in probe.seen

    await eventually_async(arrived)
    stuck = await things.collection.find_one({"_id": "stuck"}) or {}
    assert stuck["outbox"]["events"][0]["subject"] == "nobody.listens.v1"
    assert "since" in stuck["outbox"]


@pytest.mark.parametrize("hours", [-2, 2], ids=["a clock behind", "a clock ahead"])
async def test_events_of_a_process_with_a_wrong_clock_that_died_do_not_wait_for_it(
    probe: Probe, servers: Servers, hours: int
) -> None:
    """Clock skew: another replica's clock is hours off, or was set back; it stored an event and died before it sent it."""
    await probe.tell(1)
    other = Mongo(servers.mongo_url, probe.mongo.database.name)
    event = record(ThingHappenedV1(number=2))

    async def first_arrived() -> None:
        assert probe.seen == [1]

    await eventually_async(first_arrived)
    await other.aggregates("things").create(
        {"_id": "skewed"}, [{**event, "time": event["time"] + hours * 3_600_000_000}]
    )
    other.close()

    async def arrived() -> None:
        assert probe.seen == [1, 2]
        assert not await probe.things.collection.count_documents({"outbox.since": {"$exists": True}})

    await eventually_async(arrived)


async def test_after_the_time_in_which_nats_knows_an_id_what_is_sent_again_arrives_again(probe: Probe) -> None:
    """The window of duplicates ran out before a relay marked what it sent: the stream has it twice, and so has the reader.

    That the effect is one all the same is shown by `test_the_road.py:test_every_event_delivered_twice_has_one_effect`.
    """
    stream = (await probe.client.jetstream().stream_info("PROBE")).config
    await probe.client.jetstream().update_stream(replace(stream, duplicate_window=0.1))
    event = record(ThingHappenedV1(number=9))
    await probe.things.create({"_id": "before"}, [event])

    async def sent(messages: int) -> None:
        assert (await probe.client.jetstream().stream_info("PROBE")).state.messages == messages
        assert await probe.relay.oldest_pending_seconds() == 0
        assert probe.seen == [9] * messages

    await eventually_async(lambda: sent(1))
    probe.relay._sent.clear()  # a process that was started anew
    await asyncio.sleep(0.2)  # NATS forgets by time, and says nothing when it did
    await probe.things.collection.update_one({"_id": "before"}, {"$set": {"outbox.since": 1, "outbox.events": [event]}})

    await eventually_async(lambda: sent(2))


async def test_what_is_told_again_reaches_a_nats_that_has_it_and_is_no_alarm(probe: Probe) -> None:
    """A service lost its database: NATS still has the message and its id, and the consumer has acknowledged it."""
    event = {**record(ThingHappenedV1(number=1)), "time": 1_000_000}
    await probe.things.create({"_id": "old"}, [event])

    async def arrived() -> None:
        assert probe.seen == [1]
        assert await probe.relay.oldest_pending_seconds() == 0

    await eventually_async(arrived)
    await probe.relay.stop()

    assert await probe.relay.republish_all() == 1
    assert await probe.relay.oldest_pending_seconds() < 60
    await probe.relay.start()

    async def arrived_again() -> None:
        assert probe.seen == [1, 1]
        assert await probe.relay.oldest_pending_seconds() == 0

    await eventually_async(arrived_again)


async def test_of_several_events_the_last_of_each_type_stays(probe: Probe) -> None:
    await probe.things.create({"_id": "x"}, [record(ThingHappenedV1(number=1))])
    await probe.things.change("x", 1, {}, [record(ThingHappenedV1(number=2)), record(ThingHappenedV1(number=3))])

    async def told() -> None:
        assert probe.seen == [1, 2, 3]
        kept = (await probe.things.collection.find_one({"_id": "x"}) or {})["outbox"]
        assert [event["data"] for event in kept["events"]] == ['{"number":3}']
        assert "since" not in kept

    await eventually_async(told)


async def test_drift_is_noticed_and_named(probe: Probe) -> None:
    jetstream = probe.client.jetstream()
    await check_drift(probe.client, TOPOLOGY)
    await jetstream.add_consumer(
        "PROBE",
        ConsumerConfig(
            durable_name="probe-thing-happened-v1",
            filter_subject="probe.thing.happened.v1",
            ack_wait=3,
            max_ack_pending=1000,
        ),
    )

    with pytest.raises(Drift, match=r"consumer probe-thing-happened-v1: ack_wait is 3"):
        await check_drift(probe.client, TOPOLOGY)
    await provision(probe.client, [TOPOLOGY])
    await check_drift(probe.client, TOPOLOGY)
    await jetstream.delete_consumer("PROBE", "probe-thing-happened-v1")
    with pytest.raises(Drift, match="is missing"):
        await check_drift(probe.client, TOPOLOGY)
    await provision(probe.client, [TOPOLOGY])


async def test_streams_refuse_deletion_except_the_one_of_names(probe: Probe) -> None:
    jetstream = probe.client.jetstream()
    await probe.tell(1)

    async def arrived() -> None:
        assert probe.seen == [1]

    await eventually_async(arrived)
    with pytest.raises(nats.js.errors.APIError):
        await jetstream.purge_stream("PROBE")
    with pytest.raises(nats.js.errors.APIError):
        await jetstream.update_stream(StreamConfig(name="PROBE", subjects=["probe.>"], deny_delete=False))


async def test_a_corrected_name_replaces_the_old_one_and_erases_it(probe: Probe, servers: Servers) -> None:
    person = uuid4().hex
    for version, name in ((1, "测试旧名字"), (2, "测试新名字")):
        event = PersonNamedV1(person=person, version=version, name=Text(zh=name))
        await probe.things.create({"_id": f"{person}{version}"}, [record(event)])

        async def sent() -> None:
            assert await probe.relay.oldest_pending_seconds() == 0

        await eventually_async(sent)

    jetstream = probe.client.jetstream()
    last = await jetstream.get_last_msg("PEOPLE", f"people.named.v1.{person}")
    info = await jetstream.stream_info("PEOPLE", subjects_filter=f"people.named.v1.{person}")
    assert "测试新名字" in (last.data or b"").decode()
    assert (info.state.subjects or {})[f"people.named.v1.{person}"] == 1
    if servers.started:
        store = servers.started[0].log.parent / "jetstream"
        stored = b"".join(file.read_bytes() for file in store.rglob("*.blk"))
        assert "测试新名字".encode() in stored
        assert "测试旧名字".encode() not in stored, "an overwrite would have left the bytes"


async def test_two_writers_of_one_version_leave_one(probe: Probe) -> None:
    things = probe.things
    await things.create({"_id": "x", "value": 0})

    results = await asyncio.gather(
        *(things.change("x", 1, {"value": number}) for number in range(20)), return_exceptions=True
    )

    assert sum(1 for result in results if result is None) == 1
    assert all(result is None or isinstance(result, VersionConflict) for result in results)


async def test_a_document_that_exists_is_not_created_again(probe: Probe) -> None:
    things = probe.things

    assert await things.create({"_id": "y", "value": 1})
    assert not await things.create({"_id": "y", "value": 2})
    assert (await things.find_one({"_id": "y"}) or {})["value"] == 1
