"""Creates streams and consumers, in one place, before a service starts; and finds where they drifted."""

from collections.abc import Iterable
from typing import Any

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, ConsumerInfo, StreamConfig
from nats.js.errors import NotFoundError

from shared.messaging.topology import (
    LAST_VALUE_STREAM,
    ServiceTopology,
    consumer_config,
    stream_config,
)

CHECKED_STREAM = (
    "subjects",
    "retention",
    "storage",
    "discard",
    "max_msgs_per_subject",
    "duplicate_window",
    "deny_delete",
    "deny_purge",
    "allow_atomic",
)
CHECKED_CONSUMER = ("filter_subject", "ack_policy", "ack_wait", "max_deliver", "max_ack_pending", "deliver_policy")
IN_CLUSTER = 3
"""Copies of a new stream where nobody says how many."""
OLDEST_SERVER = (2, 12, 1)


class Drift(RuntimeError):
    """A stream or consumer is missing or not as it must be. Run the provisioning step."""


async def check_server(client: Client) -> None:
    """Refuse servers whose batches are not safe.

    Raises:
        Drift: the server is older than 2.12.1.
    """
    server = client.connected_server_version
    if (server.major, server.minor, server.patch) < OLDEST_SERVER:
        raise Drift(f"nats-server {server} is older than {OLDEST_SERVER}")


async def provision(client: Client, services: Iterable[ServiceTopology], *, replicas: int | None = None) -> None:
    """Make the streams and consumers of these services what they must be. Running it again changes nothing.

    The stream of another service that they take in is made if it is missing, and else left as it is.

    Without a number of `replicas` a stream keeps as many copies as it has; a new one gets three in a cluster, else one.
    """
    await check_server(client)
    jetstream = client.jetstream()
    topologies = list(services)
    told = {event.STREAM for topology in topologies for event in topology.publishes}
    own = told.union(topology.stream for topology in topologies)
    taken = {event.STREAM for topology in topologies for event in topology.consumes.values()}
    for name in sorted({LAST_VALUE_STREAM, *own, *taken}):
        await _make_stream(jetstream, name, replicas, owned=name in own)
    for topology in topologies:
        for durable, event in topology.consumes.items():
            await jetstream.add_consumer(event.STREAM, consumer_config(durable, event))


async def _make_stream(jetstream: JetStreamContext, name: str, replicas: int | None, *, owned: bool) -> None:
    try:
        present = (await jetstream.stream_info(name)).config.num_replicas or 1
    except NotFoundError:
        made = await jetstream.add_stream(stream_config(name, replicas=replicas or 1))
        if replicas or not (made.cluster and made.cluster.name):
            return
        present = IN_CLUSTER
    else:
        if not owned:
            return
    await jetstream.update_stream(stream_config(name, replicas=replicas or present))


async def check_drift(client: Client, topology: ServiceTopology) -> list[ConsumerInfo]:
    """Compare what is there with what this service needs; returns its consumers as they stand.

    Raises:
        Drift: naming everything that differs.
    """
    jetstream = client.jetstream()
    results: list[str] = []
    consumers: list[ConsumerInfo] = []
    streams = {topology.stream, *(event.STREAM for event in (*topology.publishes, *topology.consumes.values()))}
    for name in sorted(streams):
        try:
            info = await jetstream.stream_info(name)
        except NotFoundError:
            results.append(f"stream {name} is missing")
        else:
            results += _differences(f"stream {name}", info.config, stream_config(name), CHECKED_STREAM)
    for durable, event in topology.consumes.items():
        try:
            consumer = await jetstream.consumer_info(event.STREAM, durable)
        except NotFoundError:
            results.append(f"consumer {durable} is missing")
        else:
            consumers.append(consumer)
            wanted = consumer_config(durable, event)
            results += _differences(f"consumer {durable}", consumer.config, wanted, CHECKED_CONSUMER)
    if results:
        raise Drift("; ".join(results))
    return consumers


def _differences(
    what: str, actual: StreamConfig | ConsumerConfig, wanted: StreamConfig | ConsumerConfig, names: tuple[str, ...]
) -> list[str]:
    def value(config: Any, name: str) -> Any:
        return getattr(config, name)

    return [
        f"{what}: {name} is {value(actual, name)}, not {value(wanted, name)}"
        for name in names
        if value(actual, name) != value(wanted, name)
    ]
