"""What registration holds of a season, line by line."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from services.registration.adapters.documents import entry_from, season_from
from services.registration.adapters.judges import judge_event, judge_from
from services.registration.adapters.store import UNIT_FIELDS, unit_event
from services.registration.application.entry_events import entry_event
from services.registration.domain.units import Unit
from shared.events.judging import EntryAward, InstructorAward, UnitAward
from shared.events.registration import (
    EntryAcceptedV1,
    EntryAmendedV1,
    EntryFacts,
    JudgeRecordedV1,
    PersonNamedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    SelfAssessmentSettledV1,
    SummaryFiledV1,
    UnitRecordedV1,
    WorkLockedV1,
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
from shared.mongo import Document, Mongo
from shared.season.text import Text
from shared.states import ResultStage

LINES: Mapping[str, TypeAdapter[EntryAward] | TypeAdapter[InstructorAward] | TypeAdapter[UnitAward]] = {
    "entries": TypeAdapter(EntryAward),
    "instructors": TypeAdapter(InstructorAward),
    "units": TypeAdapter(UnitAward),
}


def ledgers(mongo: Mongo) -> Mapping[str, ReconciliationView]:
    """Seasons, units, told entries, locked works, summaries and names of its own; results and certificates as they were told."""
    database, written = mongo.long_reads, mongo.database

    def in_entries(field: str) -> Any:
        return lambda season, key: {"season": season, field: key.split("/")[-1]}

    def own(collection: str, read: Any, **options: Any) -> ReconciliationView:
        return ReconciliationView(database[collection], read, outbox=True, **options)

    def copy(collection: str, read: Any, **options: Any) -> ReconciliationView:
        return ReconciliationView(database[collection], read, copies=written[collection], **options)

    of_entry = tuple((database[name], in_entries("entry")) for name in ("works", "uploads", "copies", "certificates"))
    return {
        "seasons": own("seasons", _mode, wanted=itself),
        "rules": own("seasons", _rules, wanted=itself),
        "units": own("units", _unit("parent", "level", "ordinal"), mentions=_of_unit(database)),
        "unit-names": own("units", _unit("name", "parent", "ordinal"), mentions=_of_unit(database)),
        "entries": own(
            "entries",
            _entry,
            wanted=_told,
            mentions=(*of_entry, (database["award_lines"], in_entries("line.entry"))),
        ),
        "works": own("works", _work, wanted=_locked),
        "summaries": own("summaries", _summary, wanted=_filed),
        "assessments": own("assessments", _assessment, wanted=_settled),
        "judges": own("judges", _judge),
        "names": own("people", _name),
        "members": ReconciliationView(database["entries"], _members, wanted=_told),
        "people": ReconciliationView(database["people"], lambda d: [Line(d["_id"], {})]),
        "results": copy("result_stages", _stage, stale={"revision": 0}),
        "lines": copy("award_lines", _award_line),
        "certificates": copy(
            "certificates", _certificate, stale={"number_of_version": 0, "standing_at": 0, "revoked_at": None}
        ),
    }


def _of_unit(database: Any) -> Any:
    return (
        (database["entries"], lambda season, key: {"season": season, "content.unit": key.split("/")[-1]}),
        (database["units"], lambda season, key: {"season": season, "parent": key.split("/")[-1]}),
    )


async def _told(season: str) -> Filter:
    return {"season": season, "told": True}


async def _locked(season: str) -> Filter:
    return {"season": season, "locked": {"$gt": 0}}


async def _settled(season: str) -> Filter:
    return {"season": season, "told_version": {"$gt": 0}}


async def _filed(season: str) -> Filter:
    return {"season": season, "submitted_at": {"$ne": None}}


def _mode(document: Document) -> Iterable[Line]:
    told = told_events(document, SeasonOpenedV1)
    says = {"mode": document["mode"], "opened_at": document["opened_at"]}
    yield Line(document["_id"], says, facts_of(told[-1], "mode", "opened_at") if told else None)


def _rules(document: Document) -> Iterable[Line]:
    events: list[SeasonOpenedV1 | SeasonAmendedV1] = [
        *told_events(document, SeasonOpenedV1),
        *told_events(document, SeasonAmendedV1),
    ]
    told = max(events, key=lambda event: event.version, default=None)
    yield Line(
        document["_id"],
        meant(lambda: rules_facts(season_from(document).rules)),
        rules_facts(told.rules) if told else None,
        told.version if told else 0,
    )


def _unit(*names: str) -> Any:
    def read(document: Document) -> Iterable[Line]:
        told = next(iter(told_events(document, UnitRecordedV1)), None)

        def says() -> Facts:
            unit = Unit(*(document[field] for field in UNIT_FIELDS))
            return facts_of(unit_event(document["season"], unit, 1), *names)

        yield Line(document["_id"], meant(says), facts_of(told, *names) if told else None, told.version if told else 0)

    return read


def _judge(document: Document) -> Iterable[Line]:
    """What judging may know of a judge; when it was recorded, is in its telling alone."""
    told = max(told_events(document, JudgeRecordedV1), key=lambda event: event.version, default=None)
    says = meant(lambda: facts_of(judge_event(document["season"], judge_from(document), 1, 0), *JUDGE_FACTS))
    yield Line(document["_id"], says, facts_of(told, *JUDGE_FACTS) if told else None, told.version if told else 0)


def _entry(document: Document) -> Iterable[Line]:
    kinds: tuple[type[EntryFacts], ...] = (EntryAcceptedV1, EntryAmendedV1)
    told = max(told_events(document, *kinds), key=lambda event: event.version, default=None)
    says = meant(lambda: facts_of(entry_event(entry_from(document))))
    yield Line(document["_id"], says, facts_of(told) if told else None, told.version if told else 0)


def _work(document: Document) -> Iterable[Line]:
    told = next(iter(told_events(document, WorkLockedV1)), None)

    def says() -> Facts:
        counted = next(version for version in document["versions"] if version["number"] == document["locked"])
        files = [
            {"number": number, **{name: file[name] for name in ("sha256", "size", "media_type")}}
            for number, file in enumerate(counted["files"], 1)
        ]
        return {"files": files}

    yield Line(document["_id"], meant(says), facts_of(told, "files") if told else None, told.version if told else 0)


def _summary(document: Document) -> Iterable[Line]:
    told = next(iter(told_events(document, SummaryFiledV1)), None)

    def says() -> Facts:
        return facts_of(
            SummaryFiledV1(
                season=document["season"],
                unit=document["unit"],
                version=1,
                submitted_at=document["submitted_at"],
                items=document["items"],
            )
        )

    yield Line(document["_id"], meant(says), facts_of(told) if told else None, told.version if told else 0)


def _assessment(document: Document) -> Iterable[Line]:
    """What it comes to; when it was settled is in its telling alone."""
    told = next(iter(told_events(document, SelfAssessmentSettledV1)), None)
    names = ("component", "total", "items")

    def says() -> Facts:
        kept = document["told"]
        component = told.component if told else ""
        event = SelfAssessmentSettledV1(
            season=document["season"],
            entry=document["entry"],
            version=1,
            component=component,
            total=kept["total"],
            items=kept["items"],
            at=0,
        )
        return facts_of(event, *names)

    yield Line(document["_id"], meant(says), facts_of(told, *names) if told else None, told.version if told else 0)


def _name(document: Document) -> Iterable[Line]:
    told = next(iter(told_events(document, PersonNamedV1)), None)
    says = meant(lambda: {"name": Text.model_validate(document["name"]).model_dump()})
    yield Line(document["_id"], says, {"name": told.name.model_dump()} if told else None, told.version if told else 0)


def _members(document: Document) -> Iterable[Line]:
    """Whom an entry names: each of them is known."""
    return [Line(person, {}) for person in (*document["members"], *document["instructors"])]


def _stage(document: Document) -> Iterable[Line]:
    complete = len(document["arrived"]) == document["chunks"]
    hashed = {"result_hash": document["result_hash"]} if document["stage"] == ResultStage.FINAL else {}
    yield Line(document["_id"], {"at": document["at"], "complete": complete, **hashed}, version=document["revision"])


def _award_line(document: Document) -> Iterable[Line]:
    yield Line(document["_id"], meant(lambda: facts_of(LINES[document["table"]].validate_python(document["line"]))))


def _certificate(document: Document) -> Iterable[Line]:
    says = {name: document[name] for name in ("serial", "kind", "recipient", "entry")}
    number = document["number_of_version"]
    yield Line(document["_id"], {**says, "number": number, "revoked": bool(document.get("revoked_at"))}, version=number)
