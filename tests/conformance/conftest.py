"""Each promise is asked twice: in memory, and (with the marker `servers`) on a real MongoDB."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest

from laurel.events import EVENTS
from shared.events.base import IntegrationEvent
from shared.mongo import Indexes, Mongo

KINDS = {event.SUBJECT: event for event in EVENTS}


@pytest.fixture(params=["memory", pytest.param("mongo", marks=pytest.mark.servers)])
def mongo_url(request: pytest.FixtureRequest) -> str | None:
    """The address of a MongoDB; None stands for the fakes."""
    if request.param == "memory":
        return None
    url: str = request.getfixturevalue("servers").mongo_url
    return url


async def database(url: str, indexes: Indexes) -> AsyncIterator[Mongo]:
    """A database of a test's own with the indexes of a service, which carry rules."""
    mongo = Mongo(url, f"conformance{uuid4().hex[:8]}")
    await mongo.ensure(indexes)
    yield mongo
    await mongo.client.drop_database(mongo.database.name)
    mongo.close()


async def told_in(mongo: Mongo, collections: Sequence[str]) -> list[IntegrationEvent]:
    """The events that stand in the outboxes of these collections, in the order in which they were recorded."""
    documents: list[Mapping[str, Any]] = []
    for name in collections:
        async for document in mongo.database[name].find({"outbox.events": {"$exists": True}}):
            documents += document["outbox"]["events"]
    return [
        KINDS[item["type"]].model_validate_json(item["data"])
        for item in sorted(documents, key=lambda value: value["time"])
    ]
