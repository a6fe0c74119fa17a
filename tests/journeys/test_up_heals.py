"""`laurel up` heals itself: servers are killed, a store is wiped, a disk is full; nothing is done by hand, nothing is lost."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import pytest

from laurel.client import Client
from laurel.season_folder import read_folder
from laurel.season_run import Run
from laurel.servers import free_port
from tests.conftest import EXAMPLE, missing_here
from tests.faults.world import Disk, can_mount
from tests.support.waiting import eventually

SEASON = "campus-ai-2025"
PATIENCE = 240.0
DISK = 2400
"""Megabytes: what `laurel up` asks for, and the servers' first files."""


class Up:
    """The command in a process of its own, with what it says."""

    def __init__(self, data: Path) -> None:
        self.data, self.port, self.lines = data, free_port(), list[str]()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "laurel", "up", "--data", str(data), "--port", str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "LAUREL_LANGUAGE": "en"},
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def client(self) -> Client:
        client = Client(self.url, "en", patience=PATIENCE)
        client.sign_in_as_operator((self.data / "keys" / "operator.secret").read_text().strip())
        return client

    def pid(self, program: str) -> int:
        """The process of a server of this installation."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                except OSError:
                    continue
                if Path(command[0]).name == program and any(str(self.data) in word for word in command[1:]):
                    return int(entry.name)
        raise AssertionError(program)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._listener.join()
        if self.process.stdout:
            self.process.stdout.close()


def said(up: Up, *words: str) -> None:
    def heard() -> None:
        assert all(up.says(each) for each in words), "".join(up.lines)

    eventually(heard, PATIENCE)


def told_of_the_disk(up: Up) -> None:
    """The terminal has said that the disk is full, whichever server met it first."""
    assert up.says("waiting for disk space") or up.says("kept refusing writes"), "".join(up.lines)


def whole(up: Up, client: Client) -> None:
    """Ready, nothing missing in a stream, and judging has every entry that registration confirmed."""

    def agree() -> None:
        for name in ("registration", "judging", "certificates"):
            try:
                checks = httpx.get(f"{up.url}/{name}/readyz", timeout=10)
            except httpx.HTTPError as error:
                raise AssertionError from error
            assert checks.status_code == 200, checks.text
            assert checks.json()["checks"]["streams"] == "ok"
        told = client.get(f"/registration/v1/seasons/{SEASON}")
        taken_in = client.get(f"/judging/v1/seasons/{SEASON}")
        assert told["entries"] > 0
        assert (told["entries"], told["standings"]) == (taken_in["entries"], taken_in["standings"])

    eventually(agree, PATIENCE)


def hand_in(client: Client) -> None:
    for kind in ("units", "entries"):
        content, address = (EXAMPLE / f"{kind}.csv").read_bytes(), f"/registration/v1/seasons/{SEASON}/records/{kind}"
        client.call("PUT", address, content=content, headers={"Content-Type": "text/csv"})


def started(data: Path) -> Iterator[Up]:
    up = Up(data)
    try:
        said(up, "Ctrl-C")
        yield up
    finally:
        up.stop()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    yield from started(tmp_path / "data")


@pytest.mark.timeout(1500)
def test_servers_that_are_killed_and_a_store_that_is_wiped_come_back_by_themselves(up: Up) -> None:
    """Keeps away: an installation of one machine that needs somebody at night."""
    with closing(up.client()) as client:
        Run(read_folder(EXAMPLE), client, lambda _: None).open()
        os.kill(up.pid("nats-server"), signal.SIGKILL)
        hand_in(client)
        said(up, "nats-server has stopped", "nats-server is running again after")
        whole(up, client)

        os.kill(up.pid("mongod"), signal.SIGKILL)
        said(up, "mongod has stopped", "mongod is running again after")
        whole(up, client)

        shutil.rmtree(up.data / "jetstream")
        os.kill(up.pid("nats-server"), signal.SIGKILL)
        said(up, "services has stopped")
        whole(up, client)

        page = client.call("GET", "/registration/operations", headers={"Accept": "text/html"}).text
        assert "nats-server" in page
        assert "mongod" in page


@pytest.mark.timeout(1500)
def test_after_a_full_disk_is_freed_everything_goes_on_by_itself(tmp_path: Path) -> None:
    """Keeps away: a NATS that refuses until somebody starts it anew, a mongod that stays down."""
    if not can_mount():
        missing_here("a disk of our own needs root, loop devices and mkfs.ext4")
    disk = Disk(tmp_path / "disk.img", tmp_path / "disk")
    disk.mount(DISK)
    try:
        for up in started(disk.folder / "data"):
            with closing(up.client()) as client:
                Run(read_folder(EXAMPLE), client, lambda _: None).open()
                disk.fill()
                handing_in = threading.Thread(target=hand_in, args=(client,), daemon=True)
                handing_in.start()
                handing_in.join(20)
                eventually(partial(told_of_the_disk, up), PATIENCE)
                disk.free()
                handing_in.join(PATIENCE)
                assert not handing_in.is_alive()
                whole(up, client)
    finally:
        disk.unmount()
