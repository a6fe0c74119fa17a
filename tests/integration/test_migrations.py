"""Documents of earlier releases on a real MongoDB: brought up once, whatever comes between, and never downwards."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from laurel.errors import UserError
from laurel.provision import SERVICES, provision
from services.certificates.adapters.migrations import MIGRATIONS as OF_CERTIFICATES
from services.judging.adapters.migrations import MIGRATIONS as OF_JUDGING
from services.registration.adapters.accounts import account_from
from services.registration.adapters.documents import entry_from
from services.registration.adapters.migrations import MIGRATIONS as OF_REGISTRATION
from services.registration.domain.consent import PURPOSES
from shared.crash_points import EXIT_CRASHED
from shared.mongo import Migration, Mongo, WrongSchema, bring_up, migrate
from shared.mongo.migrations import check_schema, newest
from shared.settings import ServiceSettings
from tests.support.installation import Servers

MEMBER = {"name": {"zh": "李明", "en": ""}, "birth": "2013-05", "grade": 6}
ENTRY = {
    "_id": "cup/E1",
    "season": "cup",
    "entry": "E1",
    "version": 3,
    "standing": "valid",
    "content": {
        "entry": "E1", "track": "A", "division": "P", "unit": "S1", "title": "小船", "exhibition": False,
        "registered_at": 1, "submitted_at": 2, "review": "approved", "members": [MEMBER], "instructors": [],
    },
    "members": ["p1"],
    "instructors": [],
    "owner": "a1",
    "later": {"extended_until": None, "left": []},
    "consents": [{"member": 0, "guardian": "李强", "relation": "father", "at": 2, "text_version": "1", "method": "paper"}],
    "history": [],
    "told": True,
    "command": {},
}  # fmt: skip
"""An entry from before teams, levels of approval, limits, languages and purposes of consent."""
ACCOUNT = {
    "_id": "a1", "login": "li", "password_hash": "x", "grants": [], "person": "p1", "language": "zh", "version": 1,
}  # fmt: skip
CRASHING = """
import asyncio, sys
from services.judging.adapters.migrations import MIGRATIONS
from shared import crash_points
from shared.mongo import Mongo, migrate, migrations
migrations.LEASE_SECONDS = 1.0
crash_points.arm(sys.argv[3])
async def main() -> None:
    await migrate(Mongo(sys.argv[1], sys.argv[2]), MIGRATIONS)
