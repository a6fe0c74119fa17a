"""The ports of the use cases on MongoDB."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from cachetools import LRUCache, TTLCache
from pymongo.errors import DuplicateKeyError

from services.registration.adapters.accounts import accounts_of
from services.registration.adapters.documents import season_document, season_from
from services.registration.application.ports import Amendment, Person, PersonKind, Season, StoredSummary
from services.registration.domain.people import Name
from services.registration.domain.summaries import Summary
from services.registration.domain.units import Unit
from shared.commands import Command
from shared.errors import InvalidState, Unavailable
from shared.events.base import IntegrationEvent
from shared.events.registration import PersonNamedV1, SummaryFiledV1, UnitRecordedV1
from shared.messaging.outbox import record, record_events
from shared.mongo import Document, GroupRead, Mongo, TooLate, VersionConflict
from shared.season.text import Text
from shared.states import ResultStage

CHUNK = 1000
FEW = 8
"""So many people and no more are taken in through the writes that requests share."""
KNOWN_SECONDS = 1.0
MOST_KNOWN = 256
"""Seasons kept in memory."""
UNIT_FIELDS = ("unit", "parent", "level", "name_zh", "name_en", "gb2260", "ordinal")
PersonKey = tuple[str, PersonKind, str]
"""Season, kind, key."""


class MongoSeasons:
    def __init__(self, mongo: Mongo) -> None:
        self._seasons, self._stages = mongo.aggregates("seasons"), mongo.database["result_stages"]
        self._known = TTLCache[str, Season](MOST_KNOWN, KNOWN_SECONDS)
        self._read = LRUCache[tuple[str, int], Season](MOST_KNOWN)
        """By version: rules are large, and checking them takes long."""

    async def find(self, season: str) -> Season | None:
        """The season. Its rules are frozen, so what was read lately is good; that it is final is known within a second."""
        known = self._known.get(season)
        if known:
            return known
        document = await self._seasons.find_one({"_id": season})
        if document is None:
            return None
        key = (season, document["version"])
        read = self._read.get(key) or season_from(document)
        self._read[key] = read
        final = await self._stages.find_one({"_id": f"{season}/{ResultStage.FINAL}"}, {"at": 1})
        self._known[season] = known = replace(read, final_at=final["at"] if final else None)
        return known

    async def all(self) -> list[Season]:
        """Newest first."""
        final = {
            d["season"]: d["at"] async for d in self._stages.find({"stage": ResultStage.FINAL}, {"season": 1, "at": 1})
        }
        cursor = self._seasons.find({}).sort("opened_at", -1)
        return [replace(season_from(d), final_at=final.get(d["_id"])) async for d in cursor]

    async def add(self, season: Season, events: Sequence[IntegrationEvent]) -> bool:
        return await self._seasons.create(season_document(season), record_events(events))

    async def amend(self, season: Season, amendment: Amendment, events: Sequence[IntegrationEvent]) -> None:
        """Store the next version of the rules.

        Raises:
            VersionConflict: somebody else amended the season meanwhile.
        """
        values = {"rules": season.rules.model_dump_json(by_alias=True)}
        change = {**asdict(amendment), "changes": [list(change) for change in amendment.changes]}
        await self._seasons.change(
            season.id, season.version - 1, values, record_events(events), push={"amendments": change}
        )
        self._known.pop(season.id, None)


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
        created = await self._units.create_many(
            ({"_id": f"{season}/{unit.unit}", "season": season, **asdict(unit)}, [record(unit_event(season, unit, 1))])
            for unit in new
        )
        if created < len(new):
            raise VersionConflict(season)
        for unit in changed:
            if unit.unit in present:
                key = f"{season}/{unit.unit}"
                stored = await self._units.find_one({"_id": key})
                if stored is None:
                    raise VersionConflict(key)
                version = stored["version"]
                await self._units.change(key, version, asdict(unit), [record(unit_event(season, unit, version + 1))])
        return len(changed)


def unit_event(season: str, unit: Unit, version: int) -> UnitRecordedV1:
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
        self._people, self._accounts = mongo.aggregates("people"), mongo.database["accounts"]
        self._by_id = GroupRead(self._read_people)
        self._by_key = GroupRead(self._read_ids)

    async def settle(
        self, season: str, wanted: Mapping[tuple[PersonKind, str], Name]
    ) -> dict[tuple[PersonKind, str], str]:
        """The ids of these people; those who are not known yet are taken in and their names told.

        Raises:
            Unavailable: one is known or was taken in, and the database cannot show who it is.
        """
        ids = await self.known(season, wanted)
        new = [(kind, key, name) for (kind, key), name in wanted.items() if (kind, key) not in ids]
        if len(new) > FEW:
            for start in range(0, len(new), CHUNK):
                part = new[start : start + CHUNK]
                await self._people.create_many(
                    (self._newcomer(season, *item, uuid4().hex) for item in part), or_alike=True
                )
        else:
            await asyncio.gather(*(self._take_in(season, *item, uuid4().hex) for item in new))
        return await self._shown(season, wanted) if new else ids

    async def _shown(self, season: str, wanted: Iterable[tuple[PersonKind, str]]) -> dict[tuple[PersonKind, str], str]:
        """The ids of those who must be there."""
        keys = set(wanted)
        ids = await self.known(season, keys)
        if len(ids) < len(keys):
            raise Unavailable("try-again")
        return ids

    async def enter(self, season: str, key: str, name: Name, command: Command) -> str:
        """The id of the student with this key, taken in if need be.

        Raises:
            Unavailable: there is one, and the database cannot show who it is.
        """
        person = command.derive("person")[:16].hex()
        await self._take_in(season, "student", key, name, person, command)
        stored = await self._people.find_one({"_id": person})
        if stored and command.made(stored.get("command", {})):
            return person
        return (await self._shown(season, [("student", key)]))["student", key]

    async def _take_in(
        self, season: str, kind: PersonKind, key: str, name: Name, person: str, command: Command | None = None
    ) -> None:
        document, events = self._newcomer(season, kind, key, name, person)
        if command:
            document["command"] = command.stored()
        with suppress(DuplicateKeyError):  # somebody else took the same person in at this moment
            await self._people.create(document, events)

    @staticmethod
    def _newcomer(
        season: str, kind: PersonKind, key: str, name: Name, person: str
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        event = PersonNamedV1(person=person, version=1, name=Text(zh=name.zh, en=name.en))
        written = {"zh": name.zh, "en": name.en}
        return {"_id": person, "season": season, "kind": kind, "key": key, "name": written}, [record(event)]

    async def known(self, season: str, wanted: Iterable[tuple[PersonKind, str]]) -> dict[tuple[PersonKind, str], str]:
        """The ids of those who are known."""
        document = await self._by_key.get((season, kind, key) for kind, key in wanted)
        return {(kind, key): person for (_, kind, key), person in document.items()}

    async def _read_ids(self, keys: list[PersonKey]) -> dict[PersonKey, str]:
        by_season: dict[tuple[str, PersonKind], list[str]] = {}
        for season, kind, key in keys:
            by_season.setdefault((season, kind), []).append(key)
        wanted = [{"season": season, "kind": kind, "key": {"$in": own}} for (season, kind), own in by_season.items()]
        fields = {"season": 1, "kind": 1, "key": 1}
        documents = await self._people.collection.find({"$or": wanted}, fields).to_list(None)
        return {(document["season"], document["kind"], document["key"]): document["_id"] for document in documents}

    async def find(self, person: str) -> Person | None:
        return (await self._by_id.get([person])).get(person)

    async def _read_people(self, people: list[str]) -> dict[str, Person]:
        documents = await self._people.find({"_id": {"$in": people}}).to_list(None)
        return {document["_id"]: person_from(document) for document in documents}

    async def has_account(self, person: str) -> bool:
        return bool(await self._accounts.count_documents(accounts_of([person]), limit=1))

    async def of_school(self, season: str, unit: str) -> list[Person]:
        """The students of a school, by name."""
        wanted = {"season": season, "kind": "student", "key": {"$gte": f"{unit}\x1f", "$lt": f"{unit}\x20"}}
        documents = await self._people.find(wanted).sort("key", 1).to_list(None)
        return [person_from(document) for document in documents]

    async def names(self, people: Iterable[str]) -> dict[str, Name]:
        """The names of these people."""
        cursor = self._people.collection.find({"_id": {"$in": list(people)}}, {"name": 1})
        return {document["_id"]: Name(**document["name"]) async for document in cursor}

    async def rename(self, person: Person, name: Name, events: Sequence[IntegrationEvent], *, key: str = "") -> None:
        """Store the next version of a name; with `key` also what tells the person apart from now on.

        Raises:
            InvalidState: somebody else is told apart by that already.
            VersionConflict: somebody else changed the person meanwhile.
        """
        values = {"name": asdict(name), **({"key": key} if key else {})}
        try:
            await self._people.change(person.id, person.version, values, record_events(events))
        except DuplicateKeyError as error:
            raise InvalidState("person-taken") from error


def person_from(document: Document) -> Person:
    """A person as stored."""
    return Person(
        document["_id"],
        document["season"],
        document["kind"],
        document["key"],
        Name(**document["name"]),
        document["version"],
    )


class MongoSummaries:
    def __init__(self, mongo: Mongo) -> None:
        self._summaries, self._clock = mongo.aggregates("summaries"), mongo.clock

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
                if not await self._summaries.create(document, [record(event)]):
                    raise VersionConflict(key)
                changed += 1
            elif any(present[name] != value for name, value in values.items()):
                await self._summaries.change(key, present["version"], values, [record(event)])
                changed += 1
        return changed

    async def find(self, season: str, unit: str) -> StoredSummary | None:
        document = await self._summaries.find_one({"_id": f"{season}/{unit}"})
        return _summary_from(document) if document else None

    async def of(self, season: str) -> dict[str, StoredSummary]:
        """The summaries of the season, drafts among them, by unit."""
        cursor = self._summaries.find({"season": season})
        return {document["unit"]: _summary_from(document) async for document in cursor}

    async def keep(
        self,
        summary: StoredSummary,
        events: Sequence[IntegrationEvent],
        note: Mapping[str, Any],
        *,
        until: int | None = None,
    ) -> None:
        """Store the next version of a summary, by the database's clock not after `until`.

        Raises:
            InvalidState: the deadline has passed.
            VersionConflict: somebody else changed it.
        """
        key = f"{summary.season}/{summary.unit}"
        gate = None if until is None else await self._clock.gate(until)
        values = {
            "submitted_at": summary.submitted_at,
            "text": summary.text,
            "items": {name: str(score) for name, score in summary.items.items()},
        }
        try:
            if summary.version > 1:
                await self._summaries.change(
                    key, summary.version - 1, values, record_events(events), push={"history": dict(note)}, until=gate
                )
                return
            new = {"_id": key, "season": summary.season, "unit": summary.unit, **values, "history": [dict(note)]}
            if not await self._summaries.create(new, record_events(events), until=gate):
                raise VersionConflict(key)
        except TooLate as error:
            raise InvalidState("deadline-passed") from error


def _summary_from(document: Document) -> StoredSummary:
    """A summary as stored; one that came by a file has no text and no history."""
    return StoredSummary(
        document["season"],
        document["unit"],
        document["version"],
        document["submitted_at"],
        document.get("text", ""),
        {name: Decimal(score) for name, score in document["items"].items()},
        tuple(document.get("history", ())),
    )


class MongoReports:
    def __init__(self, mongo: Mongo) -> None:
        self._reports = mongo.database["reports"]

    async def keep(self, season: str, file: str, report: Mapping[str, Any]) -> None:
        await self._reports.replace_one({"_id": f"{season}/{file}"}, dict(report), upsert=True)
