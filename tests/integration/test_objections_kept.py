"""Objections on a real MongoDB: decided once, and without names after a year."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from services.judging.adapters.objections import MongoObjections
from services.judging.application.evidence import Attachment, examine_files
from services.judging.application.objecting import Filed, Filer
from services.judging.domain.facts import Outcome
from shared.errors import InvalidState
from shared.mongo import Mongo
from tests.support.installation import Servers

PROOF = Attachment("proof.pdf", b"%PDF")
FILED = Filed("o1", "s", "objection", "E1", "final", "", "other", "facts", Filer("测试某人", "a@example.org"), 1, 2)


async def test_two_who_decide_at_once_leave_one_decision_and_names_go_after_their_term(servers: Servers) -> None:
    mongo = Mongo(servers.mongo_url, f"objections{uuid4().hex[:8]}")
    objections = MongoObjections(mongo)
    await objections.add(replace(FILED, evidence=examine_files([PROOF])[0]), [PROOF])
    await objections.add(replace(FILED, id="o2", evidence=examine_files([PROOF])[0]), [PROOF])

    async def decide(outcome: Outcome) -> bool:
        try:
            return await objections.decide(FILED, outcome, "because", 10, outcome)
        except InvalidState:
            return False

    done = await asyncio.gather(*(decide(outcome) for outcome in (Outcome.UPHELD, Outcome.DISMISSED, Outcome.UPHELD)))
    assert sorted(done) == [False, False, True]
    assert await objections.forget(10) == 0
    assert await objections.evidence("s", "o1", 1) == PROOF.content
    assert await objections.forget(11) == 1
    assert await objections.evidence("s", "o1", 1) is None
    assert await objections.forget(11) == 0
    kept, waiting = await objections.find("s", "o1"), await objections.find("s", "o2")
    assert kept
    assert (kept.filer, kept.text) == (Filer(), "facts")
    assert waiting
    assert waiting.filer.name == "测试某人", "what is not decided keeps its filer"
    assert (await objections.evidence("s", "o2", 1), waiting.evidence[0].size) == (PROOF.content, 4)
    await mongo.client.drop_database(mongo.database.name)
    mongo.close()
