"""Entries in MongoDB: one document an entry, its events inside it."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern

from services.registration.adapters.documents import desk_of, entry_document, entry_from
from services.registration.application.ports import SlotTaken, StoredEntry, Taught
from services.registration.domain.consent import LAPSED
from services.registration.domain.entries import GONE, HANDED_IN
from services.registration.domain.messages import concerns_somebody
from shared.errors import InvalidState, Unavailable
from shared.events.base import IntegrationEvent
from shared.messaging.outbox import record_events
from shared.mongo import Document, GroupRead, Mongo, TooLate
from shared.season.time import to_unix_micros
from shared.states import EntryStatus


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of a season: those of these schools (None: all), and those that match what is not empty."""

    season: str
    units: frozenset[str] | None = None
    standing: EntryStatus | None = None
    track: str = ""
    division: str = ""
    words: str = ""
    to_confirm: bool = False
    """Only those with a consent of which nobody knows yet that it is the guardian's."""
    numbers: frozenset[str] | None = None
    """Only these; None: any."""

    def filter(self, *, without: str = "") -> Document:
        """The query; `without` leaves one condition out."""
        document: Document = {"season": self.season}
        if self.units is not None:
            document["content.unit"] = {"$in": sorted(self.units)}
        for field, value in (
            ("standing", self.standing),
            ("content.track", self.track),
            ("content.division", self.division),
        ):
            if value and field != without:
                document[field] = value
        if self.to_confirm:
            document |= {"to_confirm": True, "standing": {"$nin": list(GONE)}}
        if self.numbers is not None:
            document["entry"] = {"$in": sorted(self.numbers)}
        if self.words:
            plain = {"$regex": re.escape(self.words), "$options": "i"}
            document["$or"] = [{"entry": plain}, {"content.title": plain}, {"content.members.name.zh": plain}]
        return document


RARE = r"[^\x{20}-\x{7e}\x{b7}\x{3001}\x{3002}\x{4e00}-\x{9fa5}\x{ff01}-\x{ff5e}]"
"""A sign outside of those that every font of documents has."""


