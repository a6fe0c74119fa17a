"""A season from nothing, by page and API: with a blank, a template, a file or a copy, until it is open."""

import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from services.registration.adapters.drafts import templates
from services.registration.application.seasons import open_season
from services.registration.domain.beginnings import SETS
from services.registration.domain.units import Unit
from services.registration.entrypoints.http import season_drafts
from services.registration.entrypoints.pages import season_steps
from services.registration.entrypoints.pages import seasons as season_pages
from shared.http import problems
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import require_user
from shared.season.plain_yaml import read_yaml
from shared.season.reading import load_season, parse_season
from shared.web.forms import command_of_form
from shared.web.pages import Pages
from tests.support.fakes.drafts import DraftsInMemory
from tests.support.fakes.registration import Registration
from tests.support.rules import at, season_rules

ENTRYPOINTS = Path(season_drafts.__file__).parents[1]
PAGES = Pages("registration", ENTRYPOINTS, "http://test")
SECRET = b"secret"
HOSTS = {
    "anna": [Grant(Role.CITY_ORGANIZER, "spring-*")],
    "ben": [Grant(Role.CITY_ORGANIZER, "spring-2027")],
    "chen": [Grant(Role.CITY_ORGANIZER, "*")],
    "dora": [Grant(Role.CITY_ORGANIZER, "campus-ai-*")],
    "school": [Grant(Role.SCHOOL_ADMIN, "spring-*", "P01")],
    "operator": [Grant(Role.OPERATOR)],
}
NAMED = {
    "series": "spring",
    "year": "2027",
    "name_zh": "春风创作赛",
    "name_en": "Spring Contest",
    "sponsor_zh": "滨城市科学技术协会",
    "sponsor_en": "",
    "approval": "滨教赛备〔2027〕1号",
    "opens": "2027-03-01T09:00",
    "closes": "2027-04-16T18:00",
}
BLANK = {**NAMED, "divisions": "PJ", "track_zh": "AI绘本", "track_en": "AI picture book", "judges": "5"}


class Empty:
    """A database in which nothing is."""

    def __getitem__(self, _: str) -> "Empty":
        return self

    async def count_documents(self, _: Any) -> int:
        return 0

    async def standings(self, _: str) -> dict[str, int]:
        return {}

    async def told_versions(self, _: str) -> int:
        return 0


