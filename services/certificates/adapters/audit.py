"""Who took documents in bulk or changed them, when and why; nothing is ever taken out of it."""

from collections.abc import Mapping
from typing import Any, Literal

from shared.mongo import Mongo

What = Literal["download", "handout", "decision", "decisions", "template"]
MOST_SHOWN = 500


class Audit:
    """The log of a season."""

    def __init__(self, mongo: Mongo) -> None:
        self._log, self._clock = mongo.database["audit"], mongo.clock

    async def note(self, season: str, by: str, what: What, reason: str, **details: Any) -> None:
        """Write a line: the login, what was done, the stated reason, and how much or to which certificate."""
        now = await self._clock.now()
        await self._log.insert_one(
            {"season": season, "at": now, "by": by, "what": what, "reason": reason, "details": details}
        )

    async def of(self, season: str) -> list[Mapping[str, Any]]:
        """The newest lines first."""
        cursor = self._log.find({"season": season}, {"_id": 0}).sort("at", -1).limit(MOST_SHOWN)
        return [document async for document in cursor]
