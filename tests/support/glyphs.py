"""Which signs have a glyph, and what becomes of the others: `python -m tests.support.glyphs` prints the tables."""

from collections.abc import Mapping
from pathlib import Path

from services.registration.application.forms import name_errors
from services.registration.domain.people import Name
from shared.season.glyphs import PACKAGED, _characters, font_folders, unprintable
from tests.support.scripts import LANGUAGES

BLOCKS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "Unified": ((0x4E00, 0x9FFF),),
    "Extension A": ((0x3400, 0x4DBF),),
    "Extension B": ((0x20000, 0x2A6DF),),
    "Extension C": ((0x2A700, 0x2B739),),
    "Extension D": ((0x2B740, 0x2B81D),),
    "Extension E": ((0x2B820, 0x2CEA1),),
    "Extension F": ((0x2CEB0, 0x2EBE0),),
    "Extension G": ((0x30000, 0x3134A),),
    "Extension H": ((0x31350, 0x323AF),),
    "Extension I": ((0x2EBF0, 0x2EE5D),),
    "Extension J": ((0x323B0, 0x33479),),
    "Compatibility": ((0xF900, 0xFA6D), (0xFA70, 0xFAD9), (0x2F800, 0x2FA1D)),
}
"""The signs of each block of Han that Unicode 16 holds; J came with Unicode 17."""


def _signs(block: str) -> list[int]:
    return [sign for first, last in BLOCKS[block] for sign in range(first, last + 1)]


def _known(folders: list[Path]) -> frozenset[int]:
    return _characters(*folders)


def _packaged() -> list[Path]:
    return [Path(package.__file__ or "").parent for package in PACKAGED]


def han_table() -> str:
    """A line a block: how many signs a register may send, are taken in, and can be printed without and with Debian's fonts."""
    alone, together = _known(_packaged()), _known(font_folders())
    lines = ["| block | signs | taken in | glyph in Laurel's own packages | and with Debian's | wait for a picture |"]
    lines.append("|---|--:|--:|--:|--:|--:|")
    for block in BLOCKS:
        signs = _signs(block)
        taken = sum(not name_errors(Name(f"王{chr(sign)}", ""), "name_zh", "name_en") for sign in signs)
        own, every = (sum(sign in known for sign in signs) for known in (alone, together))
        lines.append(f"| {block} | {len(signs):,} | {taken:,} | {own:,} | {every:,} | {len(signs) - every:,} |")
    return "\n".join(lines)


def name_table() -> str:
    """A line a language: whether its name is taken in, and printed without and with Debian's fonts."""
    alone = _known(_packaged())
    lines = ["| language | name | registered | printed | without Debian's fonts |", "|---|---|---|---|---|"]
    for language, name in LANGUAGES.items():
        registered = not name_errors(Name(name, ""), "name_zh", "name_en")
        own = all(ord(sign) in alone or sign.isspace() for sign in name)
        marks = ("yes" if each else "no" for each in (registered, not unprintable(name), own))
        lines.append(f"| {language} | {name} | {' | '.join(marks)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(han_table(), name_table(), sep="\n\n")  # noqa: T201
