"""Copies of works for judges: what a file says of its maker is taken out; its content stays as it was sent.

Pictures lose their metadata, documents their properties, films and recordings their tags. A name that somebody wrote
into the content itself cannot be found here: the page for sending files asks for none.
"""

import io
import re
import struct
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageSequence, UnidentifiedImageError
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import NameObject

from services.registration.domain.works import extension_of

MOST_PIXELS = 100_000_000
MOST_INDEX = 64 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
PROPERTIES = re.compile(
    r"docProps/(core|app|custom)\.xml$|^(word|ppt|xl)/(comments|people|persons|commentAuthors).*\.xml$"
)
EMPTY_CORE = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties '
    b'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
)
EMPTY_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>'
)
EMPTY_CUSTOM = EMPTY_APP.replace(b"extended-properties", b"custom-properties")
BOXES = frozenset({b"moov", b"trak", b"mdia", b"minf"})
TAGS = frozenset({b"udta", b"meta", b"uuid"})


class NotAnonymised(ValueError):
    """The file cannot be read, so that nobody can say what it tells."""


@dataclass(frozen=True, slots=True)
class Blank:
    """Bytes of a file to be sent as zeros, or as something else of the same length."""

    start: int
    data: bytes


def anonymised(name: str, content: bytes) -> bytes:
    """The content without what it says of its maker.

    Raises:
        NotAnonymised: it cannot be read.
    """
    clean = CLEANERS.get(extension_of(name))
    if clean is None:
        return content
    try:
        return clean(content)
    except (
        UnidentifiedImageError,
        PyPdfError,
        zipfile.BadZipFile,
        OSError,
        ValueError,
        KeyError,
        struct.error,
    ) as error:
        raise NotAnonymised(name) from error


def _picture(content: bytes) -> bytes:
    """The pixels alone, in the same format; animated ones keep their frames."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        kind = image.format or ""
        if kind == "JPEG":
            turned = image.getexif().get(0x0112, 1) != 1
            if not turned:
                image.save(out, "JPEG", quality="keep", exif=b"", comment=b"", icc_profile=None)
                return out.getvalue()
        frames = [_plain(frame, kind) for frame in ImageSequence.Iterator(image)]
        durations = image.info.get("duration", 0)
    first, *rest = frames
    more = {"save_all": True, "append_images": rest, "duration": durations, "loop": 0} if rest else {}
    first.save(out, kind, **more)
    return out.getvalue()


def _plain(frame: Image.Image, kind: str) -> Image.Image:
    """A copy of the pixels, turned the way a viewer would turn them."""
    orientation = frame.getexif().get(0x0112, 1)
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
    copy = frame.transpose(turns[orientation]) if orientation in turns else frame.copy()
    if kind == "JPEG":
        copy = copy.convert("RGB")
    copy.info = {}
    return copy


def _pdf(content: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.metadata = None
    writer.xmp_metadata = None
    for page in writer.pages:
        for annotation in page.get("/Annots", ()):
            found = annotation.get_object()
            if NameObject("/T") in found:
                del found[NameObject("/T")]
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _office(content: bytes) -> bytes:
    """The same parts, with empty properties and without lists of authors."""
    empty = {"docProps/core.xml": EMPTY_CORE, "docProps/app.xml": EMPTY_APP, "docProps/custom.xml": EMPTY_CUSTOM}

    def part(name: str, data: bytes) -> bytes:
        if name in empty:
            return empty[name]
        if PROPERTIES.search(name):
            return re.sub(rb'(author|initials|displayName|userId|providerId|name)="[^"]*"', rb'\1=""', data)
        return data

    return _repacked(content, part)


def _archive(content: bytes) -> bytes:
    """The same files, each cleaned; the archive's own remarks, owners and times are gone."""

    def part(name: str, data: bytes) -> bytes:
        clean = CLEANERS.get(extension_of(name)) if "." in name else None
        try:
            return clean(data) if clean and clean is not _archive else data
        except (UnidentifiedImageError, PyPdfError, zipfile.BadZipFile, OSError, ValueError, KeyError, struct.error):
            return b""

    return _repacked(content, part)


def _repacked(content: bytes, part: Callable[[str, bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        if sum(item.file_size for item in source.infolist()) > MOST_UNPACKED:
            raise ValueError("too much to unpack")
        for item in source.infolist():
            plain = zipfile.ZipInfo(item.filename, date_time=(1980, 1, 1, 0, 0, 0))
            plain.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(plain, b"" if item.is_dir() else part(item.filename, source.read(item)))
    return out.getvalue()


def _film(content: bytes) -> bytes:
    """The boxes that hold tags become free space of the same size, so that nothing else moves (ISO/IEC 14496-12)."""
    data = bytearray(content)
    for blank in _tags(data, 0, len(data)):
        data[blank.start : blank.start + len(blank.data)] = blank.data
    return bytes(data)


def _tags(data: bytearray, start: int, end: int) -> list[Blank]:
    found: list[Blank] = []
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", data[start : start + 8])
        header = 8
        if size == 1:
            size, header = struct.unpack(">Q", data[start + 8 : start + 16])[0], 16
        size = size or end - start
        if size < header or start + size > end:
            break
        if kind in TAGS:
            found.append(Blank(start + 4, b"free" + bytes(header - 8) + bytes(size - header)))
        elif kind in BOXES:
            found += _tags(data, start + header, start + size)
        start += size
    return found


async def film_tags(size: int, read: Callable[[int, int], Awaitable[bytes]]) -> list[Blank]:
    """What to blank in a film that is too large to hold: only its index is read.

    Raises:
        NotAnonymised: the film is not made of boxes, or its index is too large.
    """
    found, start = [], 0
    while start + 8 <= size:
        head = await read(start, 16)
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        length = length or size - start
        if length < 8 or start + length > size:
            raise NotAnonymised("boxes")
        if kind in TAGS or kind == b"moov":
            if length > MOST_INDEX:
                raise NotAnonymised("index")
            box = bytearray(await read(start, length))
            found += [Blank(start + one.start, one.data) for one in _tags(box, 0, len(box))]
        start += length
    return found


async def blanked(content: AsyncIterator[bytes], blanks: Sequence[Blank]) -> AsyncIterator[bytes]:
    """The content while it passes, with these bytes in the place of its own."""
    start = 0
    async for part in content:
        data = bytearray(part)
        for one in blanks:
            low, high = max(one.start, start), min(one.start + len(one.data), start + len(data))
            if low < high:
                data[low - start : high - start] = one.data[low - one.start : high - one.start]
        start += len(data)
        yield bytes(data)


def _sound(content: bytes) -> bytes:
    """An MP3 without its tags at both ends."""
    if content[:3] == b"ID3":
        size = 0
        for byte in content[6:10]:
            size = size << 7 | byte & 0x7F
        content = content[10 + size :]
    return content[:-128] if content[-128:-125] == b"TAG" else content


CLEANERS: Mapping[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp"), _picture),
    ".pdf": _pdf,
    **dict.fromkeys((".docx", ".pptx", ".xlsx"), _office),
    ".zip": _archive,
    **dict.fromkeys((".mp4", ".m4v", ".mov"), _film),
    ".mp3": _sound,
}
