"""The one way an aggregate is written: its new state and its events in a single document write.

A document carries `version`, the `schema` it was written in (`migrations.py`) and an `outbox`: `events`, and `since` while some of them have yet to be published. The
relay takes `since` away; the last event of each type stays, so that an empty NATS can be filled again. Nothing else
publishes.

Writes go through group commit. MongoDB tells of a group only how many documents matched, so a change that must not
happen is made to fail: it then has an error of its own, and its caller hears of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCursor
from pymongo import IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError, WriteError

from shared.errors import Unavailable
from shared.mongo.group import DUPLICATE_KEY, Collection, GroupCommit

IMMUTABLE_FIELD = 66
CONVERSION_FAILURE = 241
NO_DOCUMENT = "no document"
"""The `_id` that an upsert may never get: it makes the server refuse instead of inserting."""
TOO_LATE, MOVED_ON = "too late", "moved on"

PENDING = IndexModel("outbox.since", name="pending", partialFilterExpression={"outbox.since": {"$exists": True}})
"""Every collection that records events has this index: the relay's sweep reads it and nothing else."""

Event = Mapping[str, Any]


class VersionConflict(Unavailable):
    """Somebody else changed the document since it was read. Load it again and decide again."""

    def __init__(self, key: Any) -> None:
        super().__init__("changed-meanwhile", key=key)


class TooLate(Exception):
    """The database's clock had passed the moment until which the write was allowed; nothing was written."""


@dataclass(frozen=True, slots=True)
class PendingEvents:
    """Events that stand in a document since just now, for the relay. Without events it reads them itself."""

    collection: str
    key: Any
    version: int = 0
    events: tuple[Event, ...] = ()


