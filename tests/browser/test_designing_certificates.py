"""An organizer designs a certificate in the browser, by keyboard and mouse, and sees what it will look like."""

import pytest
from playwright.sync_api import Browser

from tests.support.live_road import LiveRoad
from tests.support.stage import Stage


@pytest.mark.timeout(600)
def test_an_organizer_designs_a_certificate_and_uses_it(on_stage: Stage, running_browser: Browser) -> None:
    """Keeps away: a designer that works only for whoever knows typst, or whose preview shows something else."""
    road = LiveRoad(on_stage, running_browser, javascript=True)
    organizer = road.signed_in("city-organizer")
    here = f"{on_stage.url}/certificates/seasons/{on_stage.example}/designs/student"
    organizer.goto(here)
    first = organizer.get_attribute("#preview", "src")

    organizer.fill("[id='body.zh']", "在中，作品《》荣获")
    organizer.evaluate("document.getElementById('body.zh').setSelectionRange(1, 1)")
    organizer.locator("[data-insert='body.zh'] button", has_text="赛季").click()
    assert organizer.input_value("[id='body.zh']") == "在{赛季}中，作品《》荣获"
    organizer.wait_for_function(
        "before => document.querySelector('#preview').src !== before", arg=first, timeout=60_000
    )
    organizer.fill("[id='body.zh']", "在{赛程}中荣获")
    organizer.wait_for_function("() => document.querySelector('#state').textContent.length > 9", timeout=60_000)
    organizer.locator("button[value='save']").click()
    organizer.wait_for_selector(".errors a[href='#body.zh']", timeout=60_000)
    assert organizer.input_value("[id='body.zh']") == "在{赛程}中荣获"

    organizer.fill("[id='body.zh']", "在{赛季}中荣获")
    organizer.locator("button[value='save']").click()
    organizer.wait_for_url("**/designs/student?saved=1*", timeout=120_000)
    organizer.locator("form[action$='/use'] button").first.click()
    organizer.wait_for_url("**/designs/student")
    assert "正在用" in organizer.content()
