"""Entries with signs that no font has: they take part like all others, and the organizer sees to the signs in time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.registration.application.ports import StoredEntry
from shared.season.glyphs import unprintable


@dataclass(frozen=True, slots=True)
class Flagged:
    """An entry with the signs that its certificates lack, and the texts in which they stand."""

    entry: str
    unit: str
    signs: str
    texts: tuple[str, ...]


async def flag_entries(entries: AsyncIterator[StoredEntry]) -> list[Flagged]:
    """Those whose title, members or instructors have a sign that no font has."""
    flagged: list[Flagged] = []
    async for stored in entries:
        entry = stored.entry
        names = [text for member in entry.members for text in (member.name.zh, member.name.en)]
        texts = [entry.title, *names, *(instructor.name for instructor in entry.instructors)]
        lacking = tuple(text for text in texts if unprintable(text))
        if lacking:
            flagged.append(Flagged(entry.entry, entry.unit, unprintable("".join(lacking)), lacking))
    return flagged
