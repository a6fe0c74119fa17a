"""Which characters the fonts of documents have: the organizer learns of one that is missing when it is entered, not when it is printed."""

import unicodedata
from functools import cache
from pathlib import Path

import fontpkg_noto_serif
import manimgx_fonts_cjk
import pylopdf_fonts_ar
import pylopdf_fonts_zh_cn
import uharfbuzz as hb

PACKAGED = (pylopdf_fonts_zh_cn, manimgx_fonts_cjk, fontpkg_noto_serif, pylopdf_fonts_ar)
"""Han, Latin, Greek, Cyrillic and Arabic script: they come with Laurel."""
SYSTEM = tuple(Path("/usr/share/fonts/truetype") / name for name in ("noto", "babelstone", "hanazono"))
"""Debian's `fonts-noto-core`, `fonts-babelstone-han` and `fonts-hanazono`, where they are installed: rare Han, Tibetan,
Mongolian, Yi and most other scripts."""

SELECTORS = (("\u180b", "\u180f"), ("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"))
"""Variation selectors."""


def font_folders() -> list[Path]:
    """Where the fonts of documents lie."""
    return [*(Path(package.__file__ or "").parent for package in PACKAGED), *system_folders()]


def system_folders() -> list[Path]:
    """Those that the system has."""
    return [folder for folder in SYSTEM if folder.is_dir()]


def font_files(folder: Path) -> list[Path]:
    """The fonts in a folder, in an order that is always the same."""
    return sorted(folder.rglob("*.[ot]t[fc]"))


@cache
def _characters(*folders: Path) -> frozenset[int]:
    """Every character that a font in one of these folders has; read once, in some hundredths of a second."""
    numbers: set[int] = set()
    for folder in folders:
        for file in font_files(folder):
            numbers.update(hb.Face(hb.Blob.from_file_path(str(file))).unicodes)
    return frozenset(numbers)


def unprintable(text: str) -> str:
    """The characters of a text that no font has, each once, in order; empty if all can be printed."""
    if text.isascii():
        return ""
    known = _characters(*font_folders())
    return "".join(sorted({sign for sign in text if ord(sign) not in known and not _unseen(sign)}))


def needs_letters(text: str) -> bool:
    """Whether it has letters that the font of Han lacks and the one of Latin, Greek and Cyrillic has."""
    han, letters = (_characters(Path(package.__file__ or "").parent) for package in (PACKAGED[0], PACKAGED[2]))
    return any(ord(sign) in letters and ord(sign) not in han for sign in text)


def runs_left(text: str) -> bool:
    """Whether its first letter is of a script that is written from right to left."""
    sides = (unicodedata.bidirectional(sign) for sign in text)
    return next((side for side in sides if side in ("L", "R", "AL")), "L") != "L"


def _unseen(sign: str) -> bool:
    """Whether it needs no glyph: blanks, joiners, and what chooses a form of the sign before."""
    return (
        sign.isspace() or unicodedata.category(sign) == "Cf" or any(first <= sign <= last for first, last in SELECTORS)
    )
