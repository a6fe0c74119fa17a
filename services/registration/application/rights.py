"""What people may ask for: their name corrected, their data erased; and what is erased by itself at its term.

Erasing goes step by step, each of which may be repeated: whatever stopped in the middle is finished by the sweeper.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Protocol

from services.registration.application.entry_events import correction_events, entry_event
from services.registration.application.forms import name_errors
from services.registration.application.ports import Person, Season, Store, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.works import Work, WorkStore
from services.registration.domain.entries import GONE, NEVER_STOOD, Exit
from services.registration.domain.erasure import (
    NOBODY,
    Terms,
    due,
    without_guardian,
    without_instructor,
    without_member,
    without_statement,
    works_due,
)
from services.registration.domain.people import Name, alike, birth_of, stated_by, student_key, unit_of
from services.registration.domain.reasons import stated_reason
from shared.errors import Invalid, InvalidState, NotAllowed, NotFound
from shared.events.base import IntegrationEvent
from shared.events.registration import PersonErasedV1, PersonNamedV1
from shared.season.text import Text
from shared.season.time import to_unix_micros
from shared.states import EntryStatus


class Remains(Protocol):
    """What registration keeps of a person beside the entries."""

    async def forget(self, person: str) -> None:
        """Accounts and all that is theirs alone."""
        ...

    async def empty(self, work: Work) -> None:
        """The files of a work, and what they were called."""
        ...

    async def take_back_asked(self, season: str, entry: str, person: str) -> None:
        """What the guardian of this child asked to be put right."""
        ...

    async def silence(self, season: str, entry: str) -> None:
        """Reasons in an entry's history, which were written of somebody."""
        ...


class Erasures(Protocol):
    async def begin(self, person: Person, at: int, events: Sequence[IntegrationEvent]) -> None: ...
    async def finish(self, person: str) -> None: ...
    def unfinished(self) -> AsyncIterator[tuple[Person, int]]: ...
    def due(self, season: str, standings: Sequence[EntryStatus]) -> AsyncIterator[StoredEntry]: ...


async def correct_own_name(
    season: Season, person_id: str, name: Name, reason: str, now: int, store: Store, *, late: bool
) -> Person:
    """The same for a student who says what they are called; they learn of nobody who is called the same.

    Raises:
        Invalid: no name is given, or it cannot be printed.
        NotAllowed: results are final (`late`): certificates have been made with the name.
        NotFound: there is no such person in the season.
    """
    if late:
        raise NotAllowed("name-after-results")
    return await _correct_name(season, person_id, name, reason, now, store, own=True)


async def correct_name(
    season: Season, person_id: str, name: Name, reason: str, now: int, store: Store, *, action: str = ""
) -> Person:
    """Put a wrong name right, everywhere: lists, entries, and certificates, which are superseded.

    `action` is the dated action that asks for it, if one does. What stopped in the middle is done again.

    Raises:
        Invalid: no name is given, or it cannot be printed.
        NotFound: there is no such person in the season.
        InvalidState: another student of the school has this name and birth month, or no reason is given.
    """
    return await _correct_name(season, person_id, name, stated_reason(reason), now, store, action=action)


async def _correct_name(
    season: Season,
    person_id: str,
    name: Name,
    reason: str,
    now: int,
    store: Store,
    *,
    own: bool = False,
    action: str = "",
) -> Person:
    person = await store.people.find(person_id)
    if person is None or person.season != season.id:
        raise NotFound("no-such-person")
    if errors := name_errors(name, "name_zh", "name_en"):
        raise Invalid("fields-invalid", errors=errors)
    entries = await store.entries.with_people(season.id, [person_id])
    if name != person.name:
        events = correction_events(
            person, name, next((entry for entry in entries if entry.published), None), now, reason
        )
        key = await _key_as_corrected(season, person, name, store, own=own)
        await store.people.rename(person, name, events, key=key)
    note = {"what": "name_correction", "at": now, "reason": reason} | ({"action": action} if action else {})
    for stored in entries:
        after = _renamed(stored, person_id, name)
        if after != stored:
            await store.entries.save(replace(after, version=stored.version + 1), [], note)
    return await store.people.find(person_id) or person


async def _key_as_corrected(season: Season, person: Person, name: Name, store: Store, *, own: bool) -> str:
    """What tells somebody apart once they have this name. In a season kept in records that is what its files go on
    saying, so that the same file again finds the same people.

    Raises:
        InvalidState: another student of the school has this name and birth month.
    """
    key = person.key
    if person.kind != "student":
        return key
    renamed = student_key(unit_of(key), name, birth_of(key), stated_by(key) or (person.id if own else ""))
    if alike(renamed) == alike(key):
        return key
    if season.mode == "live":
        return renamed  # of which there is one, as the store sees to
    if await store.people.known(season.id, [("student", renamed)]):
        raise InvalidState("person-taken")
    return key


