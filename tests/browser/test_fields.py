"""Fields of one's own, from the organizer's form to the judge's ballot: without JavaScript, on a phone, for axe too."""

from dataclasses import replace
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.integration.test_fields import rules
from tests.support.live_road import PHONE, LiveRoad
from tests.support.seasons import open_season
from tests.support.stage import Stage
from tests.support.waiting import eventually


def test_what_an_organizer_adds_a_child_answers_and_a_judge_reads(on_stage: Stage, running_browser: Browser) -> None:
    """Keeps away: a field that one of the pages on the way does not show, or that only works with a script."""
    stage = replace(on_stage, live=open_season(on_stage.client, rules()))
    stage.client.call("PUT", f"/judging/v1/seasons/{stage.live}/judges/JA", json={"tracks": ["A"]})
    road = LiveRoad(stage, running_browser)
    problems: list[str] = []

    def look(page: Page) -> None:
        """The same page with a script, on a phone in the dark, opened all over."""
        context = running_browser.new_context(locale="zh-CN", viewport=PHONE, color_scheme="dark")
        context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
        seen = context.new_page()
        seen.goto(page.url)
        seen.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        name = urlsplit(page.url).path
        problems.extend(
            f"{name}: {violation['id']} {violation['nodes'][0]['html'][:140]}"
            for violation in Axe().run(seen).response["violations"]
        )
        if seen.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            problems.append(f"{name}: too wide")
        context.close()

    organizer = road.signed_in("city-organizer")
    organizer.goto(f"{stage.url}/registration/season-drafts")
    organizer.check(f"input[name=from][value='{stage.live}']")
    organizer.click("form[action='/registration/season-drafts'] button")
    organizer.wait_for_url("**/season-drafts/*/basics")
    organizer.goto(organizer.url.replace("/basics", "/form"))
    organizer.select_option("select[name='choose:tracks.1.fields.0']", "date")
    organizer.click("button[value='add:tracks.1.fields.0']")
    organizer.fill("[name='tracks.1.fields.0.title.zh']", "活动日期")
    organizer.click("main button[value=save]:not(.vh)")
    organizer.locator("#preview summary", has_text="AI小应用").click()
    assert organizer.locator("#preview [name='p2-f_q1']").get_attribute("type") == "date"
    look(organizer)
    organizer.goto(organizer.url.split("?")[0].replace("/form", "/rubrics"))
    look(organizer)

    child, address = road.student_registers("fields-child", "会讲故事的贝壳", name="测试林小雨")
    assert child.locator(".note", has_text="研究场所").count() == 1
    child.goto(f"{child.url}/edit")
    child.fill("#f_place", "测试林小雨家")
    child.fill("#f_cost", "many")
    child.locator("#f_kind input[value=sky]").check()
    child.locator("#f_own input").check()
    child.locator("main form button.btn.wide").click()
    child.wait_for_selector(".errors")
    assert child.locator(".errors a").all_inner_texts() == ["花费：请填数字，最多 1 位小数。"]
    assert child.input_value("#f_cost") == "many"
    assert child.locator("#f_kind input[value=sky]").is_checked()
    child.fill("#f_cost", "3.5")
    child.locator("main form button.btn.wide").click()
    child.wait_for_url(lambda url: not url.endswith("/edit"))
    road.guardian_agrees(address)
    entry = road.student_hands_in(child)
    look(child)
    child.goto(f"{stage.url}/registration/seasons/{stage.live}/register?track=A")
    look(child)

    judge = road.signed_in("judge-A")

    def told() -> None:
        judge.goto(f"{stage.url}/judging/seasons/{stage.live}/tasks/{entry}/work")
        assert judge.locator(".facts", has_text="天").count() == 1

    eventually(told, 30)
    assert "＊家" in judge.locator(".facts").inner_text()
    judge.fill("#theme", "26")
    judge.locator("button[value=save]").click()
    judge.wait_for_url("**saved=1")
    assert judge.locator(".ladder .at").all_inner_texts()[0].split() == ["25–40", "优秀", "来自自己的生活，读完有感触"]
    look(judge)
    quick = running_browser.new_context(locale="zh-CN").new_page()
    quick.context.add_cookies(judge.context.cookies())  # type: ignore[arg-type]
    quick.goto(judge.url)
    quick.fill("#theme", "12.5")
    assert quick.locator(".ladder .at").all_inner_texts()[0].split()[0] == "0–不到"
    quick.context.close()
    assert problems == []
