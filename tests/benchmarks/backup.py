"""`python -m tests.benchmarks.backup --gib 20`: a backup of so many works, read back, restored; minutes, memory, hashes.

It needs a little more than three times as much on the disk of FOLDER, or twice where the source is given up after the
backup was taken, which it is.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import click

from laurel.servers import Server, free_port, mongo_server, mongo_url
from shared.settings import ServiceSettings
from tests.support.backups import Client, fill, hashes, put_pieces

MIB = 1024 * 1024
SIZES = tuple(int(size * MIB) for size in (0.3, 0.7, 2, 5, 12, 28, 64))
"""Bytes of works, one after the other: a text, pictures, slides, a film."""
MEASURED = """
import resource, sys
from laurel.cli import main
try:
    main(sys.argv[1:])
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
Value = TypeVar("Value")


def said(name: str, work: Callable[[], Value], gib: float) -> Value:
    """Do it, and say how long it took."""
    began = time.monotonic()
    value = work()
    seconds = time.monotonic() - began
    click.echo(f"{name:<34}{seconds / 60:>8.2f} min{gib * 1024 / seconds:>8.0f} MiB/s")
    return value


def laurel(settings: ServiceSettings, recipient: str, *arguments: str) -> None:
    """A command in a process of its own, with the most memory that it took."""
    environment = {
        **os.environ,
        "LAUREL_MONGO_URL": settings.mongo_url,
        "LAUREL_LANGUAGE": "en",
        "LAUREL_BACKUP_RECIPIENT": recipient,
    }
    command = [sys.executable, "-c", MEASURED, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    for line in lines[-4:-1]:
        click.echo(f"    {line}")
    click.echo(f"    peak memory {lines[-1].split()[-1]} MiB")
    if done.returncode:
        raise click.ClickException(done.stderr)


def fill_works(settings: ServiceSettings, most: int) -> int:
    """Works of random bytes until there are so many; how many works."""
    count = size = 0
    with Client(settings.mongo_url) as client:
        uploads = client["registration"]["uploads"]
        while size < most:
            upload, of_work = sha256(f"work {count}".encode()).hexdigest()[:32], SIZES[count % len(SIZES)]
            put_pieces(client, settings, upload, of_work)
            uploads.insert_one(
                {"_id": upload, "season": "s", "entry": f"E{count}", "size": of_work, "offset": of_work, "done": True}
            )
            count += 1
            size += of_work
    fill(settings, 1, MIB, copied=1, first=10_000_000)
    return count


def start(folder: Path) -> tuple[Server, ServiceSettings]:
    """A mongod whose log of operations is small, because it is no part of what is measured."""
    folder.mkdir()
    port = free_port()
    server = mongo_server(folder, port)
    server.command += ["--oplogSize", "990"]
    server.start()
    return server, ServiceSettings(mongo_url=mongo_url(port))


def most_memory(server: Server) -> str:
    """The most memory that the server has taken, in MiB."""
    status = Path(f"/proc/{server.process.pid if server.process else 0}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+)", status)
    return str(int(match[1]) // 1024) if match else "?"


@click.command()
@click.option("--gib", type=float, default=1.0, show_default=True, help="GiB of works.")
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=None)
@click.option("--seed", type=int, default=1, show_default=True)
def measure(gib: float, folder: Path | None, seed: int) -> None:
    random.seed(seed)
    with tempfile.TemporaryDirectory(prefix="laurel-backup-", dir=folder) as name:
        place = Path(name)
        backups, key = str(place / "backups"), str(place / "key")
        free = shutil.disk_usage(place).free / 2**30
        click.echo(f"{gib} GiB of works, {free:.0f} GiB free, {os.cpu_count()} processors")
        made = subprocess.run(
            [sys.executable, "-m", "laurel", "backup", "key", key], capture_output=True, text=True, check=True
        )
        public = made.stdout.split()[-1]
        server, source = start(place / "source")
        servers = [server]
        try:
            works = said("filled", lambda: fill_works(source, int(gib * 2**30)), gib)
            click.echo(f"    works {works}")
            wanted = said("hashed", lambda: hashes(source), gib)
            take = ("backup", "take", backups, "--data", str(place / "data"))
            said("backup", lambda: laurel(source, public, *take), gib)
            said("backup again, nothing new", lambda: laurel(source, public, *take), gib)
            click.echo(f"    mongod at most {most_memory(server)} MiB")
            server.stop()
            shutil.rmtree(place / "source")
            said("verified, hashes", lambda: laurel(source, public, "backup", "verify", backups), gib)
            said("verified, opened", lambda: laurel(source, public, "backup", "verify", backups, "--key", key), gib)
            server, target = start(place / "target")
            servers.append(server)
            restore = ("restore", backups, "--key", key, "--data", str(place / "restored"))
            said("restored", lambda: laurel(target, public, *restore), gib)
            there = said("hashed", lambda: hashes(target), gib)
            click.echo(f"    mongod at most {most_memory(server)} MiB")
        finally:
            for running in servers:
                running.stop()
        differing = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
        if differing:
            raise click.ClickException(f"hashes differ: {', '.join(differing)}")
        click.echo(f"hashes equal, collections {len(wanted)}")


if __name__ == "__main__":
    measure()
