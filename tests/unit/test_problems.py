"""Answers to what goes wrong, as every service gives them; without one."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from services.judging.domain.support import unsupported_rules
from shared.errors import (
    Invalid,
    InvalidState,
    LaurelError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooMany,
    Unavailable,
    error_at,
)
from shared.http import problems
from shared.http.contract import Problem
from shared.http.operations import apply_letter
from shared.http.protection import Protection
from shared.http.reports import season_from
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import Authenticator, require_user
from shared.messaging.delivery import NotYet
from shared.mongo import VersionConflict
from shared.observability.metrics import Metrics
from shared.observability.tracing import Tracing
from shared.throttle import Throttle
from shared.web.pages import Pages
from tests.conftest import EXAMPLE
from tests.support.counters import CountersInMemory
from tests.support.refusals import refused

HERE = Path(__file__).parent
KINDS: list[tuple[LaurelError, int]] = [
    (Invalid("fields-invalid"), 422),
    (NotSignedIn("sign-in-needed"), 401),
    (NotAllowed("role-needed"), 403),
    (NotFound("no-such-page"), 404),
    (InvalidState("try-again"), 409),
    (Unavailable("try-again"), 503),
    (TooMany("too-often"), 429),
    (VersionConflict("season-2025"), 503),
    (InvalidState("try-again", status="x", instance="x", t="x", code_="x", title="x", trace_id="x", self="x"), 409),
]
"""A refusal of every kind, and one whose values are named like what answers it: any name may stand in a sentence."""
PAGE = {"Accept": "text/html"}


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=5, pattern="^a")]
    kind: Literal["a", "b"] = "a"
    part: dict[str, int] = {}


def app() -> FastAPI:
    fast_api = FastAPI()
    problems.install(fast_api, Pages("registration", HERE, "http://test"))

    @fast_api.get("/kinds/{number}")
    async def kind(number: int) -> None:
        raise KINDS[number][0]

    @fast_api.post("/kinds/{number}")
    async def posted(number: int) -> None:
        raise KINDS[number][0]

    @fast_api.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    @fast_api.get("/store")
    async def store() -> None:
        raise PyMongoError

    @fast_api.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418)

    @fast_api.get("/registration/v1/kinds/{number}")
    async def program(number: int) -> None:
        raise KINDS[number][0]

    @fast_api.post("/values")
    async def values(content: Wanted, many: Annotated[int, Query(le=3)] = 1) -> None:
        raise Invalid(
            "season-refused",
            count=2,
            errors=[
                error_at("field", "fault-REQUIRED", path="a.b"),
                {"pointer": "/a/b", "code": "REQUIRED", "message": {"zh": "缺", "en": "gone"}},
            ],
        )

    @fast_api.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    return fast_api


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    metrics, tracing = Metrics("registration"), Tracing("registration", "")
    guarded = Protection(app(), secure=False, metrics=metrics, tracing=tracing)
    transport = httpx.ASGITransport(guarded, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as async_client:
        yield async_client


@pytest.mark.parametrize(("error", "status"), KINDS)
async def test_every_kind_of_refusal_has_its_status(client: httpx.AsyncClient, error: LaurelError, status: int) -> None:
    answer = await client.get(f"/kinds/{KINDS.index((error, status))}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    body = answer.json()
    assert (body["type"], body["code"], body["status"]) == (f"urn:laurel:problem:{error.code}", error.code, status)
    assert body["detail"]
    assert ("retry-after" in answer.headers) is (status in (429, 503))
    assert ("www-authenticate" in answer.headers) is (status == 401)


async def test_a_page_asks_to_sign_in_and_a_form_that_could_not_be_taken_keeps_what_was_typed(
    client: httpx.AsyncClient,
) -> None:
    away = await client.get("/kinds/1?x=1", headers=PAGE)
    assert (away.status_code, away.headers["location"]) == (303, "/registration/session?next=/kinds/1%3Fx%3D1")
    for number, status in ((1, 401), (5, 503)):
        kept = await client.post(f"/kinds/{number}", headers=PAGE, data={"title": "My work", "password": "secret one"})
        assert kept.status_code == status
        assert "My work" in kept.text
        assert "secret one" not in kept.text
    assert "My work" not in (await client.post("/kinds/4", headers=PAGE, data={"title": "My work"})).text


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/nowhere", 404, "no-such-page"),
    ("DELETE", "/broken", 405, "method-not-allowed"),
    ("GET", "/teapot", 418, "request-bad"),
    ("GET", "/kinds/x", 422, "malformed"),
    ("GET", "/broken", 500, "our-fault"),
    ("GET", "/store", 503, "try-again"),
])  # fmt: skip
async def test_what_no_route_expected_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    page = await client.request(method, path, headers=PAGE)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize(("sent", "pointer", "code"), [
    ({}, "/name", "value-missing"),
    ({"name": "a", "other": 1}, "/other", "value-unknown"),
    ({"name": "aaaaaa"}, "/name", "value-long"),
    ({"name": "b"}, "/name", "value-pattern"),
    ({"name": 1}, "/name", "value-type"),
    ({"name": "a", "kind": "c"}, "/kind", "value-choice"),
    ({"name": "a", "part": {"x/y~": "z"}}, "/part/x~1y~0", "value-type"),
])  # fmt: skip
async def test_whatever_will_not_do_is_named_alike(
    client: httpx.AsyncClient, sent: dict[str, Any], pointer: str, code: str
) -> None:
    details = set()
    for language in ("zh", "en"):
        answer = await client.post("/values", json=sent, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
        (error,) = answer.json()["errors"]
        assert set(error) == {"pointer", "code", "detail"}
        assert (error["pointer"], error["code"]) == (pointer, code)
        details.add(error["detail"])
    assert len(details) == 2
    Problem.model_validate(answer.json(), strict=True)


async def test_rules_and_parameters_are_named_like_values(client: httpx.AsyncClient) -> None:
    english = {"Accept-Language": "en"}
    refused = (await client.post("/values", json={"name": "a"}, headers=english)).json()["errors"]
    assert refused == [
        {"pointer": "/field", "code": "fault-REQUIRED", "detail": "a.b: this is required."},
        {"pointer": "/a/b", "code": "REQUIRED", "detail": "gone"},
    ]
    large = (await client.post("/values?many=9", json={"name": "a"}, headers=english)).json()["errors"]
    assert large == [{"pointer": "/many", "code": "value-large", "detail": "This may be at most 3."}]
    broken = await client.post("/values", content=b"{", headers={**english, "Content-Type": "application/json"})
    assert broken.json()["errors"][0]["code"] == "value-no-json"


async def test_programs_get_no_page(client: httpx.AsyncClient) -> None:
    """Only a link that somebody follows in a browser leads to where they sign in."""
    for number, (_, status) in enumerate(KINDS):
        answer = await client.get(f"/registration/v1/kinds/{number}", headers=PAGE)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        Problem.model_validate(answer.json(), strict=True)
    followed = await client.get("/registration/v1/kinds/1", headers={**PAGE, "Sec-Fetch-Dest": "document"})
    assert followed.status_code == 303
    odd = await client.post("/body", headers={"Cookie": "a=b", "Accept-Language": "en"}, content=b"x")
    assert Problem.model_validate(odd.json(), strict=True).detail.startswith("Changes must come")


async def test_a_body_has_an_end(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.bodies.LARGEST_OF", {})
    monkeypatch.setattr("shared.http.bodies.LARGEST", 100)
    assert (await client.post("/body", content=b"x" * 100)).json() == 100
    large = await client.post("/body", content=b"x" * 101)
    assert (large.status_code, large.json()["code"]) == (413, "too-large")


async def test_a_body_is_not_waited_for_without_end(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.bodies.PATIENCE", 0.01)

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(5)

    answer = await client.post("/body", content=slow())
    assert (answer.status_code, answer.json()["code"]) == (408, "too-slow")


@pytest.mark.parametrize(("headers", "status"), [
    ({"Cookie": "a=b", "Origin": "http://evil"}, 403),
    ({"Cookie": "a=b"}, 403),
    ({"Cookie": "a=b", "Referer": "http://evil/"}, 403),
    ({"Cookie": "a=b", "Origin": "http://test"}, 200),
    ({"Cookie": "a=b", "Referer": "http://test/page"}, 200),
    ({"Cookie": "a=b", "Authorization": "Bearer x", "Origin": "http://evil"}, 403),
    ({"Origin": "http://evil"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({}, 200),
])  # fmt: skip
async def test_no_other_page_writes_with_the_cookies_of_a_browser(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await client.post("/body", headers=headers, content=b"x")
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "cross-origin"


async def test_an_address_may_guess_so_often() -> None:
    counters = CountersInMemory()
    throttle = Throttle(counters, "guess", 2, 60)
    for _ in range(2):
        await throttle.spend("a")
    with refused("too-many-tries", TooMany):
        await throttle.spend("a")
    await throttle.spend("b")
    await throttle.give_back("a")
    await throttle.spend("a")
    forgetful = Throttle(counters, "short", 1, 0)
    for _ in range(2):
        await forgetful.spend("a")


async def test_a_season_file_that_is_refused_names_every_fault() -> None:
    assert (await season_from((EXAMPLE / "season.yaml").read_bytes())).id == "campus-ai-2025"
    with pytest.raises(Invalid) as caught:
        await season_from(b"format: season/1\nspeed: fast\n")
    assert (caught.value.code, caught.value.values["count"]) == ("season-refused", len(caught.value.errors))
    assert {"UNKNOWN_KEY", "REQUIRED"} <= {error["code"] for error in caught.value.errors}
    with refused("file-unreadable", Invalid, reason="NOT_UTF8"):
        await season_from(b"\xff")


async def test_rules_that_cannot_be_computed_exactly_are_named() -> None:
    rules = await season_from((EXAMPLE / "season.yaml").read_bytes())
    assert unsupported_rules(rules) == []
    primes = map(Decimal, ("99.91", "99.29", "99.23"))
    odd = [
        criterion.model_copy(update={"max": full})
        for criterion, full in zip(rules.rubrics["story"], primes, strict=True)
    ]
    assert unsupported_rules(rules.model_copy(update={"rubrics": {"odd": tuple(odd)}})) == [
        "rubrics.odd: weights and maxima"
    ]


class Nothing:
    """A collection without documents."""

    def find(self, *_: Any) -> "Nothing":
        return self

    def __aiter__(self) -> "Nothing":
        return self

    async def __anext__(self) -> None:
        raise StopAsyncIteration

    async def find_one(self, *_: Any) -> None:
        return None


def asking(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    fast_api = FastAPI()
    database: Any = {"identity_keys": Nothing(), "identity_revoked": Nothing(), "seasons": Nothing()}
    fast_api.state.gate = Authenticator(database)
    fast_api.state.gate.keys.add("other", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    return Request({"type": "http", "headers": raw, "app": fast_api})


async def test_a_token_that_does_not_hold_is_said_and_a_cookie_is_nobody() -> None:
    with refused("token-invalid", NotSignedIn):
        await require_user(asking(authorization="Bearer nonsense"))
    for headers in ({}, {"cookie": "laurel_token=nonsense"}, {"authorization": "Basic x"}):
        with refused("sign-in-needed", NotSignedIn):
            await require_user(asking(**headers))


def test_who_may_is_decided_by_season_and_series() -> None:
    def held(*grants: Grant) -> Principal:
        return Principal("a", "s", "l", "", grants, 0, 0)

    judge = held(Grant(Role.JUDGE, "s1"))
    judge.require("s1", Role.JUDGE, Role.CHIEF_JUDGE)
    for season, role in (("s2", Role.JUDGE), ("s1", Role.CHIEF_JUDGE)):
        with refused("role-needed", NotAllowed):
            judge.require(season, role)
    held(Grant(Role.OPERATOR)).require("s9", Role.JUDGE)
    host = held(Grant(Role.CITY_ORGANIZER, "cup-*")).stating("cup-2025", "cup").stating("cupboard-2025", "cupboard")
    host.require("cup-2025", Role.CITY_ORGANIZER)
    for season in ("cupboard-2025", "cup-2026"):
        with refused("role-needed", NotAllowed):
            host.require(season, Role.CITY_ORGANIZER)


class Letters:
    """Dead letters: one that can be applied now, one that fails again."""

    async def replay(self, letter: str) -> bool:
        if letter == "bad":
            raise NotYet
        return letter == "good"


async def test_a_dead_letter_is_applied_once_more_or_says_why_not() -> None:
    letters: Any = Letters()
    await apply_letter(letters, "good")
    with refused("letter-fails-again", reason="NotYet"):
        await apply_letter(letters, "bad")
    with refused("no-such-letter", NotFound):
        await apply_letter(letters, "none")
