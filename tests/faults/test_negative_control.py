"""The checker finds what a naive system loses and doubles; otherwise its silence about ours would mean nothing."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import nats
import pytest
from nats.js.errors import NotFoundError
from pymongo import MongoClient

from laurel.servers import Server, die_with_parent, free_port, listens, mongo_server, mongo_url, nats_server
from tests.faults.account import account
from tests.support.waiting import eventually

SECONDS = 0.5


class Naive:
    """The naive system's two processes and two servers."""

    def __init__(self, folder: Path) -> None:
        self.nats_port, self.mongo_port, self.port = free_port(), free_port(), free_port()
        self.nats: Server = nats_server(folder, self.nats_port)
        self.mongod: Server = mongo_server(folder, self.mongo_port)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self.nats.start()
        self.mongod.start()
        self.run("consumer")
        eventually(self._consumes)
        self.run("api", str(self.port))
        eventually(self._answers)

    def _consumes(self) -> None:
        assert asyncio.run(self._is_bound()), "what is told before anybody listens is lost, as naive systems lose it"

    async def _is_bound(self) -> bool:
        connection = await nats.connect(f"nats://127.0.0.1:{self.nats_port}")
        try:
            return bool((await connection.jetstream().consumer_info("NAIVE", "naive-certificates")).push_bound)
        except NotFoundError:
            return False
        finally:
            await connection.close()

    def _answers(self) -> None:
        assert listens(self.port)

    def run(self, name: str, *more: str) -> None:
        servers = [mongo_url(self.mongo_port), f"nats://127.0.0.1:{self.nats_port}"]
        self.processes[name] = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.naive", name, *servers, *more],
            preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing that locks
        )

    def enter(self, title: str, *, tries: int = 1) -> bool:
        """Whether it was acknowledged."""
        for _ in range(tries):
            with suppress(httpx.HTTPError):
                address = f"http://127.0.0.1:{self.port}/entries"
                if httpx.post(address, json={"title": title}, timeout=SECONDS).status_code == 201:
                    return True
            time.sleep(SECONDS / 2)
        return False

    def titles(self, collection: str) -> list[str]:
        with MongoClient[dict[str, str]](mongo_url(self.mongo_port)) as client:
            return [document["title"] for document in client["naive"][collection].find()]

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.nats.stop()
        self.mongod.stop()


@pytest.fixture
def naive(tmp_path: Path) -> Iterator[Naive]:
    each_naive = Naive(tmp_path)
    try:
        each_naive.start()
        yield each_naive
    finally:
        each_naive.stop()


def test_what_a_naive_system_loses_and_doubles_is_found(naive: Naive) -> None:
    calm = [f"calm {number}" for number in range(5) if naive.enter(f"calm {number}", tries=20)]

    def issued() -> None:
        assert account(calm, naive.titles("certificates")).lost == ()

    eventually(issued)

    # The broker is away while entries are acknowledged, and the service dies before it returns.
    naive.nats.kill()
    acknowledged = [title for title in (f"away {number}" for number in range(5)) if naive.enter(title)]
    naive.processes["api"].kill()
    naive.processes["api"].wait()
    naive.nats.start()
    naive.run("api", str(naive.port))
    eventually(naive._answers)
    assert len(acknowledged) == 5, "the naive service says yes while its broker is away"
    # The database is slow, so a person sends again.
    process = naive.mongod.process
    assert process
    process.send_signal(signal.SIGSTOP)
    assert not naive.enter("slow")
    process.send_signal(signal.SIGCONT)
    assert naive.enter("slow", tries=20)

    def found() -> None:
        certificates = account([*calm, *acknowledged, "slow"], naive.titles("certificates"))
        entries = account([*calm, *acknowledged, "slow"], naive.titles("entries"))
        assert certificates.lost == tuple(acknowledged)
        assert "slow" in entries.doubled

    eventually(found)
