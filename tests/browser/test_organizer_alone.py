"""An organizer who never saw a file runs a season alone, in a browser without JavaScript, from an empty installation.

The organizer goes by links and buttons; schools, judges and whoever objects are people at pages too. Nothing of ours is
written but the sheets of the schools. How many pages and clicks each step takes stands in `docs/evidence/organizer-alone.md`.
"""

import io
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from laurel.client import Client
from laurel.reconcile import nothing_on_the_way
from shared.season.time import to_unix_micros
from tests.support.installation import Servers, ThreeProcesses
from tests.support.live_run import Person, told
from tests.support.moved_clock import MovedClock, under_moved_clock
from tests.support.organizer import Organizer, table_of
from tests.support.people import PASSWORD, decides
from tests.support.waiting import becomes, eventually

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence" / "organizer-alone.md"
ABOUT = """# What a season takes

Pages that an organizer loads and clicks that they make for a season with two schools, five judges and thirty entries;
ticking a box or choosing from a list is a click. Made by `tests/browser/test_organizer_alone.py`; `LAUREL_EVIDENCE=1`
writes it anew.

"""
HEADER = "赛道,作品名称,第一队员姓名,第一队员出生年月,第一队员年级,第一指导教师,纸质同意书"
SCHOOLS, JUDGES, BY_SHEET, BALLOTS = 2, 5, 14, 3
INVITATION = re.compile(r"http\S+/registration/invitations/[\w-]+")
PDF = b"%PDF-1.7\n% a small one\n%%EOF\n"
WORDS = "思路清楚，过程完整，依据充分，值得鼓励。"


class World(NamedTuple):
    installation: ThreeProcesses
    operator: Client
    clock: MovedClock
    people: ExitStack

    def at(self, text: str) -> None:
        """Let it be this time in Beijing."""
        self.clock.put(to_unix_micros(datetime.fromisoformat(f"{text}+08:00")))

    def quiet(self) -> None:
        self.operator.wait_for("quiet", lambda: nothing_on_the_way(self.operator))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[World]:
    place = tmp_path_factory.mktemp("alone")
    with under_moved_clock(place, servers) as (installation, operator, clock), ExitStack() as people:
        yield World(installation, operator, clock, people)


class School(Person):
    """Whoever enters for a school."""

    def sends_a_class(self, season: str, name: str) -> None:
        """A sheet, checked and then entered."""
        rows = [f"A,{name}{n},测试学生{name}{n},2015-0{n % 9 + 1},5,测试老师{n % 4},是" for n in range(BY_SHEET)]
        files = {"file": ("五年级.csv", "\n".join([HEADER, *rows]).encode(), "text/csv")}
        job = self.post(f"/registration/seasons/{season}/import", files=files).headers["location"]
        becomes(lambda: self.press(job, "/apply", "all-or-nothing").status_code, 303, 60)
        becomes(lambda: "已录入" in told(self.get(job)), True, 60)

    def enters_by_hand(self, season: str, title: str) -> None:
        """One by the form, with its file, and what the page of drafts lists is handed in."""
        here = f"/registration/seasons/{season}"
        fields = {"m1_name": f"测试{title}", "m1_birth": "2015-05", "m1_grade": "5", "i1_name": "测试老师甲"}
        made = self.press(f"{here}/register?track=B", "/register", track="B", title=title, **fields)
        entry = made.headers["location"]
        printed = self.post(f"{entry}/guardian-slips").text
        for link in re.findall(r"http[^\"<\s]+/registration/consent/[\w./-]+", printed):
            assert decides(link).status_code == 303
        self.confirms_consents(season)
        sent = self.post(f"{entry}/files", files={"file": ("作品.pdf", PDF, "application/pdf")})
        assert sent.status_code == 303, told(sent)
        self.press(f"{here}/drafts", "/drafts", entry=entry.rpartition("/")[2])


