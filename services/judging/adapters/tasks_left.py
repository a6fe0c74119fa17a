"""What each judge has left, one document a judge, with the event that tells it."""

from dataclasses import asdict

from services.judging.application.counting_tasks import TaskCount
from shared.events.judging import TasksLeftV1
from shared.messaging.outbox import record
from shared.mongo import Mongo, VersionConflict


class MongoTasksLeft:
    """The port of what was told last."""

    def __init__(self, mongo: Mongo) -> None:
        self._tasks_left = mongo.aggregates("tasks_left")

    async def of(self, season: str) -> dict[str, TaskCount]:
        """The counts by judge. One that the release before told is of no known number of works, and is told anew."""
        cursor = self._tasks_left.find({"season": season})
        return {
            document["judge"]: TaskCount(document["round"], document["left"], document.get("works", 0))
            async for document in cursor
        }

    async def tell(self, season: str, judge: str, count: TaskCount, at: int) -> None:
        """Store and tell it.

        Raises:
            VersionConflict: another process told at this moment.
        """
        key = f"{season}/{judge}"
        present = await self._tasks_left.find_one({"_id": key})
        version = present["version"] + 1 if present else 1
        counted = {"season": season, "judge": judge, **asdict(count)}
        event = TasksLeftV1(**counted, version=version, counted_at=at)
        if present:
            await self._tasks_left.change(key, present["version"], counted, [record(event)])
        elif not await self._tasks_left.create({"_id": key, **counted}, [record(event)]):
            raise VersionConflict(key)
