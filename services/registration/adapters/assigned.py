"""Which judge was given which entries, as judging told it."""

from shared.events.judging import PanelAssignedV1
from shared.mongo import Database, Projection


class Assigned:
    """The newest lists, one a judge and round."""

    def __init__(self, database: Database) -> None:
        self._assigned = database["assigned"]
        self._told = Projection(self._assigned)

    async def keep(self, event: PanelAssignedV1) -> None:
        values = {"season": event.season, "judge": event.judge, "entries": list(event.entries)}
        await self._told.keep(f"{event.season}/{event.round}/{event.judge}", event.version, values)

    async def has(self, season: str, judge: str, entry: str) -> bool:
        """Whether this judge was given this entry."""
        wanted = {"season": season, "judge": judge, "entries": entry}
        return bool(await self._assigned.count_documents(wanted, limit=1))
