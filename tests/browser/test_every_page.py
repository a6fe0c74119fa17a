"""Every page, in both languages, on a phone and a desk, in light and dark: nothing for axe to find, nothing cut off."""

from collections.abc import Iterator
from functools import partial
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Request

from tests.support.live_road import DESK, PHONE
from tests.support.pages import Prepared, prepare
from tests.support.stage import Stage


@pytest.fixture(scope="module")
def prepared(on_stage: Stage, running_browser: Browser) -> Prepared:
    return prepare(on_stage, running_browser)


@pytest.fixture(params=["zh-CN", "en-GB"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["phone", "desk", "desk-dark"])
def device(request: pytest.FixtureRequest, running_browser: Browser, language: str) -> Iterator[BrowserContext]:
    scheme: Literal["dark", "light"] = "dark" if request.param.endswith("dark") else "light"
    context = running_browser.new_context(
        locale=language, viewport=PHONE if request.param == "phone" else DESK, color_scheme=scheme
    )
    yield context
    context.close()


@pytest.mark.timeout(300)
def test_no_page_has_an_axe_violation_or_scrolls_sideways(
    on_stage: Stage, prepared: Prepared, device: BrowserContext
) -> None:
    axe, found = Axe(), []
    page = device.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    for shown in prepared.pages:
        device.clear_cookies()
        device.add_cookies(prepared.cookies[shown.role])
        answer = page.goto(on_stage.url + shown.address)
        if shown.name != "not-found" and (answer is None or answer.status != 200 or "/sign-in?" in page.url):
            found.append(f"{shown.name}: not shown")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = axe.run(page).response["violations"]
        found += [f"{shown.name}: {one['id']} {one['nodes'][0]['html'][:140]}" for one in violations]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            found.append(f"{shown.name}: {overflow} px too wide")
    expected = [text for text in problems if "404" not in text]

    assert found == []
    assert expected == []


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