def _renamed(stored: StoredEntry, person: str, name: Name) -> StoredEntry:
    members = tuple(
        replace(member, name=name) if who == person else member
        for who, member in zip(stored.members, stored.entry.members, strict=True)
    )
    instructors = tuple(
        replace(instructor, name=name.best) if who == person else instructor
        for who, instructor in zip(stored.instructors, stored.entry.instructors, strict=True)
    )
    return replace(stored, entry=replace(stored.entry, members=members, instructors=instructors))


async def erase(person_id: str, now: int, erasures: Erasures, works: WorkStore, remains: Remains, store: Store) -> None:
    """Erase somebody's personal data everywhere. An anonymised row of each result stays; a season not judged yet is left.

    Raises:
        NotFound: there is no such person.
    """
    person = await store.people.find(person_id)
    if person is None:
        raise NotFound("no-such-person")
    if person.name != NOBODY:
        version = person.version + 1
        events: list[IntegrationEvent] = [
            PersonNamedV1(person=person_id, version=version, name=Text(zh=NOBODY.zh, en=NOBODY.en)),
            PersonErasedV1(person=person_id, season=person.season, erased_at=now),
        ]
        await erasures.begin(person, now, events)
    await _finish(person, now, erasures, works, remains, store)


async def _finish(
    person: Person, now: int, erasures: Erasures, works: WorkStore, remains: Remains, store: Store
) -> None:
    season = await season_of(person.season, store)
    for stored in await store.entries.with_people(person.season, [person.id]):
        await _anonymise(season, stored, person.id, now, works, remains, store)
    await remains.forget(person.id)
    await erasures.finish(person.id)


async def finish_erasures(erasures: Erasures, works: WorkStore, remains: Remains, store: Store) -> int:
    """The sweeper: go on with erasures that stopped, or begin those that a restored backup does not have. Returns how many."""
    done = 0
    async for person, at in erasures.unfinished():
        await erase(person.id, at, erasures, works, remains, store)
        done += 1
    return done


async def _anonymise(
    season: Season, stored: StoredEntry, person: str, now: int, works: WorkStore, remains: Remains, store: Store
) -> None:
    entry, consents = stored.entry, stored.consents
    for place, who in enumerate(stored.members, 1):
        if who == person:
            entry, consents = without_member(entry, place), without_guardian(consents, place)
            await remains.take_back_asked(season.id, stored.entry.entry, person)
    for place, who in enumerate(stored.instructors, 1):
        if who == person:
            entry = without_instructor(entry, place)
    alone = all(member.name == NOBODY for member in entry.members)
    if alone and entry.members:
        work = await works.find(season.id, stored.entry.entry)
        if work:
            await remains.empty(work)
        await remains.silence(season.id, stored.entry.entry)
        await store.media.forget(season.id, stored.entry.entry)
        entry = without_statement(entry)
    after = replace(stored, entry=entry, consents=consents)
    leaves = (
        person in stored.members
        and season.mode == "live"
        and now < to_unix_micros(season.rules.rounds[0].judging.opens)
        and stored.standing not in GONE
    )
    if leaves:
        later = replace(stored.later, exit=Exit(EntryStatus.WITHDRAWN, now))
        after = replace(after, later=later, standing=EntryStatus.WITHDRAWN, slots=())
    if after == stored:
        return
    after = replace(after, version=stored.version + 1)
    told = leaves or without_statement(stored.entry) != stored.entry
    events = [entry_event(after, first=False)] if told and stored.published else []
    await store.entries.save(after, events, {"what": "erased", "at": now})


async def retain(
    terms: Terms, erasures: Erasures, works: WorkStore, remains: Remains, store: Store, *, now: int | None = None
) -> int:
    """The sweeper: erase what has come to its term. Returns how many entries and works."""
    moment, done = await store.clock.now() if now is None else now, 0
    for season in await store.seasons.all():
        if season.mode != "live":
            continue
        standings = [entry_status for entry_status in NEVER_STOOD if due(season.rules, entry_status, moment, terms)]
        if standings:
            done += await _clear(season, standings, moment, erasures, works, remains, store)
        if works_due(season.rules, moment, terms):
            done += await _clear_works(season, works, remains)
    return done


async def _clear(
    season: Season,
    standings: Sequence[EntryStatus],
    now: int,
    erasures: Erasures,
    works: WorkStore,
    remains: Remains,
    store: Store,
) -> int:
    done = 0
    async for stored in erasures.due(season.id, standings):
        for person in stored.members:
            others = await store.entries.with_people(season.id, [person])
            if all(entry.standing in standings for entry in others):
                await erase(person, now, erasures, works, remains, store)
        fresh = await store.entries.find(season.id, stored.entry.entry)
        if fresh:
            for person in fresh.members:
                await _anonymise(season, fresh, person, now, works, remains, store)
                fresh = await store.entries.find(season.id, stored.entry.entry) or fresh
        done += 1
    return done


async def _clear_works(season: Season, works: WorkStore, remains: Remains) -> int:
    done = 0
    async for work in works.of_season(season.id):
        if any(version.files for version in work.versions):
            await remains.empty(work)
            done += 1
    return done
