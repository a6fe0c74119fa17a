"""Registration as people walk it: in both languages, in a real browser, without JavaScript."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from tests.integration.test_lifecycle import UNITS, rules
from tests.support.live_road import PASSWORD, LiveRoad, types_the_word
from tests.support.seasons import open_season
from tests.support.stage import Stage

LANGUAGES = pytest.mark.parametrize("language", ["zh-CN", "en-GB"])


def opened(on_stage: Stage) -> str:
    """A season with schools, districts and a city."""
    return open_season(on_stage.client, rules(), units=UNITS)


def invited(on_stage: Stage, road: LiveRoad, **grant: str) -> Page:
    """Somebody who opened an invitation and made an account."""
    url = on_stage.client.call("POST", "/registration/v1/invitations", json={"grants": [grant]}).json()["url"]
    return accepts(road, url)


def accepts(road: LiveRoad, url: str, name: str = "") -> Page:
    page = road.context().new_page()
    page.goto(url)
    if name:
        page.fill("#name", name)
    page.fill("#login", f"u-{uuid4().hex[:8]}")
    page.fill("#password", PASSWORD)
    page.locator("main form button.btn").click()
    page.wait_for_url("**/registration/me")
    return page


def texts(language: str) -> Callable[[str, str], str]:
    """The Chinese text or the English one."""
    return lambda zh, en: zh if language.startswith("zh") else en


@LANGUAGES
def test_a_child_finishes_alone_on_a_phone_and_the_guardian_changes_their_mind(
    on_stage: Stage, running_browser: Browser, language: str
) -> None:
    road, t = LiveRoad(on_stage, running_browser, language), texts(language)
    child, address = road.student_registers(f"child-{uuid4().hex[:6]}", "会唱歌的灯塔", name=f"测试{uuid4().hex[:5]}")
    assert child.locator("form[action$='/submit']").count() == 0, "not before a guardian agreed"
    guardian = road.guardian_agrees(address, named=False)
    assert t("已经同意", "Agreed") in guardian.content() or guardian.locator(".receipt").count() == 1
    guardian.locator("summary").click()
    guardian.check("input[name='publish-name']")
    with guardian.expect_navigation():
        guardian.locator("form[aria-labelledby=decide] button").click()
    assert t("获奖时在公示名单中列出姓名", "Be named in public lists") in guardian.locator(".receipt").inner_text()
    road.student_hands_in(child)
    assert t("等待审核", "Waiting for review") in child.content() or child.locator(".receipt").count() >= 1

    child.locator("form[action$='/take-back'] button").click()
    child.wait_for_url("**/entries/**")
    child.locator("a[href$='/edit']").click()
    child.fill("#title", "会唱歌的灯塔（改）")
    child.locator("main form button.btn").click()
    child.wait_for_url("**/entries/**")
    road.student_hands_in(child)
    assert "会唱歌的灯塔（改）" in child.content()


@LANGUAGES
def test_an_instructor_builds_a_team(on_stage: Stage, running_browser: Browser, language: str) -> None:
    season = opened(on_stage)
    road = LiveRoad(on_stage, running_browser, language)
    school = invited(on_stage, road, role="school-admin", season=season, unit="P01")
    school.goto(f"{on_stage.url}/registration/seasons/{season}/students")
    school.locator("form[action$='/instructors'] button").click()
    url = school.locator(".receipt .code").inner_text()
    teacher = accepts(road, url, name="测试王老师")
    teacher.locator(f"a[href='/registration/seasons/{season}/register']").click()
    teacher.locator("button[name=track][value=A]").click()
    teacher.fill("#title", "队伍的作品")
    assert teacher.input_value("#i1_name") == "测试王老师"
    for number, name in ((1, "测试甲"), (2, "测试乙")):
        teacher.fill(f"#m{number}_name", f"{name}{uuid4().hex[:4]}")
        teacher.fill(f"#m{number}_birth", "2014-03")
        teacher.select_option(f"#m{number}_grade", "" if number == 2 else "5")
    teacher.locator("main form button.btn").click()
    teacher.locator("#m2_grade-err").wait_for()  # the wrong field is named, the others are kept
    assert teacher.input_value("#m1_grade") == "5"
    teacher.select_option("#m2_grade", "6")
    teacher.locator("main form button.btn").click()
    teacher.wait_for_url("**/entries/**")
    links = [locator.get_attribute("href") or "" for locator in teacher.locator("#consents ~ .field a").all()]
    assert len(links) == 2
    for link in links:
        road.guardian_agrees(link)
    road.student_hands_in(teacher)
    teacher.goto(f"{on_stage.url}/registration/me")
    assert "队伍的作品" in teacher.content()


@LANGUAGES
def test_a_school_registers_its_class(on_stage: Stage, running_browser: Browser, language: str) -> None:
    season = opened(on_stage)
    road = LiveRoad(on_stage, running_browser, language)
    school = invited(on_stage, road, role="school-admin", season=season, unit="P02")
    school.goto(f"{on_stage.url}/registration/seasons/{season}/desk")
    school.locator("a[href$='/import']").click()
    with school.expect_download() as download:
        school.locator("a[href$='template.xlsx']").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    header = "track,title,m1_name_zh,m1_birth,m1_grade,i1_name,consent"
    lines = [f"A,作品{n},测试{uuid4().hex[:5]},2014-0{n},5,测试李老师,yes" for n in (1, 2, 3)]

    def send(rows: list[str]) -> None:
        school.goto(f"{on_stage.url}/registration/seasons/{season}/import")
        content = "\n".join([header, *rows]).encode()
        school.set_input_files("#file", FilePayload(name="class.csv", mimeType="text/csv", buffer=content))
        school.locator("main form button").click()
        school.wait_for_url("**/import/*")
        school.wait_for_selector("form[action$='/apply']", timeout=30_000)

    send([*lines, "A,坏的一行,测试丁,2014-13,5,测试李老师,yes"])
    assert "BAD_MONTH" in school.content()
    assert school.locator("button[value=right-rows]").count() == 1
    send(lines)
    school.locator("button[value=all-or-nothing]").click()
    school.wait_for_selector(".tag.ok", timeout=30_000)
    school.goto(f"{on_stage.url}/registration/seasons/{season}/desk")
    assert school.locator("tbody tr", has_text="作品1").count() == 1


@LANGUAGES
def test_a_district_returns_and_approves(on_stage: Stage, running_browser: Browser, language: str) -> None:
    season = opened(on_stage)
    road = LiveRoad(on_stage, running_browser, language)
    entry = {
        "track": "A",
        "title": "区里审核的作品",
        "unit": "P01",
        "members": [{"name_zh": f"测试{uuid4().hex[:5]}", "birth": "2014-03", "grade": 5}],
        "instructors": ["测试王老师"],
        "consents": "on-paper",
    }
    address = f"/registration/v1/seasons/{season}/entries"
    number = on_stage.client.call("POST", address, json=entry, headers={"Idempotency-Key": uuid4().hex}).json()["entry"]
    district = invited(on_stage, road, role="district-organizer", season=season, unit="D1")
    desk = f"{on_stage.url}/registration/seasons/{season}/desk"
    district.goto(desk)
    assert district.locator("#places").count() == 1, "its places are shown"

    def decide(verdict: str, reason: str = "") -> None:
        district.goto(f"{desk}?standing=pending")
        district.locator("tr", has_text="区里审核的作品").locator("input[name=entry]").check()
        district.fill("#reason", reason)
        district.locator(f".bulk button[value={verdict}]").click()

    decide("returned")
    assert district.locator(".errors").count() == 1, "a reason is needed"
    decide("returned", "请换一张照片")
    district.wait_for_url("**/desk**")
    district.goto(f"{on_stage.url}/registration/entries/{season}/{number}")
    assert "请换一张照片" in district.content()
    second = on_stage.client.call(
        "POST",
        address,
        json={**entry, "members": [{"name_zh": f"测试{uuid4().hex[:5]}", "birth": "2014-04", "grade": 5}]},
        headers={"Idempotency-Key": uuid4().hex},
    ).json()["entry"]
    decide("approved")
    district.wait_for_url("**/desk**")
    district.goto(f"{on_stage.url}/registration/entries/{season}/{second}")
    assert district.locator("form[action$='/review']").count() == 1
    city = invited(on_stage, road, role="city-organizer", season=season)
    city.goto(f"{on_stage.url}/registration/entries/{season}/{second}")
    city.locator("button[value=approved]").click()
    city.wait_for_url("**/entries/**")
    assert on_stage.client.get(f"{address}/{second}")["standing"] == "valid"


@LANGUAGES
def test_an_organizer_opens_a_season_from_last_years_and_amends_it(
    on_stage: Stage, running_browser: Browser, language: str
) -> None:
    road = LiveRoad(on_stage, running_browser, language)
    organizer = road.signed_in("city-organizer")
    name = f"n{uuid4().hex[:6]}"
    draft = road.organizer_copies_a_season(organizer, name)
    assert "season.id" in organizer.content(), "the difference is shown"
    organizer.goto(f"{draft}/certificates")
    organizer.fill("input[name='serials.prefix']", f"Y{uuid4().hex[:6].upper()}")
    organizer.locator("button[value=next]").first.click()
    organizer.wait_for_url("**/check")
    types_the_word(organizer)
    organizer.locator("form[action$='/open'] button").click()
    organizer.wait_for_url(f"**/registration/seasons/campus-ai-{name}/overview")

    organizer.goto(f"{on_stage.url}/registration/seasons/campus-ai-{name}/rules")
    with organizer.expect_navigation():
        organizer.locator("form[action$='/amendment'] button").click()
    amending = organizer.url.removesuffix("/basics")
    organizer.fill("input[name='season.title.zh']", "改了名的比赛")
    with organizer.expect_navigation():
        organizer.locator("button[value=save]").last.click()
    organizer.goto(f"{amending}/amendment")
    assert "改了名的比赛" in organizer.locator("ins").first.inner_text()
    organizer.fill("#reason", "改了名称")
    types_the_word(organizer)
    organizer.locator("button.final").click()
    organizer.wait_for_url("**/rules?amended=2")

    organizer.locator("details", has=organizer.locator("#text")).locator("summary").first.click()
    text = organizer.input_value("#text")
    organizer.fill("#text", re.sub(r"(contest@example)\.org", r"\1.net", text))
    with organizer.expect_navigation():
        organizer.locator("button[value=look]").click()
    assert "contest@example.net" in organizer.content()
    organizer.fill("#reason", "换了邮箱")
    types_the_word(organizer)
    organizer.locator("button[value=confirm]").click()
    organizer.wait_for_url(f"**/registration/seasons/campus-ai-{name}")
    anybody = road.context(phone=True).new_page()
    anybody.goto(organizer.url)
    assert "换了邮箱" in anybody.content()
    assert "contest@example.net" in anybody.content()
