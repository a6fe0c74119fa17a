"""Pages of a work as pictures.

Keeps away code of strangers in a judge's browser, a page that lacks its words without saying so, and a file that takes
all memory by the size of its pages.
"""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image

from services.registration.adapters import page_drawing
from services.registration.adapters.anonymising.portable import clean_pdf
from services.registration.adapters.page_drawing import NotDrawn, draw_pages
from services.registration.adapters.page_pictures import PagePictures
from services.registration.adapters.uploads import looks_like
from services.registration.domain.anonymised_files import Copy, CopyState
from services.registration.domain.works import TYPES, check_content
from shared import limited
from shared.errors import Invalid, NotFound
from tests.support.refusals import refused

pytestmark = pytest.mark.programs


def pdf(folder: Path, *sizes: tuple[int, int], fonts: Dictionary | None = None) -> Path:
    with pikepdf.new() as document:
        for width, height in sizes:
            document.add_blank_page(page_size=(width, height))
            page = document.pages[-1]
            page.contents_add(document.make_stream(b"0 0 1 rg 10 10 50 50 re f"))
            if fonts is not None:
                page.Resources = Dictionary(Font=Dictionary(F1=document.make_indirect(fonts)))
        document.save(folder / "source.pdf")
    return folder


def shape(picture: bytes) -> tuple[str, int, int]:
    with Image.open(io.BytesIO(picture)) as image:
        return str(image.format), image.width, image.height


def test_pages_come_from_the_one_that_is_asked_for_on_with_their_count(tmp_path: Path) -> None:
    drawn = draw_pages(pdf(tmp_path, (300, 400), (400, 300), (300, 300)), 2, 2)
    assert drawn.count == 3
    assert [shape(picture)[1:] for picture in drawn.pictures] == [(1600, 1200), (1600, 1600)]
    assert draw_pages(tmp_path, 4, 2).pictures == (), "there is no fourth"


@pytest.mark.parametrize("size", [(14000, 20), (20, 14000), (3, 3)])
def test_a_page_of_any_shape_is_a_picture_of_bounded_size(tmp_path: Path, size: tuple[int, int]) -> None:
    (picture,) = draw_pages(pdf(tmp_path, size), 1, 1).pictures
    _, width, height = shape(picture)
    assert 1 <= width <= page_drawing.WIDEST
    assert 1 <= height <= page_drawing.HIGHEST


def test_a_script_within_the_file_is_not_in_the_picture(tmp_path: Path) -> None:
    with pikepdf.open(pdf(tmp_path, (300, 300)) / "source.pdf", allow_overwriting_input=True) as document:
        document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert('evil')")
        document.save()
    (picture,) = draw_pages(tmp_path, 1, 1).pictures
    assert b"alert" not in picture
    assert shape(picture)[0] in ("PNG", "JPEG")


def test_chinese_whose_font_the_file_does_not_hold_is_said_and_not_left_out(tmp_path: Path) -> None:
    descendant = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType0, BaseFont=Name("/STSong-Light"))
    fonts = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/STSong-Light"), Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array([descendant]),
    )  # fmt: skip
    with pytest.raises(NotDrawn, match="page-fonts"):
        draw_pages(pdf(tmp_path, (300, 300), fonts=fonts), 1, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7\n<script>alert(1)</script>",
        b"<svg onload='alert(1)'/>",
        b"",
    ],
)
def test_what_only_calls_itself_a_document_is_not_drawn(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "source.pdf").write_bytes(content)
    with pytest.raises(NotDrawn, match="page-unreadable"):
        draw_pages(tmp_path, 1, 1)


def disguised(folder: Path) -> Path:
    """A document that a browser which guesses would take for a page: markup before its head, in remarks, and behind its end."""
    markup = b"<html><script>alert('evil')</script></html>\n"
    whole = pdf(folder, (300, 300)) / "source.pdf"
    whole.write_bytes(markup + whole.read_bytes() + b"\n%" + markup)
    return whole


def test_a_copy_of_a_document_that_is_a_page_too_is_a_document_alone(tmp_path: Path) -> None:
    copy = tmp_path / "copy.pdf"
    clean_pdf(disguised(tmp_path), copy)
    assert copy.read_bytes().startswith(b"%PDF-")
    assert b"script" not in copy.read_bytes()


DISGUISED: list[tuple[str, bytes]] = [
    ("work.pdf", b"<!DOCTYPE html><script>alert(1)</script>"),
    ("work.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    ("work.mp4", b"<html><script>alert(1)</script></html>"),
    ("work.txt", b"#!/bin/sh\nrm -rf /"),
]


@pytest.mark.parametrize(("name", "content"), DISGUISED)
def test_what_is_not_what_its_name_says_does_not_come_in(name: str, content: bytes) -> None:
    with refused("file-content", Invalid):
        check_content(name, looks_like(content), content)


def test_no_type_of_files_is_one_that_runs() -> None:
    types = {media_type for kinds in TYPES.values() for media_type in kinds.values()}
    assert not types & {"text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "application/xml"}


class Kept:
    """Copies of which there is one, and how often it was read."""

    def __init__(self, content: bytes) -> None:
        self._content, self.reads = content, 0

    async def content(self, _: Copy, start: int = 0) -> AsyncIterator[bytes]:
        self.reads += 1
        yield self._content[start:]


COPY = Copy("u1", "s", "E1", CopyState.CLEAN, "", "", (), 3)


async def test_turning_to_the_next_page_reads_no_file(tmp_path: Path) -> None:
    kept = Kept((pdf(tmp_path, (300, 400), (400, 300)) / "source.pdf").read_bytes())
    pictures = PagePictures(kept)  # type: ignore[arg-type]

    first, second = await pictures.page(COPY, 1), await pictures.page(COPY, 2)

    assert (first.count, second.count, kept.reads) == (2, 2, 1)
    assert shape(first.content) != shape(second.content)
    with refused("no-such-page", NotFound):
        await pictures.page(COPY, 3)


async def test_a_page_that_takes_too_much_is_tried_alone_and_then_named(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    async def ended(_: Any, __: Path, ___: int, most: int, **____: Any) -> None:
        tried.append(most)
        raise limited.Exceeded

    monkeypatch.setattr(limited, "run", ended)
    with refused("page-costly"):
        await PagePictures(Kept(b"%PDF-")).page(COPY, 1)  # type: ignore[arg-type]
    assert tried == [3, 1]


async def test_a_file_that_cannot_be_drawn_says_why() -> None:
    with refused("page-unreadable"):
        await PagePictures(Kept(b"%PDF-1.7 and no more")).page(COPY, 1)  # type: ignore[arg-type]
