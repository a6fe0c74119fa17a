"""An entry goes to another school: before judging it is of that school; afterwards it is on record, and nothing changes."""

from collections.abc import Sequence
from dataclasses import replace

from services.registration.application.entry_events import entry_event
from services.registration.application.forms import is_school
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.entries import CLOSED, ReviewState, status_of
from services.registration.domain.limits import is_nomination
from services.registration.domain.reasons import stated_reason
from shared.errors import Invalid, InvalidState, error_at
from shared.events.base import IntegrationEvent
from shared.season.time import to_unix_micros


async def transfer(
    season: Season, stored: StoredEntry, unit: str, reason: str, by: str, now: int, store: Store
) -> StoredEntry:
    """Let an entry be of another school from now on, or, once judging has opened, note that its makers go there.

    Where schools or those above them review, the new ones review it anew, and a place to be sent on is given back.

    Raises:
        Invalid: there is no such other school.
        InvalidState: no reason is given, the entry is a unit's own, or it has left.
    """
    why = stated_reason(reason)
    if season.rules.track(stored.entry.track).entrant == "unit":
        raise InvalidState("transfer-of-unit")
    if stored.standing in CLOSED:
        raise InvalidState("entry-gone")
    if unit == stored.entry.unit or not await is_school(season, unit, store):
        raise Invalid("fields-invalid", errors=[error_at("unit", "field-other-school")])
    note = {"what": "transfer", "at": now, "by": by, "reason": why, "units": [stored.entry.unit, unit]}
    after = replace(stored, version=stored.version + 1)
    events: Sequence[IntegrationEvent] = ()
    if now < to_unix_micros(season.rules.rounds[0].judging.opens):
        entry = replace(stored.entry, unit=unit)
        if stored.approvals and season.rules.reviewers != season.rules.unit_levels[:1]:
            entry = replace(entry, review=ReviewState.WAITING)
            slots = tuple(slot for slot in stored.slots if not is_nomination(slot))
            after = replace(after, approvals=(), slots=slots)
        standing = status_of(entry, season.rules, stored.later) if entry.submitted_at is not None else stored.standing
        after = replace(after, entry=entry, standing=standing)
        events = [entry_event(after, first=False)] if stored.published else []
    await store.entries.save(after, events, note)
    return after
