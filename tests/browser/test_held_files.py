"""A judge's ballot says of a file that the organizer looks at first that it is so, in the place of a broken picture."""

import io

import pikepdf
import pytest
from PIL import Image
from playwright.sync_api import Browser

from laurel.client import ProblemAnswer
from tests.attacks.places.media import recorded
from tests.browser.test_judging_journeys import assert_no_violation, judged, signed_in
from tests.support.classes import register
from tests.support.handing_out import hand_out
from tests.support.seasons import close_registration, new_season, open_season
from tests.support.stage import Stage
from tests.support.tus import Tus
from tests.support.waiting import becomes, eventually


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "PNG")
    return out.getvalue()


def document() -> bytes:
    """Two pages, and a script that a viewer would run."""
    out = io.BytesIO()
    with pikepdf.new() as made:
        for size in ((300, 200), (200, 300)):
            made.add_blank_page(page_size=size)
        made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('evil')")
        made.save(out)
    return out.getvalue()


FILES = {
    "1.png": picture(),
    "2.png": picture()[:60],
    "3.mp4": recorded("mp4")[:200],
    "4.txt": "作者：测试甲".encode(),
    "5.pdf": document(),
}
"""Two that can be cleaned, and three that are held."""


@pytest.mark.timeout(600)
def test_a_ballot_says_which_files_the_organizer_looks_at_first(on_stage: Stage, running_browser: Browser) -> None:
    works = {"A": {"files": ["0", "9"], "types": ["image", "video", "text", "pdf"], "max_mib": "5"}}
    rules = new_season(works=works, acceptance="submission")
    rules["panels"]["common"] = {"ballots": "1", "method": "mean"}
    season = open_season(on_stage.client, rules)
    judged(on_stage, season, ["J1"])
    (entry,) = register(on_stage.client, season, ["P01"])
    sender = Tus(on_stage.url, on_stage.client.token)
    for name, content in FILES.items():
        answer = sender.whole(season, entry, name, content)
        assert answer.status_code == 200, answer.text
    sender.client.close()
    page = signed_in(on_stage, running_browser, role="judge", season=season, ref="J1")

    def given() -> None:
        hand_out(on_stage.client, season)
        answer = page.request.get(f"{on_stage.url}/registration/v1/seasons/{season}/works/{entry}/copies")
        assert len(answer.json()) == len(FILES)

    try:
        eventually(given, 30)
    except ProblemAnswer as problem:
        pytest.fail(str(problem))
    close_registration(on_stage.client, season, rules)

    def prepared() -> None:  # the sweepers of this stage lock the work, then make its copies, without anybody asking
        assert len(on_stage.client.get(f"/registration/v1/seasons/{season}/held-copies")) == 3

    eventually(prepared, 200)
    ballot = f"{on_stage.url}/judging/seasons/{season}/tasks/{entry}/work"

    page.goto(ballot)

    page.locator("#files .note").nth(2).wait_for()
    notes = page.locator("#files .note").all_inner_texts()
    assert [note.split("个")[0] for note in notes] == ["第 2 ", "第 3 ", "第 4 "]
    assert all("组委会正在先查看" in note for note in notes)
    assert page.evaluate("document.querySelector('#files img').naturalWidth") == 60
    shown = page.locator("#files [data-pages]")
    page.locator(".page-of", has_text="第 1 页，共 2 页").wait_for()
    page.locator("[data-turn='1']").click()
    page.locator(".page-of", has_text="第 2 页，共 2 页").wait_for()
    becomes(lambda: shown.evaluate("image => image.complete && image.naturalHeight > image.naturalWidth"), wanted=True)
    assert page.locator("[data-turn='1']").is_disabled(), "there is no third"
    assert_no_violation(page)

    without = signed_in(on_stage, running_browser, "en-GB", script=False, role="judge", season=season, ref="J1")
    without.goto(ballot)
    assert "the organizer may be checking it first" in without.content()
    without.goto(f"{on_stage.url}/registration/works/{season}/{entry}")
    assert without.locator("li", has_text="The organizer is checking this file").count() == 3
    page.goto(without.url)
    assert_no_violation(page)
    without.locator("a", has_text="page by page").click()
    without.locator("h1", has_text="Page 1 of 2").wait_for()
    without.locator("a", has_text="Next page").click()
    without.locator("h1", has_text="Page 2 of 2").wait_for()
    drawn = without.request.get(str(without.locator("figure img").evaluate("image => image.src")))
    assert (drawn.headers["content-type"], drawn.headers["x-content-type-options"]) == ("image/png", "nosniff")
    page.goto(without.url)
    assert_no_violation(page)
