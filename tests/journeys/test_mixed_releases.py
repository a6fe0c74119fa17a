"""The release before and this one side by side: services are updated one by one, and seasons run in every mixture.

Three orders of three updates pass through all six mixtures: each service alone new, each alone old. So every event
that a season makes is told by each of the two releases to each.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from click.testing import CliRunner

from laurel.cli import main
from laurel.client import Client
from laurel.reconcile import compare, nothing_on_the_way
from laurel.season_folder import read_folder
from laurel.season_run import Run
from laurel.servers import Server, free_port, nats_server
from shared.events.registration import SeasonOpenedV1
from shared.messaging.outbox import record
from shared.season.reading import load_season
from tests.conftest import BY_HAND, EXAMPLE, EXPECTED
from tests.support.folders import differences
from tests.support.installation import SECRET, SERVICES, Servers, ThreeProcesses
from tests.support.releases import unpack_code

ORDERS = [SERVICES[number:] + SERVICES[:number] for number in range(len(SERVICES))]
LINES = next(folder for folder in BY_HAND if folder.name == "lines")
SEASONS = ((EXAMPLE, EXPECTED), (LINES, LINES / "expected"))
"""One round with an objection and a corrected name; two rounds, one leading to the other."""


class Mixture(ThreeProcesses):
    """An installation of the release before, whose services are updated one by one."""

    def __init__(self, folder: Path, servers: Servers, former_code: Path) -> None:
        super().__init__(folder, servers, prefix=f"mixed{uuid4().hex[:8]}", code=dict.fromkeys(SERVICES, former_code))
        self._former_code = former_code

    def start_former(self) -> None:
        command = [sys.executable, "-m", "laurel", "provision"]
        subprocess.run(command, cwd=self._former_code, env=self.environment_of_servers, check=True)
        self.start(provisioned=True)

    def update(self, name: str) -> None:
        """Stop it, provision it alone, start it, as the operators' guide says."""
        self.processes[name].terminate()
        self.processes[name].wait()
        result = CliRunner().invoke(main, ["provision", "--service", name], env=self.environment_of_servers)
        assert result.exit_code == 0, result.output
        del self.code[name]
        self.start_service(name)
        self.wait_ready(name)
        assert self.processes[name].poll() is None, "another process answers at its address"


@pytest.fixture(scope="module")
def former_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_code(tmp_path_factory.mktemp("former"))


@pytest.fixture(params=ORDERS, ids=lambda order: f"{order[0]} first")
def mixture(
    request: pytest.FixtureRequest, tmp_path: Path, servers: Servers, former_code: Path
) -> Iterator[tuple[Mixture, tuple[str, ...]]]:
    broker: Server = nats_server(tmp_path, port := free_port())
    broker.start()
    running = Mixture(tmp_path, Servers(servers.mongo_url, f"nats://127.0.0.1:{port}"), former_code)
    try:
        running.start_former()
        yield running, request.param
    finally:
        running.stop()
        broker.stop()


def of_another_year(folder: Path, year: int, parent: Path) -> Path:
    """The same season under another id, with serial numbers of its own."""
    copy = parent / f"{folder.name}-{year}"
    shutil.copytree(folder, copy)
    file = copy / "season.yaml"
    text = re.sub(r"(?m)^season: {id: [^,]+", f"season: {{id: y{year}", file.read_text())
    file.write_text(re.sub(r"prefix: \w+", rf"\g<0>{year}", text))
    return copy


def assert_expected(run: Run, expected: Path, out: Path) -> None:
    run.write_results(out)
    assert differences(out, expected) == []


def assert_nothing_failed(client: Client) -> None:
    client.wait_for("quiet", lambda: nothing_on_the_way(client))
    assert letters(client) == {name: [] for name in SERVICES}


def letters(client: Client) -> dict[str, list[str]]:
    """The subjects of the dead letters of each service."""
    return {name: [letter["subject"] for letter in client.get(f"/{name}/v1/dead-letters")] for name in SERVICES}


async def tell_of_an_unknown_rule(nats_url: str, folder: Path) -> None:
    """As a registration that knows one rule more would."""
    rules = load_season((folder / "season.yaml").read_text())
    told = record(SeasonOpenedV1(season=rules.id, version=1, mode="records", rules=rules, opened_at=1))
    body = json.loads(told["data"])
    body["rules"]["rule_of_tomorrow"] = True
    client = await nats.connect(nats_url)
    await client.jetstream().publish(SeasonOpenedV1.SUBJECT, json.dumps(body).encode())
    await client.close()


@pytest.mark.timeout(600)
def test_seasons_run_while_services_are_updated_one_by_one(
    mixture: tuple[Mixture, tuple[str, ...]], tmp_path: Path
) -> None:
    """Keeps away: an event or a stream of one release that the other refuses, and what an update leaves differing.

    Before the last update a season is told with a rule that the last service cannot read: its update applies it.
    """
    running, order = mixture
    runs: list[tuple[Run, Path]] = []
    with closing(Client(running.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        for year, name in enumerate(order[:-1]):
            running.update(name)
            for folder, expected in SEASONS:
                run = Run(read_folder(of_another_year(folder, year, tmp_path)), client, lambda _: None)
                run.open()
                run.hand_over()
                run.judge()
                assert_expected(run, expected, tmp_path / "mixed" / run.season)
                runs.append((run, expected))
            assert_nothing_failed(client)

        last = order[-1]
        tomorrow = of_another_year(EXAMPLE, len(order), tmp_path)
        asyncio.run(tell_of_an_unknown_rule(running.servers.nats_url, tomorrow))
        client.wait_for("quiet", lambda: nothing_on_the_way(client))
        assert letters(client)[last] == [SeasonOpenedV1.SUBJECT] * (last != "registration"), "it reads rules strictly"
        running.update(last)
        client.wait_for("letters to be tried again", lambda: not any(letters(client).values()))

        assert_nothing_failed(client)
        assert client.get(f"/judging/v1/seasons/{read_folder(tomorrow).rules.id}")
        for run, expected in runs:
            assert_expected(run, expected, tmp_path / "updated" / run.season)
            assert [comparison for comparison in compare(client, run.season) if not comparison.agreed] == []
