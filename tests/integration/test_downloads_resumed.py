"""A bulk download whose process stopped in the middle is taken up by another, and is the same file."""

import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.certificates.adapters.downloads import STALE_SECONDS, Download, Downloads, Part
from services.certificates.adapters.store import MongoCertificates
from services.certificates.application.archive import Names, names_of
from services.certificates.domain.documents import KINDS, Certificate
from services.certificates.entrypoints import downloading
from services.certificates.entrypoints.downloading import Downloading
from shared.errors import InvalidState, NotFound, Unavailable
from shared.mongo import Mongo
from shared.season.text import Text
from tests.support.installation import Servers
from tests.support.waiting import eventually_async
from tests.unit.test_certificate_documents import certificate

COUNT = 35


class Words:
    """In place of documents: what they would be called. It stops after so many."""

    def __init__(self, most: int = 10**6) -> None:
        self.left = most

    def address(self, certificate: Certificate) -> str:
        return f"https://laurel.example/v/{certificate.token}"

    async def many(self, some: Sequence[Certificate]) -> list[bytes]:
        self.left -= len(some)
        if self.left < 0:
            raise OSError("the process dies here")
        return [certificate.serial.encode() * 100 for certificate in some]


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    made = Mongo(servers.mongo_url, f"downloads{uuid4().hex[:8]}")
    yield made
    await made.client.drop_database(made.database.name)
    made.close()


async def _whole(downloads: Downloads, job: Download) -> bytes:
    done = await downloads.find(job.season, job.id)
    return b"".join([part async for part in downloads.content(done)])


async def named(_: str) -> Names:
    """What the files of these tests are called."""
    return names_of({}, {kind: kind for kind in KINDS}, "none", "zh")


async def test_what_stopped_goes_on_where_it_stopped(mongo: Mongo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "STRETCH", 10)
    certificates, downloads = MongoCertificates(mongo), Downloads(mongo)
    people = [
        replace(
            certificate(name=Text(zh=f"测试{number}")),
            id=f"c{number}",
            recipient=f"p{number}",
            serial=f"LHAI25-CS-{number:06d}-02",
            token=f"t{number}",
        )
        for number in range(1, COUNT + 1)
    ]
    await certificates.issue(people)

    async def begun() -> Download:
        return await downloads.begin("season", "account", "zip", {}, "reason", COUNT, crop=False)

    async def state(job: Download) -> Download:
        return await downloads.find("season", job.id)

    def runner(words: Words) -> Downloading:
        return Downloading(downloads, certificates, words, named)  # type: ignore[arg-type]

    straight = await begun()
    runner(Words()).begin(straight)

    async def finished(job: Download) -> None:
        assert (await state(job)).state == "done"

    await eventually_async(lambda: finished(straight))

    broken = await begun()
    first = runner(Words(25))
    first.begin(broken)

    async def stopped() -> None:
        assert (await state(broken)).parts == 2
        assert not first._tasks

    await eventually_async(stopped)
    assert (await state(broken)).state == "working"
    second = runner(Words())
    assert await second.take_up() == 0, "somebody may still be at work"
    stale: Any = {"$set": {"alive": (await _alive(mongo, broken)) - timedelta(seconds=STALE_SECONDS + 1)}}
    await mongo.database["downloads"].update_one({"_id": broken.id}, stale)
    assert await second.take_up() == 1
    await eventually_async(lambda: finished(broken))

    whole = await _whole(downloads, broken)
    assert len(whole) == (await state(broken)).size
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        documents = [name for name in archive.namelist() if name.endswith(".pdf")]
        assert len(documents) == len(set(documents)) == COUNT
        rows = archive.read("index.csv").decode("utf-8-sig").splitlines()[1:]
        assert [row.split(",")[0] for row in rows] == [str(number) for number in range(1, COUNT + 1)]
    with zipfile.ZipFile(io.BytesIO(await _whole(downloads, straight))) as archive:
        assert [name for name in archive.namelist() if name.endswith(".pdf")] == documents


async def test_what_ends_its_process_twice_is_set_aside_until_it_is_asked_for_again(mongo: Mongo) -> None:
    certificates, downloads = MongoCertificates(mongo), Downloads(mongo)
    await certificates.issue([certificate(name=Text(zh="测试"))])
    job = await downloads.begin("season", "account", "zip", {}, "reason", 1, crop=False)

    async def died(further: bool) -> None:
        """A process that began to work on it and was gone."""
        await downloads.attempts.at(job.id, "working").__aenter__()
        if further:
            await mongo.database["downloads"].update_one({"_id": job.id}, {"$set": {"attempts": 0}})

    async def ended(state: str) -> None:
        assert (await downloads.find("season", job.id)).state == state

    for further in (True, False, False):
        await died(further)
    runner = Downloading(downloads, certificates, Words(), named)  # type: ignore[arg-type]
    runner.begin(job)
    await eventually_async(lambda: ended("failed"))
    aside = await downloads.find("season", job.id)
    assert (aside.set_aside, aside.problem) == (True, "job-set-aside")
    assert [aside.id for aside in await downloads.attempts.aside()] == [job.id]
    assert await runner.take_up() == 0

    runner.begin(await downloads.retry(aside))
    await eventually_async(lambda: ended("done"))
    with pytest.raises(InvalidState, match="job-not-set-aside"):
        await downloads.retry(aside)
    assert await downloads.attempts.aside() == []


async def test_a_job_that_another_process_took_is_left_to_it(mongo: Mongo) -> None:
    here, there = Downloads(mongo), Downloads(mongo)
    job = await here.begin("season", "account", "zip", {}, "reason", 1, crop=False)
    await mongo.database["downloads"].update_one({"_id": job.id}, {"$set": there.attempts.mine})

    async with here.attempts.at(job.id, "working") as mine:
        assert not mine
    async with there.attempts.at(job.id, "working") as mine:
        assert mine


async def test_what_is_no_fault_of_the_job_is_not_counted(mongo: Mongo) -> None:
    downloads = Downloads(mongo)
    job = await downloads.begin("season", "account", "zip", {}, "reason", 1, crop=False)

    for _ in range(5):
        with pytest.raises(Unavailable):
            async with downloads.attempts.at(job.id, "working"):
                raise Unavailable("engine-stopped")


async def test_a_stretch_that_was_stored_before_the_crash_counts(mongo: Mongo) -> None:
    downloads = Downloads(mongo)
    job = await downloads.begin("season", "account", "zip", {}, "reason", 2, crop=False)
    first = await downloads.keep_part(job, Part((), (), 3), b"one", "A", 1)

    with pytest.raises(NotFound):
        await downloads.keep_part(job, Part((), (), 5), b"other", "B", 2)
    crashed = {"parts": 0, "size": 0, "after": "", "done": 0}
    await mongo.database["downloads"].update_one({"_id": job.id}, {"$set": crashed})
    again = await downloads.keep_part(job, Part((), (), 5), b"other", "B", 2)

    assert again == first
    assert await _whole(downloads, again) == b"one"
    assert await mongo.database["download_pieces"].count_documents({}) == 1, "nothing is left behind"


async def _alive(mongo: Mongo, job: Download) -> Any:
    document = await mongo.database["downloads"].find_one({"_id": job.id})
    assert document
    return document["alive"]
