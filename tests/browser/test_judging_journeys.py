"""Judging as people do it: twenty works while the network goes twice; a tie settled; an objection and the final revision."""

import re
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.classes import register
from tests.support.live_road import DESK, types_the_word
from tests.support.seasons import new_season, open_season
from tests.support.stage import Stage
from tests.support.waiting import becomes

WORKS = 20
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 50
WORKER_IS_ACTIVE = "navigator.serviceWorker.getRegistration('/judging/static/').then((known) => Boolean(known?.active))"
CUT = {7: "typed on", 13: "closed"}
"""At which works the network goes, and what the judge does meanwhile."""


def signed_in(on_stage: Stage, browser: Browser, language: str = "zh-CN", *, script: bool = True, **grant: str) -> Page:
    """Somebody with this role, in a browser of their own."""
    same = f"{grant.get('season', '')}-{grant.get('role', '')}-{grant.get('ref', '')}".lower()[-60:]
    sent = {"login": f"p-{same}", "grants": [grant]}
    address = on_stage.client.call("POST", "/registration/v1/sign-in-links", json=sent).json()["url"]
    context = browser.new_context(locale=language, viewport=DESK, java_script_enabled=script)
    page = context.new_page()
    page.goto(address)
    page.locator("main form button").click()
    page.wait_for_url("**/registration/me")
    return page


