"""Which judge was given which entries, one document a judge and round, with the event that tells it."""

from collections.abc import Sequence

from shared.events.judging import PanelAssignedV1
from shared.messaging.outbox import record
from shared.mongo import Mongo, VersionConflict


class MongoPanels:
    """The port of the panels."""

    def __init__(self, mongo: Mongo) -> None:
        self._panels = mongo.aggregates("panels")

    async def all(self, season: str, round_id: str) -> dict[str, list[str]]:
        """The entries of every judge in a round."""
        cursor = self._panels.find_all({"season": season, "round": round_id})
        return {document["judge"]: list(document["entries"]) async for document in cursor}

    async def assigned(self, season: str, round_id: str, judge: str) -> list[str] | None:
        """The judge's entries in a round; None while none were assigned to anybody."""
        document = await self._panels.find_one({"_id": f"{season}/{round_id}/{judge}"})
        if document is not None:
            return list(document["entries"])
        anybody = await self._panels.collection.count_documents({"season": season, "round": round_id}, limit=1)
        return [] if anybody else None

    async def assign(self, season: str, round_id: str, judge: str, entries: Sequence[str]) -> bool:
        """Store and tell what the judge has from now on; False if that is what they had.

        Raises:
            VersionConflict: somebody else handed out at this moment.
        """
        key, listed = f"{season}/{round_id}/{judge}", list(entries)
        present = await self._panels.find_one({"_id": key})
        if (present["entries"] if present else []) == listed:
            return False
        version = present["version"] + 1 if present else 1
        event = PanelAssignedV1(season=season, round=round_id, judge=judge, version=version, entries=tuple(listed))
        values = {"season": season, "round": round_id, "judge": judge, "entries": listed}
        if present:
            await self._panels.change(key, present["version"], values, [record(event)])
        elif not await self._panels.create({"_id": key, **values}, [record(event)]):
            raise VersionConflict(key)
        return True
