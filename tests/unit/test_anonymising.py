"""Copies for judges still are what they were: pages, pixels, frames, cells; and the same file gives the same copy."""

import io
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageChops
from python_calamine import CalamineWorkbook

from services.registration.adapters.anonymising.cleaners import clean
from services.registration.adapters.anonymising.making import Outcome, make_copy
from services.registration.adapters.anonymising.names import names_worth_searching
from services.registration.adapters.anonymising.pictures import jpeg_without_remarks
from services.registration.adapters.anonymising.refusal import NotAnonymised
from services.registration.domain.anonymised_files import Copy, CopyState, release
from shared.errors import Invalid, InvalidState
from tests.attacks.places import MARK, MARK_ZH, PLACES
from tests.attacks.places.archives import PROGRAM
from tests.attacks.places.media import opened, recorded
from tests.attacks.places.office import packed, sheets, word
from tests.attacks.places.pdf import document
from tests.attacks.places.pictures import exif, picture


def copied(folder: Path, extension: str, content: bytes) -> bytes:
    source, target = folder / f"source{extension}", folder / f"target{extension}"
    source.write_bytes(content)
    clean(source, target, extension)
    return target.read_bytes()


@pytest.mark.parametrize(
    ("extension", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".gif", "GIF"), (".webp", "WEBP"), (".bmp", "BMP")]
)
def test_a_picture_keeps_its_pixels(tmp_path: Path, extension: str, kind: str) -> None:
    content = picture(kind)

    clean_ = copied(tmp_path, extension, content)

    before, after = Image.open(io.BytesIO(content)), Image.open(io.BytesIO(clean_))
    assert (after.format, after.size) == (before.format, before.size)
    difference = ImageChops.difference(before.convert("RGB"), after.convert("RGB"))
    assert max(high for _, high in _extremes(difference)) < 20  # WebP and JPEG lose a little


def _extremes(image: Image.Image) -> list[Any]:
    return list(image.getextrema())


def test_an_animation_keeps_its_frames_and_their_time(tmp_path: Path) -> None:
    frames, out = [Image.new("RGB", (9, 9), (40 * number, 0, 0)) for number in range(4)], io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300, 400], loop=2)

    after: Any = Image.open(io.BytesIO(copied(tmp_path, ".gif", out.getvalue())))

    assert after.n_frames == 4
    assert after.info["loop"] == 2
    after.seek(3)
    assert after.info["duration"] == 400


def test_a_turned_picture_stays_upright(tmp_path: Path) -> None:
    turned = exif()
    turned[0x0112] = 6

    after = Image.open(io.BytesIO(copied(tmp_path, ".jpg", picture("JPEG", exif=turned))))

    assert after.size == (32, 48)
    assert not after.getexif()


def test_a_jpeg_within_a_document_is_not_encoded_again() -> None:
    plain = picture("JPEG")

    after = jpeg_without_remarks(picture("JPEG", exif=exif(), comment=MARK.encode()) + b"more")

    assert ImageChops.difference(Image.open(io.BytesIO(plain)), Image.open(io.BytesIO(after))).getbbox() is None
    assert b"JFIF" not in after


def test_a_document_keeps_its_pages_and_what_is_drawn(tmp_path: Path) -> None:
    after = pikepdf.open(io.BytesIO(copied(tmp_path, ".pdf", document())))

    assert len(after.pages) == 2
    steps = [str(step.operator) for step in pikepdf.parse_content_stream(after.pages[0])]
    assert steps == ["q", "rg", "re", "f", "Q", "BT", "Tf", "Td", "Tj", "ET", "q", "cm", "Do", "Q"]
    assert set(after.Root.keys()) == {"/Type", "/Pages"}
    assert "/Info" not in after.trailer


@pytest.mark.parametrize("kind", ["mp4", "mov", "webm", "mp3", "wav", "ogg"])
def test_a_film_keeps_every_frame(tmp_path: Path, kind: str) -> None:
    content = recorded(kind)

    after = copied(tmp_path, f".{kind}", content)

    assert _decoded(after) == _decoded(content)


