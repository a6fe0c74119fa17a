"""What people may ask for, over all three services: a copy, a correction, erasure and what is left; terms that act."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import nats
import pytest
from pymongo import MongoClient

from laurel.client import Client
from services.registration.adapters.accounts import Argon2Passwords, MongoAccounts, SigningKey
from services.registration.adapters.entries import MongoEntries
from services.registration.adapters.erasures import MongoErasures, MongoRemains
from services.registration.adapters.media import MongoMedia
from services.registration.adapters.store import (
    MongoPeople,
    MongoReports,
    MongoSeasons,
    MongoSummaries,
    MongoUnits,
)
from services.registration.adapters.uploads import Uploads
from services.registration.adapters.works import MongoWorks
from services.registration.application.accounts import Accounts
from services.registration.application.ports import Store
from services.registration.application.rights import retain
from services.registration.domain.erasure import Terms
from shared.audit import AuditLog
from shared.identity.authenticator import Authenticator
from shared.mongo import Mongo
from shared.mongo.counters import MongoCounters
from tests.integration.test_lifecycle import UNITS, rules
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually, eventually_async

MARK = "测试唯一的名字"


def awarded(operator: Client, browsing: Browsing, season: str) -> str:
    """An entry of this student that has gone all the way to a certificate."""
    entry = browsing.registers(season, grade=6)
    browsing.acts(season, entry, "submit", purpose="check-page")
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{season}")["entries"] == 1)
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/JA1", json={"tracks": ["A"]})
    link = {"login": f"judge-{season[-6:]}", "grants": [{"role": "judge", "season": season, "ref": "JA1"}]}
    url = operator.call("POST", "/registration/v1/sign-in-links", json=link).json()["url"]
    with Browsing(str(browsing.base_url)) as judge:
        judge.post(url)
        scores = {"theme": "37.5", "originality": "36", "process": "18"}
        address = f"/judging/v1/seasons/{season}/tasks/{entry}/work/ballot"
        answer = judge.put(address, json={"scores": scores, "submit": True}, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
    base = f"/judging/v1/seasons/{season}"
    for step in ("rounds/final/closing", "announcement", "finalization"):
        operator.call("POST", f"{base}/{step}", json={"reason": "Test"})
    operator.wait_for("certificates", lambda: operator.get(f"/certificates/v1/seasons/{season}")["student"] == 1)
    return entry


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    made = new_season(acceptance="submission")
    made["panels"]["common"] |= {
        "ballots": "1",
        "method": "mean",
        "drop_high": "0",
        "drop_low": "0",
        "min_ballots": "1",
    }
    return open_season(operator, made)


def documents_naming(installation: ThreeProcesses, mark: str) -> list[str]:
    """Collections of all three databases in which this text still stands."""
    results = []
    with MongoClient[dict[str, Any]](installation.servers.mongo_url) as client:
        for name in ("registration", "judging", "certificates"):
            database = client[installation.prefix + name]
            for collection in database.list_collection_names():
                results += [
                    f"{name}.{collection}"
                    for document in database[collection].find({})
                    if mark in json.dumps(document, default=str, ensure_ascii=False)
                ]
    return results


async def named_in_stream(url: str, person: str) -> list[str]:
    client = await nats.connect(url)
    stream = client.jetstream()
    message = await stream.get_last_msg("PEOPLE", f"people.named.v1.{person}")
    info = await stream.stream_info("PEOPLE", subjects_filter=f"people.named.v1.{person}")
    await client.close()
    return [(message.data or b"").decode(), str(info.state.subjects)]


@pytest.mark.timeout(600)
async def test_a_person_sees_takes_a_copy_and_is_erased_everywhere(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    with student(installation, season, "P01", birth="2010-01", name=MARK) as browsing:
        entry = awarded(operator, browsing, season)
        copies = {
            service: browsing.get(f"/{service}/me/data.json").json()
            for service in ("registration", "judging", "certificates")
        }
        assert copies["registration"]["person"]["name"]["zh"] == MARK
        assert copies["registration"]["entries"][0]["entry"] == entry
        assert copies["judging"]["entries"][0]["entry"] == entry
        assert copies["certificates"]["certificates"][0]["entry"] == entry
        assert MARK not in json.dumps(copies["judging"], ensure_ascii=False)
        person = copies["registration"]["person"]["id"]
        listed = operator.get(f"/certificates/v1/seasons/{season}/certificates")[0]
        assert documents_naming(installation, MARK)

        assert browsing.post("/registration/me/data/erasure", {"login": "another"}).status_code == 422
        login = copies["registration"]["account"]["login"]
        assert browsing.post("/registration/me/data/erasure", {"login": login}).status_code == 303

        def gone() -> None:
            assert documents_naming(installation, MARK) == []

        eventually(gone)
        body, _ = await named_in_stream(installation.servers.nats_url, person)
        assert MARK not in body
        assert browsing.get("/registration/me").status_code == 303, "the account is gone"
        kept = operator.get(f"/certificates/v1/seasons/{season}/certificates")[0]
        assert (kept["serial"], kept["award"]) == (listed["serial"], listed["award"]), "number and award stay"
        browsing.cookies.clear()
        assert "Not shown" in browsing.get(listed["url"], headers={"Accept-Language": "en"}).text
        document = f"/certificates/v1/certificates/{kept['serial']}/document.pdf"
        headers = {"Authorization": f"Bearer {operator.token}"}
        assert browsing.get(document, headers=headers).status_code == 404
        rows = operator.call("GET", f"/judging/v1/seasons/{season}/results/final/awards.csv").text
        assert entry in rows, "the anonymised result row stays"


def test_a_name_is_corrected_by_oneself_and_by_the_school(installation: ThreeProcesses, operator: Client) -> None:
    live = open_season(operator, rules(), units=UNITS)
    with (
        student(installation, live, "P01", birth="2010-01", name="测试旧名字") as browsing,
        student(installation, live, "P01", birth="2010-01", name="测试别的人"),
        invited(installation, operator, role="school-admin", season=live, unit="P01") as school,
    ):
        entry = browsing.registers(live, grade=6)
        form = {"name_zh": "测试新名字", "reason": "写错了"}
        assert browsing.post("/registration/me/data/name", form).status_code == 303
        assert "测试新名字" in school.get(f"/registration/entries/{live}/{entry}").text
        address = f"/registration/entries/{live}/{entry}/members/1"
        assert school.post(f"{address}/name", {"name_zh": "测试改对了"}).status_code == 422, "a reason is needed"
        assert school.post(f"{address}/name", {"name_zh": "测试改对了", "reason": "家长来电"}).status_code == 303
        assert "测试改对了" in browsing.get("/registration/me/data").text
        assert school.post(f"{address}/erase", {"reason": "家长书面要求", "confirm": "删除"}).status_code == 303
        assert "测试改对了" not in school.get(f"/registration/seasons/{live}/desk").text
        assert operator.get(f"/registration/v1/seasons/{live}/entries/{entry}")["standing"] == "withdrawn"


def test_an_instructor_is_erased_by_oneself_and_by_the_organizer(
    installation: ThreeProcesses, operator: Client
) -> None:
    live = open_season(operator, rules(), units=UNITS)
    names = [f"测试{uuid4().hex[:5]}老师" for _ in range(2)]
    grant = {"role": "instructor", "season": live, "unit": "P01"}
    with (
        invited(installation, operator, role="city-organizer", season=live) as organizer,
        invited(installation, operator, names[0], **grant) as first,
        invited(installation, operator, names[1], **grant) as second,
    ):
        entries = []
        for teacher, name in ((first, names[0]), (second, names[1])):
            form = {"track": "A", "title": f"作品{uuid4().hex[:5]}", "i1_name": name}
            form |= {"m1_name": f"测试{uuid4().hex[:5]}", "m1_birth": "2014-03", "m1_grade": "5"}
            answer = teacher.post(f"/registration/seasons/{live}/register", form)
            assert answer.status_code == 303, answer.text
            entries.append(answer.headers["location"])

        own = first.get("/registration/me/data").text
        assert names[0] in own
        assert "出生年月" not in own, "nobody asks instructors for it"
        login = re.search(r"登录名 (\S+)<", own)
        assert login
        assert first.post("/registration/me/data/erasure", {"login": "x"}).status_code == 422
        assert first.post("/registration/me/data/erasure", {"login": login[1]}).status_code == 303
        assert names[0] not in organizer.get(entries[0]).text
        assert first.get("/registration/me/data").status_code == 303, "the account is gone"

        page = organizer.get(entries[1]).text
        assert f"{entries[1]}/instructors/1/erase" in page
        erase = f"{entries[1]}/instructors/1/erase"
        assert organizer.post(erase, {"confirm": "删除"}).status_code == 422, "a reason is needed"
        assert organizer.post(f"{entries[1]}/instructors/3/erase", {"reason": "x"}).status_code == 404
        renamed = {"name_zh": "测试改名老师", "reason": "写错了"}
        assert organizer.post(f"{entries[1]}/instructors/1/name", renamed).status_code == 303
        assert "测试改名老师" in organizer.get(entries[1]).text
        assert organizer.post(erase, {"reason": "本人书面要求", "confirm": "删除"}).status_code == 303
        assert "测试改名老师" not in organizer.get(entries[1]).text
        assert (
            operator.get(entries[1].replace("/entries/", "/v1/seasons/").replace(f"{live}/", f"{live}/entries/"))[
                "standing"
            ]
            == "draft"
        ), "the entry stays"


async def test_what_gave_no_result_is_erased_at_its_term(installation: ThreeProcesses, operator: Client) -> None:
    works = {"A": {"files": ["0", "1"], "types": ["pdf"], "max_mib": "1"}}
    live = open_season(operator, rules(works=works), units=UNITS)
    with student(installation, live, "P01", birth="2010-01", name="测试过期草稿") as browsing:
        entry = browsing.registers(live, grade=6)
        address = f"/registration/entries/{live}/{entry}/files"
        assert browsing.post(address, files={"file": ("a.pdf", b"%PDF-1.7 x")}).status_code == 303
    mongo = Mongo(installation.servers.mongo_url, f"{installation.prefix}registration")
    seasons = MongoSeasons(mongo)
    store = Store(
        seasons, MongoUnits(mongo), MongoPeople(mongo), MongoEntries(mongo), MongoSummaries(mongo), MongoReports(mongo), mongo.clock, MongoMedia(mongo)
    )  # fmt: skip
    key, audit = SigningKey(installation.folder / "identity.pem"), AuditLog(mongo, "registration")
    counters = MongoCounters(mongo.database)
    accounts = Accounts(MongoAccounts(mongo, Authenticator(mongo.database)), Argon2Passwords(), key, counters, audit)
    remains = MongoRemains(mongo, accounts, Uploads(mongo), audit)

    async def at(moment: datetime) -> None:
        micros = int(moment.timestamp() * 1e6)
        await retain(
            Terms(never_stood=183, works=3 * 365), MongoErasures(mongo), MongoWorks(mongo), remains, store, now=micros
        )

    season = await seasons.find(live)
    assert season
    closes = season.rules.window("registration").closes
    await at(closes + timedelta(days=180))
    assert "registration.people" in documents_naming(installation, "测试过期草稿")
    await at(closes + timedelta(days=184))

    async def forgotten() -> None:
        assert documents_naming(installation, "测试过期草稿") == []

    await eventually_async(forgotten)
    uploads = [item["_id"] async for item in mongo.database["uploads"].find({"season": live})]
    assert uploads == [], "its files are gone too"
    stored = await store.entries.find(live, entry)
    assert stored
    assert stored.entry.members[0].name.zh == "*"
    assert stored.entry.members[0].grade == 6, "what the figures need stays"
    assert datetime.now(UTC) < closes
    mongo.close()
