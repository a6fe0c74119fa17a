"""Servers that may lose what they acknowledged are refused, unless told otherwise; copies are never lost by omission."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NATSError
from nats.js.errors import APIError

from deploy.cluster.servers import Brokers, nats_cluster
from laurel.errors import UserError
from laurel.provision import SERVICES
from laurel.server_checks import check_servers
from laurel.servers import Server, free_port, listens, mongo_server, nats_program, nats_server
from laurel.texts import t
from shared.messaging.provision import provision
from shared.settings import ServiceSettings
from tests.support.installation import Servers

pytestmark = pytest.mark.servers


def mongod_alone(folder: Path, port: int) -> Server:
    """A mongod as it comes: no replica set."""
    server = mongo_server(folder, port)
    place = server.command.index("--replSet")
    del server.command[place : place + 2]
    server.answers = lambda: listens(port)
    return server


def monitored(folder: Path, jetstream: str) -> tuple[Server, str]:
    """A nats-server that tells of itself, and where."""
    port, monitor = free_port(), free_port()
    server = nats_server(folder, port)
    Path(server.command[-1]).write_text(
        f'server_name: "alpha"\nhost: "127.0.0.1"\nport: {port}\nhttp: "127.0.0.1:{monitor}"\n{jetstream}\n'
    )
    assert server.command[0] == str(nats_program())
    return server, f"http://127.0.0.1:{monitor}"


def refused(settings: ServiceSettings) -> str:
    """Why these servers are refused; empty where they are not."""
    try:
        asyncio.run(check_servers(settings))
    except UserError as error:
        said = t(f"trouble-{error.code}", **error.values)
        return error.code if "LAUREL_UNSAFE_SERVERS" in said else said
    return ""


def test_a_database_that_is_no_replica_set_is_refused(tmp_path: Path) -> None:
    """Keeps away an installation whose database loses acknowledged writes; code `database-alone`."""
    port = free_port()
    server = mongod_alone(tmp_path, port)
    server.start()
    try:
        alone = ServiceSettings(mongo_url=f"mongodb://127.0.0.1:{port}")
        assert refused(alone) == "database-alone"
        assert refused(alone.model_copy(update={"unsafe_servers": True})) == ""
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("jetstream", "code"),
    [
        ('jetstream {{ store_dir: "{folder}", sync_interval: always }}', ""),
        ('jetstream {{ store_dir: "{folder}", sync_interval: 10s }}', "broker-unsafe"),
        ('jetstream {{ store_dir: "{folder}" }}', "broker-unsafe"),
        ("", "broker-unsafe"),
    ],
    ids=["always", "now and then", "as it comes", "nothing stored"],
)
def test_a_broker_that_does_not_write_what_it_acknowledges_is_refused(
    servers: Servers, tmp_path: Path, jetstream: str, code: str
) -> None:
    """Keeps away a broker that loses minutes in a power cut; code `broker-unsafe`."""
    server, url = monitored(tmp_path, jetstream.format(folder=tmp_path / "store"))
    server.start()
    try:
        settings = ServiceSettings(mongo_url=servers.mongo_url, nats_monitoring=url)
        assert refused(settings) == code
        assert refused(settings.model_copy(update={"unsafe_servers": True})) == ""
    finally:
        server.stop()


def test_a_broker_that_cannot_be_asked_is_refused(servers: Servers) -> None:
    """Keeps away the belief that a broker is safe because nobody looked; code `broker-unseen`."""
    settings = ServiceSettings(mongo_url=servers.mongo_url, nats_monitoring=f"http://127.0.0.1:{free_port()}")
    assert refused(settings) == "broker-unseen"


@pytest.fixture
def clustered(tmp_path: Path) -> Iterator[Brokers]:
    brokers = nats_cluster(tmp_path)
    brokers.start()
    yield brokers
    brokers.stop()


def test_copies_are_kept_where_nobody_says_how_many(clustered: Brokers) -> None:
    """Keeps away a cluster that is made a single copy by a setting that somebody forgot."""

    async def copies(client: Client) -> int | None:
        return (await client.jetstream().stream_info("JUDGING")).config.num_replicas

    async def provisioned(client: Client, replicas: int | None = None) -> int | None:
        for _ in range(60):
            try:
                await provision(client, [service.topology for service in SERVICES], replicas=replicas)
                return await copies(client)
            except (NATSError, APIError):  # the cluster is choosing its leaders
                await asyncio.sleep(0.5)
        raise AssertionError("the cluster chose no leader")

    async def run() -> list[int | None]:
        client = await nats.connect(clustered.url.split(","))
        try:
            return [await provisioned(client, number) for number in (None, None, 1, None, 3, None)]
        finally:
            await client.close()

    assert asyncio.run(run()) == [3, 3, 1, 1, 3, 3]