class World:
    """The routes of seasons and their drafts, on ports in memory."""

    def __init__(self) -> None:
        self.registration, self.drafts = Registration(at("2027-01-05T09:00:00")), DraftsInMemory()
        store = self.registration.store
        self.app = FastAPI()
        problems.install(self.app, PAGES)
        for module in (season_drafts, season_pages, season_steps):
            self.app.include_router(module.router)
        self.app.state.context = SimpleNamespace(
            store=store,
            read=SimpleNamespace(seasons=store.seasons, entries=Empty(), assessments=Empty()),
            database=Empty(),
            drafts=self.drafts,
            pages=PAGES,
            access=SimpleNamespace(key=SimpleNamespace(derive=lambda _: SECRET)),
            command_of=lambda request, sent: command_of_form(request, sent, SECRET),
        )
        self.app.dependency_overrides[require_user] = self.principal

    async def principal(self, request: Request) -> Principal:
        name = request.headers["x-who"]
        series = {season.id: season.rules.series.id for season in await self.registration.seasons.all()}
        known = Principal(name, "s", name, "", tuple(HOSTS[name]), 0, 2**60, series=series)
        request.state.principal = known
        return known

    def browsing(self, who: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"x-who": who, "accept-language": "en"}
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def anna(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.browsing("anna") as client:
        yield client


def shown(page: str) -> str:
    """The file on the page of a draft."""
    area = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert area
    return html.unescape(area[1])


@pytest.mark.parametrize("name", templates())
def test_every_ready_file_is_a_season_without_a_fault(name: str) -> None:
    rules = load_season(templates()[name])
    assert rules.serials
    assert set(rules.serials.rounds) == {round_.id for round_ in rules.rounds}
    for title in (rules.series.title, *(part.title for part in (*rules.tracks, *rules.divisions, *rules.rounds))):
        assert title.zh
        assert title.en


async def test_a_host_without_a_season_begins_with_a_blank_and_opens_it(world: World, anna: httpx.AsyncClient) -> None:
    content = {**BLANK, "judges": 5}
    answer = await anna.post("/registration/v1/season-templates/blank/drafts", json=content)
    address = f"/registration/season-drafts/{answer.json()['id']}"
    page = await anna.get(address)

    rules = load_season(shown(page.text))
    assert (rules.id, rules.season.title.zh, rules.season.title.en) == (
        "spring-2027",
        "2027年春风创作赛",
        "Spring Contest 2027",
    )
    assert [division.id for division in rules.divisions] == ["P", "J"]
    assert [(track.title.en, track.divisions) for track in rules.tracks] == [("AI picture book", ("P", "J"))]
    assert [(panel.ballots, panel.min_ballots) for panel in rules.panels.values()] == [(5, 5)]
    assert rules.window("registration").closes.isoformat() == "2027-04-16T10:00:00+00:00"
    assert rules.rounds[0].judging.opens > rules.window("registration").closes
    assert "Differences from" not in page.text
    assert f"{rules.season.title.en}" in (await anna.get("/registration/season-drafts")).text

    opened = await anna.post(f"{address}/open", data={"confirm": "open"})
    assert opened.headers["location"] == "/registration/seasons/spring-2027/overview"
    season = await world.registration.seasons.find("spring-2027")
    assert season
    assert season.mode == "live"
    assert (await anna.get(address)).status_code == 404
    desk = await world.browsing("anna").get("/registration/seasons/spring-2027/rules")
    assert desk.status_code == 200, "whoever opened it organizes it"


STARTED = {"name_zh": "2027年春风创作赛", "name_en": "Spring Contest 2027", "year": "2027", "opens": "2027-03-01"}


@pytest.mark.parametrize("name", templates())
async def test_a_season_begins_on_the_page_with_a_ready_one_and_what_is_left_is_said_at_its_step(
    anna: httpx.AsyncClient, name: str
) -> None:
    """Keeps away: a season that opens under a sponsor and an approval that nobody wrote."""
    listed = (await anna.get("/registration/season-drafts")).text
    assert f'value="ready:{name}"' in listed
    assert re.search(r'value="ready:blank"\s+checked', listed), "something is chosen already"

    sent = await anna.post("/registration/season-drafts", data={**STARTED, "from": f"ready:{name}"})
    assert (sent.status_code, sent.headers["location"].rsplit("/", 1)[1]) == (303, "basics"), sent.text
    draft = sent.headers["location"].removesuffix("/basics")
    check = (await anna.get(f"{draft}/check")).text
    places = re.findall(rf'href="{draft}/(\w+)#([\w.]+)"', check)
    assert set(places) == {("basics", "sponsors.0.zh"), ("basics", "approval.number")}
    assert (await anna.get(f"{draft}/basics")).text.count('aria-invalid="true"') >= 2

    identity = draft.rsplit("/", 1)[1]
    text = (await anna.get(f"/registration/v1/season-drafts/{identity}")).json()["text"]
    file = read_yaml(text)
    file["sponsors"], file["approval"]["number"] = [{"zh": "滨城市科学技术协会"}], "1号"
    rules, ready = parse_season(file), load_season(templates()[name])
    assert (rules.id, rules.season.title.zh, rules.series.title.zh) == ("spring-2027", "2027年春风创作赛", "春风创作赛")
    assert (rules.series.title.en, rules.serials and rules.serials.prefix) == ("Spring Contest", "SPRING27")
    opens = rules.window("registration").opens
    assert opens.astimezone(rules.zone).isoformat() == "2027-03-01T09:00:00+08:00"
    later = opens.astimezone(rules.zone).date() - ready.window("registration").opens.astimezone(ready.zone).date()
    for mine, theirs in zip(rules.rounds, ready.rounds, strict=True):
        assert mine.judging.closes - theirs.judging.closes == later


async def test_whoever_organizes_many_series_states_the_series_and_its_numbers(world: World) -> None:
    async with world.browsing("chen") as chen:
        sent = await chen.post("/registration/season-drafts", data={**STARTED, "from": "ready:blank"})
        check = (await chen.get(sent.headers["location"].replace("basics", "check"))).text
    assert "basics#series.id" in check
    assert "certificates#serials.prefix" in check


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_zh", "杯" * 121),
        ("name_en", "Cup \U0001f600"),
        ("year", "a b"),
        ("year", ""),
        ("opens", ""),
        ("opens", "soon"),
        ("opens", "2999-12-30"),
    ],
)
async def test_a_start_that_will_not_do_is_named_by_its_field(
    world: World, anna: httpx.AsyncClient, field: str, value: str
) -> None:
    page = await anna.post("/registration/season-drafts", data={**STARTED, "from": "ready:units", field: value})
    assert page.status_code == 422
    assert re.findall(r'<a href="#(\w+)">', page.text) == [field]
    assert re.search(r'value="ready:units"\s+checked', page.text), "nothing chosen is lost"
    assert await world.drafts.of("anna") == []
    nameless = await anna.post("/registration/season-drafts", data={"from": "ready:units"})
    assert nameless.text.count('aria-invalid="true"') == 3
    assert (await anna.post("/registration/season-drafts", data={**STARTED, "from": "ready:none"})).status_code == 404


