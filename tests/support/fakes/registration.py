"""The ports of registration in memory."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from services.registration.adapters.accounts import OF_UNITS
from services.registration.adapters.judges import judge_event
from services.registration.application.accounts import Accounts
from services.registration.application.identity import Account, Link, RoleRecord, Session
from services.registration.application.nominating import Ranking
from services.registration.application.ports import (
    Amendment,
    Person,
    PersonKind,
    Season,
    SlotTaken,
    Store,
    StoredEntry,
    StoredSummary,
    Taught,
)
from services.registration.application.reminding import Reminding, SentReminder
from services.registration.application.summarizing import filed_event
from services.registration.application.works import Work
from services.registration.domain.accounts import JUDGES, judge_seats
from services.registration.domain.entries import HANDED_IN
from services.registration.domain.erasure import NOBODY
from services.registration.domain.judges import Judge
from services.registration.domain.media import MediaItem
from services.registration.domain.messages import DeliveryState, Message
from services.registration.domain.people import Name
from services.registration.domain.reminders import Reminder, ReminderKind
from services.registration.domain.summaries import Summary
from services.registration.domain.units import Unit
from services.registration.domain.works import WorkVersion
from shared.commands import Command
from shared.errors import InvalidState
from shared.events.base import IntegrationEvent
from shared.events.registration import PersonNamedV1, UnitRecordedV1
from shared.identity import AS_PERSON, Grant, Principal, Role
from shared.identity.principal import Kind
from shared.mongo import TooLate, VersionConflict
from shared.season.text import Text
from shared.states import EntryStatus
from tests.support.counters import CountersInMemory
from tests.support.fakes.memory import Audit, Clock, Collection, Taken, Told

CLAIM = 30_000_000
"""Microseconds for which an invitation is held for whoever is accepting it."""


class Seasons:
    """Opened seasons with their amendments."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._seasons: Collection[Season] = Collection(clock, told)

    async def find(self, season: str) -> Season | None:
        return self._seasons.find(season)

    async def all(self) -> list[Season]:
        return sorted(self._seasons, key=lambda season: season.opened_at, reverse=True)

    async def add(self, season: Season, events: Sequence[IntegrationEvent]) -> bool:
        return self._seasons.create(season.id, replace(season, amendments=()), events)

    async def amend(self, season: Season, amendment: Amendment, events: Sequence[IntegrationEvent]) -> None:
        present = self._seasons.find(season.id) or season
        amended = replace(
            present, version=season.version, rules=season.rules, amendments=(*present.amendments, amendment)
        )
        self._seasons.change(season.id, season.version - 1, amended, events)


