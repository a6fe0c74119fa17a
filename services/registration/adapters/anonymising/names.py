"""The second look: does a copy carry a name that registration knows? Compressed streams and packed files are opened."""

import html
import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import IO

import pikepdf
from lxml import etree
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from services.registration.adapters.anonymising.cleaners import TEXTS
from services.registration.adapters.anonymising.refusal import NotAnonymised

CHUNK = 8 * 1024 * 1024
SHORTEST_LATIN = 4
SHORTEST_PATTERN = 6
"""Bytes: fewer are found by chance in films and pictures."""
MOST_PAGES = 1000
MOST_PLACES = 20
PACKED = (".zip", ".docx", ".pptx", ".xlsx")
TEXT = TEXTS | {".svg", ".ipynb", ".rels"}
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
DECLARED = re.compile(
    r"__author__\s*=|@author\b|(?:作者|姓名|学校|班级|指导老师|指导教师)\s*[:：]\s*\w"
    r"|\b[a-z]:\\{1,2}users\\{1,2}(?!public|default|administrator)\w"
    r"|/(?:home|users)/(?!pi\b|user\b|ubuntu\b|runner\b|root\b|jovyan\b|shared\b)\w",
    re.IGNORECASE,
)
"""How a program or a text says whose it is, whatever the name."""


def plain(text: str) -> str:
    """How names are compared: without case, spaces, and signs that nobody sees."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign) not in ("Cf", "Zs", "Cc", "Zl", "Zp"))


def names_worth_searching(names: Iterable[str]) -> frozenset[str]:
    """The names worth looking for: two Chinese signs or four letters at least."""
    results = frozenset(plain(name) for name in names)
    return frozenset(name for name in results if len(name) >= (2 if not name.isascii() else SHORTEST_LATIN))


def places_of_names(copy: Path, extension: str, names: Iterable[str]) -> tuple[str, ...]:
    """Where in the copy a name stands, as paths within it (empty for the file itself); at most twenty."""
    known, results = names_worth_searching(names), []
    with copy.open("rb") as file:
        for place in _places(file, "", extension, known):
            if place not in results:
                results.append(place)
            if len(results) == MOST_PLACES:
                break
    return tuple(results)


def _places(file: IO[bytes], path: str, extension: str, names: frozenset[str]) -> Iterator[str]:
    if extension in PACKED:
        with zipfile.ZipFile(file) as archive:
            for item in archive.infolist():
                inner = f"{path} › {item.filename}" if path else item.filename
                if _in_text(item.filename, names):
                    yield inner
                with archive.open(item) as content:
                    within = BytesIO(content.read()) if item.filename.lower().endswith(PACKED) else content
                    yield from _places(within, inner, Path(item.filename).suffix.lower(), names)
    elif extension == ".xml" or extension in TEXT:
        if _text_tells(file.read(), extension, names):
            yield path
    elif extension == ".pdf":
        yield from _in_pdf(file, path, names)
    elif _in_bytes(file, names):
        yield path


def _text_tells(content: bytes, extension: str, names: frozenset[str]) -> bool:
    text = _decoded(content)
    if extension in TEXTS and DECLARED.search(text):
        return True
    unescaped = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    if _in_text(unescaped, names) or ("&" in text and _in_text(html.unescape(text), names)):
        return True
    if extension in (".xml", ".svg", ".rels"):  # a name that is drawn in pieces
        with suppress(etree.XMLSyntaxError, ValueError):
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
            return _in_text("".join(etree.fromstring(content, parser).itertext()), names)
    return False


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return content.decode("latin-1")


def _in_text(text: str, names: Collection[str]) -> bool:
    folded = plain(text)
    return any(name in folded for name in names)


def _in_bytes(file: IO[bytes], names: frozenset[str]) -> bool:
    patterns = _patterns(names)
    longest, before = max(map(len, patterns), default=0), b""
    while chunk := file.read(CHUNK):
        window = (before + chunk).lower()
        if any(pattern in window for pattern in patterns):
            return True
        before = chunk[-longest:]
    return False


def _patterns(names: frozenset[str]) -> frozenset[bytes]:
    encoded = (
        name.encode(encoding).lower() for name in names for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
    )
    return frozenset(pattern for pattern in encoded if len(pattern) >= SHORTEST_PATTERN)


def _in_pdf(file: IO[bytes], path: str, names: frozenset[str]) -> Iterator[str]:
    content = file.read()
    try:
        with pikepdf.open(BytesIO(content)) as document:
            if any(_in_object(object_, names) for object_ in document.objects):
                yield path
    except pikepdf.PdfError as error:
        raise NotAnonymised("unreadable", path) from error
    with suppress(PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        for number, page in enumerate(PdfReader(BytesIO(content)).pages[:MOST_PAGES], 1):
            if _in_text(page.extract_text(), names):
                yield f"{path} › {number}" if path else str(number)


def _in_object(object_: pikepdf.Object, names: frozenset[str]) -> bool:
    if isinstance(object_, pikepdf.Stream):
        if _in_text(" ".join(object_.keys()), names):
            return True
        with suppress(pikepdf.PdfError):
            return _in_bytes(BytesIO(object_.read_bytes()), names)
        return _in_bytes(BytesIO(object_.read_raw_bytes()), names)
    if isinstance(object_, pikepdf.String | pikepdf.Name):
        return _in_text(str(object_), names)
    if isinstance(object_, pikepdf.Dictionary):
        return any(
            _in_text(key, names)
            or ((not value.is_indirect if hasattr(value, "is_indirect") else True) and _in_object(value, names))
            for key, value in object_.items()
        )
    if isinstance(object_, pikepdf.Array):
        return any(not getattr(value, "is_indirect", False) and _in_object(value, names) for value in object_)
    return False
