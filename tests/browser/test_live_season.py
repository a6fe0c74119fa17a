"""A hand-made entry goes all the way to a certificate in the browser, without JavaScript."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from tests.support.live_road import LiveRoad
from tests.support.stage import Stage, stage
from tests.support.waiting import eventually


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Stage]:
    """A season of this test's own: it ends the season."""
    with stage(tmp_path) as running:
        yield running


@pytest.mark.timeout(600)
def test_a_ballot_survives_a_session_that_ran_out(on_stage: Stage, running_browser: Browser) -> None:
    road = LiveRoad(on_stage, running_browser)
    student, address = road.student_registers("ran-out", "会话过期时的作品")
    road.guardian_agrees(address)
    entry = road.student_hands_in(student)
    road.organizer_approves(road.signed_in("city-organizer"), "会话过期时的作品")
    judge = road.signed_in("judge-A")
    road.judge_opens(judge, entry)
    judge.fill("#theme", "31.5")
    judge.fill("#comment", "一个小时写的评语")
    judge.context.clear_cookies(name="laurel_token")
    judge.locator("button[value=save]").click()

    assert "您填的内容没有丢" in judge.content()
    again = judge.context.new_page()
    again.goto(on_stage.url + str(judge.locator("a[target=_blank]").get_attribute("href")))
    assert "/registration/me" in again.url, "the session still holds and gives a new token"
    judge.locator("main form button").click()

    assert judge.input_value("#theme") == "31.5"
    assert judge.input_value("#comment") == "一个小时写的评语"


@pytest.mark.timeout(600)
def test_from_registration_to_certificate(on_stage: Stage, running_browser: Browser) -> None:
    road = LiveRoad(on_stage, running_browser)
    title = "会说话的路线图"

    student, address = road.student_registers("xiao-ouyang", title)
    assert "/registration/consent/" in address
    assert student.locator("form[action$='/submit']").count() == 0, "no handing in before a guardian agreed"
    road.guardian_agrees(address)
    entry = road.student_hands_in(student)
    road.school_confirms(road.signed_in("school"), title)
    organizer = road.signed_in("city-organizer")
    road.organizer_approves(organizer, title)
    judge = road.signed_in("judge-A")
    road.judge_scores(judge, entry)
    assert "测试欧阳" not in judge.content()
    road.organizer_publishes(organizer)

    notice = road.context().new_page()
    notice.goto(f"{on_stage.url}/registration/seasons/{on_stage.live}/notice")
    assert title in notice.content()
    assert "测***𠮷" in notice.content()
    assert "测试欧阳𠮷" not in notice.content()

    student.goto(f"{on_stage.url}/registration/entries/{on_stage.live}/{entry}")
    assert "一等奖" in student.content()
    student.goto(f"{on_stage.url}/certificates/mine")
    with student.expect_download() as download:
        student.locator("a[href$='document.pdf']").click()
    text = PdfReader(BytesIO(Path(download.value.path()).read_bytes())).pages[0].extract_text()
    assert "测试欧阳𠮷" in text.replace(" ", "")
    assert "一等奖" in text.replace(" ", "")

    verify = road.context(phone=True).new_page()
    verify.goto(
        student.locator("a[href^='/v/']").evaluate("link => link.href")
        if road.javascript
        else on_stage.url + str(student.locator("a[href^='/v/']").get_attribute("href"))
    )
    assert "证书有效" in verify.content()
    assert "测试欧阳𠮷" not in verify.content()
    verify.fill("#name", "测试欧阳吉")
    verify.locator("main form button").click()
    verify.wait_for_selector("p.note.stop")
    assert "不一致" in verify.content()
    verify.fill("#name", "测试 欧阳𠮷")
    verify.locator("main form button").click()
    verify.wait_for_selector("p.note.ok")
    assert "一致。" in verify.content()

    school = road.signed_in("school")
    school.goto(f"{on_stage.url}/registration/entries/{on_stage.live}/{entry}")
    school.locator("details:has(form[action$='/members/1/name']) > summary").click()
    school.fill("#zh1", "测试欧阳吉")
    school.fill("#rc1", "户口本上是另一个字")
    school.locator("form[action$='/members/1/name'] button").click()
    address = verify.url

    def told() -> None:
        verify.goto(address)
        assert "有效，已更正" in verify.content()

    eventually(told)
    assert "您手里可能是以前的版本" in verify.content()
    assert "户口本上是另一个字" in verify.content()
    verify.fill("#name", "测试欧阳吉")
    verify.locator("main form button").click()
    verify.wait_for_selector("p.note.ok")
