"""Reminders to those for whom something waits: chosen by state, looked at first, sent once to each, on record."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.registration.application.consenting import consent_needed
from services.registration.application.identity import Account
from services.registration.application.judges import Judges
from services.registration.application.ports import Audit, Season, Store, StoredEntry
from services.registration.domain.entries import EDITABLE
from services.registration.domain.messages import Message
from services.registration.domain.reasons import stated_reason
from services.registration.domain.reminders import (
    MOST_WORDS,
    OF_SCHOOLS,
    PAUSE,
    Reminder,
    ReminderKind,
    Waiting,
    receivers_of,
)
from services.registration.domain.summaries import award_of
from services.registration.domain.units import Unit
from shared.errors import Invalid, InvalidState, NotAllowed, error_at
from shared.identity import Principal
from shared.identity.principal import OF_SERIES
from shared.states import EntryStatus


@dataclass(frozen=True, slots=True)
class SentReminder:
    """What stays of a reminder: counts, and nobody's account but the sender's."""

    season: str
    kind: ReminderKind
    unit: str
    number: int
    words: str
    reason: str
    """Why it was sent although some had been reminded within a day."""
    by: str
    at: int
    receivers: int
    without_account: int
    hash: str


class Reminders(Protocol):
    """What was sent. Receivers are kept with it until they have their messages."""

    async def of(self, season: str, unit: str = "") -> list[SentReminder]: ...
    async def newest(self, season: str, kind: ReminderKind, unit: str) -> int: ...
    async def find(self, season: str, preview: str) -> SentReminder | None: ...
    async def add(self, sent: SentReminder, reminder: Reminder) -> bool: ...
    async def pending(self) -> list[tuple[SentReminder, Reminder]]: ...
    async def delivered(self, key: str) -> None: ...


class Inbox(Protocol):
    """Everybody's messages."""

    async def add(self, messages: Iterable[Message]) -> int: ...
    async def reminded_since(self, season: str, kind: str, accounts: Sequence[str], since: int) -> int: ...


class TasksLeft(Protocol):
    """How many works each judge has yet to score, as judging told it."""

    async def of(self, season: str) -> dict[str, int]: ...
    async def shares(self, season: str) -> dict[str, tuple[int, int]]: ...


class Holders(Protocol):
    """Who signs in for whom."""

    async def by_unit(self, seasons: Sequence[str], units: Collection[str]) -> dict[str, list[str]]: ...
    async def in_seats(self, seats: Sequence[str]) -> list[Account]: ...


