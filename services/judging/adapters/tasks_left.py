"""What each judge has left, one document a judge, with the event that tells it."""

from shared.events.judging import TasksLeftV1
from shared.messaging.outbox import record
from shared.mongo import Mongo, VersionConflict


class MongoTasksLeft:
    """The port of what was told last."""

    def __init__(self, mongo: Mongo) -> None:
        self._tasks_left = mongo.aggregates("tasks_left")

    async def of(self, season: str) -> dict[str, tuple[str, int]]:
        """The round and the count, by judge."""
        cursor = self._tasks_left.find({"season": season})
        return {document["judge"]: (document["round"], document["left"]) async for document in cursor}

    async def tell(self, season: str, round_id: str, judge: str, left: int, at: int) -> None:
        """Store and tell it.

        Raises:
            VersionConflict: another process told at this moment.
        """
        key = f"{season}/{judge}"
        present = await self._tasks_left.find_one({"_id": key})
        version = present["version"] + 1 if present else 1
        event = TasksLeftV1(season=season, round=round_id, judge=judge, version=version, left=left, counted_at=at)
        values = {"season": season, "judge": judge, "round": round_id, "left": left}
        if present:
            await self._tasks_left.change(key, present["version"], values, [record(event)])
        elif not await self._tasks_left.create({"_id": key, **values}, [record(event)]):
            raise VersionConflict(key)
