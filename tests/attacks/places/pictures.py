"""Places in pictures."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests.attacks.places.place import MARK, Place

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">'
    f"<photoshop:AuthorsPosition>{MARK}</photoshop:AuthorsPosition></rdf:Description></rdf:RDF></x:xmpmeta>"
).encode()


def picture(kind: str, colour: tuple[int, int, int] = (10, 200, 30), **more: Any) -> bytes:
    """A small picture of one colour and a gradient."""
    image, out = Image.new("RGB", (48, 32), colour), io.BytesIO()
    image.paste(Image.linear_gradient("L").resize((24, 32)).convert("RGB"), (24, 0))
    image.save(out, kind, **more)
    return out.getvalue()


def exif(tag: int = 0x013B, value: str = MARK) -> Image.Exif:
    stored_exif = Image.Exif()
    stored_exif[tag] = value
    return stored_exif


def profile() -> bytes:
    """A colour profile that is called after its owner's screen."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return plain.replace("sRGB built-in".encode("utf-16-be"), MARK[:13].encode("utf-16-be")) + MARK.encode()


def segment(marker: int, content: bytes) -> bytes:
    """A JPEG whose first segment is this."""
    plain = picture("JPEG")
    return plain[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + plain[2:]


def chunk(kind: bytes, content: bytes) -> bytes:
    """A PNG with this chunk before its pixels."""
    plain = picture("PNG")
    at = plain.index(b"IDAT") - 4
    written = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return plain[:at] + written + plain[at:]


def png_text(compressed: bool) -> bytes:
    text = PngInfo()
    text.add_text("Author", MARK, zip=compressed)
    return picture("PNG", pnginfo=text)


def png_international() -> bytes:
    text = PngInfo()
    text.add_itxt("Author", MARK, zip=True)
    return picture("PNG", pnginfo=text)


def thumbnail() -> bytes:
    """Exif with a small picture that has Exif of its own."""
    small = picture("JPEG", exif=exif())
    stored_exif = Image.Exif()
    stored_exif[0x0100] = 48
    body = stored_exif.tobytes()
    return segment(0xE1, body + small)


def gif_block(label: int, content: bytes) -> bytes:
    plain = picture("GIF")
    at = plain.index(b",\0\0\0\0")
    return plain[:at] + bytes([0x21, label]) + bytes([len(content)]) + content + b"\0" + plain[at:]


def mpo() -> bytes:
    """Two pictures in one file, as phones write them; the second one carries the marker."""
    out = io.BytesIO()
    second = Image.open(io.BytesIO(picture("JPEG")))
    second.encoderinfo = {"exif": exif()}
    Image.open(io.BytesIO(picture("JPEG"))).save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue() + MARK.encode()


def of(extension: str, name: str, make: Callable[[], bytes]) -> Place:
    return Place(extension, name, make)


PICTURES = (
    of(".jpg", "exif artist", lambda: picture("JPEG", exif=exif())),
    of(".jpg", "exif of a turned picture", lambda: picture("JPEG", exif=_turned())),
    of(".jpg", "exif windows author", lambda: picture("JPEG", exif=_windows())),
    of(".jpg", "exif camera owner", lambda: picture("JPEG", exif=exif(0xA430))),
    of(".jpg", "exif thumbnail", thumbnail),
    of(".jpg", "xmp", lambda: segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
    of(".jpg", "extended xmp", lambda: segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + XMP)),
    of(
        ".jpg",
        "iptc",
        lambda: segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x20\x1c\x02\x50" + MARK.encode()),
    ),
    of(".jpg", "comment", lambda: picture("JPEG", comment=MARK.encode())),
    of(".jpg", "colour profile", lambda: picture("JPEG", icc_profile=profile())),
    of(".jpg", "unknown segment", lambda: segment(0xEB, MARK.encode())),
    of(".jpg", "after the end", lambda: picture("JPEG") + MARK.encode()),
    of(".jpg", "second picture", mpo),
    of(".png", "text", lambda: png_text(compressed=False)),
    of(".png", "compressed text", lambda: png_text(compressed=True)),
    of(".png", "international text", png_international),
    of(".png", "exif", lambda: picture("PNG", exif=exif())),
    of(".png", "colour profile", lambda: picture("PNG", icc_profile=profile())),
    of(".png", "unknown chunk", lambda: chunk(b"zzZz", MARK.encode())),
    of(".png", "after the end", lambda: picture("PNG") + MARK.encode()),
    of(".gif", "comment", lambda: picture("GIF", comment=MARK.encode())),
    of(".gif", "plain text extension", lambda: gif_block(0x01, MARK.encode())),
    of(".gif", "application extension", lambda: gif_block(0xFF, MARK.encode())),
    of(".gif", "after the end", lambda: picture("GIF") + MARK.encode()),
    of(".webp", "exif", lambda: picture("WEBP", exif=exif())),
    of(".webp", "xmp", lambda: picture("WEBP", xmp=XMP)),
    of(".webp", "colour profile", lambda: picture("WEBP", icc_profile=profile())),
    of(".webp", "after the end", lambda: picture("WEBP") + MARK.encode()),
)


def _turned() -> Image.Exif:
    stored_exif = exif()
    stored_exif[0x0112] = 6
    return stored_exif


def _windows() -> Image.Exif:
    exif = Image.Exif()
    exif[0x9C9D] = MARK.encode("utf-16-le")
    return exif
