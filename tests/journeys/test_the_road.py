"""A season runs from its folder to its certificates: alone, twice, through crashes, with every event doubled."""

import io
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from laurel.cli import main
from laurel.client import Client
from laurel.season_folder import read_folder
from laurel.season_run import Run
from shared.crash_points import EXIT_CRASHED
from tests.conftest import BEIJING, BY_HAND, EXAMPLE, EXPECTED, GOLDEN, LOUDI
from tests.support.doubling import Doubler
from tests.support.folders import differences
from tests.support.installation import SECRET, ThreeProcesses

CERTIFICATES = 60
GOLDEN_CERTIFICATES, GOLDEN_REVOKED = 692, 2


def run_folder(url: str, out: Path, say: Callable[[str], None] = lambda _: None, *, folder: Path = EXAMPLE) -> Run:
    client = Client(url, "en")
    client.sign_in_as_operator(SECRET)
    run = Run(read_folder(folder), client, say)
    run.whole(out)
    client.close()
    return run


def assert_whole(out: Path) -> None:
    assert differences(out / "results", EXPECTED) == []
    documents = list((out / "certificates").glob("*.pdf"))
    assert len(documents) == CERTIFICATES
    with zipfile.ZipFile(out / "certificates" / "campus-ai-2025.zip") as archive:
        assert archive.testzip() is None
        assert len([name for name in archive.namelist() if name.endswith(".pdf")]) == CERTIFICATES
    serials = sorted(document.stem for document in documents)
    assert [serial.split("-")[2] for serial in serials if "-CS-" in serial] == [f"{n:06d}" for n in range(1, 51)]


def assert_golden(out: Path) -> Any:
    """Every table is as expected, and nobody has a certificate too many; returns the summary."""
    assert differences(out / "results", GOLDEN / "expected") == ["cases.yaml is missing"]
    summary = json.loads((out / "summary.json").read_text())
    assert summary["counts"]["certificates"] == GOLDEN_CERTIFICATES - GOLDEN_REVOKED
    return summary


