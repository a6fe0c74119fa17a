"""Ledgers: what a service holds of a season, line by line, so that an operator can compare the services.

A line is an id and a short state. Two services agree on a ledger when the lines are the same. No line holds a name.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from shared.mongo import Collection

Line = tuple[str, str]


class LedgerPage(BaseModel):
    """Some lines of a ledger, and where to go on; empty at the end."""

    lines: list[Line]
    after: str


@dataclass(frozen=True, slots=True)
class ReconciliationView:
    """One ledger: the documents of a collection in the order of their ids, and the lines of each."""

    collection: Collection
    wanted: Callable[[str], Mapping[str, Any]]
    """The filter for a season."""
    lines: Callable[[dict[str, Any]], list[Line]]
    outbox: bool = False
    """Whether the lines are in the events that a document told."""

    async def page(self, season: str, after: str, documents: int) -> LedgerPage:
        """The lines of at most so many documents after the one with this id."""
        results: list[Line] = []
        last, count = "", 0
        async for document in self._documents(season, after, documents):
            results += self.lines(document)
            last, count = document["_id"], count + 1
        return LedgerPage(lines=results, after=last if count == documents else "")

    async def _documents(self, season: str, after: str, most: int) -> AsyncIterator[dict[str, Any]]:
        wanted = {"$and": [self.wanted(season), {"_id": {"$gt": after}}]}
        fields = None if self.outbox else {"outbox": 0}
        async for document in self.collection.find(wanted, fields).sort("_id", 1).limit(most):
            yield document


def digest(facts: Mapping[str, Any]) -> str:
    """A short state that is the same wherever the facts are the same."""
    return sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()[:16]
