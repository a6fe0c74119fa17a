"""The ports of the use cases on MongoDB."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo.errors import DuplicateKeyError

from services.registration.adapters.documents import entry_document, entry_from, season_document, season_from
from services.registration.application.ports import Person, PersonKind, Season, SlotTaken, StoredEntry
from services.registration.domain.people import Name
from services.registration.domain.summaries import Summary
from services.registration.domain.units import Unit
from shared.commands import Command
from shared.errors import Refused
from shared.events.base import IntegrationEvent
from shared.events.registration import PersonNamedV1, SummaryFiledV1, UnitRecordedV1
from shared.messaging.outbox import record
from shared.mongo import Document, GroupRead, Mongo, TooLate
from shared.season.records import micros
from shared.season.text import Text

CHUNK = 1000
KNOWN_SECONDS = 1.0
UNIT_FIELDS = ("unit", "parent", "level", "name_zh", "name_en", "gb2260", "ordinal")
PersonKey = tuple[str, PersonKind, str]
"""Season, kind, key."""


def _recorded(events: Sequence[IntegrationEvent]) -> list[dict[str, Any]]:
    return [record(event) for event in events]


class MongoSeasons:
    def __init__(self, mongo: Mongo) -> None:
        self._seasons = mongo.aggregates("seasons")
        self._known: dict[str, tuple[Season, float]] = {}

    async def find(self, season: str) -> Season | None:
        """The season. Its rules are frozen, so what was read lately is good."""
        known = self._known.get(season)
        if known and time.monotonic() - known[1] < KNOWN_SECONDS:
            return known[0]
        document = await self._seasons.find_one({"_id": season})
        if document is None:
            return None
        if known is None or known[0].version != document["version"]:
            known = (season_from(document), 0.0)
        self._known[season] = (known[0], time.monotonic())
        return known[0]

    async def all(self) -> list[Season]:
        """Newest first."""
        return [season_from(document) async for document in self._seasons.find({}).sort("opened_at", -1)]

    async def add(self, season: Season, events: Sequence[IntegrationEvent]) -> bool:
        return await self._seasons.create(season_document(season), _recorded(events))


class MongoUnits:
    def __init__(self, mongo: Mongo) -> None:
        self._units = mongo.aggregates("units")

    async def of(self, season: str) -> dict[str, Unit]:
        """The units of the season by id, in the organizer's order."""
        cursor = self._units.find({"season": season}).sort("ordinal", 1)
        return {document["unit"]: Unit(*(document[field] for field in UNIT_FIELDS)) async for document in cursor}

    async def find(self, season: str, unit: str) -> Unit | None:
        document = await self._units.find_one({"_id": f"{season}/{unit}"})
        return Unit(*(document[field] for field in UNIT_FIELDS)) if document else None

    async def save(self, season: str, units: Iterable[Unit]) -> int:
        present = await self.of(season)
        changed = [unit for unit in units if present.get(unit.unit) != unit]
        new = [unit for unit in changed if unit.unit not in present]
        await self._units.create_many(
            ({"_id": f"{season}/{unit.unit}", "season": season, **asdict(unit)}, [record(_told(season, unit, 1))])
            for unit in new
        )
        for unit in changed:
            if unit.unit in present:
                key = f"{season}/{unit.unit}"
                version = (await self._units.find_one({"_id": key}) or {})["version"]
                await self._units.change(key, version, asdict(unit), [record(_told(season, unit, version + 1))])
        return len(changed)


def _told(season: str, unit: Unit, version: int) -> UnitRecordedV1:
    return UnitRecordedV1(
        season=season,
        unit=unit.unit,
        version=version,
        parent=unit.parent,
        level=unit.level,
        name=Text(zh=unit.name_zh, en=unit.name_en),
        ordinal=unit.ordinal,
    )


