"""What documents can print: texts that fit, in characters that a font has. Said when a text is entered, whatever the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.season.csv_rows import Row
from shared.season.glyphs import unprintable

LONGEST_NAME = 80
"""Of a person, in one writing."""
LONGEST_TITLE = 120
"""Of a work, an award or a unit, in one language."""


@dataclass(frozen=True, slots=True)
class PrintFault:
    """Why a text cannot be printed; `characters` are those that no font has."""

    code: Literal["TOO_LONG", "GLYPH_MISSING"]
    characters: str = ""


def find_fault(text: str, longest: int | None = None) -> PrintFault | None:
    """What keeps a text from being printed, if anything; without `longest` it may be of any length."""
    if longest is not None and len(text) > longest:
        return PrintFault("TOO_LONG")
    missing = unprintable(text)
    return PrintFault("GLYPH_MISSING", missing) if missing else None


def find_fault_in_row(row: Row, columns: Iterable[tuple[str, int | None]]) -> tuple[str, str] | None:
    """The first of these columns, each with its longest text, that cannot be printed, and the code with which it falls."""
    faults = ((column, find_fault(row[column], longest)) for column, longest in columns)
    return next(((column, fault.code) for column, fault in faults if fault), None)
