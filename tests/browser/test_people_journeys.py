"""People who come with a sheet, by a link, again, or by an invitation: in both languages, without JavaScript."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from tests.browser.test_registration_journeys import LANGUAGES, invited, opened, texts
from tests.support.live_road import PASSWORD, LiveRoad
from tests.support.stage import Stage
from tests.support.waiting import eventually


def presses(page: Page, way: str) -> None:
    page.locator("main form button.btn").first.click()
    page.wait_for_url(way)


def signs_up(page: Page, name: str, *, school: str = "", grade: str = "") -> str:
    """Fills in the form of a first account and sends it. Returns the login name."""
    login = f"u-{uuid4().hex[:8]}"
    if school:
        page.select_option("#unit", school)
    if grade:
        page.select_option("#grade", grade)
    page.fill("#name_zh", name)
    page.fill("#year", "2014")
    page.fill("#month", "5")
    fold = page.locator("details:has(#login)")  # an account of one's own is a wish where a link leads in
    if fold.count():
        fold.locator("summary").click()
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.locator("main form button.btn").click()
    return login


def begins(page: Page, title: str, grade: str = "5") -> None:
    page.locator("button[name=track][value=A]").click()
    page.fill("#title", title)
    page.select_option("#grade", grade)
    page.fill("#i1_name", f"测试{uuid4().hex[:4]}老师")
    presses(page, "**/entries/**")


@LANGUAGES
def test_the_guardian_of_an_imported_child_looks_asks_and_withdraws(
    on_stage: Stage, running_browser: Browser, language: str
) -> None:
    season, t = opened(on_stage), texts(language)
    road = LiveRoad(on_stage, running_browser, language)
    school = invited(on_stage, road, role="school-admin", season=season, unit="P02")
    name, here = f"测试{uuid4().hex[:5]}", f"{on_stage.url}/registration/seasons/{season}"
    school.goto(f"{here}/import")
    sheet = f"track,title,m1_name_zh,m1_birth,m1_grade,i1_name,consent\nA,纸风车,{name},2014-05,5,测试李老师,yes"
    school.set_input_files("#file", FilePayload(name="class.csv", mimeType="text/csv", buffer=sheet.encode()))
    school.locator("main form button").click()
    school.wait_for_selector("button[value=all-or-nothing]", timeout=30_000)
    school.locator("button[value=all-or-nothing]").click()
    school.wait_for_selector("main .note a[href$='/students']", timeout=30_000)
    school.locator("main .note a[href$='/students']").click()
    school.check("input[name=person]")
    school.locator("button[value=guardians]").click()
    link = school.locator(".receipt .code").inner_text()

    guardian = road.context(phone=True).new_page()
    guardian.goto(link)
    assert t("已签纸质同意书", "Consent was signed on paper") in guardian.content()
    assert "2014-05" in guardian.locator("section[aria-labelledby=kept]").inner_text()
    guardian.fill("#asked", "姓名最后一个字写错了")
    guardian.locator("form[aria-labelledby=correct] button").click()
    guardian.wait_for_url("**/guardians/**")
    assert "姓名最后一个字写错了" in guardian.content()
    guardian.locator("summary").first.click()
    guardian.check("input[name=agree][value=no]")
    guardian.fill("#guardian", "测试家长")
    guardian.fill("#relation", "母亲")
    with guardian.expect_navigation():
        guardian.locator("form[aria-labelledby=decide] button").click()
    assert t("没有同意", "Did not agree") in guardian.locator(".receipt").inner_text()

    def told() -> None:
        school.goto(f"{on_stage.url}/registration/messages")
        assert t("监护人请求更正", "A guardian asks for a correction") in school.content()

    eventually(told, 30)


@LANGUAGES
def test_a_team_mate_comes_by_the_link_and_is_in_the_team(
    on_stage: Stage, running_browser: Browser, language: str
) -> None:
    season, t = opened(on_stage), texts(language)
    road = LiveRoad(on_stage, running_browser, language)
    captain = road.context(phone=True).new_page()
    captain.goto(f"{on_stage.url}/registration/seasons/{season}/sign-up")
    signs_up(captain, f"测试{uuid4().hex[:5]}", school="P01")
    captain.wait_for_url("**/register")
    begins(captain, "两个人的作品")
    link = captain.locator("section[aria-labelledby=team] a").get_attribute("href") or ""

    mate = road.context(phone=True).new_page()
    mate.goto(link)
    assert "两个人的作品" in mate.content()
    signs_up(mate, f"测试{uuid4().hex[:5]}", grade="5")
    mate.wait_for_url("**/registration/entries/**")
    assert mate.locator("#consents ~ .consent-qr").count() == 1, "a code for the mate's own guardian"
    address = mate.locator("#consents ~ .field a").get_attribute("href") or ""
    own = road.guardian_agrees(address, named=False)
    assert t("已经同意", "Consent was given") in own.content()


@LANGUAGES
def test_a_pupil_comes_again_with_the_account_of_last_year(
    on_stage: Stage, running_browser: Browser, language: str
) -> None:
    last_year, this_year, t = opened(on_stage), opened(on_stage), texts(language)
    road = LiveRoad(on_stage, running_browser, language)
    first = road.context(phone=True).new_page()
    first.goto(f"{on_stage.url}/registration/seasons/{last_year}/sign-up")
    login = signs_up(first, "测试回来", school="P01")
    first.wait_for_url("**/register")
    begins(first, "去年的作品")

    again = road.context(phone=True).new_page()
    again.goto(f"{on_stage.url}/registration/seasons/{this_year}/sign-up")
    again.get_by_role("link", name=t("已经有账号？登录", "Have an account? Sign in")).click()
    again.fill("#login", login)
    again.fill("#password", PASSWORD)
    presses(again, f"**/seasons/{this_year}/sign-up")
    assert "测试回来" in again.content()
    again.select_option("#unit", "P02")
    presses(again, f"**/seasons/{this_year}/register")
    begins(again, "今年的作品", grade="6")
    again.goto(f"{on_stage.url}/registration/me")
    assert all(title in again.content() for title in ("去年的作品", "今年的作品"))


@LANGUAGES
@pytest.mark.parametrize("role", ["judge"])
def test_a_judge_is_invited_to_a_second_season(
    on_stage: Stage, running_browser: Browser, language: str, role: str
) -> None:
    last_year, this_year, t = opened(on_stage), opened(on_stage), texts(language)
    road = LiveRoad(on_stage, running_browser, language)
    ref = f"J{uuid4().hex[:5]}"
    judge = invited(on_stage, road, role=role, season=last_year, ref=ref)
    organizer = invited(on_stage, road, role="city-organizer", season=this_year)
    organizer.goto(f"{on_stage.url}/registration/seasons/{this_year}/invite")
    organizer.select_option("#role", role)
    organizer.fill("#ref", ref)
    organizer.locator("form.sheet button").click()
    lost = organizer.locator(".receipt .code").inner_text()
    organizer.goto(f"{on_stage.url}/registration/seasons/{this_year}/invitations")
    organizer.locator("tr", has_text=ref).locator("input[name=row]").check()
    organizer.locator("button[value=renew]").click()
    url = organizer.locator(".slips .code").inner_text()
    assert url != lost

    judge.goto(lost)
    assert judge.locator("input[name=as]").count() == 0, "the former address ended"
    judge.goto(url)
    button = judge.locator("main form button.btn")
    assert re.search(t("接受邀请", "Accept as"), button.inner_text())
    button.click()
    judge.wait_for_url("**/registration/me")
    assert judge.locator(f"a[href='/judging/seasons/{this_year}/tasks']").count() == 1
    assert judge.locator(f"a[href='/judging/seasons/{last_year}/tasks']").count() == 1
    organizer.goto(f"{on_stage.url}/registration/seasons/{this_year}/invitations")
    assert t("已加入", "Joined") in organizer.locator("tr", has_text=ref).first.inner_text()
