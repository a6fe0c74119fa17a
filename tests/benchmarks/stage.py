"""What is measured: the product's three processes, the bare variant's two, one NATS and one MongoDB for all."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from laurel.client import Client
from laurel.servers import die_with_parent, free_port
from shared.identity import Grant, Principal, Role, sign
from tests.benchmarks import bare
from tests.support.installation import SECRET, Servers, ThreeProcesses, start_servers
from tests.support.seasons import new_season, open_season

STUDENTS, SCHOOLS, TEACHERS = 256, ("P01", "P02", "P03", "P04"), 5


@dataclass
class Stage:
    """Everything that runs, and how to send to it."""

    servers: Servers
    running: ThreeProcesses
    season: str
    tokens: list[str]
    bare_url: str
    route_url: str

    @property
    def registration(self) -> str:
        return self.running.service_url("registration")

    @property
    def path(self) -> str:
        return f"/registration/v1/seasons/{self.season}/entries"

    def request(self, number: int) -> tuple[str, bytes]:
        """A student's own entry: one of many students, one of some teachers."""
        headers = f"Authorization: Bearer {self.tokens[number % STUDENTS]}\r\nIdempotency-Key: {uuid4().hex}\r\n"
        return headers, body(number)

    @staticmethod
    def bare_request(number: int) -> tuple[str, bytes]:
        """The same body without a token and a key."""
        return "", body(number)


def body(number: int) -> bytes:
    """What is sent to the product and to the bare variant alike."""
    content = {
        "track": "A",
        "title": f"作品 {number} {uuid4().hex}",
        "grade": 5,
        "members": [],
        "instructors": [f"测试{number % TEACHERS}老师"],
    }
    return json.dumps(content, ensure_ascii=False).encode()


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Start everything; end it afterwards."""
    servers = start_servers(folder)
    running = ThreeProcesses(folder, servers)
    processes: list[subprocess.Popen[bytes]] = []

    def run(role: str, mongo: str, nats: str) -> str:
        port = free_port()
        command = [sys.executable, "-m", "tests.benchmarks.bare", role, mongo, nats, str(port)]
        processes.append(subprocess.Popen(command, preexec_fn=die_with_parent))  # noqa: PLW1509 - calls nothing that locks
        return f"http://127.0.0.1:{port}"

    try:
        running.start()
        with closing(Client(running.url, "en")) as operator:
            operator.sign_in_as_operator(SECRET)
            season = open_season(operator, new_season(acceptance="submission", limits={}))
            tokens = students(operator, season, folder / "identity.pem")
        asyncio.run(bare.prepare(servers.nats_url))
        bare_url = run("app", servers.mongo_url, servers.nats_url)
        run("consumer", servers.mongo_url, servers.nats_url)
        route_url = run("app", "", "")
        for url in (bare_url, route_url):
            wait_for(url)
        yield Stage(servers, running, season, tokens, bare_url, route_url)
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        running.stop()
        servers.stop()


def wait_for(url: str) -> None:
    """Until something answers there."""
    for _ in range(200):
        with suppress(httpx.HTTPError):
            httpx.get(url)
            return
        time.sleep(0.05)
    raise AssertionError(url)


def students(operator: Client, season: str, key_file: Path) -> list[str]:
    """A token for each of many students, as signing in would give them."""
    key = load_pem_private_key(key_file.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    kid = json.loads(httpx.get(f"{operator.url}/registration/.well-known/jwks.json").text)["keys"][0]["kid"]
    now, tokens = int(time.time()), []
    for number in range(STUDENTS):
        unit = SCHOOLS[number % len(SCHOOLS)]
        content = {"unit": unit, "name_zh": f"测试生{number}", "birth": "2010-01"}
        person = operator.call("POST", f"/registration/v1/seasons/{season}/students", json=content).json()["person"]
        grants = (Grant(Role.STUDENT, season, unit),)
        name = f"student-{number}"
        principal = Principal(uuid4().hex, uuid4().hex, name, person, grants, now, now + 7200)
        tokens.append(sign(key, kid, principal, "session"))
    return tokens
