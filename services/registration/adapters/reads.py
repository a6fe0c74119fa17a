"""Who of the staff looked at which child's data, and why: kept, and shown to auditors and to the person."""

from datetime import UTC, datetime
from typing import Any

from shared.mongo import Database
from shared.season.records import micros


class ReadLog:
    """Appended to, never changed; forgotten by its term (see the indexes)."""

    def __init__(self, database: Database) -> None:
        self._reads = database["reads"]

    async def note(
        self, season: str, account: str, login: str, what: str, people: list[str], *, entry: str = "", reason: str = ""
    ) -> None:
        """That this account saw the data of these people."""
        now = datetime.now(UTC)
        await self._reads.insert_one(
            {
                "season": season,
                "account": account,
                "login": login,
                "what": what,
                "people": people,
                "entry": entry,
                "reason": reason,
                "at": micros(now),
                "noted": now,
            }
        )

    async def of_person(self, person: str, most: int = 200) -> list[dict[str, Any]]:
        """Who looked at this person's data, newest first."""
        cursor = self._reads.find({"people": person}, {"_id": 0, "people": 0, "noted": 0}).sort("at", -1).limit(most)
        return [document async for document in cursor]

    async def of_season(self, season: str, most: int = 500) -> list[dict[str, Any]]:
        """Who looked at what in a season, newest first."""
        cursor = self._reads.find({"season": season}, {"_id": 0}).sort("at", -1).limit(most)
        return [document async for document in cursor]