class MongoEntries:
    def __init__(self, mongo: Mongo) -> None:
        self._entries, self._clock = mongo.aggregates("entries"), mongo.clock
        self._all_entries = mongo.long_reads["entries"]
        self._newest = mongo.database["entries"].with_options(read_concern=ReadConcern("linearizable"))
        self._by_slot = GroupRead(self._read_holders)

    async def find(self, season: str, entry: str) -> StoredEntry | None:
        document = await self._entries.find_one({"_id": f"{season}/{entry}"})
        return entry_from(document) if document else None

    async def named(self, season: str, entries: Iterable[str]) -> list[StoredEntry]:
        """These entries, by id."""
        wanted = {"_id": {"$in": [f"{season}/{entry}" for entry in entries]}}
        return [entry_from(document) async for document in self._entries.find(wanted).sort("_id", 1)]

    async def of(self, season: str) -> dict[str, StoredEntry]:
        """The entries of the season by id."""
        cursor = self._entries.find_all(_of_season(season)).sort("_id", 1)
        return {document["entry"]: entry_from(document) async for document in cursor}

    async def instructors(self, season: str) -> list[Taught]:
        """Whom the entries of the season name as instructors, each once a school."""
        fields = {"id": "$content.instructors.id", "unit": "$content.unit"}
        pipeline: list[Document] = [
            {"$match": {**_of_season(season), "content.instructors.0": {"$exists": True}}},
            {"$unwind": "$content.instructors"},
            {"$group": {"_id": fields, "name": {"$last": "$content.instructors.name"}}},
            {"$sort": {"_id.id": 1, "_id.unit": 1}},
        ]
        cursor = self._all_entries.aggregate(pipeline)
        return [Taught(d["_id"]["id"], d["name"], d["_id"]["unit"]) async for d in cursor]

    async def page(self, season: str, after: str, most: int) -> list[StoredEntry]:
        """Entries of the season by id, from the one after `after`, at most so many."""
        cursor = self._entries.find(_of_season(season, after)).sort("_id", 1).limit(most)
        return [entry_from(document) async for document in cursor]

    async def standings(self, season: str) -> dict[str, int]:
        """How many entries that the other services know stand where."""
        pipeline: list[Document] = [
            {"$match": {**_of_season(season), "told": {"$ne": False}}},
            {"$group": {"_id": "$standing", "count": {"$sum": 1}}},
        ]
        return {d["_id"]: d["count"] async for d in self._all_entries.aggregate(pipeline)}

    async def counts(self, wanted: EntryFilter) -> dict[str, int]:
        """How many of these stand where, whatever standing was asked for."""
        pipeline: list[Document] = [
            {"$match": wanted.filter(without="standing")},
            {"$group": {"_id": "$standing", "count": {"$sum": 1}}},
        ]
        return {document["_id"]: document["count"] async for document in self._all_entries.aggregate(pipeline)}

    async def listed(self, wanted: EntryFilter, after: str, most: int) -> list[StoredEntry]:
        """These entries by id, from the one after `after`, at most so many."""
        beyond = {"$and": [wanted.filter(), {"entry": {"$gt": after}}]}
        cursor = self._entries.find(beyond).sort("entry", 1).limit(most)
        return [entry_from(document) async for document in cursor]

    async def chosen(
        self, season: str, entries: Iterable[str], schools: frozenset[str] | None = None
    ) -> list[StoredEntry]:
        """These entries of the season, in the given order; unknown ones and those of other schools are left out."""
        order = [f"{season}/{entry}" for entry in entries]
        wanted: Document = {"_id": {"$in": order}}
        if schools is not None:
            wanted["content.unit"] = {"$in": sorted(schools)}
        document = {d["_id"]: entry_from(d) async for d in self._entries.find(wanted)}
        return [document[key] for key in order if key in document]

    async def by_unit(self, season: str) -> dict[str, int]:
        """How many entries each unit has."""
        pipeline: list[Document] = [
            {"$match": {"season": season}},
            {"$group": {"_id": "$content.unit", "count": {"$sum": 1}}},
        ]
        return {document["_id"]: document["count"] async for document in self._all_entries.aggregate(pipeline)}

    async def by_hour(self, wanted: EntryFilter) -> list[tuple[int, int, int]]:
        """Hours since 1970 with the entries begun and handed in during each, in order."""
        hour = 3_600_000_000
        pipeline: list[Document] = [
            {"$match": wanted.filter(without="standing")},
            {"$project": {"begun": "$content.registered_at", "sent": "$content.submitted_at"}},
            {"$project": {"acts": [{"h": "$begun", "b": 1, "s": 0}, {"h": "$sent", "b": 0, "s": 1}]}},
            {"$unwind": "$acts"},
            {"$match": {"acts.h": {"$ne": None}}},
            {
                "$group": {
                    "_id": {"$floor": {"$divide": ["$acts.h", hour]}},
                    "begun": {"$sum": "$acts.b"},
                    "sent": {"$sum": "$acts.s"},
                }
            },
            {"$sort": {"_id": 1}},
        ]
        return [(int(d["_id"]), d["begun"], d["sent"]) async for d in self._all_entries.aggregate(pipeline)]

    async def owned(self, account: str, people: Sequence[str] = ()) -> list[StoredEntry]:
        """The entries this account keeps, or in which one of its people takes part, newest first."""
        among = {"$in": list(people)}
        own = (
            {"$or": [{"owner": account}, {"members": among}, {"instructors": among}]} if people else {"owner": account}
        )
        cursor = self._entries.find(own).sort("content.registered_at", -1)
        return [entry_from(document) async for document in cursor]

    async def with_people(self, season: str, people: Iterable[str]) -> list[StoredEntry]:
        """The entries of the season in which one of these is a member or an instructor, by id."""
        listed = list(people)
        either = {"season": season, "$or": [{"members": {"$in": listed}}, {"instructors": {"$in": listed}}]}
        return [entry_from(document) async for document in self._entries.find(either).sort("entry", 1)]

    async def by_team_code(self, season: str, code: str) -> StoredEntry | None:
        document = await self._entries.find_one({"team_code": code, "season": season}) if code else None
        return entry_from(document) if document else None

    async def by_command(self, season: str, command: str) -> StoredEntry | None:
        """The entry that this command made; read so that a leader that is none any more cannot say that there is none."""
        made = {"command.id": {"$eq": command, "$type": "string"}, "season": season}
        document = await self._newest.find_one(made, {"outbox": 0})
        return entry_from(document) if document else None

    async def notification_pending(self, most: int) -> list[StoredEntry]:
        """Entries whose history grew, of which the people concerned have yet to be told."""
        return [entry_from(document) async for document in self._entries.find({"to_tell": True}).limit(most)]

    async def mark_notified(self, entries: Sequence[StoredEntry]) -> None:
        """The people concerned know of these histories; one that has grown since is looked at again."""
        await self._entries.collection.bulk_write(
            [
                UpdateOne(
                    {"_id": f"{entry.season}/{entry.entry.entry}", "history": {"$size": len(entry.history)}},
                    {"$unset": {"to_tell": ""}},
                )
                for entry in entries
            ],
            ordered=False,
        )

    async def standing_at(self, season: str, standings: Iterable[EntryStatus]) -> AsyncIterator[StoredEntry]:
        """All entries of the season with one of these standings."""
        async for document in self._entries.find_all({"season": season, "standing": {"$in": list(standings)}}):
            yield entry_from(document)

    async def with_lapsed_consents(self, season: str) -> AsyncIterator[StoredEntry]:
        """The entries in the running with a decision that fitted no longer, now or before."""
        wanted = {"season": season, "standing": {"$in": list(HANDED_IN)}, "consents.text_version": LAPSED}
        async for document in self._entries.find_all(wanted):
            yield entry_from(document)

    async def unusual(self, season: str) -> AsyncIterator[StoredEntry]:
        """The entries of the season with a text of signs that not every font has."""
        rare = {"$regex": RARE}
        texts = ("title", "members.name.zh", "members.name.en", "instructors.name")
        wanted = {"season": season, "$or": [{f"content.{text}": rare} for text in texts]}
        async for document in self._entries.find_all(wanted).sort("_id", 1):
            yield entry_from(document)

    async def present(self, season: str, entries: Iterable[str]) -> set[str]:
        """Which of these numbers are given."""
        keys = [f"{season}/{entry}" for entry in entries]
        return {
            document["entry"] async for document in self._entries.collection.find({"_id": {"$in": keys}}, {"entry": 1})
        }

    async def holders(self, slots: Iterable[str]) -> dict[str, str]:
        """Which entry holds which of these places."""
        return await self._by_slot.get(slots)

    async def forwarded_by(self, season: str, unit: str, track: str) -> list[StoredEntry]:
        """The entries of a track that a unit has forwarded, and whose forward stands."""
        held = {"$regex": f"^{re.escape(desk_of(season, unit, track))}"}
        cursor = self._entries.find({"recommended_places": held}).sort("entry", 1)
        return [entry_from(document) async for document in cursor]

    async def _read_holders(self, slots: list[str]) -> dict[str, str]:
        fields = {"entry": 1, "slots": 1}
        documents = await self._entries.collection.find({"slots": {"$in": slots}}, fields).to_list(None)
        return {slot: document["entry"] for document in documents for slot in document["slots"]}

    async def add(self, entries: Iterable[tuple[StoredEntry, Sequence[IntegrationEvent]]]) -> int:
        return await self._entries.create_many(
            (_new_document(entry), record_events(events)) for entry, events in entries
        )

    async def enter(self, entry: StoredEntry, events: Sequence[IntegrationEvent], *, until: int | None) -> bool:
        """Store a new entry, by the database's clock not after `until`. False if its number is taken.

        Raises:
            InvalidState: the deadline has passed.
            SlotTaken: another entry holds one of its places.
        """
        document = _new_document(entry)
        with _refusals():
            return await self._entries.create(document, record_events(events), until=await self._gate(until))

    async def save(
        self,
        entry: StoredEntry,
        events: Sequence[IntegrationEvent],
        note: Mapping[str, Any],
        *,
        until: int | None = None,
    ) -> None:
        """Store the next version of an entry, by the database's clock not after `until`.

        Raises:
            InvalidState: the deadline has passed.
            VersionConflict: somebody else changed the entry.
            SlotTaken: another entry holds one of its places.
        """
        values = entry_document(entry)
        key = values.pop("_id")
        for kept in ("version", "history"):
            values.pop(kept)
        if concerns_somebody(note):
            values["to_tell"] = True
        told = {**note, "standing": entry.standing, "written_at": to_unix_micros(datetime.now(UTC))}
        with _refusals():
            await self._entries.change(
                key,
                entry.version - 1,
                values,
                record_events(events),
                push={"history": told},
                until=await self._gate(until),
            )

    async def _gate(self, until: int | None) -> datetime | None:
        return None if until is None else await self._clock.gate(until)


def _new_document(entry: StoredEntry) -> Document:
    """A new entry, marked if somebody is to be told of it."""
    document = entry_document(entry)
    if any(concerns_somebody(note) for note in entry.history):
        document["to_tell"] = True
    return document


def _of_season(season: str, after: str = "") -> Document:
    """The ids of a season's entries lie together: the season, a stroke, the entry. Next after the stroke is the nought."""
    return {"_id": {"$gt": f"{season}/{after}", "$lt": f"{season}0"}}


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TooLate as error:
        raise InvalidState("deadline-passed") from error
    except DuplicateKeyError as error:
        if "command.id" in ((error.details or {}).get("keyPattern") or {}):  # its entry is there, under another number
            raise Unavailable("try-again") from error
        raise SlotTaken from error
