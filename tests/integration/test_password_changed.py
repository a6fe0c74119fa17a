"""The password of a service in NATS is changed while it runs."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from laurel.client import Client
from laurel.servers import Server, free_port, listens, mongo_server, mongo_url, nats_program
from tests.conftest import EXAMPLE
from tests.support.installation import SECRET, SERVICES, Servers, ThreeProcesses
from tests.support.waiting import eventually

SEASON = "/registration/v1/seasons/campus-ai-2025"


def write_password(config: Path, port: int, password: str) -> str:
    """A configuration of NATS with one user; how clients reach it."""
    config.write_text(
        f'host: "127.0.0.1"\nport: {port}\nmax_payload: 8MB\n'
        f'jetstream {{ store_dir: "{config.parent / "jetstream"}", sync_interval: always }}\n'
        f"authorization {{ user: laurel, password: {password} }}\n"
    )
    return f"nats://laurel:{password}@127.0.0.1:{port}"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[ThreeProcesses, Server, int]]:
    """An installation whose NATS asks for a password, that server, and its port."""
    port, mongo_port = free_port(), free_port()
    config = tmp_path / "guarded.conf"
    url = write_password(config, port, "first")
    broker = Server("nats", [str(nats_program()), "-c", str(config)], tmp_path / "guarded.log", lambda: listens(port))
    servers = Servers(mongo_url(mongo_port), url, (broker, mongo_server(tmp_path, mongo_port)))
    for server in servers.started:
        server.start()
    running = ThreeProcesses(tmp_path, servers)
    try:
        running.start()
        yield running, broker, port
    finally:
        running.stop()
        servers.stop()


def test_a_service_whose_password_was_changed_says_so_and_loses_nothing(
    guarded: tuple[ThreeProcesses, Server, int], tmp_path: Path
) -> None:
    """Keeps away: services that go on as if all were well while NATS no longer knows them, and events that they drop."""
    running, broker, port = guarded
    rules = {"content": (EXAMPLE / "season.yaml").read_bytes(), "headers": {"Content-Type": "application/yaml"}}
    units = {"content": (EXAMPLE / "units.csv").read_bytes(), "headers": {"Content-Type": "text/csv"}}
    with closing(Client(running.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        client.call("PUT", SEASON, params={"mode": "records"}, **rules)

        url = write_password(tmp_path / "guarded.conf", port, "second")
        assert broker.process
        broker.process.send_signal(signal.SIGHUP)

        def said() -> None:
            for name in SERVICES:
                ended = running.processes[name].poll() is not None
                assert ended or httpx.get(f"{running.service_url(name)}/{name}/readyz", timeout=10).status_code == 503

        eventually(said, patience=60)
        running.environment["LAUREL_NATS_URL"] = url
        if running.processes["registration"].poll() is None:  # while it waits it accepts what is sent
            assert client.call("PUT", f"{SEASON}/records/units", **units).json()["accepted"] == 9
        for name in SERVICES:
            running.kill(name)
            running.start_service(name)
            running.wait_ready(name)
        client.call("PUT", f"{SEASON}/records/units", **units)

        def arrived() -> None:
            known = httpx.get(f"{running.url}/judging/v1/seasons/campus-ai-2025", timeout=10)
            assert known.status_code == 200
            assert known.json()["units"] == 9

        eventually(arrived, patience=60)
