"""An organizer designs a template with a preview that follows, and downloads what belongs to a district."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.live_road import LiveRoad
from tests.support.stage import Stage


@pytest.mark.timeout(600)
def test_an_organizer_edits_a_template_and_downloads_a_district(on_stage: Stage, running_browser: Browser) -> None:
    road = LiveRoad(on_stage, running_browser, javascript=True)
    organizer = road.signed_in("city-organizer")
    here = f"{on_stage.url}/certificates/seasons/{on_stage.example}"
    organizer.goto(f"{here}/templates/district")
    organizer.wait_for_selector("#preview:not([hidden])", timeout=30_000)
    first = organizer.get_attribute("#preview", "src")
    source = organizer.input_value("#source")

    organizer.fill("#source", source.replace('#let red = rgb("#a3201b")', '#let red = rgb("#1b5ea3")'))
    organizer.wait_for_function(
        "before => document.querySelector('#preview').src !== before", arg=first, timeout=30_000
    )
    organizer.fill("#source", source + "\n#nonsense()")
    organizer.wait_for_function(
        "() => document.querySelector('#state').textContent.includes('设计有错误')", timeout=30_000
    )
    organizer.fill("#source", source.replace('#let red = rgb("#a3201b")', '#let red = rgb("#1b5ea3")'))
    organizer.locator("button[value='save']").click()
    organizer.wait_for_url("**/templates")
    organizer.select_option("#instructor", f"{on_stage.example}/district@1")
    organizer.locator("form[action$='/choice'] button").click()
    organizer.wait_for_url("**/templates")
    assert organizer.input_value("#instructor") == f"{on_stage.example}/district@1"

    organizer.goto(here)
    options = organizer.locator("#d-unit option").evaluate_all("all => all.map(one => [one.value, one.textContent])")
    district = next(value for value, _ in options[1:])
    organizer.select_option("#d-unit", district)
    organizer.fill("#reason", "区级表彰会")
    organizer.locator("form[action$='/downloads'] button").click()
    organizer.wait_for_selector("a.btn[href$='/file']", timeout=60_000)
    with organizer.expect_download() as download:
        organizer.locator("a.btn[href$='/file']").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert archive.testzip() is None
        assert any(name.endswith(".pdf") for name in archive.namelist())
        assert "index.xlsx" in archive.namelist()
    organizer.goto(f"{here}/audit")
    assert "区级表彰会" in organizer.content()
