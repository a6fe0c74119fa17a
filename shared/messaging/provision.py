"""Creates streams and consumers, in one place, before a service starts; and finds where they drifted."""

from collections.abc import Iterable
from typing import Any

from nats.aio.client import Client
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


async def provision(client: Client, services: Iterable[ServiceTopology], *, replicas: int = 1) -> None:
    """Make streams and consumers what they must be. Running it again changes nothing."""
    await check_server(client)
    jetstream = client.jetstream()
    topologies = list(services)
    for name in [*(topology.stream for topology in topologies), LAST_VALUE_STREAM]:
        wanted = stream_config(name, replicas=replicas)
        try:
            await jetstream.stream_info(name)
        except NotFoundError:
            await jetstream.add_stream(wanted)
        else:
            await jetstream.update_stream(wanted)
    for topology in topologies:
        for durable, event in topology.consumes.items():
            await jetstream.add_consumer(event.STREAM, consumer_config(durable, event))


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
