"""Copies for judges on a real MongoDB: made by one at a time, tried twice, made again for other names, gone with the file."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.registration.adapters import anonymised_files as kept
from services.registration.adapters.anonymised_files import Copies
from services.registration.adapters.anonymising.making import Outcome, make_copy
from services.registration.adapters.uploads import Uploads
from services.registration.application import anonymising
from services.registration.application.works import Work
from services.registration.domain.works import WorkFile, WorkVersion
from shared import limited
from shared.errors import NotFound, Unavailable
from shared.mongo import Mongo
from tests.support.installation import Servers

TEXT = "灯塔 Lighthouse\n".encode()


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    each_mongo = Mongo(servers.mongo_url, f"copies{uuid4().hex[:8]}")
    yield each_mongo
    await each_mongo.client.drop_database(each_mongo.database.name)
    each_mongo.close()


@pytest.fixture
def uploads(mongo: Mongo) -> Uploads:
    return Uploads(mongo)


@pytest.fixture
def copies(mongo: Mongo, uploads: Uploads) -> Copies:
    return Copies(mongo, uploads)


async def sent(uploads: Uploads, content: bytes = TEXT, name: str = "a.txt") -> WorkFile:
    upload = await uploads.begin("s", "e", "a", name, len(content))
    await uploads.keep(upload.id, _once(content))
    await uploads.finish(upload.id)
    return WorkFile(name, upload.id, len(content), "", "text/plain", 1, in_time=True)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def pieces(mongo: Mongo) -> int:
    return int(await mongo.database["upload_pieces"].count_documents({}))


async def test_a_file_that_ends_its_child_is_tried_once_more_and_then_held(
    copies: Copies, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, tries = await sent(uploads), list[int]()

    async def ended(*_: Any, **__: Any) -> Outcome:
        tries.append(1)
        raise limited.Exceeded

    monkeypatch.setattr(limited, "run", ended)

    with pytest.raises(Unavailable, match="copy-being-made"):
        await copies.make("s", "e", file, [])
    copy = await copies.make("s", "e", file, [])

    assert (copy.state, copy.reason, len(tries)) == ("held", "costly", 2)
    assert await copies.find(file.upload) == copy
    assert (await copies.make("s", "e", file, [])).reason == "costly"
    assert len(tries) == 2


async def test_a_process_that_ended_gives_way_when_its_lease_is_over(
    mongo: Mongo, copies: Copies, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await sent(uploads)
    await copies._take("s", "e", file.upload)  # a process that begins and is never heard of again

    with pytest.raises(Unavailable, match="copy-being-made"):
        await copies.make("s", "e", file, [])
    assert await copies.find(file.upload) is None

    monkeypatch.setattr(kept, "LEASE_SECONDS", -1)
    await mongo.database["copies"].update_one({"_id": file.upload}, {"$unset": {"until": ""}})
    await copies._take("s", "e", file.upload)  # another one, at which the process ended again
    copy = await copies.make("s", "e", file, [])

    assert (copy.state, copy.reason) == ("held", "costly"), "it ended two processes"


async def test_what_is_no_fault_of_the_file_is_no_try(
    copies: Copies, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await sent(uploads)

    async def waits(*_: Any, **__: Any) -> Outcome:
        raise Unavailable("try-again")

    with monkeypatch.context() as patched:
        patched.setattr(limited, "run", waits)
        for _ in range(3):
            with pytest.raises(Unavailable, match="try-again"):
                await copies.make("s", "e", file, [])

    assert (await copies.make("s", "e", file, [])).state == "clean"


async def test_whoever_waits_no_longer_finds_the_copy_later(
    copies: Copies, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, begun, ending = await sent(uploads), list[int](), asyncio.Event()

    async def waits(_: Any, __: Path, target: Path, *___: Any, **____: Any) -> Outcome:
        begun.append(1)
        await ending.wait()
        await asyncio.to_thread(target.write_bytes, TEXT)
        return Outcome()

    monkeypatch.setattr(limited, "run", waits)
    for _ in range(2):
        with pytest.raises(Unavailable, match="copy-being-made"):
            await copies.make("s", "e", file, [], 0.05)
    ending.set()

    assert (await copies.make("s", "e", file, [], 5)).state == "clean"
    assert begun == [1]


async def test_a_corrected_name_is_looked_for_again(copies: Copies, uploads: Uploads) -> None:
    file = await sent(uploads)
    assert (await copies.make("s", "e", file, ["测试甲"])).state == "clean"
    assert await copies.find(file.upload, ["测试甲"])

    assert await copies.find(file.upload, ["Lighthouse"]) is None
    copy = await copies.make("s", "e", file, ["Lighthouse"])

    assert (copy.state, copy.reason) == ("held", "names")


async def test_a_file_that_is_removed_takes_its_copy_along(mongo: Mongo, copies: Copies, uploads: Uploads) -> None:
    file = await sent(uploads)
    await copies.make("s", "e", file, [])
    assert await pieces(mongo) == 2

    await uploads.remove(file.upload)

    assert await pieces(mongo) == 0
    assert await mongo.database["copies"].count_documents({}) == 0


async def test_a_file_that_is_removed_while_its_copy_is_made_leaves_nothing(
    mongo: Mongo, copies: Copies, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await sent(uploads)

    async def slow(_: Any, source: Path, target: Path, *__: Any, **___: Any) -> Outcome:
        await uploads.remove(file.upload)
        return await asyncio.to_thread(make_copy, source, target, ".txt", [])

    monkeypatch.setattr(limited, "run", slow)

    with pytest.raises(NotFound):
        await copies.make("s", "e", file, [])

    assert await pieces(mongo) == 0
    assert await mongo.database["copies"].count_documents({}) == 0


async def test_a_season_has_one_child_at_a_time_and_another_season_does_not_wait_for_it(
    copies: Copies, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ending = list[str](), asyncio.Event()

    async def waits(_: Any, source: Path, target: Path, *__: Any, **___: Any) -> Outcome:
        begun.append(await asyncio.to_thread(source.read_text))
        await ending.wait()
        await asyncio.to_thread(target.write_bytes, b"")
        return Outcome()

    monkeypatch.setattr(limited, "run", waits)
    files = [await sent(uploads, text) for text in (b"one", b"one", b"one", b"two")]
    seasons = ("s1", "s1", "s1", "s2")
    making = [
        asyncio.create_task(copies.make(season, "e", file, [])) for season, file in zip(seasons, files, strict=True)
    ]
    await asyncio.sleep(0.5)

    assert sorted(begun) == ["one", "two"]
    ending.set()
    assert [copy.state for copy in await asyncio.gather(*making)] == ["clean"] * 4


async def test_folders_of_processes_that_ended_are_removed(
    copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old, new = tmp_path / "copy-old", tmp_path / "copy-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "source").write_bytes(TEXT)
    os.utime(old, (0, 0))

    assert await copies.forget_folders() == 1

    assert (old.exists(), new.exists()) == (False, True)


class _Season:
    id = "s"
    mode = "live"

    class rules:  # noqa: N801 - in the place of the season's rules
        works = True


class _Locked:
    """Two works whose version is told."""

    def __init__(self, *files: WorkFile) -> None:
        self.works = [Work("s", file.upload, (WorkVersion(1, 1, (file,), in_time=True),), 1, 1) for file in files]
        self.done = list[str]()

    async def uncopied(self, season: str, most: int) -> AsyncIterator[Work]:
        for work in self.works[:most]:
            if season == work.season and work.entry not in self.done:
                yield work

    async def were_copied(self, work: Work) -> None:
        self.done.append(work.entry)


async def test_locked_works_are_prepared_and_one_that_is_being_made_keeps_no_other_from_it(
    copies: Copies, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await sent(uploads), await sent(uploads)
    locked, store = _Locked(first, second), _Store()
    monkeypatch.setattr(anonymising, "names_to_look_for", _nobody)
    await copies._take("s", "e", first.upload)  # another process is at it

    assert await anonymising.prepare_locked(locked, copies, store, store) == 1  # type: ignore[arg-type]

    assert locked.done == [second.upload]
    assert (await copies.find(second.upload)).state == "clean"  # type: ignore[union-attr]
    await copies._let_go(first.upload, 0)
    assert await anonymising.prepare_locked(locked, copies, store, store) == 1  # type: ignore[arg-type]
    assert await anonymising.prepare_locked(locked, copies, store, store) == 0  # type: ignore[arg-type]


async def _nobody(*_: Any) -> frozenset[str]:
    return frozenset()


class _Store:
    """As much of the store as preparing needs."""

    @property
    def seasons(self) -> "_Store":
        return self

    async def all(self) -> list[Any]:
        return [_Season]
