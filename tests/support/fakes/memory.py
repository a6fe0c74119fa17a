"""What `shared.mongo` promises of documents, in memory: versions, unique values, writes until a moment, events told."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.errors import Unavailable
from shared.events.base import IntegrationEvent
from shared.mongo import TooLate, VersionConflict

T = TypeVar("T")
E = TypeVar("E", bound=IntegrationEvent)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.passes = 0
        """Microseconds that go by between a reading of the clock and a write."""

    async def now(self) -> int:
        return self.at

    def check(self, key: str, until: int | None) -> None:
        """Raises TooLate for a write after `until`."""
        if until is not None and self.at + self.passes > until:
            raise TooLate(key)


class Told:
    """The events that were stored with their documents, in order."""

    def __init__(self) -> None:
        self.events: list[IntegrationEvent] = []

    def keep(self, events: Iterable[IntegrationEvent]) -> None:
        """Note them as the outbox does: what could not be written as JSON fails here."""
        self.events += [type(event).model_validate_json(event.model_dump_json(by_alias=True)) for event in events]

    def of(self, kind: type[E]) -> list[E]:
        """Those of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def subjects(self) -> list[str]:
        return [event.SUBJECT for event in self.events]

    def forget(self) -> None:
        """From now on only what follows."""
        self.events.clear()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the audit log."""

    what: str
    account: str
    season: str
    facts: Mapping[str, Any]
    private: Mapping[str, Any]


class Audit:
    """The audit log, as a list."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    async def note(
        self,
        what: str,
        *,
        account: str = "",
        season: str = "",
        facts: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> None:
        self.lines.append(Line(what, account, season, facts or {}, private or {}))

    def whats(self) -> list[str]:
        return [line.what for line in self.lines]


class Streams:
    """Streams of which a test says whether something was lost on the way."""

    def __init__(self) -> None:
        self.lost = ""

    async def require_whole(self) -> None:
        if self.lost:
            raise Unavailable("events-missing", streams=self.lost)


class Taken(Exception):
    """Another document has this value of a unique index."""


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T
    version: int


class Collection(Generic[T]):
    """Values by key, each with a version that every change moves on."""

    def __init__(self, clock: Clock, told: Told, unique: Callable[[T], Iterable[str]] = lambda _: ()) -> None:
        self._clock, self._told, self._unique = clock, told, unique
        self._kept: dict[str, _Kept[T]] = {}
        self._owners: dict[str, str] = {}
        """Who has which unique value."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.values())

    def values(self) -> list[T]:
        """In the order of their keys."""
        return [self._kept[key].value for key in sorted(self._kept)]

    def items(self) -> Mapping[str, T]:
        return {key: self._kept[key].value for key in sorted(self._kept)}

    def find(self, key: str) -> T | None:
        kept = self._kept.get(key)
        return kept.value if kept else None

    def version(self, key: str) -> int:
        """0 where there is none."""
        return self._kept[key].version if key in self._kept else 0

    def create(
        self, key: str, value: T, events: Sequence[IntegrationEvent] = (), *, version: int = 1, until: int | None = None
    ) -> bool:
        """Store something new; False where the key is given.

        Raises:
            TooLate: the clock is past `until`.
            Taken: another one has a value that may be there once only.
        """
        self._clock.check(key, until)
        if key in self._kept:
            return False
        self._set(key, value, version)
        self._told.keep(events)
        return True

    def change(
        self, key: str, version: int, value: T, events: Sequence[IntegrationEvent] = (), *, until: int | None = None
    ) -> None:
        """Replace it if it still has this version.

        Raises:
            VersionConflict: it moved on, or is gone.
            TooLate: the clock is past `until`.
            Taken: another one has a value that may be there once only.
        """
        if self.version(key) != version:
            raise VersionConflict(key)
        self._clock.check(key, until)
        self._set(key, value, version + 1)
        self._told.keep(events)

    def put(self, key: str, value: T) -> None:
        """Write it whatever was there, as an update that asks for no version."""
        self._set(key, value, self.version(key) or 1)

    def remove(self, key: str) -> None:
        self._free(key)
        self._kept.pop(key, None)

    def _set(self, key: str, value: T, version: int) -> None:
        mine = list(self._unique(value))
        if any(self._owners.get(item, key) != key for item in mine):
            raise Taken(key)
        self._free(key)
        self._owners.update(dict.fromkeys(mine, key))
        self._kept[key] = _Kept(value, version)

    def _free(self, key: str) -> None:
        if key in self._kept:
            for item in self._unique(self._kept[key].value):
                self._owners.pop(item, None)


class Newest(Generic[T]):
    """What another service told, in its newest version, whatever the order of arrival."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept[T]] = {}

    def keep(self, key: str, version: int, value: T) -> None:
        if key not in self._kept or self._kept[key].version < version:
            self._kept[key] = _Kept(value, version)

    def values(self) -> list[T]:
        return [self._kept[key].value for key in sorted(self._kept)]

    def find(self, key: str) -> T | None:
        kept = self._kept.get(key)
        return kept.value if kept else None

    def version(self, key: str) -> int:
        return self._kept[key].version if key in self._kept else 0
