"""Variants of the product that are wrong on purpose: `LAUREL_MUTANT=drop python -m tests.faults.mutants`.

Each is registration with one thing spoiled. The harness must find what it loses or doubles.
"""

import asyncio
import os
import runpy
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

from pymongo import InsertOne, WriteConcern

from services.registration.adapters.entries import MongoEntries
from services.registration.application.ports import StoredEntry
from shared.commands import Command
from shared.events.base import IntegrationEvent
from shared.mongo import connection
from shared.mongo.group import GroupCommit, Operation

EVERY = 20
"""One entry in so many is spoiled."""


def acknowledge_first() -> None:
    """It says that an entry is stored before it is."""
    write, under_way = GroupCommit.write, set[asyncio.Task[None]]()

    def ended(task: asyncio.Task[None]) -> None:
        under_way.discard(task)
        if not task.cancelled():
            task.exception()

    async def written(self: GroupCommit, operation: Operation) -> None:
        if self._collection.name != "entries":
            await write(self, operation)
            return
        task = asyncio.create_task(write(self, operation))
        under_way.add(task)
        task.add_done_callback(ended)

    GroupCommit.write = written  # type: ignore[method-assign]


def acknowledged_by_one() -> None:
    """It takes the leader's word, which may be lost with it."""
    concern = WriteConcern(w=1, j=True)
    connection.WriteConcern = lambda *_, **__: concern  # type: ignore[attr-defined, assignment]


def drop() -> None:
    """It forgets to store an entry now and then."""
    write, turn = GroupCommit.write, count(1)

    async def written(self: GroupCommit, operation: Operation) -> None:
        entry = self._collection.name == "entries" and isinstance(operation, InsertOne)
        if not entry or next(turn) % EVERY:
            await write(self, operation)

    GroupCommit.write = written  # type: ignore[method-assign]


def double() -> None:
    """It stores an entry a second time now and then, under another number."""
    enter, turn = MongoEntries.enter, count(1)

    async def entered(
        self: MongoEntries, entry: StoredEntry, events: Sequence[IntegrationEvent], *, until: int | None
    ) -> bool:
        if next(turn) % EVERY == 0:
            number = uuid4().hex[:6].upper()
            other = replace(entry, entry=replace(entry.entry, entry=number), command={**entry.command, "id": number})
            await enter(self, other, [], until=until)
        return await enter(self, entry, events, until=until)

    MongoEntries.enter = entered  # type: ignore[method-assign]


def forget_the_key() -> None:
    """It takes every request for one that never came before."""
    named = Command.named.__func__  # type: ignore[attr-defined]

    def forgotten(cls: type[Command], /, key: str, **values: Any) -> Command:
        command: Command = named(cls, uuid4().hex if key else key, **values)
        return command

    Command.named = classmethod(forgotten)  # type: ignore[assignment, method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    spoil.__name__: spoil for spoil in (acknowledge_first, acknowledged_by_one, drop, double, forget_the_key)
}
CAUGHT_BY: dict[str, str] = {"acknowledge_first": "kill majority", "acknowledged_by_one": "cut leader both ways"}
"""The fault in which it shows; the others show in any."""

if __name__ == "__main__":
    MUTANTS[os.environ["LAUREL_MUTANT"]]()
    runpy.run_module("services.registration", run_name="__main__")
