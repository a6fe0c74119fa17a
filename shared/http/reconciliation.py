"""Ledgers: what a service holds of a season, line by line, so that an operator can compare the services.

A line is an id and what is said of it, as hashes. What counts is the meaning: facts are read into the contract they were told by,
so that a document from before a field came says the same as one from after it. No line holds a name or anything else of a
person but ids.

Of its own things a service states two: what the document says now, and what it told last. Of the things of others it
states its copy.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from shared.events.base import IntegrationEvent
from shared.messaging.relay import Relay
from shared.mongo import Collection, Document
from shared.season.rules import SeasonRules

Facts = Mapping[str, Any]
"""By field; what has its default is left out."""
UNREADABLE: Facts = {"document": "unreadable"}
"""What a document says that cannot be read any more."""
FAULTS = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)
"""How the reading of a document ends that was changed by hand."""
NOT_MEANT = frozenset({"season", "version"})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: what its document says, or the copy; of one's own also what was told of it, if anything."""

    key: str
    says: Facts
    told: Facts | None = None
    version: int = 0
    """The version that was told or is held; 0 where things have none."""


class Digests(NamedTuple):
    """A line as it travels: hashes of what is said and of what was told; empty: nothing was."""

    key: str
    says: str
    told: str
    version: int


class LedgerPage(BaseModel):
    """Some lines of a ledger, and where to go on; empty at the end."""

    lines: list[Digests]
    after: str


class LedgerLine(BaseModel):
    """A line field by field, as hashes."""

    key: str
    here: bool
    mentioned: bool
    """Whether something else in this service speaks of it: then it was there."""
    says: dict[str, str]
    told: dict[str, str]
    version: int


Filter = Mapping[str, Any]
E = TypeVar("E", bound=IntegrationEvent)


async def of_season(season: str) -> Filter:
    """The filter of most collections."""
    return {"season": season}


async def of_all(_: str) -> Filter:
    """The filter of what is of no season."""
    return {}


async def itself(season: str) -> Filter:
    """The filter of the season's own document."""
    return {"_id": season}


def by_id(_: str, keys: Sequence[str]) -> Filter:
    """The documents of lines that have their ids."""
    return {"_id": {"$in": list(keys)}}


