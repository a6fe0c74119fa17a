"""Objections and appeals on MongoDB."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.judging.application.objecting import Filed, Filer
from shared.errors import Refused
from shared.mongo import Conflict, Mongo


class MongoObjections:
    """The port of the objections."""

    def __init__(self, mongo: Mongo) -> None:
        self._objections = mongo.aggregates("objections")

    async def add(self, filed: Filed) -> None:
        await self._objections.create({"_id": f"{filed.season}/{filed.id}", **asdict(filed)})

    async def find(self, season: str, filed: str) -> Filed | None:
        document = await self._objections.find_one({"_id": f"{season}/{filed}"})
        return _filed(document) if document else None

    async def of(self, season: str) -> list[Filed]:
        """All of a season, those that wait first, the oldest first."""
        cursor = self._objections.find({"season": season}).sort([("outcome", 1), ("received_at", 1)])
        return [_filed(document) async for document in cursor]

    async def of_account(self, account: str) -> list[Filed]:
        """What somebody filed, newest first."""
        cursor = self._objections.find({"filer.account": account}).sort("received_at", -1)
        return [_filed(document) async for document in cursor]

    async def forget(self, before: int) -> int:
        """Take the names and contacts out of what was decided before a time; how many."""
        wanted = {"decided_at": {"$lt": before}, "filer.name": {"$ne": ""}}
        nobody = {"$set": {"filer.name": "", "filer.contact": ""}}
        return (await self._objections.collection.update_many(wanted, nobody)).modified_count

    async def decide(self, filed: Filed, outcome: str, answer: str, at: int, by: str) -> bool:
        """Keep the decision; False if somebody else decided at this moment."""
        key = f"{filed.season}/{filed.id}"
        document = await self._objections.find_one({"_id": key, "outcome": ""})
        if document is None:
            return False
        values = {"outcome": outcome, "answer": answer, "decided_at": at, "decided_by": by}
        try:
            await self._objections.change(key, document["version"], values)
        except Conflict as error:
            raise Refused("objection-decided") from error
        return True


def _filed(document: Mapping[str, Any]) -> Filed:
    fields = {name: document[name] for name in Filed.__dataclass_fields__ if name != "filer"}
    return Filed(**fields, filer=Filer(**document["filer"]))
