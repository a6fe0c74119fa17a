"""Self-assessments in MongoDB: one document an entry, with what was done and what was told of it in the same write."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.registration.application.ports import StoredAssessment
from services.registration.domain.self_assessment import Acts, Outcome, SelfScore, Told, ToldItem, Verification
from shared.errors import InvalidState
from shared.events.base import IntegrationEvent
from shared.messaging.outbox import record_events
from shared.mongo import Document, Mongo, TooLate, VersionConflict
from shared.states import ItemState


class MongoAssessments:
    def __init__(self, mongo: Mongo) -> None:
        self._assessments, self._clock = mongo.aggregates("assessments"), mongo.clock

    async def find(self, season: str, entry: str) -> StoredAssessment | None:
        document = await self._assessments.find_one({"_id": f"{season}/{entry}"})
        return assessment_from(document) if document else None

    async def of(self, season: str) -> dict[str, StoredAssessment]:
        """The self-assessments of a season by entry."""
        cursor = self._assessments.find_all({"season": season})
        return {document["entry"]: assessment_from(document) async for document in cursor}

    async def told_versions(self, season: str) -> int:
        """The versions in which they were told last, added up."""
        cursor = self._assessments.collection.find({"season": season}, {"told_version": 1})
        return sum([document["told_version"] async for document in cursor])

    async def keep(
        self, stored: StoredAssessment, events: Sequence[IntegrationEvent], *, until: int | None = None
    ) -> None:
        """Store the next version of a self-assessment, by the database's clock not after `until`.

        Raises:
            InvalidState: the deadline has passed.
            VersionConflict: somebody else changed it.
        """
        key = f"{stored.season}/{stored.entry}"
        gate = None if until is None else await self._clock.gate(until)
        values = {
            "scores": [_score_document(score) for score in stored.acts.scores],
            "verifications": [_verification_document(act) for act in stored.acts.verifications],
            "told": _told_document(stored.told) if stored.told else None,
            "told_version": stored.told_version,
        }
        try:
            if stored.version > 1:
                await self._assessments.change(key, stored.version - 1, values, record_events(events), until=gate)
                return
            new = {"_id": key, "season": stored.season, "entry": stored.entry, **values}
            if not await self._assessments.create(new, record_events(events), until=gate):
                raise VersionConflict(key)
        except TooLate as error:
            raise InvalidState("deadline-passed") from error

    async def silence(self, season: str, entry: str) -> None:
        """What people wrote about an entry goes, and who did; the scores stay: results rest on them."""
        emptied = {"verifications.$[].reason": "", "verifications.$[].by": ""}
        await self._assessments.collection.update_one({"_id": f"{season}/{entry}"}, {"$set": emptied})


def _score_document(score: SelfScore) -> Document:
    return {
        "item": score.item,
        "score": str(score.score),
        "evidence": list(score.evidence),
        "at": score.at,
        "row": score.row,
    }


def _verification_document(act: Verification) -> Document:
    return {
        "record": act.record,
        "item": act.item,
        "outcome": act.outcome,
        "score": None if act.score is None else str(act.score),
        "reason": act.reason,
        "by": act.by,
        "at": act.at,
        "row": act.row,
    }


def _told_document(told: Told) -> Document:
    items = {
        name: {"own": str(item.own), "verified": str(item.verified), "state": item.state}
        for name, item in told.items.items()
    }
    return {"total": str(told.total), "items": items}


def assessment_from(document: Document) -> StoredAssessment:
    """A self-assessment as stored."""
    return StoredAssessment(
        document["season"],
        document["entry"],
        document["version"],
        Acts(
            tuple(
                SelfScore(d["item"], Decimal(d["score"]), tuple(d["evidence"]), d["at"], d["row"])
                for d in document["scores"]
            ),
            tuple(
                Verification(
                    d["record"],
                    d["item"],
                    Outcome(d["outcome"]),
                    None if d["score"] is None else Decimal(d["score"]),
                    d["reason"],
                    d["by"],
                    d["at"],
                    d["row"],
                )
                for d in document["verifications"]
            ),
        ),
        _told_from(document["told"]),
        document["told_version"],
    )


def _told_from(told: Mapping[str, Any] | None) -> Told | None:
    if told is None:
        return None
    items = {
        name: ToldItem(Decimal(item["own"]), Decimal(item["verified"]), ItemState(item["state"]))
        for name, item in told["items"].items()
    }
    return Told(Decimal(told["total"]), items)
