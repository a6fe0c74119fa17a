"""A live entry on its way: draft, submission, review. The database's clock decides deadlines, inside the write."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.registration.application.consenting import consent_needed
from services.registration.application.forms import (
    Applicant,
    Application,
    checked_entry,
    settled,
)
from services.registration.application.limiting import within_limits
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.application.telling import told_entry
from services.registration.domain.entries import standing
from shared.commands import Command
from shared.errors import Invalid, Refused
from shared.events.base import IntegrationEvent
from shared.season.records import micros

ID_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ID_LENGTH = 6
MOST_NUMBERS = 100
REVIEWS = ("approved", "returned", "rejected")


async def draft(
    season: Season, applicant: Applicant, form: Application, now: int, command: Command, store: Store
) -> StoredEntry:
    """Begin an entry.

    Raises:
        Invalid: naming each field that will not do.
        Refused: registration is not open, or a limit of the season is reached.
    """
    entry = await begun(season, applicant, form, now, store)
    return await place(season, entry, None, command, store)


async def begun(season: Season, applicant: Applicant, form: Application, now: int, store: Store) -> StoredEntry:
    """The draft, checked but not numbered and not stored.

    Raises:
        Invalid: naming each field that will not do.
        Refused: registration is not open.
    """
    window = season.rules.window("registration")
    if not micros(window.opens) <= now <= micros(window.closes):
        raise Refused("registration-not-open")
    entry = await checked_entry(season, applicant, form, now, store)
    members, instructors = await settled(season, applicant, entry, store)
    return StoredEntry(
        season=season.id,
        entry=entry,
        version=1,
        standing="draft",
        members=members,
        instructors=instructors,
        owner=applicant.account,
        history=({"what": "drafted", "at": now},),
        told=False,
    )


async def place(
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
        Refused: the deadline has passed, or a limit of the season is reached.
    """

    async def enter(one: StoredEntry) -> StoredEntry | None:
        events = [told_entry(one, first=True)] if one.told else []
        return one if await store.entries.enter(one, events, until=until) else None

    for number in _numbers(command):
        one = replace(stored, entry=replace(stored.entry, entry=number), command=command.stored())
        entered = await within_limits(season, one, store, enter)
        if entered:
            return entered
        present = await store.entries.find(season.id, number)
        if present and command.made(present.command):
            return present
    raise Refused("changed-meanwhile")


async def placed(season: Season, command: Command, store: Store) -> StoredEntry | None:
    """The entry that this command has stored before, if it has.

    Raises:
        Invalid: the same key came with another body.
    """
    for number in _numbers(command):
        present = await store.entries.find(season.id, number)
        if present is None:
            return None
        if command.made(present.command):
            return present
    return None


def _numbers(command: Command) -> Iterator[str]:
    """The numbers to try: six signs that are not mistaken for each other."""
    for attempt in range(MOST_NUMBERS):
        value, signs = int.from_bytes(command.derive(f"entry {attempt}")[:8]), []
        for _ in range(ID_LENGTH):
            value, position = divmod(value, len(ID_ALPHABET))
            signs.append(ID_ALPHABET[position])
        yield "".join(signs)


async def edit(
    season: Season, stored: StoredEntry, applicant: Applicant, form: Application, now: int, store: Store
) -> StoredEntry:
    """Change a draft or a returned entry. Consents stay for members who stay as they are.

    Raises:
        Invalid: naming each field that will not do.
        Refused: it is submitted already, or a limit of the season is reached.
    """
    if stored.standing not in ("draft", "returned"):
        raise Refused("entry-not-editable")
    entry = replace(
        await checked_entry(season, applicant, form, now, store),
        entry=stored.entry.entry,
        registered_at=stored.entry.registered_at,
        submitted_at=None,
    )
    members, instructors = await settled(season, applicant, entry, store)
    kept = {member: consent for consent in stored.consents for member in [stored.entry.members[consent.member - 1]]}
    after = replace(
        stored,
        entry=entry,
        version=stored.version + 1,
        standing="draft",
        members=members,
        instructors=instructors,
        consents=tuple(
            replace(kept[member], member=number) for number, member in enumerate(entry.members, 1) if member in kept
        ),
    )

    async def save(one: StoredEntry) -> StoredEntry:
        await store.entries.save(one, [], {"what": "edited", "at": now})
        return one

    return await within_limits(season, after, store, save)


async def submit(season: Season, stored: StoredEntry, now: int, store: Store) -> StoredEntry:
    """Hand the entry in.

    Raises:
        Refused: a consent is missing, it was handed in already, or the deadline has passed by the database's clock.
    """
    if stored.standing not in ("draft", "returned"):
        raise Refused("entry-submitted")
    if consent_needed(stored, now):
        raise Refused("consent-missing")
    closes = micros(season.rules.window("registration").closes)
    last = max(closes, stored.later.extended_until or closes)
    if now > last:
        raise Refused("deadline-passed")
    after, events = submitted(season, replace(stored, version=stored.version + 1), now)
    await store.entries.save(after, events, {"what": "submitted", "at": now}, until=last)
    return after


def submitted(season: Season, stored: StoredEntry, now: int) -> tuple[StoredEntry, Sequence[IntegrationEvent]]:
    """The entry as handed in at this time, and what is told: it stands at once where the season needs no review."""
    stands = season.rules.acceptance == "submission"
    entry = replace(stored.entry, submitted_at=now, review="approved" if stands else "")
    after = replace(stored, entry=entry, standing=standing(entry, season.rules, stored.later), told=stands)
    return after, [told_entry(after, first=True)] if stands else []


async def review(
    season: Season, stored: StoredEntry, verdict: str, reason: str, by: str, now: int, store: Store
) -> StoredEntry:
    """Approve, return or reject a submitted entry; returning and rejecting need a reason. Approval tells the others.

    Raises:
        Invalid: the verdict is unknown or the reason is missing.
        Refused: the entry is not waiting for review.
    """
    if verdict not in REVIEWS:
        raise Invalid("verdict-unknown")
    if verdict != "approved" and not reason.strip():
        raise Refused("reason-needed")
    if stored.entry.submitted_at is None or stored.standing != "pending":
        raise Refused("entry-not-pending")
    entry = replace(stored.entry, review=verdict)
    after = replace(stored, version=stored.version + 1, entry=entry)
    after = replace(after, standing=standing(entry, season.rules, stored.later), told=verdict == "approved")
    events = [told_entry(after, first=True)] if verdict == "approved" else []
    note = {"what": verdict, "at": now, "reason": reason.strip(), "by": by}
    await store.entries.save(after, events, note)
    return after
