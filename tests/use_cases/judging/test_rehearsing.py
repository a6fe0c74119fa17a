"""A rehearsal by its page: the rules come with the form, the report goes out, and nothing is asked of any database."""

import re
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI, Request

from services.judging.domain.rehearsal import Rehearsing, rehearse
from services.judging.entrypoints.http import rehearsals as rehearsal_routes
from services.judging.entrypoints.pages import rehearsals
from shared.http import problems
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import require_user
from shared.season.reading import load_season
from shared.season.text import LANGUAGES
from shared.web.pages import Pages
from tests.conftest import EXAMPLE, GOLDEN

PAGES = Pages("judging", Path(rehearsals.__file__).parents[1], "http://test")
DRAFT = "0" * 32
FORM = {"text": (GOLDEN / "season.yaml").read_text(), "draft": DRAFT, "entries": "120", "works": "30", "seed": "1"}


def asking(role: Role, language: str = "en") -> httpx.AsyncClient:
    app = FastAPI()
    problems.install(app, PAGES)
    for module in (rehearsals, rehearsal_routes):
        app.include_router(module.router)
    app.state.context = SimpleNamespace(pages=PAGES)

    async def principal(request: Request) -> Principal:
        known = Principal("a", "s", "a", "", (Grant(role, "spring-*", "P01"),), 0, 2**60)
        request.state.principal = known
        return known

    app.dependency_overrides[require_user] = principal
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers={"accept-language": language})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("folder", [GOLDEN, EXAMPLE], ids=["golden", "small"])
async def test_an_organizer_sees_what_the_rules_would_make(folder: Path, language: str) -> None:
    text = (folder / "season.yaml").read_text()
    async with asking(Role.CITY_ORGANIZER, language) as browser:
        answer = await browser.post("/judging/rehearsals", data={**FORM, "text": text.replace("\n", "\r\n")})

        assert answer.status_code == 200, answer.text
        assert f'href="/registration/season-drafts/{DRAFT}/check"' in answer.text
        assert re.search(r"<dd>120</dd>", answer.text)
        again = await browser.post("/judging/rehearsals", data={**FORM, "text": text})
        assert again.text == answer.text, "the same numbers give the same page"


async def test_numbers_that_will_not_do_are_named_and_the_rules_stay_in_the_form() -> None:
    async with asking(Role.CITY_ORGANIZER) as browser:
        sent = {**FORM, "entries": "0", "works": "many", "seed": "９"}
        answer = await browser.post("/judging/rehearsals", data=sent)

    assert answer.status_code == 422
    assert re.findall(r'<a href="#(\w+)">', answer.text) == ["entries", "works", "seed"]
    assert "bincheng-ai" in answer.text


async def test_rules_with_faults_and_other_texts_are_refused_in_a_sentence() -> None:
    async with asking(Role.CITY_ORGANIZER) as browser:
        for text in ("", "a: [", FORM["text"].replace("panel: common", "panel: none")):
            answer = await browser.post("/judging/rehearsals", data={**FORM, "text": text, "draft": "//evil"})
            assert answer.status_code == 422
            assert 'class="errors"' in answer.text
            assert "evil" not in answer.text


async def test_only_organizers_rehearse() -> None:
    async with asking(Role.SCHOOL_ADMIN) as browser:
        assert (await browser.post("/judging/rehearsals", data=FORM)).status_code == 403


API = "/judging/v1/rehearsals"
YAML = {"content-type": "application/yaml"}


@pytest.mark.parametrize("folder", [GOLDEN, EXAMPLE], ids=["golden", "small"])
async def test_a_program_gets_the_report_of_the_page(folder: Path) -> None:
    text = (folder / "season.yaml").read_text()
    expected = rehearse(load_season(text), Rehearsing(entries=90, works=20, seed=3))
    async with asking(Role.CITY_ORGANIZER) as program:
        asked = {"entries": "90", "works": "20", "seed": "3"}
        answer = await program.post(API, content=text.encode(), headers=YAML, params=asked)

    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["schools"], report["instructors"], report["units"]) == (
        expected.schools,
        expected.instructors,
        expected.units,
    )
    assert report["rounds"][0]["entrants"] == 90
    for told, known in zip(report["rounds"], expected.rounds, strict=True):
        assert (told["ballots"], told["judges"], told["given"]) == (known.ballots, known.judges, dict(known.given))
        assert [group["going_on"] for group in told["groups"]] == [group.going_on for group in known.groups]
        assert [load["most"] for load in told["loads"]] == [load.most for load in known.loads]


@pytest.mark.parametrize(("name", "value"), [("entries", "2001"), ("entries", "0"), ("works", "1001"), ("seed", "x")])
async def test_a_program_is_told_which_number_will_not_do(name: str, value: str) -> None:
    async with asking(Role.CITY_ORGANIZER) as program:
        answer = await program.post(API, content=FORM["text"].encode(), headers=YAML, params={name: value})

    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [f"/{name}"])


async def test_a_program_rehearses_right_rules_for_whoever_organizes_something() -> None:
    """Keeps away: work of the machine for anybody, and a report on rules that are not understood."""
    async with asking(Role.CITY_ORGANIZER) as program:
        broken = await program.post(API, content=b"format: season/1", headers=YAML)
    assert (broken.status_code, broken.json()["code"]) == (422, "season-refused")
    async with asking(Role.SCHOOL_ADMIN) as program:
        refused = await program.post(API, content=FORM["text"].encode(), headers=YAML)
    assert (refused.status_code, refused.json()["code"]) == (403, "role-needed")
