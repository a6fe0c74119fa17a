"""`python -m deploy.cluster`: the whole topology as processes; a season runs through it while parts are killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.cluster.__main__ import SERVICES
from laurel.client import Client
from laurel.reconcile import compare, nothing_on_the_way
from laurel.season_folder import read_folder
from laurel.season_run import Run
from laurel.servers import die_with_parent, free_port
from tests.conftest import EXAMPLE, EXPECTED
from tests.support.folders import differences
from tests.support.installation import processor_seconds

STOP_SECONDS = 240.0
"""Within which everything has ended, on a machine that does much else."""
PATIENCE = 120.0
"""Seconds without a word and without work, before a start counts as stuck."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator["Started"]:
    started = Started(tmp_path)
    try:
        started.wait_for("operator-secret")
        yield started
    finally:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(STOP_SECONDS)


class Started:
    """The command, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.log = folder / "data", free_port(), folder / "said.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.cluster", "--data", str(self.folder), "--port", str(self.port)],
                env={**os.environ, "LAUREL_LANGUAGE": "en", "LANG": "en_US.UTF-8"},
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing that locks
            )

    def wait_for(self, words: str) -> None:
        """Wait until it says this, as long as it works."""
        worked, last = 0.0, time.monotonic()
        while words not in self.log.read_text() and str(self.folder) not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            if processor_seconds(self.process.pid) > worked + 0.1:
                worked, last = processor_seconds(self.process.pid), time.monotonic()
            assert time.monotonic() < last + PATIENCE, self.log.read_text()
            time.sleep(0.2)

    def kill(self, port: int) -> None:
        """kill -9 of whichever child of ours has this port in its command or its environment."""
        for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            try:
                told = Path(f"/proc/{child}/cmdline").read_bytes() + Path(f"/proc/{child}/environ").read_bytes()
            except OSError:  # it has just ended
                continue
            config = next((part for part in told.split(b"\0") if part.endswith(b".conf")), b"")
            told += Path(config.decode()).read_bytes() if config else b""
            if (
                f"LAUREL_PORT={port}".encode() in told
                or f"port: {port}\n".encode() in told
                or b"--port\0%d\0" % port in told
            ):
                os.kill(int(child), signal.SIGKILL)
                return
        raise AssertionError(f"nobody has port {port}")


@pytest.mark.timeout(900)
def test_a_season_runs_through_a_cluster_of_processes_of_which_some_are_killed(
    cluster: Started, tmp_path: Path
) -> None:
    """Keeps away a topology that exists on paper alone."""
    ports = json.loads((cluster.folder / "ports.json").read_text())
    with closing(Client(f"http://127.0.0.1:{cluster.port}", "en", patience=120)) as client:
        client.sign_in_as_operator((cluster.folder / "operator-secret").read_text())
        run = Run(read_folder(EXAMPLE), client, lambda _: None)
        run.open()
        for name in ("nats", "mongo", *SERVICES):
            cluster.kill(ports[name][0])

        run.hand_over()
        run.judge()
        run.write_results(tmp_path / "results")

        assert differences(tmp_path / "results", EXPECTED) == []
        client.wait_for("quiet", lambda: nothing_on_the_way(client))
        assert [comparison for comparison in compare(client, run.season) if not comparison.agreed] == []
    said = cluster.log.read_text()
    for name in ("nats-0", "mongod-0", *(f"{service}-0" for service in SERVICES)):
        assert name in said
