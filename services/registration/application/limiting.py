"""Keeping the limits of a season whatever comes at the same time: an entry holds a place of each limit it counts for.

The places are values of a unique index, so that the write itself fails where two entries want the last one.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from services.registration.application.ports import Season, SlotTaken, Store, StoredEntry
from services.registration.domain.limits import Claim, Code, Over, claims, find_places
from shared.errors import InvalidState, Unavailable

MOST_TRIES = 20
REFUSALS: Mapping[Code, str] = {
    "STUDENT_TRACK_LIMIT": "limit-track",
    "STUDENT_LIMIT": "limit-student",
    "INSTRUCTOR_LIMIT": "limit-instructor",
    "NOMINATION_LIMIT": "limit-nominations",
}
T = TypeVar("T")


def claims_of_entry(season: Season, stored: StoredEntry) -> list[Claim]:
    """The limits on people that count for a stored entry."""
    return claims(season.rules, stored.entry.track, stored.members, stored.instructors)


def take_places(season: Season, stored: StoredEntry, holders: dict[str, str]) -> StoredEntry | None:
    """The entry with its places, which `holders` then has as taken; None where one of its limits is reached."""
    slots = find_places(season.id, stored.entry.entry, claims_of_entry(season, stored), holders)
    if isinstance(slots, Over):
        return None
    holders.update(dict.fromkeys(slots, stored.entry.entry))
    return replace(stored, slots=slots)


async def within_limits(
    season: Season,
    stored: StoredEntry,
    store: Store,
    write: Callable[[StoredEntry], Awaitable[T]],
    more: Sequence[Claim] = (),
) -> T:
    """Write the entry with its places; `more` are claims beside the limits on people.

    Raises:
        InvalidState: somebody of this entry has as many entries as the season allows.
        Unavailable: others kept taking the places that were free.
    """
    wanted = [*claims_of_entry(season, stored), *more]
    for _ in range(MOST_TRIES):
        holders = await store.entries.holders(slot for claim in wanted for slot in claim.slots(season.id))
        slots = find_places(season.id, stored.entry.entry, wanted, holders)
        if isinstance(slots, Over):
            raise InvalidState(REFUSALS[slots.claim.code], limit=slots.claim.most)
        try:
            return await write(replace(stored, slots=slots))
        except SlotTaken:
            continue
    raise Unavailable("try-again")
