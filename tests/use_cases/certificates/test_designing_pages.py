"""The designer as an organizer and a program use it: on templates in memory, drawn by the real engine."""

import base64
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from services.certificates.application.designing import CASES
from services.certificates.domain.designs import Design
from services.certificates.domain.documents import KINDS
from shared.identity import Role
from shared.season.text import LANGUAGES
from tests.conftest import EXAMPLE, GOLDEN
from tests.support.crawling import Page, untouched
from tests.support.designing import PAGES, Studio, studio
from tests.support.drawing import end_drawing
from tests.support.rules import season_rules

pytestmark = pytest.mark.programs

RULES = season_rules()
OTHER = RULES.model_copy(update={"season": RULES.season.model_copy(update={"id": "other-2025"})})
HERE = f"/certificates/seasons/{RULES.id}/designs"
API = f"/certificates/v1/seasons/{RULES.id}"


def png(size: int = 60) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (size, size), (160, 30, 30, 120)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
async def anna(tmp_path: Path) -> AsyncIterator[Studio]:
    running = studio(tmp_path, RULES, OTHER, roles={RULES.id: Role.CITY_ORGANIZER, OTHER.id: Role.CITY_ORGANIZER})
    async with running.client:
        yield running
    await end_drawing()


async def form_on(anna: Studio, address: str) -> dict[str, str]:
    """What the form of the designer holds when it is shown."""
    answer = await anna.client.get(address)
    assert answer.status_code == 200, answer.text
    return form_in(answer.text)


def form_in(text: str) -> dict[str, str]:
    form = next(
        form for form in Page(text, "http://test/").forms if form.action.rstrip("/").rpartition("/designs/")[2] in KINDS
    )
    return {name: values[0] for name, values in untouched(form).items() if values}


def src(text: str) -> str:
    match = re.search(r'src="data:image/png;base64,([^"]+)"', text)
    return match[1] if match else ""


def said(text: str) -> list[str]:
    """What the summary of faults says."""
    block = re.search(r'<div class="errors".*?</div>', text, re.DOTALL)
    return re.findall(r'href="#([^"]+)"', block[0]) if block else []


async def test_whoever_never_saw_source_designs_saves_and_uses(anna: Studio) -> None:
    form = await form_on(anna, HERE)
    sent = {**form, "heading.zh": "获奖证书", "body.zh": "在{赛季}中，作品《{作品}》荣获", "colours": "green"}

    shown = await anna.client.post(f"{HERE}/student", data={**sent, "act": "preview"})
    assert shown.status_code == 200
    assert src(shown.text) != src((await anna.client.get(HERE)).text)
    assert form_in(shown.text)["body.zh"] == "在{赛季}中，作品《{作品}》荣获", "words stay in the language of the page"
    assert await anna.shelf.designs() == [], "a preview keeps nothing"

    saved = await anna.client.post(f"{HERE}/student", data={**sent, "act": "save"})
    assert (saved.status_code, saved.headers["location"]) == (303, f"{HERE}/student?saved=1&case=usual"), saved.text
    (made,) = await anna.shelf.designs()
    assert made.design is not None
    assert made.design.body.zh == "在{season}中，作品《{work}》荣获"
    assert (made.by, made.number) == ("anna", 1)
    assert [line["template"] for line in anna.noted] == [made.id]
    page = (await anna.client.get(saved.headers["location"])).text
    assert "第 1 版保存好了" in page
    assert "还没有用它" in page

    used = await anna.client.post(f"{HERE}/student/use", data={"template": made.id})
    assert used.status_code == 303
    assert (await anna.shelf.chosen(RULES.id, KINDS)) == {
        **dict.fromkeys(KINDS, "standard"),
        **{kind: made.id for kind in KINDS if kind not in ("instructor", "unit")},
    }


