"""What an operator can rely on: NATS filled again, a backup restored elsewhere, services that agree, repair by itself."""

import asyncio
import json
import re
import shutil
import signal
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from laurel.cli import main
from laurel.client import Client
from laurel.reconcile import PAIRS
from laurel.season_folder import read_folder
from laurel.season_run import Run
from laurel.servers import free_port, mongo_server, mongo_url, nats_server
from shared.mongo import Mongo
from tests.conftest import EXAMPLE, EXPECTED
from tests.support.folders import differences
from tests.support.installation import SECRET, SERVICES, Servers, ThreeProcesses
from tests.support.waiting import eventually

SEASON = "campus-ai-2025"


@contextmanager
def operator_of(running: ThreeProcesses) -> Iterator[Client]:
    with closing(Client(running.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        yield client


@pytest.fixture
def client(alone: ThreeProcesses) -> Iterator[Client]:
    with operator_of(alone) as each_client:
        yield each_client


@pytest.fixture
def alone(alone: ThreeProcesses) -> ThreeProcesses:
    """The same, supervised: whatever ends is started anew."""
    alone.supervise()
    return alone


def command(running: ThreeProcesses, *words: str) -> tuple[int, str]:
    """What the command line says of this installation."""
    with operator_of(running) as client:
        options = ["--url", running.url, "--token", client.token]
    result = CliRunner().invoke(main, [*words, *options], env={"LAUREL_LANGUAGE": "en"})
    return result.exit_code, result.output


def written(client: Client, folder: Path) -> None:
    Run(read_folder(EXAMPLE), client, lambda _: None).write_results(folder)


@pytest.mark.timeout(600)
def test_a_nats_that_lost_its_store_is_filled_again(alone: ThreeProcesses, client: Client, tmp_path: Path) -> None:
    """The season runs to its certificates; NATS is lost; the services notice and tell everything again by themselves."""
    Run(read_folder(EXAMPLE), client, lambda _: None).whole(tmp_path / "before")
    counts = {name: client.get(f"/{name}/v1/event-counts") for name in alone.processes}
    broker = alone.servers.started[0]
    broker.kill()
    shutil.rmtree(tmp_path / "jetstream")
    broker.start()
    eventually(lambda: _ready(alone), patience=60)

    def filled() -> None:
        assert {name: client.get(f"/{name}/v1/event-counts") for name in alone.processes} == counts

    eventually(filled, patience=60)
    eventually(lambda: _whole(alone), patience=60)
    code, said = command(alone, "replay")
    assert code == 0, said
    code, said = command(alone, "reconcile")
    assert code == 0, said
    assert said.count("agree.") == len(PAIRS)
    run = Run(read_folder(EXAMPLE), client, lambda _: None)
    run.whole(tmp_path / "after")
    assert differences(tmp_path / "after" / "results", EXPECTED) == []
    assert differences(tmp_path / "after" / "certificates", tmp_path / "before" / "certificates") == []


@pytest.mark.timeout(600)
def test_entries_confirmed_while_judging_is_down_arrive_though_nats_lost_its_store(
    alone: ThreeProcesses, client: Client, tmp_path: Path
) -> None:
    """Keeps away: entries that were confirmed and never reach judging, while every service says that it is ready."""
    run = Run(read_folder(EXAMPLE), client, lambda _: None)
    run.open()
    client.wait_for("judging", lambda: client.get(f"/judging/v1/seasons/{SEASON}"))
    alone.processes["judging"].send_signal(signal.SIGSTOP)
    for kind in ("units", "entries", "summaries"):
        content = (EXAMPLE / f"{kind}.csv").read_bytes()
        address = f"/registration/v1/seasons/{SEASON}/records/{kind}"
        client.call("PUT", address, content=content, headers={"Content-Type": "text/csv"})
    broker = alone.servers.started[0]
    broker.kill()
    shutil.rmtree(tmp_path / "jetstream")
    alone.kill("judging")
    broker.start()

    eventually(lambda: _ready(alone), patience=240)
    eventually(lambda: _whole(alone), patience=240)
    code, said = command(alone, "reconcile", SEASON)

    assert code == 0, said
    assert "stream_lost" in (tmp_path / "registration.log").read_text()
    assert "stream_whole_again" in (tmp_path / "registration.log").read_text()
    run.hand_over()
    run.judge()
    run.write_results(tmp_path / "results")
    assert [name for name in differences(tmp_path / "results", EXPECTED) if "json" not in name] == []


@pytest.mark.timeout(600)
def test_a_service_that_lost_its_database_learns_everything_again(
    alone: ThreeProcesses, client: Client, tmp_path: Path
) -> None:
    """Judging's projections are gone: reconcile says what is missing, replay brings it back."""
    run = Run(read_folder(EXAMPLE), client, lambda _: None)
    run.open()
    run.hand_over()
    asyncio.run(_drop(alone, "judging", "entries"))

    code, said = command(alone, "reconcile", SEASON)

    assert code == 1
    assert "entries (registration → judging)" in said
    assert re.search(r"judging, campus-ai-2025/E0\d+: missing, although registration published it\.", said)
    command(alone, "replay")
    assert command(alone, "reconcile", SEASON)[0] == 0
    run.judge()
    run.write_results(tmp_path / "results")
    assert [name for name in differences(tmp_path / "results", EXPECTED) if "json" not in name] == []


@pytest.mark.timeout(600)
def test_a_backup_into_an_empty_machine_gives_the_same_results(
    alone: ThreeProcesses, client: Client, tmp_path: Path
) -> None:
    Run(read_folder(EXAMPLE), client, lambda _: None).whole(tmp_path / "before")
    original = client.get(f"/judging/v1/seasons/{SEASON}/results/final")["result_hash"]
    keys = tmp_path / "old" / "keys"
    keys.mkdir(parents=True)
    shutil.copy(tmp_path / "identity.pem", keys)
    shutil.copytree(tmp_path / "certificates", keys / "certificates")
    backups, secret = tmp_path / "backups", tmp_path / "backup.key"
    recipient = CliRunner().invoke(main, ["backup", "key", str(secret)]).output.split()[-1]
    environment = {"LAUREL_MONGO_URL": alone.servers.mongo_url, "LAUREL_LANGUAGE": "en"}

    taking = ["backup", "take", str(backups), "--to", recipient, "--data", str(keys.parent)]
    made = CliRunner().invoke(main, taking, env=environment)
    assert made.exit_code == 0, made.output
    restoring = ["restore", str(backups), "--key", str(secret), "--data"]
    again = CliRunner().invoke(main, [*restoring, str(keys.parent)], env=environment)
    assert again.exit_code == 1
    assert "is not empty" in again.output

    folder = tmp_path / "new"
    folder.mkdir()
    nats_port, mongo_port = free_port(), free_port()
    started = (nats_server(folder, nats_port), mongo_server(folder, mongo_port))
    for server in started:
        server.start()
    resources = ExitStack()
    fresh = ThreeProcesses(folder, Servers(mongo_url(mongo_port), f"nats://127.0.0.1:{nats_port}", started))
    try:
        environment["LAUREL_MONGO_URL"] = mongo_url(mongo_port)
        restored = CliRunner().invoke(main, [*restoring, str(folder)], env=environment)
        assert restored.exit_code == 0, restored.output
        shutil.copy(folder / "keys" / "identity.pem", folder / "identity.pem")
        for key in ("documents.pem", "credentials.pem", "tokens.pem"):
            held = folder / "keys" / "certificates" / key
            assert held.read_bytes() == (keys / "certificates" / key).read_bytes()
        shutil.copytree(folder / "keys" / "certificates", folder / "certificates")
        fresh.start()
        there = resources.enter_context(operator_of(fresh))
        assert there.get(f"/judging/v1/seasons/{SEASON}/results/final")["result_hash"] == original
        there.use_token(client.token)  # signed before the move, by the same key
        eventually(lambda: _agree(fresh), patience=60)
        Run(read_folder(EXAMPLE), there, lambda _: None).whole(tmp_path / "after")
        assert differences(tmp_path / "after" / "results", EXPECTED) == []
        numbers = {path.name for path in (tmp_path / "before" / "certificates").glob("*.pdf")}
        assert {path.name for path in (tmp_path / "after" / "certificates").glob("*.pdf")} == numbers
    finally:
        resources.close()
        fresh.stop()
        for server in started:
            server.stop()


@pytest.mark.timeout(600)
def test_an_older_backup_beside_a_newer_nats_leads_to_the_same_certificates(
    unstarted: ThreeProcesses, tmp_path: Path
) -> None:
    """Keeps away: a copy of what the restored owner never told, and an award with two numbers."""
    backups, secret = tmp_path / "backups", tmp_path / "backup.key"
    recipient = CliRunner().invoke(main, ["backup", "key", str(secret)]).output.split()[-1]
    environment = {"LAUREL_MONGO_URL": unstarted.servers.mongo_url, "LAUREL_LANGUAGE": "en"}
    data = ["--data", str(tmp_path / "data")]
    unstarted.start()
    with operator_of(unstarted) as client:
        run = Run(read_folder(EXAMPLE), client, lambda _: None)
        run.open()
        run.hand_over()
        taken = CliRunner().invoke(main, ["backup", "take", str(backups), "--to", recipient, *data], env=environment)
        assert taken.exit_code == 0, taken.output
        run.judge()
        before = stated(client)
    unstarted.stop()
    with MongoClient[dict[str, Any]](unstarted.servers.mongo_url) as mongo:
        for name in SERVICES:
            mongo.drop_database(name)

    restored = CliRunner().invoke(main, ["restore", str(backups), "--key", str(secret), *data], env=environment)
    assert restored.exit_code == 0, restored.output
    again = ThreeProcesses(unstarted.folder, unstarted.servers)
    try:
        again.start()
        eventually(lambda: _agree(again), patience=60)
        with operator_of(again) as client:
            assert client.get(f"/certificates/v1/seasons/{SEASON}")["student"] == 0
            Run(read_folder(EXAMPLE), client, lambda _: None).judge()
            assert stated(client) == before
        eventually(lambda: _agree(again), patience=60)
    finally:
        again.stop()


def stated(client: Client) -> tuple[str, list[tuple[str, str]]]:
    """The hash of the results, and the number and state of each certificate."""
    listed = client.get(f"/certificates/v1/seasons/{SEASON}/certificates", params={"limit": 1000})
    assert listed
    result_hash = client.get(f"/judging/v1/seasons/{SEASON}/results/final")["result_hash"]
    return result_hash, [(item["serial"], item["state"]) for item in listed]


def test_a_damaged_backup_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    file = tmp_path / "damaged"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("registration/seasons.bson", b"changed")
        manifest = {"format": "laurel-backup/1", "documents": {}, "sha256": {"registration/seasons.bson": "0" * 64}}
        archive.writestr("manifest.json", json.dumps(manifest))

    said = CliRunner().invoke(
        main,
        ["restore", str(file), "--data", str(tmp_path)],
        env={"LAUREL_MONGO_URL": "mongodb://127.0.0.1:9/", "LAUREL_LANGUAGE": "en"},
    )

    assert said.exit_code == 1
    assert "registration/seasons.bson is missing or was changed" in said.output


@pytest.mark.timeout(600)
def test_a_deleted_consumer_comes_back_without_a_hand(alone: ThreeProcesses, client: Client) -> None:
    run = Run(read_folder(EXAMPLE), client, lambda _: None)
    run.open()
    asyncio.run(_delete_consumer(alone, "REGISTRATION", "judging-entry-accepted-v1"))
    began = time.monotonic()

    run.hand_over()  # waits until judging has every entry

    assert time.monotonic() - began < 60
    assert alone.restarts >= 1
    assert "judging-entry-accepted-v1 is missing" in (alone.folder / "judging.log").read_text()
    assert command(alone, "reconcile", SEASON)[0] == 0


def _ready(running: ThreeProcesses) -> None:
    for name in running.processes:
        answer = httpx.get(f"{running.url}/{name}/readyz", timeout=5)
        assert answer.status_code == 200, answer.text


def _whole(running: ThreeProcesses) -> None:
    """No service misses anything that a stream has lost."""
    for name in running.processes:
        checks = httpx.get(f"{running.url}/{name}/readyz", timeout=5).json()["checks"]
        assert checks["streams"] == "ok", checks


def _agree(running: ThreeProcesses) -> None:
    code, said = command(running, "reconcile")
    assert code == 0, said


async def _drop(running: ThreeProcesses, database: str, collection: str) -> None:
    mongo = Mongo(running.servers.mongo_url, database)
    await mongo.database[collection].delete_many({})
    mongo.close()


async def _delete_consumer(running: ThreeProcesses, stream: str, durable: str) -> None:
    client = await nats.connect(running.servers.nats_url)
    await client.jetstream().delete_consumer(stream, durable)
    await client.close()
