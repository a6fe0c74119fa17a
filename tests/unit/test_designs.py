"""A design is data: nothing that is typed into it becomes a program, and what is wrong with it is said at its slot."""

import io
import json
from dataclasses import replace
from typing import Any, get_args

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.certificates.adapters.preview import look_at
from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.slot_marks import INK, mark_slots
from services.certificates.adapters.templates import PACKAGED, Files, packaged_files
from services.certificates.domain.designs import (
    SMALLEST,
    WORDS,
    WORDS_OF,
    Border,
    Colours,
    Design,
    Layout,
    Paper,
    Placed,
    Seal,
    Signature,
    Word,
    Writing,
    as_typst,
    find_faults,
    find_layout_faults,
    parts_of,
    source_of,
)
from services.certificates.domain.documents import KINDS, Kind
from shared.season.text import Text
from tests.support.drawing import end_drawing
from tests.support.templates import BuiltIn
from tests.unit.test_certificate_documents import certificate, page, renderer_in
from tests.unit.test_certificate_layout import boxes, faults, printed

pytestmark = pytest.mark.programs

LAYOUT = (PACKAGED / "designed.typ").read_text()
SEAL = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4.5" cy="4.5" r="4" fill="none" stroke="#a3201b"/></svg>'
HOSTILE = (
    '"',
    "\\",
    '"; #panic("x")',
    "#sys.version",
    "\\u{41}",
    "$x$",
    "`raw`",
    "*b* _i_",
    "]\n#panic()\n[",
    "//",
    "/*",
    "\\",
    "<x>",
    "@x",
    "{work}",
)
BODY = Writing(
    zh="在{season}“{track}”赛道（{division}）中，作品《{work}》荣获", en="in the {season}, with “{work}”, won"
)
FULL = Design(
    border="laurel",
    heading=Writing(zh="获奖证书", en="Award"),
    body=BODY,
    seals=(Seal(picture="seal.svg", size=30),),
    signatures=(
        Signature(title=Writing(zh="组委会主任"), name=Writing(zh="测试孟安"), picture="seal.svg"),
        Signature(name=Writing(zh="测试周知远")),
    ),
)


def files_of(design: Design, kind: Kind = "student") -> Files:
    return {**packaged_files("landscape"), "seal.svg": SEAL, "template.typ": source_of(design, kind, LAYOUT).encode()}


class Designed(BuiltIn):
    """One design for everything."""

    def __init__(self, design: Design, kind: Kind = "student") -> None:
        self._files = files_of(design, kind)

    async def files(self, template: str) -> Files:
        return self._files


def drawing(tmp_path_factory: pytest.TempPathFactory, design: Design, kind: Kind = "student") -> Renderer:
    return renderer_in(tmp_path_factory.mktemp("keys"), templates=Designed(design, kind))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.lists(st.sampled_from(HOSTILE)).map("".join))
def test_every_text_comes_out_of_its_quotes_as_it_went_in(text: str) -> None:
    """Keeps away: a name or a heading that ends its quotes and becomes a program."""
    source = f"#metadata({as_typst({'text': text, 'more': [text]})}) <told>".encode()

    (told,) = json.loads(typst.query(source, "<told>", field="value"))

    assert told == {"text": text, "more": [text]}


async def test_a_hostile_design_is_printed_as_it_is_typed(tmp_path_factory: pytest.TempPathFactory) -> None:
    hostile = 'x"; #panic("y") \\u(41) $z$ *b*'
    design = Design(heading=Writing(zh=hostile), body=Writing(zh=f"{hostile}《{{work}}》"), issuer=Writing(zh=hostile))

    text = page(await drawing(tmp_path_factory, design).pdf(certificate()))

    assert text.count(hostile.replace(" ", "")) == 3
    assert "《会听话的台灯》" in text


@pytest.mark.parametrize("kind", ["student", "instructor", "unit"])
async def test_each_kind_by_a_design_is_one_page_with_all_that_must_stand_there(
    tmp_path_factory: pytest.TempPathFactory, kind: Kind
) -> None:
    """Other kinds have their usual words, so that a design chosen for another kind states nothing false."""
    text = page(await drawing(tmp_path_factory, FULL).pdf(certificate(kind)))

    for part in (
        "LHAI25-CS-000001-02",
        "7KQM4XTB9H",
        "滨教赛备〔2025〕03号",
        "不作为中小学招生入学依据",
        "组委会主任测试孟安",
    ):
        assert part in text
    assert ("获奖证书" in text) is (kind == "student")
    assert ("赛道（小学组）中，作品《会听话的台灯》荣获" in text) is (kind == "student")


