"""Each document is true: whatever is sent, right or wrong, is answered in a way that the document tells, and never with 5xx.

Requests are made from the documents themselves and go to each service at its own port, as an organizer with a season of
their own and as nobody. What is printed (`-s`) are the figures of the security page. `make fuzz` sends more.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from laurel.client import Client
from tests.support.fuzzing import Fuzzed, fuzz
from tests.support.installation import SECRET, SERVICES, Servers, ThreeProcesses
from tests.support.judged import judged_season
from tests.support.seasons import person

EXAMPLES = int(os.environ.get("LAUREL_FUZZ_EXAMPLES", "10"))
SEED = int(os.environ.get("LAUREL_FUZZ_SEED", "1"))


@dataclass(frozen=True)
class Place:
    """An installation that is fuzzed alone, because throttles are spent: who asks, and about what."""

    running: ThreeProcesses
    tokens: dict[str, str]
    known: dict[str, dict[str, str]]

    def document(self, service: str) -> dict[str, Any]:
        result: dict[str, Any] = httpx.get(f"{self.running.service_url(service)}/{service}/openapi.json").json()
        return result

    def fuzz(self, service: str, role: str, folder: Path, document: dict[str, Any] | None = None) -> Fuzzed:
        return fuzz(
            document or self.document(service),
            self.running.service_url(service),
            folder,
            token=self.tokens[role],
            known=self.known[role],
            examples=EXAMPLES,
            seed=SEED,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, own_servers: Servers) -> Iterator[Place]:
    running = ThreeProcesses(tmp_path_factory.mktemp("fuzzed"), own_servers)
    try:
        running.start()
        operator = Client(running.url, "en", patience=30)
        operator.sign_in_as_operator(SECRET)
        season, (entry,) = judged_season(operator, "J1")
        organizer = person(running, operator, role="city-organizer", season=season)
        yield Place(
            running,
            {"organizer": organizer.token, "nobody": ""},
            {"organizer": {"season": season, "entry": entry}, "nobody": {}},
        )
        operator.close()
        organizer.close()
    finally:
        running.stop()


@pytest.mark.parametrize("role", ["organizer", "nobody"])
@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_one_that_the_document_tells(place: Place, tmp_path: Path, service: str, role: str) -> None:
    fuzzed = place.fuzz(service, role, tmp_path)
    print(f"\n{service}, {role}: {fuzzed}")  # noqa: T201 - the figures of the security page

    assert not fuzzed.violations, (tmp_path / "fuzzing.log").read_text()[-20_000:]
    assert fuzzed.server_errors == 0
    assert fuzzed.operations == sum(len(told) for told in place.document(service)["paths"].values())
    assert fuzzed.cases > 10 * fuzzed.operations


@pytest.mark.parametrize("odd", ["%00", "%0A", "%7F", "%C3%28", "%25", "%3F", "a%2Fb", "%F0%9F%8F%85"])
def test_an_odd_address_is_no_such_thing(place: Place, odd: str) -> None:
    """The same behind the origin as at the service itself, where the documents are fuzzed."""
    address = f"/judging/v1/seasons/{odd}"
    for url in (place.running.url, place.running.service_url("judging")):
        answer = httpx.get(url + address)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_an_answer_that_the_document_does_not_tell_is_found(place: Place, tmp_path: Path) -> None:
    """The fuzzer itself: a status is taken out of the document, and the service still sends it."""
    document = place.document("judging")
    address = "/judging/v1/seasons/{season}/tasks"
    document["paths"] = {address: document["paths"][address]}
    assert place.fuzz("judging", "nobody", tmp_path / "true", document).violations == ()

    del document["paths"][address]["get"]["responses"]["404"]

    assert place.fuzz("judging", "nobody", tmp_path / "planted", document).violations == (
        f"Undocumented status code: GET {address}",
    )
