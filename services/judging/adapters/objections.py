"""Objections and appeals on MongoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from secrets import token_bytes
from typing import Any

from services.judging.application.evidence import Attachment, Evidence
from services.judging.application.objecting import Filed, Filer
from services.judging.domain.facts import Outcome
from shared.errors import Unavailable
from shared.mongo import Mongo, VersionConflict, insert_once

RECEIPTS = "receipts"
KEY_BYTES = 32


class MongoObjections:
    """The port of the objections."""

    def __init__(self, mongo: Mongo) -> None:
        self._objections, self._files = mongo.aggregates("objections"), mongo.database["objection_files"]
        self._keys = mongo.database["receipt_keys"]

    async def receipt_key(self) -> bytes:
        """What the secrets of receipts are derived from; made once, by whoever asks first."""
        document = await self._keys.find_one({"_id": RECEIPTS})
        if document is None:
            await insert_once(self._keys, {"_id": RECEIPTS, "key": token_bytes(KEY_BYTES)})
            document = await self._keys.find_one({"_id": RECEIPTS})
        if document is None:
            raise Unavailable("try-again")
        return bytes(document["key"])

    async def add(self, filed: Filed, attachments: Sequence[Attachment] = ()) -> None:
        """Keep it with its evidence; the files first, so that whoever reads it finds them. What is there stays."""
        key = f"{filed.season}/{filed.id}"
        for number, attachment in enumerate(attachments, 1):
            file = {"_id": f"{key}/{number}", "objection": key, "at": filed.received_at, "content": attachment.content}
            await insert_once(self._files, file)
        await self._objections.create({"_id": key, **asdict(filed)})

    async def evidence(self, season: str, filed: str, number: int) -> bytes | None:
        """The content of a file, counted from 1; None where there is none, or none any more."""
        document = await self._files.find_one({"_id": f"{season}/{filed}/{number}"})
        return bytes(document["content"]) if document else None

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
        """Take names, contacts and evidence out of what was decided before a time; how many."""
        old = self._files.find({"at": {"$lt": before}}, {"objection": 1})
        for key in {document["objection"] async for document in old}:
            document = await self._objections.find_one({"_id": key})
            if document is None or (document["decided_at"] or before) < before:
                await self._files.delete_many({"objection": key})
        wanted = {"decided_at": {"$lt": before}, "filer.name": {"$ne": ""}}
        nobody = {"$set": {"filer.name": "", "filer.contact": ""}}
        return (await self._objections.collection.update_many(wanted, nobody)).modified_count

    async def decide(self, filed: Filed, outcome: Outcome, answer: str, at: int, by: str) -> bool:
        """Keep the decision; False if somebody else decided at this moment."""
        key = f"{filed.season}/{filed.id}"
        document = await self._objections.find_one({"_id": key, "outcome": Outcome.OPEN})
        if document is None:
            return False
        values = {"outcome": outcome, "answer": answer, "decided_at": at, "decided_by": by}
        try:
            await self._objections.change(key, document["version"], values)
        except VersionConflict:
            return False
        return True

    async def propose(self, filed: Filed, proposal: Mapping[str, Any]) -> bool:
        """Keep what waits for a second person, in place of what waited; False if it is decided."""
        key = f"{filed.season}/{filed.id}"
        document = await self._objections.find_one({"_id": key, "outcome": Outcome.OPEN})
        if document is None:
            return False
        try:
            await self._objections.change(key, document["version"], {"proposal": dict(proposal)})
        except VersionConflict:
            return False
        return True


def _filed(document: Mapping[str, Any]) -> Filed:
    fields = {
        name: document[name]
        for name in Filed.__dataclass_fields__
        if name not in ("filer", "outcome", "evidence") and name in document
    }
    evidence = tuple(Evidence(**item) for item in document["evidence"])
    return Filed(**fields, outcome=Outcome(document["outcome"]), filer=Filer(**document["filer"]), evidence=evidence)