async def test_slots_have_the_same_numbers_in_the_form_and_in_the_picture(anna: Studio) -> None:
    """Keeps away: a form of ten slots of which nobody sees which one is which in the picture."""
    page = (await anna.client.get(f"{HERE}/student")).text
    numbers = dict(re.findall(r'id="slot-(\w+)".*?class="slotno">(\d+)<', page, re.DOTALL))
    assert list(numbers.values()) == [str(number) for number in range(1, 11)], "in the order of the form"
    for slot, words in (("heading", "在图的上方居中"), ("statement", "在图的下方居中")):
        assert words in page.partition(f'id="slot-{slot}"')[2].partition("</small>")[2][:200]
    assert "图上现在没有" in page.partition('id="slot-seals"')[2].partition("</summary>")[0]
    form = form_in(page)
    assert form["numbered"] == "1"
    plain = await anna.client.post(f"{HERE}/student", data={**form, "numbered": "", "act": "preview"})
    assert src(plain.text) != src(page)
    assert "numbered" not in {name for name, value in form_in(plain.text).items() if value == "1"}
    followed = await anna.client.post(f"{HERE}/student/preview", data=form)
    assert base64.b64encode(followed.content).decode() == src(page), "the script shows the same"
    judge = (await anna.client.get(f"{HERE}/judge")).text
    assert 'id="slot-instructors"' not in judge
    assert re.findall(r'class="slotno">(\d+)<', judge)[-1] == "9"


async def test_everything_wrong_is_said_at_once_and_what_was_typed_stays(anna: Studio) -> None:
    form = await form_on(anna, f"{HERE}/student")
    wrong = {
        "border": "laurel",
        "paper": "portrait",
        "heading.en": "x" * 41,
        "body.zh": "在{赛程}中",
        "issuer.zh": "测\U0001f600",
    }

    answer = await anna.client.post(f"{HERE}/student", data={**form, **wrong, "act": "save"})

    assert answer.status_code == 422
    assert said(answer.text) == ["heading.en", "issuer.zh", "body.zh", "border"]
    assert src(answer.text) == ""
    kept = form_in(answer.text)
    assert {name: kept[name] for name in wrong} == wrong
    assert await anna.shelf.designs() == []


async def test_what_does_not_fit_is_said_in_words_at_its_slot_with_its_case(anna: Studio) -> None:
    form = await form_on(anna, f"{HERE}/student")
    files = {f"seals.{number}.file": ("科协公章.png", png(60 + number), "image/png") for number in (0, 1)}
    large = {"paper": "portrait", "seals.0.size": "45", "seals.1.size": "45"}

    answer = await anna.client.post(f"{HERE}/student", data={**form, **large, "act": "save"}, files=files)

    assert answer.status_code == 422
    assert said(answer.text) == ["slot-seals"]
    assert "印章：印章压住了二维码或编号。请用小一点的印章，或者只放一个。（一般的）" in answer.text
    assert src(answer.text), "the preview shows what is meant"
    kept = form_in(answer.text)
    assert re.fullmatch(r"seal-[0-9a-f]{8}\.png", kept["seals.0.picture"]), "what was uploaded stays"
    assert kept["seals.0.picture"] != kept["seals.1.picture"]
    smaller = {**kept, "seals.0.size": "30", "seals.1.picture": "", "act": "save"}
    assert (await anna.client.post(f"{HERE}/student", data=smaller)).status_code == 303


async def test_what_is_no_picture_is_refused_and_the_rest_of_the_form_stays(anna: Studio) -> None:
    form = await form_on(anna, f"{HERE}/unit")
    for name, data in (("seal.png", b"no picture"), ("seal.exe", png()), ("seal.svg", b"<html>")):
        answer = await anna.client.post(
            f"{HERE}/unit",
            data={**form, "heading.zh": "奖状", "act": "save"},
            files={"seals.0.file": (name, data, "image/png")},
        )
        assert answer.status_code == 422
        assert "请选择 PNG、JPG 或 SVG 图片" in answer.text
        assert form_in(answer.text)["heading.zh"] == "奖状"


async def test_two_who_design_at_once_do_not_overwrite_each_other(anna: Studio) -> None:
    form = await form_on(anna, f"{HERE}/unit")
    assert (await anna.client.post(f"{HERE}/unit", data={**form, "colours": "red", "act": "save"})).status_code == 303

    late = await anna.client.post(f"{HERE}/unit", data={**form, "colours": "ink", "act": "save"})

    assert late.status_code == 422
    assert PAGES.catalog.translator("zh")("problem-design-changed") in late.text
    again = form_in(late.text)
    assert again["colours"] == "ink"
    assert (await anna.client.post(f"{HERE}/unit", data={**again, "act": "save"})).status_code == 303
    assert [item.number for item in await anna.shelf.of(RULES.id)][:2] == [2, 1]


