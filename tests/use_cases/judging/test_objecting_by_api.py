"""Objections and appeals by programs: filed, read by whoever filed them, decided and confirmed by two people."""

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from services.judging.entrypoints import filing
from services.judging.entrypoints.http import objections
from shared.http import problems
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import require_user
from shared.web.pages import Pages
from tests.support.counters import CountersInMemory
from tests.support.fakes.judged_season import AFTER_NOTICE, Judged, judged

PAGES = Pages("judging", Path(objections.__file__).parents[1], "http://test")
TEXT = "seen before, in a book of 2019"
OBJECTION = {"entry": "E1", "ground": "plagiarism", "text": TEXT, "name": "Li Hua", "contact": "138 0000"}
APPEAL = {"round": "heats", "component": "work", "text": "the process was not looked at"}
SCORES = {"J1": {"theme": "40", "originality": "40", "process": "20"}}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(16)).decode()


class World:
    """The routes of objections, on judging in memory with results on notice."""

    def __init__(self, each: Judged) -> None:
        self.judged, season = each, each.id
        self.people = {
            "entrant": ("p-E1", Grant(Role.STUDENT, season, "P01")),
            "other": ("p-E2", Grant(Role.STUDENT, season, "P02")),
            "host": ("", Grant(Role.CITY_ORGANIZER, season)),
            "second": ("", Grant(Role.CITY_ORGANIZER, season)),
            "auditor": ("", Grant(Role.AUDITOR, season)),
            "elsewhere": ("", Grant(Role.CITY_ORGANIZER, "another-2025")),
        }
        self.app = FastAPI()
        problems.install(self.app, PAGES)
        self.app.include_router(objections.router)
        self.app.state.context = SimpleNamespace(
            season=self.season,
            store=each.store,
            facts=each.facts,
            objections=each.objections,
            database=None,
            public_url="http://test",
        )
        self.app.dependency_overrides[require_user] = self.principal

    async def season(self, _: str) -> Any:
        return await self.judged.season()

    async def principal(self, request: Request) -> Principal:
        name = request.headers["x-who"]
        person, grant = self.people[name]
        return Principal(name, "s", name, person, (grant,), 0, 2**60)

    async def ask(self, who: str, method: str, path: str, **how: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("10.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers={"x-who": who}) as client:
            return await client.request(method, f"/judging/v1/seasons/{self.judged.id}{path}", **how)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> World:
    counters = CountersInMemory()
    monkeypatch.setattr(filing, "MongoCounters", lambda _: counters)
    each = await judged()
    await each.announced()
    return World(each)


async def test_an_objection_is_filed_read_by_whoever_filed_it_and_decided(world: World) -> None:
    made = await world.ask("other", "POST", "/objections", json=OBJECTION)
    assert made.status_code == 201, made.text
    again = await world.ask("other", "POST", "/objections", json=OBJECTION)
    assert again.json()["id"] == made.json()["id"]
    assert "/receipt/" in made.json()["receipt"]
    listed = (await world.ask("auditor", "GET", "/objections")).json()
    assert [(item["id"], item["proposal"]) for item in listed] == [(made.json()["id"], None)]
    assert "Li Hua" not in str(listed)

    address = f"/objections/{made.json()['id']}/decision"
    refused = await world.ask("host", "POST", address, json={"outcome": "dismissed", "answer": "no"})
    assert [error["code"] for error in refused.json()["errors"]] == ["objection-answer"]
    decided = await world.ask("host", "POST", address, json={"outcome": "dismissed", "answer": "nothing in it"})
    assert (decided.status_code, decided.json()["outcome"]) == (200, "dismissed")
    twice = await world.ask("host", "POST", address, json={"outcome": "upheld", "answer": "we looked again"})
    assert (twice.status_code, twice.json()["code"]) == (409, "objection-decided")

    (own,) = (await world.ask("other", "GET", "/own-objections")).json()
    assert (own["outcome"], own["answer"], own["receipt"]) == ("dismissed", "nothing in it", made.json()["receipt"])
    assert (await world.ask("entrant", "GET", "/own-objections")).json() == []


async def test_new_scores_of_an_appeal_wait_for_a_second_person_by_api_too(world: World) -> None:
    evidence = [{"name": "shot.png", "content": PNG}]
    made = await world.ask("entrant", "POST", "/entries/E1/appeals", json={**APPEAL, "evidence": evidence})
    assert made.status_code == 201, made.text
    assert (made.json()["kind"], made.json()["evidence"], made.json()["receipt"]) == ("appeal", 1, "")
    address = f"/objections/{made.json()['id']}"
    lacking = await world.ask(
        "host", "POST", f"{address}/decision", json={"outcome": "upheld", "answer": "we looked again"}
    )
    assert [error["code"] for error in lacking.json()["errors"]] == ["objection-scores"]

    content = {"outcome": "upheld", "answer": "we looked again", "scores": SCORES}
    waiting = (await world.ask("host", "POST", f"{address}/decision", json=content)).json()
    assert (waiting["outcome"], waiting["proposal"]["by"]) == ("", "host")
    assert waiting["proposal"]["scores"] == {"J1": ["40", "40", "20"]}
    assert world.judged.facts.actions.values() == [], "nothing counts yet"
    preview = {"preview": waiting["proposal"]["preview"]}
    for who, sent, code in (
        ("host", preview, "second-person"),
        ("second", {"preview": "x"}, "proposed-otherwise"),
    ):
        refused = await world.ask(who, "POST", f"{address}/confirmation", json=sent)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    confirmed = await world.ask("second", "POST", f"{address}/confirmation", json=preview)
    assert (confirmed.json()["outcome"], confirmed.json()["proposal"]) == ("upheld", None)
    assert len((await world.judged.facts.decisions(world.judged.id)).appeals) == 1


async def test_who_may_file_and_decide(world: World) -> None:
    """Keeps away: an appeal for the entry of others, and a decision by whoever does not organize the season."""
    made = (await world.ask("host", "POST", "/objections", json=OBJECTION)).json()
    content = {"outcome": "dismissed", "answer": "nothing in it"}
    for who, path, sent, status in (
        ("other", "/entries/E1/appeals", APPEAL, 404),
        ("host", "/entries/E1/appeals", APPEAL, 404),
        ("elsewhere", "/objections", OBJECTION, 403),
        ("auditor", f"/objections/{made['id']}/decision", content, 403),
        ("entrant", f"/objections/{made['id']}/decision", content, 403),
        ("auditor", f"/objections/{made['id']}/confirmation", {"preview": "x"}, 403),
        ("host", "/objections/none/decision", content, 404),
        ("host", "/objections/none/confirmation", {"preview": "x"}, 404),
    ):
        assert (await world.ask(who, "POST", path, json=sent)).status_code == status, (who, path)
    assert (await world.ask("entrant", "GET", "/objections")).status_code == 403


async def test_what_will_not_do_is_named_and_not_counted(world: World) -> None:
    for changed, pointer in (
        ({"entry": "E99"}, "/entry"),
        ({"ground": "envy"}, "/ground"),
        ({"text": "short"}, "/text"),
        ({"name": "L"}, "/name"),
        ({"contact": "1"}, "/contact"),
        ({"evidence": [{"name": "x", "content": base64.b64encode(b"MZ").decode()}]}, "/evidence"),
    ):
        refused = await world.ask("other", "POST", "/objections", json=OBJECTION | changed)
        assert refused.status_code == 422
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    for number in range(filing.MOST_AN_HOUR):
        made = await world.ask("other", "POST", "/objections", json=OBJECTION | {"text": f"{TEXT} {number}"})
        assert made.status_code == 201
    assert (await world.ask("other", "POST", "/objections", json=OBJECTION)).status_code == 429
    world.judged.clock.at = AFTER_NOTICE
    late = await world.ask("entrant", "POST", "/entries/E1/appeals", json=APPEAL)
    assert (late.status_code, late.json()["code"]) == (409, "objections-not-open")
