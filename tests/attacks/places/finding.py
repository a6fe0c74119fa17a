"""Whether a file says a name anywhere: whatever is packed, compressed or encoded in it is opened, without knowing its kind."""

import base64
import binascii
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress

from tests.attacks.places.place import MARK, MARK_ZH

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
PATTERNS = tuple(name.lower().encode(encoding) for name in (MARK, MARK_ZH) for encoding in ENCODINGS)
COMPRESSED = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
BASE64 = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
MOST = 64 * 1024 * 1024


def says_who(content: bytes, depth: int = 0) -> bool:
    """Whether either of the pupil's names stands in it."""
    if any(pattern in content.lower() for pattern in PATTERNS):
        return True
    return depth < 5 and any(says_who(part, depth + 1) for part in _opened(content))


def _opened(content: bytes) -> Iterator[bytes]:
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield archive.comment
        for item in archive.infolist():
            yield item.filename.encode()
            yield item.comment + item.extra
            yield archive.read(item)
        return
    for start in COMPRESSED.finditer(content):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(content[start.start() :], MOST)
    for encoded in BASE64.finditer(content):
        with suppress(binascii.Error):
            yield base64.b64decode(encoded[0] + b"=" * (-len(encoded[0]) % 4))
    with suppress(UnicodeDecodeError):
        text = content.decode()
        plain = ESCAPED.sub(lambda match: chr(int(match[1], 16)), html.unescape(text))
        plain = re.sub(r"<[^>]*>|\s", "", plain)
        if plain != text:
            yield plain.encode()
