"""Three members of MongoDB in a network that can be cut: what one key makes, and what people are told meanwhile."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError, WTimeoutError

from deploy.cluster.servers import ELECTION_MS, ReplicaSet
from laurel.client import Client
from shared.errors import Unavailable
from shared.mongo import Mongo, insert_once
from tests.conftest import missing_here
from tests.faults.cluster_kinds import cuts
from tests.faults.failover import Cluster, run
from tests.faults.season import plan
from tests.support.installation import SECRET
from tests.support.network import can_separate
from tests.support.seasons import new_season, open_season

LONGEST_SECONDS = 20.0
"""A request that can end in nothing is told so by then: one operation waits five seconds, and no request makes many."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not can_separate():
        missing_here("cutting a leader from its peers needs root and network namespaces")
    each_cluster = Cluster.start(tmp_path_factory.mktemp("cluster"))
    yield each_cluster
    each_cluster.stop()


@pytest.fixture
def stalled(cluster: Cluster) -> Iterator[ReplicaSet]:
    """The leader leads on, and nobody of the others confirms anything."""
    cluster.stores.wait_for_leader(60_000)
    followers = cluster.stores.followers()
    for member in followers:
        member.signal(signal.SIGSTOP)
    yield cluster.stores
    for member in followers:
        member.signal(signal.SIGCONT)
    cluster.stores.wait_for_leader(ELECTION_MS)


@pytest.mark.timeout(300)
def test_one_key_makes_one_thing_whatever_becomes_of_the_leader(cluster: Cluster) -> None:
    """Keeps away two entries, grants or seats for one key when a leader is cut off; the long run is
    `python -m tests.faults.failover`.
    """
    count = asyncio.run(run(cluster, seed=7, entries=60, faults=cuts(3), say=lambda _: None))

    assert count.whole, "\n".join(count.lines())
    assert count.faults.total() == 3
    assert count.keys == {"entries": 60, "ballots": 120, "grants": 15, "seats": 30, "judges": 15, "certificates": 15}


def test_reading_that_another_leader_may_have_overtaken_is_refused(cluster: Cluster) -> None:
    """Keeps away results that are computed from what a deposed leader still shows, and written to the new one."""

    async def read(*, step_down: bool) -> None:
        mongo = Mongo(cluster.stores.url, "judging", timeout_ms=60_000)
        try:
            async with mongo.steady():
                await mongo.database["ballots"].count_documents({})
                if step_down:
                    leader = await asyncio.to_thread(cluster.stores.leader)
                    await asyncio.to_thread(leader.admin, {"replSetStepDown": 5, "force": True})
        finally:
            mongo.close()

    asyncio.run(read(step_down=False))
    with pytest.raises(Unavailable):
        asyncio.run(read(step_down=True))


def test_a_refusal_that_the_majority_did_not_confirm_is_none(cluster: Cluster, request: pytest.FixtureRequest) -> None:
    """Keeps away the belief that something is stored because a leader alone, which may lose it, has it already."""
    key, impatient = uuid4().hex, WriteConcern("majority", wtimeout=1000)

    async def insert(document: dict[str, Any]) -> bool:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(cluster.stores.url)
        try:
            things = client["unconfirmed"].get_collection("things", write_concern=impatient)
            return await insert_once(things, document)
        finally:
            client.close()

    def by_the_driver(document: dict[str, Any]) -> None:
        with MongoClient[dict[str, Any]](cluster.stores.url) as client:
            client["unconfirmed"].get_collection("things", write_concern=impatient).insert_one(document)

    assert asyncio.run(insert({"_id": "there"})) is True
    assert asyncio.run(insert({"_id": "there"})) is False
    request.getfixturevalue("stalled")
    with pytest.raises(WTimeoutError):
        by_the_driver({"_id": key})
    with pytest.raises(DuplicateKeyError):  # what the driver says by itself is no proof
        by_the_driver({"_id": key})
    with pytest.raises(BulkWriteError):
        asyncio.run(insert({"_id": key}))


@pytest.mark.timeout(300)
def test_members_that_stall_give_503_to_programs_and_on_forms(cluster: Cluster, request: pytest.FixtureRequest) -> None:
    """Keeps away 500 and endless waiting while the majority says nothing."""
    with closing(Client(cluster.services.url, "en", patience=60)) as operator:
        operator.sign_in_as_operator(SECRET)
        season = open_season(operator, new_season(acceptance="submission"))
        grant = {"role": "school-admin", "season": season, "unit": "P01"}
        invitations = [
            operator.call("POST", "/registration/v1/invitations", json={"grants": [grant]}).json()["url"]
            for _ in range(2)
        ]
        token = operator.token
    page = {"Accept": "text/html", "Origin": cluster.services.url}
    json_headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    who = {"login": f"admin{uuid4().hex[:8]}", "password": "four calm herons sleep"}
    with (
        httpx.Client(base_url=cluster.services.url, timeout=60) as visitor,
        httpx.Client(base_url=cluster.services.url, timeout=60) as program,
    ):
        path = httpx.URL(invitations[0]).path
        assert visitor.post(path, data=who, headers=page).status_code == 303
        entry = plan(3, 1)[0]
        member = {"m1_name": "测试停", "m1_birth": "2015-05", "m1_grade": "5"}
        form = {"track": "A", "title": "没有回答的时候", **member, "i1_name": "测试师停"}
        request.getfixturevalue("stalled")
        several: dict[str, Callable[[], httpx.Response]] = {
            "entry by a program": lambda: program.post(
                f"/registration/v1/seasons/{season}/entries",
                content=entry.body,
                headers={**json_headers, "Idempotency-Key": "stalled", "Content-Type": "application/json"},
            ),
            "invitation by a program": lambda: program.post(
                "/registration/v1/invitations",
                json={"grants": [grant]},
                headers={**json_headers, "Idempotency-Key": "s"},
            ),
            "entry on a form": lambda: visitor.post(
                f"/registration/seasons/{season}/register", data=form, headers=page
            ),
            "invitation accepted on a form": lambda: visitor.post(
                httpx.URL(invitations[1]).path, data={**who, "login": who["login"] + "b"}, headers=page
            ),
        }
        results = []
        for what, send in [*several.items()] * 2:
            began = time.monotonic()
            answer = send()
            results.append((what, answer.status_code, "retry-after" in answer.headers))
            assert time.monotonic() - began < LONGEST_SECONDS, what
    assert [(what, status, later) for what, status, later in results if (status, later) != (503, True)] == []
