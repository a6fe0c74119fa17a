"""Works: taking a finished upload into the work, versions, receipts, and the version that is locked at the deadline."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.entries import CLOSED, EDITABLE, deadline
from services.registration.domain.works import (
    WorkFile,
    WorkVersion,
    check_content,
    checked_name,
    counting_version,
    files_lacking,
    media_type_of,
    with_file,
)
from shared.errors import Invalid, InvalidState
from shared.events.base import IntegrationEvent
from shared.events.registration import WorkLockedV1
from shared.season.rules import Works
from shared.season.time import to_unix_micros

MIB = 1024 * 1024
MOST_VERSIONS = 100


class Stored(Protocol):
    """An upload as it is stored."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...


class WorkStore(Protocol):
    async def find(self, season: str, entry: str) -> "Work | None": ...
    async def find_many(self, season: str, entries: Sequence[str]) -> "Mapping[str, Work]": ...
    async def save(
        self, work: "Work", version: WorkVersion, events: Sequence[IntegrationEvent], *, until: int | None
    ) -> bool: ...
    async def lock(self, work: "Work", number: int, events: Sequence[IntegrationEvent]) -> None: ...
    def unlocked(self, season: str) -> "AsyncIterator[Work]": ...
    def of_season(self, season: str) -> "AsyncIterator[Work]": ...


class Work:
    """The versions of an entry's work, oldest first; `revision` is that of the document."""

    __slots__ = ("entry", "locked", "revision", "season", "versions")

    def __init__(
        self, season: str, entry: str, versions: tuple[WorkVersion, ...] = (), revision: int = 0, locked: int = 0
    ) -> None:
        self.season, self.entry, self.versions = season, entry, versions
        self.revision, self.locked = revision, locked

    @property
    def files(self) -> tuple[WorkFile, ...]:
        """The files of the newest version."""
        return self.versions[-1].files if self.versions else ()


def rules_for(season: Season, stored: StoredEntry) -> Works:
    """What files this entry takes.

    Raises:
        InvalidState: its track has none, or the entry has left.
    """
    rules = season.rules.works.get(stored.entry.track)
    if rules is None:
        raise InvalidState("no-files-here")
    if stored.standing in CLOSED:
        raise InvalidState("entry-gone")
    return rules


def check_announced(season: Season, stored: StoredEntry, name: str, size: int) -> str:
    """Whether a file of this name and size may be sent; the name as it will be kept.

    Raises:
        Invalid: the name, the type or the size will not do.
        InvalidState: this entry takes no files now.
    """
    rules, plain = rules_for(season, stored), checked_name(name)
    media_type_of(plain, rules)
    if not 0 < size <= rules.max_mib * MIB:
        raise Invalid("file-size", most=rules.max_mib)
    return plain


async def take_in(
    season: Season,
    stored: StoredEntry,
    upload: Stored,
    digest: str,
    looks_like: frozenset[str],
    head: bytes,
    works: WorkStore,
    store: Store,
) -> WorkFile:
    """Make a finished upload a file of the work: a new version, in time or late by the database's clock.

    The same upload again changes nothing.

    Raises:
        Invalid: the content is not what the name says, or there are too many files.
        InvalidState: this entry takes no files now.
    """
    rules = rules_for(season, stored)
    check_content(upload.name, looks_like, head)
    work = await works.find(season.id, stored.entry.entry) or Work(season.id, stored.entry.entry)
    known = next((file for version in work.versions for file in version.files if file.upload == upload.id), None)
    if known:
        return known
    if len(work.versions) >= MOST_VERSIONS:
        raise InvalidState("versions-many", most=MOST_VERSIONS)
    last = deadline(season.rules, stored.later, season.final_at)
    now = await store.clock.now()
    received = WorkFile(
        upload.name, upload.id, upload.size, digest, media_type_of(upload.name, rules), now, in_time=True
    )
    return await _next_version(work, received, with_file(work.files, received, rules), last, works)


async def _next_version(
    work: Work, received: WorkFile, files: tuple[WorkFile, ...], last: int, works: WorkStore
) -> WorkFile:
    number = len(work.versions) + 1
    version = WorkVersion(number, received.received_at, files, in_time=True)
    if received.received_at <= last and await works.save(work, version, [], until=last):
        return received
    late = replace(received, in_time=False)
    files = tuple(late if file.upload == received.upload else file for file in files)
    await works.save(work, replace(version, files=files, in_time=False), [], until=None)
    return late


async def remove_file(season: Season, stored: StoredEntry, name: str, works: WorkStore, store: Store) -> None:
    """A new version without this file; the earlier versions stay.

    Raises:
        InvalidState: there is no such file, the entry is handed in and needs it, or the deadline has passed.
    """
    work = await works.find(season.id, stored.entry.entry)
    if work is None or not any(file.name == name for file in work.files):
        raise InvalidState("no-such-file")
    now, last = await store.clock.now(), deadline(season.rules, stored.later, season.final_at)
    files = tuple(file for file in work.files if file.name != name)
    if stored.standing not in EDITABLE and files_lacking(season.rules.works.get(stored.entry.track), files):
        raise InvalidState("file-needed")
    version = WorkVersion(len(work.versions) + 1, now, files, in_time=True)
    if now > last or not await works.save(work, version, [], until=last):
        raise InvalidState("deadline-passed")


async def files_missing(season: Season, stored: StoredEntry, works: WorkStore) -> int:
    """How many files this entry still needs before it can be handed in."""
    return (await files_missing_of(season, [stored], works))[stored.entry.entry]


async def files_missing_of(season: Season, entries: Sequence[StoredEntry], works: WorkStore) -> Mapping[str, int]:
    """How many files each of these entries still needs, by its number; one question for all of them."""
    needing = {
        stored.entry.entry: rules
        for stored in entries
        if (rules := season.rules.works.get(stored.entry.track)) and rules.files[0]
    }
    sent = await works.find_many(season.id, list(needing)) if needing else {}
    return {
        number: files_lacking(needing[number], sent[number].files if number in sent else ()) if number in needing else 0
        for number in (stored.entry.entry for stored in entries)
    }


async def lock_due(works: WorkStore, store: Store) -> int:
    """The sweeper: tell the version that counts of every work whose deadline has passed. Returns how many."""
    now, done = await store.clock.now(), 0
    for season in await store.seasons.all():
        if (
            season.mode != "live"
            or not season.rules.works
            or now <= to_unix_micros(season.rules.window("registration").closes)
        ):
            continue
        async for work in works.unlocked(season.id):
            stored = await store.entries.find(season.id, work.entry)
            counts = counting_version(work.versions)
            if stored is None or counts is None or now <= deadline(season.rules, stored.later, season.final_at):
                continue
            await works.lock(work, counts.number, _locked(work, counts, now))
            done += 1
    return done


def _locked(work: Work, counts: WorkVersion, now: int) -> list[IntegrationEvent]:
    return [
        WorkLockedV1.model_validate(
            {
                "season": work.season,
                "entry": work.entry,
                "version": counts.number,
                "files": [
                    {
                        "number": number,
                        "sha256": work_file.sha256,
                        "size": work_file.size,
                        "media_type": work_file.media_type,
                    }
                    for number, work_file in enumerate(counts.files, 1)
                ],
                "locked_at": now,
            }
        )
    ]