@pytest.mark.parametrize("design", [
    FULL, FULL.model_copy(update={"paper": "portrait", "border": "corners", "code": "right", "colours": "green", "size": 16, "align": "left"}),
    Design(logo="", school=False, instructors=False, second=False, border="none", colours="ink"), Design(body=Writing(en="won")),
])  # fmt: skip
async def test_many_by_a_design_look_like_one_by_one(tmp_path_factory: pytest.TempPathFactory, design: Design) -> None:
    renderer = drawing(tmp_path_factory, design)
    other = replace(certificate(name=Text(zh="测试林")), id="o", serial="LHAI25-CS-000002-02")

    first, second = await renderer.many([certificate(), other])

    assert page(first) == page(await renderer.pdf(certificate()))
    assert page(second) == page(await renderer.pdf(other))


async def layout_of(tmp_path_factory: pytest.TempPathFactory, design: Design, **words: Any) -> Layout:
    renderer = renderer_in(tmp_path_factory.mktemp("keys"))
    try:
        return await look_at(renderer.drawers, "s", files_of(design), {**renderer.words(certificate()), **words})
    finally:
        await end_drawing()


async def test_a_design_that_fits_has_no_fault(tmp_path_factory: pytest.TempPathFactory) -> None:
    for design in (Design(), Design(border="laurel"), Design(paper="portrait"), FULL):
        layout = await layout_of(tmp_path_factory, design)
        assert find_layout_faults(layout) == [], design
        assert {"logo", "heading", "recipient", "body", "award", "code", "issuer", "statement"} <= {
            item.slot for item in layout.placed
        }


