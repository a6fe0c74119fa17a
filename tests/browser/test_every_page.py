"""Every page, in both languages, on a phone and a desk, in light and dark: nothing for axe to find, nothing cut off."""

from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Request

from tests.integration.test_lifecycle import UNITS, handed_in, rules
from tests.support.pages import Prepared, look_at, prepare
from tests.support.seasons import open_season
from tests.support.stage import Stage


@pytest.fixture(scope="module")
def prepared(on_stage: Stage, running_browser: Browser) -> Prepared:
    return prepare(on_stage, running_browser)


@pytest.fixture(params=["zh-CN", "en-GB"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.timeout(600)
def test_no_page_has_an_axe_violation_or_scrolls_sideways(
    on_stage: Stage, prepared: Prepared, running_browser: Browser, language: str
) -> None:
    """For axe each page in both languages, on both sizes and in both schemes; no page is too wide on the other size either."""
    context = running_browser.new_context(locale=language)
    axe, results = Axe(), []
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    for shown in prepared.pages:
        look = look_at(shown.name, language)
        context.clear_cookies()
        context.add_cookies(prepared.cookies[shown.role])
        page.set_viewport_size(look.size)
        page.emulate_media(color_scheme=look.scheme)
        answer = page.goto(on_stage.url + shown.address)
        if shown.name != "not-found" and (answer is None or answer.status != 200 or "/sign-in?" in page.url):
            results.append(f"{shown.name}: not shown")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = axe.run(page).response["violations"]
        results += [
            f"{shown.name} {look.scheme}: {violation['id']} {violation['nodes'][0]['html'][:140]}"
            for violation in violations
        ]
        for viewport in (look.size, look.other_size):
            page.set_viewport_size(viewport)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if overflow > 0:
                results.append(f"{shown.name}: {overflow} px too wide at {viewport['width']} px")
    context.close()
    expected = [text for text in problems if "404" not in text]

    assert results == []
    assert expected == []


@pytest.mark.timeout(600)
def test_pages_that_answer_a_form_have_none_either(
    on_stage: Stage, prepared: Prepared, running_browser: Browser, language: str
) -> None:
    """What a form is answered with: slips, invitations, errors at their fields, nominations."""
    axe = Axe()
    results: list[str] = []
    look = look_at("answers", language)
    context = running_browser.new_context(locale=language, viewport=look.size, color_scheme=look.scheme)
    page = context.new_page()
    live = f"{on_stage.url}/registration/seasons/{on_stage.live}"

    def check(name: str) -> None:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = axe.run(page).response["violations"]
        results.extend(f"{name}: {violation['id']} {violation['nodes'][0]['html'][:140]}" for violation in violations)
        if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            results.append(f"{name}: too wide")

    def as_(role: str, address: str) -> None:
        context.clear_cookies()
        context.add_cookies(prepared.cookies[role])
        page.goto(address)

    as_("school", f"{live}/students")
    page.locator("input[name=person]").first.check()
    page.locator("form[action$='/students'] button:not([name])").click()
    page.wait_for_selector(".receipt")
    check("slips")
    as_("school", f"{live}/students")
    for student in page.locator("input[name=person]").all():
        student.check()
    page.locator("form[action$='/students'] button[value=guardians]").click()
    page.wait_for_selector(".receipt")
    check("guardian-slips")
    as_("school", f"{live}/consents")
    page.locator("button[value=confirm]").click()
    page.wait_for_selector(".errors")
    check("consents-errors")
    as_("school", f"{live}/students")
    page.locator("form[action$='/instructors'] button").click()
    page.wait_for_selector(".receipt")
    check("instructor-invitation")
    as_("school", f"{live}/register?track=A")
    page.locator("main form button.btn").click()
    page.wait_for_selector(".errors")
    check("register-errors")
    as_("city-organizer", f"{live}/units")
    page.locator("input[name=row]").first.check()
    page.locator(".selbar button.btn").click()
    page.wait_for_selector(".slips")
    check("unit-invitation")
    page.locator("form[action$='/units'] button").click()
    page.wait_for_selector(".errors")
    check("unit-errors")
    as_("city-organizer", f"{live}/webhooks")
    page.fill("#url", "ftp://example.org")
    page.locator("main form button.btn").click()
    page.wait_for_selector(".errors")
    check("webhook-errors")
    as_("city-organizer", f"{on_stage.url}/judging/seasons/{on_stage.live}/judges")
    page.locator("form[action$='/panels/preview'] button").click()
    page.wait_for_selector("#plan")
    check("panels-preview")
    as_("", f"{live}/sign-up")
    page.locator("main form button.btn").click()
    page.wait_for_selector(".errors")
    check("sign-up-errors")
    page.goto(f"{on_stage.url}{address_of(prepared, 'sign-up-team')}")
    page.locator("main form button.btn").click()
    page.wait_for_selector(".errors")
    check("sign-up-team-errors")
    page.fill("#name_zh", f"测试苏{language[:2]}")
    page.fill("#year", "2015")
    page.fill("#month", "3")
    page.select_option("#grade", "5")
    page.locator("main form button.btn").click()
    page.wait_for_selector(".receipt svg")
    check("joined")

    season = open_season(on_stage.client, rules(review_steps=["district"]), units=UNITS)
    handed_in(on_stage.client, season, "P01", 3)
    grants = [{"role": "district-organizer", "season": season, "unit": "D1"}]
    sent = {"login": f"district-{season[-6:]}-{language[:2]}", "grants": grants}
    url = on_stage.client.call("POST", "/registration/v1/sign-in-links", json=sent).json()["url"]
    context.clear_cookies()
    page.goto(url)
    page.locator("main form button").click()
    page.goto(f"{on_stage.url}/registration/seasons/{season}/desk")
    check("district-desk")
    page.goto(f"{on_stage.url}/registration/seasons/{season}/nominations/A/P")
    check("nominations")
    context.close()

    assert results == []


def address_of(prepared: Prepared, name: str) -> str:
    return next(shown.address for shown in prepared.pages if shown.name == name)


def note_host(hosts: set[str], request: Request) -> None:
    hosts.add(request.url.split("/")[2])


def test_documents_of_the_interface_are_read_without_the_internet(on_stage: Stage, running_browser: Browser) -> None:
    for service in ("registration", "judging", "certificates"):
        page = running_browser.new_context().new_page()
        hosts: set[str] = set()
        page.on("request", partial(note_host, hosts))
        page.goto(f"{on_stage.url}/{service}/docs")
        page.wait_for_selector(".opblock")
        page.goto(f"{on_stage.url}/{service}/docs/events")

        assert page.locator("article").count() >= 3
        assert hosts == {on_stage.url.removeprefix("http://")}
