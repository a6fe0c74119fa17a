"""Compose: everything in containers, with a user a service, behind a proxy with TLS, to the expected results."""

import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from laurel.client import Client, ProblemAnswer
from laurel.season_folder import read_folder
from laurel.season_run import Run
from laurel.servers import free_port
from tests.conftest import EXAMPLE, EXPECTED, missing_here
from tests.support.folders import differences

ROOT = Path(__file__).parents[2]
FIND_ROOT = "find / -name root.crt -path '*caddy*' 2>/dev/null | head -1 | xargs cat"
TRESPASS = """
import asyncio, os, nats, pymongo
client = pymongo.MongoClient(os.environ["LAUREL_MONGO_URL"])
client.judging.entries.count_documents({})
for name in ("registration", "certificates", "admin"):
    try:
        client[name].people.count_documents({})
        print("open", name)
    except pymongo.errors.OperationFailure:
        pass

async def main():
    refused = []
    async def note(error):
        refused.append(str(error))
    broker = await nats.connect(os.environ["LAUREL_NATS_URL"], inbox_prefix="_INBOX_judging", error_cb=note)
    subjects = ("registration.entry.accepted.v1", "people.named.v1.x", "$JS.API.STREAM.PURGE.JUDGING")
    for subject in subjects:
        await broker.publish(subject, b"{}")
    await broker.subscribe("people.>")
    await broker.flush()
    await asyncio.sleep(0.5)
    print("refused", len(refused), "of", len(subjects) + 1)

asyncio.run(main())
"""


DELETE_CONSUMER = """
import asyncio, os, nats

async def main():
    client = await nats.connect(os.environ["LAUREL_NATS_URL"])
    await client.jetstream().delete_consumer("REGISTRATION", "judging-entry-accepted-v1")
    await client.close()

asyncio.run(main())
"""
SEALED = {"NoNewPrivs: 1", *(f"Cap{kind}: 0000000000000000" for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"))}
TAKEN = """python -m laurel backup key /tmp/key | tail -1 | sed 's/.* //' > /tmp/public &&
python -m laurel backup take /tmp/backups --to "$(cat /tmp/public)" """
BACKUP = ("sh", "-c", TAKEN)


@dataclass(frozen=True)
class Compose:
    """A project of its own, on ports of its own."""

    command: tuple[str, ...]
    environment: dict[str, str]
    url: str
    secret: str

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [*self.command, *arguments], cwd=ROOT, env=self.environment, input=stdin, capture_output=True, text=True,
            check=False, timeout=900,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def compose_command() -> tuple[str, ...]:
    """`docker compose`, or the older program."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
            return ("docker", "compose")
        if shutil.which("docker-compose"):
            return ("docker-compose",)
    missing_here("no Docker engine with Compose answers")
    raise AssertionError


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    command, port, secrets = compose_command(), free_port(), tmp_path / "secrets"
    subprocess.run([str(ROOT / "deploy" / "make-secrets"), str(secrets)], check=True, capture_output=True)
    values = dict(line.split("=", 1) for line in secrets.read_text().splitlines())
    values |= {
        "LAUREL_PUBLIC_URL": f"https://localhost:{port}", "LAUREL_HTTPS_PORT": str(port), "LAUREL_HTTP_PORT": str(free_port()),
    }  # fmt: skip
    project = Compose(
        (*command, "--project-name", "laurel-test"), {**os.environ, **values}, values["LAUREL_PUBLIC_URL"],
        values["LAUREL_OPERATOR_SECRET"],
    )  # fmt: skip
    try:
        project("build", "judging")  # the others begin with the same layers, and find them done
        project("build")
        project("up", "-d")
        yield project
    finally:
        project("down", "--volumes")


@pytest.mark.timeout(900)
def test_a_season_runs_in_containers_and_no_service_trespasses(
    compose: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_ready(compose.url)
    certificate = tmp_path / "root.crt"
    certificate.write_text(compose("exec", "-T", "proxy", "sh", "-c", FIND_ROOT))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    compose("exec", "-T", "keeper", "python", "-", stdin=DELETE_CONSUMER)  # and the season runs all the same
    with closing(Client(compose.url, "en")) as client:
        client.sign_in_as_operator(compose.secret)

        Run(read_folder(EXAMPLE), client, lambda _: None).whole(tmp_path / "out")

        assert refused(lambda: client.call("GET", "/judging/metrics")) == 404

    assert "documents: registration" in compose("run", "--rm", "-T", "provision", *BACKUP)
    assert differences(tmp_path / "out" / "results", EXPECTED) == []
    assert compose("exec", "-T", "judging", "python", "-", stdin=TRESPASS).split("\n")[0] == "refused 4 of 4"
    for name in ("registration", "judging", "certificates", "keeper", "nats", "mongo", "proxy"):
        status = compose("exec", "-T", name, "cat", "/proc/1/status")
        assert {re.sub(r"\s+", " ", line) for line in status.splitlines()} >= SEALED, (name, status)
        assert "Uid:\t0\t" not in status, name
        assert compose("exec", "-T", name, "sh", "-c", "touch /left-behind 2>/dev/null || echo refused") == "refused\n"
    for server in ("mongo", "nats", "keeper"):
        looked_up = compose("exec", "-T", "proxy", "sh", "-c", f"getent hosts {server} || echo unknown")
        assert looked_up == "unknown\n", "the proxy does not know the servers behind the services"
    for network, inside in (("front", "true"), ("data", "true"), ("outside", "false")):
        inspected = ["docker", "network", "inspect", f"laurel-test_{network}", "--format", "{{.Internal}}"]
        assert subprocess.run(inspected, capture_output=True, text=True, check=True).stdout.strip() == inside
    assert compose("exec", "-T", "judging", "ls", "services").split() == ["__init__.py", "judging"]


def refused(call: Callable[[], object]) -> int:
    """The status of the refusal."""
    with pytest.raises(ProblemAnswer) as answer:
        call()
    return answer.value.status


def wait_ready(url: str) -> None:
    """Until all three services answer behind the proxy."""
    deadline = time.monotonic() + 180
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # its authority is read afterwards
    with httpx.Client(verify=context) as probe:
        waiting = {"registration", "judging", "certificates"}
        while waiting:
            assert time.monotonic() < deadline, waiting
            for name in sorted(waiting):
                try:
                    if probe.get(f"{url}/{name}/readyz", timeout=5).status_code == 200:
                        waiting.discard(name)
                except httpx.HTTPError:
                    time.sleep(0.5)