async def test_each_slot_is_numbered_where_it_is_drawn(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keeps away: a form of ten slots of which nobody sees which one is which in the picture."""
    layout, sheet = await layout_of(tmp_path_factory, FULL), io.BytesIO()
    numbers = {slot: number for number, slot in enumerate(dict.fromkeys(item.slot for item in layout.placed), 1)}
    plain = Image.new("RGB", (round(layout.sheet[0]), round(layout.sheet[1])), "white")
    plain.save(sheet, "PNG")
    with Image.open(io.BytesIO(mark_slots(sheet.getvalue(), layout, numbers))) as marked:
        assert marked.size == plain.size
        for item in layout.placed:
            x, y = max(item.left, 10), max(item.top, 10)
            near = marked.crop((round(x) - 4, round(y) - 4, round(x) + 24, round(y) + 44))
            assert INK in {color for _, color in near.getcolors(99_999) or ()}, item
    assert mark_slots(sheet.getvalue(), layout, {}) == mark_slots(sheet.getvalue(), replace(layout, placed=()), numbers)
    assert layout.third_of("heading") == "top-center"
    assert layout.third_of("statement") == "bottom-center"
    assert layout.third_of("nothing") == ""


async def test_what_does_not_fit_is_said_at_its_slot(tmp_path_factory: pytest.TempPathFactory) -> None:
    crowded = Design(size=16, signatures=FULL.signatures, body=Writing(zh="很长的正文，" * 66, en="W" * 400))
    assert {(fault.slot, fault.code) for fault in find_layout_faults(await layout_of(tmp_path_factory, crowded))} >= {
        ("second", "design-too-small")
    }
    sealed = Design(paper="portrait", seals=(Seal(picture="seal.svg", size=45), Seal(picture="seal.svg", size=45)))
    assert [(fault.slot, fault.code) for fault in find_layout_faults(await layout_of(tmp_path_factory, sealed))] == [
        ("seals", "design-seal-over-code")
    ]


def test_a_seal_belongs_over_the_issuer_and_over_nothing_else() -> None:
    seal = Placed("seals", 100, 100, 50, 50)
    for slot, codes in (("issuer", []), ("body", ["design-seal-over-body"]), ("seals", [])):
        layout = Layout((800, 600), (seal, Placed(slot, 120, 120, 50, 50)), {})
        assert [fault.code for fault in find_layout_faults(layout)] == codes
    for left in (148.5, 60):
        assert (
            find_layout_faults(Layout((800, 600), (seal, Placed("body", left, 120, 41 if left == 60 else 9, 9)), {}))
            == []
        )


def test_letters_are_not_smaller_than_can_be_read_and_all_stand_on_the_sheet() -> None:
    assert find_layout_faults(Layout((800, 600), (), {"body": SMALLEST})) == []
    (fault,) = find_layout_faults(Layout((800, 600), (), {"body": SMALLEST - 0.1}))
    assert (fault.slot, fault.code, fault.values) == ("body", "design-too-small", {"points": "6.9", "least": "7"})
    for placed in (
        Placed("seals", -1, 0, 9, 9),
        Placed("seals", 0, -1, 9, 9),
        Placed("seals", 792, 0, 9, 9),
        Placed("seals", 0, 592, 9, 9),
    ):
        assert [fault.code for fault in find_layout_faults(Layout((800, 600), (placed, placed), {}))] == [
            "design-beyond"
        ]


PICTURES = frozenset({"mark.svg", "seal.svg"})
WRONG: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
    ({"border": "laurel", "paper": "portrait"}, ("border",), "design-laurel-upright"),
    ({"logo": "none.png"}, ("logo",), "design-no-picture"),
    ({"seals": (Seal(picture=""),)}, ("seals", 0, "picture"), "design-seal-picture"),
    ({"seals": (Seal(picture="seal.svg"), Seal(picture="gone.png"))}, ("seals", 1, "picture"), "design-no-picture"),
    ({"signatures": (Signature(picture="gone.png"),)}, ("signatures", 0, "picture"), "design-no-picture"),
    ({"heading": Writing(en="x" * 41)}, ("heading", "en"), "design-text-long"),
    ({"heading": Writing(zh="荣誉\U0001f600")}, ("heading", "zh"), "design-text-sign"),
    ({"issuer": Writing(zh="测试\U0002ee5d")}, ("issuer", "zh"), "design-no-font"),
    ({"signatures": (Signature(name=Writing(zh="x" * 41)),)}, ("signatures", 0, "name", "zh"), "design-text-long"),
    ({"body": Writing(zh="在{seson}中")}, ("body", "zh"), "design-word-unknown"),
    ({"body": Writing(en="in {best}")}, ("body", "en"), "design-word-unknown"),
    ({"body": Writing(en="in {work")}, ("body", "en"), "design-brace"),
    ({"body": Writing(en="x" * 401)}, ("body", "en"), "design-text-long"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "path", "code"), WRONG)
def test_what_is_wrong_with_a_design_is_said_at_its_value(
    values: dict[str, Any], path: tuple[str | int, ...], code: str
) -> None:
    (fault,) = find_faults(Design().model_copy(update=values), "student", PICTURES)
    assert (fault.path, fault.code) == (path, code)


def test_every_fault_of_a_design_is_said_at_once() -> None:
    design = Design(border="laurel", paper="portrait", logo="none.png", body=Writing(zh="{x}", en="{"))
    assert [fault.code for fault in find_faults(design, "student", PICTURES)] == [
        "design-word-unknown",
        "design-brace",
        "design-no-picture",
        "design-laurel-upright",
    ]


def test_the_usual_design_is_right_for_every_kind_and_no_word_lacks_a_value(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    words = renderer_in(tmp_path_factory.mktemp("keys")).words(certificate())["fields"]
    for kind in KINDS:
        assert find_faults(Design(), kind, PICTURES) == []
        assert set(WORDS_OF[kind]) <= set(WORDS)
    assert set(words["zh"]) == set(words["en"]) == set(WORDS)
    assert words["zh"]["work"] == "会听话的台灯"
    assert words["en"]["date"] == "26 April 2025"
    assert (words["zh"]["school"], words["en"]["school"]) == ("澜心小学", "Lanxin Primary School")


def test_text_and_words_are_told_apart() -> None:
    assert parts_of("在{season}中，《{work}》") == ["在", ("word", "season"), "中，《", ("word", "work"), "》"]
    assert parts_of("{a}{b}") == [("word", "a"), ("word", "b")]
    assert parts_of("a { b") == ["a { b"]
    assert parts_of("") == []


@pytest.mark.parametrize("border", get_args(Border))
@pytest.mark.parametrize("colours", get_args(Colours))
async def test_every_choice_is_drawn(
    tmp_path_factory: pytest.TempPathFactory, border: Border, colours: Colours
) -> None:
    document = await drawing(tmp_path_factory, Design(border=border, colours=colours)).pdf(certificate())
    assert b"pdfuaid:part" in document


def test_a_value_that_typst_does_not_have_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        as_typst(None)
    assert as_typst({}) == "(:)"
    assert as_typst([1.5, True]) == "(1.5000, true, )"
    assert get_args(Word) == WORDS


@pytest.mark.parametrize("letters", ["W", "测试", "ئابدۇل", "il "])
@pytest.mark.parametrize("paper", get_args(Paper))
async def test_the_longest_that_may_be_entered_fits_a_design_too(
    tmp_path_factory: pytest.TempPathFactory, paper: Paper, letters: str
) -> None:
    """Keeps away: a line over the number, the code or another line, beyond the frame, or on a second page."""
    name, title = (letters * 80)[:80].strip(), (letters * 120)[:120].strip()
    design = Design(paper=paper, body=BODY, signatures=FULL.signatures)
    each_certificate = printed(Text(zh=name, en=name), title, title, title, [title] * 3, title, "landscape")
    standing = replace(each_certificate, versions=(replace(each_certificate.current, template="standard"),))

    document = await drawing(tmp_path_factory, design).pdf(standing)

    assert faults(*boxes(document)) == []
