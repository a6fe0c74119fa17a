"""What registration tells, kept by judging: the newest version of each thing, whatever the order of arrival."""

from collections.abc import Mapping
from typing import Any

from services.judging.domain.stages import SeasonStage
from shared.events.registration import (
    EntryFacts,
    EntryWithdrawnV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    SelfAssessmentSettledV1,
    SummaryFiledV1,
    UnitRecordedV1,
    WorkLockedV1,
)
from shared.mongo import Mongo, Projection


class Projections:
    """Keeps what the events say."""

    def __init__(self, mongo: Mongo) -> None:
        database = mongo.database
        self._seasons = mongo.aggregates("seasons")
        self._units = Projection(database["units"])
        self._entries = Projection(database["entries"])
        self._summaries = Projection(database["summaries"])
        self._assessments = Projection(database["assessments"])
        self._works = Projection(database["works"])
        self._withdrawals = Projection(database["withdrawals"])

    async def season(self, event: SeasonOpenedV1) -> None:
        """Begin to keep a season. One that is kept takes over these rules only if they are newer."""
        created = await self._seasons.create(
            {
                "_id": event.season,
                "mode": event.mode,
                "stage": SeasonStage.OPEN,
                "opened_at": event.opened_at,
                "rules_version": event.version,
                "rules": event.rules.model_dump_json(by_alias=True),
                "closings": {},
                "announced_at": None,
                "finalized_at": None,
                "revised_at": None,
                "revision": 0,
                "reasons": {},
                "signature": {},
            }
        )
        if not created:
            await self._take_over(event, {"mode": event.mode, "opened_at": event.opened_at})

    async def amended(self, event: SeasonAmendedV1) -> bool:
        """Take over newer rules; False while the season itself has not arrived."""
        await self._take_over(event, {})
        return await self._seasons.collection.count_documents({"_id": event.season}, limit=1) == 1

    async def _take_over(self, event: SeasonOpenedV1 | SeasonAmendedV1, values: Mapping[str, Any]) -> None:
        rules = {"rules_version": event.version, "rules": event.rules.model_dump_json(by_alias=True)}
        older = {"_id": event.season, "rules_version": {"$lt": event.version}}
        await self._seasons.collection.update_one(older, {"$set": {**rules, **values}})

    async def unit(self, event: UnitRecordedV1) -> None:
        values = event.model_dump(exclude={"version", "name"})
        await self._units.keep(f"{event.season}/{event.unit}", event.version, values)

    async def entry(self, event: EntryFacts) -> None:
        values = {**event.model_dump(exclude={"version"}), "standing": event.stands}
        values["members"], values["instructors"] = list(values["members"]), list(values["instructors"])
        await self._entries.keep(f"{event.season}/{event.entry}", event.version, values)

    async def withdrawn(self, event: EntryWithdrawnV1) -> None:
        await self._withdrawals.keep(f"{event.season}/{event.entry}/{event.round}", 1, event.model_dump())

    async def work(self, event: WorkLockedV1) -> None:
        values = event.model_dump(exclude={"version"})
        values["files"] = list(values["files"])
        await self._works.keep(f"{event.season}/{event.entry}", event.version, values)

    async def summary(self, event: SummaryFiledV1) -> None:
        values = {**event.model_dump(exclude={"version"}), "items": {k: str(v) for k, v in event.items.items()}}
        await self._summaries.keep(f"{event.season}/{event.unit}", event.version, values)

    async def settled(self, event: SelfAssessmentSettledV1) -> None:
        """Keep what a self-assessment comes to: from then on it is the score of its test."""
        values = event.model_dump(exclude={"version"}, mode="json")
        await self._assessments.keep(f"{event.season}/{event.entry}", event.version, values)
