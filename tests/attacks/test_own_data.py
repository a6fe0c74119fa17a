"""The rights of the person whose data it is: a copy of all of it, whatever was done to it, and all of it gone on request."""

import json
from collections import defaultdict
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from laurel.client import Client
from services.certificates.entrypoints import own_data as of_certificates
from services.judging.entrypoints import own_data as of_judging
from services.registration.entrypoints import own_data as of_registration
from tests.integration.test_lifecycle import UNITS, rules
from tests.integration.test_rights import awarded, documents_naming
from tests.support.classes import HEADER
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually

KINDS = {
    "registration": {kept.name for kept in of_registration.KEPT},
    "judging": {kept.name for kept in of_judging.KEPT},
    "certificates": {kept.name for kept in of_certificates.KEPT},
}
PDF = b"%PDF-1.7 small"


def copies(browsing: Browsing) -> dict[str, dict[str, Any]]:
    """The copy of each service; it is a file, it is never cached, and it is JSON."""
    result = {}
    for service in KINDS:
        answer = browsing.get(f"/{service}/me/data.json")
        assert answer.status_code == 200, (service, answer.text)
        assert answer.headers["content-disposition"] == f'attachment; filename="{service}.json"'
        assert answer.headers["cache-control"] == "no-store"
        result[service] = answer.json()
    return result


def test_a_copy_is_given_after_staff_looked(installation: ThreeProcesses, operator: Client) -> None:
    """A right that one record of an unexpected kind takes away: the look of a teacher made the copy an error for good."""
    live = open_season(operator, rules(), units=UNITS)
    with (
        student(installation, live, "P01", birth="2010-01") as pupil,
        invited(installation, operator, role="school-admin", season=live, unit="P01") as school,
    ):
        entry = pupil.registers(live, grade=6)
        assert school.get(f"/registration/entries/{live}/{entry}").status_code == 200

        answer = pupil.get("/registration/me/data.json")

        assert answer.status_code == 200
        assert [item["entry"] for item in answer.json()["read_by"]] == [entry]
        assert pupil.get("/registration/me/data").status_code == 200


def test_no_token_of_a_program_takes_the_copy(installation: ThreeProcesses, operator: Client) -> None:
    """A token for one season that leaks gives what its holder did in every other one, and of whom: names, months, results."""
    live = open_season(operator, rules(), units=UNITS)
    with student(installation, live, "P01", birth="2010-01") as pupil:
        for season in ("*", live):
            made = pupil.post("/registration/v1/tokens", json={"label": "program", "season": season})
            assert made.status_code == 201, made.text
            program = {"Authorization": f"Bearer {made.json()['token']}", "Accept": "application/json"}
            for address in (*(f"/{service}/me/data.json" for service in KINDS), "/registration/me/data"):
                answer = httpx.get(f"{installation.url}{address}", headers=program)
                assert (answer.status_code, answer.json()["code"]) == (403, "person-needed"), address
        assert pupil.get("/registration/me/data.json").status_code == 200


def test_how_long_data_is_kept_is_shown(installation: ThreeProcesses, operator: Client) -> None:
    """To everybody, and beside one's own data: the days of the operator's settings."""
    live = open_season(operator, rules(), units=UNITS)
    with student(installation, live, "P01", birth="2010-01") as pupil:
        for language, entries, works in (
            ("zh", "报名截止后保存 183 天", "保存 1095 天"),
            ("en", "183 days", "1095 days"),
        ):
            for address in ("/registration/me/data", "/registration/children"):
                page = pupil.get(f"{address}?lang={language}").text
                assert entries in page, address
                assert works in page, address