@pytest.mark.parametrize("name", sorted(set(templates()) - {"blank"}))
async def test_a_template_keeps_its_parts_and_moves_its_dates(world: World, name: str) -> None:
    async with world.browsing("operator") as operator:
        answer = await operator.post(f"/registration/v1/season-templates/{name}/drafts", json=NAMED)
    assert answer.status_code == 201, answer.text
    draft = answer.json()
    assert (draft["faults"], draft["changes"], draft["based_on"], draft["season"]) == ([], [], "", "spring-2027")

    before, rules = load_season(templates()[name]), load_season(draft["text"])
    assert [track.id for track in rules.tracks] == [track.id for track in before.tracks]
    later = (
        rules.window("registration").closes.astimezone(rules.zone).date()
        - before.window("registration").closes.astimezone(before.zone).date()
    )
    for mine, theirs in zip(rules.rounds, before.rounds, strict=True):
        assert mine.judging.opens - theirs.judging.opens == later
        assert mine.judging.closes - theirs.judging.closes == later
    assert rules.window("results_notice").closes - before.window("results_notice").closes == later
    assert rules.serials
    assert rules.serials.prefix == "SPRING27"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("series", "春", "field-season-series"),
        ("series", "autumn", "field-season-not-yours"),
        ("year", "", "field-season-year"),
        ("name_zh", "杯" * 121, "field-season-long"),
        ("name_en", "Cup \U0001f600", "field-season-long"),
        ("sponsor_zh", "", "field-season-text"),
        ("track_zh", "杯" * 121, "field-season-long"),
        ("approval", " ", "field-season-approval"),
        ("opens", "2027-03-01", "field-season-moment"),
        ("closes", "never", "field-season-moment"),
        ("closes", "2027-03-01T09:00", "field-season-closes"),
        ("closes", "2999-12-30T09:00", "field-season-dates"),
        ("divisions", "PS", "field-season-divisions"),
        ("judges", "0", "field-season-judges"),
        ("judges", "16", "field-season-judges"),
        ("judges", "²", "field-season-judges"),
    ],
)
async def test_what_will_not_do_is_named_by_its_field(
    world: World, anna: httpx.AsyncClient, field: str, value: str, code: str
) -> None:
    values = BLANK | {field: value}
    at_field = "opens" if code == "field-season-dates" else field
    if value.isascii() or field != "judges":
        answer = await anna.post(
            "/registration/v1/season-templates/blank/drafts", json=values | {"judges": int(values["judges"])}
        )
        assert answer.status_code == 422
        if len(value) <= 64:
            assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(f"/{at_field}", code)]
    assert await world.drafts.of("anna") == []


@pytest.mark.parametrize("divisions", SETS)
async def test_a_blank_takes_every_division_set(anna: httpx.AsyncClient, divisions: str) -> None:
    content = {**BLANK, "divisions": divisions, "judges": 3}
    answer = await anna.post("/registration/v1/season-templates/blank/drafts", json=content)
    assert [part.id for part in load_season(answer.json()["text"]).divisions] == list(divisions)