@dataclass(frozen=True, slots=True)
class Reminding:
    """What reminders need of the outside."""

    store: Store
    reminders: Reminders
    inbox: Inbox
    tasks_left: TasksLeft
    judges: Judges
    holders: Holders
    audit: Audit


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the organization that reminds: the unit at its top, and the units in it; None is all of them."""

    unit: str
    units: frozenset[str] | None

    @property
    def whole(self) -> bool:
        return self.units is None

    def holds(self, unit: str) -> bool:
        return self.units is None or unit in self.units or unit == self.unit

    @property
    def kinds(self) -> tuple[ReminderKind, ...]:
        """Whom this part reminds."""
        return tuple(kind for kind in ReminderKind if self.units is None or kind in OF_SCHOOLS)


@dataclass(frozen=True, slots=True)
class ReminderPlan:
    """A reminder before it is sent, and how many of its receivers were reminded of the same within a day."""

    reminder: Reminder
    recent: int


async def plan_reminder(season: Season, part: Part, kind: ReminderKind, words: str, by: Reminding) -> ReminderPlan:
    """Whom it would reach, as things stand now.

    Raises:
        Invalid: the words are too long.
        InvalidState: the season is kept in records.
        NotAllowed: this part of the organization does not remind them.
        NotFound: the season asks for no summaries.
    """
    if season.mode != "live":
        raise InvalidState("records-season")
    if kind not in part.kinds:
        raise NotAllowed("role-needed")
    plain = words.strip()
    if len(plain) > MOST_WORDS:
        raise Invalid("fields-invalid", errors=[error_at("words", "field-reminder-words", most=str(MOST_WORDS))])
    waiting = await _waiting(season, part, kind, by)
    reminder = Reminder(
        season.id,
        kind,
        part.unit,
        await by.reminders.newest(season.id, kind, part.unit) + 1,
        plain,
        receivers_of(waiting),
        sum(not place.accounts for place in waiting),
    )
    since = await by.store.clock.now() - PAUSE
    accounts = [receiver.account for receiver in reminder.receivers]
    return ReminderPlan(reminder, await by.inbox.reminded_since(season.id, kind.message, accounts, since))


async def send_reminder(
    season: Season,
    part: Part,
    kind: ReminderKind,
    words: str,
    *,
    preview: str,
    reason: str,
    sender: Principal,
    by: Reminding,
) -> SentReminder:
    """Send what was previewed. Sent again under the same hash it is the same reminder, and reaches nobody twice.

    Raises:
        InvalidState: it is not what was previewed, it would reach nobody, or some were reminded within a day and no
            reason is stated; or as for the plan.
    """
    known = await by.reminders.find(season.id, preview)
    if known and part.holds(known.unit):
        await deliver_reminders(by)
        return known
    plan = await plan_reminder(season, part, kind, words, by)
    reminder, now = plan.reminder, await by.store.clock.now()
    if preview != reminder.hash:
        raise InvalidState("reminder-otherwise")
    if not reminder.receivers:
        raise InvalidState("reminder-nobody")
    why = stated_reason(reason) if plan.recent else reason.strip()
    sent = SentReminder(
        season.id,
        kind,
        part.unit,
        reminder.number,
        reminder.words,
        why,
        sender.account,
        now,
        len(reminder.receivers),
        reminder.without_account,
        reminder.hash,
    )
    facts = {"kind": kind, "unit": part.unit, "number": sent.number, "receivers": sent.receivers}
    private = {"login": sender.login, "reason": why}
    await by.audit.note("reminder-sent", account=sender.account, season=season.id, facts=facts, private=private)
    if not await by.reminders.add(sent, reminder):
        raise InvalidState("reminder-otherwise")
    await deliver_reminders(by)
    return sent


async def deliver_reminders(by: Reminding) -> int:
    """Make the messages of what was sent; the sweeper finishes what a stopped process left. Returns how many are new."""
    made = 0
    for sent, reminder in await by.reminders.pending():
        made += await by.inbox.add(reminder.messages(sent.at))
        await by.reminders.delivered(reminder.key)
    return made


async def _waiting(season: Season, part: Part, kind: ReminderKind, by: Reminding) -> list[Waiting]:
    if kind is ReminderKind.BALLOTS_OPEN:
        return await _judges(season, by)
    if kind in OF_SCHOOLS:
        return await _units(season, part, kind, by)
    if kind is ReminderKind.DRAFTS:
        entries = [stored async for stored in by.store.entries.standing_at(season.id, [EntryStatus.DRAFT])]
    else:
        entries = [stored async for stored in entries_without_consent(season, by.store)]
    return [
        Waiting(stored.entry.entry, 1, (stored.owner,) if stored.owner else ())
        for stored in sorted(entries, key=lambda stored: stored.entry.entry)
    ]


async def _judges(season: Season, by: Reminding) -> list[Waiting]:
    left, known = await by.tasks_left.of(season.id), await by.judges.of(season.id)
    seats = [f"{season.id}/{judge}" for judge in left]
    accounts: dict[str, list[str]] = {}
    for account in await by.holders.in_seats(seats):
        for grant in account.grants:
            if grant.season == season.id and grant.ref in left and account.id not in accounts.get(grant.ref, ()):
                accounts.setdefault(grant.ref, []).append(account.id)
    return [
        Waiting((known[judge].name if judge in known else "") or judge, count, tuple(accounts.get(judge, ())))
        for judge, count in left.items()
    ]


async def _units(season: Season, part: Part, kind: ReminderKind, by: Reminding) -> list[Waiting]:
    units = await by.store.units.of(season.id)
    if kind is ReminderKind.SUMMARY_MISSING:
        counts = await units_without_summary(season, units, by.store)
    else:
        counts = {}
        entries = (
            by.store.entries.standing_at(season.id, [EntryStatus.RETURNED])
            if kind is ReminderKind.ENTRIES_RETURNED
            else entries_without_consent(season, by.store)
        )
        async for stored in entries:
            counts[stored.entry.unit] = counts.get(stored.entry.unit, 0) + 1
    wanted = [unit for unit in units.values() if unit.unit in counts and part.holds(unit.unit)]
    accounts = await by.holders.by_unit(granted_as(season), [unit.unit for unit in wanted])
    return [Waiting(unit.name.best("zh"), counts[unit.unit], tuple(accounts.get(unit.unit, ()))) for unit in wanted]


def granted_as(season: Season) -> list[str]:
    """The season as grants name it: by itself, or by its series."""
    return [season.id, f"{season.rules.series.id}{OF_SERIES}"]


async def units_without_summary(season: Season, units: Mapping[str, Unit], store: Store) -> dict[str, int]:
    """The units that are to file a summary and have not; one summary each."""
    level, kept = award_of(season.rules).level, await store.summaries.of(season.id)
    filed = {name for name, stored in kept.items() if stored.submitted_at is not None}
    return {unit.unit: 1 for unit in units.values() if unit.level == level and unit.unit not in filed}


async def entries_without_consent(season: Season, store: Store) -> AsyncIterator[StoredEntry]:
    """Entries that are being written, or are in the running, for whose members somebody has yet to agree."""
    now = await store.clock.now()
    async for stored in store.entries.standing_at(season.id, EDITABLE):
        if consent_needed(season, stored, now):
            yield stored
    async for stored in store.entries.with_lapsed_consents(season.id):
        if consent_needed(season, stored, now):
            yield stored


def require_kind(kind: str) -> ReminderKind:
    """Whom a form asks to remind. Raises Invalid where it says nobody."""
    if kind not in set(ReminderKind):
        raise Invalid("fields-invalid", errors=[error_at("kind", "field-reminder-kind")])
    return ReminderKind(kind)
