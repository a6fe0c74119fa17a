"""Two processes of each service share the work; three servers each of NATS and MongoDB lose one and go on."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import nats
import pytest

from deploy.cluster.servers import Brokers, ReplicaSet, nats_cluster, replica_set
from laurel.client import Client
from laurel.reconcile import compare, nothing_on_the_way
from laurel.season_folder import read_folder
from laurel.season_run import Run
from tests.conftest import EXAMPLE, EXPECTED
from tests.support.folders import differences
from tests.support.installation import SECRET, SERVICES, Servers, ThreeProcesses


def applied(url: str, service: str) -> float:
    """Events that this process has taken in."""
    text = httpx.get(f"{url}/{service}/metrics").text
    return sum(
        float(count)
        for count in re.findall(r'^laurel_events_consumed_total\{.*"applied".*\} (\S+)$', text, re.MULTILINE)
    )


@pytest.mark.timeout(600)
def test_two_processes_of_each_service_share_the_work(alone: ThreeProcesses, tmp_path: Path) -> None:
    alone.start_replicas()
    with closing(Client(alone.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        run = Run(read_folder(EXAMPLE), client, lambda _: None)

        run.whole(tmp_path / "out")

        assert differences(tmp_path / "out" / "results", EXPECTED) == []
        client.wait_for("quiet", lambda: nothing_on_the_way(client))
        assert [comparison for comparison in compare(client, run.season) if not comparison.agreed] == []
    for name in ("judging", "certificates"):
        shares = [applied(url, name) for url in alone.upstream(name)]
        assert min(shares) > 0, f"{name}: {shares}"


@pytest.fixture
def clustered(tmp_path: Path) -> Iterator[tuple[ThreeProcesses, Brokers, ReplicaSet]]:
    brokers = nats_cluster(tmp_path)
    brokers.start()
    try:
        stores = replica_set(tmp_path)
        running = ThreeProcesses(tmp_path, Servers(stores.url, brokers.url))
        running.environment = {"LAUREL_NATS_MONITORING": brokers.monitoring}
        try:
            running.start()
            running.supervise()
            yield running, brokers, stores
        finally:
            running.stop()
            stores.stop()
    finally:
        brokers.stop()


@pytest.mark.timeout(600)
def test_a_cluster_by_settings_alone_survives_the_loss_of_a_server_each(
    clustered: tuple[ThreeProcesses, Brokers, ReplicaSet], tmp_path: Path
) -> None:
    running, brokers, stores = clustered
    assert asyncio.run(replicas(running.servers.nats_url)) == {3}
    with closing(Client(running.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        run = Run(read_folder(EXAMPLE), client, lambda _: None)
        run.open()
        leader = stores.leader()
        leader.server.kill()
        brokers.servers[0].kill()

        run.hand_over()
        run.judge()
        run.write_results(tmp_path / "results")

        assert differences(tmp_path / "results", EXPECTED) == []
    assert stores.leader() is not leader
    assert set(SERVICES) == set(running.processes)


async def replicas(url: str) -> set[int]:
    """Copies of each stream."""
    client = await nats.connect(url.split(","))
    jetstream = client.jetstream()
    names = ("REGISTRATION", "JUDGING", "CERTIFICATES", "PEOPLE")
    numbers = {(await jetstream.stream_info(name)).config.num_replicas or 0 for name in names}
    await client.close()
    return numbers