async def test_who_may_organize_may_begin_and_open_and_nobody_else(world: World) -> None:
    """Keeps away: a season opened in a series of others, and a draft that others read."""
    address = "/registration/v1/season-templates/blank/drafts"
    content = {**BLANK, "judges": 5}
    async with world.browsing("school") as school:
        for method, path in (
            ("GET", "/registration/season-drafts"),
            ("POST", "/registration/season-drafts"),
            ("POST", "/registration/season-files"),
            ("GET", "/registration/v1/season-templates"),
            ("GET", "/registration/v1/season-drafts"),
        ):
            assert (await school.request(method, path)).status_code == 403, path
        assert (await school.post(address, json=content)).status_code == 403
        assert (await school.post("/registration/v1/season-drafts", json={"text": "x"})).status_code == 403
    for name in ("anna", "ben", "chen", "operator"):
        async with world.browsing(name) as client:
            assert (await client.post(address, json=content)).status_code == 201, name
    (draft,) = await world.drafts.of("ben")
    async with world.browsing("dora") as dora:
        assert (await dora.post(address, json=content)).status_code == 422, "not of her series"
        for method, path in (("GET", ""), ("POST", "/opening")):
            answer = await dora.request(method, f"/registration/v1/season-drafts/{draft.id}{path}")
            assert answer.status_code == 404
        own = await dora.post("/registration/v1/season-drafts", json={"text": draft.text})
        opening = await dora.post(f"/registration/v1/season-drafts/{own.json()['id']}/opening")
        assert (opening.status_code, opening.json()["code"]) == (403, "role-needed")
    async with world.browsing("ben") as ben:
        opening = await ben.post(f"/registration/v1/season-drafts/{draft.id}/opening")
        assert (opening.status_code, opening.json()["id"]) == (201, "spring-2027")


async def test_a_file_of_ones_own_is_kept_with_its_faults_each_with_its_line(anna: httpx.AsyncClient) -> None:
    text = templates()["blank"].replace("panel: judges", "panel: nobody").replace("time_zone: Asia/Shanghai\n", "")
    sent = await anna.post("/registration/season-files", files={"file": ("season.yaml", text.encode())})
    assert sent.status_code == 303, sent.text
    page = (await anna.get(sent.headers["location"])).text
    assert "time_zone" in page

    identity = sent.headers["location"].rsplit("/", 1)[1]
    address = f"/registration/v1/season-drafts/{identity}"
    refused = await anna.post(f"{address}/opening")
    assert (refused.status_code, refused.json()["code"]) == (422, "season-refused")
    whole = templates()["blank"].replace("panel: judges", "panel: nobody")
    draft = (await anna.put(address, content=whole, headers={"content-type": "application/yaml"})).json()
    line = next(number for number, row in enumerate(whole.splitlines(), 1) if "panel: nobody" in row)
    assert [(fault["path"], fault["line"], fault["code"]) for fault in draft["faults"]] == [
        ("rounds.final.scoring.A.work.panel", line, "UNKNOWN_REFERENCE")
    ]
    assert f"Line {line}:" in (await anna.get(sent.headers["location"])).text


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe", "file-unreadable"), (b" \n", "season-file-size"), (b"a" * 200_000, "season-file-size")],
)
async def test_what_is_no_text_of_a_season_file_is_not_kept(
    world: World, anna: httpx.AsyncClient, content: bytes, code: str
) -> None:
    sent = await anna.post("/registration/season-files", files={"file": ("season.yaml", content)})
    assert sent.status_code == 422
    assert (await anna.post("/registration/season-files")).status_code == 422
    if code == "season-file-size":
        answer = await anna.post("/registration/v1/season-drafts", json={"text": content.decode()[:131_072]})
        assert answer.status_code == (422 if content.isspace() else 201)
    else:
        assert await world.drafts.of("anna") == []


