"""Planned judging days on MongoDB."""

from dataclasses import asdict

from services.judging.application.scheduling import Day
from services.judging.domain.schedule import Place
from shared.mongo import Mongo


class MongoDays:
    """The port of the planned days."""

    def __init__(self, mongo: Mongo) -> None:
        self._days = mongo.database["judging_days"]

    async def save(self, day: Day) -> None:
        key = f"{day.season}/{day.round}/{day.track}"
        await self._days.replace_one({"_id": key}, {"_id": key, **asdict(day)}, upsert=True)

    async def of(self, season: str, round_id: str) -> list[Day]:
        """The days of a round, by track."""
        cursor = self._days.find({"season": season, "round": round_id}).sort("track", 1)
        return [
            Day(
                d["season"],
                d["round"],
                d["track"],
                d["begins"],
                d["minutes"],
                tuple(d["rooms"]),
                tuple(Place(**place) for place in d["places"]),
            )
            async for d in cursor
        ]