async def test_an_earlier_version_is_opened_and_saved_as_a_new_one(anna: Studio) -> None:
    for colours in ("red", "ink"):
        form = await form_on(anna, f"{HERE}/student")
        await anna.client.post(f"{HERE}/student", data={**form, "colours": colours, "act": "save"})

    earlier = await form_on(anna, f"{HERE}/student?version=1")
    assert earlier["colours"] == "red"
    await anna.client.post(f"{HERE}/student", data={**earlier, "act": "save"})

    assert [item.design.colours for item in await anna.shelf.of(RULES.id) if item.design] == ["red", "ink", "red"]
    assert (await anna.client.get(f"{HERE}/student?version=9")).status_code == 404


async def test_a_version_made_by_its_source_says_so_and_the_form_goes_on_from_the_design_before(anna: Studio) -> None:
    form = await form_on(anna, f"{HERE}/student")
    await anna.client.post(f"{HERE}/student", data={**form, "colours": "red", "act": "save"})
    (made,) = await anna.shelf.designs()
    await anna.shelf.save(RULES.id, "design-student", made.source + "\n", "expert")

    page = (await anna.client.get(f"{HERE}/student")).text

    assert "第 2 版是直接改源文件做的" in page
    assert "改源文件" in page
    assert form_in(page)["colours"] == "red"
    editor = (await anna.client.get(f"/certificates/seasons/{RULES.id}/templates/design-student")).text
    assert "#let design = " in editor.replace("&#34;", '"')


async def test_a_design_is_taken_from_another_season_with_its_pictures_and_kept_once_it_is_saved(anna: Studio) -> None:
    there = f"/certificates/seasons/{OTHER.id}/designs"
    form = await form_on(anna, f"{there}/unit")
    files = {"seals.0.file": ("a.png", png(), "image/png")}
    await anna.client.post(f"{there}/unit", data={**form, "colours": "green", "act": "save"}, files=files)
    (other,) = await anna.shelf.designs()

    shown = await anna.client.post(f"{HERE}/student/copy", data={"from": other.id})

    assert shown.status_code == 200
    copied = form_in(shown.text)
    assert copied["colours"] == "green"
    assert copied["seals.0.picture"] in await anna.shelf.pictures(RULES.id)
    assert len(await anna.shelf.designs()) == 1
    assert (await anna.client.post(f"{HERE}/student", data={**copied, "act": "save"})).status_code == 303
    nothing = await anna.client.post(f"{HERE}/student/copy", data={"from": "none"})
    assert (nothing.status_code, said(nothing.text)) == (422, ["from"])
    nothing = await anna.client.post(f"{HERE}/student/use", data={"template": "none"})
    assert (nothing.status_code, said(nothing.text)) == (422, ["template"])


async def test_a_design_of_a_season_that_is_not_ones_own_is_not_taken(tmp_path: Path) -> None:
    """Keeps away: the seals of another organizer."""
    running = studio(tmp_path, RULES, OTHER, roles={RULES.id: Role.CITY_ORGANIZER})
    other = await running.shelf.save(OTHER.id, "design-unit", "x", "other", Design())
    async with running.client as client:
        assert other.id not in (await client.get(f"{HERE}/student")).text
        assert (await client.post(f"{HERE}/student/copy", data={"from": other.id})).status_code == 422


@pytest.mark.parametrize("kind", ["student", "unit", "appointment"])
async def test_every_kind_has_its_page_and_every_case_its_preview(anna: Studio, kind: str) -> None:
    pictures = {src((await anna.client.get(f"{HERE}/{kind}?case={case}")).text) for case in CASES}
    assert "" not in pictures
    assert len(pictures) >= 4
    nothing = await anna.client.get(f"{HERE}/nothing", headers={"accept": "application/json"})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "no-such-design")


async def test_the_script_gets_the_picture_alone(anna: Studio) -> None:
    form = await form_on(anna, f"{HERE}/student")
    answer = await anna.client.post(f"{HERE}/student/preview", data=form)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    wrong = await anna.client.post(
        f"{HERE}/student/preview", data={**form, "body.zh": "{x}"}, headers={"accept": "application/problem+json"}
    )
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/body/zh"


