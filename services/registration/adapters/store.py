"""The ports of the use cases on MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo.errors import BulkWriteError

from services.registration.adapters.documents import entry_document, entry_from, season_document, season_from
from services.registration.application.ports import Person, PersonKind, Season, StoredEntry
from services.registration.domain.people import Name
from services.registration.domain.summaries import Summary
from services.registration.domain.units import Unit
from shared.errors import Refused
from shared.events.base import IntegrationEvent
from shared.events.registration import PersonNamedV1, SummaryFiledV1, UnitRecordedV1
from shared.messaging.outbox import record
from shared.mongo import Conflict, Database, Document, change, create, create_many
from shared.season.records import micros, moment
from shared.season.text import Text

CHUNK = 1000


def _recorded(events: Sequence[IntegrationEvent]) -> list[dict[str, Any]]:
    return [record(event) for event in events]


class MongoSeasons:
    def __init__(self, database: Database) -> None:
        self._seasons = database["seasons"]

    async def find(self, season: str) -> Season | None:
        document = await self._seasons.find_one({"_id": season})
        return season_from(document) if document else None

    async def all(self) -> list[Season]:
        """Newest first."""
        return [season_from(document) async for document in self._seasons.find().sort("opened_at", -1)]

    async def add(self, season: Season, events: Sequence[IntegrationEvent]) -> bool:
        return await create(self._seasons, season_document(season), _recorded(events))


class MongoUnits:
    def __init__(self, database: Database) -> None:
        self._units = database["units"]

    async def of(self, season: str) -> dict[str, Unit]:
        """The units of the season by id, in the organizer's order."""
        fields = ("unit", "parent", "level", "name_zh", "name_en", "gb2260", "ordinal")
        cursor = self._units.find({"season": season}).sort("ordinal", 1)
        return {document["unit"]: Unit(*(document[field] for field in fields)) async for document in cursor}

    async def save(self, season: str, units: Iterable[Unit]) -> int:
        present = await self.of(season)
        changed = [unit for unit in units if present.get(unit.unit) != unit]
        new = [unit for unit in changed if unit.unit not in present]
        await create_many(
            self._units,
            (
                ({"_id": f"{season}/{unit.unit}", "season": season, **asdict(unit)}, [record(_told(season, unit, 1))])
                for unit in new
            ),
        )
        for unit in changed:
            if unit.unit in present:
                key = {"_id": f"{season}/{unit.unit}"}
                version = (await self._units.find_one(key, {"version": 1}) or {})["version"]
                await change(self._units, key, version, asdict(unit), [record(_told(season, unit, version + 1))])
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
    def __init__(self, database: Database) -> None:
        self._people = database["people"]

    async def settle(
        self, season: str, wanted: Mapping[tuple[PersonKind, str], Name]
    ) -> dict[tuple[PersonKind, str], str]:
        """The ids of these people; those who are not known yet are taken in and their names told."""
        ids = await self._known(season, wanted)
        new = [(key, name) for key, name in wanted.items() if key not in ids]
        for start in range(0, len(new), CHUNK):
            documents = []
            for (kind, key), name in new[start : start + CHUNK]:
                person = uuid4().hex
                event = PersonNamedV1(person=person, version=1, name=Text(zh=name.zh, en=name.en))
                documents.append(
                    ({"_id": person, "season": season, "kind": kind, "key": key, "name": asdict(name)}, [record(event)])
                )
            try:
                await create_many(self._people, documents)
            except BulkWriteError as error:  # somebody else took one of them in at the same moment
                if any(failure["code"] != 11000 for failure in error.details["writeErrors"]):
                    raise
        return await self._known(season, wanted) if new else ids

    async def _known(self, season: str, wanted: Iterable[tuple[PersonKind, str]]) -> dict[tuple[PersonKind, str], str]:
        ids: dict[tuple[PersonKind, str], str] = {}
        keys = list(wanted)
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            cursor = self._people.find(
                {"season": season, "key": {"$in": [key for _, key in part]}}, {"kind": 1, "key": 1}
            )
            async for document in cursor:
                ids[document["kind"], document["key"]] = document["_id"]
        return ids

    async def find(self, person: str) -> Person | None:
        document = await self._people.find_one({"_id": person})
        if document is None:
            return None
        return Person(
            document["_id"],
            document["season"],
            document["kind"],
            document["key"],
            Name(**document["name"]),
            document["version"],
        )

    async def names(self, people: Iterable[str]) -> dict[str, Name]:
        """The names of these people."""
        cursor = self._people.find({"_id": {"$in": list(people)}}, {"name": 1})
        return {document["_id"]: Name(**document["name"]) async for document in cursor}

    async def rename(self, person: Person, name: Name, events: Sequence[IntegrationEvent]) -> None:
        await change(self._people, {"_id": person.id}, person.version, {"name": asdict(name)}, _recorded(events))


