"""Judges with their names, in MongoDB; each says in the same write what judging may know of them."""

from collections.abc import Iterable
from typing import Any

from services.registration.domain.judges import Judge, JudgeDuty
from shared.events.registration import JudgeRecordedV1
from shared.messaging.outbox import record
from shared.mongo import Document, Mongo, VersionConflict

FIELDS = ("judge", "name", "contact", "role", "tracks", "languages", "employer", "avoid")


class MongoJudges:
    """The port of the judges."""

    def __init__(self, mongo: Mongo) -> None:
        self._judges = mongo.aggregates("judges")

    async def of(self, season: str) -> dict[str, Judge]:
        """The judges of the season by id."""
        cursor = self._judges.find({"season": season}).sort("judge", 1)
        return {document["judge"]: judge_from(document) async for document in cursor}

    async def save(self, season: str, judges: Iterable[Judge], at: int) -> int:
        """Keep those that are new or changed, and tell what judging needs. Returns how many.

        Raises:
            VersionConflict: somebody else changed one at this moment.
        """
        stored = {d["judge"]: d async for d in self._judges.find({"season": season})}
        changed = [j for j in judges if j.judge not in stored or judge_from(stored[j.judge]) != j]
        for judge in changed:
            key, present = f"{season}/{judge.judge}", stored.get(judge.judge)
            version = present["version"] if present else 0
            events = [record(judge_event(season, judge, version + 1, at))]
            if present:
                await self._judges.change(key, version, _values(judge), events)
            elif not await self._judges.create({"_id": key, "season": season, **_values(judge)}, events):
                raise VersionConflict(key)
        return len(changed)

    async def forget_names(self, season: str) -> int:
        """Names and contacts of the season's judges go; what they were told as stays."""
        gone = await self._judges.collection.update_many(
            {"season": season, "$or": [{"name": {"$gt": ""}}, {"contact": {"$gt": ""}}]},
            {"$set": {"name": "", "contact": ""}},
        )
        return int(gone.modified_count)


def judge_event(season: str, judge: Judge, version: int, at: int) -> JudgeRecordedV1:
    return JudgeRecordedV1.model_validate(
        {
            "season": season,
            "judge": judge.judge,
            "version": version,
            "role": judge.role,
            "tracks": judge.tracks,
            "languages": judge.languages,
            "employer": judge.employer,
            "conflicts": judge.avoid,
            "recorded_at": at,
        }
    )


def _values(judge: Judge) -> dict[str, Any]:
    lists = {name: list(getattr(judge, name)) for name in ("tracks", "languages", "avoid")}
    return {**{name: getattr(judge, name) for name in FIELDS}, **lists}


def judge_from(document: Document) -> Judge:
    values = {name: document[name] for name in FIELDS}
    lists = {name: tuple(values[name]) for name in ("tracks", "languages", "avoid")}
    return Judge(**{**values, **lists, "role": JudgeDuty(values["role"])})