def _decoded(content: bytes) -> Counter[str]:
    """How many pictures and samples there are."""
    counter: Counter[str] = Counter()
    with opened(io.BytesIO(content)) as container:
        for frame in container.decode():
            counter[type(frame).__name__] += getattr(frame, "samples", 1)
    return counter


def test_a_text_document_keeps_its_text_and_its_picture(tmp_path: Path) -> None:
    inserted = f'<w:p><w:ins w:author="{MARK}"><w:r><w:t>added</w:t></w:r></w:ins></w:p>'

    after = zipfile.ZipFile(io.BytesIO(copied(tmp_path, ".docx", packed(word(inserted)))))

    text = after.read("word/document.xml")
    assert b"Lighthouse" in text
    assert b"added" in text
    assert b'r:embed="rId1"' in text
    assert Image.open(io.BytesIO(after.read("word/image1.jpg"))).size == (48, 32)


def test_a_workbook_keeps_its_cells(tmp_path: Path) -> None:
    after = copied(tmp_path, ".xlsx", packed(sheets()))

    assert CalamineWorkbook.from_filelike(io.BytesIO(after)).get_sheet_by_index(0).to_python() == [[3.0]]


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_an_archive_keeps_its_files(tmp_path: Path) -> None:
    content = packed({"张三/src/main.py": PROGRAM, "张三/.git/config": b"x", "张三/a.png": picture("PNG")})

    after = zipfile.ZipFile(io.BytesIO(copied(tmp_path, ".zip", content)))

    assert after.namelist() == ["work/a.png", "work/src/main.py"]
    assert after.read("work/src/main.py") == PROGRAM


@pytest.mark.parametrize("extension", sorted({place.extension for place in PLACES}))
def test_the_same_file_gives_the_same_copy(tmp_path: Path, extension: str) -> None:
    place = next(place for place in PLACES if place.extension == extension)
    content = place.make()

    assert copied(tmp_path, extension, content) == copied(tmp_path, extension, content)


def test_archives_in_an_archive_are_measured_before_any_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bomb spread over many archives: each is small, and only together they would fill a disk."""
    monkeypatch.setattr("services.registration.adapters.anonymising.archives.MOST_UNPACKED", 40_000)
    unpacked: list[str] = []
    monkeypatch.setattr(
        "services.registration.adapters.anonymising.archives._copy", lambda _a, item, *_: unpacked.append(item.filename)
    )
    inner = zipped({"a.txt": b"a" * 9_000})

    for within, count in ((inner, 4), (inner, 5), (zipped({"b.zip": inner}), 5)):
        source = tmp_path / "work.zip"
        source.write_bytes(zipped({f"{number}.zip": within for number in range(count)}))
        if count == 4:
            clean(source, tmp_path / "copy.zip", ".zip")
            continue
        unpacked.clear()
        with pytest.raises(NotAnonymised) as refused:
            clean(source, tmp_path / "copy.zip", ".zip")
        assert refused.value.reason == "large"
        assert not unpacked


@pytest.mark.parametrize("extension", [".png", ".jpg", ".pdf", ".docx", ".zip", ".mp4", ".wav", ".svg", ".ipynb"])
def test_what_cannot_be_read_is_not_passed_on(tmp_path: Path, extension: str) -> None:
    with pytest.raises(NotAnonymised):
        copied(tmp_path, extension, b"no such thing")


def test_a_name_is_found_in_any_writing(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes("作品 测 试 歐".encode())

    assert make_copy(source, target, ".txt", ["测试"]) == Outcome("names", "", ("",))
    assert make_copy(source, target, ".txt", ["别人"]) == Outcome()
    assert names_worth_searching(["桂", "Li", "Li Si", MARK_ZH]) == {"lisi", MARK_ZH}


def test_a_file_is_released_once_and_with_a_note() -> None:
    held = Copy("u", "s", "e", CopyState.HELD, "names", "", (), 9)

    decision = release(held, "a", "organizer", 1, " looked at page 2 ")

    assert decision.note == "looked at page 2"
    with pytest.raises(Invalid):
        release(held, "a", "organizer", 1, "")
    with pytest.raises(InvalidState):
        release(Copy("u", "s", "e", CopyState.CLEAN, "", "", (), 9), "a", "organizer", 1, "x")
