"""Whatever can be made by the API can be listed by it, in pieces that lead to each other."""

from typing import Any

import httpx
import yaml

from laurel.client import Client
from tests.integration.test_classes import checked, csv_of, row
from tests.support.installation import ThreeProcesses
from tests.support.judged import HIGH, Staff, invite, judged_season, refusal, submit
from tests.support.seasons import YAML, new_season, open_season, person

PANELS = new_season()["panels"]
PANELS["common"] |= {"ballots": "1", "method": "mean", "drop_high": "0", "drop_low": "0", "min_ballots": "1"}


def pieces(client: Client, address: str, **query: Any) -> list[Any]:
    """The list whole, after it was read in pieces of one and found the same."""
    whole = client.get(address, params=query)
    assert list(client.listed(address, limit=1, **query)) == whole
    return list(whole)


def test_rules_are_listed_with_what_was_amended_and_units_in_their_order(
    installation: ThreeProcesses, operator: Client
) -> None:
    made = new_season()
    season = open_season(operator, made)
    address = f"/registration/v1/seasons/{season}"
    made["sponsors"] = [{"zh": "测试主办", "en": "Test sponsor"}]
    content = yaml.safe_dump(made, allow_unicode=True).encode()
    operator.call("POST", f"{address}/amendments", params={"reason": "A sponsor"}, content=content, headers=YAML)
    nobody = Client(installation.url, "en", patience=5)

    newest, first = pieces(nobody, f"{address}/rules")
    assert (newest["version"], newest["reason"], first["version"], first["changes"]) == (2, "A sponsor", 1, [])
    assert [change["path"] for change in newest["changes"]] == ["sponsors"]
    assert nobody.get(f"{address}/rules/newest")["sponsors"] == made["sponsors"]
    units = pieces(nobody, f"{address}/units")
    assert {"P01", "P02"} <= {unit["unit"] for unit in units}
    assert all(unit["name"]["zh"] and unit["level"] for unit in units)
    assert season in {item["id"] for item in pieces(nobody, "/registration/v1/seasons")}
    answer = httpx.get(f"{installation.url}{address}/units", params={"cursor": "eHg"})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor-unknown")
    nobody.close()


def test_imports_are_listed_for_whoever_began_them(installation: ThreeProcesses, operator: Client) -> None:
    season = open_season(operator, new_season(acceptance="submission"))
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    other = person(installation, operator, role="school-admin", season=season, unit="P02")
    jobs = [checked(school, season, csv_of([row()]), f"{number}.csv") for number in range(2)]

    address = f"/registration/v1/seasons/{season}/imports"
    listed = pieces(school, address)
    assert [(item["id"], item["dry_run"]) for item in listed] == [(job["id"], True) for job in reversed(jobs)]
    assert pieces(other, address) == []
    school.close()
    other.close()


def test_ballots_objections_and_downloads_are_listed(installation: ThreeProcesses, operator: Client) -> None:
    season, entries = judged_season(operator, "J1", works=2, panels=PANELS)
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{season}")["entries"] == 2)
    base = f"/judging/v1/seasons/{season}"
    with Staff(installation) as staff:
        judge = staff.joins(invite(operator, role="judge", season=season, ref="J1"), season)
        for entry, draft in zip(entries, (False, True), strict=True):
            submit(judge, season, entry, draft=draft)
        assert refusal(judge, "GET", f"{base}/ballots") == "role-needed"

        ballots = pieces(operator, f"{base}/ballots")
        assert {(item["entry"], item["status"], item["version"]) for item in ballots} == {
            (entries[0], "submitted", 1),
            (entries[1], "draft", 1),
        }
        assert "scores" not in ballots[0]
        assert [item["entry"] for item in pieces(operator, f"{base}/ballots", status="draft")] == [entries[1]]
        assert pieces(operator, f"{base}/ballots", round="other") == []
        submit(judge, season, entries[1], HIGH)

    for step in ("rounds/final/closing", "announcement"):
        operator.call("POST", f"{base}/{step}", json={"reason": "Test"})
    for number in range(2):
        form = {
            "entry": entries[number],
            "ground": "other",
            "text": f"{number}" * 30,
            "name": "某人",
            "contact": "c@x.cn",
        }
        answer = httpx.post(f"{installation.url}/judging/seasons/{season}/objection", data=form)
        assert answer.status_code == 303
    filed = pieces(operator, f"{base}/objections")
    assert [(item["entry"], item["outcome"]) for item in filed] == [(entry, "") for entry in entries]
    assert "c@x.cn" not in str(filed)

    operator.call("POST", f"{base}/finalization", json={"reason": "Test"})
    there = f"/certificates/v1/seasons/{season}"
    operator.wait_for("certificates", lambda: operator.get(there)["student"] >= 1)
    assert len(pieces(operator, f"{there}/certificates")) >= 1
    asked = operator.call("POST", f"{there}/downloads", json={"reason": "Test"}).json()
    assert [item["id"] for item in pieces(operator, f"{there}/downloads")] == [asked["id"]]


def test_who_may_not_decide_learns_nothing_of_webhooks(installation: ThreeProcesses, operator: Client) -> None:
    season = open_season(operator, new_season())
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    address = f"/registration/v1/seasons/{season}/webhooks"
    sent = {"url": "http://127.0.0.1:8000/x"}
    for method, path in (
        ("GET", address),
        ("POST", address),
        ("GET", f"/registration/v1/seasons/{season}/webhook-deliveries"),
    ):
        body = {"json": sent} if method == "POST" else {}
        assert refusal(school, method, path, **body) == "role-needed"
    assert refusal(operator, "POST", address, json=sent) == "webhook-inside"
    assert refusal(operator, "POST", address, json={**sent, "kinds": ["entry.lost"]}) == "malformed"
    school.close()
