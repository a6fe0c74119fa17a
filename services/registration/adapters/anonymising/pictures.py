"""Pictures made anew from their pixels: nothing beside the pixels, the colours, and the time of each frame comes along."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from services.registration.adapters.anonymising.refusal import NotAnonymised

MOST_PIXELS = 100_000_000
"""Of all frames together: 800 MB while they are copied."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
KEPT = ("transparency", "duration", "disposal", "loop")
NEEDED_MARKERS = frozenset((*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD)) - {0xC8}
"""Of a JPEG: frames, tables, scans and restart intervals (ITU-T T.81 B.1)."""


def clean_picture(source: Path, target: Path) -> None:
    """The pixels alone, upright, in the same format; animated ones keep their frames."""
    with Image.open(source, formats=FORMATS) as image:
        _save(image, target)


def cleaned_picture(content: bytes) -> bytes:
    """The same for a picture within another file."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        _save(image, out)
    return out.getvalue()


def _save(image: Image.Image, target: Path | io.BytesIO) -> None:
    if image.width * image.height * getattr(image, "n_frames", 1) > MOST_PIXELS:
        raise NotAnonymised("large")
    if isinstance(image, JpegImageFile):  # and MPO, of which the first picture is the one that is seen
        tables, sampling = image.quantization, get_sampling(image)
        plain = _plain(image)
        plain = plain if plain.mode in ("L", "RGB") else plain.convert("RGB")
        same = plain.mode == "L" or sampling in (0, 1, 2)
        more: dict[str, Any] = {"qtables": tables} if len(tables) <= 4 else {"quality": 95}
        plain.save(target, "JPEG", subsampling=max(sampling, 0) if same else 0, **more)
        return
    kind = image.format or ""
    lossless = _is_lossless(image)
    first, *rest = _frames(image)
    more = {str(key): first.info[key] for key in KEPT if key in first.info}
    if kind == "WEBP":
        more |= {"lossless": lossless, "quality": 95}
    if rest:
        more |= {"save_all": True, "append_images": rest}
        more |= {"duration": [image.info.get("duration", 0) for image in (first, *rest)]} if kind != "TIFF" else {}
    first.save(target, kind, **more)


def _is_lossless(image: Image.Image) -> bool:
    file = getattr(image, "fp", None)
    if image.format != "WEBP" or file is None:
        return False
    file.seek(0)
    lossless = b"VP8L" in file.read(4096)
    file.seek(0)
    return lossless


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(image):
        yield _plain(frame)


def _plain(frame: Image.Image) -> Image.Image:
    """A copy of the pixels, turned the way a viewer would turn them, in the colours that every screen knows."""
    frame.load()
    profile = frame.info.get("icc_profile")
    upright = ImageOps.exif_transpose(frame)  # a copy, also where nothing is turned
    kept: dict[str | tuple[int, int], Any] = {key: frame.info[key] for key in KEPT if key in frame.info}
    if profile and upright.mode in ("RGB", "RGBA", "L", "CMYK"):
        upright = _in_srgb(upright, profile)
    upright.info = kept
    return upright


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):  # a profile that does not fit its picture is not looked at by viewers either
        return image
    return turned or image


def jpeg_without_remarks(content: bytes) -> bytes:
    """The same JPEG stream with the segments that its pixels need and no other; nothing follows its end.

    Raises:
        NotAnonymised: it is not a JPEG stream.
    """
    if content[:2] != b"\xff\xd8":
        raise NotAnonymised("unreadable")
    out, at = bytearray(b"\xff\xd8"), 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise NotAnonymised("unreadable")
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            break
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        adobe = marker == 0xEE and content[at + 4 : at + 9] == b"Adobe"  # says how its colours are written
        if marker in NEEDED_MARKERS:
            out += content[at:end]
        elif adobe:
            out += b"\xff\xee\x00\x0e" + content[at + 4 : at + 16]
        at = end
        if marker == 0xDA:
            scan_end = _end_of_scan(content, at)
            out += content[at:scan_end]
            at = scan_end
    return bytes(out + b"\xff\xd9")


def _end_of_scan(content: bytes, at: int) -> int:
    while (at := content.find(b"\xff", at)) >= 0:
        following = content[at + 1] if at + 1 < len(content) else 0xD9
        if following != 0 and not 0xD0 <= following <= 0xD7:
            return at
        at += 2
    return len(content)
