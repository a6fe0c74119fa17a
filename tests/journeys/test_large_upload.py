"""Large files: two gigabytes over a connection that breaks three times, and a judge's copy of a film; memory stays flat."""

import contextlib
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from laurel.client import Client, ProblemAnswer
from tests.attacks.places.media import opened
from tests.integration.test_works import begun
from tests.support.classes import register
from tests.support.handing_out import hand_out
from tests.support.installation import ThreeProcesses
from tests.support.seasons import new_season, open_season, person
from tests.support.tus import Tus
from tests.support.waiting import eventually

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


@pytest.mark.timeout(600)
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


FILM = 400 * PIECE


def film(path: Path) -> None:
    """A film of this many bytes at least: a second of noise, again and again."""
    noise, written = np.random.default_rng(1), 0
    with opened(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "qp": "1", "g": "1"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        picture = noise.integers(0, 255, (360, 640, 3), dtype=np.uint8)
        encoded = [*stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")), *stream.encode(None)]
        content, number = bytes(encoded[0]), 0
        while written < FILM:
            packet = av.Packet(content)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 25), True
            packet.pts = packet.dts = number
            container.mux(packet)
            written, number = written + len(content), number + 1


def fetched(installation: ThreeProcesses, address: str, token: str) -> int:
    """The length of what a judge gets, who asks again while it is being made."""
    url, headers = installation.service_url("registration"), {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=120) as asking:
        while True:
            with asking.stream("GET", address) as answer:
                if answer.status_code == 200:
                    return sum(len(part) for part in answer.iter_bytes(PIECE))
                assert answer.status_code == 503
            time.sleep(1)


@pytest.mark.timeout(600)
def test_a_copy_of_a_large_film_is_made_and_fetched_and_memory_stays_flat(
    installation: ThreeProcesses, operator: Client, tmp_path: Path
) -> None:
    film(tmp_path / "film.mp4")
    size = (tmp_path / "film.mp4").stat().st_size
    works = {"A": {"files": ["0", "1"], "types": ["video"], "max_mib": "2048"}}
    season = open_season(operator, new_season(works=works, acceptance="submission"))
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/JG1", json={"tracks": ["A"], "employer": ""})
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    judge = person(installation, operator, role="judge", season=season, ref="JG1")
    (entry,) = register(operator, season, ["P01"])
    sender = Tus(installation.service_url("registration"), school.token)
    address = sender.begin(season, entry, "film.mp4", size)
    with (tmp_path / "film.mp4").open("rb") as content:
        assert sender.send(address, 0, iter(lambda: content.read(PIECE), b"")).status_code == 204
    assert sender.receipt(address).status_code == 200
    copies = f"/registration/v1/seasons/{season}/works/{entry}/copies"

    def given() -> None:
        hand_out(operator, season, judges={"A": 1})
        try:
            judge.get(copies)
        except ProblemAnswer as problem:
            raise AssertionError(problem.code) from problem

    eventually(given)
    process = installation.processes["registration"]
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the high-water mark starts anew
    before, began, seconds = resident(process.pid), time.monotonic(), []
    for _ in range(2):  # made and fetched, then only fetched
        length = fetched(installation, f"{copies}/1", judge.token)
        seconds.append(time.monotonic() - began)
        began = time.monotonic()
    growth = resident(process.pid, most=True) - before

    sys.stdout.write(f"{size / PIECE:.0f} MiB: {seconds[0]:.1f} s, then {seconds[1]:.1f} s; {growth / PIECE:.0f} MiB\n")
    assert 0.95 * size < length < 1.05 * size
    assert growth < MOST_GROWTH
    for client in (sender.client, school, judge):
        client.close()