def test_the_command_runs_a_folder_in_a_private_installation(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["season", "run", str(EXAMPLE), "--out", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert_whole(tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["counts"]["certificates"] == CERTIFICATES
    assert summary["events"]["certificates"]["certificates.certificate.issued.v1"] == CERTIFICATES


def test_a_folder_run_twice_changes_nothing(alone: ThreeProcesses, tmp_path: Path) -> None:
    run_folder(alone.url, tmp_path / "first")
    before = json.loads((tmp_path / "first" / "summary.json").read_text())
    run_folder(alone.url, tmp_path / "second")
    after = json.loads((tmp_path / "second" / "summary.json").read_text())

    assert_whole(tmp_path / "first")
    assert_whole(tmp_path / "second")
    assert after["events"] == before["events"]
    first = {path.name: path.read_bytes() for path in (tmp_path / "first" / "certificates").glob("*.pdf")}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "second" / "certificates").glob("*.pdf")}


@pytest.mark.timeout(600)
def test_each_service_may_die_in_the_middle(alone: ThreeProcesses, tmp_path: Path) -> None:
    """`kill -9` of each service at the step where its work has just been acknowledged and its events are on the way."""
    moments = {
        "units.csv": "registration",
        "entries.csv": "registration",
        "summaries.csv": "judging",
        "ballots.csv": "judging",
        "Round": "judging",
        "proposed awards": "judging",
        "results are confirmed": "certificates",
        "issued": "registration",
    }
    killed: list[str] = []

    def kill_at(line: str) -> None:
        for word, service in list(moments.items()):
            if word in line:
                del moments[word]
                alone.kill(service)
                alone.start_service(service)
                killed.append(service)
                return

    run_folder(alone.url, tmp_path / "out", kill_at)

    assert set(killed) == {"registration", "judging", "certificates"}
    assert moments == {}
    assert_whole(tmp_path / "out")
    assert_a_stranger_checks_while_the_others_are_away(alone, tmp_path)
    assert_a_download_survives(alone, tmp_path)


def assert_a_stranger_checks_while_the_others_are_away(alone: ThreeProcesses, folder: Path) -> None:
    with closing(Client(alone.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        listed = client.get("/certificates/v1/seasons/campus-ai-2025/certificates", params={"limit": 1000})
    alone.kill("registration")
    alone.kill("judging")
    with httpx.Client(base_url=alone.url, headers={"Origin": alone.url, "Accept-Language": "en"}) as stranger:
        for item in listed[:3]:
            page = stranger.get("/v/" + item["url"].rsplit("/", 1)[1])
            assert (page.status_code, page.headers["x-robots-tag"]) == (200, "noindex")
            assert item["serial"] in page.text
            file = (folder / "out" / "certificates" / f"{item['serial']}.pdf").read_bytes()
            page = stranger.post("/certificates/file", files={"file": ("a.pdf", file, "application/pdf")})
            assert (page.status_code, item["serial"] in page.text) == (200, True)
        answers = [stranger.get(f"/v/{number:022d}").status_code for number in range(40)]
        assert (answers[0], answers[-1]) == (404, 429), "nobody tries them all"
    for service in ("registration", "judging"):
        alone.start_service(service)
        alone.wait_ready(service)


def assert_a_download_survives(alone: ThreeProcesses, folder: Path) -> None:
    """The process dies after it stored the documents and before it said so; the next one goes on."""
    alone.kill("certificates")
    alone.start_service("certificates", LAUREL_CRASH_AT="download.stored")
    alone.wait_ready("certificates")
    with closing(Client(alone.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        base = "/certificates/v1/seasons/campus-ai-2025/downloads"
        job = client.call("POST", base, json={"reason": "the ceremony"}).json()["id"]
        assert alone.processes["certificates"].wait(60) == EXIT_CRASHED
        alone.start_service("certificates")
        client.wait_for("a download", lambda: client.get(f"{base}/{job}")["state"] == "done")
        told = client.get(f"{base}/{job}")
        content = client.call("GET", f"{base}/{job}/file").content
    assert (told["total"], told["done"], told["size"]) == (CERTIFICATES, CERTIFICATES, len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        documents = {
            name.rpartition("_")[2]: archive.read(name) for name in archive.namelist() if name.endswith(".pdf")
        }
    assert documents.keys() == {path.name for path in (folder / "out" / "certificates").glob("*.pdf")}


def test_every_event_delivered_twice_has_one_effect(alone: ThreeProcesses, tmp_path: Path) -> None:
    doubler = Doubler(alone.servers.nats_url)
    doubler.start()
    run_folder(alone.url, tmp_path, folder=GOLDEN)
    doubler.stop()

    assert doubler.copied > 2000
    assert_golden(tmp_path)


def test_the_golden_season_through_the_services(tmp_path: Path) -> None:
    """Two rounds, six tracks and every special case: each table byte for byte, each award exactly its certificates."""
    result = CliRunner().invoke(main, ["season", "run", str(GOLDEN), "--out", str(tmp_path)])

    assert result.exit_code == 0, result.output
    summary = assert_golden(tmp_path)
    assert summary["events"]["certificates"]["certificates.certificate.issued.v1"] == GOLDEN_CERTIFICATES
    assert summary["events"]["certificates"]["certificates.certificate.revoked.v1"] == GOLDEN_REVOKED


def test_results_are_computed_again_from_an_export(
    tmp_path: Path, operator: Client, installation: ThreeProcesses
) -> None:
    run_folder(installation.url, tmp_path / "out")
    file = tmp_path / "results.json"
    command = CliRunner()

    def call(*words: str) -> Result:
        return command.invoke(main, ["results", *words])

    for stage in ("provisional", "final"):
        options = ("--stage", stage, "--url", installation.url, "--token", operator.token)
        assert call("export", "campus-ai-2025", str(file), *options).exit_code == 0
        assert "Identical" in call("verify", str(file)).output

    exported = json.loads(file.read_text())
    exported["inputs"]["ballots"][0]["scores"][0][0] += 100
    file.write_text(json.dumps(exported))
    changed = call("verify", str(file))
    assert (changed.exit_code, "inputs_hash" in changed.output) == (1, True)
    file.write_text("{}")
    assert "Traceback" not in call("verify", str(file)).output


def test_a_season_of_units_through_the_services(alone: ThreeProcesses, tmp_path: Path) -> None:
    """Fields, material, statistics, and recommendation with quota, return and rejection, each event doubled, twice."""
    doubler = Doubler(alone.servers.nats_url)
    doubler.start()
    run_folder(alone.url, tmp_path / "first", folder=LOUDI)
    run_folder(alone.url, tmp_path / "second", folder=LOUDI)
    doubler.stop()

    assert doubler.copied > 40
    for out in ("first", "second"):
        assert differences(tmp_path / out / "results", LOUDI / "expected") == []


@pytest.mark.parametrize("folder", BY_HAND, ids=lambda folder: folder.name)
def test_folders_worked_out_by_hand(
    tmp_path: Path, operator: Client, installation: ThreeProcesses, folder: Path
) -> None:
    run_folder(installation.url, tmp_path, folder=folder)

    assert differences(tmp_path / "results", folder / "expected") == []
    listed = operator.get(f"/certificates/v1/seasons/rules-{folder.name}/certificates", params={"limit": 1000})
    kinds = {"stars": {"student": 6, "unit": 3}, "lines": {"student": 11}}[folder.name]
    assert Counter(item["kind"] for item in listed) == kinds


def test_a_season_of_units_that_score_themselves(tmp_path: Path, installation: ThreeProcesses) -> None:
    first = run_folder(installation.url, tmp_path / "first", folder=BEIJING)
    again = run_folder(installation.url, tmp_path / "again", folder=BEIJING)

    for out in ("first", "again"):
        assert differences(tmp_path / out / "results", BEIJING / "expected") == []
    assert sum(report["changed"] for report in again.reports.values()) == 0
    assert sum(report["changed"] for report in first.reports.values()) > 0


def test_a_season_whose_scores_have_no_common_measure_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "season"
    shutil.copytree(EXAMPLE, folder)
    file = folder / "season.yaml"
    text = file.read_text()
    for criterion, prime in (("Theme", 9973), ("Originality", 9967), ("Process evidence", 9949)):
        text = text.replace(f"en: {criterion}}}, weight:", f"en: {criterion}}}, max: {prime}, weight:")
    file.write_text(text)

    result = CliRunner().invoke(main, ["season", "run", str(folder), "--out", "unused"])

    assert result.exit_code == 1
    assert "so that nothing is computed wrongly" in result.output
    assert "rubrics." in result.output
    assert "Traceback" not in result.output
