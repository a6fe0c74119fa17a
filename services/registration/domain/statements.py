"""What a work states of itself for its judges: its description 作品简介, a link, a video, where its track asks for them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from services.registration.domain.entries import Entry
from shared.season.fields import column_of_field, is_web_address
from shared.season.fields import lacking as unanswered
from shared.season.rules import StatementField, Track

FIELDS: tuple[StatementField, ...] = get_args(StatementField)
MOST_TEXT = 2000
"""Characters of a description."""
HIDDEN_NAME = "＊"
"""What judges read where a description names somebody who took part."""
SHORTEST_PART = 4
"""Letters of a Latin name that is hidden within a word too."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def find_faults(track: Track, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The fields that will not do, each with the code of why: not asked for, too long, or no address."""
    for name in FIELDS:
        value = values.get(name, "")
        if value and name not in track.asks:
            yield name, "field-not-asked"
        elif name == "description":
            if len(value) > MOST_TEXT or _CONTROL.search(value.replace("\r\n", "\n")):
                yield name, "field-description"
        elif value and not is_web_address(value):
            yield name, "field-address"


def lacking(track: Track, entry: Entry) -> tuple[str, ...]:
    """What the entry has yet to state before it can be handed in; custom fields by their columns."""
    stated = (name for name in FIELDS if track.asks.get(name) == "needed" and not getattr(entry, name))
    return (*stated, *(column_of_field(field.id) for field in unanswered(track.fields, entry.answers)))


def without_names(text: str, names: Iterable[str]) -> str:
    """The text as judges read it, who learn of nobody's name and no school's, however they are spaced.

    Short names in Latin letters are hidden where they stand as words.
    """
    known = sorted({"".join(name.split()) for name in names}, key=len, reverse=True)
    patterns = [_pattern(name) for name in known if len(name) > 1]
    return re.sub("|".join(patterns), HIDDEN_NAME, text, flags=re.IGNORECASE) if patterns else text


def _pattern(name: str) -> str:
    spaced = r"\s*".join(map(re.escape, name))
    return rf"(?<![a-z]){spaced}(?![a-z])" if name.isascii() and len(name) < SHORTEST_PART else spaced
