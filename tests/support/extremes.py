"""Certificates with the longest and the shortest of everything: `python -m tests.support.extremes FOLDER` draws them all.

One picture for each layout and each extreme, and two of a sign that no font has: as it waits, and with a picture given.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pymupdf

from services.certificates.adapters.renderer import GlyphMissing, Renderer
from services.certificates.adapters.templates import BUILT_IN, identity
from services.certificates.domain.documents import Certificate, Kind
from shared.season.printing import LONGEST_NAME, LONGEST_TITLE
from shared.season.text import Text
from tests.support.scripts import HAN
from tests.unit.test_certificate_documents import certificate, renderer_in

DPI = 80
RARE = HAN["I"][1]
DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M.5 1h9v.8h-9zM4.6 1h.8v8h-.8zM1.5 4.6h7v.8h-7zM.5 8.6h9v.8h-9zM1.4 2.6h2v.7h-2zM6.6 2.6h2v.7h-2z"/></svg>'
"""A sign that an organizer gave, as far as anybody can see: of strokes and of the height of a sign."""
STATEMENT = "本竞赛及竞赛产生的结果不作为中小学招生入学依据"


@dataclass(frozen=True, slots=True)
class Extreme:
    """What stands on a certificate."""

    name: Text
    work: str
    unit: str
    award: str
    sponsors: Sequence[str]
    statement: str = STATEMENT
    kind: Kind = "student"


def filled(words: str, length: int) -> str:
    """These words again and again, up to this length."""
    return (words * (length // len(words) + 1))[:length].strip()


def _alike(words: str, *, en: str = "", sponsors: int = 6, kind: Kind = "student") -> Extreme:
    """Everything as long as may be entered, of these words."""
    title = filled(words, LONGEST_TITLE)
    latin = filled(en, LONGEST_NAME) if en else ""
    return Extreme(
        Text(zh=filled(words, LONGEST_NAME), en=latin),
        title,
        title,
        title,
        [title] * sponsors,
        filled(words, 400),
        kind,
    )


EXTREMES: Mapping[str, Extreme] = {
    "shortest": Extreme(Text(zh="丁"), "水", "校", "奖", ["协"], "无"),
    "shortest-latin": Extreme(Text(en="O"), "i", "U", "A", ["S"], "-"),
    "longest-han": _alike("测试欧阳海岛垃圾分拣与无障碍路线", en="Test Ouyang Haidao "),
    "longest-latin": _alike("Abdurreshit Memetjan the Younger "),
    "longest-word": _alike("W"),
    "longest-arabic": _alike("ئابدۇرېشىت مەمەتجان "),
    "longest-tibetan": _alike("བཀྲ་ཤིས་སྒྲོལ་མ་"),
    "longest-unit": _alike("滨城市实验小学教育集团", en="Bincheng Experimental ", kind="unit"),
    "longest-instructor": _alike("测试欧阳", en="Test Ouyang ", kind="instructor"),
    "one-sponsor": replace(_alike("测试海岛"), sponsors=["滨城市科学技术协会"], statement=STATEMENT),
}


def printed(extreme: Extreme, look: str) -> Certificate:
    plain = certificate(extreme.kind, name=extreme.name, title=extreme.work)
    facts = replace(
        plain.facts,
        unit_name=Text(zh=extreme.unit),
        award_title=Text(zh=extreme.award, en=extreme.award),
        sponsors=tuple(Text(zh=sponsor) for sponsor in extreme.sponsors),
        statement=Text(zh=extreme.statement),
    )
    return replace(plain, versions=(replace(plain.current, facts=facts, template=identity(look)),))


class Given:
    """The picture of one sign."""

    async def of(self, season: str, signs: str, at: int) -> Mapping[str, str]:
        return {RARE: DRAWN} if RARE in signs else {}


def with_pictures(plain: Renderer) -> Renderer:
    """The same renderer where the organizer has given a picture of the rare sign."""
    parts = (plain._catalog, "https://laurel.example", plain._signer, plain._templates, plain._codes, plain._engines)
    return Renderer(*parts, pictures=Given())


def photograph(document: bytes, file: Path) -> None:
    pages: Any = pymupdf.open(stream=document)  # type: ignore[no-untyped-call]
    (page,) = pages
    page.get_pixmap(dpi=DPI).save(str(file))


async def draw(folder: Path) -> list[str]:
    """Every picture into the folder, which is there; what was said of the sign that no font has."""
    said: list[str] = []
    with tempfile.TemporaryDirectory() as keys:
        renderer = renderer_in(Path(keys))
        for look in BUILT_IN:
            for name, extreme in EXTREMES.items():
                photograph(await renderer.pdf(printed(extreme, look)), folder / f"{name}-{look}.png")
            rare = replace(EXTREMES["shortest"], name=Text(zh=f"王{RARE}"), work="潮汐观察员", statement=STATEMENT)
            try:
                await renderer.pdf(printed(rare, look))
            except GlyphMissing as missing:
                said.append(f"{look}: {missing.code} {missing.values['words']}")
            photograph(await with_pictures(renderer).pdf(printed(rare, look)), folder / f"given-sign-{look}.png")
    return said


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    print(*asyncio.run(draw(Path(sys.argv[1]))), sep="\n")  # noqa: T201