def joined(world: World, kind: type[Person], link: str, login: str) -> Person:
    person = kind(world.installation.url)
    world.people.callback(person.close)
    person.press(link, "", login=login, password=PASSWORD, name="测试一位老师")
    return person


def season_from_a_template(organizer: Organizer, name: str) -> str:
    """Ready rules, with a title, dates, three judges for each work, and no files for the first track."""
    organizer.follow("/registration/season-drafts")
    start = {"from": "ready:one-round", "year": "2027", "opens": "2027-02-01"}
    start |= {"name_zh": "2027年滨城市青少年科技作品赛", "name_en": "Bincheng Youth Science Works 2027"}
    organizer.press("/season-drafts", **start)
    organizer.press(
        "/basics",
        "next",
        series__id=name,
        sponsors__0__zh="滨城市青少年科技中心",
        sponsors__0__en="Bincheng Youth Science Centre",
        approval__number="滨科字2027-3号",
    )
    organizer.press(
        "/dates",
        "next",
        timeline__registration__opens__day="2027-01-04",
        timeline__registration__opens__time="08:00",
    )
    organizer.press("/groups", "remove:works.A")
    organizer.press("/groups", "next")
    organizer.follow("/judging")
    panel = {"ballots": str(BALLOTS), "min_ballots": str(BALLOTS), "method": "mean", "drop_high": "", "drop_low": ""}
    organizer.press("/judging", "next", **{f"panels__common__{field}": value for field, value in panel.items()})
    organizer.follow("/certificates")
    organizer.press("/certificates", "next", serials__prefix=f"{name.replace('-', '').upper()}27")
    organizer.press("/open")
    return urlsplit(organizer.page.url).path.split("/")[3]


def ballots(world: World, judge: Person, season: str, strict: int) -> None:
    """A judge scores everything on the list of tasks."""
    tasks = f"/judging/seasons/{season}/tasks"
    world.quiet()
    entries = sorted(set(re.findall(rf"{tasks}/(\w+)/work", judge.get(tasks).text)))
    assert entries, told(judge.get(tasks))
    for number, entry in enumerate(entries):
        address = f"{tasks}/{entry}/work"
        if 'name="theme"' in judge.get(address).text:
            scores = {"theme": str(20 + (7 * number + strict) % 20), "originality": "30", "process": "15"}
        else:
            scores = {"value": str(30 + number + strict), "technique": "40"}
        judge.press(address, "/work", "check", "submit", **scores, comment=WORDS)


