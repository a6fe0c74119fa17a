"""The ports of the use cases on MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from services.judging.application.ports import JudgedSeason
from services.judging.domain.facts import (
    Appeal,
    Decisions,
    Entry,
    InstructorRef,
    Judge,
    JudgeRole,
    Member,
    Objection,
    Preference,
    Revocation,
    Summary,
    Unit,
    Withdrawal,
)
from services.judging.domain.stages import BEING_STATED, SeasonStage
from shared.events.base import IntegrationEvent
from shared.messaging.outbox import record_events
from shared.mongo import Document, Mongo
from shared.season.rules import SeasonRules
from shared.states import EntryStatus


class MongoSeasons:
    def __init__(self, mongo: Mongo) -> None:
        self._seasons = mongo.aggregates("seasons")

    async def find(self, season: str) -> JudgedSeason | None:
        document = await self._seasons.find_one({"_id": season})
        return _season(document) if document else None

    async def all(self) -> list[JudgedSeason]:
        return [_season(document) async for document in self._seasons.find({}).sort("opened_at", -1)]

    async def unfinished(self) -> list[JudgedSeason]:
        wanted = {"stage": {"$in": list(BEING_STATED)}}
        return [_season(document) async for document in self._seasons.find(wanted)]

    async def advance(
        self, season: JudgedSeason, values: Mapping[str, Any], events: Sequence[IntegrationEvent]
    ) -> None:
        await self._seasons.change(season.id, season.version, values, record_events(events))


def _season(document: dict[str, Any]) -> JudgedSeason:
    return JudgedSeason(
        id=document["_id"],
        version=document["version"],
        mode=document["mode"],
        rules=SeasonRules.model_validate_json(document["rules"]),
        stage=SeasonStage(document["stage"]),
        closings=document["closings"],
        announced_at=document["announced_at"],
        finalized_at=document["finalized_at"],
        revised_at=document["revised_at"],
        revision=document["revision"],
        reasons=document["reasons"],
        signature=document["signature"],
    )


STATED = ("description", "link", "video")
"""What a work may state of itself."""


class MongoFacts:
    """Projections of what registration told, and what judging itself takes in."""

    def __init__(self, mongo: Mongo) -> None:
        database = mongo.database
        self._all_entries = mongo.long_reads["entries"]
        self.steady = mongo.steady
        self._units, self._entries, self._summaries = database["units"], database["entries"], database["summaries"]
        self._judges, self._actions = database["judges"], mongo.aggregates("actions")
        self._previous = database["previous"]
        self._withdrawals, self._works = database["withdrawals"], database["works"]

    async def of_people(self, people: Sequence[str]) -> list[dict[str, Any]]:
        """The entries in which one of these people takes part, as they were told."""
        kept = ("season", "entry", "standing", "track", "division", "unit", "title", "registered_at", "submitted_at")
        return [
            {name: d[name] for name in kept}
            async for d in self._entries.find({"members.person": {"$in": list(people)}})
        ]

    async def units(self, season: str) -> dict[str, Unit]:
        cursor = self._units.find({"season": season})
        return {d["unit"]: Unit(d["unit"], d["parent"], d["level"], d["ordinal"]) async for d in cursor}

    async def entries(self, season: str) -> dict[str, Entry]:
        return {document["entry"]: _entry(document) async for document in self._all_entries.find({"season": season})}

    async def standings(self, season: str) -> dict[str, int]:
        """How many entries stand where."""
        pipeline: list[Document] = [
            {"$match": {"season": season}},
            {"$group": {"_id": "$standing", "count": {"$sum": 1}}},
        ]
        return {d["_id"]: d["count"] async for d in self._all_entries.aggregate(pipeline)}

    async def entries_of(self, season: str, tracks: Sequence[str]) -> list[Entry]:
        """The entries of these tracks, by id."""
        cursor = self._all_entries.find({"season": season, "track": {"$in": list(tracks)}}).sort("entry", 1)
        return [_entry(document) async for document in cursor]

    async def entries_named(self, season: str, entries: Sequence[str]) -> list[Entry]:
        """These entries, by id."""
        cursor = self._entries.find({"_id": {"$in": [f"{season}/{entry}" for entry in entries]}}).sort("entry", 1)
        return [_entry(document) async for document in cursor]

    async def entry(self, season: str, entry: str) -> Entry | None:
        document = await self._entries.find_one({"_id": f"{season}/{entry}"})
        return _entry(document) if document else None

    async def judges(self, season: str) -> dict[str, Judge]:
        later = await self._since({"season": season})
        cursor = self._judges.find({"season": season})
        return {document["judge"]: _judge(document, later.get(document["judge"])) async for document in cursor}

    async def files(self, season: str, entry: str) -> list[tuple[int, str]]:
        """Number and media type of each file of the work that counts; none before the works are locked."""
        document = await self._works.find_one({"_id": f"{season}/{entry}"})
        return [(item["number"], item["media_type"]) for item in document["files"]] if document else []

    async def judge(self, season: str, judge: str) -> Judge | None:
        document = await self._judges.find_one({"_id": f"{season}/{judge}"})
        later = await self._since({"season": season, "judge": judge})
        return _judge(document, later.get(judge)) if document else None

    async def _since(self, wanted: Mapping[str, Any]) -> "dict[str, _Later]":
        """Later employers of judges, oldest first, and what they stepped back from."""
        later: dict[str, _Later] = {}
        kinds = {"$in": ["judge_employer", "recusal"]}
        async for d in self._actions.find({**wanted, "type": kinds}).sort([("at", 1), ("_id", 1)]):
            theirs = later.setdefault(d["judge"], _Later([], []))
            if d["type"] == "recusal":
                theirs.recused.append(d["entry"])
            else:
                theirs.moves.append((d["at"], d["employer"]))
        return later

    async def summaries(self, season: str) -> dict[str, Summary]:
        cursor = self._summaries.find({"season": season})
        return {
            d["unit"]: Summary(d["unit"], d["submitted_at"], {k: Decimal(v) for k, v in d["items"].items()})
            async for d in cursor
        }

    async def decisions(self, season: str) -> Decisions:
        """What was decided here, and the withdrawals that registration told."""
        listed = [d async for d in self._actions.find({"season": season}).sort([("at", 1), ("_id", 1)])]
        leaving = self._withdrawals.find({"season": season}).sort([("at", 1), ("_id", 1)])
        return Decisions(
            tuple([Withdrawal(d["at"], d["entry"], d["round"]) async for d in leaving]),
            tuple(Objection(d["at"], d["entry"], d["round"], d["upheld"]) for d in listed if d["type"] == "objection"),
            tuple(_appeal(d) for d in listed if d["type"] == "appeal" and d["upheld"]),
            tuple(Revocation(d["at"], d["entry"], tuple(d["rounds"])) for d in listed if d["type"] == "revocation"),
            tuple(Preference(d["at"], d["round"], tuple(d["first"])) for d in listed if d["type"] == "preference"),
        )

    async def recusals(self, season: str) -> list[Mapping[str, Any]]:
        """Who stepped back from what, and why, newest first."""
        return [d async for d in self._actions.find({"season": season, "type": "recusal"}).sort("at", -1)]

    async def statement(self, season: str, entry: str) -> list[tuple[str, str]]:
        """What the work states of itself: field and text, of those that are stated."""
        document = await self._entries.find_one({"_id": f"{season}/{entry}"}, dict.fromkeys(STATED, 1)) or {}
        return [(name, document[name]) for name in STATED if document.get(name)]

    async def answers(self, season: str, entry: str) -> dict[str, str]:
        """What the work answers to the fields of its track that judges may read; none where nothing was told of them."""
        document = await self._entries.find_one({"_id": f"{season}/{entry}"}, {"fields": 1}) or {}
        return dict(document.get("fields", {}))

    async def excluded(self, season: str) -> list[Mapping[str, Any]]:
        """Which entries were disqualified and which awards revoked, and why, newest first."""
        wanted = {"season": season, "$or": [{"type": "objection", "upheld": True}, {"type": "revocation"}]}
        return [d async for d in self._actions.find(wanted).sort("at", -1)]

    async def proposed(self, season: str, kind: str) -> list[Mapping[str, Any]]:
        """What was proposed under this type, newest first, whether or not it was confirmed."""
        return [d async for d in self._actions.find({"season": season, "type": kind}).sort("at", -1)]

    async def previous(self, season: str) -> dict[str, str]:
        """The tiers that units had last year."""
        return {d["unit"]: d["tier"] async for d in self._previous.find({"season": season})}

    async def save_previous(self, season: str, tiers: Mapping[str, str]) -> int:
        """Keep these; how many are new or others."""
        present = await self.previous(season)
        changed = {unit: tier for unit, tier in tiers.items() if present.get(unit) != tier}
        if changed:
            await self._previous.bulk_write(
                [
                    UpdateOne(
                        {"_id": f"{season}/{unit}"},
                        {"$set": {"season": season, "unit": unit, "tier": tier}},
                        upsert=True,
                    )
                    for unit, tier in changed.items()
                ]
            )
        return len(changed)

    async def save_judges(self, season: str, judges: Iterable[Judge]) -> int:
        present = {d["judge"]: _judge(d, None) async for d in self._judges.find({"season": season})}
        changed = [judge for judge in judges if present.get(judge.judge) != judge]
        if changed:
            await self._judges.bulk_write(
                [
                    UpdateOne({"_id": f"{season}/{judge.judge}"}, {"$set": _judge_values(season, judge)}, upsert=True)
                    for judge in changed
                ]
            )
        return len(changed)

    async def take_in_judge(self, season: str, judge: Judge, version: int) -> bool:
        """Keep a judge as they were told, unless this version or a newer one is there; whether it was new."""
        older = {"_id": f"{season}/{judge.judge}", "told_version": {"$not": {"$gte": version}}}
        values = {**_judge_values(season, judge), "told_version": version}
        try:
            await self._judges.update_one(older, {"$set": values}, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def save_action(self, season: str, action: str, values: Mapping[str, Any]) -> bool:
        document = {"_id": f"{season}/{action}", "season": season, "received_at": datetime.now(UTC), **values}
        return await self._actions.create(document)

    async def action(self, season: str, action: str) -> Mapping[str, Any] | None:
        """What was kept under this name."""
        return await self._actions.find_one({"_id": f"{season}/{action}"})


def _entry(d: dict[str, Any]) -> Entry:
    return Entry(
        entry=d["entry"],
        standing=EntryStatus(d["standing"]),
        track=d["track"],
        division=d["division"],
        unit=d["unit"],
        title=d["title"],
        submitted_at=d["submitted_at"],
        members=tuple(Member(member["person"], member["grade"]) for member in d["members"]),
        instructors=tuple(InstructorRef(item["instructor"], item["person"]) for item in d["instructors"]),
        language=d["language"],
        blind_title=d.get("blind_title", ""),
    )


@dataclass(frozen=True, slots=True)
class _Later:
    """What came to a judge by actions."""

    moves: list[tuple[int, str]]
    recused: list[str]


def _judge(d: dict[str, Any], later: _Later | None) -> Judge:
    recused = later.recused if later else []
    return Judge(
        d["judge"],
        d["employer"],
        tuple(d["tracks"]),
        tuple(dict.fromkeys((*d["conflicts"], *recused))),
        JudgeRole(d["role"]),
        tuple(later.moves if later else ()),
        tuple(d["languages"]),
    )


def _appeal(d: dict[str, Any]) -> Appeal:
    ballots = {judge: tuple(Decimal(score) for score in scores) for judge, scores in d.get("ballots", {}).items()}
    score = Decimal(d["score"]) if "score" in d else None
    return Appeal(d["at"], d["entry"], d["round"], d["component"], ballots, score)


def _judge_values(season: str, judge: Judge) -> dict[str, Any]:
    return {
        "season": season,
        "judge": judge.judge,
        "employer": judge.employer,
        "tracks": list(judge.tracks),
        "conflicts": list(judge.conflicts),
        "role": judge.role,
        "languages": list(judge.languages),
    }
