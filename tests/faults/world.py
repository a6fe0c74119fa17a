"""An installation to be broken: servers on disks that can be filled, services behind links that can be cut."""

import asyncio
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from laurel.servers import Server, free_port, mongo_server, mongo_url, nats_server
from tests.faults.links import Link
from tests.support.installation import SERVICES, Servers, ThreeProcesses

DISKS = {"nats": 900, "mongod": 1800}
"""Megabytes."""


def can_mount() -> bool:
    """Whether disks of our own can be made: as root, with loop devices."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        return False
    return subprocess.run(["losetup", "-f"], capture_output=True, check=False).returncode == 0


@dataclass
class Disk:
    """An ext4 file system in a file."""

    image: Path
    folder: Path
    mounted: bool = False

    def mount(self, megabytes: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.image.open("wb") as out:
            out.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        self._mount()

    def fill(self) -> None:
        """Leave no byte free."""
        filler = self.folder / "filler"
        free = shutil.disk_usage(self.folder).free
        with filler.open("ab", buffering=0) as out, suppress(OSError):
            os.posix_fallocate(out.fileno(), 0, max(free - (1 << 16), 1))
            while True:
                out.write(b"x" * 4096)

    def snapshot(self) -> None:
        """Copy what the disk holds at this moment. Pages that were not synced are not in it."""
        subprocess.run(["cp", "--sparse=always", str(self.image), str(self._copy)], check=True)

    def revert(self) -> None:
        """Go on with the copy, as after a power cut. Whoever worked here must have ended."""
        subprocess.run(["umount", "-l", str(self.folder)], check=True)
        self._copy.replace(self.image)
        self._mount()

    @property
    def _copy(self) -> Path:
        return self.image.with_suffix(".copy")

    def _mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.folder)], check=True)
        self.mounted = True

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)

    def unmount(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)
            self.mounted = False
        self.image.unlink(missing_ok=True)
        self._copy.unlink(missing_ok=True)


@dataclass
class World:
    """Three supervised services, each with its own links to NATS and MongoDB."""

    folder: Path
    with_disks: bool
    servers: dict[str, Server] = field(default_factory=dict)
    disks: dict[str, Disk] = field(default_factory=dict)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    services: ThreeProcesses | None = None
    nats_url: str = ""
    letters: int = 0
    """Dead letters that the poison must leave: one for each consumer of each poisoned message."""

    async def start(self) -> None:
        ports = {"nats": free_port(), "mongod": free_port()}
        folders = {name: self.folder / name for name in ports}
        for name, folder in folders.items():
            if self.with_disks:
                self.disks[name] = Disk(self.folder / f"{name}.img", folder)
                await asyncio.to_thread(self.disks[name].mount, DISKS[name])
            folder.mkdir(exist_ok=True)
        self.servers = {
            "nats": nats_server(folders["nats"], ports["nats"]),
            "mongod": mongo_server(folders["mongod"], ports["mongod"]),
        }
        for name, server in self.servers.items():
            server.log = self.folder / f"{name}.log"  # not on the disk that will be full
            await asyncio.to_thread(server.start)
        self.nats_url = f"nats://127.0.0.1:{ports['nats']}"
        for service in SERVICES:
            for target, port in ports.items():
                self.links[service, target] = Link(port)
                await self.links[service, target].start()
        self.services = ThreeProcesses(self.folder, Servers(mongo_url(ports["mongod"]), self.nats_url))
        self.services.environment_of = {
            service: {
                "LAUREL_MONGO_URL": f"mongodb://127.0.0.1:{self.links[service, 'mongod'].port}/?directConnection=true",
                "LAUREL_NATS_URL": f"nats://127.0.0.1:{self.links[service, 'nats'].port}",
                "LAUREL_LOG_LEVEL": "WARNING",
            }
            for service in SERVICES
        }
        await asyncio.to_thread(self.services.start)
        self.services.supervise()

    @property
    def running(self) -> ThreeProcesses:
        assert self.services
        return self.services

    def signal(self, name: str, number: signal.Signals) -> None:
        process = self.servers[name].process if name in self.servers else self.running.processes[name]
        if process and process.poll() is None:
            os.kill(process.pid, number)

    async def restart(self, name: str) -> None:
        """Start a server that has ended, as its supervisor would."""
        server = self.servers[name]
        if server.process and server.process.poll() is not None:
            await asyncio.to_thread(server.start)

    async def stop(self) -> None:
        if self.services:
            await asyncio.to_thread(self.services.stop)
        for link in self.links.values():
            await link.stop()
        for server in self.servers.values():
            await asyncio.to_thread(server.stop)
        for disk in self.disks.values():
            disk.unmount()