def assert_no_violation(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    results = [f"{item['id']} {item['nodes'][0]['html'][:140]}" for item in Axe().run(page).response["violations"]]
    assert results == []


def judged(on_stage: Stage, season: str, judges: list[str]) -> None:
    for judge in judges:
        on_stage.client.call("PUT", f"/judging/v1/seasons/{season}/judges/{judge}", json={"tracks": ["A"]})


def fill(page: Page, scores: tuple[str, str, str]) -> None:
    for criterion, score in zip(("theme", "originality", "process"), scores, strict=True):
        page.fill(f"#{criterion}", score)


def submit(page: Page) -> None:
    page.locator("button[value=check]").click()
    page.locator("button[value=submit]").click()
    page.wait_for_url(re.compile(r"/tasks$|[?]submitted="))


@pytest.fixture
def season(on_stage: Stage) -> str:
    opened = open_season(on_stage.client, new_season(acceptance="submission"))
    judged(on_stage, opened, ["J1"])
    return opened


@pytest.mark.timeout(600)
def test_a_judge_scores_twenty_works_with_the_network_cut_twice_and_loses_nothing(
    on_stage: Stage, running_browser: Browser, season: str
) -> None:
    entries = register(on_stage.client, season, [f"P0{1 + n % 4}" for n in range(WORKS)])
    page = signed_in(on_stage, running_browser, role="judge", season=season, ref="J1")
    given = {entry: (f"{20 + n}.5", f"{15 + n}", f"{n % 20}") for n, entry in enumerate(entries)}

    for number, entry in enumerate(entries):
        address = f"{on_stage.url}/judging/seasons/{season}/tasks/{entry}/work"
        page.goto(address)
        if number in CUT:
            page.context.set_offline(True)
            fill(page, given[entry])
            page.fill("#comment", f"评语 {number}")
            page.locator("button[value=check]").click()
            page.locator("#ballot-state", has_text="连不上网络").wait_for()
            assert page.input_value("#theme") == given[entry][0], "the page is still there"
            if CUT[number] == "closed":
                context = page.context
                page.close()
                context.set_offline(False)
                page = context.new_page()
                page.goto(address)
                becomes(partial(page.input_value, "#comment"), f"评语 {number}")
            else:
                page.context.set_offline(False)
            page.locator("#ballot-state", has_text="草稿已保存").wait_for()
        else:
            fill(page, given[entry])
        submit(page)

    assert_no_violation(page)
    stored = on_stage.client.get(f"/judging/v1/seasons/{season}")
    assert stored["counted"]["ballots"] == WORKS
    judge = signed_in(on_stage, running_browser, role="judge", season=season, ref="J1")
    tasks = judge.request.get(f"{on_stage.url}/judging/v1/seasons/{season}/tasks").json()
    assert {task["entry"]: tuple(float(score) for score in task["scores"].values()) for task in tasks} == {
        entry: tuple(map(float, scores)) for entry, scores in given.items()
    }
    judge.goto(f"{on_stage.url}/judging/seasons/{season}/tasks/{entries[13]}/work")
    assert judge.input_value("#comment") == "评语 13"


def two_rounds() -> dict[str, Any]:
    """One place in the final for two schools that are equal in everything: the rules do not decide."""
    made = new_season(acceptance="submission")
    final = made["rounds"][0]
    first = {
        **final,
        "id": "first",
        "awards": {**final["awards"], "min_first": "2"},
        "title": {"zh": "初赛", "en": "First round"},
        "advance": {
            "to": "final",
            "places": {"A": {"P": 1}},
            "share_among": "school",
            "remainder_ties": ["entries", "schools"],
        },
    }
    return {**made, "rounds": [first, final]}


@pytest.mark.timeout(600)
def test_the_chief_judge_settles_a_tie(on_stage: Stage, running_browser: Browser) -> None:
    season = open_season(on_stage.client, two_rounds())
    judged(on_stage, season, ["J1", "J2"])
    entries = register(on_stage.client, season, ["P01", "P02"])
    for name in ("J1", "J2"):
        judge = signed_in(on_stage, running_browser, script=False, role="judge", season=season, ref=name)
        for entry in entries:
            judge.goto(f"{on_stage.url}/judging/seasons/{season}/tasks/{entry}/work")
            fill(judge, ("30", "30", "15"))
            submit(judge)
    organizer = signed_in(on_stage, running_browser, role="city-organizer", season=season)
    organizer.goto(f"{on_stage.url}/judging/seasons/{season}/results")
    organizer.locator("a[href$='/steps/closing']").click()
    organizer.fill("form[action$='/closing'] #reason", "两位评委都已评完")
    types_the_word(organizer)
    organizer.locator("form[action$='/closing'] button").click()
    organizer.wait_for_url("**/results")
    seats = f"/judging/v1/seasons/{season}/rounds/first/seats"
    assert on_stage.client.get(seats)["seats"] == [], "nobody goes on by an id"

    organizer.locator("a[href*='/steps/notice']").click()
    types_the_word(organizer)
    organizer.locator("form[action$='/notices/first'] button").click()
    organizer.wait_for_url("**/results")
    public = running_browser.new_context(locale="zh-CN", viewport=DESK).new_page()
    notice = f"{on_stage.url}/registration/seasons/{season}/notice?of=first"
    on_stage.client.wait_for("registration", lambda: public.goto(notice).status == 200)  # type: ignore[union-attr]
    assert "初赛公示" in public.content()
    assert "作品 01" in public.content()
    assert_no_violation(public)

    chief = signed_in(on_stage, running_browser, role="chief-judge", season=season, ref="J0")
    chief.goto(f"{on_stage.url}/judging/seasons/{season}/chief?round=first")
    assert "余数相同" in chief.content()
    assert_no_violation(chief)
    chief.check("input[name=first][value=P02]")
    chief.locator("form[action$='/decisions'] button").click()
    chief.wait_for_selector(".errors")
    assert "理由" in chief.locator(".errors").inner_text(), "no decision without minutes"
    chief.check("input[name=first][value=P02]")
    chief.fill("form[action$='/decisions'] textarea", "公开抽签：青桐小学在先，五人在场")
    chief.locator("form[action$='/decisions'] button").click()
    chief.wait_for_url("**/chief?round=first")

    assert "没有需要裁定的同分" in chief.content()
    assert on_stage.client.get(seats)["seats"] == [{"entry": entries[1], "via": "quota", "left": False}]
    judge = signed_in(on_stage, running_browser, role="judge", season=season, ref="J1")
    tasks = judge.request.get(f"{on_stage.url}/judging/v1/seasons/{season}/tasks").json()
    assert [task["entry"] for task in tasks] == [entries[1]], "the final is judged among those who went on"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_an_organizer_runs_notice_objection_and_final_revision(
    on_stage: Stage, running_browser: Browser, season: str, language: str
) -> None:
    entries = register(on_stage.client, season, ["P01", "P02", "P03", "P04", "P01"])
    judge = signed_in(on_stage, running_browser, script=False, role="judge", season=season, ref="J1")
    for number, entry in enumerate(entries):
        judge.goto(f"{on_stage.url}/judging/seasons/{season}/tasks/{entry}/work")
        fill(judge, (f"{40 - number}", "30", "15"))
        submit(judge)
    organizer = signed_in(on_stage, running_browser, language, role="city-organizer", season=season)
    results = f"{on_stage.url}/judging/seasons/{season}/results"

    def step(name: str, reason: str = "") -> None:
        organizer.goto(results)
        organizer.locator(f"a[href$='/steps/{name}']").click()
        form = organizer.locator(f"form[action$='/{name}']")
        if reason:
            form.locator("#reason").fill(reason)
        types_the_word(form)
        form.locator("button").click()
        organizer.wait_for_url("**/results")

    def object_to(entry: str) -> Page:
        """Somebody without an account begins at the row of the notice, and keeps the receipt."""
        visitor = running_browser.new_context(locale=language, viewport=DESK).new_page()
        visitor.goto(f"{on_stage.url}/registration/seasons/{season}/notice")
        row = visitor.locator("tr", has_text=entry)
        assert_no_violation(visitor)
        row.locator("a[href*='/objection']").click()
        visitor.wait_for_url("**/objection?**")
        assert visitor.input_value("#entry") == entry
        visitor.locator("main form.sheet button").click()
        visitor.wait_for_selector(".errors")
        assert_no_violation(visitor)
        visitor.select_option("#ground", "plagiarism")
        visitor.fill("#text", "与公开仓库中的作品完全相同，证据见 https://example.org/copy")
        visitor.fill("#name", "测试实名人")
        visitor.fill("#contact", "13800000000")
        visitor.set_input_files("#evidence", {"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"words"})
        visitor.locator("main form.sheet button").click()
        assert "notes.pdf" in visitor.locator("#evidence-err").inner_text(), "what it is decides, not its name"
        assert_no_violation(visitor)
        visitor.set_input_files("#evidence", {"name": "对比.png", "mimeType": "image/png", "buffer": PICTURE})
        visitor.locator("main form.sheet button").click()
        visitor.wait_for_url("**/receipt/**")
        assert_no_violation(visitor)
        assert visitor.url in visitor.locator(".receipt").inner_text()
        return visitor

    def is_answered(visitor: Page) -> None:
        visitor.context.clear_cookies()
        visitor.reload()
        assert "查证属实" in visitor.locator("main").inner_text()
        assert_no_violation(visitor)

    def uphold() -> None:
        organizer.goto(f"{on_stage.url}/judging/seasons/{season}/objections")
        assert_no_violation(organizer)
        with organizer.expect_download() as download:
            organizer.locator("a[href*='/evidence/1']").first.click()
        assert download.value.path().read_bytes() == PICTURE
        stranger = running_browser.new_context().request.get(download.value.url, max_redirects=0)
        assert stranger.body() != PICTURE
        form = organizer.locator("form[action*='/objections/']").first
        form.locator("textarea").fill("查证属实，取消资格")
        types_the_word(form)
        form.locator("button[value=upheld]").click()
        organizer.wait_for_url("**/objections")

    step("closing", "评审都已完成")
    step("announcement")
    notice = f"/registration/v1/seasons/{season}/results/provisional/instructors.csv"
    on_stage.client.wait_for("registration", lambda: on_stage.client.call("GET", notice).text)
    outsider = object_to(entries[0])
    uphold()
    is_answered(outsider)
    step("finalization", "公示异议已处理完毕")
    final = f"/judging/v1/seasons/{season}/results/final"
    first = on_stage.client.get(final)
    listed = f"/certificates/v1/seasons/{season}"
    on_stage.client.wait_for(
        "certificates", lambda: on_stage.client.get(listed)["student"] == first["recipients"]["student"]
    )
    assert first["totals"]["disqualified"] == 1

    object_to(entries[1])
    uphold()
    organizer.goto(f"{on_stage.url}/judging/seasons/{season}/revision")
    assert_no_violation(organizer)
    assert entries[1] in organizer.content(), "what would change is shown before it is applied"
    organizer.fill("#reason", "经查，一件作品不符合规定")
    types_the_word(organizer)
    organizer.locator("main form.sheet button").click()
    organizer.wait_for_url("**/revision")
    assert_no_violation(organizer)

    second = on_stage.client.get(final)
    assert (second["revision"], second["totals"]["disqualified"]) == (3, 2)
    on_stage.client.wait_for(
        "certificates",
        lambda: (
            {item["entry"] for item in on_stage.client.get(f"{listed}/certificates") if item["state"] == "revoked"}
            == {entries[1]}
        ),
    )
    on_stage.client.wait_for(
        "certificates", lambda: on_stage.client.get(listed)["student"] == second["recipients"]["student"]
    )


@pytest.mark.timeout(600)
def test_what_waits_on_a_device_is_sent_from_any_page_and_never_over_what_came_since(
    on_stage: Stage, running_browser: Browser, season: str
) -> None:
    """Keeps away: scores that wait until their own page is opened, that fall to whoever uses the computer next, that take
    the place of what was typed elsewhere, or that stay behind when their judge has left."""
    entries = register(on_stage.client, season, ["P01", "P02", "P03", "P04"])
    tasks = f"{on_stage.url}/judging/seasons/{season}/tasks"
    page = signed_in(on_stage, running_browser, role="judge", season=season, ref="J1")

    def typed_without_network(entry: str, score: str) -> None:
        page.goto(f"{tasks}/{entry}/work")
        becomes(lambda: page.evaluate(WORKER_IS_ACTIVE), wanted=True)
        page.context.set_offline(True)
        page.fill("#theme", score)
        page.locator("button[value=save]").click()
        page.locator("#ballot-state", has_text="连不上网络").wait_for()

    def stored(entry: str) -> str:
        answer = page.request.get(f"{on_stage.url}/judging/v1/seasons/{season}/tasks/{entry}/work")
        return str(answer.json()["scores"].get("theme", ""))

    context = page.context
    typed_without_network(entries[3], "24")
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"{on_stage.url}/registration/me")
    the_network_is_back(page, on_stage.url)
    becomes(lambda: stored(entries[3]), "24", 30)

    typed_without_network(entries[0], "21")
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(tasks)
    becomes(lambda: stored(entries[0]), "21", 30)

    typed_without_network(entries[1], "22")
    on_a_phone = signed_in(on_stage, running_browser, role="judge", season=season, ref="J1")
    on_a_phone.goto(f"{tasks}/{entries[1]}/work")
    on_a_phone.fill("#theme", "33")
    on_a_phone.locator("button[value=save]").click()
    on_a_phone.wait_for_url("**?saved=1")
    page.context.set_offline(False)
    page.locator("#ballot-state", has_text="别处改过").wait_for()
    assert stored(entries[1]) == "33"
    page.goto(tasks)
    page.locator("#waiting li", has_text="别处已经改过").wait_for()
    assert_no_violation(page)
    page.locator("#waiting a").click()
    page.locator("#ballot-choice button").first.wait_for()
    assert "这台设备上写的：22" in page.locator("#ballot").inner_text()
    assert_no_violation(page)
    page.locator("#ballot-choice button", has_text="用这台设备上的").click()
    becomes(lambda: stored(entries[1]), "22", 30)

    typed_without_network(entries[2], "23")
    page.context.set_offline(False)
    page.context.clear_cookies()
    other = {"login": f"next-{season}"[:60], "grants": [{"role": "judge", "season": season, "ref": "J2"}]}
    judged(on_stage, season, ["J2"])
    address = on_stage.client.call("POST", "/registration/v1/sign-in-links", json=other).json()["url"]
    page.goto(address)
    page.locator("main form button").click()
    page.wait_for_url("**/registration/me")
    page.goto(f"{tasks}/{entries[2]}/work")
    page.wait_for_load_state("networkidle")
    assert page.input_value("#theme") == "", "the next judge at this computer sees nothing of it"
    page.goto(f"{on_stage.url}/registration/me")
    page.locator("form[action$='/sign-out'] button").click()
    page.wait_for_load_state("networkidle")
    left = "indexedDB.databases().then((all) => all.map((each) => each.name))"
    assert page.evaluate(left) == [], "nothing stays when somebody has signed out"


def the_network_is_back(page: Page, url: str) -> None:
    """What the browser tells a worker in its own time, told now; no page of a judge is open."""
    known: list[str] = []
    tools = page.context.new_cdp_session(page)
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: known.extend(worker["registrationId"] for worker in told["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    becomes(lambda: page.evaluate("true") and bool(known), wanted=True)
    told = {"origin": url, "registrationId": known[0], "tag": "ballots", "lastChance": False}
    tools.send("ServiceWorker.dispatchSyncEvent", told)
    tools.detach()
