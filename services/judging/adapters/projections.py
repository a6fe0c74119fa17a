"""What registration tells, kept by judging: the newest version of each thing, whatever the order of arrival."""

from shared.events.registration import EntryFacts, SeasonOpenedV1, SummaryFiledV1, UnitRecordedV1
from shared.mongo import Database, Projection


class Projections:
    """Keeps what the events say."""

    def __init__(self, database: Database) -> None:
        self._seasons = database["seasons"]
        self._units = Projection(database["units"])
        self._entries = Projection(database["entries"])
        self._summaries = Projection(database["summaries"])

    async def season(self, event: SeasonOpenedV1) -> None:
        await self._seasons.update_one(
            {"_id": event.season},
            {
                "$setOnInsert": {
                    "version": 1,
                    "mode": event.mode,
                    "stage": "open",
                    "opened_at": event.opened_at,
                    "rules": event.rules.model_dump_json(by_alias=True),
                }
            },
            upsert=True,
        )

    async def unit(self, event: UnitRecordedV1) -> None:
        values = event.model_dump(exclude={"version", "name"})
        await self._units.keep(f"{event.season}/{event.unit}", event.version, values)

    async def entry(self, event: EntryFacts) -> None:
        values = event.model_dump(exclude={"version"})
        values["members"], values["instructors"] = list(values["members"]), list(values["instructors"])
        await self._entries.keep(f"{event.season}/{event.entry}", event.version, values)

    async def summary(self, event: SummaryFiledV1) -> None:
        values = {**event.model_dump(exclude={"version"}), "items": {k: str(v) for k, v in event.items.items()}}
        await self._summaries.keep(f"{event.season}/{event.unit}", event.version, values)
