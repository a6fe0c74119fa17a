"""A whole season by forms: what the pages show is what is sent, and nobody writes a line of YAML."""

import html
import re
from collections.abc import AsyncIterator
from typing import get_args
from urllib.parse import urlsplit

import httpx
import pytest

from services.registration.adapters.drafts import templates
from services.registration.application.season_steps import save_step
from services.registration.domain.season_form.parts import Field, Kind, Part
from services.registration.domain.season_form.placing import Placed
from services.registration.domain.season_form.steps import STEPS
from services.registration.entrypoints.pages.season_steps import EVERY_STEP, Words
from shared.errors import Invalid
from shared.season.faults import Fault
from shared.season.plain_yaml import read_yaml, write_yaml
from shared.season.reading import load_season
from shared.season.text import LANGUAGES
from tests.support.crawling import Page, untouched
from tests.unit.test_season_form import FILES, everything
from tests.use_cases.registration.test_drafting import BLANK, PAGES, World

GOLDEN = FILES["tests/data/golden/season.yaml"]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def anna(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.browsing("anna") as client:
        yield client


class Editor:
    """Somebody at the pages of a draft, without a script."""

    def __init__(self, browser: httpx.AsyncClient, draft: str) -> None:
        self._browser, self.draft = browser, draft
        self.address = f"/registration/season-drafts/{draft}/basics"
        self.page = ""

    async def look(self, step: str = "") -> str:
        """The page of a step; without one the page on which one is, again."""
        if step:
            self.address = f"/registration/season-drafts/{self.draft}/{step}"
        answer = await self._browser.get(self.address)
        assert answer.status_code == 200, answer.text
        self.page = answer.text
        return self.page

    def sent(self) -> dict[str, list[str]]:
        form = next(form for form in Page(self.page, "http://test/").forms if form.method == "post")
        return untouched(form)

    async def type(self, do: str = "save", **values: str | list[str]) -> str:
        """Change these fields of the page, `__` for dots, press the button, and see where that leads."""
        data = self.sent()
        for field, value in values.items():
            name = field.replace("__", ".")
            assert name in data, f"{name} is not on the page"
            data[name] = [value] if isinstance(value, str) else value
        answer = await self._browser.post(self.address.split("?")[0], data={**data, "do": do})
        assert answer.status_code == 303, answer.text
        parts = urlsplit(answer.headers["location"])
        self.address = f"{parts.path}?{parts.query}"
        return await self.look()

    async def text(self) -> str:
        answer = await self._browser.get(f"/registration/season-drafts/{self.draft}/season.yaml")
        return answer.text


async def begun(browser: httpx.AsyncClient) -> Editor:
    content = {**BLANK, "judges": int(BLANK["judges"])}
    answer = await browser.post("/registration/v1/season-templates/blank/drafts", json=content)
    return Editor(browser, answer.json()["id"])


async def uploaded(browser: httpx.AsyncClient, text: str) -> Editor:
    sent = await browser.post("/registration/season-files", files={"file": ("season.yaml", text.encode())})
    return Editor(browser, sent.headers["location"].rsplit("/", 1)[1])


def errors_in(page: str) -> dict[str, str]:
    """The links of the summary: the field each leads to, and what it says."""
    box = re.search(r'<div class="errors".*?</div>', page, re.DOTALL)
    links = re.findall(r'<a href="#?([^"]+)">(.*?)</a>', box[0] if box else "", re.DOTALL)
    return {html.unescape(where): " ".join(html.unescape(text).split()) for where, text in links}


async def test_an_organizer_sets_up_a_whole_season_from_a_blank_by_forms_and_opens_it(
    world: World, anna: httpx.AsyncClient
) -> None:
    editor = await begun(anna)
    overview = (await anna.get(f"/registration/season-drafts/{editor.draft}")).text
    assert f'href="/registration/season-drafts/{editor.draft}/basics"' in overview

    await editor.look("basics")
    await editor.type("add:hosts.0")
    assert errors_in(editor.page) == {}, "what was just added is not found fault with"
    await editor.type(hosts__0__zh="滨城市青少年科技中心", hosts__0__en="Bincheng Youth Science Centre")
    await editor.type("add:contacts.0")
    await editor.type("next", contacts__0__title__zh="组委会办公室", contacts__0__phone="0411-1234567")
    assert editor.address.split("?")[0].endswith("/dates")

    await editor.type("add:timeline", **{"choose:timeline": "ceremony"})
    await editor.type(
        "next",
        timeline__ceremony__on="2027-06-20",
        timeline__registration__closes__day="2027-04-20",
        timeline__registration__closes__time="24:00",
        rounds__0__judging__opens__day="2027-04-26",
        rounds__0__judging__closes__day="2027-05-10",
        timeline__results_notice__opens__day="2027-05-17",
        timeline__results_notice__closes__day="2027-05-22",
        calendar__holidays="2027-05-01/2027-05-05",
    )
    assert editor.address.split("?")[0].endswith("/groups"), errors_in(editor.page)

    await editor.type("add:tracks.1")
    await editor.type(
        tracks__1__title__zh="AI小应用",
        tracks__1__title__en="Small AI applications",
        tracks__1__id="B",
        tracks__1__members__1="3",
        limits__entries_per_student="2",
    )
    await editor.type("add:works.B")
    await editor.type("next", works__B__files__1="3", works__B__types=["pdf", "video"])
    assert editor.address.split("?")[0].endswith("/form"), errors_in(editor.page)

    await editor.type("add:tracks.1.fields.0", **{"choose:tracks.1.fields.0": "choice"}, tracks__1__asks__link="needed")
    await editor.type(
        tracks__1__fields__0__title__zh="研究场所",
        tracks__1__fields__0__id="place",
        tracks__1__fields__0__required=["", "true"],
        tracks__1__fields__0__choices__0__title__zh="学校",
        tracks__1__fields__0__choices__1__title__zh="家里",
    )
    await editor.type("add:tracks.1.fields.1", **{"choose:tracks.1.fields.1": "text"})
    await editor.type(tracks__1__fields__1__title__zh="AI使用声明", tracks__1__fields__1__judges=["", "true"])
    await editor.type("up:tracks.1.fields.1")
    assert editor.page.index("AI使用声明") < editor.page.index("研究场所")
    preview = editor.page.partition('id="preview"')[2]
    assert 'name="p2-f_q1"' in preview
    assert "<option" in preview
    await editor.type("next")
    assert editor.address.split("?")[0].endswith("/activities"), errors_in(editor.page)

    await editor.type("add:statistics.0")
    await editor.type("add:recommendation", statistics__0__title__zh="报名数")
    await editor.type(
        "next",
        recommendation__windows__city__opens__day="2027-04-21",
        recommendation__windows__city__opens__time="00:00",
        recommendation__windows__city__closes__day="2027-04-25",
        recommendation__windows__city__closes__time="24:00",
        recommendation__quota__city__A="2",
        recommendation__except="D1 A 3",
        recommendation__resubmit_working_days="3",
    )
    assert editor.address.split("?")[0].endswith("/rubrics"), errors_in(editor.page)

    await editor.type("add:rubrics.rubric1")
    await editor.type("add:rubrics.rubric1.1")
    await editor.type(
        "next",
        rubrics__rubric1__id="app",
        rubrics__rubric1__0__title__zh="问题价值",
        rubrics__rubric1__0__weight="60",
        rubrics__rubric1__1__title__zh="技术水平",
        rubrics__rubric1__1__weight="４０",
    )
    await editor.look("rubrics")
    await editor.type("add:rubrics.app.0.levels")
    texts = {f"rubrics__app__0__levels__{number}__text__zh": f"第{number}级" for number in range(4)}
    await editor.type("next", **texts)
    assert editor.address.split("?")[0].endswith("/judging"), errors_in(editor.page)

    await editor.type("next", panels__judges__ballots="5", rounds__0__scoring__B__components__0__rubric="app")
    assert editor.address.split("?")[0].endswith("/awards"), errors_in(editor.page)

    await editor.type("add:instructor_award")
    await editor.type(
        "count",
        rounds__0__awards__tiers__0__cumulative="15",
        rounds__0__awards__min_first="1",
        instructor_award__points__first="5",
        instructor_award__automatic=["first"],
        n="24",
    )
    places = re.findall(r'<td class="r" data-l="Places">(\d+)</td>', editor.page)
    assert places == ["3", "4", "7"], "15, 30 and 60 per cent of 24"
    await editor.type("next")
    await editor.type("next", serials__prefix="SPRING27", serials__offline=["", "true"])
    assert editor.address.split("?")[0].endswith("/check")
    assert errors_in(editor.page) == {}
    assert "Spring Contest 2027" in editor.page

    opened = await anna.post(f"/registration/season-drafts/{editor.draft}/open", data={"confirm": "open"})
    assert opened.headers["location"] == "/registration/seasons/spring-2027/overview"
    season = await world.registration.seasons.find("spring-2027")
    assert season
    rules = season.rules
    assert rules.window("registration").closes.isoformat() == "2027-04-20T16:00:00+00:00"
    assert [(track.id, track.members, track.asks) for track in rules.tracks] == [
        ("A", (1, 1), {}),
        ("B", (1, 3), {"link": "needed"}),
    ]
    assert (rules.works["B"].files, rules.works["B"].types) == ((1, 3), ("pdf", "video"))
    assert [(c.id, str(c.weight)) for c in rules.rubrics["app"]] == [("c1", "60"), ("c2", "40")]
    assert rules.round("final").scoring["B"].components[0].rubric == "app"
    assert [(f.id, f.type, f.required, f.judges) for f in rules.tracks[1].fields] == [
        ("q1", "text", False, True),
        ("place", "choice", True, False),
    ]
    assert [str(level.points) for level in rules.rubrics["app"][0].levels] == ["51", "39", "27", "0"]
    assert rules.recommendation
    assert rules.recommendation.windows["city"].closes.isoformat() == "2027-04-25T16:00:00+00:00"
    assert [rules.recommendation.places_of("city", unit, "A") for unit in ("D1", "D2")] == [3, 2]
    assert rules.recommendation.places_of("city", "D2", "B") is None
    assert [(statistic.id, statistic.of) for statistic in rules.statistics] == [("s1", "count")]
    assert rules.panels["judges"].ballots == 5
    assert rules.instructor_award
    assert rules.instructor_award.points["first"] == 5
    assert rules.instructor_award.automatic == ("first",)
    assert rules.serials
    assert rules.serials.offline
    assert rules.contacts[0].phone == "0411-1234567"
    assert rules.timeline["ceremony"].on


@pytest.mark.parametrize("language", LANGUAGES)
async def test_wrong_values_are_all_named_at_their_fields_and_everything_typed_is_kept(
    world: World, anna: httpx.AsyncClient, language: str
) -> None:
    anna.headers["accept-language"] = language
    editor = await begun(anna)
    await editor.look("groups")
    await editor.type(
        "next",
        tracks__0__title__zh="",
        tracks__0__title__en="",
        tracks__0__members__0="three",
        tracks__0__members__1="4",
        divisions__1__grades__0="5",
        divisions__1__grades__1="3",
        limits__entries_per_student="-1",
    )
    assert editor.address.split("?")[0].endswith("/groups"), "there is something to change here"
    errors = errors_in(editor.page)
    assert set(errors) == {
        "tracks.0.title.zh",
        "tracks.0.members.0",
        "divisions.1.grades.0",
        "limits.entries_per_student",
    }
    assert ("请填" in errors["tracks.0.title.zh"]) == (language == "zh")
    assert not re.search(r"[\u4e00-\u9fff]", errors["limits.entries_per_student"]) or language == "zh"
    sent = editor.sent()
    assert (sent["tracks.0.members.0"], sent["tracks.0.members.1"]) == (["three"], ["4"])
    assert sent["limits.entries_per_student"] == ["-1"]
    assert re.search(r"<title>\s*(错误：|Error: )", editor.page)
    for name in ("limits.entries_per_student-err", "tracks.0.members-err"):
        assert f'id="{name}"' in editor.page, "it stands at the field, too"
    assert 'aria-describedby="limits.entries_per_student-hint limits.entries_per_student-err"' in editor.page
    checked = await editor.look("check")
    assert len(errors_in(checked)) == len(errors)
    assert "/groups#limits.entries_per_student" in checked
    assert "/open" not in checked
    for step in set(STEPS) - {"groups"}:
        assert errors_in(await editor.look(step)) == {}, step


@pytest.mark.parametrize("name", [name for name in FILES if "," not in name])
async def test_every_page_shown_and_sent_back_leaves_the_text_as_it_is(
    world: World, anna: httpx.AsyncClient, name: str
) -> None:
    """Keeps away: comments and values that go because somebody looked and pressed the button."""
    editor = await uploaded(anna, FILES[name])
    for step in STEPS:
        await editor.look(step)
        await editor.type("save")
        assert await editor.text() == FILES[name], step
    assert errors_in(await editor.look("check")) == {}


async def test_dates_in_the_wrong_order_name_each_other(world: World, anna: httpx.AsyncClient) -> None:
    editor = await begun(anna)
    await editor.look("dates")
    await editor.type("next", rounds__0__judging__closes__day="2027-04-01", rounds__0__judging__opens__day="2027-03-30")

    errors = errors_in(editor.page)
    assert errors["rounds.0.judging.closes.day"] == "Judging · Closes: Must not be before “Registration · Closes”"


async def test_a_criterion_above_twenty_is_too_many_in_words(world: World, anna: httpx.AsyncClient) -> None:
    anna.headers["accept-language"] = "zh"
    season = read_yaml(GOLDEN)
    criteria = season["rubrics"]["programming"]
    criteria += [{**criteria[0], "id": f"more{number}"} for number in range(15)]
    editor = await uploaded(anna, write_yaml(season))
    await editor.look("rubrics")
    await editor.type("add:rubrics.programming.20")
    await editor.type("save", **{"rubrics.programming.20.title.zh": "其他"})

    assert errors_in(editor.page) == {"rubrics.programming": "programming：太多了，去掉几个"}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_what_is_wrong_is_said_in_words_for_every_kind_of_field(kind: Kind) -> None:
    """Keeps away: an English sentence of the reader on a Chinese page."""
    words = Words(PAGES.catalog.translator("zh"))
    field = Field(("limits", "entries_per_student"), kind, "entries-per-student")
    codes = set(get_args(Fault.model_fields["code"].annotation)) - {"SAME_DAYS"}  # which programmes alone have
    assert len(codes) > 5
    for code in codes:
        placed = Placed(Fault(path="x", code=code, detail="Input should be otherwise"), "groups", field, ())
        said = words.fault(placed, "")
        assert re.search(r"[\u4e00-\u9fff]", said)
        assert (
            code in ("NOT_YAML", "DUPLICATE_ID", "UNKNOWN_REFERENCE", "WRONG_ORDER", "OVERLAP") or "Input" not in said
        )


async def test_a_page_of_a_draft_that_changed_meanwhile_overwrites_nothing(
    world: World, anna: httpx.AsyncClient
) -> None:
    """Keeps away: a second tab that takes back what the first one saved."""
    editor = await begun(anna)
    await editor.look("groups")
    other = Editor(anna, editor.draft)
    await other.look("groups")
    await other.type("save", limits__entries_per_student="2")
    before = await editor.text()

    sent = {**editor.sent(), "limits.entries_per_instructor": ["6"], "do": ["save"]}
    answer = await anna.post(editor.address, data=sent)
    assert answer.status_code == 409
    assert await editor.text() == before
    editor.page = answer.text
    assert editor.sent()["limits.entries_per_instructor"] == ["6"], "what was typed is shown"
    await editor.type("save", limits__entries_per_student="2")
    limits = load_season(await editor.text()).limits
    assert (limits.entries_per_student, limits.entries_per_instructor) == (2, 6)


async def test_rows_that_are_others_now_are_not_written_over(world: World, anna: httpx.AsyncClient) -> None:
    """Keeps away: the values of a row that was removed elsewhere, in the row that stands in its place."""
    editor = await begun(anna)
    await editor.look("groups")
    other = Editor(anna, editor.draft)
    await other.look("groups")
    await other.type("remove:divisions.0")
    before = await editor.text()

    sent = {**editor.sent(), "divisions.0.title.zh": ["低年级组"], "do": ["save"]}
    answer = await anna.post(editor.address, data=sent)
    assert answer.status_code == 409
    assert "低年级组" in answer.text, "what was typed can still be read"
    editor.page = answer.text
    assert editor.sent()["divisions.0.id"] == ["J"], "the form is the draft as it is"
    await editor.type("save")
    assert await editor.text() == before


async def test_a_page_that_is_sent_twice_adds_once(world: World, anna: httpx.AsyncClient) -> None:
    editor = await begun(anna)
    await editor.look("basics")
    sent = {**editor.sent(), "do": ["add:contacts.0"]}
    for _ in range(2):
        assert (await anna.post(editor.address, data=sent)).status_code == 303
    assert read_yaml(await editor.text())["contacts"] == [{}]


async def test_a_short_name_that_is_taken_is_named_and_the_rest_is_kept(world: World, anna: httpx.AsyncClient) -> None:
    editor = await uploaded(anna, GOLDEN)
    await editor.look("judging")
    sent = {**editor.sent(), "panels.split.id": ["common"], "panels.split.ballots": ["4"], "do": ["save"]}
    answer = await anna.post(editor.address, data=sent)

    assert answer.status_code == 422
    assert errors_in(answer.text) == {"panels.split.id": "This id is already used; it was not changed."}
    assert load_season(await editor.text()).panels["split"].ballots == 4


async def test_a_button_that_the_page_no_longer_has_does_nothing(world: World, anna: httpx.AsyncClient) -> None:
    editor = await begun(anna)
    await editor.look("groups")
    before = await editor.text()
    for button in ("remove:tracks.7", "remove:time_zone", "up:tracks.0", "add:series", "x:y"):
        answer = await anna.post(editor.address, data={**editor.sent(), "do": button})
        assert answer.status_code == 422, button
        assert await editor.text() == before


async def test_a_text_that_is_no_file_has_no_forms_and_says_so(world: World, anna: httpx.AsyncClient) -> None:
    editor = await uploaded(anna, "a: [unclosed")
    for step in STEPS:
        answer = await anna.get(f"/registration/season-drafts/{editor.draft}/{step}")
        assert answer.status_code == 422
        assert f'href="/registration/season-drafts/{editor.draft}"' in answer.text
    assert "cannot be read" in await editor.look("check")
    answer = await anna.post(f"/registration/season-drafts/{editor.draft}/basics", data={"season.id": "x"})
    assert answer.status_code == 422
    with pytest.raises(Invalid) as refused:
        save_step("a: [unclosed", "basics", {}, "", {})
    assert refused.value.code == "draft-unreadable"
    assert (await anna.get(f"/registration/season-drafts/{editor.draft}/none")).status_code == 404
    assert (await anna.post(f"/registration/season-drafts/{editor.draft}/none")).status_code == 404


async def test_a_draft_is_its_owners_alone(world: World, anna: httpx.AsyncClient) -> None:
    editor = await begun(anna)
    async with world.browsing("ben") as ben:
        for step in EVERY_STEP:
            address = f"/registration/season-drafts/{editor.draft}/{step}"
            assert (await ben.get(address)).status_code == 404
            assert (await ben.post(address, data={"season.id": "x"})).status_code == 404


@pytest.mark.parametrize("asked", ["0", "-1", "x", "9" * 20, "３"])
async def test_any_number_of_entries_may_be_asked(world: World, anna: httpx.AsyncClient, asked: str) -> None:
    editor = await uploaded(anna, GOLDEN)
    await editor.look("awards")
    await editor.type("count", n=asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_on_the_pages_has_a_name_in_the_catalogs(language: str) -> None:
    words = Words(PAGES.catalog.translator(language))

    def say(part: Part) -> None:
        assert words.label(part)
        if isinstance(part, Field):
            assert all(words.option(option) for option in part.options), part
            return
        for add in part.adds:
            assert words.t(f"edit-{add.label}")
            assert all(words.option(option) for option in add.options)
        for tool in part.tools:
            assert words.t(f"edit-{tool}")
        for inner in part.parts:
            say(inner)

    for tree in [everything(), {}, *(read_yaml(text) for text in (*FILES.values(), *templates().values()))]:
        for step in STEPS.values():
            for part in step(tree):
                say(part)
    for step_name in EVERY_STEP:
        assert words.t(f"edit-step-{step_name}")
        assert words.t(f"edit-lede-{step_name}", zone="x")