async def test_a_copy_says_what_differs_and_opens_with_the_units(world: World) -> None:
    rules = season_rules()
    store = world.registration.store
    base = await open_season(rules, "live", world.registration.clock.at, store)
    await store.units.save(base.id, [Unit("C", "", "city", "市", "City", "", 1)])
    async with world.browsing("dora") as dora:
        asked = {"season": base.id}
        key = {"idempotency-key": "once"}
        first = await dora.post("/registration/v1/season-drafts", json=asked, headers=key)
        again = await dora.post("/registration/v1/season-drafts", json=asked, headers=key)
        assert first.json()["id"] == again.json()["id"]
        other = await dora.post("/registration/v1/season-drafts", json={"text": "x"}, headers=key)
        assert other.json()["code"] == "idempotency-key-reused"
        address = f"/registration/v1/season-drafts/{first.json()['id']}"
        text = first.json()["text"].replace("'2025'", "'2028'").replace("LHAI25", "LHAI28")
        changed = (await dora.put(address, content=text, headers={"content-type": "application/yaml"})).json()
        assert {change["path"] for change in changed["changes"]} == {"season.id", "serials.prefix"}
        assert "Differences from" in (await dora.get(f"/registration/season-drafts/{first.json()['id']}")).text
        listed = (await dora.get("/registration/v1/season-drafts")).json()
        assert [(draft["id"], draft["based_on"]) for draft in listed] == [(first.json()["id"], base.id)]
        assert (await dora.post(f"{address}/opening")).status_code == 201
        assert list(await store.units.of("campus-ai-2028")) == ["C"]
    async with world.browsing("anna") as anna:
        assert (await anna.post("/registration/v1/season-drafts", json=asked)).status_code == 403
        neither = await anna.post("/registration/v1/season-drafts", json={})
        assert neither.json()["errors"][0]["code"] == "field-draft-one-of"


async def test_last_years_season_moves_to_another_year(world: World) -> None:
    """Keeps away: a dozen dates, two titles and a prefix that somebody changes by hand each year, and forgets one of."""
    rules = season_rules()
    base = await open_season(rules, "live", world.registration.clock.at, world.registration.store)
    async with world.browsing("dora") as dora:
        asked = {"from": base.id, "year": "2026", "opens": "2026-03-12T08:30"}
        sent = await dora.post("/registration/season-drafts", data=asked)
        draft = sent.headers["location"].removesuffix("/basics")
        moved = load_season((await dora.get(f"{draft}/season.yaml")).text)
        by = datetime(2026, 3, 12, tzinfo=UTC).date() - rules.window("registration").opens.date()
        assert (moved.id, moved.season.title.zh) == ("campus-ai-2026", rules.season.title.zh.replace("2025", "2026"))
        assert moved.serials
        assert moved.serials.prefix == "LHAI26"
        assert moved.window("registration").opens.isoformat() == "2026-03-12T00:30:00+00:00"
        assert moved.window("registration").closes == rules.window("registration").closes + by
        assert moved.round("final").judging.opens == rules.round("final").judging.opens + by
        page = await dora.post("/registration/season-drafts", data={**asked, "year": "a b", "opens": "soon"})
        assert (page.status_code, page.text.count("aria-invalid")) == (422, 2)
        named = {"from": base.id, "year": "2028", "opens": "2028-03-10", "name_zh": "第五届浪花杯"}
        sent = await dora.post("/registration/season-drafts", data=named)
        renamed = load_season((await dora.get(sent.headers["location"].replace("basics", "season.yaml"))).text)
        former = rules.window("registration").opens.astimezone(rules.zone)
        opens = renamed.window("registration").opens.astimezone(rules.zone)
        assert (renamed.id, renamed.season.title.zh) == ("campus-ai-2028", "第五届浪花杯")
        assert (opens.date().isoformat(), opens.time()) == ("2028-03-10", former.time())
        answer = await dora.post("/registration/v1/season-drafts", json={"season": base.id, "year": "2027"})
        assert answer.json()["season"] == "campus-ai-2027"
        assert {change["path"] for change in answer.json()["changes"]} >= {"season.id", "serials.prefix"}


async def test_there_is_nothing_of_another_name_to_begin_with(anna: httpx.AsyncClient) -> None:
    answer = await anna.post("/registration/v1/season-templates/none/drafts", json={**BLANK, "judges": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-template")
    listed = (await anna.get("/registration/v1/season-templates")).json()
    assert [item["id"] for item in listed if item["blank"]] == ["blank"]