class MongoPeople:
    def __init__(self, mongo: Mongo) -> None:
        self._people = mongo.aggregates("people")
        self._by_id = GroupRead(self._read_people)
        self._by_key = GroupRead(self._read_ids)

    async def settle(
        self, season: str, wanted: Mapping[tuple[PersonKind, str], Name]
    ) -> dict[tuple[PersonKind, str], str]:
        """The ids of these people; those who are not known yet are taken in and their names told."""
        ids = await self._known(season, wanted)
        new = [(kind, key, name) for (kind, key), name in wanted.items() if (kind, key) not in ids]
        for start in range(0, len(new), CHUNK):
            await asyncio.gather(*(self._take_in(season, *one, uuid4().hex) for one in new[start : start + CHUNK]))
        return await self._known(season, wanted) if new else ids

    async def enter(self, season: str, key: str, name: Name, command: Command) -> str:
        """The id of the student with this key, taken in if need be."""
        person = command.derive("person")[:16].hex()
        await self._take_in(season, "student", key, name, person, command)
        stored = await self._people.find_one({"_id": person})
        if stored and command.made(stored.get("command", {})):
            return person
        return (await self._known(season, [("student", key)]))["student", key]

    async def _take_in(
        self, season: str, kind: PersonKind, key: str, name: Name, person: str, command: Command | None = None
    ) -> None:
        event = PersonNamedV1(person=person, version=1, name=Text(zh=name.zh, en=name.en))
        document = {"_id": person, "season": season, "kind": kind, "key": key, "name": asdict(name)}
        if command:
            document["command"] = command.stored()
        with suppress(DuplicateKeyError):  # somebody else took the same person in at this moment
            await self._people.create(document, [record(event)])

    async def _known(self, season: str, wanted: Iterable[tuple[PersonKind, str]]) -> dict[tuple[PersonKind, str], str]:
        found = await self._by_key.get((season, kind, key) for kind, key in wanted)
        return {(kind, key): person for (_, kind, key), person in found.items()}

    async def _read_ids(self, keys: list[PersonKey]) -> dict[PersonKey, str]:
        by_season: dict[tuple[str, PersonKind], list[str]] = {}
        for season, kind, key in keys:
            by_season.setdefault((season, kind), []).append(key)
        wanted = [{"season": season, "kind": kind, "key": {"$in": own}} for (season, kind), own in by_season.items()]
        fields = {"season": 1, "kind": 1, "key": 1}
        found = await self._people.collection.find({"$or": wanted}, fields).to_list(None)
        return {(document["season"], document["kind"], document["key"]): document["_id"] for document in found}

    async def find(self, person: str) -> Person | None:
        return (await self._by_id.get([person])).get(person)

    async def _read_people(self, people: list[str]) -> dict[str, Person]:
        documents = await self._people.find({"_id": {"$in": people}}).to_list(None)
        return {
            document["_id"]: Person(
                document["_id"],
                document["season"],
                document["kind"],
                document["key"],
                Name(**document["name"]),
                document["version"],
            )
            for document in documents
        }

    async def names(self, people: Iterable[str]) -> dict[str, Name]:
        """The names of these people."""
        cursor = self._people.collection.find({"_id": {"$in": list(people)}}, {"name": 1})
        return {document["_id"]: Name(**document["name"]) async for document in cursor}

    async def rename(self, person: Person, name: Name, events: Sequence[IntegrationEvent]) -> None:
        await self._people.change(person.id, person.version, {"name": asdict(name)}, _recorded(events))


