"""A live entry on its way: draft, submission, back again. The database's clock decides deadlines, inside the write."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from services.registration.application.consenting import (
    asks_purposes,
    changes_of,
    consent_needed,
    consents_after,
    have_refused,
    own_consents,
)
from services.registration.application.entry_events import entry_event, standing_events
from services.registration.application.forms import Applicant, Application, checked_entry, resolve_people
from services.registration.application.limiting import within_limits
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.application.works import WorkStore, files_missing
from services.registration.domain.consent import PURPOSES
from services.registration.domain.entries import (
    EDITABLE,
    GONE,
    HANDED_IN,
    Instructor,
    ReviewState,
    deadline,
    extend_until,
    leave_season,
    round_to_leave,
    status_of,
    takes_entries,
)
from services.registration.domain.numbers import signs
from services.registration.domain.reasons import stated_reason
from services.registration.domain.statements import lacking as fields_lacking
from services.registration.domain.works import files_lacking
from shared.commands import Command
from shared.errors import Invalid, InvalidState, Unavailable
from shared.events.base import IntegrationEvent
from shared.events.registration import EntryWithdrawnV1
from shared.names import comparable
from shared.season.time import to_unix_micros
from shared.states import JUDGED, STANDS, EntryStatus, WithdrawalCause

ID_LENGTH = 6
CODE_LENGTH = 8
MOST_NUMBERS = 100
NOTHING: Mapping[str, Sequence[str]] = {}


async def draft(
    season: Season, applicant: Applicant, form: Application, now: int, command: Command, store: Store
) -> StoredEntry:
    """Begin an entry.

    Raises:
        Invalid: naming each field that will not do.
        InvalidState: registration is not open, or a limit of the season is reached.
    """
    entry = await build_draft(season, applicant, form, now, store)
    return await insert_numbered(season, entry, None, command, store)


async def build_draft(season: Season, applicant: Applicant, form: Application, now: int, store: Store) -> StoredEntry:
    """The draft, checked but not numbered and not stored.

    Raises:
        Invalid: naming each field that will not do.
        InvalidState: registration is not open.
    """
    if not takes_entries(season.rules, now, season.final_at):
        raise InvalidState("registration-not-open")
    entry = await checked_entry(season, applicant, form, now, store)
    members, instructors = await resolve_people(season, applicant, entry, store)
    unit = await store.units.find(season.id, entry.unit)
    return StoredEntry(
        season=season.id,
        entry=entry,
        version=1,
        standing=EntryStatus.DRAFT,
        members=members,
        instructors=instructors,
        owner=applicant.account,
        entrant=applicant.person,
        history=({"what": "drafted", "at": now, "by": applicant.account, "standing": EntryStatus.DRAFT},),
        published=False,
        school=unit.names if unit else (),
    )


async def insert_numbered(
    season: Season,
    stored: StoredEntry,
    until: int | None,
    command: Command,
    store: Store,
) -> StoredEntry:
    """Number a new entry and store it; the same command again finds what it stored.

    The numbers that a command tries follow from the command, so that it always meets its own entry.

    Raises:
        Invalid: the same key came with another body.
        InvalidState: the deadline has passed, or a limit of the season is reached.
        Unavailable: the database refused a number that it cannot show; whose it is will be known when it is asked again.
    """

    async def enter(numbered: StoredEntry) -> StoredEntry | None:
        events = standing_events(numbered) if numbered.published else []
        return numbered if await store.entries.enter(numbered, events, until=until) else None

    code = signs(command.derive("team code"), CODE_LENGTH)
    for number in _numbers(command):
        entry = replace(stored.entry, entry=number)
        numbered = replace(stored, entry=entry, team_code=code, command=command.stored())
        entered = await within_limits(season, numbered, store, enter)
        if entered:
            return entered
        present = await store.entries.find(season.id, number)
        if present is None:
            raise Unavailable("try-again")
        if command.made(present.command):
            return present
    raise InvalidState("changed-meanwhile")


async def find_by_command(season: Season, command: Command, store: Store) -> StoredEntry | None:
    """The entry that this command has stored before, if it has; whoever is told of none may rely on it.

    Raises:
        Invalid: the same key came with another body.
    """
    present = await store.entries.by_command(season.id, command.id)
    return present if present and command.made(present.command) else None


def _numbers(command: Command) -> Iterator[str]:
    """The numbers to try."""
    return (signs(command.derive(f"entry {attempt}"), ID_LENGTH) for attempt in range(MOST_NUMBERS))


async def edit(
    season: Season, stored: StoredEntry, applicant: Applicant, form: Application, now: int, store: Store
) -> StoredEntry:
    """Change a draft or a returned entry. Consents stay for members who stay, in the same group; whoever had agreed is told
    of another group and of other members.

    Raises:
        Invalid: naming each field that will not do.
        InvalidState: it is submitted already, or a limit of the season is reached.
    """
    if stored.standing not in EDITABLE:
        raise InvalidState("entry-not-editable")
    applicant = replace(applicant, unit=stored.entry.unit)  # it stays with its school, which may have been changed
    sent = await checked_entry(season, applicant, form, now, store)
    entry = replace(
        sent,
        entry=stored.entry.entry,
        instructors=tuple(who_they_were(stored.entry.instructors, instructor) for instructor in sent.instructors),
        exhibition=stored.entry.exhibition,
        registered_at=stored.entry.registered_at,
        submitted_at=None,
    )
    members, instructors = await resolve_people(season, applicant, entry, store, stored)
    after = replace(
        stored,
        entry=entry,
        version=stored.version + 1,
        standing=EntryStatus.DRAFT,
        members=members,
        instructors=instructors,
        consents=consents_after(stored, entry, members, now),
    )
    return await save_within_limits(
        season, after, "edited", applicant.account, now, store, told=changes_of(stored, entry, members)
    )


def who_they_were(before: Sequence[Instructor], named: Instructor) -> Instructor:
    """An instructor who stays is who they were, also where the entry went to another school."""
    same = (instructor.id for instructor in before if comparable(instructor.name) == comparable(named.name))
    return replace(named, id=next(same, named.id))


async def save_within_limits(
    season: Season,
    after: StoredEntry,
    what: str,
    by: str,
    now: int,
    store: Store,
    *,
    until: int | None = None,
    told: Mapping[str, Sequence[str]] = NOTHING,
) -> StoredEntry:
    """Store an entry that is not told, within the limits; `told` stands in its history as well.

    Raises:
        InvalidState: a limit of the season is reached, or the deadline has passed.
    """

    async def save(entry: StoredEntry) -> StoredEntry:
        await store.entries.save(entry, [], {"what": what, "at": now, "by": by, **told}, until=until)
        return entry

    return await within_limits(season, after, store, save)


def find_obstacle(season: Season, stored: StoredEntry, lacking: int, now: int) -> InvalidState | None:
    """What keeps an entry from being handed in, if anything: files that are `lacking`, a consent, or a member."""
    if lacking:
        return InvalidState("files-missing", count=lacking)
    if unstated := fields_lacking(season.rules.track(stored.entry.track), stored.entry):
        return InvalidState("statement-missing", fields=", ".join(unstated))
    if have_refused(season, stored, now):
        return InvalidState("entrant-refused")
    if consent_needed(season, stored, now):
        return InvalidState("consent-missing")
    low, high = season.rules.track(stored.entry.track).members
    if not low <= len(stored.members) <= high:
        return InvalidState("team-size", low=low, high=high, given=len(stored.members))
    return None


def find_new_obstacle(season: Season, stored: StoredEntry, now: int) -> InvalidState | None:
    """The same for an entry that is not stored yet, so that no file can have been sent for it."""
    return find_obstacle(season, stored, files_lacking(season.rules.works.get(stored.entry.track), ()), now)


async def submit(
    season: Season,
    stored: StoredEntry,
    now: int,
    works: WorkStore,
    store: Store,
    *,
    by: str,
    purposes: Sequence[str] | None = None,
) -> StoredEntry:
    """Hand the entry in; `purposes` are what a student who decides for themselves agrees to beside taking part, all where
    nothing is stated.

    Raises:
        Invalid: purposes are stated by somebody of whom they are not asked: a guardian decides, or it is decided.
        InvalidState: a file, a consent or a member is missing, it was handed in already, or the deadline has passed by the
            database's clock.
    """
    if stored.standing not in EDITABLE:
        raise InvalidState("entry-submitted")
    if purposes and not asks_purposes(season, stored, now):
        raise Invalid("purposes-not-asked")
    obstacle = find_obstacle(season, stored, await files_missing(season, stored, works), now)
    if obstacle:
        raise obstacle
    last = deadline(season.rules, stored.later, season.final_at)
    if now > last:
        raise InvalidState("deadline-passed")
    own = own_consents(season, stored, PURPOSES if purposes is None else purposes, now)
    ready = replace(stored, version=stored.version + 1, consents=(*stored.consents, *own))
    after, events = as_submitted(season, ready, now)
    await store.entries.save(after, events, {"what": "submitted", "at": now, "by": by}, until=last)
    return after


def as_submitted(season: Season, stored: StoredEntry, now: int) -> tuple[StoredEntry, Sequence[IntegrationEvent]]:
    """The entry as handed in at this time, and what is told: it stands at once where the season needs no review."""
    stands = season.rules.acceptance == "submission"
    left = stored.later.exit
    if left and left.status == EntryStatus.CONSENT_WITHDRAWN:  # whoever refused has left the team or agreed
        stored = replace(stored, later=replace(stored.later, exit=None))
    entry = replace(stored.entry, submitted_at=now, review=ReviewState.APPROVED if stands else ReviewState.WAITING)
    was_published = stored.published and stored.version > 1
    after = replace(
        stored,
        entry=entry,
        standing=status_of(entry, season.rules, stored.later),
        published=stands or was_published,
        approvals=(),
    )
    return after, standing_events(after) if stands else []


def undoable(season: Season) -> frozenset[EntryStatus]:
    """Where an entry stands whose submission may be undone: it waits for its review, or there is none."""
    return HANDED_IN if season.rules.acceptance == "submission" else HANDED_IN - STANDS


async def unsubmit_entry(season: Season, stored: StoredEntry, by: str, now: int, store: Store) -> StoredEntry:
    """Undo the submission until the deadline: a draft again.

    Raises:
        InvalidState: it is not handed in, or the deadline has passed.
    """
    if stored.standing not in HANDED_IN or stored.entry.submitted_at is None:
        raise InvalidState("entry-not-submitted")
    if stored.standing not in undoable(season):
        raise InvalidState("entry-reviewed")
    if stored.later.acts:
        raise InvalidState("entry-reviewed")
    last = deadline(season.rules, stored.later, season.final_at)
    if now > last:
        raise InvalidState("deadline-passed")
    entry = replace(stored.entry, submitted_at=None, review=ReviewState.WAITING)
    after = replace(stored, version=stored.version + 1, entry=entry, standing=EntryStatus.DRAFT, approvals=())
    events = [entry_event(after, first=False)] if stored.published else []
    await store.entries.save(after, events, {"what": "taken-back", "at": now, "by": by}, until=last)
    return after


async def withdraw(
    season: Season, stored: StoredEntry, reason: str, by: str, now: int, store: Store, *, closed: Collection[str] = ()
) -> StoredEntry:
    """Leave the season before its judging opens, so that the places in the limits become free; afterwards leave the next
    round, in which the next alternate then gets the seat. `closed` are the rounds that judging has closed.

    Whoever does not keep the entry states a reason.

    Raises:
        InvalidState: it has left already, no round is left to be left, or a reason is needed.
    """
    why = reason.strip() if by == stored.owner else stated_reason(reason)
    note = {"what": "withdrawal", "at": now, "by": by, "reason": why}
    if stored.standing in JUDGED and now >= to_unix_micros(season.rules.rounds[0].judging.opens):
        round_ = round_to_leave(season.rules, closed, now)
        if round_ in rounds_left(stored):
            raise InvalidState("entry-gone")
        after = replace(stored, version=stored.version + 1)
        left = EntryWithdrawnV1(
            season=season.id, entry=stored.entry.entry, round=round_, at=now, cause=WithdrawalCause.WITHDRAWAL
        )
        await store.entries.save(after, [left], {**note, "round": round_})
        return after
    later = leave_season(season.rules, stored.standing, stored.later, now)
    after = replace(stored, version=stored.version + 1, later=later, standing=EntryStatus.WITHDRAWN, slots=())
    events = [entry_event(after, first=False)] if stored.published else []
    await store.entries.save(after, events, note)
    return after


def rounds_left(stored: StoredEntry) -> frozenset[str]:
    """The rounds that the entry was withdrawn from while it took part in the season."""
    return frozenset(str(note["round"]) for note in stored.history if note["what"] == "withdrawal" and "round" in note)


def may_withdraw(season: Season, stored: StoredEntry, closed: Collection[str], now: int) -> bool:
    """Whether the entry may be withdrawn now."""
    if now < to_unix_micros(season.rules.rounds[0].judging.opens):
        return stored.standing not in GONE
    try:
        return stored.standing in JUDGED and round_to_leave(season.rules, closed, now) not in rounds_left(stored)
    except InvalidState:
        return False


async def reinstate(season: Season, stored: StoredEntry, by: str, now: int, store: Store) -> StoredEntry:
    """Undo a withdrawal until the deadline: a draft, to be handed in again.

    Raises:
        InvalidState: it has not left, the deadline has passed, or a limit of the season is reached meanwhile.
    """
    if stored.standing != EntryStatus.WITHDRAWN:
        raise InvalidState("entry-not-gone")
    last = deadline(season.rules, stored.later, season.final_at)
    if now > last:
        raise InvalidState("deadline-passed")
    entry = replace(stored.entry, submitted_at=None, review=ReviewState.WAITING)
    later = replace(stored.later, exit=None)
    after = replace(
        stored, version=stored.version + 1, entry=entry, later=later, standing=EntryStatus.DRAFT, approvals=()
    )
    return await save_within_limits(season, after, "reinstated", by, now, store, until=last)


async def extend(
    season: Season, stored: StoredEntry, until: int, reason: str, by: str, now: int, store: Store
) -> StoredEntry:
    """Let one entry be handed in until later, for a reason that stays with it.

    Raises:
        InvalidState: the reason is missing, or the time is not between now and the opening of judging.
    """
    why = stated_reason(reason)
    later = extend_until(season.rules, stored.later, until, now)
    after = replace(stored, version=stored.version + 1, later=later)
    note = {"what": "extension", "at": now, "by": by, "reason": why, "until": until}
    await store.entries.save(after, [], note)
    return after
