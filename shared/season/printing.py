"""What may stand on documents: texts that fit, in signs that are written. Said when a text is entered, whatever the way.

Whether a font has a sign is never a reason to refuse it: `shared/season/glyphs.py` tells the organizer which have none.
"""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from shared.names import is_han
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.glyphs import unprintable

LONGEST_NAME = 80
"""Of a person, in one writing."""
LONGEST_TITLE = 120
"""Of a work, an award or a unit, in one language."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What may be written at a place of a document."""

    longest: int | None
    symbols: bool
    """Whether symbols may stand in it; emoji and what stands for a lost sign never do."""


NAME = Printed(LONGEST_NAME, symbols=False)
TITLE = Printed(LONGEST_TITLE, symbols=True)
TEXT = Printed(None, symbols=True)
"""A text of its own, of any length."""
MOST_MARKS = 6
"""On one letter; no script writes more."""
ACCENTS = "`\u00b4"
"""Symbols by name, but typed as apostrophes in names."""


@dataclass(frozen=True, slots=True)
class PrintFault:
    """Why a text cannot be taken; `characters` are those that cannot."""

    code: Literal["TOO_LONG", "BAD_SIGN"]
    characters: str = ""


def find_fault(text: str, printed: Printed) -> PrintFault | None:
    """What keeps a text from being taken, if anything.

    Letters, marks, digits and punctuation of every script are taken; control characters, emoji and signs that mean
    nothing to others are not.
    """
    if printed.longest is not None and len(text) > printed.longest:
        return PrintFault("TOO_LONG")
    strange = "".join(sorted({sign for sign in text if not _may_stand(sign, printed)})) or _heaped(text)
    return PrintFault("BAD_SIGN", strange) if strange else None


def _heaped(text: str) -> str:
    """The first mark of more than may stand on one letter, if any: a heap of them runs over whatever is near."""
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign)[0] == "M" else 0
        if marks > MOST_MARKS:
            return sign
    return ""


def _may_stand(sign: str, printed: Printed) -> bool:
    category = unicodedata.category(sign)
    if category[0] in "LMNP" or category in ("Zs", "Cf") or sign in "\t\r\n" or sign in ACCENTS or is_han(sign):
        return True
    return category[0] == "S" and printed.symbols and sign <= "\ufffb"


def find_fault_in_row(row: Row, columns: Iterable[tuple[str, Printed]]) -> tuple[str, str] | None:
    """The first of these columns, each with what may be written in it, that cannot be taken, and the code with which it falls."""
    faults = ((column, find_fault(row[column], printed)) for column, printed in columns)
    return next(((column, fault.code) for column, fault in faults if fault), None)


def rows_without_glyph(
    sheet: Sheet, columns: Collection[tuple[str, Printed]], rejected: Iterable[Rejection]
) -> tuple[Rejection, ...]:
    """The rows that did not fall and hold a sign that no font has, each at its first such column: taken in, and flagged."""
    fell = {rejection.row for rejection in rejected}
    return tuple(
        sheet.reject(row, column, "NO_GLYPH")
        for row in sheet.rows
        if row.number not in fell
        for column in [next((name for name, _ in columns if unprintable(row[name])), "")]
        if column
    )
