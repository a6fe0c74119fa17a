"""Whatever may be entered fits one page, in whatever script: read from the boxes of the finished document."""

import asyncio
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pymupdf
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from services.certificates.adapters.renderer import Renderer
from services.certificates.adapters.templates import BUILT_IN, identity
from services.certificates.domain.documents import Certificate
from shared.names import clean_name
from shared.season.glyphs import unprintable
from shared.season.printing import LONGEST_NAME, LONGEST_TITLE, TEXT, find_fault
from shared.season.text import Text
from tests.support import extremes
from tests.support.drawing import end_drawing
from tests.support.examples import examples
from tests.support.extremes import EXTREMES
from tests.unit.test_certificate_documents import certificate, renderer_in

pytestmark = pytest.mark.programs

ALPHABETS = (
    "W",
    "il",
    "Łřğșţñ ",
    "Ж Щю",
    "Ωάξ",
    "李",
    "测 试",
    "𡌴𠮷",
    "ئابدۇل",
    "ۇ ر",
    "ཀརྒྱལ་",
    "ᠮᠣᠩ",
    "ꀉꂿ ",
    "여 한",
    "·-’",
    "กิ่",
)
EDGES = {"portrait": 31, "landscape": 47}
"""Where the inmost line of the frame is, in points."""


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: "Box") -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    def covers(self, other: "Box") -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > 1
            and min(self.bottom, other.bottom) - max(self.top, other.top) > 0.5
        )


def texts(longest: int) -> st.SearchStrategy[str]:
    """Of one letter, of the most that may be entered, and anything between, in one script or several."""
    alike = st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(letters, min_size=1, max_size=longest))
    most = st.sampled_from(ALPHABETS).map(lambda letters: (letters * longest)[:longest])
    mixed = st.lists(st.sampled_from(ALPHABETS), min_size=1, max_size=longest).map(lambda some: "".join(some)[:longest])
    return st.one_of(most, alike, mixed).map(clean_name).filter(_may_be_entered)


def _may_be_entered(text: str) -> bool:
    return bool(text) and find_fault(text, TEXT) is None and not unprintable(text)


TITLES = texts(LONGEST_TITLE)


def boxes(document: bytes) -> tuple[Box, list[Box]]:
    """The page, and of each letter where a small one would be, whatever its font reserves above and below."""
    pages: Any = pymupdf.open(stream=document)  # type: ignore[no-untyped-call]
    (page,) = pages
    letters = []
    for block in page.get_text("rawdict")["blocks"]:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                for char in span["chars"]:
                    (left, _, right, _), base = char["bbox"], char["origin"][1]
                    if unicodedata.category(char["c"])[0] not in "ZMC":
                        letters.append(Box(left, base - span["size"] / 2, right, base))
    edge = EDGES["portrait" if page.rect.width < page.rect.height else "landscape"]
    page_box = Box(edge, edge, page.rect.width - edge, page.rect.height - edge)
    return page_box, sorted(letters, key=lambda letter: letter.bottom)


def faults(page: Box, letters: Sequence[Box]) -> list[tuple[Box, Box]]:
    """What stands outside of the frame, on the code, or on another line."""
    portrait = page.right < page.bottom
    left, bottom, edge = (74, 92, EDGES["portrait"]) if portrait else (70, 78, EDGES["landscape"])
    code = Box(left, page.bottom + edge - bottom - 80, left + 80, page.bottom + edge - bottom)
    placed = [(letter, page) for letter in letters if not page.holds(letter)]
    placed += [(letter, code) for letter in letters if letter.covers(code)]
    for number, letter in enumerate(letters):
        for other in letters[number + 1 :]:
            if other.top > letter.bottom:
                break
            if other.bottom > letter.bottom + 1 and letter.covers(other):
                placed.append((letter, other))
    return placed


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return renderer_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(end_drawing())
    loop.close()


def printed(
    name: Text, work: str, unit: str, award: str, sponsors: Sequence[str], statement: str, look: str
) -> Certificate:
    plain = certificate(name=name, title=work)
    facts = replace(
        plain.facts,
        unit_name=Text(zh=unit),
        award_title=Text(zh=award, en=award),
        sponsors=tuple(Text(zh=sponsor) for sponsor in sponsors),
        statement=Text(zh=statement),
    )
    return replace(plain, versions=(replace(plain.current, facts=facts, template=identity(look)),))


@examples(12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    zh=texts(LONGEST_NAME),
    en=st.one_of(st.just(""), texts(LONGEST_NAME)),
    work=TITLES,
    unit=TITLES,
    award=st.one_of(st.just("一等奖"), TITLES),
    sponsors=st.lists(TITLES, min_size=1, max_size=6),
    statement=st.one_of(st.just("本竞赛及竞赛产生的结果不作为中小学招生入学依据"), texts(400)),
    look=st.sampled_from(BUILT_IN),
)
def test_whatever_may_be_entered_fits_one_page(
    renderer: Renderer, loop: asyncio.AbstractEventLoop, zh: str, en: str, work: str, unit: str, award: str,
    sponsors: list[str], statement: str, look: str,
) -> None:  # fmt: skip
    """Keeps away: a line over the number, the code or another line, beyond the frame, or on a second page."""
    each_certificate = printed(Text(zh=zh, en=en), work, unit, award, sponsors, statement, look)

    document = loop.run_until_complete(renderer.pdf(each_certificate))

    assert faults(*boxes(document)) == []


@pytest.mark.parametrize("look", BUILT_IN)
@pytest.mark.parametrize("name", EXTREMES)
def test_the_longest_and_the_shortest_of_everything_fit(
    renderer: Renderer, loop: asyncio.AbstractEventLoop, name: str, look: str
) -> None:
    """Keeps away: a long statement that runs over the ornaments of the frame."""
    document = loop.run_until_complete(renderer.pdf(extremes.printed(EXTREMES[name], look)))

    assert faults(*boxes(document)) == []
