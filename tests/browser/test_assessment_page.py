"""What the committee sees of self-assessments: on a phone in the dark and on a desk, in both languages, for axe too."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize

from laurel.season_folder import read_folder
from laurel.season_run import Run
from tests.conftest import BEIJING
from tests.support.live_road import DESK, PHONE, LiveRoad
from tests.support.stage import Stage


@pytest.mark.timeout(600)
def test_the_committee_compares_self_scores_with_those_of_its_judges(on_stage: Stage, running_browser: Browser) -> None:
    folder = read_folder(BEIJING)
    run = Run(folder, on_stage.client, lambda _: None)
    run.open()
    run.hand_over()
    run.judge()
    address = f"{on_stage.url}/judging/seasons/{folder.rules.id}/assessment"
    cookies = LiveRoad(on_stage, running_browser).operator().context.cookies()
    problems: list[str] = []
    looks: tuple[tuple[str, Literal["light", "dark"], ViewportSize], ...] = (
        ("zh-CN", "dark", PHONE),
        ("en-GB", "light", DESK),
    )
    for language, scheme, size in looks:
        context = running_browser.new_context(locale=language, viewport=size, color_scheme=scheme)
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address)
        rows = [" ".join(text.split()) for text in page.locator("main tbody tr").all_inner_texts()]
        problems += [
            f"{language}: {violation['id']} {violation['nodes'][0]['html'][:140]}"
            for violation in Axe().run(page).response["violations"]
        ]
        if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
            problems.append(f"{language}: too wide")
        over, under = {"zh-CN": ("高估", "低估"), "en-GB": ("Over", "Under")}[language]
        assert [over in row for row in rows] == [False, False, True, False, True]
        assert [under in row for row in rows] == [False, False, False, True, False]
        assert "90.00" in rows[0]
        assert "88.50" in rows[0]
        assert "−4.50" in rows[0]
        context.close()

    assert problems == []
