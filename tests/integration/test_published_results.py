"""Result sets as registration takes them in: chunks in any order, twice, and of revisions that overtake each other."""

from collections.abc import AsyncIterator
from itertools import permutations
from uuid import uuid4

import pytest

from services.registration.adapters.results import PublishedResults
from shared.events.judging import ResultsFinalizedV1
from shared.mongo import Mongo
from tests.support.installation import Servers


@pytest.fixture
async def results(servers: Servers) -> AsyncIterator[PublishedResults]:
    mongo = Mongo(servers.mongo_url, f"published{uuid4().hex[:8]}")
    yield PublishedResults(mongo)
    await mongo.client.drop_database(mongo.database.name)
    mongo.close()


def chunk(season: str, revision: int, number: int) -> ResultsFinalizedV1:
    return ResultsFinalizedV1(
        season=season, revision=revision, chunk=number, chunks=2, finalized_at=revision, result_hash=f"h{revision}"
    )


async def test_the_newest_revision_counts_once_all_of_it_is_there(results: PublishedResults) -> None:
    parts = [(2, 1), (2, 2), (3, 1), (3, 2)]
    for number, order in enumerate(permutations(parts)):
        season = f"s-{number}"
        seen: set[tuple[int, int]] = set()
        for revision, part in [*order, order[0]]:
            await results.keep(chunk(season, revision, part))
            seen.add((revision, part))
            state = await results.stage(season, "final")
            assert state
            newest = max(number for number, _ in seen)
            assert (state.revision, state.result_hash) == (newest, f"h{newest}")
            assert state.complete == ({(newest, 1), (newest, 2)} <= seen)
