"""Handing in an entry by program: once, whatever is repeated; on time, by the database's clock; carried to judging."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from laurel.client import Client, ProblemAnswer
from tests.support.installation import Servers, ThreeProcesses
from tests.support.seasons import new_season, open_season, person
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, new_season(acceptance="submission"))


@pytest.fixture(scope="module")
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Client]:
    client = person(installation, operator, role="school-admin", season=season, unit="P01")
    yield client
    client.close()


def body(**changes: Any) -> dict[str, Any]:
    member = {"name_zh": f"测试{uuid4().hex[:6]}", "birth": "2013-05", "grade": 6}
    return {
        "track": "A",
        "title": f"作品 {uuid4().hex[:6]}",
        "members": [member],
        "instructors": [f"测试{uuid4().hex[:6]}老师"],
        "consents": "on-paper",
        **changes,
    }


def send(client: Client, season: str, content: dict[str, Any], key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key or uuid4().hex}
    return client.call("POST", f"/registration/v1/seasons/{season}/entries", json=content, headers=headers)


def refused(client: Client, season: str, content: dict[str, Any], key: str = "") -> ProblemAnswer:
    with pytest.raises(ProblemAnswer) as refusal:
        send(client, season, content, key)
    return refusal.value


def test_an_entry_stands_at_once_and_reaches_judging(operator: Client, school: Client, season: str) -> None:
    answer = send(school, season, body(title="会唱歌的灯塔"))

    made = answer.json()
    assert (answer.status_code, made["standing"], made["unit"], made["waiting_for"]) == (201, "valid", "P01", [])
    assert school.get(answer.headers["Location"]) == made

    def arrived() -> None:
        assert operator.get(f"/judging/v1/seasons/{season}")["entries"] >= 1

    eventually(arrived)


def test_the_same_key_makes_one_entry_however_often_it_is_sent(
    installation: ThreeProcesses, operator: Client, school: Client, season: str
) -> None:
    content, key = body(), uuid4().hex
    headers = {"Idempotency-Key": key, "Authorization": f"Bearer {school.token}"}
    address = f"{installation.url}/registration/v1/seasons/{season}/entries"

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: httpx.post(address, json=content, headers=headers, timeout=60), range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    listed = operator.get(f"/registration/v1/seasons/{season}/entries", params={"limit": 1000})
    assert [item["title"] for item in listed].count(content["title"]) == 1


def test_the_same_key_with_another_body_is_refused(school: Client, season: str) -> None:
    key = uuid4().hex
    send(school, season, body(), key)

    answer = refused(school, season, body(), key)

    assert (answer.status, answer.code) == (422, "idempotency-key-reused")


def test_another_caller_may_use_the_same_key(
    installation: ThreeProcesses, operator: Client, school: Client, season: str
) -> None:
    other = person(installation, operator, role="school-admin", season=season, unit="P02")
    key = uuid4().hex

    first, second = send(school, season, body(), key).json(), send(other, season, body(), key).json()

    assert first["entry"] != second["entry"]
    assert (first["unit"], second["unit"]) == ("P01", "P02")
    other.close()


@pytest.mark.parametrize(("key", "code"), [("", "idempotency-key-missing"), ("x" * 256, "idempotency-key-form")])
def test_a_key_is_needed_and_must_be_plain(
    installation: ThreeProcesses, school: Client, season: str, key: str, code: str
) -> None:
    headers = {"Authorization": f"Bearer {school.token}", "Idempotency-Key": key}
    address = f"{installation.url}/registration/v1/seasons/{season}/entries"

    answer = httpx.post(address, json=body(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_missing_consent_leaves_a_draft_that_says_whose(operator: Client, school: Client, season: str) -> None:
    made = send(school, season, body(consents="by-link")).json()

    assert (made["standing"], made["submitted_at"], made["waiting_for"]) == ("draft", None, [1])


def test_each_wrong_field_is_named_where_it_stands(school: Client, season: str) -> None:
    members = [{"name_zh": "", "birth": "2013-13", "grade": 6}]

    answer = refused(school, season, body(track="Z", members=members, instructors=[]))

    pointers = {error["pointer"] for error in answer.problem["errors"]}
    assert pointers == {"/track", "/members/0/name", "/members/0/birth"}


def test_a_limit_of_the_season_is_named_and_does_not_hit_the_repetition(school: Client, season: str) -> None:
    key, content = uuid4().hex, body()
    made = send(school, season, content, key).json()

    assert refused(school, season, {**content, "title": "同一赛道第二件"}).code == "limit-track"
    assert send(school, season, content, key).json() == made


def test_nobody_enters_for_another_school_or_before_the_time(
    installation: ThreeProcesses, operator: Client, school: Client, season: str
) -> None:
    assert send(school, season, body(unit="P02")).json()["unit"] == "P01"
    assert refused(operator, season, body(unit="nowhere")).problem["errors"][0]["pointer"] == "/unit"
    assert send(operator, season, body(unit="P02")).json()["unit"] == "P02"
    rules = new_season(acceptance="submission")
    later = datetime.now(UTC) + timedelta(days=2)
    rules["timeline"]["registration"]["opens"] = later.replace(tzinfo=None, microsecond=0).isoformat()
    closed = open_season(operator, rules)

    assert refused(operator, closed, body(unit="P01")).code == "registration-not-open"


def test_at_the_deadline_each_is_accepted_or_told_that_it_is_too_late(
    installation: ThreeProcesses, operator: Client
) -> None:
    """Whoever got 201 stands with a time not after the deadline; everybody else was refused, and nothing is between."""
    accepted, refused_ = race_to_a_deadline(installation, operator, seconds=6)
    if not accepted:  # a machine so busy that opening the season took all of it
        accepted, refused_ = race_to_a_deadline(installation, operator, seconds=60)

    assert accepted
    assert refused_


def race_to_a_deadline(installation: ThreeProcesses, operator: Client, *, seconds: int) -> tuple[set[str], list[str]]:
    """Titles accepted and codes of refusals around the close of a season that is opened now."""
    closes = datetime.now(UTC) + timedelta(seconds=seconds)
    rules = new_season(acceptance="submission", time_zone="UTC")
    rules["timeline"]["registration"]["closes"] = closes.replace(tzinfo=None).isoformat()
    season = open_season(operator, rules)

    def enter(_: int) -> tuple[int, str]:
        content = body(unit="P01")
        headers = {"Idempotency-Key": uuid4().hex, "Authorization": f"Bearer {operator.token}"}
        address = f"{installation.url}/registration/v1/seasons/{season}/entries"
        answer = httpx.post(address, json=content, headers=headers, timeout=60)
        return answer.status_code, content["title"] if answer.status_code == 201 else answer.json()["code"]

    answers: list[tuple[int, str]] = []
    with ThreadPoolExecutor(8) as pool:
        while datetime.now(UTC) < closes + timedelta(seconds=1):
            answers += pool.map(enter, range(24))

    listed = operator.get(f"/registration/v1/seasons/{season}/entries", params={"limit": 1000})
    deadline = int(closes.timestamp() * 1e6)
    accepted = {title for status, title in answers if status == 201}
    assert {code for status, code in answers if status != 201} <= {"deadline-passed", "registration-not-open"}
    assert {item["title"] for item in listed} == accepted
    assert all(item["submitted_at"] <= deadline and item["standing"] == "valid" for item in listed)
    return accepted, [code for status, code in answers if status != 201]


def test_the_database_itself_lets_a_command_make_one_entry(servers: Servers, school: Client, season: str) -> None:
    """Keeps away: two entries of one key, where a look-up missed the first of them (a leader that was cut off)."""
    entry = send(school, season, body()).json()["entry"]
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        entries = client["registration"]["entries"]
        stored = entries.find_one({"_id": f"{season}/{entry}"})
        assert stored
        with pytest.raises(DuplicateKeyError, match=r"command\.id"):
            entries.insert_one({"_id": f"{season}/OTHER1", "season": season, "command": stored["command"]})


@pytest.mark.parametrize(
    ("address", "content", "answer"),
    [
        ("invitations", {"grants": [{"role": "auditor"}]}, "url"),
        ("sign-in-links", {"login": "repeated-somebody"}, "url"),
        ("seasons/{season}/students", {"unit": "P01", "name_zh": "测试重发", "birth": "2012-02"}, "person"),
        ("operator-tokens", None, "id"),
    ],
)
def test_everything_else_that_is_made_is_made_once(
    operator: Client, season: str, address: str, content: dict[str, Any] | None, answer: str
) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    if content is None:
        key["Authorization"] = f"Bearer {'an operator secret for tests alone'}"

    def call(sent: Any) -> Any:
        path = f"/registration/v1/{address.format(season=season)}"
        return operator.call("POST", path, headers=key, json=sent).json()[answer]

    first = call(content)

    assert call(content) == first
    with pytest.raises(ProblemAnswer) as refusal:
        call({**(content or {}), "login": "somebody-else"} if address != "operator-tokens" else {"x": 1})
    assert refusal.value.status == 422


def test_a_link_that_was_used_is_not_made_anew(installation: ThreeProcesses, operator: Client) -> None:
    key, content = {"Idempotency-Key": uuid4().hex}, {"login": f"linked-{uuid4().hex[:6]}"}
    url = operator.call("POST", "/registration/v1/sign-in-links", headers=key, json=content).json()["url"]
    with httpx.Client(base_url=installation.url, headers={"Origin": installation.url}) as browser:
        assert browser.post(url).status_code == 303

        again = operator.call("POST", "/registration/v1/sign-in-links", headers=key, json=content).json()["url"]

        assert again == url
        assert browser.post(url).status_code == 404
