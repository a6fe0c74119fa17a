"""The ports of the use cases on MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pymongo import ReplaceOne

from services.judging.application.ports import JudgedSeason, ResultSet
from services.judging.domain.facts import Ballot, Entry, InstructorRef, Judge, Member, Objection, Summary, Unit
from shared.errors import Refused
from shared.events.base import IntegrationEvent
from shared.messaging.outbox import recorded
from shared.mongo import Conflict, Document, GroupRead, Mongo, TooLate
from shared.season.rules import SeasonRules

TRIES = 20
PART = 5000
"""Lines of a table in one document."""


class MongoSeasons:
    def __init__(self, mongo: Mongo) -> None:
        self._seasons = mongo.aggregates("seasons")

    async def find(self, season: str) -> JudgedSeason | None:
        document = await self._seasons.find_one({"_id": season})
        return _season(document) if document else None

    async def all(self) -> list[JudgedSeason]:
        return [_season(document) async for document in self._seasons.find({}).sort("opened_at", -1)]

    async def unfinished(self) -> list[JudgedSeason]:
        wanted = {"stage": {"$in": ["announcing", "finalizing"]}}
        return [_season(document) async for document in self._seasons.find(wanted)]

    async def advance(
        self, season: JudgedSeason, values: Mapping[str, Any], events: Sequence[IntegrationEvent]
    ) -> None:
        await self._seasons.change(season.id, season.version, values, recorded(events))


def _season(document: dict[str, Any]) -> JudgedSeason:
    return JudgedSeason(
        id=document["_id"],
        version=document["version"],
        mode=document["mode"],
        rules=SeasonRules.model_validate_json(document["rules"]),
        stage=document["stage"],
        closed_at=document.get("closed_at"),
        announced_at=document.get("announced_at"),
        finalized_at=document.get("finalized_at"),
        reasons=document.get("reasons", {}),
    )


class MongoFacts:
    """Projections of what registration told, and what judging itself takes in."""

    def __init__(self, mongo: Mongo) -> None:
        database = mongo.database
        self._units, self._entries, self._summaries = database["units"], database["entries"], database["summaries"]
        self._judges, self._actions = database["judges"], mongo.aggregates("actions")

    async def of_person(self, person: str) -> list[dict[str, Any]]:
        """The entries in which this person takes part, as they were told."""
        kept = ("season", "entry", "standing", "track", "division", "unit", "title", "registered_at", "submitted_at")
        return [{name: d[name] for name in kept} async for d in self._entries.find({"members.person": person})]

    async def units(self, season: str) -> dict[str, Unit]:
        cursor = self._units.find({"season": season})
        return {d["unit"]: Unit(d["unit"], d["parent"], d["level"], d["ordinal"]) async for d in cursor}

    async def entries(self, season: str) -> dict[str, Entry]:
        return {document["entry"]: _entry(document) async for document in self._entries.find({"season": season})}

    async def entries_of(self, season: str, tracks: Sequence[str]) -> list[Entry]:
        """The entries of these tracks, by id."""
        cursor = self._entries.find({"season": season, "track": {"$in": list(tracks)}}).sort("entry", 1)
        return [_entry(document) async for document in cursor]

    async def entry(self, season: str, entry: str) -> Entry | None:
        document = await self._entries.find_one({"_id": f"{season}/{entry}"})
        return _entry(document) if document else None

    async def judges(self, season: str) -> dict[str, Judge]:
        return {document["judge"]: _judge(document) async for document in self._judges.find({"season": season})}

    async def judge(self, season: str, judge: str) -> Judge | None:
        document = await self._judges.find_one({"_id": f"{season}/{judge}"})
        return _judge(document) if document else None

    async def summaries(self, season: str) -> dict[str, Summary]:
        cursor = self._summaries.find({"season": season})
        return {
            d["unit"]: Summary(d["unit"], d["submitted_at"], {k: Decimal(v) for k, v in d["items"].items()})
            async for d in cursor
        }

    async def objections(self, season: str) -> list[Objection]:
        cursor = self._actions.find({"season": season, "type": "objection"}).sort([("at", 1), ("_id", 1)])
        return [Objection(d["at"], d["entry"], d["round"], d["upheld"]) async for d in cursor]

    async def save_judges(self, season: str, judges: Iterable[Judge]) -> int:
        present = await self.judges(season)
        changed = [judge for judge in judges if present.get(judge.judge) != judge]
        if changed:
            await self._judges.bulk_write(
                [
                    ReplaceOne({"_id": f"{season}/{judge.judge}"}, _judge_document(season, judge), upsert=True)
                    for judge in changed
                ]
            )
        return len(changed)

    async def save_action(self, season: str, action: str, values: Mapping[str, Any]) -> bool:
        document = {"_id": f"{season}/{action}", "season": season, "received_at": datetime.now(UTC), **values}
        return await self._actions.create(document)


def _entry(d: dict[str, Any]) -> Entry:
    return Entry(
        entry=d["entry"],
        standing=d["standing"],
        track=d["track"],
        division=d["division"],
        unit=d["unit"],
        title=d["title"],
        submitted_at=d["submitted_at"],
        members=tuple(Member(member["person"], member["grade"]) for member in d["members"]),
        instructors=tuple(InstructorRef(one["instructor"], one["person"]) for one in d["instructors"]),
    )


def _judge(d: dict[str, Any]) -> Judge:
    return Judge(d["judge"], d["employer"], tuple(d["tracks"]), tuple(d["conflicts"]), d["role"])


def _judge_document(season: str, judge: Judge) -> dict[str, Any]:
    return {
        "_id": f"{season}/{judge.judge}",
        "season": season,
        "judge": judge.judge,
        "employer": judge.employer,
        "tracks": list(judge.tracks),
        "conflicts": list(judge.conflicts),
        "role": judge.role,
    }


class MongoBallots:
    """Ballots as append-only versions; the newest one counts."""

    def __init__(self, mongo: Mongo) -> None:
        self._records, self._clock = mongo.aggregates("ballots"), mongo.clock
        self._ballots = mongo.database["ballots"]
        self._by_id = GroupRead(self._read)

    async def of(self, season: str) -> list[Ballot]:
        return [_ballot(document) async for document in self._ballots.find({"season": season})]

    async def one(self, season: str, round_id: str, component: str, entry: str, judge: str) -> Ballot | None:
        """The ballot as it is, or None."""
        document = await self._ballots.find_one({"_id": f"{season}/{round_id}/{component}/{entry}/{judge}"})
        return _ballot(document) if document else None

    async def by_judge(self, season: str, judge: str) -> list[Ballot]:
        return [_ballot(document) async for document in self._ballots.find({"season": season, "judge": judge})]

    async def texts(self, season: str, ballot: Ballot) -> tuple[str, str]:
        """The comment for the entrant and the judge's own note."""
        document = await self._ballots.find_one({"_id": _ballot_id(season, ballot)}, {"comment": 1, "note": 1})
        return (document["comment"], document["note"]) if document else ("", "")

    async def count(self, season: str, round_id: str) -> int:
        return await self._ballots.count_documents({"season": season, "round": round_id, "status": "submitted"})

    async def save_records(self, season: str, ballots: Iterable[Ballot]) -> int:
        documents: list[tuple[Document, list[Document]]] = [
            ({**_ballot_document(season, ballot), "comment": "", "note": ""}, []) for ballot in ballots
        ]
        return await self._records.create_many(documents)

    async def write(
        self, season: str, ballot: Ballot, *, opens: int, closes: int, comment: str, note: str
    ) -> tuple[int, int]:
        """A new version of a ballot, if the database's clock is within the window. Returns version and time.

        Raises:
            Refused: it is not, or a draft would take the place of a submitted ballot.
            Conflict: the same ballot was written many times at this moment.
        """
        key = _ballot_id(season, ballot)
        for _ in range(TRIES):
            now = await self._clock.now()
            if not opens <= now <= closes:
                break
            present = (await self._by_id.get([key])).get(key)
            if present and present["status"] == "submitted" and ballot.status == "draft":
                raise Refused("ballot-submitted")
            version = present["version"] + 1 if present else 1
            fresh = {
                "status": ballot.status,
                "scores": [str(score) for score in ballot.scores],
                "comment": comment,
                "note": note,
            }
            kept = {**fresh, "at": now, "version": version}
            gate = await self._clock.gate(closes)
            try:
                if present:
                    values = {**fresh, "submitted_at": now}
                    await self._records.change(key, version - 1, values, push={"versions": kept}, until=gate)
                    return version, now
                document = {**_ballot_document(season, ballot), **fresh, "submitted_at": now, "versions": [kept]}
                if await self._records.create(document, until=gate):
                    return version, now
            except TooLate:
                break
            except Conflict:
                continue  # another request wrote the same ballot at this moment
        else:
            raise Conflict(key)
        raise Refused("judging-not-open")

    async def _read(self, keys: list[str]) -> dict[str, Document]:
        found = self._ballots.find({"_id": {"$in": keys}}, {"status": 1, "version": 1})
        return {document["_id"]: document async for document in found}


