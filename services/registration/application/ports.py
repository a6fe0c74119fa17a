"""What the use cases need of the outside, and the values that pass between."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

from services.registration.domain.consent import Consent
from services.registration.domain.entries import Entry, Later
from services.registration.domain.media import MediaItem
from services.registration.domain.people import Name
from services.registration.domain.summaries import Summary
from services.registration.domain.units import Unit
from shared.commands import Command
from shared.events.base import IntegrationEvent
from shared.season.rules import SeasonRules
from shared.states import EntryStatus

Mode = Literal["records", "live"]
PersonKind = Literal["student", "instructor"]


@dataclass(frozen=True, slots=True)
class Season:
    """An opened season with its frozen rules."""

    id: str
    version: int
    mode: Mode
    opened_at: int
    rules: SeasonRules
    amendments: tuple["Amendment", ...] = ()
    final_at: int | None = None
    """When its final results were stated last; None while they are not final."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """A new version of the rules of an open season: when, why, and what changed (path, before, after)."""

    version: int
    at: int
    reason: str
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A student or instructor of a season. `key` tells them apart; `version` is that of the name."""

    id: str
    season: str
    kind: PersonKind
    key: str
    name: Name
    version: int = 1


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with its people and its history, as it is kept."""

    season: str
    entry: Entry
    version: int
    standing: EntryStatus
    members: tuple[str, ...]
    """Person ids in the order of the entry's members."""
    instructors: tuple[str, ...]
    owner: str = ""
    """The account that keeps it; empty for records."""
    entrant: str = ""
    """The person behind that account, if a student keeps it."""
    team_code: str = ""
    """Whoever knows it may join the team while it is a draft."""
    approvals: tuple[str, ...] = ()
    """The levels that have approved it, in order."""
    later: Later = field(default_factory=Later)
    consents: tuple[Consent, ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()
    published: bool = True
    """Whether the other services know of it."""
    slots: tuple[str, ...] = ()
    """The places it takes in the limits of the season; no two entries hold the same one."""
    command: Mapping[str, str] = field(default_factory=dict)
    """Id and fingerprint of the request that made it."""
    school: tuple[str, ...] = ()
    """What its unit was called when it began to be its unit: judges read that nowhere."""


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """What a unit says of its season's work, and its scores once there are any, as it is kept."""

    season: str
    unit: str
    version: int
    submitted_at: int | None
    """When it was filed; None for a draft."""
    text: str
    items: Mapping[str, Decimal] = field(default_factory=dict)
    """The score of each item; none while it is not scored."""
    history: tuple[Mapping[str, Any], ...] = ()

    @property
    def total(self) -> Decimal:
        return sum(self.items.values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class Taught:
    """An instructor as entries name them, and the school of those entries."""

    instructor: str
    name: str
    unit: str


class SlotTaken(Exception):
    """Another entry took one of the places at this moment; look again."""


class Seasons(Protocol):
    async def find(self, season: str) -> Season | None: ...
    async def all(self) -> list[Season]: ...
    async def add(self, season: Season, events: Sequence[IntegrationEvent]) -> bool: ...
    async def amend(self, season: Season, amendment: Amendment, events: Sequence[IntegrationEvent]) -> None: ...


class Units(Protocol):
    async def of(self, season: str) -> dict[str, Unit]: ...
    async def find(self, season: str, unit: str) -> Unit | None: ...
    async def save(self, season: str, units: Iterable[Unit]) -> int: ...


class People(Protocol):
    async def enter(self, season: str, key: str, name: Name, command: Command) -> str: ...
    async def settle(
        self, season: str, wanted: Mapping[tuple[PersonKind, str], Name]
    ) -> dict[tuple[PersonKind, str], str]: ...
    async def known(
        self, season: str, wanted: Iterable[tuple[PersonKind, str]]
    ) -> dict[tuple[PersonKind, str], str]: ...
    async def has_account(self, person: str) -> bool: ...
    async def of_school(self, season: str, unit: str) -> list[Person]: ...
    async def find(self, person: str) -> Person | None: ...
    async def rename(
        self, person: Person, name: Name, events: Sequence[IntegrationEvent], *, key: str = ""
    ) -> None: ...


class Entries(Protocol):
    async def find(self, season: str, entry: str) -> StoredEntry | None: ...
    async def named(self, season: str, entries: Iterable[str]) -> list[StoredEntry]: ...
    async def of(self, season: str) -> dict[str, StoredEntry]: ...
    async def with_people(self, season: str, people: Iterable[str]) -> list[StoredEntry]: ...
    async def by_team_code(self, season: str, code: str) -> StoredEntry | None: ...
    async def by_command(self, season: str, command: str) -> StoredEntry | None: ...
    async def instructors(self, season: str) -> list[Taught]: ...
    async def present(self, season: str, entries: Iterable[str]) -> set[str]: ...
    async def holders(self, slots: Iterable[str]) -> dict[str, str]: ...
    def standing_at(self, season: str, standings: Iterable[EntryStatus]) -> AsyncIterator[StoredEntry]: ...
    def with_lapsed_consents(self, season: str) -> AsyncIterator[StoredEntry]: ...
    async def add(self, entries: Iterable[tuple[StoredEntry, Sequence[IntegrationEvent]]]) -> int: ...
    async def enter(self, entry: StoredEntry, events: Sequence[IntegrationEvent], *, until: int | None) -> bool: ...
    async def save(
        self,
        entry: StoredEntry,
        events: Sequence[IntegrationEvent],
        note: Mapping[str, Any],
        *,
        until: int | None = None,
    ) -> None: ...


class Summaries(Protocol):
    async def save(self, season: str, summaries: Iterable[Summary]) -> int: ...
    async def find(self, season: str, unit: str) -> StoredSummary | None: ...
    async def of(self, season: str) -> dict[str, StoredSummary]: ...
    async def keep(
        self,
        summary: StoredSummary,
        events: Sequence[IntegrationEvent],
        note: Mapping[str, Any],
        *,
        until: int | None = None,
    ) -> None: ...


class Media(Protocol):
    async def of(self, season: str) -> dict[str, MediaItem]: ...
    async def save(self, season: str, items: Iterable[MediaItem]) -> int: ...
    async def forget(self, season: str, entry: str) -> None: ...


class Reports(Protocol):
    async def keep(self, season: str, file: str, report: Mapping[str, Any]) -> None: ...


class Audit(Protocol):
    """The audit log: appended to, never changed."""

    async def note(
        self,
        what: str,
        *,
        account: str = "",
        season: str = "",
        facts: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> None: ...


class Clock(Protocol):
    async def now(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Store:
    """All of it, as the composition root hands it to the use cases."""

    seasons: Seasons
    units: Units
    people: People
    entries: Entries
    summaries: Summaries
    reports: Reports
    clock: Clock
    media: Media
