"""Which characters the fonts of documents have: a name is tested when it is entered, not when it is printed."""

from functools import cache
from pathlib import Path

import manimgx_fonts_cjk
import pylopdf_fonts_zh_cn
import uharfbuzz as hb


def font_folders() -> list[Path]:
    """Where the fonts of documents lie."""
    return [Path(package.__file__ or "").parent for package in (pylopdf_fonts_zh_cn, manimgx_fonts_cjk)]


@cache
def _characters() -> frozenset[int]:
    """Every character that one of the fonts has; read once, in some hundredths of a second."""
    numbers: set[int] = set()
    for folder in font_folders():
        for file in sorted(folder.rglob("*.[ot]t[fc]")):
            numbers.update(hb.Face(hb.Blob.from_file_path(str(file))).unicodes)
    return frozenset(numbers)


def unprintable(text: str) -> str:
    """The characters of a text that no font has, each once, in order; empty if all can be printed."""
    return "".join(sorted({item for item in text if not item.isspace() and ord(item) not in _characters()}))
