"""Fonts of one page: which glyphs it shows, and a font of a whole book cut down to them."""

import codecs
import re
import struct
import zlib
from collections.abc import Set
from functools import lru_cache

import uharfbuzz as hb

PLAIN = rb"\\.|[^()\\]"
PAIRED = rb"\((?:" + PLAIN + rb"|\((?:" + PLAIN + rb")*\))*\)"
SHOWN = re.compile(rb"/(f\d+) [-\d.]+ Tf|\(((?:" + PLAIN + rb"|" + PAIRED + rb")*)\)", re.DOTALL)
"""A change of font, or a string; parentheses that close one another stand in it as they are."""
ESCAPED = re.compile(rb"\\(\d{1,3}|.)", re.DOTALL)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
MAPPED = re.compile(rb"<([0-9A-F]{4})> <[0-9A-F]+>\n")
QUICKLY = 3
"""Glyph outlines hardly get smaller; a higher level of compression costs more than it saves."""
KEPT = hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NO_LAYOUT_CLOSURE


class PageFont:
    """A font as a book has it: its program, and what each glyph means."""

    def __init__(self, program: bytes, unicode: bytes, *, bare: bool = False) -> None:
        begin, end = unicode.index(b"endcodespacerange\n") + len(b"endcodespacerange\n"), unicode.rindex(b"endbfchar\n")
        self._head, self._tail = unicode[:begin], unicode[end + len(b"endbfchar\n") :]
        self._lines = {int(line[1], 16): line[0] for line in MAPPED.finditer(unicode)}
        self._preprocessed, self._bare = hb.subset_preprocess(hb.Face(program)), bare
        self._last: tuple[Set[int], tuple[bytes, bytes]] | None = None

    @classmethod
    def bare(cls, cff: bytes, glyphs: int, unicode: bytes) -> "PageFont":
        """A font whose program is a CFF table alone, with so many glyphs."""
        return cls(_wrapped(cff, glyphs), unicode, bare=True)

    def cut(self, glyphs: Set[int]) -> tuple[bytes, bytes]:
        """The entries of its stream, and the compressed program with these glyphs and no others."""
        if self._last is None or self._last[0] != glyphs:
            self._last = glyphs, self._cut(glyphs)
        return self._last[1]

    def _cut(self, glyphs: Set[int]) -> tuple[bytes, bytes]:
        subset = hb.SubsetInput()
        subset.glyph_set.update({0, *glyphs})
        subset.flags = KEPT
        program = bytes(hb.SubsetPlan(self._preprocessed, subset).execute().blob.data)
        if self._bare:
            return b"/Subtype/CIDFontType0C", zlib.compress(_table(program, b"CFF "), QUICKLY)
        return b"/Length1 %d" % len(program), zlib.compress(program, QUICKLY)

    def to_unicode(self, glyphs: Set[int]) -> bytes:
        """What these glyphs mean, as a CMap."""
        lines = [self._lines[glyph] for glyph in sorted(glyphs) if glyph in self._lines]
        blocks = (lines[start : start + 100] for start in range(0, len(lines), 100))
        mapped = b"".join(b"%d beginbfchar\n%sendbfchar\n" % (len(block), b"".join(block)) for block in blocks)
        return self._head + mapped + self._tail


def glyphs_by_font(content: bytes) -> dict[bytes, set[int]]:
    """The glyphs that a page shows, by font."""
    document: dict[bytes, set[int]] = {}
    font = b""
    begin = content.find(b"BT ")
    while begin >= 0:
        end = content.index(b"\nET", begin)
        for token in SHOWN.finditer(content, begin, end):
            if token[1]:
                font = token[1]
                continue
            document.setdefault(font, set()).update(_glyphs(token[2]))
        begin = content.find(b"BT ", end)
    return document


@lru_cache(maxsize=4096)
def _glyphs(text: bytes) -> tuple[int, ...]:
    """The glyphs of a string; most of what a page says its neighbours say too."""
    codes = _unescaped(text)
    if len(codes) % 2:
        raise ValueError("a string of half a code")
    return struct.unpack(f">{len(codes) // 2}H", codes)


def _unescaped(text: bytes) -> bytes:
    """The bytes of a string: PDF writes them as C does, and parentheses besides."""
    if b"\\(" in text or b"\\)" in text:
        return ESCAPED.sub(_escaped_byte, text)
    return codecs.escape_decode(text)[0]


def _escaped_byte(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if code[:1].isdigit() else ESCAPES.get(code, code)


def _wrapped(cff: bytes, glyphs: int) -> bytes:
    """A bare CFF program as an OpenType font, with what subsetting needs."""
    tables = {
        b"CFF ": cff,
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, 1000, 0, 0, 0, 0, 1000, 1000, 0, 3, 2, 0, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 880, -120, 0, 1000, 0, 0, 1000, 1, 0, 0, 0, 0, 0, 0, 0, 1),
        b"hmtx": struct.pack(">Hh", 1000, 0) + bytes(2 * (glyphs - 1)),
        b"maxp": struct.pack(">IH", 0x5000, glyphs),
    }
    directory = struct.pack(">4sHHHH", b"OTTO", len(tables), 64, 2, 16)
    offset, body = len(directory) + 16 * len(tables), b""
    for name, data in tables.items():
        directory += struct.pack(">4sIII", name, 0, offset + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return directory + body


def _table(font: bytes, name: bytes) -> bytes:
    count = struct.unpack_from(">H", font, 4)[0]
    for position in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * position)
        if tag == name:
            return font[offset : offset + length]
    raise ValueError(f"no table {name!r}")
