"""Messages in MongoDB: for the page of one's messages, and waiting for the post."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pymongo import InsertOne
from pymongo.errors import BulkWriteError

from services.registration.domain.messages import DeliveryState, Message
from shared.mongo import Document, Mongo
from shared.mongo.group import DUPLICATE_KEY
from shared.season.time import from_unix_micros

CLAIM_SECONDS = 600
"""After so long a letter whose sender stopped is sent again; it carries the same Message-ID."""
MOST_TRIES = 12
KEPT_DAYS = 400


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be mailed."""

    message: Message
    tries: int


class Messages:
    """The collection of messages, each under its own key."""

    def __init__(self, mongo: Mongo) -> None:
        self._messages, self._clock = mongo.database["messages"], mongo.clock

    async def add(self, messages: Iterable[Message]) -> int:
        """Keep those that are not there yet; returns how many are new."""
        writes = [InsertOne(_document(message)) for message in messages]
        if not writes:
            return 0
        try:
            return int((await self._messages.bulk_write(writes, ordered=False)).inserted_count)
        except BulkWriteError as error:
            if any(failure["code"] != DUPLICATE_KEY for failure in error.details["writeErrors"]):
                raise
            return int(error.details["nInserted"])

    async def reminded_since(self, season: str, kind: str, accounts: Sequence[str], since: int) -> int:
        """How many of these accounts have a message of this kind in the season that is newer."""
        wanted = {"account": {"$in": list(accounts)}, "at": {"$gt": since}, "season": season, "kind": kind}
        return len(await self._messages.distinct("account", wanted))

    async def of(self, account: str, most: int = 100) -> list[Document]:
        """The messages of an account, newest first."""
        cursor = self._messages.find({"account": account}).sort("at", -1).limit(most)
        return [document async for document in cursor]

    async def read(self, account: str) -> None:
        await self._messages.update_many({"account": account, "read": False}, {"$set": {"read": True}})

    async def claim(self) -> Letter | None:
        """The next message to be mailed, for this process alone for some minutes."""
        now = from_unix_micros(await self._clock.now())
        document = await self._messages.find_one_and_update(
            {"mail": DeliveryState.WAITING, "next": {"$lte": now}},
            {"$set": {"next": now + timedelta(seconds=CLAIM_SECONDS)}, "$inc": {"tries": 1}},
            sort=[("next", 1)],
        )
        return Letter(_message(document), document["tries"] + 1) if document else None

    async def mailed(self, key: str) -> None:
        await self._messages.update_one({"_id": key}, {"$set": {"mail": DeliveryState.SENT}, "$unset": {"next": ""}})

    async def not_mailed(self, key: str, tries: int, reason: str) -> None:
        """Try again later, twice as late each time; in the end it stays on the page alone."""
        values: Document = {"trouble": reason[:300]}
        if tries >= MOST_TRIES:
            values["mail"] = DeliveryState.FAILED
        else:
            values["next"] = from_unix_micros(await self._clock.now()) + timedelta(seconds=3 * 2**tries)
        await self._messages.update_one({"_id": key}, {"$set": values})

    async def no_mail(self, key: str) -> None:
        """This account has no address: the page is enough."""
        await self._messages.update_one({"_id": key}, {"$set": {"mail": DeliveryState.NONE}, "$unset": {"next": ""}})


def _document(message: Message) -> Document:
    return {
        "_id": message.key,
        "account": message.account,
        "kind": message.kind,
        "season": message.season,
        "entry": message.entry,
        "at": message.at,
        "values": dict(message.values),
        "read": False,
        "mail": DeliveryState.WAITING,
        "next": from_unix_micros(message.at),
        "tries": 0,
        "forget_at": from_unix_micros(message.at) + timedelta(days=KEPT_DAYS),
    }


def _message(document: dict[str, Any]) -> Message:
    return Message(
        document["_id"],
        document["account"],
        document["kind"],
        document["season"],
        document["entry"],
        document["at"],
        document["values"],
    )
