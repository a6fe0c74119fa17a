"""Two gigabytes over a connection that breaks three times: nothing is sent twice, the hash is right, memory stays flat."""

import contextlib
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from laurel.client import Client
from tests.integration.test_works import begun
from tests.support.installation import ThreeProcesses
from tests.support.seasons import new_season, open_season, person
from tests.support.tus import Tus

SIZE = 2 * 1024**3
PIECE = 1024 * 1024
BREAKS = (300 * PIECE + 17, 900 * PIECE + 1, 1500 * PIECE + 999_999)
IN_FLIGHT = 16 * PIECE
MOST_GROWTH = 100 * 1024 * 1024


class Broken(Exception):
    """The line is cut here."""


def content(start: int, cut: int | None) -> Iterator[bytes]:
    """The bytes of the file from `start`: a PDF by its head, then numbered blocks. Breaks at `cut`."""
    position = start
    while position < SIZE:
        block, offset = divmod(position, PIECE)
        data = (b"%PDF-1.7\n" if block == 0 else b"") + f"{block:09d}".encode() * (PIECE // 9 + 1)
        part = data[:PIECE][offset:]
        if cut is not None and position + len(part) > cut:
            yield part[: cut - position]
            raise Broken
        yield part
        position += len(part)


def resident(pid: int, *, most: bool = False) -> int:
    """Bytes of memory that the process has now, or had at most since that was asked last."""
    name = "VmHWM:" if most else "VmRSS:"
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def send_until(sender: Tus, address: str, cut: int | None) -> None:
    """Send on from where it ended, as any client does: an upload that another request still holds is tried again."""
    with contextlib.suppress(Broken):
        while True:
            reached = sender.offset(address)
            try:
                answer = sender.send(address, reached, content(reached, cut))
            except httpx.TransportError:  # it was refused before the end of what is being sent
                answer = httpx.Response(423)
            if answer.status_code == 204:
                return
            assert answer.status_code in (409, 423), answer.text
            time.sleep(0.2)


@pytest.mark.timeout(400)
def test_two_gigabytes_broken_three_times(installation: ThreeProcesses, operator: Client) -> None:
    works = {"A": {"files": ["1", "1"], "types": ["pdf"], "max_mib": "2048"}}
    season = open_season(operator, new_season(works=works, acceptance="submission"))
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    process = installation.processes["registration"]
    sender = Tus(installation.service_url("registration"), school.token)
    address = sender.begin(season, begun(school, season), "film.pdf", SIZE)
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the high-water mark starts anew
    before = resident(process.pid)

    for cut in (*BREAKS, None):
        send_until(sender, address, cut)
        time.sleep(1)  # a client waits before it tries again
        after = sender.offset(address)
        assert after >= (cut or SIZE) - IN_FLIGHT, "what had arrived was kept"

    digest = sha256()
    for part in content(0, None):
        digest.update(part)
    receipt = sender.receipt(address).json()
    assert receipt["sha256"] == digest.hexdigest()
    assert receipt["size"] == SIZE
    assert resident(process.pid, most=True) - before < MOST_GROWTH
    sender.client.close()
    school.close()