class Units:
    """The units of a season."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._units: Collection[tuple[str, Unit]] = Collection(clock, told)

    async def of(self, season: str) -> dict[str, Unit]:
        own = [unit for of, unit in self._units if of == season]
        return {unit.unit: unit for unit in sorted(own, key=lambda unit: unit.ordinal)}

    async def find(self, season: str, unit: str) -> Unit | None:
        stored_unit = self._units.find(f"{season}/{unit}")
        return stored_unit[1] if stored_unit else None

    async def save(self, season: str, units: Iterable[Unit]) -> int:
        present = await self.of(season)
        changed = [unit for unit in units if present.get(unit.unit) != unit]
        for unit in changed:
            key = f"{season}/{unit.unit}"
            version = self._units.version(key)
            event = UnitRecordedV1(
                season=season,
                unit=unit.unit,
                version=version + 1,
                parent=unit.parent,
                level=unit.level,
                name=Text(zh=unit.name_zh, en=unit.name_en),
                ordinal=unit.ordinal,
            )
            if version:
                self._units.change(key, version, (season, unit), [event])
            else:
                self._units.create(key, (season, unit), [event])
        return len(changed)


class AccountStore:
    """Accounts, links and sessions."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._clock = clock
        self.accounts: Collection[Account] = Collection(clock, told, _unique_of_account)
        self.links: Collection[tuple[Link, Mapping[str, str]]] = Collection(clock, told)
        self.used: set[str] = set()
        self.withdrawn: set[str] = set()
        """Invitations that were taken back."""
        self._claims: dict[str, int] = {}
        """Invitations that somebody is accepting, each until when."""
        self._sessions: Collection[tuple[Session, Mapping[str, str]]] = Collection(clock, told)
        self.barred: dict[str, int] = {}
        """Sessions that the gate lets through no more, each until when it has to remember it."""
        self._unsettled: set[str] = set()
        self.known_series: dict[str, str] = {}
        self.records: dict[str, RoleRecord] = {}

    async def find(self, account: str) -> Account | None:
        return self.accounts.find(account)

    async def by_login(self, login: str) -> Account | None:
        return next((account for account in self.accounts if account.login == login), None)

    async def add(self, account: Account, events: Sequence[IntegrationEvent] = ()) -> bool:
        if await self.by_login(account.login):
            return False
        try:
            return self.accounts.create(account.id, account, events)
        except Taken:
            if await self.in_seats(judge_seats(account.grants)):
                raise InvalidState("judge-known", judge=", ".join(grant.ref for grant in account.grants)) from None
            raise InvalidState("student-known") from None

    async def in_seats(self, seats: Sequence[str]) -> list[Account]:
        return [account for account in self.accounts if set(judge_seats(account.grants)) & set(seats)]

    async def by_unit(self, seasons: Sequence[str], units: Iterable[str]) -> dict[str, list[str]]:
        result: dict[str, list[str]] = {}
        for account in self.accounts:
            for unit in {
                grant.unit for grant in account.grants if grant.role in OF_UNITS and grant.season in seasons
            } & set(units):
                result.setdefault(unit, []).append(account.id)
        return result

    async def change_school(self, season: str, person: str, unit: str) -> None:
        for account in [account for account in self.accounts if person in account.people]:
            moved = [
                replace(grant, unit=unit) if (grant.role, grant.season) == (Role.STUDENT, season) else grant
                for grant in account.grants
            ]
            self._change(account.id, grants=tuple(moved))

    async def leave_seats(self, account: str, seats: Sequence[str]) -> None:
        present = self.accounts.find(account)
        if present:
            left = [
                grant
                for grant in present.grants
                if grant.role not in JUDGES or f"{grant.season}/{grant.ref}" not in seats
            ]
            self._change(account, grants=tuple(left))

    def _change(self, account: str, **values: Any) -> None:
        present = self.accounts.find(account)
        if present:
            self.accounts.put(account, replace(present, **values))

    async def set_password(self, account: Account, password_hash: str) -> bool:
        return self._set_credentials(account, password_hash=password_hash)

    async def set_mail(self, account: Account, mail: str) -> bool:
        return self._set_credentials(account, mail=mail)

    def _set_credentials(self, account: Account, **values: str) -> bool:
        present = self.accounts.find(account.id)
        if present is None or present.credentials != account.credentials:
            return False
        self._change(account.id, credentials=account.credentials + 1, **values)
        self._unsettled.add(account.id)
        return True

    async def unsettled(self) -> list[str]:
        return sorted(self._unsettled)

    async def settled(self, account: Account) -> None:
        present = self.accounts.find(account.id)
        counts = (account.credentials, account.withdrawals)
        if present and (present.credentials, present.withdrawals) == counts:
            self._unsettled.discard(account.id)

    async def series(self) -> Mapping[str, str]:
        return self.known_series

    async def note(self, records: Sequence[RoleRecord]) -> None:
        for record in records:
            self.records.setdefault(record.key, record)

    async def of_people(self, people: Sequence[str]) -> dict[str, list[str]]:
        result: dict[str, list[str]] = {}
        for account in self.accounts:
            for person in set(people).intersection(account.people):
                result.setdefault(person, []).append(account.id)
        return result

    async def give(self, account: str, grants: Sequence[Grant], events: Sequence[IntegrationEvent] = ()) -> None:
        present = self.accounts.find(account)
        if present is None:
            raise VersionConflict(account)
        held = replace(present, grants=(*present.grants, *grants))
        try:
            self.accounts.change(account, self.accounts.version(account), held, events)
        except Taken:
            raise InvalidState("judge-known", judge=", ".join(grant.ref for grant in grants)) from None

    async def take(self, account: str, grants: Sequence[Grant]) -> bool:
        present = self.accounts.find(account)
        if present is None or not all(grant in present.grants for grant in grants):
            return False
        left = tuple(grant for grant in present.grants if grant not in grants)
        self._change(account, grants=left, withdrawals=present.withdrawals + 1)
        self._unsettled.add(account)
        return True

    async def add_link(self, link: Link, command: Command) -> None:
        kept = replace(link, expires_at=link.expires_at // 1000 * 1000)  # a date of the database has milliseconds
        if not self.links.create(link.hash, (kept, command.stored())):
            present = self.links.find(link.hash)
            command.made(present[1] if present else {})

    async def find_link(self, hashed: str) -> Link | None:
        link = self.links.find(hashed)
        return link[0] if link and hashed not in self.used | self.withdrawn else None

    async def note_mailed(self, hashed: str, state: DeliveryState) -> None:
        link = self.links.find(hashed)
        if link:
            self.links.put(hashed, (replace(link[0], mailed=state), link[1]))

    async def note_opened(self, hashed: str, at: int) -> None:
        link = self.links.find(hashed)
        if link and not link[0].opened_at:
            self.links.put(hashed, (replace(link[0], opened_at=at), link[1]))

    async def use_link(self, hashed: str) -> Link | None:
        link = await self.find_link(hashed)
        self.used.add(hashed)
        return link

    async def claim_link(self, hashed: str) -> Link | None:
        link, now = await self.find_link(hashed), await self._clock.now()
        if link is None or link.account or link.expires_at <= now or self.is_claimed(hashed):
            return None
        self._claims[hashed] = now + CLAIM
        return link

    def is_claimed(self, hashed: str) -> bool:
        return self._claims.get(hashed, 0) >= self._clock.at

    async def release_link(self, hashed: str) -> None:
        self._claims.pop(hashed, None)

    async def finish_link(self, hashed: str) -> bool:
        if self.links.find(hashed) is None or hashed in self.withdrawn:
            return False
        self.used.add(hashed)
        return True

    async def add_session(self, session: Session, command: Command | None = None) -> Session:
        stored = command.stored() if command else {}
        kept = replace(session, revoked=False)
        if self._sessions.create(session.id, (kept, stored)) or not command:
            return session
        present = self._sessions.find(session.id)
        command.made(present[1] if present else {})
        return present[0] if present else session

    async def find_session(self, session: str) -> Session | None:
        stored_session = self._sessions.find(session)
        return stored_session[0] if stored_session else None

    async def sessions(self, account: str, kind: str) -> list[Session]:
        return [session for session, _ in self._sessions if (session.account, session.kind) == (account, kind)]

    async def children(self, session: str) -> list[Session]:
        return [each_session for each_session, _ in self._sessions if each_session.parent == session]

    async def revoke_session(self, session: str, expires_at: int, events: Sequence[IntegrationEvent]) -> None:
        stored_session = self._sessions.find(session)
        if stored_session is None:
            return
        if not stored_session[0].revoked:
            ended = (replace(stored_session[0], revoked=True), stored_session[1])
            self._sessions.change(session, self._sessions.version(session), ended, events)
        self.barred[session] = expires_at

    def empty_sessions(self, account: str) -> None:
        """Their rows stay, without anything in them."""
        for key, (session, made) in self._sessions.items().items():
            if session.account == account:
                self._sessions.put(key, (replace(session, label="", secret_hash="", grants=()), made))

    def forget_name(self, login: str) -> None:
        """Nobody is named in the record of roles by this login any more."""
        for key, role_record in self.records.items():
            by, to = ("" if name == login else name for name in (role_record.by, role_record.to))
            self.records[key] = replace(role_record, by=by, to=to)


def _unique_of_account(account: Account) -> Iterator[str]:
    yield f"login {account.login}"
    if account.person and any(grant.role is Role.STUDENT for grant in account.grants):
        yield f"student {account.person}"
    for seat in judge_seats(account.grants):
        yield f"judge {seat}"


class RoleStore:
    """Roles, open invitations and their record, in what accounts keep."""

    def __init__(self, store: AccountStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def open_invitations(self) -> list[Link]:
        now = await self._clock.now()
        links = [await self._store.find_link(link.hash) for link, _ in self._store.links]
        wanted = [link for link in links if link and not link.account and link.expires_at > now]
        return sorted(wanted, key=lambda link: -link.expires_at)

    async def withdraw_link(self, hashed: str) -> bool:
        if await self._store.find_link(hashed) is None or self._store.is_claimed(hashed):
            return False
        self._store.withdrawn.add(hashed)
        return True

    async def holders(self, seasons: Sequence[str]) -> list[Account]:
        def holds(account: Account) -> bool:
            return any(grant.season in seasons and grant.role is not Role.STUDENT for grant in account.grants)

        return sorted(filter(holds, self._store.accounts), key=lambda each_account: each_account.login)

    async def records(self, seasons: Sequence[str]) -> list[RoleRecord]:
        role_records = [record for record in self._store.records.values() if record.grant.season in seasons]
        return sorted(
            (role_record for role_record in role_records if role_record.grant.role is not Role.STUDENT),
            key=lambda role_record: -role_record.at,
        )


class Passwords:
    """No hashing that takes time."""

    async def hash(self, password: str) -> str:
        return f"hash of {password}"

    async def matches(self, hashed: str, password: str) -> bool:
        return bool(hashed) and hashed == f"hash of {password}"


class Signer:
    """Keeps what it was asked to sign."""

    def __init__(self) -> None:
        self.signed: list[tuple[Principal, Kind]] = []

    def sign(self, principal: Principal, kind: Kind) -> str:
        self.signed.append((principal, kind))
        return f"token {len(self.signed)}"


@dataclass(frozen=True, slots=True)
class _Known:
    """A person with the command that took them in, and whether they are being erased."""

    person: Person
    command: Mapping[str, str]
    erased_at: int | None = None
    erasing: bool = False


class People:
    """Students and instructors, each there once by season, kind and key."""

    def __init__(self, clock: Clock, told: Told, accounts: AccountStore) -> None:
        self.kept: Collection[_Known] = Collection(
            clock, told, lambda known: [f"{known.person.season}/{known.person.kind}/{known.person.key}"]
        )
        self._accounts = accounts

    async def enter(self, season: str, key: str, name: Name, command: Command) -> str:
        person = command.derive("person")[:16].hex()
        self._take_in(season, "student", key, name, person, command.stored())
        stored = self.kept.find(person)
        if stored and command.made(stored.command):
            return person
        return (await self.known(season, [("student", key)]))["student", key]

    async def settle(
        self, season: str, wanted: Mapping[tuple[PersonKind, str], Name]
    ) -> dict[tuple[PersonKind, str], str]:
        ids = await self.known(season, wanted)
        for (kind, key), name in wanted.items():
            if (kind, key) not in ids:
                self._take_in(season, kind, key, name, uuid4().hex, {})
        return await self.known(season, wanted)

    def _take_in(
        self, season: str, kind: PersonKind, key: str, name: Name, person: str, command: Mapping[str, str]
    ) -> None:
        event = PersonNamedV1(person=person, version=1, name=Text(zh=name.zh, en=name.en))
        try:
            self.kept.create(person, _Known(Person(person, season, kind, key, name), command), [event])
        except Taken:
            return  # somebody else took the same person in

    async def known(self, season: str, wanted: Iterable[tuple[PersonKind, str]]) -> dict[tuple[PersonKind, str], str]:
        ids = {(known.person.season, known.person.kind, known.person.key): known.person.id for known in self.kept}
        return {(kind, key): ids[season, kind, key] for kind, key in wanted if (season, kind, key) in ids}

    async def has_account(self, person: str) -> bool:
        return person in await self._accounts.of_people([person])

    async def of_school(self, season: str, unit: str) -> list[Person]:
        of_unit = [known.person for known in self.kept if known.person.key.startswith(f"{unit}\x1f")]
        mine = [person for person in of_unit if (person.season, person.kind) == (season, "student")]
        return sorted(mine, key=lambda person: person.key)

    async def find(self, person: str) -> Person | None:
        known = self.kept.find(person)
        return replace(known.person, version=self.kept.version(person)) if known else None

    async def rename(self, person: Person, name: Name, events: Sequence[IntegrationEvent], *, key: str = "") -> None:
        present = self.kept.find(person.id)
        if present is None:
            raise VersionConflict(person.id)
        renamed = replace(present, person=replace(present.person, name=name, key=key or present.person.key))
        try:
            self.kept.change(person.id, person.version, renamed, events)
        except Taken:
            raise InvalidState("person-taken") from None


class Entries:
    """Entries, each with its events; no two hold the same place."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self.kept: Collection[StoredEntry] = Collection(clock, told, lambda entry: entry.slots)
        self._clock = clock

    async def find(self, season: str, entry: str) -> StoredEntry | None:
        return self.kept.find(f"{season}/{entry}")

    async def named(self, season: str, entries: Iterable[str]) -> list[StoredEntry]:
        kept = await self.of(season)
        return [kept[entry] for entry in sorted(set(entries)) if entry in kept]

    async def of(self, season: str) -> dict[str, StoredEntry]:
        return {entry.entry.entry: entry for entry in self.kept if entry.season == season}

    async def with_people(self, season: str, people: Iterable[str]) -> list[StoredEntry]:
        wanted = set(people)
        return [
            entry for entry in self.kept if entry.season == season and wanted & {*entry.members, *entry.instructors}
        ]

    async def by_team_code(self, season: str, code: str) -> StoredEntry | None:
        return next((entry for entry in self.kept if code and (entry.season, entry.team_code) == (season, code)), None)

    async def by_command(self, season: str, command: str) -> StoredEntry | None:
        return next(
            (entry for entry in self.kept if (entry.season, entry.command.get("id")) == (season, command)), None
        )

    async def instructors(self, season: str) -> list[Taught]:
        named = {
            (instructor.id, entry.entry.unit): instructor.name
            for entry in self.kept
            if entry.season == season
            for instructor in entry.entry.instructors
        }
        return [Taught(instructor, name, unit) for (instructor, unit), name in sorted(named.items())]

    async def present(self, season: str, entries: Iterable[str]) -> set[str]:
        return set(entries) & set(await self.of(season))

    async def holders(self, slots: Iterable[str]) -> dict[str, str]:
        held = {slot: entry.entry.entry for entry in self.kept for slot in entry.slots}
        return {slot: held[slot] for slot in slots if slot in held}

    async def standing_at(self, season: str, standings: Iterable[EntryStatus]) -> AsyncIterator[StoredEntry]:
        wanted = set(standings)
        for entry in self.kept.values():
            if entry.season == season and entry.standing in wanted:
                yield entry

    async def with_lapsed_consents(self, season: str) -> AsyncIterator[StoredEntry]:
        async for entry in self.standing_at(season, HANDED_IN):
            if any(consent.lapsed for consent in entry.consents):
                yield entry

    async def add(self, entries: Iterable[tuple[StoredEntry, Sequence[IntegrationEvent]]]) -> int:
        return sum(
            self.kept.create(f"{entry.season}/{entry.entry.entry}", entry, events, version=entry.version)
            for entry, events in entries
        )

    async def enter(self, entry: StoredEntry, events: Sequence[IntegrationEvent], *, until: int | None) -> bool:
        key = f"{entry.season}/{entry.entry.entry}"
        with _refusals():
            return self.kept.create(key, entry, events, version=entry.version, until=until)

    async def save(
        self,
        entry: StoredEntry,
        events: Sequence[IntegrationEvent],
        note: Mapping[str, Any],
        *,
        until: int | None = None,
    ) -> None:
        key = f"{entry.season}/{entry.entry.entry}"
        present = self.kept.find(key)
        history = (
            *(present.history if present else ()),
            {**note, "standing": entry.standing, "written_at": self._clock.at},
        )
        with _refusals():
            self.kept.change(key, entry.version - 1, replace(entry, history=history), events, until=until)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TooLate:
        raise InvalidState("deadline-passed") from None
    except Taken as taken:
        raise SlotTaken from taken


class Summaries:
    """Summaries of units: drafts, filed and scored ones."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._summaries: Collection[StoredSummary] = Collection(clock, told)

    async def save(self, season: str, summaries: Iterable[Summary]) -> int:
        changed = 0
        for summary in summaries:
            present = await self.find(season, summary.unit)
            if present and str((present.submitted_at, present.items)) == str((summary.submitted_at, summary.items)):
                continue  # 7.5 and 7.50 are filed differently
            version = present.version + 1 if present else 1
            stored = StoredSummary(season, summary.unit, version, summary.submitted_at, "", summary.items)
            self._keep(stored, [filed_event(stored)])
            changed += 1
        return changed

    async def find(self, season: str, unit: str) -> StoredSummary | None:
        return self._summaries.find(f"{season}/{unit}")

    async def of(self, season: str) -> dict[str, StoredSummary]:
        return {summary.unit: summary for summary in self._summaries if summary.season == season}

    async def keep(
        self,
        summary: StoredSummary,
        events: Sequence[IntegrationEvent],
        note: Mapping[str, Any],
        *,
        until: int | None = None,
    ) -> None:
        self._keep(replace(summary, history=(*summary.history, note)), events, until)

    def _keep(self, summary: StoredSummary, events: Sequence[IntegrationEvent], until: int | None = None) -> None:
        key = f"{summary.season}/{summary.unit}"
        try:
            if summary.version > 1:
                self._summaries.change(key, summary.version - 1, summary, events, until=until)
            elif not self._summaries.create(key, summary, events, until=until):
                raise VersionConflict(key)
        except TooLate as error:
            raise InvalidState("deadline-passed") from error


class Media:
    """Material of entries."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], MediaItem] = {}

    async def of(self, season: str) -> dict[str, MediaItem]:
        return {item.media: item for (of, _), item in sorted(self._items.items()) if of == season}

    async def save(self, season: str, items: Iterable[MediaItem]) -> int:
        changed = [item for item in items if self._items.get((season, item.media)) != item]
        self._items |= {(season, item.media): item for item in changed}
        return len(changed)

    async def forget(self, season: str, entry: str) -> None:
        self._items = {key: item for key, item in self._items.items() if (key[0], item.entry) != (season, entry)}


class Judges:
    """Judges by name; what judging may know of them is told."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._judges: Collection[tuple[str, Judge]] = Collection(clock, told)

    async def of(self, season: str) -> dict[str, Judge]:
        return {judge.judge: judge for of, judge in self._judges if of == season}

    async def save(self, season: str, judges: Iterable[Judge], at: int) -> int:
        present, changed = await self.of(season), 0
        for judge in judges:
            if present.get(judge.judge) == judge:
                continue
            key, changed = f"{season}/{judge.judge}", changed + 1
            version = self._judges.version(key)
            events = [judge_event(season, judge, version + 1, at)]
            if version:
                self._judges.change(key, version, (season, judge), events)
            else:
                self._judges.create(key, (season, judge), events)
        return changed

    async def forget_names(self, season: str) -> int:
        named = [judge for judge in (await self.of(season)).values() if judge.name or judge.contact]
        for judge in named:
            self._judges.put(f"{season}/{judge.judge}", (season, replace(judge, name="", contact="")))
        return len(named)


class Reminders:
    """Reminders that were sent, and those whose messages have yet to be made."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[SentReminder, Reminder]] = {}
        self.undelivered: set[str] = set()

    async def of(self, season: str, unit: str = "") -> list[SentReminder]:
        listed = [sent for sent, _ in self.kept.values() if sent.season == season and unit in ("", sent.unit)]
        return sorted(listed, key=lambda sent: -sent.at)

    async def newest(self, season: str, kind: ReminderKind, unit: str) -> int:
        listed = await self.of(season, unit)
        return max((sent.number for sent in listed if sent.kind == kind), default=0)

    async def add(self, sent: SentReminder, reminder: Reminder) -> bool:
        if reminder.key in self.kept:
            return False
        self.kept[reminder.key] = (sent, reminder)
        self.undelivered.add(reminder.key)
        return True

    async def find(self, season: str, preview: str) -> SentReminder | None:
        return next((sent for sent in await self.of(season) if sent.hash == preview), None)

    async def pending(self) -> list[tuple[SentReminder, Reminder]]:
        return [self.kept[key] for key in sorted(self.undelivered)]

    async def delivered(self, key: str) -> None:
        self.undelivered.discard(key)


class Inbox:
    """Messages by key."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}

    async def add(self, messages: Iterable[Message]) -> int:
        new = {message.key: message for message in messages if message.key not in self.messages}
        self.messages |= new
        return len(new)

    async def reminded_since(self, season: str, kind: str, accounts: Sequence[str], since: int) -> int:
        listed = self.messages.values()
        return len(
            {
                m.account
                for m in listed
                if (m.season, m.kind) == (season, kind) and m.account in accounts and m.at > since
            }
        )


class TasksLeft:
    """What judging told."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}
        self.works: dict[str, dict[str, tuple[int, int]]] = {}

    async def shares(self, season: str) -> dict[str, tuple[int, int]]:
        return self.works.get(season, {})

    async def of(self, season: str) -> dict[str, int]:
        return {judge: left for judge, left in sorted(self.counts.get(season, {}).items()) if left}


class Reports:
    """What became of the files."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Mapping[str, Any]] = {}

    async def keep(self, season: str, file: str, report: Mapping[str, Any]) -> None:
        self.kept[season, file] = dict(report)


class Works:
    """The versions of works: appended to, never overwritten."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._works: Collection[Work] = Collection(clock, told)

    def _read(self, key: str) -> Work | None:
        work = self._works.find(key)
        if work is None:
            return None
        return Work(work.season, work.entry, work.versions, self._works.version(key), work.locked)

    async def find(self, season: str, entry: str) -> Work | None:
        return self._read(f"{season}/{entry}")

    async def find_many(self, season: str, entries: Sequence[str]) -> Mapping[str, Work]:
        return {entry: work for entry in entries if (work := self._read(f"{season}/{entry}"))}

    async def save(
        self, work: Work, version: WorkVersion, events: Sequence[IntegrationEvent], *, until: int | None
    ) -> bool:
        key = f"{work.season}/{work.entry}"
        present = self._works.find(key)
        try:
            if work.revision:
                versions = (*(present.versions if present else ()), version)
                locked = present.locked if present else 0
                after = Work(work.season, work.entry, versions, locked=locked)
                self._works.change(key, work.revision, after, events, until=until)
            elif not self._works.create(key, Work(work.season, work.entry, (version,)), events, until=until):
                raise VersionConflict(key)
        except TooLate:
            return False
        return True

    async def lock(self, work: Work, number: int, events: Sequence[IntegrationEvent]) -> None:
        key = f"{work.season}/{work.entry}"
        present = self._works.find(key) or work
        self._works.change(key, work.revision, Work(work.season, work.entry, present.versions, locked=number), events)

    def rename_files(self, work: Work, name: str) -> None:
        """Every file of every version is called that."""
        key = f"{work.season}/{work.entry}"
        present = self._works.find(key)
        if present:
            versions = tuple(
                replace(version, files=tuple(replace(file, name=name) for file in version.files))
                for version in present.versions
            )
            self._works.put(key, Work(present.season, present.entry, versions, locked=present.locked))

    async def unlocked(self, season: str) -> AsyncIterator[Work]:
        async for work in self.of_season(season):
            if not work.locked:
                yield work

    async def of_season(self, season: str) -> AsyncIterator[Work]:
        for key, work in self._works.items().items():
            read = self._read(key)
            if work.season == season and read:
                yield read


class Rankings:
    """The order of a unit's entries in one group."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._rankings: Collection[tuple[str, ...]] = Collection(clock, told)

    async def find(self, season: str, unit: str, group: str) -> Ranking:
        key = f"{season}/{unit}/{group}"
        return Ranking(self._rankings.find(key) or (), self._rankings.version(key))

    async def write(self, season: str, unit: str, group: str, ranking: Ranking, ranked: Sequence[str]) -> None:
        key = f"{season}/{unit}/{group}"
        if ranking.version:
            self._rankings.change(key, ranking.version, tuple(ranked))
        elif not self._rankings.create(key, tuple(ranked)):
            raise VersionConflict(key)


class Erasures:
    """Who is being erased, and what has come to its term."""

    def __init__(self, people: People, entries: Entries) -> None:
        self._people, self._entries = people, entries

    async def begin(self, person: Person, at: int, events: Sequence[IntegrationEvent]) -> None:
        present = self._people.kept.find(person.id)
        if present is None:
            raise VersionConflict(person.id)
        nobody = replace(present.person, name=NOBODY, key=f"erased\x1f{person.id}")
        erasing = replace(present, person=nobody, erased_at=at, erasing=True)
        self._people.kept.change(person.id, person.version, erasing, events)

    async def finish(self, person: str) -> None:
        present = self._people.kept.find(person)
        if present:
            self._people.kept.put(person, replace(present, erasing=False, command={}))

    async def unfinished(self) -> AsyncIterator[tuple[Person, int]]:
        for known in self._people.kept.values():
            person = await self._people.find(known.person.id)
            if known.erasing and person:
                yield person, known.erased_at or 0

    async def due(self, season: str, standings: Sequence[str]) -> AsyncIterator[StoredEntry]:
        for entry in self._entries.kept.values():
            named = any(member.name.zh != NOBODY.zh for member in entry.entry.members)
            if entry.season == season and entry.standing in standings and named:
                yield entry


class Remains:
    """What else there is of a person: accounts with sessions and links, files, reasons."""

    def __init__(self, accounts: Accounts, store: AccountStore, works: Works, entries: Entries, people: People) -> None:
        self._accounts, self._store, self._works, self._entries = accounts, store, works, entries
        self._people = people
        self.removed: list[str] = []

    async def forget(self, person: str) -> None:
        for account in (await self._store.of_people([person])).get(person, []):
            if await self._parted(account, person):
                continue
            await self._accounts.end_all_sessions(account)
            self._store.empty_sessions(account)
            for key, (link, _) in self._store.links.items().items():
                if link.account == account:
                    self._store.links.remove(key)
            present = self._store.accounts.find(account)
            self._store.forget_name(present.login if present else "")
            self._store.accounts.remove(account)

    async def _parted(self, account: str, person: str) -> bool:
        """Whether the account is somebody else as well, and stays for them."""
        present, season = self._store.accounts.find(account), await self._season_of(person)
        others = [item for item in present.people if item != person] if present else []
        if present is None or not others:
            return False
        left = tuple(
            grant
            for grant in present.grants
            if grant.role not in AS_PERSON or grant.season != season or grant.ref not in ("", person)
        )
        main = others[0] if present.person == person else present.person
        after = replace(present, person=main, grants=left, withdrawals=present.withdrawals + 1)
        self._store.accounts.put(account, after)
        await self._accounts.end_all_sessions(account)
        return True

    async def _season_of(self, person: str) -> str:
        known = await self._people.find(person)
        return known.season if known else ""

    async def empty(self, work: Work) -> None:
        self.removed += sorted({file.upload for version in work.versions for file in version.files})
        self._works.rename_files(work, NOBODY.zh)

    async def take_back_asked(self, season: str, entry: str, person: str) -> None:
        key = f"{season}/{entry}"
        present = self._entries.kept.find(key)
        if present:
            history = tuple(
                {**note, "asked": ""} if note.get("asked") and note["person"] == person else note
                for note in present.history
            )
            self._entries.kept.put(key, replace(present, history=history))

    async def silence(self, season: str, entry: str) -> None:
        key = f"{season}/{entry}"
        present = self._entries.kept.find(key)
        if present:
            history = tuple({**note, "reason": ""} if note.get("reason") else note for note in present.history)
            self._entries.kept.put(key, replace(present, history=history))


class Registration:
    """A whole registration service in memory: its ports, its clock, and what it told."""

    def __init__(self, at: int = 0) -> None:
        self.clock, self.told = Clock(at), Told()
        self.seasons, self.units = Seasons(self.clock, self.told), Units(self.clock, self.told)
        self.account_store = AccountStore(self.clock, self.told)
        self.people = People(self.clock, self.told, self.account_store)
        self.entries = Entries(self.clock, self.told)
        self.summaries, self.reports = Summaries(self.clock, self.told), Reports()
        self.judges, self.media = Judges(self.clock, self.told), Media()
        self.reminders, self.inbox, self.tasks_left = Reminders(), Inbox(), TasksLeft()
        self.works, self.rankings = Works(self.clock, self.told), Rankings(self.clock, self.told)
        self.signer = Signer()
        self.counters, self.audit = CountersInMemory(), Audit()
        self.accounts = Accounts(self.account_store, Passwords(), self.signer, self.counters, self.audit)
        self.erasures = Erasures(self.people, self.entries)
        self.remains = Remains(self.accounts, self.account_store, self.works, self.entries, self.people)

    @property
    def store(self) -> Store:
        return Store(
            self.seasons,
            self.units,
            self.people,
            self.entries,
            self.summaries,
            self.reports,
            self.clock,
            self.media,
        )

    @property
    def reminding(self) -> Reminding:
        return Reminding(
            self.store, self.reminders, self.inbox, self.tasks_left, self.judges, self.account_store, self.audit
        )