@dataclass(frozen=True, slots=True)
class ReconciliationView:
    """One ledger: the documents of a collection in the order of their ids, and the lines of each."""

    collection: Collection
    """As it is for long reads."""
    read: Callable[[Document], Iterable[Line]]
    wanted: Callable[[str], Awaitable[Filter | None]] = of_season
    """The filter for a season; None where it has nothing yet."""
    of_lines: Callable[[str, Sequence[str]], Filter] = by_id
    """The filter for the documents of these lines."""
    outbox: bool = False
    """Whether a document has what it told: then it can be told again."""
    retold: str = ""
    """The collection whose documents told it, if it is another one."""
    telling: Callable[[str, Sequence[str]], Filter] | None = None
    """The filter for the documents that told these lines, if they are others."""
    joined: Sequence[Document] = ()
    """What is read along with a document: stages of an aggregation."""
    lines_each: int = 1
    """About how many lines a document has."""
    mentions: Sequence[tuple[Collection, Callable[[str, str], Filter]]] = ()
    """Where else this service speaks of a thing, given the season and its key."""
    copies: Collection | None = None
    """Of a copy: the collection as it is written to."""
    stale: Document = field(default_factory=dict)
    """What is set in a copy, so that it is replaced by the next telling whatever its version; empty: it always is."""
    removable: bool = True
    """Whether a copy may be removed that nobody told."""

    async def page(self, season: str, after: str, limit: int) -> LedgerPage:
        """The lines of some documents after the one with this id."""
        wanted, documents = await self.wanted(season), max(1, limit // self.lines_each)
        if wanted is None:
            return LedgerPage(lines=[], after="")
        results: list[Digests] = []
        last, count = "", 0
        async for document in self._documents({"$and": [wanted, {"_id": {"$gt": after}}]}, documents):
            results += [digests(line) for line in self._lines(document)]
            last, count = document["_id"], count + 1
        return LedgerPage(lines=results, after=last if count == documents else "")

    async def lines(self, season: str, keys: Sequence[str]) -> list[LedgerLine]:
        """These lines, also of what is not there."""
        wanted = await self.wanted(season)
        here: dict[str, Line] = {}
        if wanted is not None:
            async for document in self._documents({"$and": [wanted, self.of_lines(season, keys)]}, 0):
                here.update((line.key, line) for line in self._lines(document))
        return [
            LedgerLine(
                key=key,
                here=key in here,
                mentioned=key not in here and await self._is_mentioned(season, key),
                says=fields_of(key, here[key].says) if key in here else {},
                told=fields_of(key, here[key].told or {}) if key in here else {},
                version=here[key].version if key in here else 0,
            )
            for key in keys
        ]

    async def _is_mentioned(self, season: str, key: str) -> bool:
        for collection, speaks_of in self.mentions:
            if await collection.find_one(dict(speaks_of(season, key)), {"_id": 1}):
                return True
        return False

    def _documents(self, wanted: Filter, most: int) -> Any:
        limit = [{"$limit": most}] if most else []
        fields = [] if self.outbox else [{"$project": {"outbox": 0}}]
        return self.collection.aggregate([{"$match": wanted}, {"$sort": {"_id": 1}}, *limit, *fields, *self.joined])

    def _lines(self, document: Document) -> list[Line]:
        try:
            return list(self.read(document))
        except FAULTS:
            return [Line(str(document["_id"]), UNREADABLE, {} if self.outbox else None)]

    async def retell(self, season: str, keys: Sequence[str], relay: Relay) -> int:
        """Tell these once more, as they were told. A second time nobody changes anything."""
        wanted = await self.wanted(season)
        if wanted is None or not self.outbox:
            return 0
        within = {} if self.retold else wanted
        among = {"$and": [within, (self.telling or self.of_lines)(season, keys)]}
        return await relay.republish(self.retold or self.collection.name, among)

    async def renew(self, season: str, keys: Sequence[str]) -> int:
        """Let these copies be replaced by the next telling. A second time changes nothing."""
        wanted = await self.wanted(season)
        if self.copies is None or wanted is None or not self.stale:
            return 0
        among = {"$and": [wanted, self.of_lines(season, keys)]}
        return (await self.copies.update_many(among, {"$set": self.stale})).matched_count

    async def remove(self, season: str, keys: Sequence[str]) -> int:
        """Remove these copies, which nobody told. A second time changes nothing."""
        wanted = await self.wanted(season)
        if self.copies is None or wanted is None or not self.removable:
            return 0
        return (await self.copies.delete_many({"$and": [wanted, self.of_lines(season, keys)]})).deleted_count


JUDGE_FACTS = ("role", "tracks", "languages", "employer", "conflicts")
"""What is compared of a judge."""


def facts_of(told: BaseModel, *names: str) -> dict[str, Any]:
    """What an event says, or these fields of it, without its version."""
    said = told.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(NOT_MEANT))
    return {name: said[name] for name in names if name in said} if names else said


def rules_facts(rules: SeasonRules) -> dict[str, Any]:
    """What rules state, section by section."""
    stated = rules.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {f"rules.{name}": value for name, value in stated.items()}


def meant(read: Callable[[], Facts]) -> Facts:
    """What this reads, or that it cannot be read."""
    try:
        return read()
    except FAULTS:
        return UNREADABLE


def told_events(document: Document, *kinds: type[E]) -> list[E]:
    """The events of these kinds that a document told, each kind's last one."""
    by_subject = {kind.SUBJECT: kind for kind in kinds}
    return [
        by_subject[event["type"]].model_validate_json(event["data"])
        for event in document.get("outbox", {}).get("events", ())
        if event["type"] in by_subject
    ]


def hash_of(key: str, value: Any) -> str:
    """A short hash that is the same wherever the value is the same, and of no use for another key."""
    whole = json.dumps([key, value], sort_keys=True, ensure_ascii=False, default=str)
    return sha256(whole.encode()).hexdigest()[:16]


def digests(line: Line) -> Digests:
    """A line as it travels."""
    told = "" if line.told is None else hash_of(line.key, line.told)
    return Digests(line.key, hash_of(line.key, line.says), told, line.version)


def fields_of(key: str, facts: Facts) -> dict[str, str]:
    """What is said of a thing field by field, as hashes that nothing else has."""
    return {name: hash_of(f"{key} {name}", value) for name, value in facts.items()}
