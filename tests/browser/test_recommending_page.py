"""What a unit sees that recommends: on a phone in the dark and on a desk, in both languages, for axe too."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.support.classes import register
from tests.support.live_road import DESK, PHONE, LiveRoad, types_the_word
from tests.support.seasons import new_season, open_season
from tests.support.stage import Stage

WINDOW = {"opens": "2020-01-01T00:00:00", "closes": "2999-01-01T00:00:00"}


def problems_of(page: Page, where: str) -> list[str]:
    """What axe names, and a page that is wider than its screen."""
    problems = [
        f"{where}: {violation['id']} {violation['nodes'][0]['html'][:140]}"
        for violation in Axe().run(page).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
        problems.append(f"{where}: too wide")
    return problems


@pytest.mark.timeout(600)
def test_a_unit_recommends_sends_back_and_declines(on_stage: Stage, running_browser: Browser) -> None:
    recommendation = {
        "levels": ["school", "city"],
        "windows": {"school": WINDOW, "city": WINDOW},
        "quota": {"city": {"A": "2"}},
    }
    operator = on_stage.client
    season = open_season(operator, new_season(acceptance="submission", recommendation=recommendation))
    entries = register(operator, season, ["P01"] * 4, standing="not_recommended")
    api = f"/registration/v1/seasons/{season}/recommendations"
    grants = [{"role": "school-admin", "season": season, "unit": "P01"}]
    road = LiveRoad(on_stage, running_browser)
    sent = {"login": f"school-{season}", "grants": grants}
    school = road.by_link(operator.call("POST", "/registration/v1/sign-in-links", json=sent).json()["url"])
    address = f"{on_stage.url}/registration/seasons/{season}/recommendations"
    school.goto(address)
    for entry in entries:
        school.fill(f"#opinion-{entry}-forward", "内容完整，同意推荐")
        school.locator("section.sheet", has=school.locator(f"#w-{entry}")).get_by_role(
            "button", name="推荐"
        ).first.click()
        assert "已推荐" in school.locator("[role=status]").inner_text()
    assert school.locator("main tbody tr").count() == len(entries)

    operator.call("POST", api, json={"entry": entries[0], "action": "forward", "rank": 1})
    operator.call("POST", api, json={"entry": entries[1], "action": "return", "opinion_zh": "请补充现场照片"})
    cookies = road.operator().context.cookies()
    problems: list[str] = []
    looks: tuple[tuple[str, Literal["light", "dark"], ViewportSize], ...] = (
        ("zh-CN", "dark", PHONE),
        ("en-GB", "light", DESK),
    )
    for (language, scheme, size), entry in zip(looks, entries[2:], strict=True):
        for who, kept in (("school", school.context.cookies()), ("city", cookies)):
            context = running_browser.new_context(locale=language, viewport=size, color_scheme=scheme)
            context.add_cookies(kept)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(address)
            for fold in page.locator("main details").all():
                fold.locator("summary").click()
            problems += problems_of(page, f"{who} {language}")
            if who == "city":
                card = page.locator("section.sheet", has=page.locator(f"#w-{entry}"))
                reject = card.locator(f"form:has(#opinion-{entry}-reject)")
                reject.locator("textarea").fill("与主题无关")
                reject.locator("button").click()
                problems += problems_of(page, f"refused {language}")
                assert page.locator("[role=alert]").is_visible()
                assert page.input_value(f"#opinion-{entry}-reject") == "与主题无关"
                types_the_word(page.locator(f"form:has(#opinion-{entry}-reject)"))
                page.locator(f"form:has(#opinion-{entry}-reject) button").click()
                assert page.locator("[role=status]").is_visible()
                problems += problems_of(page, f"declined {language}")
            context.close()

    assert problems == []