def _ballot_id(season: str, ballot: Ballot) -> str:
    key = f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}"
    return key if ballot.status in ("submitted", "draft") else f"{key}/{ballot.status}"


def _ballot_document(season: str, ballot: Ballot) -> dict[str, Any]:
    return {
        "_id": _ballot_id(season, ballot),
        "season": season,
        "round": ballot.round,
        "component": ballot.component,
        "entry": ballot.entry,
        "judge": ballot.judge,
        "status": ballot.status,
        "submitted_at": ballot.submitted_at,
        "scores": [str(score) for score in ballot.scores],
    }


def _ballot(d: dict[str, Any]) -> Ballot:
    return Ballot(
        d["round"],
        d["component"],
        d["entry"],
        d["judge"],
        d["status"],
        d["submitted_at"],
        tuple(Decimal(score) for score in d["scores"]),
    )


class MongoResultSets:
    """Stated results: tables in parts, and chunks of lines that carry their own events."""

    def __init__(self, mongo: Mongo) -> None:
        self._sets, self._tables, self._chunks = (
            mongo.aggregates("result_sets"),
            mongo.aggregates("result_tables"),
            mongo.aggregates("result_chunks"),
        )

    async def find(self, season: str, stage: str) -> ResultSet | None:
        document = await self._sets.find_one({"_id": f"{season}/{stage}"})
        if document is None:
            return None
        return ResultSet(
            stage=document["stage"],
            revision=document["revision"],
            at=document["at"],
            result_hash=document["result_hash"],
            totals=document["totals"],
            recipients=document["recipients"],
        )

    async def save(
        self,
        season: str,
        result: ResultSet,
        tables: Mapping[str, Sequence[Sequence[str]]],
        chunks: Sequence[Sequence[IntegrationEvent]],
    ) -> None:
        """Store everything; what is there already stays. The set itself comes last, so it is never half there."""
        await self._tables.create_many(
            (
                {
                    "_id": f"{season}/{result.stage}/{name}/{part}",
                    "season": season,
                    "stage": result.stage,
                    "name": name,
                    "part": part,
                    "rows": [list(row) for row in rows[part * PART : (part + 1) * PART]],
                },
                [],
            )
            for name, rows in tables.items()
            for part in range(-(-len(rows) // PART))
        )
        await self._chunks.create_many(
            (
                {"_id": f"{season}/{result.stage}/{number}", "season": season, "stage": result.stage},
                recorded(events),
            )
            for number, events in enumerate(chunks)
        )
        await self._sets.create(
            {
                "_id": f"{season}/{result.stage}",
                "season": season,
                "stage": result.stage,
                "revision": result.revision,
                "at": result.at,
                "result_hash": result.result_hash,
                "totals": dict(result.totals),
                "recipients": dict(result.recipients),
            }
        )

    async def table(self, season: str, stage: str, name: str) -> list[list[str]]:
        cursor = self._tables.find({"season": season, "stage": stage, "name": name}).sort("part", 1)
        return [row async for document in cursor for row in document["rows"]]
