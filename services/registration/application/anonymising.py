"""Copies for judges: made when a judge asks or when a work is locked, looked at by the organizer where that is needed."""

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Protocol

from services.registration.application.ports import Season, Store
from services.registration.application.works import Work
from services.registration.domain.anonymised_files import Copy, Release, release
from services.registration.domain.works import WorkFile, counting_version
from shared.errors import NotFound, Unavailable

AT_ONCE = 50
"""Works of a season whose copies are prepared in one go."""


class CopyStore(Protocol):
    async def find(self, upload: str, names: Collection[str] | None = None) -> Copy | None: ...
    async def make(
        self, season: str, entry: str, file: WorkFile, names: Collection[str], patience: float | None = None
    ) -> Copy: ...
    async def release(self, copy: Copy, decision: Release) -> None: ...
    async def held(self, season: str) -> list[Copy]: ...


class LockedWorks(Protocol):
    def uncopied(self, season: str, most: int) -> AsyncIterator[Work]: ...
    async def were_copied(self, work: Work) -> None: ...


class Logins(Protocol):
    async def logins(self, people: Collection[str]) -> list[str]: ...


async def names_to_look_for(season: str, entry: str, store: Store, logins: Logins) -> frozenset[str]:
    """What a copy of this entry's files must not say: its people, their login names, its school."""
    stored = await store.entries.find(season, entry)
    if stored is None:
        return frozenset()
    unit = await store.units.find(season, stored.entry.unit)
    names = {name for member in stored.entry.members for name in (member.name.zh, member.name.en)}
    names |= {instructor.name for instructor in stored.entry.instructors}
    names |= {unit.name_zh, unit.name_en} if unit else set()
    names |= set(await logins.logins((*stored.members, *stored.instructors)))
    return frozenset(names - {""})


async def copy_of(
    season: str,
    entry: str,
    file: WorkFile,
    copies: CopyStore,
    store: Store,
    logins: Logins,
    *,
    patience: float | None = None,
) -> Copy:
    """The copy of a file, made now if there is none yet, or if names of the entry were corrected since.

    Raises:
        Unavailable: it is being made, and that takes longer than so many seconds.
    """
    names = await names_to_look_for(season, entry, store, logins)
    return await copies.find(file.upload, names) or await copies.make(season, entry, file, names, patience)


async def prepare_locked(works: LockedWorks, copies: CopyStore, store: Store, logins: Logins) -> int:
    """Copies of works whose deadline has passed, so that the organizer knows what to look at before judges ask.

    Seasons side by side; a work of which a copy cannot be made now comes again. Returns how many works were prepared.
    """
    seasons = [season for season in await store.seasons.all() if season.mode == "live" and season.rules.works]
    return sum(await asyncio.gather(*(_prepare(season, works, copies, store, logins) for season in seasons)))


async def _prepare(season: Season, works: LockedWorks, copies: CopyStore, store: Store, logins: Logins) -> int:
    done = 0
    async for work in works.uncopied(season.id, AT_ONCE):
        counts = counting_version(work.versions)
        try:
            for file in counts.files if counts else ():
                await copy_of(season.id, work.entry, file, copies, store, logins)
        except Unavailable:
            continue
        await works.were_copied(work)
        done += 1
    return done


async def release_copy(
    season: Season, upload: str, account: str, login: str, note: str, copies: CopyStore, store: Store
) -> Copy:
    """Let judges have a file that the organizer looked at; who did, when, and the note stay on record.

    Raises:
        NotFound: there is no such file in the season.
        Invalid: the note is missing or too long.
        InvalidState: judges get the file already.
    """
    copy = await copies.find(upload)
    if copy is None or copy.season != season.id:
        raise NotFound("no-such-file")
    await copies.release(copy, release(copy, account, login, await store.clock.now(), note))
    return copy
