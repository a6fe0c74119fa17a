"""Signs that no font has: printed by the picture that an organizer gives, and looking the same for ever."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image, ImageChops

from services.certificates.adapters.renderer import GlyphMissing, Renderer
from services.certificates.adapters.sign_pictures import as_svg, read_picture
from services.certificates.adapters.typst_workers import Drawers
from services.certificates.entrypoints.signs import sign_of
from shared.errors import InvalidState
from shared.season.glyphs import PACKAGED, font_files
from shared.season.text import Text
from tests.support.drawing import NotedEngines
from tests.support.refusals import refused
from tests.unit.test_certificate_documents import certificate, page, renderer_in

pytestmark = pytest.mark.programs
RARE = "\U0002ee5d"
CROSS = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M1 4h8v2H1zM4 1h2v8H4z"/></svg>'


class Given:
    """Pictures of a season."""

    def __init__(self) -> None:
        self.pictures: dict[str, str] = {}

    async def of(self, season: str, signs: str, at: int) -> Mapping[str, str]:
        return {sign: picture for sign, picture in self.pictures.items() if sign in signs}


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 255)).save(made, "PNG")
    return made.getvalue()


def font() -> bytes:
    return next(
        file for file in font_files(Path(PACKAGED[0].__file__ or "").parent) if "Serif" in file.name
    ).read_bytes()


def drawn(document: bytes) -> Image.Image:
    pages: Any = pymupdf.open(stream=document)  # type: ignore[no-untyped-call]
    (first,) = pages
    seen = first.get_pixmap(dpi=60)
    return Image.frombytes("RGB", (seen.width, seen.height), seen.samples)


async def test_a_certificate_waits_for_a_picture_of_its_sign_and_is_printed_with_it(tmp_path: Path) -> None:
    """Keeps away: a child without a certificate because of a sign, and a blank where the sign belongs."""
    given = Given()
    plain = renderer_in(tmp_path)
    renderer = Renderer(
        plain._catalog, "https://laurel.example", plain._signer, plain._templates, plain._codes, plain._engines,
        pictures=given,
    )  # fmt: skip
    rare, common = certificate(name=Text(zh=f"王{RARE}")), replace(certificate(name=Text(zh="王")), id="other")
    with pytest.raises(GlyphMissing):
        await renderer.pdf(rare)

    given.pictures[RARE] = CROSS
    alone = await renderer.pdf(rare)

    assert page(alone).count("王") == page(await renderer.pdf(common)).count("王")
    assert ImageChops.difference(drawn(alone), drawn(await renderer.pdf(common))).getbbox() is not None
    assert await renderer.many([rare, common]) == [alone, *await renderer.many([common])]
    (_,), aside = await renderer.book([rare, common], crop=True)
    assert aside == []


@pytest.mark.parametrize("data", [CROSS.encode(), picture()], ids=["drawing", "picture"])
async def test_a_picture_is_tried_before_it_is_taken(tmp_path: Path, data: bytes) -> None:
    svg = await read_picture(Drawers(NotedEngines(tmp_path)), "s", RARE, data)

    assert svg.startswith("<svg")


async def test_a_font_gives_its_outline_of_the_sign_alone(tmp_path: Path) -> None:
    svg = await read_picture(Drawers(NotedEngines(tmp_path)), "s", "龥", font())

    assert 'viewBox="0 -880 1000 1000"' in svg
    assert "<path d=" in svg


LINKED = CROSS.replace("<path", '<image href="file:///etc/hostname"/><path')
WRONG = {
    "nothing": b"x",
    "other": b"<svg/>",
    "linked": LINKED.encode(),
    "entity": b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
    "cut font": b"OTTO" + bytes(100),
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_what_is_no_picture_is_not_taken(data: bytes) -> None:
    """Keeps away: a file of the machine, or somebody else's address, on a certificate."""
    assert as_svg(RARE, data) == ""


async def test_a_font_without_the_sign_and_a_picture_that_is_too_large_are_refused(tmp_path: Path) -> None:
    drawers = Drawers(NotedEngines(tmp_path))
    with refused("sign-picture", InvalidState):
        await read_picture(drawers, "s", RARE, font())
    large = CROSS.replace("<path", f"<path id='{'x' * 300_000}'").encode()
    with refused("sign-picture", InvalidState):
        await read_picture(drawers, "s", RARE, large)


def test_a_sign_is_named_by_itself_or_by_its_code_point() -> None:
    assert sign_of(f" {RARE} ") == sign_of("U+2EE5D") == sign_of("u+2ee5d") == RARE
    for text in ("", "  ", "王玉", "U+110000", "U+", "U+zz", "\U0001f600", "★"):
        with refused("sign-one", InvalidState):
            sign_of(text)