async def test_a_program_reads_checks_previews_and_saves_the_same_design(anna: Studio) -> None:
    client = anna.client
    design = {"colours": "red", "body": {"zh": "在{season}中荣获"}, "seals": [{"picture": "ours.png", "size": 30}]}
    refused = await client.post(f"{API}/designs/unit", json=design)
    assert (refused.status_code, [item["pointer"] for item in refused.json()["errors"]]) == (422, ["/seals/0/picture"])
    assert refused.json()["errors"][0]["code"] == "design-no-picture"
    assert (await client.put(f"{API}/template-pictures/ours.png", content=png())).status_code == 204
    assert (await client.put(f"{API}/template-pictures/ours.png", content=b"x")).status_code == 409
    assert "ours.png" in (await client.get(f"{API}/template-pictures")).json()

    assert (await client.post(f"{API}/designs/unit/check", json=design)).status_code == 204
    shown = await client.post(f"{API}/designs/unit/preview?case=longest", json=design)
    assert shown.headers["content-type"] == "image/png"
    made = (await client.post(f"{API}/designs/unit", json=design)).json()
    assert (made["number"], made["used"], made["design"]["colours"]) == (1, False, "red")
    await client.put(f"{API}/template-choices/unit", json={"template": made["id"]})
    assert [item["used"] for item in (await client.get(f"{API}/designs/unit")).json()] == [True]
    crowded = {**design, "paper": "portrait", "seals": [{"picture": "ours.png", "size": 45}] * 2}
    wrong = await client.post(f"{API}/designs/unit/check", json=crowded)
    (fault,) = wrong.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/seals", "design-seal-over-code")
    assert (await client.post(f"{API}/designs/unit/check", json={"bordr": "x"})).status_code == 422


async def test_a_sample_sheet_is_marked_and_its_number_is_nobodys(anna: Studio) -> None:
    """Keeps away: a sample that passes for a certificate."""
    for case in CASES:
        answer = await anna.client.get(f"{HERE}/student/sample.pdf?case={case}")
        assert answer.status_code == 200, answer.text
        text = "".join(PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())
        assert "样张" in text
        assert re.search(r"-000000-\d\d", text)
    form = await form_on(anna, f"{HERE}/student")
    await anna.client.post(f"{HERE}/student", data={**form, "heading.zh": "获奖证书", "act": "save"})
    answer = await anna.client.get(f"{HERE}/student/sample.pdf")
    text = "".join(PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())
    assert "样张" in text
    assert "获奖证书" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("folder", [GOLDEN, EXAMPLE], ids=["golden", "small"])
async def test_a_draft_shows_a_sample_of_each_kind_it_gives(tmp_path: Path, folder: Path, language: str) -> None:
    running = studio(tmp_path, RULES, roles={RULES.id: Role.CITY_ORGANIZER}, language=language)
    text = (folder / "season.yaml").read_text()
    async with running.client as client:
        answer = await client.post("/certificates/rehearsals", data={"text": text, "draft": "0" * 32})
        assert answer.status_code == 200, answer.text
        assert answer.text.count("data:image/png;base64,") in range(5, 8)
        assert f'href="/registration/season-drafts/{"0" * 32}/check"' in answer.text
        usual = src(answer.text)
        await running.shelf.save(
            RULES.id, "design-student", (await running.shelf.newest("", "portrait")).source, "anna", Design()
        )
        await running.shelf.choose(RULES.id, "student", f"{RULES.id}/design-student@1")
        again = await client.post("/certificates/rehearsals", data={"text": text})
        assert src(again.text) != usual
        assert running.noted == []
        broken = await client.post("/certificates/rehearsals", data={"text": "season: 1"})
        assert broken.status_code == 422
        assert "data:image/png" not in broken.text


async def test_samples_of_a_draft_are_for_organizers(tmp_path: Path) -> None:
    running = studio(tmp_path, RULES, roles={RULES.id: Role.SCHOOL_ADMIN})
    async with running.client as client:
        assert (await client.post("/certificates/rehearsals", data={"text": "x"})).status_code == 403
