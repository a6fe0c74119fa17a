"""Stated results on MongoDB: tables in parts, and chunks of lines that carry their own events."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from services.judging.application.ports import Counted, ResultSet
from services.judging.domain.columns import Columns
from shared.events.base import IntegrationEvent
from shared.events.judging import (
    AwardChangedV1,
    AwardGrantedV1,
    AwardRevokedV1,
    ResultsAnnouncedV1,
    ResultsFinalizedV1,
)
from shared.messaging.outbox import record_events
from shared.mongo import Mongo, Projection
from shared.states import ResultStage

PART = 5000
"""Lines of a table in one document."""
COUNTED = "ballots"
"""The name under which the ballots that were counted are kept beside the tables."""
COUNTED_PART = 20_000
"""Ballots in one document of them."""
TOLD = {
    event.SUBJECT: event
    for event in (ResultsAnnouncedV1, ResultsFinalizedV1, AwardGrantedV1, AwardChangedV1, AwardRevokedV1)
}


class MongoResultSets:
    """The port of the result sets: the newest of each stage, and every revision."""

    def __init__(self, mongo: Mongo) -> None:
        self._sets = mongo.database["result_sets"]
        self._newest, self._revisions = Projection(self._sets), mongo.aggregates("result_revisions")
        self._tables, self._chunks = mongo.aggregates("stated_tables"), mongo.aggregates("result_chunks")
        self._all_chunks = mongo.long_reads["result_chunks"]

    async def find(self, season: str, stage: str) -> ResultSet | None:
        document = await self._sets.find_one({"_id": f"{season}/{stage}"})
        return _result_set(document) if document else None

    async def history(self, season: str) -> list[ResultSet]:
        """Every final revision, the oldest first."""
        cursor = self._revisions.find({"season": season, "stage": ResultStage.FINAL}).sort("revision", 1)
        return [_result_set(document) async for document in cursor]

    async def lines(self, season: str, revision: int) -> list[IntegrationEvent]:
        """What a revision told."""
        wanted = {"season": season, "revision": revision}
        return [
            TOLD[event["type"]].model_validate(json.loads(event["data"]))
            async for document in self._all_chunks.find(wanted).sort("chunk", 1)
            for event in document["outbox"]["events"]
        ]

    async def save(
        self,
        season: str,
        result: ResultSet,
        tables: Mapping[str, Sequence[Sequence[str]]],
        chunks: Sequence[Sequence[IntegrationEvent]],
        ballots: Counted,
    ) -> None:
        """Store everything; what is there already stays. The set itself comes last, so it is never half there."""
        key = f"{season}/{result.stage}/{result.revision}"
        shared = {"season": season, "stage": result.stage, "revision": result.revision}
        parts = enumerate(part for counted in ballots.items() for part in pack_ballots(*counted))
        await self._tables.create_many(
            ({"_id": f"{key}/{COUNTED}/{number:06d}", **shared, "name": COUNTED, "part": number, **part}, [])
            for number, part in parts
        )
        await self._tables.create_many(
            (
                {
                    "_id": f"{key}/{name}/{part}",
                    **shared,
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
            ({"_id": f"{key}/{number:06d}", **shared, "chunk": number}, record_events(events))
            for number, events in enumerate(chunks)
        )
        values: dict[str, Any] = {
            **shared,
            "at": result.at,
            "result_hash": result.result_hash,
            "inputs_hash": result.inputs_hash,
            "totals": dict(result.totals),
            "recipients": dict(result.recipients),
            "reason": result.reason,
        }
        await self._revisions.create({"_id": key, **values})
        await self._newest.keep(f"{season}/{result.stage}", result.revision, values)

    async def rows_of(self, season: str, result: ResultSet, name: str, entry: str) -> list[list[str]]:
        """The lines of a table that name an entry."""
        named = {"$elemMatch": {"$elemMatch": {"$eq": entry}}}
        wanted = {"season": season, "revision": result.revision, "name": name, "rows": named}
        return [row async for document in self._tables.find_all(wanted) for row in document["rows"] if entry in row]

    async def table(self, season: str, result: ResultSet, name: str) -> list[list[str]]:
        cursor = self._tables.find_all({"season": season, "revision": result.revision, "name": name}).sort("part", 1)
        return [row async for document in cursor for row in document["rows"]]


def pack_ballots(key: tuple[str, str, str], columns: Columns) -> Iterator[dict[str, Any]]:
    """The ballots of a round, component and track in parts: who scored which entry, and how, in hundredths."""
    for start in range(0, len(columns.entry), COUNTED_PART):
        part = slice(start, start + COUNTED_PART)
        entries, entry = np.unique(columns.entry[part], return_inverse=True)
        yield {
            "round": key[0],
            "component": key[1],
            "entries": [columns.entries[position] for position in entries],
            "judges": list(columns.judges),
            **{
                name: np.ascontiguousarray(numbers, dtype="<i4").tobytes()
                for name, numbers in (
                    ("entry", entry),
                    ("judge", columns.judge[part]),
                    ("scores", columns.scores[part]),
                )
            },
        }


def counted_ballots(document: Mapping[str, Any]) -> Iterator[tuple[str, list[int]]]:
    """The ids of the ballots of such a part, each with its scores."""
    entry, judge = (np.frombuffer(document[name], dtype="<i4").tolist() for name in ("entry", "judge"))
    scores = np.frombuffer(document["scores"], dtype="<i4").reshape(len(entry), -1).tolist()
    above = f"{document['season']}/{document['round']}/{document['component']}"
    for e, j, row in zip(entry, judge, scores, strict=True):
        yield f"{above}/{document['entries'][e]}/{document['judges'][j]}", row


def _result_set(d: Mapping[str, Any]) -> ResultSet:
    return ResultSet(
        stage=d["stage"],
        revision=d["revision"],
        at=d["at"],
        result_hash=d["result_hash"],
        inputs_hash=d["inputs_hash"],
        totals=d["totals"],
        recipients=d["recipients"],
        reason=d["reason"],
    )