def objects(world: World, season: str) -> None:
    """Somebody whom nobody knows, from a row of the notice."""
    outsider = Person(world.installation.url)
    world.people.callback(outsider.close)
    notice = outsider.get(f"/registration/seasons/{season}/notice").text
    link = re.findall(rf'href="(/judging/seasons/{season}/objection[^"]*)"', notice)[0].replace("&amp;", "&")
    text = "这件作品与网上公开的作品完全一样，请组委会核实来源。"
    outsider.press(link, "/objection", ground="plagiarism", text=text, name="测试家长", contact="13800000000")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_organizer_runs_a_season_alone(world: World, running_browser: Browser, language: str) -> None:
    """Keeps away: a step that needs a file, a number, an address or a program that an organizer does not have."""
    world.at("2027-01-04T09:00:00")
    name = f"alone-{language}"
    organizer = Organizer(running_browser, world.installation.url, language)
    grants = [{"role": "city-organizer"}]
    invitation = world.operator.call("POST", "/registration/v1/invitations", json={"grants": grants}).json()["url"]

    with organizer.step("account"):
        organizer.open(invitation)
        organizer.press("", login=f"organizer-{language}", password=PASSWORD)
    with organizer.step("season"):
        season = season_from_a_template(organizer, name)
    overview, judging = f"/registration/seasons/{season}/overview", f"/judging/seasons/{season}"
    with organizer.step("schools"):
        organizer.follow("/units")
        organizer.press("/units", names="滨海第一小学\n滨海第二小学")
        organizer.press("/units/acts", page="1")
        links = INVITATION.findall(organizer.page.locator(".slips").inner_text())
    assert len(links) == SCHOOLS
    with organizer.step("judges"):
        organizer.follow("/judges")
        organizer.follow("/judges/record")
        for number in range(JUDGES):
            button = "another" if number < JUDGES - 1 else "save"
            contact = f"1380000000{number}"
            organizer.press("/judges", button, name=f"测试评委{number}", contact=contact, tracks=["A", "B"])
        organizer.press("/judges/acts", "invite", page="1")
        letters = INVITATION.findall(organizer.page.locator("main").inner_text())
    judges = [joined(world, Person, link, f"judge-{n}-{language}") for n, link in enumerate(letters)]
    assert len(judges) == JUDGES
    for number, link in enumerate(links):
        school = joined(world, School, link, f"school-{number}-{language}")
        assert isinstance(school, School)
        school.sends_a_class(season, f"潮汐{number}")
        school.enters_by_hand(season, f"手写作品{number}")

    with organizer.step("review"):
        organizer.follow("/overview")
        organizer.follow("/desk?standing=pending")
        organizer.press("/review", "approved", page="1")
    counts = world.operator.get(f"/registration/v1/seasons/{season}/overview")["entries"]
    assert counts == {"valid": SCHOOLS * (BY_SHEET + 1)}

    world.at("2027-03-02T09:00:00")
    world.quiet()
    with organizer.step("assignment"):
        organizer.open(overview)
        organizer.follow(f"{judging}/judges")
        organizer.press("/panels/preview")
        organizer.press("/panels")
    for number, judge in enumerate(judges):
        ballots(world, judge, season, number)

    world.at("2027-03-18T09:00:00")
    with organizer.step("results"):
        organizer.open(overview)
        organizer.follow(f"{judging}/results")
        organizer.follow("/steps/closing")
        organizer.press("/closing")
    world.at("2027-03-22T09:30:00")
    with organizer.step("notice"):
        organizer.follow("/steps/announcement")
        organizer.press("/announcement")
    eventually(lambda: objects(world, season), 60)
    with organizer.step("objection"):
        organizer.open(overview)
        organizer.follow("/objections")
        filed = organizer.page.locator("form[action*='/objections/']").first.get_attribute("action") or ""
        organizer.press(filed, "dismissed", answer="经核实，作品为原创，过程材料完整，异议不成立。")
    with organizer.step("design"):
        organizer.follow(f"/certificates/seasons/{season}")
        organizer.follow("/designs")
        organizer.click("details:has([name=colours]) > summary")
        organizer.press("/designs/student", "save", colours="red")
        organizer.press("/designs/student/use")
    world.at("2027-04-06T09:00:00")
    with organizer.step("final"):
        organizer.open(overview)
        organizer.follow(f"{judging}/results")
        organizer.follow("/steps/finalization")
        organizer.press("/finalization")
    world.quiet()
    with organizer.step("certificates"):
        organizer.follow(f"/certificates/seasons/{season}")
        organizer.press("/downloads", reason="颁奖典礼发放")
        eventually(lambda: organizer.finds("a.btn[href*='/downloads/']"), 120)
        archive = zipfile.ZipFile(io.BytesIO(organizer.download("a.btn[href*='/downloads/']")))

    documents = [item for item in archive.namelist() if item.endswith(".pdf")]
    issued = world.operator.get(f"/certificates/v1/seasons/{season}")
    assert len(documents) == issued["student"] + issued["instructor"] + issued["unit"] > SCHOOLS * BY_SHEET // 2
    assert organizer.failures == []
    _told(language, organizer)
    organizer.close()


def _told(language: str, organizer: Organizer) -> None:
    """The counts are those that are written down; in both languages the same."""
    text = ABOUT + table_of(organizer.steps)
    if os.environ.get("LAUREL_EVIDENCE") and language == "zh":
        EVIDENCE.write_text(text, encoding="utf-8")
    assert EVIDENCE.read_text(encoding="utf-8") == text
