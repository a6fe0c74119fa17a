"""A live season in which schools and the city recommend by API, and judging learns who is judged."""

from contextlib import closing

import pytest

from laurel.client import Client, ProblemAnswer
from laurel.reconcile import compare, nothing_on_the_way
from tests.support.classes import register
from tests.support.installation import ThreeProcesses
from tests.support.seasons import new_season, open_season, person
from tests.support.waiting import eventually

WINDOW = {"opens": "2020-01-01T00:00:00", "closes": "2999-01-01T00:00:00"}


def test_units_recommend_within_their_quota_and_judging_learns_who_is_judged(
    installation: ThreeProcesses, operator: Client
) -> None:
    recommendation = {
        "levels": ["school", "city"],
        "windows": {"school": WINDOW, "city": WINDOW},
        "quota": {"school": {"A": "1"}},
    }
    statistics = [{"id": "all", "title": {"zh": "报名数"}, "of": "count"}]
    made = new_season(acceptance="submission", recommendation=recommendation, statistics=statistics)
    season = open_season(operator, made)
    first, second, other = register(operator, season, ["P01", "P01", "P02"], standing="not_recommended")
    address = f"/registration/v1/seasons/{season}/recommendations"

    def standings() -> dict[str, int]:
        told: dict[str, int] = operator.get(f"/judging/v1/seasons/{season}")["standings"]
        return told

    with closing(person(installation, operator, role="school-admin", season=season, unit="P01")) as school:
        (desk, *_) = [desk for desk in school.get(address) if desk["track"] == "A"]
        assert (desk["quota"], desk["left"], {line["entry"] for line in desk["waiting"]}) == (1, 1, {first, second})
        (desk, *_) = school.call("POST", address, json={"entry": first, "action": "forward", "rank": 2}).json()
        assert (desk["left"], desk["forwarded"][0]["state"], desk["forwarded"][0]["rank"]) == (0, "at:city", 2)
        for sent, code in (
            ({"entry": second, "action": "forward", "rank": 1}, "recommend-quota-full"),
            ({"entry": first, "action": "forward", "rank": 1}, "recommend-wrong-step"),
            ({"entry": other, "action": "forward", "rank": 1}, "recommend-other-unit"),
            ({"entry": second, "action": "reject"}, "fields-invalid"),
        ):
            with pytest.raises(ProblemAnswer) as refused:
                school.call("POST", address, json=sent)
            assert (refused.value.code, refused.value.status) == (code, 422 if code == "fields-invalid" else 409)
    operator.call("POST", address, json={"entry": first, "action": "return", "opinion_en": "Add pictures"})
    with closing(person(installation, operator, role="school-admin", season=season, unit="P01")) as school:
        school.call("POST", address, json={"entry": second, "action": "forward", "rank": 2, "opinion_zh": "同意"})
    operator.call("POST", address, json={"entry": second, "action": "forward", "rank": 1, "by": "测试经办人"})

    eventually(lambda: _same(standings(), {"not_recommended": 2, "valid": 1}))
    base = f"/registration/v1/seasons/{season}/tables"
    outcome = operator.call("GET", f"{base}/outcome.csv").text.splitlines()[1:]
    assert set(outcome) == {f"{first},at:school,1,1", f"{second},recommended,2,0", f"{other},at:school,0,0"}
    listed = operator.call("GET", f"{base}/recommendations.csv").text.splitlines()[1:]
    assert listed == [f"school,P01,A,1,2,{second},recommended", f"city,CITY,A,1,1,{second},recommended"]
    assert "P01,all,2.00" in operator.call("GET", f"{base}/statistics.csv").text.splitlines()
    with pytest.raises(ProblemAnswer) as refused:
        operator.call("GET", f"{base}/media.csv")
    assert (refused.value.status, refused.value.code) == (404, "no-media")
    eventually(lambda: _agree(operator, season), patience=60)


def _agree(operator: Client, season: str) -> None:
    """Judging holds of every entry what registration told, also where it stands in a newer word."""
    assert nothing_on_the_way(operator)
    assert [finding for comparison in compare(operator, season) for finding in comparison.findings] == []


def _same(told: dict[str, int], wanted: dict[str, int]) -> None:
    assert told == wanted
