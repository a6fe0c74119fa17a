"""Teams: joining by a code, leaving again. Who comes first gets the last place."""

from dataclasses import replace

from services.registration.application.consenting import changes_of, consents_after
from services.registration.application.entering import save_within_limits
from services.registration.application.guardians import on_keepers_word
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.entries import (
    EDITABLE,
    Entry,
    Member,
    ReviewState,
    deadline,
    derive_division,
    division_of_grade,
)
from services.registration.domain.people import Name, alike, birth_of, student_key, unit_of
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.states import EntryStatus


async def by_code(season: Season, code: str, store: Store) -> StoredEntry:
    """The entry of this team code.

    Raises:
        NotFound: there is none.
    """
    entry = await store.entries.by_team_code(season.id, code.strip().upper())
    if entry is None:
        raise NotFound("no-such-team")
    return entry


def find_closed(season: Season, stored: StoredEntry) -> InvalidState | None:
    """What keeps everybody who is not named in it from joining a team, if anything."""
    if stored.standing not in EDITABLE:
        return InvalidState("team-closed")
    full = len(stored.members) >= season.rules.track(stored.entry.track).members[1]
    return InvalidState("team-full") if full else None


async def join(
    season: Season, stored: StoredEntry, person_id: str, grade: int | None, account: str, now: int, store: Store
) -> StoredEntry:
    """Become the last member of a team that is still a draft, or take the place in which one was named. Joining again
    changes nothing.

    Raises:
        Invalid: the grade is missing, or the track is not open for the team that this would be.
        InvalidState: the team is full, handed in, or of another school; a limit of the season is reached; it is too late.
        VersionConflict: somebody else changed the team at this moment.
    """
    person = await store.people.find(person_id)
    if person is None:
        raise NotFound("no-such-person")
    if person_id in stored.members:
        return stored
    place, entry = await _with_member(season, stored, person.key, person.name, grade, store)
    people = (*stored.members[:place], person_id, *stored.members[place + 1 :])
    after = replace(
        stored,
        version=stored.version + 1,
        entry=entry,
        standing=EntryStatus.DRAFT,
        members=people,
        consents=consents_after(stored, entry, people, now),
    )
    told = changes_of(stored, entry, people)
    return await save_within_limits(
        season,
        after,
        "joined",
        account,
        now,
        store,
        until=deadline(season.rules, stored.later, season.final_at),
        told=told,
    )


async def check_joining(
    season: Season, stored: StoredEntry, name: Name, birth: str, grade: int | None, now: int, store: Store
) -> None:
    """Whether somebody of the team's school could join as `join` lets them, before they are taken into the season.

    Raises:
        Invalid: the grade is missing, or the track is not open for the team that this would be.
        InvalidState: the team is full or handed in, or it is too late.
    """
    await _with_member(season, stored, student_key(stored.entry.unit, name, birth), name, grade, store)
    if now > deadline(season.rules, stored.later, season.final_at):
        raise InvalidState("deadline-passed")


async def _with_member(
    season: Season, stored: StoredEntry, key: str, name: Name, grade: int | None, store: Store
) -> tuple[int, Entry]:
    """The entry with the student of this key as a member, and the place (from 0) that they take."""
    if stored.standing not in EDITABLE:
        raise InvalidState("team-closed")
    if unit_of(key) != stored.entry.unit:
        raise InvalidState("team-other-school")
    if grade is None:
        raise Invalid("fields-invalid", errors=[error_at("grade", "field-grade")])
    track = season.rules.track(stored.entry.track)
    place = await _kept_place(stored, key, store)
    if place == len(stored.members) >= track.members[1]:
        raise InvalidState("team-full")
    joining = Member(name, birth_of(key), grade)
    members = (*stored.entry.members[:place], joining, *stored.entry.members[place + 1 :])
    division = derive_division(season.rules, track, members)
    return place, replace(
        stored.entry, members=members, division=division.id, submitted_at=None, review=ReviewState.WAITING
    )


async def _kept_place(stored: StoredEntry, key: str, store: Store) -> int:
    """The place (from 0) of the member whom the student of this key was named as by whoever keeps the entry; else the
    next one."""
    for place, member in enumerate(stored.members):
        named = await store.people.find(member)
        same = named is not None and alike(named.key) == alike(key)
        has_account = await store.people.has_account(member) if same else True
        if on_keepers_word(stored, named, [member] if has_account else []):
            return place
    return len(stored.members)


async def leave(
    season: Season, stored: StoredEntry, person_id: str, account: str, now: int, store: Store
) -> StoredEntry:
    """Leave a team that is still a draft; whoever keeps the entry cannot, but can withdraw it.

    Raises:
        InvalidState: the entry is handed in, or this is its keeper.
        NotFound: this is no member.
    """
    if person_id not in stored.members:
        raise NotFound("no-such-member")
    if stored.standing not in EDITABLE:
        raise InvalidState("team-closed")
    if person_id == stored.entrant:
        raise InvalidState("team-keeper")
    place = stored.members.index(person_id)
    people = (*stored.members[:place], *stored.members[place + 1 :])
    members = (*stored.entry.members[:place], *stored.entry.members[place + 1 :])
    rules = season.rules
    highest = max(member.grade for member in members)
    division = division_of_grade(rules, rules.track(stored.entry.track), highest)
    entry = replace(stored.entry, members=members, division=division.id if division else stored.entry.division)
    after = replace(
        stored,
        version=stored.version + 1,
        entry=entry,
        standing=EntryStatus.DRAFT,
        members=people,
        consents=consents_after(stored, entry, people, now),
    )
    told = changes_of(stored, entry, people)
    return await save_within_limits(season, after, "left-team", account, now, store, told=told)
