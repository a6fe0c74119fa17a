"""Ballots on a real MongoDB: every version kept, the window exact, many at once each with its own version."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from services.judging.adapters.scores import MongoScores
from services.judging.domain.facts import Ballot, BallotStatus
from shared.errors import InvalidState
from shared.mongo import Mongo
from shared.season.time import to_unix_micros
from tests.support.installation import Servers

MINUTE = 60_000_000


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    each_mongo = Mongo(servers.mongo_url, f"ballots{uuid4().hex[:8]}")
    yield each_mongo
    await each_mongo.client.drop_database(each_mongo.database.name)
    each_mongo.close()


def ballot(score: int, *, status: BallotStatus = BallotStatus.SUBMITTED, entry: str = "E1") -> Ballot:
    return Ballot("final", "work", entry, "J1", status, None, (Decimal(score),))


async def write(ballots: MongoScores, ballot: Ballot, *, opens: int = -MINUTE, closes: int = MINUTE) -> tuple[int, int]:
    now = to_unix_micros(datetime.now(UTC))
    return await ballots.write("s", ballot, account="a1", opens=now + opens, closes=now + closes, comment="c", note="n")


async def test_scoring_again_keeps_every_version_and_the_newest_counts(mongo: Mongo) -> None:
    ballots = MongoScores(mongo)

    versions = [
        (await write(ballots, ballot(score, status=status)))[0]
        for score, status in ((1, BallotStatus.DRAFT), (2, BallotStatus.SUBMITTED), (3, BallotStatus.SUBMITTED))
    ]

    stored = await mongo.database["ballots"].find_one({}) or {}
    assert versions == [1, 2, 3]
    assert [(item["hundredths"], item["status"]) for item in stored["versions"]] == [
        ([100], "draft"),
        ([200], "submitted"),
        ([300], "submitted"),
    ]
    newest = await ballots.ballot("s", "final", "work", "E1", "J1")
    assert newest
    assert newest.scores == (Decimal(3),)


async def test_a_draft_never_takes_the_place_of_a_submitted_ballot(mongo: Mongo) -> None:
    ballots = MongoScores(mongo)
    await write(ballots, ballot(5))

    with pytest.raises(InvalidState, match="ballot-submitted"):
        await write(ballots, ballot(1, status=BallotStatus.DRAFT))


@pytest.mark.parametrize(("opens", "closes"), [(MINUTE, 2 * MINUTE), (-MINUTE, -1000)], ids=["early", "late"])
async def test_outside_its_window_nothing_is_written(mongo: Mongo, opens: int, closes: int) -> None:
    ballots = MongoScores(mongo)

    with pytest.raises(InvalidState, match="judging-not-open"):
        await write(ballots, ballot(1), opens=opens, closes=closes)

    assert await mongo.database["ballots"].count_documents({}) == 0


async def test_many_at_once_share_writes_and_none_is_lost(mongo: Mongo) -> None:
    ballots = MongoScores(mongo)

    versions = await asyncio.gather(
        *(write(ballots, ballot(number)) for number in range(8)),
        *(write(ballots, ballot(1, entry=f"E{number}")) for number in range(2, 200)),
    )

    assert sorted(version for version, _ in versions[:8]) == list(range(1, 9))
    assert {version for version, _ in versions[8:]} == {1}
    stored = await mongo.database["ballots"].find_one({"entry": "E1"}) or {}
    assert {tuple(item["hundredths"]) for item in stored["versions"]} == {(100 * number,) for number in range(8)}
