"""How many works each judge has yet to score, as judging told it."""

from shared.events.judging import TasksLeftV1
from shared.mongo import Database, Projection


class MongoTasksLeft:
    """The newest counts, one a judge."""

    def __init__(self, database: Database) -> None:
        self._tasks_left = database["tasks_left"]
        self._told = Projection(self._tasks_left)

    async def keep(self, event: TasksLeftV1) -> None:
        values = {"season": event.season, "judge": event.judge, "left": event.left, "works": event.works}
        await self._told.keep(f"{event.season}/{event.judge}", event.version, values)

    async def shares(self, season: str) -> dict[str, tuple[int, int]]:
        """How many works each judge has scored, of how many; of the judges of whom that was told."""
        cursor = self._tasks_left.find({"season": season, "works": {"$gt": 0}}).sort("judge", 1)
        return {
            document["judge"]: (document["works"] - document["left"], document["works"]) async for document in cursor
        }

    async def of(self, season: str) -> dict[str, int]:
        """The counts of the judges who have something left."""
        cursor = self._tasks_left.find({"season": season, "left": {"$gt": 0}}).sort("judge", 1)
        return {document["judge"]: document["left"] async for document in cursor}
