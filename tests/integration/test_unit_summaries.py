"""A live season in which schools file their summaries on pages and by API, are scored, and one is named 优秀组织单位."""

from contextlib import closing

import pytest

from laurel.client import Client, ProblemAnswer
from tests.support.classes import register
from tests.support.installation import ThreeProcesses
from tests.support.people import invited
from tests.support.seasons import new_season, open_season, person
from tests.support.waiting import eventually

SCORES = {"theme": "30", "originality": "30", "process": "15"}


def award(**changes: object) -> dict[str, object]:
    """Named is whose summary is best, of the schools that filed one in time."""
    return {
        **new_season()["unit_award"],
        "eligible": {"min_entries": "1", "summary_by": new_season()["unit_award"]["eligible"]["summary_by"]},
        "value": [{"of": "summary", "weight": "100"}],
        "places": "1",
        **changes,
    }


def judged(installation: ThreeProcesses, operator: Client, season: str, entries: list[str]) -> None:
    """The first entry is the best one, and the results are final."""
    base = f"/judging/v1/seasons/{season}"
    with closing(person(installation, operator, role="judge", season=season, ref="J1")) as judge:
        for place, entry in enumerate(entries):
            sent = {"scores": {**SCORES, "process": f"{15 - place}"}, "comment": "看得出下了功夫", "submit": True}
            judge.call("PUT", f"{base}/tasks/{entry}/work/ballot", json=sent)
    operator.call("POST", f"{base}/rounds/final/closing", json={"reason": "all are scored"})
    operator.call("POST", f"{base}/announcement", json={})
    operator.call("POST", f"{base}/finalization", json={"reason": "nobody objects"})


def test_schools_file_are_scored_and_the_best_is_named(installation: ThreeProcesses, operator: Client) -> None:
    """The same units with the same summaries as a folder would state them win the same."""
    made = new_season(acceptance="submission", unit_award=award())
    made["panels"]["common"] = {"ballots": "1", "method": "mean"}
    season = open_season(operator, made)
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/J1", json={"tracks": ["A"]})
    entries = register(operator, season, ["P01", "P02", "P03"])
    pages, api = f"/registration/seasons/{season}/summaries", f"/registration/v1/seasons/{season}/summaries"
    with (
        invited(installation, operator, role="school-admin", season=season, unit="P01") as school,
        invited(installation, operator, role="city-organizer", season=season) as host,
    ):
        answer = school.get(pages)
        assert answer.headers["location"] == f"{pages}/P01", "a school has one, and comes to it"
        shown = school.get(f"{pages}/P01").text
        assert "由系统按当前报名情况统计" in shown
        assert school.post(f"{pages}/P01", {"text": "先写一点", "do": "draft"}).status_code == 303
        assert school.post(f"{pages}/P01", {"text": " ", "do": "file"}).status_code == 422
        assert school.post(f"{pages}/P02", {"text": "别人的"}).status_code == 404
        assert operator.get(f"{api}/P01")["state"] == "draft"
        assert operator.get(f"/judging/v1/seasons/{season}")["summaries"] == 0, "a draft is told to nobody"
        assert school.post(f"{pages}/P01", {"text": "全校三分之一参加。", "do": "file"}).status_code == 303

        with closing(person(installation, operator, role="school-admin", season=season, unit="P02")) as program:
            with pytest.raises(ProblemAnswer) as refused:
                program.call("PUT", f"{api}/P01", json={"text": "别人的"})
            assert refused.value.status == 404
            filed = program.call("PUT", f"{api}/P02", json={"text": "家长也来了。"}).json()
            figures = filed["figures"]
            assert (figures["entries"], figures["valid"], figures["tracks"]) == (1, 1, 1)
            with pytest.raises(ProblemAnswer) as refused:
                program.call("PUT", f"{api}/P02/scores", json={"items": {"timeliness": "40", "completeness": "60"}})
            assert refused.value.status == 403

        items = {"item-timeliness": "40", "item-completeness": "55.5"}
        assert host.post(f"{pages}/P01/scores", {**items, "item-timeliness": "41"}).status_code == 422
        assert host.post(f"{pages}/P01/scores", items).status_code == 303
        assert "已评分" in host.get(pages).text
        assert school.post(f"{pages}/P01", {"text": "改一改", "do": "file"}).status_code == 409
        with pytest.raises(ProblemAnswer) as wrong:
            operator.call("PUT", f"{api}/P02/scores", json={"items": {"timeliness": "40"}})
        assert "/items/completeness" in str(wrong.value.problem)
        operator.call("PUT", f"{api}/P02/scores", json={"items": {"timeliness": "40", "completeness": "50"}})
        listed = {line["unit"]: (line["state"], line["total"]) for line in operator.get(api)}
        assert listed["P01"] == ("scored", "95.5")
        assert listed["P03"] == ("none", "0")

        def told() -> None:
            known = operator.get(f"/judging/v1/seasons/{season}")
            assert known["summaries"] == 2
            assert not any(operator.get("/registration/v1/on-the-way").values())

        eventually(told, 30)
        judged(installation, operator, season, entries)
        table = operator.call("GET", f"/judging/v1/seasons/{season}/results/final/units.csv").text.splitlines()
        header, *lines = (line.split(",") for line in table)
        units = {line[header.index("unit")]: dict(zip(header, line, strict=True)) for line in lines}
        assert (units["P01"]["status"], units["P01"]["summary"], units["P01"]["value"]) == ("named", "95.50", "95.5000")
        assert units["P02"]["status"] == "eligible"
        assert units["P03"]["reasons"] == "summary_missing"

        def counted() -> None:
            assert operator.get(f"{api}/P01")["figures"]["awards"], "the awards so far are counted as well"

        eventually(counted, 30)