class Aggregates:
    """One collection of aggregates, as one process reads and writes it."""

    def __init__(
        self,
        collection: Collection,
        tell: Callable[[PendingEvents], None] = lambda _: None,
        schema: int = 0,
        long_reads: Collection | None = None,
    ) -> None:
        self.collection = collection
        self._long_reads = collection if long_reads is None else long_reads
        self._new = {"version": 1, "schema": schema}
        self._group = GroupCommit(collection)
        self._tell = tell

    @property
    def groups(self) -> int:
        """Bulk writes sent by this process."""
        return self._group.groups

    def find(self, wanted: Mapping[str, Any]) -> AsyncIOMotorCursor[dict[str, Any]]:
        """The documents without their outbox: a few, for a request that waits for them."""
        return self.collection.find(wanted, {"outbox": 0})

    def find_all(self, wanted: Mapping[str, Any]) -> AsyncIOMotorCursor[dict[str, Any]]:
        """The documents without their outbox, however many: for what grows with the season (`Mongo.long_reads`)."""
        return self._long_reads.find(wanted, {"outbox": 0})

    async def find_one(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        return await self.collection.find_one(wanted, {"outbox": 0})

    async def create(
        self, document: Mapping[str, Any], events: Sequence[Event] = (), *, until: datetime | None = None
    ) -> bool:
        """Store a new document with its events. False if one with its `_id` is there already; nothing changes then.

        Raises:
            TooLate: the database's clock is past `until`.
            DuplicateKeyError: another unique index of the collection refused it.
        """
        whole = {**self._new, **document, **_outbox(events)}
        try:
            await self._group.write(InsertOne(whole) if until is None else _gated_insert(whole, until))
        except DuplicateKeyError as error:
            if is_own_key(error.details or {}):
                return False
            raise
        except WriteError as error:
            raise _meant(error, str(whole["_id"])) from error
        if events:
            self._tell(PendingEvents(self.collection.name, whole["_id"], whole["version"], tuple(events)))
        return True

    async def create_many(
        self, documents: Iterable[tuple[Mapping[str, Any], Sequence[Event]]], *, or_alike: bool = False
    ) -> int:
        """Store many new documents, each with its events; those that are there already stay as they are.

        With `or_alike` so do those that another unique index of the collection refuses.
        """
        prepared = [({**self._new, **document, **_outbox(events)}, events) for document, events in documents]
        if not prepared:
            return 0
        there: set[int] = set()
        try:
            await self.collection.insert_many([document for document, _ in prepared], ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            known = all(is_own_key(failure) or (or_alike and failure["code"] == DUPLICATE_KEY) for failure in failures)
            if error.details.get("writeConcernErrors") or not known:
                raise
            there = {failure["index"] for failure in failures}
        for number, (document, events) in enumerate(prepared):
            if events and number not in there:
                self._tell(PendingEvents(self.collection.name, document["_id"], document["version"], tuple(events)))
        return len(prepared) - len(there)

    async def change(
        self,
        key: Any,
        version: int,
        values: Mapping[str, Any],
        events: Sequence[Event] = (),
        *,
        push: Mapping[str, Any] | None = None,
        until: datetime | None = None,
    ) -> None:
        """Set values of one document, append to its lists and record its events, if it still has this version.

        Raises:
            VersionConflict: the version has moved on, or the document is gone.
            TooLate: the database's clock is past `until`.
        """
        if until is None:
            operation = _change(key, version, values, events, push or {})
        else:
            operation = _gated_change(key, version, values, events, push or {}, until)
        try:
            await self._group.write(operation)
        except WriteError as error:
            raise _meant(error, str(key)) from error
        if events:
            self._tell(PendingEvents(self.collection.name, key))


def is_own_key(failure: Mapping[str, Any]) -> bool:
    """Whether a refused write met a document with its own `_id`, not another unique index."""
    return failure.get("code") == DUPLICATE_KEY and "_id" in (failure.get("keyPattern") or {})


def _outbox(events: Sequence[Event]) -> dict[str, Any]:
    return {"outbox": {"events": list(events), "since": events[0]["time"]}} if events else {}


def _change(
    key: Any, version: int, values: Mapping[str, Any], events: Sequence[Event], push: Mapping[str, Any]
) -> UpdateOne:
    update: dict[str, Any] = {"$set": dict(values), "$inc": {"version": 1}, "$setOnInsert": {"_id": NO_DOCUMENT}}
    lists: dict[str, Any] = {name: {"$each": [item]} for name, item in push.items()}
    if events:
        lists["outbox.events"] = {"$each": list(events)}
        update["$min"] = {"outbox.since": events[0]["time"]}
    if lists:
        update["$push"] = lists
    return UpdateOne({"_id": key, "version": version}, update, upsert=True)


def _failure(words: str) -> dict[str, Any]:
    """An expression that fails when it is evaluated, and not before."""
    return {"$toInt": {"$concat": [f"{words}: ", {"$toString": "$_id"}]}}


def _gated_insert(document: Mapping[str, Any], until: datetime) -> UpdateOne:
    gate = {"$cond": [{"$lte": ["$$NOW", until]}, "$$REMOVE", _failure(TOO_LATE)]}
    return UpdateOne(
        {"_id": document["_id"], "version": -1},
        [{"$replaceWith": {"$literal": dict(document)}}, {"$set": {"gate": gate}}],
        upsert=True,
    )


def _gated_change(
    key: Any,
    version: int,
    values: Mapping[str, Any],
    events: Sequence[Event],
    push: Mapping[str, Any],
    until: datetime,
) -> UpdateOne:
    gate = {
        "$switch": {
            "branches": [
                {"case": {"$ne": ["$version", version]}, "then": _failure(MOVED_ON)},
                {"case": {"$gt": ["$$NOW", until]}, "then": _failure(TOO_LATE)},
            ],
            "default": "$$REMOVE",
        }
    }
    fields: dict[str, Any] = {name: {"$literal": value} for name, value in values.items()}
    for name, items in {**{name: [item] for name, item in push.items()}, "outbox.events": list(events)}.items():
        if items:
            fields[name] = {"$concatArrays": [{"$ifNull": [f"${name}", []]}, {"$literal": items}]}
    if events:
        fields["outbox.since"] = {"$ifNull": ["$outbox.since", events[0]["time"]]}
    # As an upsert, so that a document that is gone fails the gate too, having no version.
    pipeline = [{"$set": {"gate": gate}}, {"$set": {**fields, "version": version + 1}}]
    return UpdateOne({"_id": key}, pipeline, upsert=True)


def _meant(error: WriteError, key: str) -> Exception:
    """What a write that was made to fail says."""
    if error.code == IMMUTABLE_FIELD:
        return VersionConflict(key)
    if error.code == CONVERSION_FAILURE:
        return TooLate(key) if f"'{TOO_LATE}: " in str((error.details or {})["errmsg"]) else VersionConflict(key)
    return error
