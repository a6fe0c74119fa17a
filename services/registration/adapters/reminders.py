"""Reminders in MongoDB: one document each; its receivers stand in it until they have their messages."""

from typing import Any

from services.registration.application.reminding import SentReminder
from services.registration.domain.reminders import Receiver, Reminder, ReminderKind
from shared.mongo import Document, Mongo

MOST = 100
FIELDS = ("season", "unit", "number", "words", "reason", "by", "at", "without_account", "hash")


class MongoReminders:
    """The port of the reminders."""

    def __init__(self, mongo: Mongo) -> None:
        self._reminders = mongo.database["reminders"]

    async def of(self, season: str, unit: str = "") -> list[SentReminder]:
        """What was sent in the season, or by one part of its organization, newest first."""
        wanted = {"season": season, **({"unit": unit} if unit else {})}
        return [_sent(d) async for d in self._reminders.find(wanted).sort("at", -1).limit(MOST)]

    async def newest(self, season: str, kind: ReminderKind, unit: str) -> int:
        wanted = {"season": season, "kind": kind, "unit": unit}
        document = await self._reminders.find_one(wanted, sort=[("number", -1)])
        return int(document["number"]) if document else 0

    async def find(self, season: str, preview: str) -> SentReminder | None:
        document = await self._reminders.find_one({"season": season, "hash": preview})
        return _sent(document) if document else None

    async def add(self, sent: SentReminder, reminder: Reminder) -> bool:
        """False if another was sent under this number."""
        receivers = [[receiver.account, receiver.name, receiver.count] for receiver in reminder.receivers]
        document = {
            **{name: getattr(sent, name) for name in FIELDS},
            "kind": sent.kind,
            "count": sent.receivers,
            "receivers": receivers,
        }
        result = await self._reminders.update_one({"_id": reminder.key}, {"$setOnInsert": document}, upsert=True)
        return result.upserted_id is not None

    async def pending(self) -> list[tuple[SentReminder, Reminder]]:
        """What was sent and is not yet among the messages of its receivers."""
        cursor = self._reminders.find({"receivers": {"$exists": True}}).sort("at", 1)
        return [(_sent(document), _reminder(document)) async for document in cursor]

    async def delivered(self, key: str) -> None:
        await self._reminders.update_one({"_id": key}, {"$unset": {"receivers": ""}})


def _sent(document: Document) -> SentReminder:
    values: dict[str, Any] = {name: document[name] for name in FIELDS}
    return SentReminder(kind=ReminderKind(document["kind"]), receivers=document["count"], **values)


def _reminder(document: Document) -> Reminder:
    receivers = tuple(Receiver(*receiver) for receiver in document["receivers"])
    return Reminder(
        document["season"],
        ReminderKind(document["kind"]),
        document["unit"],
        document["number"],
        document["words"],
        receivers,
        document["without_account"],
    )
