"""A disk that reports an error when it is to write down what it was given: neither server acknowledges on it."""

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.errors import Error as NATSError
from nats.js.api import StreamConfig
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from laurel.servers import Server, free_port, mongo_server, mongo_url, nats_server
from tests.conftest import missing_here
from tests.support.waiting import eventually


@contextmanager
def failing_disk(server: Server, notes: Path) -> Iterator[None]:
    """Every `fsync` and `fdatasync` of the server fails from now on."""
    assert server.process
    calls = "fsync,fdatasync"
    command = ["strace", "-f", "-qq", "-o", str(notes), "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO"]
    tracer = subprocess.Popen([*command, "-p", str(server.process.pid)])

    def attached() -> None:
        status = Path(f"/proc/{server.process.pid}/status").read_text()  # type: ignore[union-attr]
        assert f"TracerPid:\t{tracer.pid}" in status

    eventually(attached)
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(20)


@pytest.fixture(autouse=True)
def _tracing() -> None:
    if not shutil.which("strace"):
        missing_here("failing disks need strace (apt-get install strace)")


def test_nats_acknowledges_nothing_that_the_disk_refused(tmp_path: Path) -> None:
    """Keeps away: an event that was acknowledged, taken out of the outbox, and stood on no disk."""
    port = free_port()
    server = nats_server(tmp_path, port)
    server.start()

    async def publish() -> bool:
        client = await nats.connect(f"nats://127.0.0.1:{port}")
        jetstream = client.jetstream(timeout=3)
        await jetstream.add_stream(StreamConfig(name="CUT", subjects=["cut"]))
        try:
            await jetstream.publish("cut", b"x")
        except (NATSError, nats.js.errors.Error):
            return False
        else:
            return True
        finally:
            await client.close()

    try:
        assert asyncio.run(publish())
        with failing_disk(server, tmp_path / "trace"):
            assert not asyncio.run(publish())
        assert "EIO" in (tmp_path / "trace").read_text()
    finally:
        server.stop()


def test_mongod_acknowledges_nothing_that_the_disk_refused(tmp_path: Path) -> None:
    """Keeps away: an entry that was confirmed and lies in no journal. mongod ends by itself rather than go on."""
    port = free_port()
    server = mongo_server(tmp_path, port)
    server.start()
    url = mongo_url(port)

    def written(number: int) -> bool:
        with MongoClient[dict[str, Any]](
            url, serverSelectionTimeoutMS=3000, socketTimeoutMS=8000, retryWrites=False
        ) as client:
            things = client["probe"].get_collection("things", write_concern=WriteConcern(w="majority", j=True))
            try:
                things.insert_one({"_id": number})
            except PyMongoError:
                return False
            return True

    try:
        assert written(1)
        with failing_disk(server, tmp_path / "trace"):
            confirmed = written(2)
            deadline = time.monotonic() + 20
            while server.process and server.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
        assert not confirmed
        assert server.process
        assert server.process.poll() not in (None, 0)
    finally:
        server.stop()
