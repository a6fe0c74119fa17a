"""Works: which files are taken, which version counts, and when it is locked."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from services.registration.application import works as module
from services.registration.application.direct import submit_entry
from services.registration.application.entering import submit
from services.registration.application.forms import Applicant
from services.registration.application.ports import StoredEntry
from services.registration.application.works import (
    MIB,
    Work,
    check_announced,
    files_missing,
    lock_due,
    remove_file,
    take_in,
)
from services.registration.domain.entries import Later
from services.registration.domain.works import WorkFile, checked_name
from shared.errors import Invalid, LaurelError, Unavailable
from shared.events.registration import WorkLockedV1
from shared.states import EntryStatus
from tests.support.refusals import refused
from tests.support.registered import CLOSES, OPEN, Registered, form, mate, registered
from tests.support.rules import season_rules

WORKS = {"A": {"files": ["1", "2"], "types": ["pdf", "image", "text"], "max_mib": "2"}}
PDF = frozenset({".pdf"})


@dataclass(frozen=True)
class Upload:
    """A finished upload."""

    id: str = "u1"
    name: str = "a.pdf"
    size: int = 3


async def begun(**changes: Any) -> tuple[Registered, StoredEntry]:
    each_registered = await registered(season_rules(works=WORKS, **changes))
    return each_registered, await each_registered.drafted()


async def sent(
    registered: Registered,
    entry: StoredEntry,
    upload: Upload = Upload(),
    looks: frozenset[str] = PDF,
    head: bytes = b"",
) -> WorkFile:
    return await take_in(
        await registered.season(), entry, upload, "0" * 64, looks, head, registered.works, registered.store
    )


async def work_of(registered: Registered, entry: StoredEntry) -> Work:
    work = await registered.works.find(registered.id, entry.entry.entry)
    assert work
    return work


@pytest.mark.parametrize(("standing", "taken"), [
    (EntryStatus.DRAFT, True), (EntryStatus.PENDING, True), (EntryStatus.VALID, True), (EntryStatus.RETURNED, True),
    (EntryStatus.WITHDRAWN, False), (EntryStatus.CONSENT_WITHDRAWN, False), (EntryStatus.REJECTED, False),
])  # fmt: skip
async def test_files_are_taken_while_the_entry_is_there(standing: EntryStatus, taken: bool) -> None:
    registered, entry = await begun()
    entry = replace(entry, standing=standing)
    if taken:
        assert check_announced(await registered.season(), entry, "a.pdf", 1) == "a.pdf"
    else:
        with refused("entry-gone"):
            check_announced(await registered.season(), entry, "a.pdf", 1)
        with refused("entry-gone"):
            await sent(registered, entry)


async def test_a_track_without_files_takes_none() -> None:
    registered, _ = await begun()
    entry = await registered.drafted(await registered.student("本"), track="B")
    with refused("no-files-here"):
        check_announced(await registered.season(), entry, "a.pdf", 1)
    assert await files_missing(await registered.season(), entry, registered.works) == 0


NAMES: list[tuple[str, int, type[LaurelError] | None, str]] = [
    ("a.pdf", 2 * MIB, None, "a.pdf"),
    ("a.pdf", 1, None, "a.pdf"),
    ("a.pdf", 2 * MIB + 1, Invalid, "file-size"),
    ("a.pdf", 0, Invalid, "file-size"),
    ("a.exe", 1, Invalid, "file-type"),
    ("a.mp4", 1, Invalid, "file-type"),
    ("a", 1, Invalid, "file-name"),
    (".pdf", 1, Invalid, "file-name"),
    ("a.", 1, Invalid, "file-name"),
    ("C:\\x\\b.PNG", 1, None, "b.PNG"),
    ("../../c\x00.md", 1, None, "c.md"),
    ('d<>:"|?*.py', 1, None, "d_______.py"),
]


@pytest.mark.parametrize(("name", "size", "kind", "said"), NAMES)
async def test_a_file_has_a_name_a_type_and_a_size(
    name: str, size: int, kind: type[LaurelError] | None, said: str
) -> None:
    registered, entry = await begun()
    if kind is None:
        assert check_announced(await registered.season(), entry, name, size) == said
    else:
        with refused(said, kind):
            check_announced(await registered.season(), entry, name, size)


def test_a_long_name_keeps_its_extension() -> None:
    assert checked_name("x" * 200 + ".pdf") == "x" * 117 + ".pdf"


async def test_each_file_makes_a_version_and_one_of_the_same_name_takes_its_place() -> None:
    registered, entry = await begun()
    assert await files_missing(await registered.season(), entry, registered.works) == 1
    first = await sent(registered, entry)
    assert first == WorkFile("a.pdf", "u1", 3, "0" * 64, "application/pdf", OPEN, True)
    assert await sent(registered, entry) == first, "the same upload again"
    registered.clock.at += 5
    second = await sent(registered, entry, Upload("u2", "a.pdf", 4))
    third = await sent(registered, entry, Upload("u3", "b.md", 4), frozenset(), b"# text")

    work = await work_of(registered, entry)
    assert [(version.number, version.files, version.in_time) for version in work.versions] == [
        (1, (first,), True),
        (2, (second,), True),
        (3, (second, third), True),
    ]
    assert third.media_type == "text/markdown"
    assert await files_missing(await registered.season(), entry, registered.works) == 0
    with refused("file-count", Invalid, most=2):
        await sent(registered, entry, Upload("u4", "c.pdf", 4))


CONTENTS: list[tuple[str, frozenset[str], bytes, bool]] = [
    ("a.pdf", PDF, b"", True),
    ("a.pdf", frozenset({".png"}), b"", False),
    ("a.pdf", frozenset(), b"", False),
    ("a.jpg", frozenset({".jfif"}), b"", True),
    ("a.txt", frozenset(), "文".encode()[:-1], True),
    ("a.txt", frozenset(), b"\xff\xff\xff\xff\xff", False),
    ("a.txt", frozenset({".html"}), b"<html>", False),
    ("a.py", frozenset(), b"#!/bin/sh", False),
    ("a.txt", frozenset(), b"a\0b", False),
]


@pytest.mark.parametrize(("name", "looks", "head", "right"), CONTENTS)
async def test_the_content_is_what_the_name_says(name: str, looks: frozenset[str], head: bytes, right: bool) -> None:
    registered, entry = await begun()
    if right:
        assert (await sent(registered, entry, Upload(name=name), looks, head)).name == name
    else:
        with refused("file-content", Invalid):
            await sent(registered, entry, Upload(name=name), looks, head)
        assert await registered.works.find(registered.id, entry.entry.entry) is None


async def test_there_is_an_end_to_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    registered, entry = await begun()
    monkeypatch.setattr(module, "MOST_VERSIONS", 2)
    await sent(registered, entry)
    await sent(registered, entry, Upload("u2"))
    with refused("versions-many", most=2):
        await sent(registered, entry, Upload("u3"))


@pytest.mark.parametrize(("now", "passes", "extended", "in_time"), [
    (CLOSES, 0, None, True), (CLOSES + 1, 0, None, False), (CLOSES, 1, None, False), (CLOSES + 1, 0, CLOSES + 1, True),
])  # fmt: skip
async def test_what_comes_late_is_kept_as_late(now: int, passes: int, extended: int | None, in_time: bool) -> None:
    registered, entry = await begun()
    entry = replace(entry, later=Later(extended))
    registered.clock.at, registered.clock.passes = now, passes
    received = await sent(registered, entry)
    assert (received.in_time, received.received_at) == (in_time, now)
    (version,) = (await work_of(registered, entry)).versions
    assert (version.in_time, version.files) == (in_time, (received,))


async def test_a_late_file_changes_nothing_of_those_that_came_in_time() -> None:
    registered, entry = await begun()
    first = await sent(registered, entry)
    registered.clock.at = CLOSES + 1
    late = await sent(registered, entry, Upload("u2", "b.pdf"))
    versions = (await work_of(registered, entry)).versions
    assert versions[1].files == (first, late)
    assert [file.in_time for file in versions[1].files] == [True, False]


@pytest.mark.parametrize(("now", "passes", "taken"), [(CLOSES, 0, True), (CLOSES + 1, 0, False), (CLOSES, 1, False)])
async def test_a_file_is_removed_until_the_deadline_and_earlier_versions_stay(
    now: int, passes: int, taken: bool
) -> None:
    registered, entry = await begun()
    await sent(registered, entry)
    registered.clock.at, registered.clock.passes = now, passes
    season = await registered.season()
    with refused("no-such-file"):
        await remove_file(season, entry, "b.pdf", registered.works, registered.store)
    if not taken:
        with refused("deadline-passed"):
            await remove_file(season, entry, "a.pdf", registered.works, registered.store)
        return
    await remove_file(season, entry, "a.pdf", registered.works, registered.store)
    work = await work_of(registered, entry)
    assert [(version.number, len(version.files), version.in_time) for version in work.versions] == [
        (1, 1, True),
        (2, 0, True),
    ]


@pytest.mark.parametrize("standing", [EntryStatus.PENDING, EntryStatus.VALID])
async def test_what_an_entry_that_is_handed_in_needs_is_not_removed(standing: EntryStatus) -> None:
    registered, entry = await begun()
    await sent(registered, entry)
    entry = replace(entry, standing=standing)
    with refused("file-needed"):
        await remove_file(await registered.season(), entry, "a.pdf", registered.works, registered.store)
    await sent(registered, entry, Upload("u2", "b.pdf"))
    await remove_file(await registered.season(), entry, "a.pdf", registered.works, registered.store)
    assert [file.name for file in (await work_of(registered, entry)).files] == ["b.pdf"]


async def test_an_entry_is_handed_in_with_the_files_that_its_track_needs() -> None:
    registered, entry = await begun()
    season = await registered.season()
    with refused("files-missing", count=1):
        await submit(season, entry, OPEN, registered.works, registered.store, by="acc")
    await sent(registered, entry)
    assert (await submit(season, entry, OPEN, registered.works, registered.store, by="acc")).standing == "pending"


@pytest.mark.parametrize("paper", [True, False])
async def test_a_program_that_lacks_files_leaves_a_draft_with_the_consents_that_it_states(paper: bool) -> None:
    registered, _ = await begun(acceptance="submission")
    by = Applicant("office", "", "P01", for_school=True) if paper else await registered.student("本")
    changes: dict[str, Any] = {"mates": (mate(),)} if paper else {}
    command, season = registered.command(), await registered.season()
    entry = await submit_entry(season, by, form(**changes), paper=paper, command=command, store=registered.store)
    assert (entry.standing, entry.published, entry.entry.submitted_at) == ("draft", False, None)
    await sent(registered, entry)
    handed_in = await submit(season, entry, OPEN, registered.works, registered.store, by="acc")
    assert (handed_in.standing, [consent.method for consent in handed_in.consents]) == (
        "valid",
        ["paper" if paper else "own"],
    )


async def test_nothing_is_removed_where_there_is_nothing() -> None:
    registered, entry = await begun()
    with refused("no-such-file"):
        await remove_file(await registered.season(), entry, "a.pdf", registered.works, registered.store)


async def test_who_sends_at_the_same_moment_hears_of_it() -> None:
    registered, entry = await begun()
    await sent(registered, entry)
    read = await work_of(registered, entry)
    await sent(registered, entry, Upload("u2"))

    class Slow:
        """Reads what was there before somebody else wrote."""

        def __getattr__(self, name: str) -> Any:
            return getattr(registered.works, name)

        async def find(self, *_: str) -> Work:
            return read

    with refused("changed-meanwhile", Unavailable):
        await take_in(await registered.season(), entry, Upload("u3"), "", PDF, b"", Slow(), registered.store)


async def test_after_the_deadline_the_last_version_in_time_is_told() -> None:
    registered, entry = await begun()
    await sent(registered, entry)
    counted = await sent(registered, entry, Upload("u2", "b.pdf", 7))
    registered.clock.at = CLOSES
    assert await lock_due(registered.works, registered.store) == 0
    registered.clock.at = CLOSES + 1
    await sent(registered, entry, Upload("u3", "b.pdf", 9))

    assert await lock_due(registered.works, registered.store) == 1
    assert await lock_due(registered.works, registered.store) == 0

    (told,) = registered.told.of(WorkLockedV1)
    assert (told.entry, told.version, told.locked_at) == (entry.entry.entry, 2, CLOSES + 1)
    assert [(file.number, file.size, file.media_type) for file in told.files] == [
        (1, 3, "application/pdf"),
        (2, 7, "application/pdf"),
    ]
    assert counted.in_time
    assert (await work_of(registered, entry)).locked == 2


async def test_an_extension_locks_later_and_what_came_late_alone_never() -> None:
    registered, entry = await begun()
    await sent(registered, entry)
    extended = replace(entry, version=2, later=Later(CLOSES + 9))
    await registered.entries.save(extended, [], {"what": "extension"})
    late = await registered.drafted(await registered.student("本"))
    registered.clock.at = CLOSES + 9
    await sent(registered, late, Upload("u9"))
    assert await lock_due(registered.works, registered.store) == 0
    registered.clock.at = CLOSES + 10
    assert await lock_due(registered.works, registered.store) == 1
    assert [event.entry for event in registered.told.of(WorkLockedV1)] == [entry.entry.entry]


async def test_works_of_seasons_on_paper_are_locked_by_nobody() -> None:
    each_registered = await registered(season_rules(works=WORKS), mode="records")
    entry = await each_registered.drafted()
    await sent(each_registered, entry)
    each_registered.clock.at = CLOSES + 1
    assert await lock_due(each_registered.works, each_registered.store) == 0
