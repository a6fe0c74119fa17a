"""Pictures of signs that no font has: given by an organizer as a drawing, a photograph of a sign, or a font that has it.

A document shows the newest picture from before it was issued, or else the first that came later: so what was drawn once
looks the same for ever, and a better picture counts for what is issued from then on.
"""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import uharfbuzz as hb
from lxml import etree
from PIL import Image

from services.certificates.adapters.engines import current
from services.certificates.adapters.templates import PACKAGED
from services.certificates.adapters.typst_worker import BrokenTemplate
from services.certificates.adapters.typst_workers import Drawers
from shared import limited
from shared.errors import InvalidState
from shared.media_types import media_type_of
from shared.mongo import Mongo

MOST_BYTES = 32 * 1024 * 1024
"""Of a font."""
MOST_DRAWN = 256 * 1024
"""Of a picture, drawn."""
MOST_PIXELS = 2000
SECONDS = 8
SVG = "{http://www.w3.org/2000/svg}svg"
FONTS = (b"\0\1\0\0", b"OTTO", b"true", b"ttcf")
"""How fonts begin."""


@dataclass(frozen=True, slots=True)
class SignPicture:
    """A picture of a sign, as SVG."""

    sign: str
    number: int
    svg: str
    at: int
    by: str


class SignPictures:
    """The collection of what was given."""

    def __init__(self, mongo: Mongo) -> None:
        self._pictures, self._clock = mongo.database["sign_pictures"], mongo.clock

    async def of(self, season: str, signs: str, at: int) -> Mapping[str, str]:
        """Those that a document of this time shows, as SVG."""
        shown: dict[str, str] = {}
        for picture in await self.given(season):
            if picture.sign in signs and (picture.at <= at or picture.sign not in shown):
                shown[picture.sign] = picture.svg
        return shown

    async def given(self, season: str) -> list[SignPicture]:
        """All of a season, the oldest of each sign first."""
        cursor = self._pictures.find({"season": season}).sort([("sign", 1), ("number", 1)])
        return [SignPicture(d["sign"], d["number"], d["svg"], d["at"], d["by"]) async for d in cursor]

    async def add(self, season: str, sign: str, svg: str, by: str) -> None:
        """Keep a picture; earlier ones of this sign stay for what shows them.

        Raises:
            InvalidState: another came at the same moment.
        """
        last = await self._pictures.find_one({"season": season, "sign": sign}, sort=[("number", -1)])
        number = last["number"] + 1 if last else 1
        values = {"season": season, "sign": sign, "number": number, "svg": svg, "at": await self._clock.now(), "by": by}
        key = f"{season}/{ord(sign):04X}@{number}"
        result = await self._pictures.update_one({"_id": key}, {"$setOnInsert": values}, upsert=True)
        if result.upserted_id is None:
            raise InvalidState("changed-meanwhile")


async def read_picture(drawers: Drawers, season: str, sign: str, data: bytes) -> str:
    """The sign as SVG, from a drawing (SVG), a picture (PNG) or a font (TTF, OTF); tried before it is taken.

    Raises:
        InvalidState: it is too large, none of these, has no such sign, or cannot be drawn.
    """
    if len(data) > MOST_BYTES:
        raise InvalidState("file-too-large", most=MOST_BYTES // 1024 // 1024)
    try:
        svg = await limited.run(as_svg, sign, data, seconds=SECONDS, owner=season)
        if svg:
            await drawers.drawn(season, current(), PACKAGED / "sign.typ", {"sign": sign, "svg": svg}, {"format": "png"})
    except (limited.Exceeded, BrokenTemplate) as error:
        raise InvalidState("sign-picture") from error
    if not svg or len(svg) > MOST_DRAWN:
        raise InvalidState("sign-picture")
    return svg


def as_svg(sign: str, data: bytes) -> str:
    """The same, in the child; empty where it cannot be read."""
    try:
        if data[:4] in FONTS:
            return _from_font(sign, data)
        if media_type_of(data) == "image/png":
            return _from_png(data)
        return _from_drawing(data)
    except Exception:  # noqa: BLE001 - whatever the libraries make of what was uploaded
        return ""


def _from_font(sign: str, data: bytes) -> str:
    face = hb.Face(data)
    font = hb.Font(face)
    glyph = font.get_nominal_glyph(ord(sign))
    if not glyph:
        return ""
    commands: list[str] = []
    pen = hb.DrawFuncs()
    pen.set_move_to_func(lambda x, y, to: to.append(f"M{x:g} {-y:g}"))
    pen.set_line_to_func(lambda x, y, to: to.append(f"L{x:g} {-y:g}"))
    pen.set_quadratic_to_func(lambda a, b, x, y, to: to.append(f"Q{a:g} {-b:g} {x:g} {-y:g}"))
    pen.set_cubic_to_func(lambda a, b, c, d, x, y, to: to.append(f"C{a:g} {-b:g} {c:g} {-d:g} {x:g} {-y:g}"))
    pen.set_close_path_func(lambda to: to.append("Z"))
    font.draw_glyph(glyph, pen, commands)
    if not commands:
        return ""
    size = face.upem
    box = f"0 {-0.88 * size:g} {size} {size}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><path d="{"".join(commands)}"/></svg>'


def _from_png(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
        if max(width, height) > MOST_PIXELS:
            return ""
        picture.load()
    link = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="{link}"/></svg>'
    )


def _from_drawing(data: bytes) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    root = etree.fromstring(data, parser)
    links = root.xpath("//@href | //@*[local-name()='href']")
    if root.tag != SVG or root.getroottree().docinfo.doctype or any(not str(link).startswith("#") for link in links):
        return ""
    return str(etree.tostring(root, encoding="unicode"))
