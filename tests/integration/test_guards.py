"""The guards of a service: a frozen process ends, a lost broker is waited for, a wrong topology stops the start."""

import asyncio
import resource
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import nats
import pytest

from laurel.client import Client
from laurel.servers import free_port, mongo_server, mongo_url, nats_server
from tests.conftest import EXAMPLE
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.waiting import eventually

FREEZE = """
import asyncio, time
from shared.messaging.broker import Watchdog

async def main():
    Watchdog(limit=0.5).start()
    await asyncio.sleep(0.3)
    time.sleep({seconds})

asyncio.run(main())
"""


@pytest.mark.parametrize(("seconds", "code"), [(20, 70), (0.01, 0)], ids=["frozen", "healthy"])
def test_a_frozen_loop_ends_the_process(seconds: float, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", FREEZE.format(seconds=seconds)], timeout=15, check=False)

    assert done.returncode == code


@pytest.mark.timeout(600)
def test_an_outage_of_the_broker_delays_and_loses_nothing(tmp_path: Path) -> None:
    """Registration keeps answering while NATS is away; judging learns everything after its return."""
    nats_port, mongo_port = free_port(), free_port()
    broker, store = nats_server(tmp_path, nats_port), mongo_server(tmp_path, mongo_port)
    broker.start()
    store.start()
    servers = Servers(mongo_url(mongo_port), f"nats://127.0.0.1:{nats_port}", (broker, store))
    running = ThreeProcesses(tmp_path, servers)
    try:
        running.start()
        client = Client(running.url, "en")
        client.sign_in_as_operator(SECRET)
        season = "/registration/v1/seasons/campus-ai-2025"
        yaml = {"content": (EXAMPLE / "season.yaml").read_bytes(), "headers": {"Content-Type": "application/yaml"}}
        client.call("PUT", season, params={"mode": "records"}, **yaml)
        broker.kill()
        units = {"content": (EXAMPLE / "units.csv").read_bytes(), "headers": {"Content-Type": "text/csv"}}

        answer = client.call("PUT", f"{season}/records/units", **units)

        assert answer.json()["accepted"] == 9
        assert httpx.get(f"{running.url}/registration/readyz", timeout=10).status_code == 503
        broker.start()

        def arrived() -> None:
            known = httpx.get(f"{running.url}/judging/v1/seasons/campus-ai-2025", timeout=10)
            assert known.status_code == 200
            assert known.json()["units"] == 9

        eventually(arrived, patience=60)
        assert all(process.poll() is None for process in running.processes.values())
        client.close()
    finally:
        running.stop()
        servers.stop()


def test_a_service_does_not_start_on_a_topology_that_drifted(tmp_path: Path) -> None:
    nats_port, mongo_port = free_port(), free_port()
    servers = Servers(
        mongo_url(mongo_port),
        f"nats://127.0.0.1:{nats_port}",
        (nats_server(tmp_path, nats_port), mongo_server(tmp_path, mongo_port)),
    )
    for server in servers.started:
        server.start()
    running = ThreeProcesses(tmp_path, servers)
    try:
        running.start()
        running.kill("judging")
        asyncio.run(delete_consumer(servers.nats_url))
        running.start_service("judging")

        assert running.processes["judging"].wait(30) != 0
        assert "consumer judging-entry-accepted-v1 is missing" in (tmp_path / "judging.log").read_text()
    finally:
        running.stop()
        servers.stop()


@pytest.mark.timeout(600)
def test_a_process_without_file_descriptors_answers_again_once_there_are_some(unstarted: ThreeProcesses) -> None:
    """Exhausted descriptors: connections that are opened and never used take all; nothing acknowledged is lost by it."""
    unstarted.start()
    process = unstarted.processes["registration"]
    open_now = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (open_now + 12, 4096))
    address = ("127.0.0.1", httpx.URL(unstarted.service_url("registration")).port or 0)
    idle = [socket.create_connection(address, 5) for _ in range(60)]

    def exhausted() -> None:
        assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) >= open_now + 10

    eventually(exhausted)
    for connection in idle:
        connection.close()

    def answers() -> None:
        try:
            answer = httpx.get(f"{unstarted.service_url('registration')}/registration/healthz", timeout=5)
        except httpx.HTTPError as error:
            raise AssertionError(repr(error)) from error
        assert answer.status_code == 200

    eventually(answers)
    assert process.poll() is None


async def delete_consumer(url: str) -> None:
    client = await nats.connect(url)
    await client.jetstream().delete_consumer("REGISTRATION", "judging-entry-accepted-v1")
    await client.close()
