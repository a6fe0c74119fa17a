"""A school files its summary and wins; an entry is withdrawn between rounds and the alternate gets its seat. Both languages."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.test_judging_journeys import assert_no_violation, judged, signed_in
from tests.integration.test_entry_api import two_rounds
from tests.integration.test_unit_summaries import award
from tests.support.classes import register
from tests.support.live_road import types_the_word
from tests.support.people import Browsing
from tests.support.seasons import new_season, open_season
from tests.support.stage import Stage
from tests.support.waiting import eventually

LANGUAGES = {
    "zh-CN": {"filed": "已提交", "scored": "已评分", "school": "澜心小学", "alternate": "递补", "gone": "已退出"},
    "en": {
        "filed": "Submitted",
        "scored": "Scored",
        "school": "Lanxin Primary School",
        "alternate": "As a reserve",
        "gone": "Withdrawn",
    },
}


def sees(page: Page, text: str) -> None:
    """The page, looked at again until it says so."""

    def look() -> None:
        page.reload()
        assert text in page.locator("main").inner_text()

    eventually(look, 60)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_school_files_its_summary_is_scored_and_named(
    on_stage: Stage, running_browser: Browser, language: str
) -> None:
    words, client = LANGUAGES[language], on_stage.client
    season = open_season(client, new_season(acceptance="submission", unit_award=award()))
    register(client, season, ["P01", "P02"])
    school = signed_in(
        on_stage, running_browser, language, script=False, role="school-admin", season=season, unit="P01"
    )
    school.goto(f"{on_stage.url}/registration/seasons/{season}/desk")
    school.locator(f"a[href$='/{season}/summaries']").click()
    school.fill("#text", "全校三分之一的学生参加，家长担任志愿者。\n\n下学期接着办。")
    school.locator("button[value=draft]").click()
    assert school.input_value("#text").startswith("全校")
    school.locator("button[value=file]").click()
    assert words["filed"] in school.locator(".head").inner_text()
    school.context.close()

    host = signed_in(on_stage, running_browser, language, role="city-organizer", season=season)
    host.goto(f"{on_stage.url}/registration/seasons/{season}/summaries")
    assert_no_violation(host)
    host.locator("main table a", has_text=words["school"]).click()
    assert_no_violation(host)
    host.fill("#item-timeliness", "41")
    host.fill("#item-completeness", "60")
    host.locator("form[action$='/scores'] button").click()
    assert host.locator(".err").count() == 1, "more than the item takes"
    host.fill("#item-timeliness", "40")
    host.locator("form[action$='/scores'] button").click()
    assert words["scored"] in host.locator(".head").inner_text()

    client.wait_for("judging", lambda: client.get(f"/judging/v1/seasons/{season}")["summaries"] == 1)
    base = f"/judging/v1/seasons/{season}"
    client.call("POST", f"{base}/rounds/final/closing", json={"reason": "nothing is left to score"})
    client.call("POST", f"{base}/announcement", json={})
    host.goto(f"{on_stage.url}/registration/seasons/{season}/notice")
    sees(host, words["school"])
    host.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withdrawal_between_rounds_brings_the_alternate(
    on_stage: Stage, running_browser: Browser, language: str
) -> None:
    words, client = LANGUAGES[language], on_stage.client
    season = open_season(client, two_rounds())
    judged(on_stage, season, ["J1"])
    entries = register(client, season, ["P01", "P02", "P03"])
    grants = [{"role": "judge", "season": season, "ref": "J1"}]
    link = client.call("POST", "/registration/v1/sign-in-links", json={"login": f"j-{season}", "grants": grants})
    with Browsing(on_stage.url) as judge:
        judge.post(link.json()["url"])
        for place, entry in enumerate(entries):
            scores = {"theme": "30", "originality": "30", "process": f"{15 - place}"}
            sent = {"scores": scores, "comment": "看得出下了功夫", "submit": True}
            answer = judge.put(f"/judging/v1/seasons/{season}/tasks/{entry}/work/ballot", json=sent)
            assert answer.status_code == 200, answer.text
    client.call("POST", f"/judging/v1/seasons/{season}/rounds/first/closing", json={"reason": "all are scored"})

    school = signed_in(
        on_stage, running_browser, language, script=False, role="school-admin", season=season, unit="P01"
    )
    school.goto(f"{on_stage.url}/registration/entries/{season}/{entries[0]}")
    form = school.locator("form[action$='/withdraw']")
    school.locator("details", has=form).locator("summary").click()
    form.locator("#leave-reason").fill("这位同学转学了")
    types_the_word(form)
    form.locator("button").click()
    assert school.locator("form[action$='/withdraw']").count() == 0, "it has left the round"
    school.context.close()

    host = signed_in(on_stage, running_browser, language, role="city-organizer", season=season)
    host.goto(f"{on_stage.url}/judging/seasons/{season}/results?round=first")
    sees(host, words["alternate"])
    assert words["gone"] in host.locator("main").inner_text()
    row = host.locator("main tr", has_text=entries[2])
    assert words["alternate"] in row.first.inner_text()
    host.goto(f"{on_stage.url}/judging/seasons/{season}/exclusions")
    assert_no_violation(host)
    host.context.close()
