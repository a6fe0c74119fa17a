"""More people at once than are let in: each is served or told when to come back, and nothing is lost or doubled by that.

By counts, never by seconds: how fast it is, `python -m tests.benchmarks.overload` measures.
"""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.seasons import new_season, open_season, person

CROWD, WRITERS = 800, 200
LIMITS = {
    "LAUREL_ADMIT_PUBLIC": "4",
    "LAUREL_ADMIT_WRITE": "4",
    "LAUREL_ADMIT_SECONDS": "0.2",
    "LAUREL_CONNECTIONS": "1200",
}


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, own_servers: Servers) -> Iterator[ThreeProcesses]:
    """Services that let in next to nobody."""
    running = ThreeProcesses(tmp_path_factory.mktemp("crowded"), own_servers, environment_of={"registration": LIMITS})
    try:
        running.start()
        yield running
    finally:
        running.stop()


@dataclass(frozen=True)
class Answer:
    """What one of the crowd got."""

    status: int
    retry_after: str
    body: bytes


async def answered(url: str, request: bytes) -> Answer:
    """The answer on a connection of its own."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.strip().split("\r\n")[1:])
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    writer.close()
    return Answer(int(head[9:12]), fields.get("retry-after", ""), body)


def page(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\n\r\n".encode()


def entry(season: str, token: str, key: str) -> bytes:
    content = {
        "track": "A",
        "title": key,
        "members": [{"name_zh": f"测试{key[:6]}", "birth": "2013-05", "grade": 6}],
        "instructors": ["测试老师"],
        "consents": "on-paper",
    }
    body = json.dumps(content).encode()
    head = (
        f"POST /registration/v1/seasons/{season}/entries HTTP/1.1\r\nHost: laurel\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def memory(pid: int) -> int:
    """MiB of a process now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


@pytest.mark.timeout(600)
def test_each_of_a_crowd_is_served_or_told_when_to_come_back_and_nothing_is_doubled(crowded: ThreeProcesses) -> None:
    """A process that holds everybody and answers nobody; a refusal that did something all the same."""
    with closing(Client(crowded.url, "en", patience=30)) as operator:
        operator.sign_in_as_operator(SECRET)
        season = open_season(operator, new_season(acceptance="submission", limits={}))
        with closing(person(crowded, operator, role="school-admin", season=season, unit="P01")) as school:
            token = school.token
        url, keys = crowded.service_url("registration"), [uuid4().hex for _ in range(WRITERS)]
        before = memory(crowded.processes["registration"].pid)
        health = page("/registration/healthz")

        async def come() -> tuple[list[Answer], list[Answer], list[Answer], int]:
            readers = [answered(url, page(f"/registration/seasons/{season}?n={n}")) for n in range(CROWD - WRITERS)]
            writers = [answered(url, entry(season, token, key)) for key in keys]
            supervisors = [answered(url, health) for _ in range(5)]
            read, written, lives = await asyncio.gather(
                asyncio.gather(*readers), asyncio.gather(*writers), asyncio.gather(*supervisors)
            )
            tries, waiting = 0, [key for key, answer in zip(keys, written, strict=True) if answer.status != 201]
            while waiting:  # each comes again, under its key
                tries += 1
                again = await asyncio.gather(*(answered(url, entry(season, token, key)) for key in waiting))
                waiting = [key for key, answer in zip(waiting, again, strict=True) if answer.status != 201]
                assert {answer.status for answer in again} <= {201, 503}
                assert tries < 500
            return read, written, lives, tries

        read, written, lives, tries = asyncio.run(come())
        listed = operator.get(f"/registration/v1/seasons/{season}/entries", params={"limit": 1000})

    refused = [answer for answer in (*read, *written) if answer.status == 503]
    assert {answer.status for answer in read} <= {200, 503}
    assert {answer.status for answer in written} <= {201, 503}
    assert refused, "everybody was let in: this test shows nothing"
    assert tries > 0
    assert all(1 <= int(answer.retry_after) <= 60 for answer in refused)
    assert {json.loads(answer.body)["code"] for answer in refused} == {"overloaded"}
    assert {answer.status for answer in lives} == {200}
    titles = [item["title"] for item in listed]
    assert sorted(titles) == sorted(keys)
    assert memory(crowded.processes["registration"].pid) - before < 150


@pytest.mark.timeout(300)
def test_beyond_its_connections_a_newcomer_is_told_at_once_and_a_supervisor_is_let_in(crowded: ThreeProcesses) -> None:
    """Silence for whoever comes last; a process that is ended because its visitors do not leave."""
    url = crowded.service_url("registration")
    parts = urlsplit(url)
    with ExitStack() as held:
        for _ in range(int(LIMITS["LAUREL_CONNECTIONS"])):
            connection = socket.create_connection((parts.hostname or "", parts.port or 0), 30)
            held.enter_context(closing(connection))
            connection.sendall(b"GET /registration/notices HTTP/1.1\r\n")
        turned_away = httpx.get(f"{url}/registration/notices", timeout=60)
        lives = httpx.get(f"{url}/registration/healthz", timeout=60)

    assert (turned_away.status_code, turned_away.json()["code"]) == (503, "overloaded")
    assert int(turned_away.headers["retry-after"]) > 0
    assert lives.json() == {"status": "ok"}