@pytest.mark.timeout(600)
def test_the_copy_has_every_kind_of_record(installation: ThreeProcesses, operator: Client) -> None:
    """What a list forgets, or cannot write, its owner never sees: each kind is once in somebody's copy."""
    made = new_season(acceptance="submission")
    made["panels"]["common"] |= {
        "ballots": "1",
        "method": "mean",
        "drop_high": "0",
        "drop_low": "0",
        "min_ballots": "1",
    }
    made["works"] = {"A": {"files": ["0", "1"], "types": ["pdf"], "max_mib": "1"}}
    live = open_season(operator, made)
    seen: dict[str, set[str]] = defaultdict(set)

    def note(browsing: Browsing) -> dict[str, dict[str, Any]]:
        result = copies(browsing)
        for service, copy in result.items():
            assert set(copy) == KINDS[service]
            seen[service] |= {name for name, value in copy.items() if value not in (None, [], {}, "")}
        return result

    with (
        student(installation, live, "P01", birth="2010-01") as pupil,
        student(installation, live, "P01", birth="2010-02") as other,
        invited(installation, operator, role="city-organizer", season=live) as city,
        Browsing(installation.url) as judge,
    ):
        draft = other.registers(live, grade=6)
        uploaded = other.post(f"/registration/entries/{live}/{draft}/files", files={"file": ("a.pdf", PDF)})
        assert uploaded.status_code == 303
        again = open_season(operator, rules(), units=UNITS)
        assert other.post(f"/registration/seasons/{again}/sign-up", {"unit": "P01"}).status_code == 303
        entry = awarded(operator, pupil, live)
        assert city.get(f"/registration/entries/{live}/{entry}").status_code == 200
        assert pupil.post("/registration/tokens", {"label": "mine", "days": "3"}).status_code == 200
        assert city.post("/registration/season-drafts", {"from": live}).status_code == 303
        sheet = ("班级.csv", HEADER.encode(), "text/csv")
        city.post(f"/registration/seasons/{live}/import", files={"file": sheet})
        assert city.get(f"/judging/v1/seasons/{live}/results/provisional/export").status_code == 200
        wanted = {"reason": "test", "form": "zip"}
        assert city.post(f"/certificates/seasons/{live}/downloads", wanted).status_code < 500
        recorded = {"name": "测试陈评委", "tracks": ["A"]}
        operator.call("PUT", f"/registration/v1/seasons/{live}/judges/JA1", json=recorded)
        login = f"judge-{live[-6:]}"
        link = {"login": login, "grants": [{"role": "judge", "season": live, "ref": "JA1"}]}
        judge.post(operator.call("POST", "/registration/v1/sign-in-links", json=link).json()["url"])

        person = pupil.get("/registration/me/data.json").json()["person"]["id"]
        with MongoClient[dict[str, Any]](installation.servers.mongo_url) as client:
            databases = {name: client[installation.prefix + name] for name in KINDS}
            databases["registration"].webhook_deliveries.insert_one(
                {
                    "_id": f"x/{entry}",
                    "season": live,
                    "kind": "entry.submitted",
                    "data": {"entry": entry},
                    "at": 1,
                    "state": "sent",
                }
            )
            account = databases["registration"].accounts.find_one({"person": person}) or {}
            databases["judging"].objections.insert_one(filed(live, entry, account["_id"]))
            databases["judging"].actions.insert_one(
                {
                    "_id": f"{live}/r",
                    "season": live,
                    "type": "recusal",
                    "judge": "JA1",
                    "entry": "x",
                    "at": 1,
                    "reason": "x",
                }
            )
            databases["judging"].confirmed_people.insert_one(
                {"_id": f"{live}/{login}", "season": live, "login": login, "reason": "x", "by": "operator", "at": 1}
            )
            databases["registration"].media.insert_one(
                {"_id": f"{live}/m", "season": live, "media": "m", "entry": entry, "kind": "picture", "uploaded_at": 1}
            )
            databases["registration"].assessments.insert_one(
                {"_id": f"{live}/{entry}", "season": live, "entry": entry, "scores": [], "verifications": []}
            )
            databases["registration"].copies.insert_one(
                {"_id": f"{live}/copy", "season": live, "entry": draft, "state": "held", "reason": "name", "edition": 0}
            )
            databases["judging"].panels.update_one(
                {"_id": f"{live}/final/JA1"},
                {"$setOnInsert": {"season": live, "round": "final", "judge": "JA1", "entries": [entry], "version": 1}},
                upsert=True,
            )
            databases["certificates"].withdrawn_consents.update_one(
                {"_id": f"{live}/{entry}"}, {"$set": {"hidden": [person]}}, upsert=True
            )

        def told() -> None:
            assert pupil.get("/registration/me/data.json").json()["messages"]

        eventually(told)
        own = note(pupil)
        note(other)
        note(city)
        as_judge = note(judge)

    missing = {service: kinds - seen[service] for service, kinds in KINDS.items() if kinds - seen[service]}
    assert missing == {}
    written = json.dumps(own["judging"])
    assert "JA1" not in written, "never who judged"
    assert as_judge["judging"]["ballots"][0]["entry"] == entry
    assert all("members" not in line["line"] for line in own["registration"]["results"]), "nor the others of a team"


def filed(season: str, entry: str, account: str) -> dict[str, Any]:
    return {
        "_id": f"{season}/o1", "id": "o1", "season": season, "kind": "appeal", "entry": entry, "round": "final",
        "component": "work", "ground": "score", "text": "x" * 30, "filer": {"name": "", "contact": "", "account": account},
        "received_at": 1, "due_at": 2, "outcome": "", "answer": "", "decided_at": None, "decided_by": "", "evidence": [],
        "version": 1,
    }  # fmt: skip


def test_erasure_takes_what_was_named_or_said_of_somebody_too(installation: ThreeProcesses, operator: Client) -> None:
    """A name lives on where nobody looks for one: in what a file is called, in a token's label, in a teacher's reason."""
    mark = "测试独有的痕迹"
    live = open_season(
        operator, rules(works={"A": {"files": ["0", "2"], "types": ["pdf"], "max_mib": "1"}}), units=UNITS
    )
    with (
        student(installation, live, "P01", birth="2010-01", name=mark) as pupil,
        invited(installation, operator, role="school-admin", season=live, unit="P01") as school,
    ):
        entry = pupil.registers(live, grade=6)
        named = {"file": (f"{mark}的作品.pdf", PDF)}
        assert pupil.post(f"/registration/entries/{live}/{entry}/files", files=named).status_code == 303
        assert pupil.post("/registration/tokens", {"label": mark, "days": "3"}).status_code == 200
        pupil.acts(live, entry, "submit", purpose="check-page")
        assert school.reviews(live, [entry], "returned", reason=f"{mark}请补照片").status_code == 303
        login = copies(pupil)["registration"]["account"]["login"]
        assert documents_naming(installation, mark)

        assert pupil.post("/registration/me/data/erasure", {"login": login}).status_code == 303

        def gone() -> None:
            assert documents_naming(installation, mark) == []

        eventually(gone)
