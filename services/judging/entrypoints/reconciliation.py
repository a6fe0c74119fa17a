"""What judging holds of a season, line by line."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.judging.adapters.result_sets import COUNTED, counted_ballots
from shared.events.judging import AwardGrantedV1, ResultLines, ResultsAnnouncedV1, ResultsFinalizedV1
from shared.events.registration import (
    EntryAcceptedV1,
    JudgeRecordedV1,
    SelfAssessmentSettledV1,
    SummaryFiledV1,
    UnitRecordedV1,
    WorkLockedV1,
    told_standing,
)
from shared.http.reconciliation import (
    JUDGE_FACTS,
    Facts,
    Filter,
    Line,
    ReconciliationView,
    facts_of,
    itself,
    meant,
    rules_facts,
    told_events,
)
from shared.mongo import Database, Document, Mongo
from shared.season.rules import SeasonRules
from shared.states import EntryStatus, ResultStage

ASSESSED_FACTS = ("component", "total", "items")
SET = {"$concat": ["$stage", "/", {"$toString": "$revision"}]}
"""Of which results a chunk is."""
FIRST_CHUNK: Sequence[Document] = (
    {
        "$lookup": {
            "from": "result_chunks",
            "let": {"chunk": {"$concat": ["$_id", "/", {"$toString": "$revision"}, "/000000"]}},
            "pipeline": [{"$match": {"$expr": {"$eq": ["$_id", "$$chunk"]}}}],
            "as": "chunk",
        }
    },
)


def ledgers(mongo: Mongo) -> Mapping[str, ReconciliationView]:
    """Rules, units, entries, works and summaries as they were told; of its own the results, awards and ballots."""
    database, written = mongo.long_reads, mongo.database

    def copy(collection: str, read: Any, **options: Any) -> ReconciliationView:
        options = {"stale": {"told_version": 0}, **options}
        return ReconciliationView(database[collection], read, copies=written[collection], **options)

    def chunks(read: Any, **options: Any) -> ReconciliationView:
        return ReconciliationView(database["result_chunks"], read, outbox=True, lines_each=200, **options)

    of_season = {"wanted": itself, "stale": {"rules_version": 0}, "removable": False}
    return {
        "seasons": copy("seasons", _mode, **of_season),
        "rules": copy("seasons", _rules, **of_season),
        "units": copy("units", _copy(UnitRecordedV1, "parent", "level", "ordinal", name={"en": "–"})),
        "entries": copy("entries", _entry),
        "works": copy("works", _copy(WorkLockedV1, "files")),
        "summaries": copy("summaries", _copy(SummaryFiledV1)),
        "assessments": copy("assessments", _copy(SelfAssessmentSettledV1, *ASSESSED_FACTS, at=0)),
        "judges": copy("judges", _copy(JudgeRecordedV1, *JUDGE_FACTS, recorded_at=0), wanted=_told),
        "results": ReconciliationView(
            database["result_sets"], _result, outbox=True, joined=FIRST_CHUNK, retold="result_chunks", telling=_sets
        ),
        "lines": chunks(_lines, of_lines=_chunks_of_lines, mentions=[(database["result_chunks"], _grants_line)]),
        "awards": chunks(_awards, wanted=_final, of_lines=_all, mentions=[(database["result_chunks"], _lists_award)]),
        "counted-ballots": ReconciliationView(
            database["stated_tables"], _counted, wanted=_newest_stated(database), of_lines=_all, lines_each=2000
        ),
        "ballots": ReconciliationView(database["ballots"], _ballot),
    }


async def _told(season: str) -> Filter:
    """Judges as registration told them; others were stated here."""
    return {"season": season, "told_version": {"$exists": True}}


def _mode(document: Document) -> Iterable[Line]:
    yield Line(document["_id"], {"mode": document["mode"], "opened_at": document["opened_at"]})


def _rules(document: Document) -> Iterable[Line]:
    says = meant(lambda: rules_facts(SeasonRules.model_validate_json(document["rules"])))
    yield Line(document["_id"], says, version=document["rules_version"])


def _copy(kind: Any, *names: str, **beside: Any) -> Any:
    """Lines of what is kept as it was told; `beside` stands for what is not kept."""

    def read(document: Document) -> Iterable[Line]:
        says = meant(lambda: facts_of(kind.model_validate({**document, "version": 1, **beside}), *names))
        yield Line(document["_id"], says, version=document["told_version"])

    return read


def _entry(document: Document) -> Iterable[Line]:
    """An entry in the words in which it was told."""
    told = told_standing(EntryStatus(document["standing"]))
    yield from _copy(EntryAcceptedV1)({**document, **told})


def _result(document: Document) -> Iterable[Line]:
    chunk: Document = next(iter(document["chunk"]), {})
    told: list[ResultsAnnouncedV1 | ResultsFinalizedV1] = [
        *told_events(chunk, ResultsAnnouncedV1),
        *told_events(chunk, ResultsFinalizedV1),
    ]
    says: Facts = {"at": document["at"], "complete": True}
    if document["stage"] == ResultStage.FINAL:
        says = {**says, "result_hash": document["result_hash"]}
    yield Line(document["_id"], says, _told_result(told[0]) if told else None, told[0].revision if told else 0)


def _told_result(event: ResultsAnnouncedV1 | ResultsFinalizedV1) -> Facts:
    if isinstance(event, ResultsFinalizedV1):
        return {"at": event.finalized_at, "complete": True, "result_hash": event.result_hash}
    return {"at": event.announced_at, "complete": True}


def _lines(document: Document) -> Iterable[Line]:
    """The lines of results, each of which is in its telling alone."""
    above = f"{document['season']}/{document['stage']}/{document['revision']}"
    for event in told_events(document, ResultsAnnouncedV1, ResultsFinalizedV1):
        for table, lines in (("entries", event.entries), ("instructors", event.instructors), ("units", event.units)):
            for line in lines:
                said = facts_of(line)
                yield Line(f"{above}/{table}/{line.award}", said, said)


def _awards(document: Document) -> Iterable[Line]:
    """The awards of a chunk, one line a recipient: the ids of the certificates that must exist."""
    for event in told_events(document, AwardGrantedV1):
        yield from (Line(f"{event.season}/{award}/{recipient}", {}, {}) for award, recipient in _recipients(event))


def _recipients(event: ResultLines) -> Iterable[tuple[str, str]]:
    for entry in event.entries:
        yield from ((entry.award, member.person) for member in entry.members)
        if entry.unit_ordinal is not None:
            yield entry.award, entry.unit
    yield from ((line.award, line.person) for line in event.instructors)
    yield from ((unit.award, unit.unit) for unit in event.units)


def _counted(document: Document) -> Iterable[Line]:
    return [Line(key, {"scores": scores}) for key, scores in counted_ballots(document)]


def _ballot(document: Document) -> Iterable[Line]:
    """A ballot whatever became of it: one that counts no more is still there."""
    yield Line(document["_id"], {"scores": list(document["hundredths"])})


def _sets(season: str, keys: Sequence[str]) -> Filter:
    """The chunks that tell these result sets: of every revision, so that the newest is among them."""
    return {"season": season, "stage": {"$in": [key.rpartition("/")[2] for key in keys]}}


def _chunks_of_lines(season: str, keys: Sequence[str]) -> Filter:
    """The chunks of the stages and revisions of these lines."""
    sets = {(parts[1], parts[2]) for parts in (f"{key}//".split("/") for key in keys)}
    return {"season": season, "$expr": {"$in": [SET, [f"{stage}/{revision}" for stage, revision in sorted(sets)]]}}


def _grants_line(season: str, key: str) -> Filter:
    """Other chunks that speak of the award of a line."""
    return _speaks_of(season, "/".join(key.split("/")[4:]))


def _lists_award(season: str, key: str) -> Filter:
    """Chunks that speak of the award of a certificate."""
    return _speaks_of(season, "/".join(key.split("/")[1:-1]))


def _speaks_of(season: str, award: str) -> Filter:
    stated = re.escape(json.dumps({"award": award}, ensure_ascii=False, separators=(",", ":"))[1:-1])
    return {"season": season, "outbox.events.data": {"$regex": stated}}


def _all(season: str, _: Sequence[str]) -> Filter:
    return {"season": season}


async def _final(season: str) -> Filter:
    return {"season": season, "stage": ResultStage.FINAL}


def _newest_stated(database: Database) -> Any:
    """The ballots that were counted by the newest results that kept them."""

    async def wanted(season: str) -> Filter | None:
        newest = await database["stated_tables"].find_one(
            {"season": season, "name": COUNTED}, {"revision": 1}, sort=[("revision", -1)]
        )
        return {"season": season, "name": COUNTED, "revision": newest["revision"]} if newest else None

    return wanted
