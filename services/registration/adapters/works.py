"""The versions of works in MongoDB: appended to, never overwritten."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.registration.application.works import Work
from services.registration.domain.works import WorkFile, WorkVersion
from shared.events.base import IntegrationEvent
from shared.messaging.outbox import record_events
from shared.mongo import Mongo, TooLate, VersionConflict


class MongoWorks:
    """The port of the works."""

    def __init__(self, mongo: Mongo) -> None:
        self._works, self._clock = mongo.aggregates("works"), mongo.clock

    async def find(self, season: str, entry: str) -> Work | None:
        document = await self._works.find_one({"_id": f"{season}/{entry}"})
        return _work(document) if document else None

    async def find_many(self, season: str, entries: Sequence[str]) -> Mapping[str, Work]:
        """The works that there are of these entries, by the entry's number."""
        keys = [f"{season}/{entry}" for entry in entries]
        documents = await self._works.find({"_id": {"$in": keys}}).to_list(None)
        return {work.entry: work for work in map(_work, documents)}

    async def save(
        self, work: Work, version: WorkVersion, events: Sequence[IntegrationEvent], *, until: int | None
    ) -> bool:
        """Append a version, by the database's clock not after `until`; False where that has passed.

        Raises:
            VersionConflict: somebody else changed the work meanwhile.
        """
        key, told = f"{work.season}/{work.entry}", record_events(events)
        gate = None if until is None else await self._clock.gate(until)
        try:
            if work.revision:
                stored = {**asdict(version), "files": [asdict(file) for file in version.files]}
                await self._works.change(key, work.revision, {}, told, push={"versions": stored}, until=gate)
                return True
            document = {"_id": key, "season": work.season, "entry": work.entry, "locked": 0}
            versions = [{**asdict(version), "files": [asdict(file) for file in version.files]}]
            if not await self._works.create({**document, "versions": versions}, told, until=gate):
                raise VersionConflict(key)
        except TooLate:
            return False
        return True

    async def lock(self, work: Work, number: int, events: Sequence[IntegrationEvent]) -> None:
        """Note which version was told as the one that counts."""
        await self._works.change(
            f"{work.season}/{work.entry}", work.revision, {"locked": number}, record_events(events)
        )

    async def unlocked(self, season: str) -> AsyncIterator[Work]:
        """Works of a season of which no version has been told yet."""
        async for document in self._works.find_all({"season": season, "locked": 0}):
            yield _work(document)

    async def uncopied(self, season: str, most: int) -> AsyncIterator[Work]:
        """Some works whose version is told and whose copies for judges are not all made."""
        wanted = {"season": season, "locked": {"$gt": 0}, "copied": {"$exists": False}}
        for document in await self._works.find(wanted).limit(most).to_list(most):
            yield _work(document)

    async def were_copied(self, work: Work) -> None:
        """Note that the copies are made; the version of the work is as it was."""
        await self._works.collection.update_one({"_id": f"{work.season}/{work.entry}"}, {"$set": {"copied": True}})

    async def of_season(self, season: str) -> AsyncIterator[Work]:
        """All works of a season."""
        async for document in self._works.find_all({"season": season}):
            yield _work(document)


def _work(document: dict[str, Any]) -> Work:
    versions = tuple(
        WorkVersion(item["number"], item["at"], tuple(WorkFile(**file) for file in item["files"]), item["in_time"])
        for item in document["versions"]
    )
    return Work(document["season"], document["entry"], versions, document["version"], document["locked"])
