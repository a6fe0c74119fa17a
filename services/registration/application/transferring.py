"""An entry goes to another school: before judging it is of that school; afterwards it is on record, and nothing changes.

With it go its makers, unless another of their entries stays behind, and whoever keeps it for the school.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from services.registration.application.entry_events import entry_event
from services.registration.application.forms import is_school
from services.registration.application.identity import Account
from services.registration.application.ports import Person, Season, Store, StoredEntry
from services.registration.domain.entries import CLOSED, GONE, ReviewState, status_of
from services.registration.domain.limits import is_nomination
from services.registration.domain.people import key_at, unit_of
from services.registration.domain.reasons import stated_reason
from shared.errors import Invalid, InvalidState, error_at
from shared.events.base import IntegrationEvent
from shared.identity import ANYWHERE, Role
from shared.identity.principal import OF_SERIES
from shared.season.time import to_unix_micros

OF_SCHOOL = (Role.SCHOOL_ADMIN, Role.INSTRUCTOR)
"""Who keeps entries for a school."""


class SchoolAccounts(Protocol):
    """The accounts of schools and of their students."""

    async def find(self, account: str) -> Account | None: ...
    async def by_unit(self, seasons: Sequence[str], units: Sequence[str]) -> Mapping[str, Sequence[str]]: ...
    async def change_school(self, season: str, person: str, unit: str) -> None: ...


async def transfer(
    season: Season,
    stored: StoredEntry,
    unit: str,
    reason: str,
    by: str,
    now: int,
    store: Store,
    accounts: SchoolAccounts,
) -> StoredEntry:
    """Let an entry be of another school from now on, or, once judging has opened, note that its makers go there.

    Where schools or those above them review, the new ones review it anew, and a place to be sent on is given back. What
    stopped in the middle is done again by asking again.

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
        await _move_members(season, stored, unit, store, accounts)
        entry = replace(stored.entry, unit=unit)
        if stored.approvals and season.rules.reviewers != season.rules.unit_levels[:1]:
            entry = replace(entry, review=ReviewState.WAITING)
            slots = tuple(slot for slot in stored.slots if not is_nomination(slot))
            after = replace(after, approvals=(), slots=slots)
        standing = status_of(entry, season.rules, stored.later) if entry.submitted_at is not None else stored.standing
        owner = await _next_keeper(season, stored, unit, by, accounts)
        new = await store.units.find(season.id, unit)
        after = replace(after, entry=entry, standing=standing, owner=owner, school=new.names if new else ())
        events = [entry_event(after, first=False)] if stored.published else []
    await store.entries.save(after, events, note)
    return after


async def _move_members(season: Season, stored: StoredEntry, unit: str, store: Store, accounts: SchoolAccounts) -> None:
    """Let those who have no other entry at the former school be students of the new one."""
    former = stored.entry.unit
    others = await store.entries.with_people(season.id, stored.members)
    stay = {
        person
        for other in others
        if other.entry.entry != stored.entry.entry and other.entry.unit == former and other.standing not in GONE
        for person in other.members
    }
    for member in dict.fromkeys(stored.members):
        person = await store.people.find(member)
        if person is None or member in stay:
            continue
        if unit_of(person.key) == former:
            await _rename(person, unit, store)
        await accounts.change_school(season.id, member, unit)


async def _rename(person: Person, unit: str, store: Store) -> None:
    """Tell them apart at the new school; where somebody is told apart alike there, the school says whether it is one child."""
    try:
        await store.people.rename(person, person.name, [], key=key_at(person.key, unit))
    except InvalidState:
        await store.people.rename(person, person.name, [], key=key_at(person.key, unit, person.id))


async def _next_keeper(season: Season, stored: StoredEntry, unit: str, by: str, accounts: SchoolAccounts) -> str:
    """Who keeps it from now on: a student on; for the former school's people the new school, else whoever transfers it."""
    account = await accounts.find(stored.owner) if stored.owner else None
    held = account.grants if account and not stored.entrant else ()
    if not any(grant.role in OF_SCHOOL and grant.unit == stored.entry.unit for grant in held):
        return stored.owner
    seasons = (season.id, f"{season.rules.series.id}{OF_SERIES}", ANYWHERE)
    return next(iter((await accounts.by_unit(seasons, [unit])).get(unit, ())), by)