class MongoEntries:
    def __init__(self, database: Database) -> None:
        self._entries = database["entries"]

    async def find(self, season: str, entry: str) -> StoredEntry | None:
        document = await self._entries.find_one({"_id": f"{season}/{entry}"})
        return entry_from(document) if document else None

    async def of(self, season: str) -> dict[str, StoredEntry]:
        """The entries of the season by id."""
        cursor = self._entries.find({"season": season}).sort("entry", 1)
        return {document["entry"]: entry_from(document) async for document in cursor}

    async def standings(self, season: str) -> dict[str, int]:
        """How many entries stand where."""
        pipeline: list[Document] = [
            {"$match": {"season": season}},
            {"$group": {"_id": "$standing", "count": {"$sum": 1}}},
        ]
        return {document["_id"]: document["count"] async for document in self._entries.aggregate(pipeline)}

    async def standing(self, season: str, standing: str, most: int) -> list[StoredEntry]:
        """Entries of the season that stand there, by id, at most so many."""
        cursor = self._entries.find({"season": season, "standing": standing}).sort("entry", 1).limit(most)
        return [entry_from(document) async for document in cursor]

    async def owned(self, account: str) -> list[StoredEntry]:
        """The entries this account keeps, newest first."""
        cursor = self._entries.find({"owner": account}).sort("content.registered_at", -1)
        return [entry_from(document) async for document in cursor]

    async def with_person(self, person: str) -> list[StoredEntry]:
        """The entries in which this person is a member or an instructor."""
        either = {"$or": [{"members": person}, {"instructors": person}]}
        return [entry_from(document) async for document in self._entries.find(either).sort("entry", 1)]

    async def add(self, entries: Iterable[tuple[StoredEntry, Sequence[IntegrationEvent]]]) -> int:
        return await create_many(
            self._entries, ((entry_document(entry), _recorded(events)) for entry, events in entries)
        )

    async def save(self, entry: StoredEntry, events: Sequence[IntegrationEvent], note: Mapping[str, Any]) -> None:
        values = entry_document(entry)
        key = {"_id": values.pop("_id")}
        for kept in ("version", "history"):
            values.pop(kept)
        await change(
            self._entries,
            key,
            entry.version - 1,
            values,
            _recorded(events),
            push={"history": {**note, "written_at": micros(datetime.now(UTC))}},
        )

    async def submit(self, entry: StoredEntry, closes: int) -> int:
        """Set the entry's submission to the database's time, if that is not after `closes`; returns that time.

        Raises:
            Refused: the deadline has passed.
            Conflict: somebody else changed the entry.
        """
        key = {"_id": f"{entry.season}/{entry.entry.entry}"}
        now = {"$toLong": "$$NOW"}
        result = await self._entries.find_one_and_update(
            {**key, "version": entry.version, "$expr": {"$lte": ["$$NOW", moment(closes)]}},
            [
                {
                    "$set": {
                        "content.submitted_at": {"$multiply": [now, 1000]},
                        "content.review": "",
                        "standing": "pending",
                        "version": {"$add": ["$version", 1]},
                        "history": {
                            "$concatArrays": ["$history", [{"what": "submitted", "at": {"$multiply": [now, 1000]}}]]
                        },
                    }
                }
            ],
            return_document=True,
        )
        if result is None:
            present = await self._entries.find_one(key, {"version": 1})
            if present and present["version"] == entry.version:
                raise Refused("deadline-passed")
            raise Conflict(str(key))
        return int(result["content"]["submitted_at"])


class MongoSummaries:
    def __init__(self, database: Database) -> None:
        self._summaries = database["summaries"]

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
                changed += await create(self._summaries, document, [record(event)])
            elif any(present[name] != value for name, value in values.items()):
                await change(self._summaries, {"_id": key}, present["version"], values, [record(event)])
                changed += 1
        return changed


class MongoReports:
    def __init__(self, database: Database) -> None:
        self._reports = database["reports"]

    async def keep(self, season: str, file: str, report: Mapping[str, Any]) -> None:
        await self._reports.replace_one({"_id": f"{season}/{file}"}, dict(report), upsert=True)