asyncio.run(main())
"""


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    made = Mongo(servers.mongo_url, f"migrations{uuid4().hex[:8]}")
    yield made
    await made.client.drop_database(made.database.name)
    made.close()


async def document(mongo: Mongo, collection: str, key: str = "") -> dict[str, Any]:
    return await mongo.database[collection].find_one({"_id": key} if key else {}) or {}


async def test_what_registration_kept_before_is_read_like_what_it_keeps_now(mongo: Mongo) -> None:
    database = mongo.database
    season = {"_id": "cup", "version": 1, "mode": "live", "opened_at": 1, "rules": "{}"}
    await database["entries"].insert_one(ENTRY)
    await database["entries"].insert_one({**ENTRY, "_id": "cup/E2", "team_code": "K7", "slots": ["a", "b"]})
    await database["accounts"].insert_one(ACCOUNT)
    await database["accounts"].insert_one({**ACCOUNT, "_id": "a2", "login": "wang", "mail": "w@x.cn", "credentials": 4})
    await database["links"].insert_one({"_id": "l1", "grants": [], "account": "", "label": "", "expires_at": None})
    await database["seasons"].insert_one(season)

    await migrate(mongo, OF_REGISTRATION)

    first = entry_from(await document(mongo, "entries", "cup/E1"))
    assert (first.entrant, first.team_code, first.approvals, first.slots, first.entry.language) == ("", "", (), (), "")
    assert first.consents[0].purposes == PURPOSES
    assert (first.school, (await document(mongo, "entries", "cup/E1"))["school"]) == ((), [])
    assert first.version == 3
    second = entry_from(await document(mongo, "entries", "cup/E2"))
    assert (second.team_code, second.slots) == ("K7", ("a", "b"))
    accounts = [account_from(await document(mongo, "accounts", key)) for key in ("a1", "a2")]
    assert [(account.mail, account.credentials, account.withdrawals) for account in accounts if account] == [
        ("", 0, 0),
        ("w@x.cn", 4, 0),
    ]
    link = await document(mongo, "links")
    assert (link["credentials"], link["mail"], link["mailed"]) == (0, "", "none")
    assert (await document(mongo, "seasons"))["amendments"] == []


async def test_a_delivery_learns_its_receiver_and_one_without_a_webhook_goes(mongo: Mongo) -> None:
    database = mongo.database
    await database["webhooks"].insert_one({"_id": "h1", "season": "cup", "url": "https://school.example.cn/in"})
    for key, hook in (("h1/1", "h1"), ("h9/1", "h9")):
        await database["webhook_deliveries"].insert_one({"_id": key, "hook": hook, "state": "waiting"})

    await migrate(mongo, OF_REGISTRATION)

    kept = await database["webhook_deliveries"].find({}, {"receiver": 1}).to_list(None)
    assert kept == [{"_id": "h1/1", "receiver": "school.example.cn"}]


async def test_what_was_noted_before_there_was_an_audit_log_stands_in_it(mongo: Mongo) -> None:
    read = {"account": "a1", "login": "li", "season": "cup", "entry": "E1", "what": "page", "people": ["p1"], "at": 5}
    await mongo.database["reads"].insert_one({"_id": "r1", "reason": "review", **read})
    await migrate(mongo, OF_REGISTRATION)

    taken = await document(mongo, "audit_log")
    assert (taken["what"], taken["account"], taken["season"]) == ("read", "a1", "cup")
    assert taken["facts"] == {"kind": "page", "entry": "E1", "count": 1, "adopted": "r1"}
    assert await mongo.database["reads"].count_documents({}) == 0


async def test_what_the_others_kept_before_is_completed(mongo: Mongo) -> None:
    database = mongo.database
    await database["seasons"].insert_one({"_id": "cup", "version": 4, "stage": "announced", "announced_at": 7})
    await database["judges"].insert_one({"_id": "cup/J1", "languages": ["en"]})
    await database["judges"].insert_one({"_id": "cup/J2"})
    await migrate(mongo, OF_JUDGING)
    season = await document(mongo, "seasons")
    assert (season["announced_at"], season["finalized_at"], season["closings"], season["version"]) == (7, None, {}, 4)
    assert [item["languages"] async for item in database["judges"].find().sort("_id", 1)] == [["en"], []]

    await database["migrations"].delete_many({})
    await database["certificates"].insert_one({"_id": "c1", "versions": []})
    await migrate(mongo, OF_CERTIFICATES)
    assert (await document(mongo, "certificates"))["changes"] == []


async def test_a_second_time_changes_nothing(mongo: Mongo) -> None:
    await mongo.database["entries"].insert_one(ENTRY)
    assert await migrate(mongo, OF_REGISTRATION) == [step.name for step in OF_REGISTRATION]
    before = await document(mongo, "entries")

    assert await migrate(mongo, OF_REGISTRATION) == []
    for step in OF_REGISTRATION:
        await step.run(mongo)

    assert await document(mongo, "entries") == before


@pytest.mark.parametrize("place", ["migration.part:2", "migration.run"])
async def test_a_step_that_was_interrupted_is_finished(mongo: Mongo, servers: Servers, place: str) -> None:
    count, database = 2500, mongo.database
    await database["entries"].insert_many([{"_id": f"cup/E{number:04d}"} for number in range(count)])
    name = database.name
    died = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", CRASHING, servers.mongo_url, name, place], check=False
    )
    assert died.returncode == EXIT_CRASHED
    assert await database["entries"].count_documents({"schema": 1}) == (2000 if place.endswith("2") else count)
    with pytest.raises(WrongSchema, match="laurel provision"):
        await check_schema(database, OF_JUDGING)

    assert await migrate(mongo, OF_JUDGING) == [step.name for step in OF_JUDGING]
    completed = {"schema": newest(OF_JUDGING), "language": "", "blind_title": ""}
    assert await database["entries"].count_documents(completed) == count
    await check_schema(database, OF_JUDGING)


async def test_of_many_at_once_one_does_it_and_the_others_wait(mongo: Mongo) -> None:
    runs = []

    async def slow(_: Mongo) -> None:
        runs.append("begun")
        await asyncio.sleep(0.5)
        runs.append("done")

    done = await asyncio.gather(*(migrate(mongo, (Migration(1, "slow", slow, adds_only=False),)) for _ in range(4)))

    assert sorted(done) == [[], [], [], ["slow"]]
    assert runs == ["begun", "done"]


async def test_a_database_of_a_newer_release_is_left_alone(mongo: Mongo) -> None:
    await migrate(mongo, OF_JUDGING)
    newer = newest(OF_JUDGING) + 1
    await mongo.database["migrations"].insert_one({"_id": newer, "name": "of tomorrow"})
    await mongo.database["entries"].insert_one({"_id": "cup/E1"})

    with pytest.raises(WrongSchema, match="start the newer release"):
        await migrate(mongo, OF_JUDGING)
    with pytest.raises(WrongSchema, match="start the newer release"):
        await check_schema(mongo.database, OF_JUDGING)

    assert await document(mongo, "entries") == {"_id": "cup/E1"}


async def test_after_a_step_that_only_adds_replicas_of_the_release_before_go_on(mongo: Mongo) -> None:
    """Keeps away: a replica that an update beside it locks out although it could work, and its documents left behind."""
    words, older = mongo.database["words"], OF_JUDGING

    async def add(_: Mongo) -> None:
        await bring_up(words, newest(older) + 1, {"tone": ""})

    async def change(_: Mongo) -> None:
        await bring_up(words, newest(older) + 2, {}, {"$set": {"tone": "plain"}})

    adding = (*older, Migration(newest(older) + 1, "add a tone", add, adds_only=True))
    locking = (*adding, Migration(newest(older) + 2, "no word without a tone", change, adds_only=False))
    assert await migrate(mongo, adding) == [*(step.name for step in older), "add a tone"]

    await check_schema(mongo.database, older)
    assert await migrate(mongo, older) == []
    await words.insert_one({"_id": "written by the older replica", "schema": newest(older)})
    await check_schema(mongo.database, adding)
    assert await migrate(mongo, adding) == []
    assert (await document(mongo, "words"))["tone"] == ""

    assert await migrate(mongo, locking) == ["no word without a tone"]
    assert (await document(mongo, "words"))["tone"] == "plain"
    for former in (older, adding):
        with pytest.raises(WrongSchema, match="start the newer release"):
            await check_schema(mongo.database, former)
        with pytest.raises(WrongSchema, match="start the newer release"):
            await migrate(mongo, former)
    await words.insert_one({"_id": "later", "schema": newest(older)})
    assert await migrate(mongo, locking) == []
    assert "tone" not in await document(mongo, "words", "later"), "nobody is left who writes such a thing"


async def test_one_service_is_provisioned_alone(servers: Servers) -> None:
    """Keeps away: an update of one service that brings up what the others, who still run, read and write."""
    settings = ServiceSettings(
        mongo_url=servers.mongo_url, nats_url=servers.nats_url, database_prefix=f"m{uuid4().hex[:8]}"
    )
    judging = SERVICES[1]
    await provision(settings, [judging])

    kept = Mongo(servers.mongo_url, settings.database_prefix + "judging")
    await check_schema(kept.database, judging.migrations)
    names = [name for name in await kept.client.list_database_names() if name.startswith(settings.database_prefix)]
    assert names == [kept.database.name]
    await kept.client.drop_database(kept.database.name)
    kept.close()


async def test_provisioning_brings_up_every_service_and_says_when_one_is_newer(servers: Servers) -> None:
    settings = ServiceSettings(
        mongo_url=servers.mongo_url, nats_url=servers.nats_url, database_prefix=f"m{uuid4().hex[:8]}"
    )
    await provision(settings)
    for service in SERVICES:
        kept = Mongo(servers.mongo_url, settings.database_prefix + service.service)
        await check_schema(kept.database, service.migrations)
        await kept.database["migrations"].insert_one({"_id": 999, "name": "of tomorrow"})
        kept.close()

    with pytest.raises(UserError, match="database-newer"):
        await provision(settings)

    for service in SERVICES:
        kept = Mongo(servers.mongo_url, settings.database_prefix + service.service)
        await kept.client.drop_database(kept.database.name)
        kept.close()


def test_numbers_follow_each_other_from_one() -> None:
    for service in SERVICES:
        assert [step.number for step in service.migrations] == list(range(1, len(service.migrations) + 1))
        assert len({step.name for step in service.migrations}) == len(service.migrations)
