"""The public HTTP interface of three real services: who may do what, what a refusal says, what a repetition changes."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import nats
import pytest
import yaml
from click.testing import CliRunner

from laurel.cli import main
from laurel.client import Client, ProblemAnswer
from tests.conftest import EXAMPLE
from tests.support.installation import SECRET, ThreeProcesses
from tests.support.seasons import CSV, YAML, new_season, open_season, person
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, new_season())


@pytest.fixture(scope="module")
def judge(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Client]:
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/JA1", json={"tracks": ["A"], "employer": "P02"})
    client = person(installation, operator, role="judge", season=season, ref="JA1")
    yield client
    client.close()


def refusal(client: Client, method: str, path: str, **request: Any) -> ProblemAnswer:
    with pytest.raises(ProblemAnswer) as refused:
        client.call(method, path, **request)
    return refused.value


PROTECTED = [
    ("PUT", "/registration/v1/seasons/{season}"),
    ("PUT", "/registration/v1/seasons/{season}/records/units"),
    ("PUT", "/registration/v1/seasons/{season}/records/actions/A1"),
    ("POST", "/registration/v1/seasons/{season}/records/entries"),
    ("POST", "/registration/v1/seasons/{season}/students"),
    ("POST", "/registration/v1/seasons/{season}/entries"),
    ("GET", "/registration/v1/seasons/{season}/entries"),
    ("POST", "/registration/v1/seasons/{season}/amendments?reason=x"),
    ("POST", "/registration/v1/seasons/{season}/reviews"),
    ("GET", "/registration/v1/seasons/{season}/places"),
    ("GET", "/registration/v1/seasons/{season}/held-copies"),
    ("POST", "/registration/v1/seasons/{season}/held-copies/{{upload}}/release"),
    ("POST", "/registration/v1/seasons/{season}/imports"),
    ("GET", "/registration/v1/seasons/{season}/imports/{{job_id}}"),
    ("POST", "/registration/v1/seasons/{season}/imports/{{job_id}}/application"),
    ("GET", "/registration/v1/seasons/{season}/results/final/instructors.csv"),
    ("POST", "/registration/v1/invitations"),
    ("GET", "/registration/v1/seasons/{season}/roles"),
    ("GET", "/registration/v1/seasons/{season}/role-records"),
    ("POST", "/registration/v1/sign-in-links"),
    ("PUT", "/judging/v1/seasons/{season}/records/judges"),
    ("PUT", "/judging/v1/seasons/{season}/records/rounds/final/ballots"),
    ("PUT", "/judging/v1/seasons/{season}/records/actions/A1"),
    ("POST", "/judging/v1/seasons/{season}/rounds/final/closing"),
    ("POST", "/judging/v1/seasons/{season}/panels"),
    ("POST", "/judging/v1/seasons/{season}/panels/preview"),
    ("POST", "/judging/v1/seasons/{season}/rounds/final/sheets/tests"),
    ("POST", "/judging/v1/seasons/{season}/sheets/JX/confirmation"),
    ("GET", "/judging/v1/seasons/{season}/rounds/final/overview"),
    ("GET", "/judging/v1/seasons/{season}/rounds/final/seats"),
    ("POST", "/judging/v1/seasons/{season}/rounds/final/decisions"),
    ("POST", "/judging/v1/seasons/{season}/rounds/final/ballots/E1/work/JX/reopening"),
    ("POST", "/judging/v1/seasons/{season}/announcement"),
    ("POST", "/judging/v1/seasons/{season}/finalization"),
    ("GET", "/judging/v1/seasons/{season}/revision"),
    ("POST", "/judging/v1/seasons/{season}/revision"),
    ("POST", "/judging/v1/seasons/{season}/signature"),
    ("POST", "/judging/v1/seasons/{season}/notices/derived"),
    ("GET", "/judging/v1/seasons/{season}/results/final"),
    ("GET", "/judging/v1/seasons/{season}/results/final/awards.csv"),
    ("GET", "/judging/v1/seasons/{season}/results/final/export"),
    ("PUT", "/judging/v1/seasons/{season}/judges/JX"),
    ("PUT", "/judging/v1/seasons/{season}/confirmed-people/AX"),
    ("GET", "/judging/v1/seasons/{season}/judges"),
    ("GET", "/certificates/v1/seasons/{season}"),
    ("GET", "/certificates/v1/seasons/{season}/certificates"),
    ("GET", "/certificates/v1/seasons/{season}/archive.zip?reason=x"),
    ("POST", "/certificates/v1/seasons/{season}/downloads"),
    ("POST", "/certificates/v1/seasons/{season}/decisions"),
    ("POST", "/certificates/v1/seasons/{season}/grants"),
    ("POST", "/certificates/v1/seasons/{season}/certificates/{{serial}}/decisions"),
    ("GET", "/certificates/v1/seasons/{season}/audit"),
    *(
        (method, f"/{service}/v1/dead-letters{rest}")
        for service in ("registration", "judging", "certificates")
        for method, rest in (
            ("GET", ""),
            ("GET", "/{{letter}}"),
            ("POST", "/{{letter}}/replay"),
            ("POST", "/{{letter}}/dismissal"),
        )
    ),
    *(
        (method, f"/{service}/v1/{rest}")
        for service in ("registration", "judging", "certificates")
        for method, rest in (
            ("POST", "replay"),
            ("GET", "on-the-way"),
            ("GET", "audit-log"),
            ("GET", "ledgers/{season}/{{name}}"),
            ("GET", "ledgers/{season}/rules/lines?key=none"),
            ("POST", "ledgers/{season}/rules/removal"),
            ("POST", "ledgers/{season}/rules/renewal"),
            ("POST", "ledgers/{season}/rules/retelling"),
        )
    ),
    *(("GET", f"/{service}/operations") for service in ("registration", "judging", "certificates")),
]
BODIES: dict[str, dict[str, Any]] = {
    "release": {"json": {"note": "x"}},
    "/certificates/v1/seasons/{season}/decisions": {"content": b"x", "headers": CSV},
    "/certificates/v1/seasons/{season}/certificates/{{serial}}/decisions": {
        "json": {"action": "revoke", "reason": "x"}
    },
    "grants": {"content": b"x", "headers": CSV},
    "downloads": {"json": {"reason": "x"}},
    "students": {"json": {"unit": "P01", "name_zh": "测试", "birth": "2014-01"}},
    "invitations": {"json": {"grants": [{"role": "judge", "season": "{season}", "ref": "J9"}]}},
    "records/entries": {"json": {"columns": ["entry"], "cells": ["E1"]}},
    "entries": {"json": {"track": "A", "title": "x"}, "headers": {"Idempotency-Key": "k"}},
    "imports": {"content": b"x", "headers": {"Content-Type": "application/octet-stream"}},
    "amendments?reason=x": {"content": b"format: season/1", "headers": YAML},
    "reviews": {"json": {"entries": ["E1"], "verdict": "approved"}},
    "application": {"json": {"mode": "right-rows"}},
    "sign-in-links": {"json": {"login": "somebody"}},
    "replay": {"json": {}},
    "dismissal": {"json": {"reason": "because"}},
    **{act: {"json": {"lines": ["none"]}} for act in ("removal", "renewal", "retelling")},
    "closing": {"json": {}},
    "panels": {"json": {"preview": "x"}},
    "preview": {"json": {}},
    "tests": {"content": b"x", "headers": CSV},
    "confirmation": {"json": {}},
    "decisions": {"json": {"first": ["E1"], "reason": "because"}},
    "reopening": {"json": {"reason": "because"}},
    "announcement": {"json": {}},
    "finalization": {"json": {}},
    "revision": {"json": {"preview": "x"}},
    "signature": {"json": {}},
    "derived": {"json": {}},
    "ballots": {"content": b"x", "headers": CSV},
    "AX": {"json": {"reason": "because"}},
    "JX": {"json": {"tracks": ["A"]}},
    "A1": {"json": {"type": "objection"}},
    "units": {"content": b"x", "headers": CSV},
    "judges": {"content": b"x", "headers": CSV},
}


def body_for(path: str, method: str, season: str) -> dict[str, Any]:
    last = "records/entries" if path.endswith("records/entries") else path.rsplit("/", 1)[1]
    if method == "GET":
        return {}
    if last == "{season}":
        return {"content": b"format: season/1", "headers": YAML}
    result: dict[str, Any] = json.loads(
        json.dumps(BODIES[path if path in BODIES else last], default=lambda b: b.decode()).replace("{season}", season)
    )
    return result


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_nobody_and_a_judge_are_kept_out(
    installation: ThreeProcesses, judge: Client, season: str, method: str, path: str
) -> None:
    nobody = Client(installation.url, "en", patience=5)
    request = body_for(path, method, season)

    assert refusal(nobody, method, path.format(season=season), **request).status == 401
    assert refusal(judge, method, path.format(season=season), **request).status == 403
    nobody.close()


def test_a_refusal_is_a_problem_document_in_the_callers_language(installation: ThreeProcesses) -> None:
    for language, title in (("en", "Please sign in"), ("zh-CN", "请先登录")):
        answer = httpx.get(f"{installation.url}/registration/v1/tokens", headers={"Accept-Language": language})

        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["title"] == title
        assert {"type", "title", "status", "detail", "instance", "code", "trace_id", "errors"} <= set(problem)


def test_a_season_file_is_refused_whole_with_every_fault(operator: Client) -> None:
    broken = new_season(time_zone="nowhere", colour="red")

    problem = refusal(
        operator,
        "POST",
        "/registration/v1/season-checks",
        content=yaml.safe_dump(broken, allow_unicode=True).encode(),
        headers=YAML,
    )

    assert problem.status == 422
    assert {error["pointer"] for error in problem.problem["errors"]} == {"/time_zone", "/colour"}
    assert all(set(error) == {"pointer", "code", "detail"} for error in problem.problem["errors"])


def test_an_open_season_is_frozen(operator: Client) -> None:
    rules = new_season()
    season = open_season(operator, rules)
    again = yaml.safe_dump(rules, allow_unicode=True).encode()
    changed = yaml.safe_dump({**rules, "limits": {"entries_per_student": 9}}, allow_unicode=True).encode()
    address = f"/registration/v1/seasons/{season}"

    assert operator.call("PUT", address, content=again, headers=YAML).status_code == 200
    assert refusal(operator, "PUT", address, content=changed, headers=YAML).code == "season-frozen"


def test_two_seasons_never_share_certificate_numbers(operator: Client) -> None:
    first, second = new_season(), new_season()
    second["serials"] = first["serials"]
    open_season(operator, first)

    with pytest.raises(ProblemAnswer) as refused:
        open_season(operator, second)
    assert refused.value.code == "serial-prefix-taken"


def test_a_live_season_takes_no_stated_times(operator: Client, season: str) -> None:
    entries = (EXAMPLE / "entries.csv").read_bytes()

    for kind in ("entries", "summaries"):
        address = f"/registration/v1/seasons/{season}/records/{kind}"
        assert refusal(operator, "PUT", address, content=entries, headers=CSV).code == "live-season"
    closing = f"/judging/v1/seasons/{season}/rounds/final/closing"
    assert refusal(operator, "POST", closing, json={"at": "2025-01-01T00:00:00"}).code == "live-season"


def test_a_judge_scores_only_the_works_of_their_tracks_without_a_conflict(judge: Client, season: str) -> None:
    assert judge.get(f"/judging/v1/seasons/{season}/tasks") == []
    assert refusal(judge, "GET", f"/judging/v1/seasons/{season}/tasks/E001/work").status == 404


def test_a_revoked_token_ends_everywhere(installation: ThreeProcesses, operator: Client, season: str) -> None:
    auditor = person(installation, operator, role="auditor", season=season)
    address = f"/certificates/v1/seasons/{season}"
    assert auditor.get(address)["student"] == 0

    mine = auditor.get("/registration/v1/tokens")[0]["id"]
    auditor.call("DELETE", f"/registration/v1/tokens/{mine}")

    def refused() -> None:
        for path in (address, "/registration/v1/tokens"):
            with pytest.raises(ProblemAnswer) as answer:
                auditor.get(path)
            assert answer.value.status == 401

    def check() -> None:
        try:
            refused()
        except pytest.fail.Exception as not_yet:
            raise AssertionError from not_yet

    eventually(check)
    auditor.close()


def test_a_link_works_once(installation: ThreeProcesses, operator: Client, season: str) -> None:
    grants = [{"role": "judge", "season": season, "ref": "JA2"}]
    body = {"login": f"once-{uuid4().hex[:6]}", "grants": grants}
    url = operator.call("POST", "/registration/v1/sign-in-links", json=body).json()["url"]

    with httpx.Client(headers={"Origin": installation.url}) as browser:
        assert browser.get(url).status_code == 200
        assert browser.get(url).status_code == 200, "looking does not spend it"
        assert browser.post(url).status_code == 303
        assert browser.post(url).status_code == 404


def test_a_form_from_another_site_changes_nothing(installation: ThreeProcesses) -> None:
    with httpx.Client(base_url=installation.url, cookies={"laurel_token": "x"}) as browser:
        for headers in ({"Origin": "https://evil.example"}, {}, {"Origin": "null"}):
            assert browser.post("/registration/sign-out", headers=headers).status_code == 403
        assert browser.post("/registration/sign-out", headers={"Origin": installation.url}).status_code == 303


def test_guessing_a_password_ends_and_locks_nobody_out(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    url = operator.call(
        "POST", "/registration/v1/invitations", json={"grants": [{"role": "auditor", "season": season}]}
    ).json()["url"]
    login, password = f"victim-{uuid4().hex[:6]}", "four calm herons sleep"
    httpx.post(url, data={"login": login, "password": password})

    def sign_in(password: str, address: str) -> int:
        return httpx.post(
            f"{installation.url}/registration/sign-in",
            data={"login": login, "password": password},
            headers={"X-Forwarded-For": address},
        ).status_code

    answers = [sign_in("wrong", "203.0.113.7") for _ in range(12)]

    assert answers[:10] == [401] * 10
    assert answers[10:] == [429] * 2


def test_every_answer_carries_protective_headers(installation: ThreeProcesses) -> None:
    for path in ("/", "/registration/v1/seasons", "/nowhere", "/judging/v1/seasons/none", "/certificates/", "/v/none"):
        headers = httpx.get(installation.url + path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"


def test_bodies_that_are_no_scores_are_refused(operator: Client, judge: Client, season: str) -> None:
    address = f"/judging/v1/seasons/{season}/tasks/E1/work/ballot"
    bodies: list[Any] = [
        {"scores": {"theme": 5}},
        {"scores": {"theme": float("1")}},
        {"scores": {"theme": True}},
        {"scores": "x"},
        [],
        {"scores": {}, "status": "submitted"},
        {"scores": {}, "submit": "yes"},
    ]

    for body in bodies:
        assert refusal(judge, "PUT", address, json=body).status == 422
    broken = refusal(
        judge, "PUT", address, content=b'{"scores": {"theme": NaN}}', headers={"Content-Type": "application/json"}
    )
    assert broken.status == 422


def test_an_operator_secret_is_not_guessed(installation: ThreeProcesses) -> None:
    for secret in ("", "x", SECRET[:-1], SECRET.upper()):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        assert httpx.post(f"{installation.url}/registration/v1/operator-tokens", headers=headers).status_code == 401


@pytest.mark.timeout(600)
def test_a_deadline_is_decided_by_the_database(installation: ThreeProcesses, operator: Client) -> None:
    """A round that closes in a moment: before, its closing needs a reason; after, none."""
    headers = {"Authorization": f"Bearer {operator.token}"}
    for seconds in (4, 16, 64):  # the first is enough but for a very busy machine
        rules = new_season()
        soon = datetime.now(UTC) + timedelta(seconds=seconds)
        rules["rounds"][0]["judging"]["closes"] = rules["timeline"]["registration"]["closes"] = soon.isoformat()
        address = f"/judging/v1/seasons/{open_season(operator, rules)}/rounds/final/closing"
        early = httpx.post(installation.url + address, json={}, headers=headers)
        if early.status_code == 409:
            break
    assert early.json()["code"] == "reason-needed"

    def closed() -> None:
        assert datetime.now(UTC) > soon + timedelta(seconds=0.2)

    eventually(closed, patience=seconds + 1)
    assert operator.call("POST", address, json={}).json()["stage"] == "closed"


def test_each_service_says_when_it_is_ready(installation: ThreeProcesses) -> None:
    for name in ("registration", "judging", "certificates"):
        assert httpx.get(f"{installation.url}/{name}/healthz").json() == {"status": "ok"}
        assert httpx.get(f"{installation.url}/{name}/readyz").json()["checks"] == {
            "database": "ok",
            "broker": "ok",
            "consumers": "ok",
            "unsent_events": "ok",
            "disk": "ok",
            "streams": "ok",
        }


def test_logs_hold_no_names_and_no_secrets(installation: ThreeProcesses) -> None:
    for name in ("registration", "judging", "certificates"):
        text = (installation.folder / f"{name}.log").read_text()

        assert "测试" not in text
        assert "Bearer" not in text
        assert SECRET not in text


def test_an_event_that_could_not_be_applied_is_shown_and_replayed(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """A poisoned message is kept by its consumer; the command line shows it, and a replay that fails again keeps it."""
    asyncio.run(publish(installation.servers.nats_url, "registration.summary.filed.v1", b'{"season": 7}'))
    address = ["--url", installation.url, "--token", operator.token]

    def kept() -> None:
        assert [letter["subject"] for letter in operator.get("/judging/v1/dead-letters")] == [
            "registration.summary.filed.v1"
        ]

    eventually(kept)
    letter = operator.get("/judging/v1/dead-letters")[0]["id"]
    listed = CliRunner().invoke(main, ["dead-letters", "list", *address])
    shown = CliRunner().invoke(main, ["dead-letters", "show", letter, *address])
    replayed = CliRunner().invoke(main, ["dead-letters", "replay", letter, *address])

    assert letter in listed.output
    assert "One unprocessed event." in listed.output
    assert json.loads(shown.output)["body"] == '{"season": 7}'
    assert replayed.exit_code == 1
    assert "failed again" in replayed.output
    kept()

    refused = CliRunner().invoke(main, ["dead-letters", "dismiss", letter, "--reason", "x", *address])
    assert refused.exit_code == 1, "a reason has words"
    assert operator.get("/judging/v1/on-the-way")["dead_letters"] == 1
    form = f"/judging/operations/dead-letters/{letter}/dismissal"
    pages = httpx.Client(base_url=installation.url, headers={**bearer(operator), "Origin": installation.url})
    assert f'action="{form}"' in pages.get("/judging/operations").text
    assert "Please give a reason" in pages.post(form, data={"reason": " "}).text
    reason = "A probe of ours that means nothing."
    for _ in range(2):
        dismissed = CliRunner().invoke(main, ["dead-letters", "dismiss", letter, "--reason", reason, *address])
        assert dismissed.exit_code == 0, dismissed.output
    assert operator.get("/judging/v1/on-the-way")["dead_letters"] == 0
    assert operator.get(f"/judging/v1/dead-letters/{letter}")["dismissed"]["reason"] == reason
    assert letter not in CliRunner().invoke(main, ["dead-letters", "list", *address]).output
    assert reason in pages.get("/judging/operations").text
    assert pages.post(form, data={"reason": "another reason"}).status_code == 303, "a second time changes nothing"
    assert pages.get("/judging/v1/audit-log").text.count('"letter-dismissed"') == 1
    pages.close()


def bearer(client: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.token}", "Accept-Language": "en"}


async def publish(url: str, subject: str, body: bytes) -> None:
    client = await nats.connect(url)
    await client.jetstream().publish(subject, body)
    await client.close()
