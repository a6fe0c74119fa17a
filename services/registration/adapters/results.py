"""What judging and certificates have told, as registration shows it: joined with names, by nobody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReplaceOne

from shared.events.certificates import CertificateEvent
from shared.events.judging import (
    EntryAward,
    InstructorAward,
    ResultLines,
    ResultsAnnouncedV1,
    ResultsFinalizedV1,
    RoundClosedV1,
    UnitAward,
)
from shared.mongo import Mongo
from shared.states import ResultStage

Stage = ResultStage | str
"""Which results, or `notice-…` with what a notice of its own is about: a round's id, or `derived`."""
ORDER_BY_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class StageState:
    """Whether a stage's lines are complete, and when it was told."""

    stage: Stage
    revision: int
    at: int
    complete: bool
    result_hash: str = ""


class PublishedResults:
    """Lines of announced and final results, rounds closed, certificates issued."""

    def __init__(self, mongo: Mongo) -> None:
        database = mongo.database
        self._all_lines = mongo.long_reads["award_lines"]
        self._lines, self._stages = database["award_lines"], database["result_stages"]
        self._rounds, self._certificates = database["rounds"], database["certificates"]

    async def close_round(self, event: RoundClosedV1) -> None:
        await self._rounds.update_one(
            {"_id": f"{event.season}/{event.round}"},
            {"$setOnInsert": {"season": event.season, "round": event.round, "closed_at": event.closed_at}},
            upsert=True,
        )

    async def closed_rounds(self, season: str) -> dict[str, int]:
        return {document["round"]: document["closed_at"] async for document in self._rounds.find({"season": season})}

    async def keep(self, event: ResultsAnnouncedV1 | ResultsFinalizedV1) -> None:
        """Keep one chunk of lines; each chunk has its own key, so a second delivery changes nothing."""
        stage = stage_of(event)
        lines = [*self._rows(event, stage)]
        if lines:
            await self._lines.bulk_write([ReplaceOne({"_id": line["_id"]}, line, upsert=True) for line in lines])
        told = event.finalized_at if isinstance(event, ResultsFinalizedV1) else event.announced_at
        fresh = {
            "_id": f"{event.season}/{stage}",
            "season": event.season,
            "stage": stage,
            "revision": event.revision,
            "at": told,
            "chunks": event.chunks,
            "result_hash": event.result_hash if isinstance(event, ResultsFinalizedV1) else "",
        }
        known = {"$ifNull": ["$revision", 0]}
        arrived = {"$setUnion": [{"$cond": [{"$eq": [known, event.revision]}, "$arrived", []]}, [event.chunk]]}
        whole = {"$mergeObjects": [{"$literal": fresh}, {"arrived": arrived}]}
        await self._stages.update_one(  # a chunk of an earlier revision that comes late changes nothing
            {"_id": fresh["_id"]},
            [{"$replaceWith": {"$cond": [{"$gte": [event.revision, known]}, whole, "$$ROOT"]}}],
            upsert=True,
        )

    @staticmethod
    def _rows(event: ResultLines, stage: Stage) -> Sequence[dict[str, Any]]:
        tables: Mapping[str, Sequence[EntryAward | InstructorAward | UnitAward]] = {
            "entries": event.entries,
            "instructors": event.instructors,
            "units": event.units,
        }
        return [
            {
                "_id": f"{event.season}/{stage}/{event.revision}/{table}/{line.award}",
                "season": event.season,
                "stage": stage,
                "revision": event.revision,
                "table": table,
                "order": event.chunk * ORDER_BY_CHUNK + position,
                "line": line.model_dump(),
            }
            for table, lines in tables.items()
            for position, line in enumerate(lines)
        ]

    async def stage(self, season: str, stage: Stage) -> StageState | None:
        """The stage, or None while nothing of it has been told."""
        document = await self._stages.find_one({"_id": f"{season}/{stage}"})
        if document is None:
            return None
        return _state(document)

    async def notices(self, season: str) -> list[StageState]:
        """The notices of their own, as they were told."""
        cursor = self._stages.find({"season": season, "stage": {"$regex": "^notice-"}}).sort("at", 1)
        return [_state(document) async for document in cursor]

    async def entry_awards(self, season: str, stage: Stage) -> list[EntryAward]:
        return [EntryAward.model_validate(line) for line in await self._table(season, stage, "entries")]

    async def instructor_awards(self, season: str, stage: Stage) -> list[InstructorAward]:
        return [InstructorAward.model_validate(line) for line in await self._table(season, stage, "instructors")]

    async def unit_awards(self, season: str, stage: Stage) -> list[UnitAward]:
        return [UnitAward.model_validate(line) for line in await self._table(season, stage, "units")]

    async def _table(self, season: str, stage: Stage, table: str) -> list[dict[str, Any]]:
        state = await self.stage(season, stage)
        if state is None:
            return []
        wanted = {"season": season, "stage": stage, "revision": state.revision, "table": table}
        return [document["line"] async for document in self._all_lines.find(wanted).sort("order", 1)]

    async def certificate(self, event: CertificateEvent) -> None:
        """Remember the newest version of a certificate, for the account of its recipient."""
        await self._certificates.update_one(
            {"_id": event.certificate},
            [
                {
                    "$replaceWith": {
                        "$cond": [
                            {"$gt": [event.version, {"$ifNull": ["$number_of_version", 0]}]},
                            {
                                "$mergeObjects": [
                                    "$$ROOT",
                                    {
                                        "$literal": {
                                            "_id": event.certificate,
                                            "season": event.season,
                                            "serial": event.serial,
                                            "kind": event.kind,
                                            "recipient": event.recipient,
                                            "entry": event.entry,
                                            "number_of_version": event.version,
                                        }
                                    },
                                ]
                            },
                            "$$ROOT",
                        ]
                    }
                }
            ],
            upsert=True,
        )

    async def certificate_standing(self, event: CertificateEvent, at: int, *, revoked: bool) -> None:
        """Show a certificate no more, or again; whichever of its events comes first, the latest counts."""
        await self.certificate(event)
        values = {"revoked_at": at if revoked else None, "standing_at": at}
        older = {"_id": event.certificate, "$or": [{"standing_at": None}, {"standing_at": {"$lt": at}}]}
        await self._certificates.update_one(older, {"$set": values})

    async def certificates_of(self, recipients: Sequence[str]) -> list[dict[str, Any]]:
        """The certificates of these people and units that stand."""
        wanted = {"recipient": {"$in": list(recipients)}, "revoked_at": None}
        return [document async for document in self._certificates.find(wanted)]


def _state(document: Mapping[str, Any]) -> StageState:
    whole = len(document["arrived"]) == document["chunks"]
    return StageState(document["stage"], document["revision"], document["at"], whole, document["result_hash"])


def stage_of(event: ResultsAnnouncedV1 | ResultsFinalizedV1) -> Stage:
    if isinstance(event, ResultsFinalizedV1):
        return ResultStage.FINAL
    return ResultStage.PROVISIONAL if event.notice == "results" else f"notice-{event.notice}"