class MongoEntries:
    def __init__(self, mongo: Mongo) -> None:
        self._entries, self._clock = mongo.aggregates("entries"), mongo.clock
        self._by_slot = GroupRead(self._read_holders)

    async def find(self, season: str, entry: str) -> StoredEntry | None:
        document = await self._entries.find_one({"_id": f"{season}/{entry}"})
        return entry_from(document) if document else None

    async def of(self, season: str) -> dict[str, StoredEntry]:
        """The entries of the season by id."""
        cursor = self._entries.find(_of_season(season)).sort("_id", 1)
        return {document["entry"]: entry_from(document) async for document in cursor}

    async def page(self, season: str, after: str, most: int) -> list[StoredEntry]:
        """Entries of the season by id, from the one after `after`, at most so many."""
        cursor = self._entries.find(_of_season(season, after)).sort("_id", 1).limit(most)
        return [entry_from(document) async for document in cursor]

    async def standings(self, season: str) -> dict[str, int]:
        """How many entries stand where."""
        pipeline: list[Document] = [
            {"$match": {"season": season}},
            {"$group": {"_id": "$standing", "count": {"$sum": 1}}},
        ]
        return {document["_id"]: document["count"] async for document in self._entries.collection.aggregate(pipeline)}

    async def standing(self, season: str, standing: str, most: int) -> list[StoredEntry]:
        """Entries of the season that stand there, by id, at most so many."""
        cursor = self._entries.find({"season": season, "standing": standing}).sort("entry", 1).limit(most)
        return [entry_from(document) async for document in cursor]

    async def owned(self, account: str) -> list[StoredEntry]:
        """The entries this account keeps, newest first."""
        cursor = self._entries.find({"owner": account}).sort("content.registered_at", -1)
        return [entry_from(document) async for document in cursor]

    async def with_people(self, season: str, people: Iterable[str]) -> list[StoredEntry]:
        """The entries of the season in which one of these is a member or an instructor, by id."""
        listed = list(people)
        either = {"season": season, "$or": [{"members": {"$in": listed}}, {"instructors": {"$in": listed}}]}
        return [entry_from(document) async for document in self._entries.find(either).sort("entry", 1)]

    async def holders(self, slots: Iterable[str]) -> dict[str, str]:
        """Which entry holds which of these places."""
        return await self._by_slot.get(slots)

    async def _read_holders(self, slots: list[str]) -> dict[str, str]:
        fields = {"entry": 1, "slots": 1}
        found = await self._entries.collection.find({"slots": {"$in": slots}}, fields).to_list(None)
        return {slot: document["entry"] for document in found for slot in document["slots"]}

    async def add(self, entries: Iterable[tuple[StoredEntry, Sequence[IntegrationEvent]]]) -> int:
        return await self._entries.create_many((entry_document(entry), _recorded(events)) for entry, events in entries)

    async def enter(self, entry: StoredEntry, events: Sequence[IntegrationEvent], *, until: int | None) -> bool:
        """Store a new entry, by the database's clock not after `until`. False if its number is taken.

        Raises:
            Refused: the deadline has passed.
            SlotTaken: another entry holds one of its places.
        """
        with _refusals():
            return await self._entries.create(entry_document(entry), _recorded(events), until=await self._gate(until))

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
            Refused: the deadline has passed.
            Conflict: somebody else changed the entry.
            SlotTaken: another entry holds one of its places.
        """
        values = entry_document(entry)
        key = values.pop("_id")
        for kept in ("version", "history"):
            values.pop(kept)
        with _refusals():
            await self._entries.change(
                key,
                entry.version - 1,
                values,
                _recorded(events),
                push={"history": {**note, "written_at": micros(datetime.now(UTC))}},
                until=await self._gate(until),
            )

    async def _gate(self, until: int | None) -> datetime | None:
        return None if until is None else await self._clock.gate(until)


def _of_season(season: str, after: str = "") -> Document:
    """The ids of a season's entries lie together: the season, a stroke, the entry. Next after the stroke is the nought."""
    return {"_id": {"$gt": f"{season}/{after}", "$lt": f"{season}0"}}


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TooLate as error:
        raise Refused("deadline-passed") from error
    except DuplicateKeyError as error:
        raise SlotTaken from error


class MongoSummaries:
    def __init__(self, mongo: Mongo) -> None:
        self._summaries = mongo.aggregates("summaries")

    async def save(self, season: str, summaries: Iterable[Summary]) -> int:
        changed = 0
        for summary in summaries:
            key = f"{season}/{summary.unit}"
            values = {"submitted_at": summary.submitted_at, "items": {k: str(v) for k, v in summary.items.items()}}
            present = await self._summaries.find_one({"_id": key})
            version = present["version"] + 1 if present else 1
            event = SummaryFiledV1(
                season=season,
                unit=summary.unit,
                version=version,
                submitted_at=summary.submitted_at,
                items=dict(summary.items),
            )
            if present is None:
                document = {"_id": key, "season": season, "unit": summary.unit, **values}
                changed += await self._summaries.create(document, [record(event)])
            elif any(present[name] != value for name, value in values.items()):
                await self._summaries.change(key, present["version"], values, [record(event)])
                changed += 1
        return changed


class MongoReports:
    def __init__(self, mongo: Mongo) -> None:
        self._reports = mongo.database["reports"]

    async def keep(self, season: str, file: str, report: Mapping[str, Any]) -> None:
        await self._reports.replace_one({"_id": f"{season}/{file}"}, dict(report), upsert=True)
