"""A judged season on real servers in which somebody changed documents by hand: each is found, and what can be is repaired."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from pymongo import MongoClient
from pymongo.database import Database

from laurel.cli import main
from laurel.client import Client
from laurel.reconcile import Finding, Kind, Remedy, compare, nothing_on_the_way
from laurel.season_folder import read_folder
from laurel.season_run import Run
from tests.conftest import EXAMPLE
from tests.support.installation import ThreeProcesses
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually

SEASON = "campus-ai-2025"
OTHER_NAME = "谁也不是"
Documents = dict[str, Database[dict[str, Any]]]


@pytest.fixture(scope="module")
def judged(operator: Client) -> Client:
    """A season of records with final results and certificates, of which everything has arrived."""
    run = Run(read_folder(EXAMPLE), operator, lambda _: None)
    run.open()
    run.hand_over()
    run.judge()
    eventually(lambda: _arrived(operator), patience=120)
    return operator


def _arrived(client: Client) -> None:
    assert nothing_on_the_way(client)
    assert _findings(client) == []


@pytest.fixture
def databases(installation: ThreeProcesses) -> Iterator[Documents]:
    with MongoClient[dict[str, Any]](installation.servers.mongo_url) as client:
        yield {name: client[installation.prefix + name] for name in installation.processes}


def _findings(client: Client) -> list[Finding]:
    return [finding for comparison in compare(client, SEASON) for finding in comparison.findings]


def _states(client: Client) -> tuple[str, set[tuple[str, int, str]]]:
    """What a season comes to: the hash of its results, and its certificates."""
    listed = client.get(f"/certificates/v1/seasons/{SEASON}/certificates", params={"limit": 1000})
    result_hash = client.get(f"/judging/v1/seasons/{SEASON}/results/final")["result_hash"]
    return result_hash, {(item["serial"], item["version"], item["state"]) for item in listed}


def _command(client: Client, *words: str, answer: str = "") -> tuple[int, str]:
    said = ["reconcile", SEASON, *words, "--url", client.url, "--token", client.token]
    result = CliRunner().invoke(main, said, input=answer, env={"LAUREL_LANGUAGE": "en"})
    return result.exit_code, result.output


@pytest.mark.timeout(300)
def test_copies_that_were_changed_deleted_or_invented_are_found_and_repaired(
    judged: Client, databases: Documents
) -> None:
    """Keeps away: a copy that says something else for ever, because its owner tells nothing new."""
    before = _states(judged)
    person = _somebody_named(databases)
    databases["certificates"]["names"].update_one({"_id": person}, {"$set": {"name.zh": OTHER_NAME}})
    lost = databases["registration"]["award_lines"].find_one_and_delete({"season": SEASON, "stage": "final"})
    assert lost
    entry = databases["judging"]["entries"].find_one({"season": SEASON, "standing": "valid"})
    assert entry
    invented = f"{SEASON}/E-INVENTED"
    databases["judging"]["entries"].insert_one({**entry, "_id": invented, "entry": "E-INVENTED"})
    databases["judging"]["entries"].update_one({"_id": entry["_id"]}, {"$set": {"unit": "P-NOWHERE"}})

    named = {
        (finding.kind, finding.service, finding.key, finding.fields, finding.remedy) for finding in _findings(judged)
    }
    refused, asked = _command(judged, "--repair", answer="n")
    code, said = _command(judged, "--repair", "--yes")
    left = [(finding.kind, finding.key) for finding in _findings(judged)]
    again, _ = _command(judged, "--repair", "--yes", "--invented")

    assert named == {
        (Kind.COPY_CHANGED, "certificates", person, ("name",), Remedy.RENEW),
        (Kind.COPY_MISSING, "registration", lost["_id"], (), Remedy.RETELL),
        (Kind.COPY_CHANGED, "judging", entry["_id"], ("unit",), Remedy.RENEW),
        (Kind.COPY_INVENTED, "judging", invented, (), Remedy.REMOVE),
    }
    assert refused == 1
    assert asked.rstrip().endswith("Aborted!"), "it asks before it does anything"
    assert said.startswith(asked[: asked.index("Continue?")]), "and nothing was done"
    assert code == 1
    assert f"certificates, {person}: name differs from what registration published." in said
    assert f"judging, {invented}: registration does not have it" in said
    assert "registration will publish 1 of names again." in said
    assert OTHER_NAME not in said
    assert left == [(Kind.COPY_INVENTED, invented)], "what was invented goes only where that is wished"
    assert again == 0
    assert _findings(judged) == []
    assert _states(judged) == before
    for service, acts in (
        ("registration", {"ledger-retold"}),
        ("judging", {"ledger-retold", "ledger-renewed", "ledger-removed"}),
    ):
        assert acts <= _on_record(judged, service)


COPIES = (
    ("judging", "seasons", {"_id": SEASON}, {"mode": "live"}, "mode"),
    ("judging", "units", {"season": SEASON}, {"level": "moon"}, "level"),
    ("judging", "summaries", {"season": SEASON}, {"submitted_at": 1}, "submitted_at"),
    ("certificates", "units", {"season": SEASON}, {"name.zh": OTHER_NAME}, "name"),
    ("certificates", "names", {"told_version": 1}, {"told_version": 900}, "version"),
    ("registration", "result_stages", {"_id": f"{SEASON}/final"}, {"result_hash": "0", "revision": 900}, "result_hash"),
    ("registration", "certificates", {"season": SEASON, "kind": "student"}, {"serial": "X-1"}, "serial"),
    ("registration", "certificates", {"season": SEASON, "kind": "instructor"}, {"revoked_at": 5}, "revoked"),
    ("registration", "award_lines", {"season": SEASON, "stage": "final"}, {"line.tier": "gold"}, "tier"),
)
"""Of whom, which collection, which document, what is changed in it, and the field that it shows in."""


@pytest.mark.timeout(300)
def test_every_kind_of_copy_is_replaced_by_what_its_owner_tells_again(judged: Client, databases: Documents) -> None:
    """Keeps away: a copy that no telling replaces, because it was kept in a way of its own."""
    before = _states(judged)
    wanted: set[tuple[str, str, str]] = set()
    for service, collection, document, values, field in COPIES:
        held = databases[service][collection]
        chosen = {"_id": _somebody_named(databases)} if collection == "names" else document
        changed = held.find_one_and_update(chosen, {"$set": values}, sort=[("_id", 1)])
        assert changed
        wanted.add((service, changed["_id"], field))

    named = {(finding.service, finding.key, field) for finding in _findings(judged) for field in finding.fields}
    code, said = _command(judged, "--repair", "--yes")

    assert wanted <= named
    assert {key for _, key, _ in named} == {key for _, key, _ in wanted}
    assert code == 0, said
    assert _states(judged) == before


@pytest.mark.timeout(300)
def test_what_its_owner_lost_or_was_changed_there_is_found_and_left_to_a_backup(
    judged: Client, databases: Documents
) -> None:
    """Keeps away: a repair that spreads what somebody wrote into a database, or that calls a lost document settled."""
    before = _states(judged)
    renamed, gone = _somebody_named(databases), _somebody_named(databases, skip=1)
    people, entries = databases["registration"]["people"], databases["registration"]["entries"]
    award = databases["registration"]["award_lines"].find_one({"season": SEASON, "stage": "final", "table": "entries"})
    assert award
    kept = [
        (people, people.find_one({"_id": renamed})),
        (people, people.find_one({"_id": gone})),
        (entries, entries.find_one({"_id": f"{SEASON}/{award['line']['entry']}"})),
        (databases["judging"]["ballots"], databases["judging"]["ballots"].find_one({"season": SEASON})),
    ]
    people.update_one({"_id": renamed}, {"$set": {"name.zh": OTHER_NAME}})
    for collection, document in kept[1:]:
        assert document
        collection.delete_one({"_id": document["_id"]})
    ids = [document["_id"] for _, document in kept if document]

    named = {
        (finding.kind, finding.service, finding.key, finding.fields, finding.remedy) for finding in _findings(judged)
    }
    code, said = _command(judged, "--repair", "--invented", "--yes")
    still = {finding.key for finding in _findings(judged)}
    for collection, document in kept:
        assert document
        collection.replace_one({"_id": document["_id"]}, document, upsert=True)

    assert named == {
        (Kind.OWN_CHANGED, "registration", ids[0], ("name",), Remedy.BACKUP),
        (Kind.OWN_GONE, "registration", ids[1], (), Remedy.BACKUP),
        (Kind.OWN_GONE, "registration", ids[2], (), Remedy.BACKUP),
        (Kind.OWN_GONE, "judging", ids[3], (), Remedy.BACKUP),
    }
    assert code == 1
    assert OTHER_NAME not in said
    assert "restore a backup somewhere else" in said
    assert "will publish" not in said
    assert still == set(ids), "nothing was told again or removed"
    assert _findings(judged) == []
    assert _states(judged) == before


def test_a_judge_as_judging_keeps_them_is_replaced_by_what_registration_told(
    operator: Client, databases: Documents
) -> None:
    season = open_season(operator, new_season())
    for name in ("J1", "J2"):
        sent = {"name": "测试评委", "tracks": ["A"], "employer": "P01", "avoid": ["P02"]}
        operator.call("PUT", f"/registration/v1/seasons/{season}/judges/{name}", json=sent)
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/JX", json={"tracks": ["A"]})
    kept = databases["judging"]["judges"]
    eventually(lambda: _count(kept, season, 3), 30)

    def found() -> set[tuple[str, tuple[str, ...]]]:
        return {(item.key, item.fields) for each in compare(operator, season) for item in each.findings}

    assert found() == set(), "also of one whom registration does not know by name"
    kept.update_one({"_id": f"{season}/J1"}, {"$set": {"conflicts": []}})
    kept.delete_one({"_id": f"{season}/J2"})
    assert found() == {(f"{season}/J1", ("conflicts",)), (f"{season}/J2", ())}
    said = ["reconcile", season, "--repair", "--yes", "--url", operator.url, "--token", operator.token]
    result = CliRunner().invoke(main, said, env={"LAUREL_LANGUAGE": "en"})
    assert result.exit_code == 0, result.output
    assert found() == set()
    assert (kept.find_one({"_id": f"{season}/J1"}) or {})["conflicts"] == ["P02"]


def _count(collection: Any, season: str, wanted: int) -> None:
    assert collection.count_documents({"season": season}) == wanted


@pytest.mark.parametrize("ledger", ["results", "lines", "awards", "counted-ballots", "ballots", "entries"])
def test_lines_that_cannot_be_are_not_there(judged: Client, ledger: str) -> None:
    """Keeps away: a request with any text for an id that ends in a fault of ours."""
    keys = ["x", "/", "a/b/c/d/e/f", "$where", "("]

    lines = judged.get(f"/judging/v1/ledgers/{SEASON}/{ledger}/lines", params={"key": keys})

    assert [(line["key"], line["here"], line["mentioned"]) for line in lines] == [(key, False, False) for key in keys]


def _somebody_named(databases: Documents, skip: int = 0) -> str:
    """A person with a certificate, by id."""
    listed = databases["certificates"]["certificates"].find({"season": SEASON, "kind": "student"}).sort("_id", 1)
    return str(sorted({document["recipient"] for document in listed})[skip])


def _on_record(client: Client, service: str) -> set[str]:
    headers = {"Authorization": f"Bearer {client.token}"}
    log = httpx.get(f"{client.url}/{service}/v1/audit-log", headers=headers, timeout=30).text.splitlines()
    return {json.loads(line)["what"] for line in log[1:]}
