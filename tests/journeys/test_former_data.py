"""What the release before kept is brought up by this one, and everything that it promised still holds."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from laurel.cli import main
from laurel.client import Client
from laurel.installation import Installation
from laurel.reconcile import PAIRS, nothing_on_the_way, on_the_way
from laurel.season_folder import read_folder
from laurel.season_run import Run
from laurel.servers import free_port
from tests.conftest import EXAMPLE, EXPECTED
from tests.journeys.test_the_road import CERTIFICATES
from tests.support.folders import differences
from tests.support.releases import BACKUP

SEASON = "campus-ai-2025"


@pytest.fixture
def brought_up(tmp_path: Path) -> Iterator[Installation]:
    data = tmp_path / "data"
    restored = CliRunner().invoke(main, ["restore", str(BACKUP), "--data", str(data)])
    assert restored.exit_code == 0, restored.output
    installation = Installation(data, free_port())
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


@pytest.fixture
def client(brought_up: Installation) -> Iterator[Client]:
    client = Client(brought_up.url, "en")
    client.sign_in_as_operator(brought_up.operator_secret)
    yield client
    client.close()


@pytest.mark.timeout(600)
def test_data_of_the_release_before_is_brought_up_and_verifies(
    brought_up: Installation, client: Client, tmp_path: Path
) -> None:
    """Keeps away: an update after which results, certificates or the running season are other than before."""
    command = CliRunner()

    def call(*words: str) -> str:
        result = command.invoke(main, [*words, "--url", brought_up.url, "--token", client.token])
        assert result.exit_code == 0, result.output
        return result.output

    client.wait_for("quiet", lambda: nothing_on_the_way(client))
    assert call("reconcile", SEASON).count("agree.") == len(PAIRS)
    assert client.get(f"/registration/v1/seasons/{live_season(client)}")["id"]

    run = Run(read_folder(EXAMPLE), client, lambda _: None)
    run.open()
    run.hand_over()
    run.judge()
    run.write_results(tmp_path / "results")
    assert differences(tmp_path / "results", EXPECTED) == []
    call("results", "export", SEASON, str(tmp_path / "final.json"))
    verified = command.invoke(main, ["results", "verify", str(tmp_path / "final.json")])
    assert verified.exit_code == 0, verified.output

    listed = client.get(f"/certificates/v1/seasons/{SEASON}/certificates", params={"limit": 1000})
    assert len(listed) == CERTIFICATES
    assert_certificates_verify(client, listed)
    assert [waiting["dead_letters"] for waiting in on_the_way(client).values()] == [0, 0, 0]


def live_season(client: Client) -> str:
    (season,) = (item["id"] for item in client.get("/registration/v1/seasons") if item["id"] != SEASON)
    return str(season)


def assert_certificates_verify(client: Client, listed: list[dict[str, str]]) -> None:
    """The printed address and the signed document stand as the release before issued them."""
    headers = {"Origin": client.url, "Accept-Language": "en"}
    with httpx.Client(base_url=client.url, headers=headers, timeout=60) as stranger:
        for item in listed[:2]:
            page = stranger.get("/v/" + item["url"].rsplit("/", 1)[1])
            assert (page.status_code, item["serial"] in page.text) == (200, True)
            document = client.call("GET", f"/certificates/v1/certificates/{item['serial']}/document.pdf").content
            checked = stranger.post("/certificates/file", files={"file": ("a.pdf", document, "application/pdf")})
            assert (checked.status_code, item["serial"] in checked.text) == (200, True)
