"""Drafts of seasons: each belongs to one account, and a command makes one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.registration.adapters.drafts import MongoDrafts
from services.registration.adapters.indexes import INDEXES
from shared.commands import Command
from shared.errors import Invalid, NotFound
from tests.conformance.conftest import database
from tests.support.fakes.drafts import DraftsInMemory
from tests.support.refusals import refused


@pytest.fixture
async def drafts(mongo_url: str | None) -> AsyncIterator[Any]:
    if mongo_url is None:
        yield DraftsInMemory()
        return
    async for mongo in database(mongo_url, INDEXES):
        yield MongoDrafts(mongo.database)


def command(body: str = "a") -> Command:
    return Command.named("key", account="anna", address="POST /", body=body.encode(), secret=b"")


async def test_a_command_makes_one_draft_of_one_account(drafts: Any) -> None:
    first = await drafts.add(command(), "anna", "", "format: season/1", 5)
    assert await drafts.add(command(), "anna", "", "format: season/1", 6) == first
    with refused("idempotency-key-reused", Invalid):
        await drafts.add(command("b"), "anna", "", "other", 6)
    second = await drafts.add(Command.once(b""), "anna", "s-1", "two", 7)
    assert await drafts.find(first.id, "anna") == first
    with refused("no-such-draft", NotFound):
        await drafts.find(first.id, "ben")
    assert (await drafts.of("anna"), await drafts.of("ben")) == ([second, first], [])


async def test_a_draft_is_written_and_removed(drafts: Any) -> None:
    draft = await drafts.add(command(), "anna", "", "one", 5)
    await drafts.write(draft.id, "two", 9)
    kept = await drafts.find(draft.id, "anna")
    assert (kept.text, kept.updated_at, kept.based_on) == ("two", 9, "")
    await drafts.remove(draft.id)
    with refused("no-such-draft", NotFound):
        await drafts.find(draft.id, "anna")
