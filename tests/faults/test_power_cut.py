"""A power cut: what the disk holds at that moment is all there is. The copy of a mounted image lacks unsynced pages."""

import asyncio
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig

from laurel.servers import Server, free_port, listens, nats_program, nats_server
from tests.conftest import missing_here
from tests.faults.world import Disk, can_mount

MESSAGES, WRITERS = 2000, 8


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of the test's own."""
    if not can_mount():
        missing_here("a power cut needs root and loop devices")
    each_disk = Disk(tmp_path / "disk.img", tmp_path / "disk")
    each_disk.mount(400)
    yield each_disk
    each_disk.unmount()


def lazy_server(folder: Path, port: int) -> Server:
    """NATS as it comes: it acknowledges and writes to disk every two minutes."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats.conf"
    config.write_text(f'host: "127.0.0.1"\nport: {port}\njetstream {{ store_dir: "{folder / "jetstream"}" }}\n')
    return Server("nats", [str(nats_program()), "-c", str(config)], folder / "nats.log", lambda: listens(port))


async def acknowledged(port: int, *, prepare: bool) -> int:
    """Publish and count the acknowledgements; or, to prepare, only make the stream."""
    client = await nats.connect(f"nats://127.0.0.1:{port}")
    jetstream = client.jetstream()
    await jetstream.add_stream(StreamConfig(name="CUT", subjects=["cut"]))
    if not prepare:
        for _ in range(MESSAGES // WRITERS):
            await asyncio.gather(*(jetstream.publish("cut", b"x" * 400) for _ in range(WRITERS)))
    count = (await jetstream.stream_info("CUT")).state.messages
    await client.close()
    return count


async def found(port: int) -> int:
    client = await nats.connect(f"nats://127.0.0.1:{port}")
    try:
        return (await client.jetstream().stream_info("CUT")).state.messages
    except nats.js.errors.NotFoundError:
        return 0
    finally:
        await client.close()


@pytest.mark.parametrize(("make", "loses"), [(nats_server, False), (lazy_server, True)], ids=["ours", "as it comes"])
def test_what_was_acknowledged_survives_a_power_cut(
    disk: Disk, make: Callable[[Path, int], Server], loses: bool
) -> None:
    port = free_port()
    server = make(disk.folder, port)
    server.start()
    asyncio.run(acknowledged(port, prepare=True))
    subprocess.run(["sync"], check=True)
    count = asyncio.run(acknowledged(port, prepare=False))
    assert server.process
    server.process.send_signal(signal.SIGSTOP)

    disk.snapshot()
    server.kill()
    disk.revert()
    server.start()

    kept = asyncio.run(found(port))
    server.stop()
    assert count == MESSAGES
    assert (kept < MESSAGES) if loses else (kept == MESSAGES)
