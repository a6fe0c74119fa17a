"""Many entries handed in at once by whoever keeps them, as a teacher does for a class."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.registration.application.entering import find_obstacle, submit
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.application.works import WorkStore, files_missing
from services.registration.domain.entries import EDITABLE
from shared.errors import InvalidState


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is not handed in, and what keeps it from being, if anything."""

    stored: StoredEntry
    obstacle: InvalidState | None


async def drafts_of(season: Season, entries: Sequence[StoredEntry], works: WorkStore, now: int) -> list[Draft]:
    """Those of the entries that may still be handed in, each with what it lacks."""
    return [
        Draft(stored, find_obstacle(season, stored, await files_missing(season, stored, works), now))
        for stored in entries
        if stored.standing in EDITABLE
    ]


async def submit_each(
    season: Season, entries: Sequence[StoredEntry], works: WorkStore, store: Store, *, by: str
) -> list[Draft]:
    """Hand in each of them that can be; returns those that could not, each with why."""
    left = []
    for stored in entries:
        try:
            await submit(season, stored, await store.clock.now(), works, store, by=by)
        except InvalidState as obstacle:
            left.append(Draft(stored, obstacle))
    return left
