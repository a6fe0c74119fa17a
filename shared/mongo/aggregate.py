"""The one way an aggregate is written: its new state and its events in a single document write.

A document carries `version` and, until the relay has published them, `pending_events`. Nothing else publishes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError

DUPLICATE_KEY = 11000

PENDING = IndexModel("pending_since", name="pending", partialFilterExpression={"pending_since": {"$exists": True}})
"""Every collection that records events has this index: the relay's sweep reads it and nothing else."""

Collection = AsyncIOMotorCollection[dict[str, Any]]


class Conflict(Exception):
    """Somebody else changed the document since it was read. Load it again and decide again."""


def _outbox(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"pending_events": list(events), "pending_since": events[0]["time"]} if events else {}


async def create(collection: Collection, document: Mapping[str, Any], events: Sequence[Mapping[str, Any]] = ()) -> bool:
    """Store a new document with its events. False if one with its `_id` is there already; nothing changes then.

    Raises:
        DuplicateKeyError: another unique index of the collection refused it.
    """
    try:
        await collection.insert_one({"version": 1, **document, **_outbox(events)})
    except DuplicateKeyError as error:
        if "_id" in ((error.details or {}).get("keyPattern") or {}):
            return False
        raise
    return True


async def create_many(
    collection: Collection, documents: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]
) -> int:
    """Store many new documents, each with its events; those that are there already stay as they are."""
    prepared = [{"version": 1, **document, **_outbox(events)} for document, events in documents]
    if not prepared:
        return 0
    try:
        return len((await collection.insert_many(prepared, ordered=False)).inserted_ids)
    except BulkWriteError as error:
        failures = error.details["writeErrors"]
        if any(failure["code"] != DUPLICATE_KEY or "_id" not in failure["keyPattern"] for failure in failures):
            raise
        return len(prepared) - len(failures)


async def change(
    collection: Collection,
    key: Mapping[str, Any],
    version: int,
    values: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]] = (),
    *,
    push: Mapping[str, Any] | None = None,
) -> None:
    """Set values of one document and record its events, if it still has this version.

    `key` may hold further conditions, such as a deadline read off the database's clock.

    Raises:
        Conflict: the version has moved on or a condition does not hold.
    """
    update: dict[str, Any] = {"$set": dict(values), "$inc": {"version": 1}}
    lists: dict[str, Any] = {name: {"$each": [item]} for name, item in (push or {}).items()}
    if events:
        lists["pending_events"] = {"$each": list(events)}
        update["$min"] = {"pending_since": events[0]["time"]}
    if lists:
        update["$push"] = lists
    result = await collection.update_one({**key, "version": version}, update)
    if result.matched_count == 0:
        raise Conflict(str(key.get("_id")))
