"""Judges by name, on pages and by API: whom they avoid is chosen, understood, and kept by judging; letters let them in."""

import re
from collections.abc import Iterator

import pytest

from laurel.client import Client, ProblemAnswer
from tests.support.classes import register
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, invited
from tests.support.seasons import new_season, open_season
from tests.support.waiting import becomes

CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def season(operator: Client) -> str:
    season = open_season(operator, new_season(acceptance="submission"))
    register(operator, season, ["P01", "P02"])
    return season


@pytest.fixture
def host(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="city-organizer", season=season) as browsing:
        yield browsing


def known(operator: Client, season: str) -> dict[str, tuple[str, list[str]]]:
    judges = operator.get(f"/judging/v1/seasons/{season}/judges")
    return {judge["judge"]: (judge["employer"], judge["conflicts"]) for judge in judges}


def test_a_judge_is_recorded_by_name_and_judging_keeps_whom_they_avoid(
    operator: Client, host: Browsing, season: str
) -> None:
    page = f"/registration/seasons/{season}/judges"
    units = {c["id"]: c for c in operator.get(f"/registration/v1/seasons/{season}/choices", params={"q": "P0"})}
    school, other = (units[name]["name"] for name in ("P01", "P02"))
    form = {"name": "陈评委", "contact": "13800000000", "role": "scoring", "tracks": "A", "judge": "", "act": "save"}

    refused = host.post(page, {**form, "employer": "无此学校", "avoid": other[:2]})
    assert refused.status_code == 422
    assert 'href="#employer"' in refused.text
    assert 'href="#avoid"' in refused.text
    assert "陈评委" in refused.text, "what was typed stays"
    looked = host.post(page, {**form, "act": "look", "words": other})
    assert re.search(r'name="chosen"[^>]*value="P02"', looked.text)
    saved = host.post(page, {**form, "employer": school, "chosen": "P02"})
    assert saved.status_code == 303
    understood = host.get(saved.headers["location"]).text
    assert school in understood
    assert "J001" in understood

    becomes(lambda: known(operator, season), {"J001": ("P01", ["P02"])})
    assert "陈评委" not in host.get(f"/judging/seasons/{season}/judges").text
    edited = host.get(f"{page}/record?judge=J001").text
    assert re.search(r'name="chosen"[^>]*value="P02"\s+checked', edited)
    address = f"/registration/v1/seasons/{season}/judges"
    with pytest.raises(ProblemAnswer) as nobody:
        operator.call("PUT", f"{address}/J2", json={"name": "李", "tracks": ["A"], "avoid": ["无此人"]})
    assert [(e["pointer"], e["code"]) for e in nobody.value.problem["errors"]] == [
        ("/avoid", "field-judge-person-nobody")
    ]
    answer = operator.call("PUT", f"{address}/J2", json={"name": "李", "tracks": ["A"], "avoid": [school]}).json()
    assert [choice["id"] for choice in answer["avoid"]] == ["P01"]


def test_a_list_of_judges_leads_to_letters_that_let_each_in_once(
    installation: ThreeProcesses, operator: Client, host: Browsing, season: str
) -> None:
    page, api = f"/registration/seasons/{season}/judges", f"/registration/v1/seasons/{season}/judges"
    text = "姓名,联系方式,可评赛道,任职单位\n陈评委,138,A,P01\n李评委,139,A,无此学校\n吴评委,137,A,\n"
    assert host.get(f"{page}/template.xlsx").content[:2] == b"PK"
    dry = operator.call("POST", f"{api}/sheet?dry_run=true", content=text.encode(), headers=CSV).json()
    assert (dry["dry_run"], dry["accepted"], dry["changed"]) == (True, 2, 2)
    assert [(row["row"], row["column"], row["code"]) for row in dry["rejected"]] == [(3, "employer", "NOBODY_MEANT")]
    sent = host.post(f"{page}/sheet", files={"file": ("judges.csv", text.encode())})
    assert sent.status_code == 200
    assert "NOBODY_MEANT" in sent.text

    letters = host.post(f"{page}/acts", {"do": "invite", "whole": "2"}).text

    addresses = re.findall(r'class="code small">(http[^<]+)<', letters)
    assert len(addresses) == letters.count("<svg") == 2
    becomes(lambda: set(known(operator, season)), {"J001", "J002"})
    with Browsing(installation.url) as judge:
        accepted = judge.post(addresses[0], {"login": f"chen-{season[-8:]}", "password": PASSWORD})
        assert accepted.status_code == 303, accepted.text
        becomes(lambda: judge.get(f"/judging/seasons/{season}/tasks").status_code, 200)
        own = judge.get("/registration/me/data.json").json()
        assert [kept["name"] for kept in own["judges"]] == ["陈评委"]
    left = operator.call("POST", f"{api}/invitations", json={}).json()
    assert [letter["judge"] for letter in left] == ["J002"]
