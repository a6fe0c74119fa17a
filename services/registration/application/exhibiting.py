"""An entry out of competition: judges score it and the public sees it, and it takes no rank, no seat and no award."""

from collections.abc import Sequence
from dataclasses import replace

from services.registration.application.entry_events import entry_event
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.entries import CLOSED, status_of
from services.registration.domain.reasons import stated_reason
from shared.errors import InvalidState
from shared.events.base import IntegrationEvent
from shared.season.time import to_unix_micros


async def set_exhibition(
    season: Season, stored: StoredEntry, exhibition: bool, reason: str, by: str, now: int, store: Store
) -> StoredEntry:
    """Show an entry out of competition from now on, or let it compete again; the same again changes nothing.

    Raises:
        InvalidState: no reason is given, the entry has left, or judging has opened, so that others' ranks rest on it.
    """
    why = stated_reason(reason)
    if stored.standing in CLOSED:
        raise InvalidState("entry-gone")
    if now >= to_unix_micros(season.rules.rounds[0].judging.opens):
        raise InvalidState("exhibition-after-judging")
    if stored.entry.exhibition == exhibition:
        return stored
    entry = replace(stored.entry, exhibition=exhibition)
    standing = status_of(entry, season.rules, stored.later) if entry.submitted_at is not None else stored.standing
    after = replace(stored, version=stored.version + 1, entry=entry, standing=standing)
    events: Sequence[IntegrationEvent] = [entry_event(after, first=False)] if stored.published else []
    note = {"what": "exhibition" if exhibition else "competition", "at": now, "by": by, "reason": why}
    await store.entries.save(after, events, note)
    return after
