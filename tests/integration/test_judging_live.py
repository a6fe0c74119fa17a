"""A live round from panels to appeal: who gets what, stepping back, opening again, shadows, paper confirmed by a second."""

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from laurel.automatic_judge import AutomaticJudge
from laurel.client import Client, ProblemAnswer
from tests.support.classes import register
from tests.support.handing_out import hand_out
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import new_season, open_season, person
from tests.support.tus import Tus
from tests.support.waiting import eventually

SCORES = {"theme": "30", "originality": "30", "process": "15"}
CSV = {"Content-Type": "text/csv"}


def season_of(
    operator: Client, units: list[str], judges: dict[str, dict[str, Any]], **changes: Any
) -> tuple[str, list[str]]:
    made = new_season(acceptance="submission", **changes)
    made["panels"]["common"] = {"ballots": "2", "method": "mean"}
    season = open_season(operator, made)
    for judge, content in judges.items():
        operator.call("PUT", f"/judging/v1/seasons/{season}/judges/{judge}", json={"tracks": ["A"], **content})
    return season, register(operator, season, units)


@pytest.fixture
def judges(installation: ThreeProcesses, operator: Client) -> Iterator[Any]:
    opened: list[Client] = []

    def made(season: str, judge: str) -> Client:
        client = person(installation, operator, role="judge", season=season, ref=judge)
        opened.append(client)
        return client

    yield made
    for client in opened:
        client.close()


def tasks(judge: Client, season: str) -> list[str]:
    return [item["entry"] for item in judge.get(f"/judging/v1/seasons/{season}/tasks")]


def score(judge: Client, season: str, entry: str, **changes: str) -> None:
    address = f"/judging/v1/seasons/{season}/tasks/{entry}/work/ballot"
    judge.call("PUT", address, json={"scores": {**SCORES, **changes}, "comment": "看得出下了功夫", "submit": True})


def test_panels_are_even_and_without_conflict_and_an_impossible_demand_names_its_cause(
    operator: Client, judges: Any
) -> None:
    season, entries = season_of(
        operator,
        ["P01", "P02", "P03", "P04"] * 3,
        {"J1": {"employer": "P01"}, "J2": {}, "J3": {"conflicts": ["P02"]}, "J4": {}, "J5": {"role": "reserve"}},
    )
    loads = hand_out(operator, season, seed=7)["loads"]
    again = hand_out(operator, season, seed=7)

    assert sum(loads.values()) == 2 * len(entries)
    assert max(loads.values()) - min(loads.values()) <= 1
    assert (again["loads"], again["moved"]) == (loads, 0)
    first = judges(season, "J1")
    mine = tasks(first, season)
    listed = {item["entry"]: item["unit"] for item in operator.get(f"/registration/v1/seasons/{season}/entries")}
    assert len(mine) == loads["J1"]
    assert "P01" not in {listed[entry] for entry in mine}
    with pytest.raises(ProblemAnswer) as refused:
        hand_out(operator, season, judges={"A": 4})
    assert (refused.value.code, "P01" in str(refused.value)) == ("judges-missing", True)


def test_a_recusal_and_a_no_show_put_works_back_and_move_nothing_that_was_done(operator: Client, judges: Any) -> None:
    season, entries = season_of(operator, ["P01", "P02", "P03"] * 2, {f"J{n}": {} for n in range(1, 5)})
    base = f"/judging/v1/seasons/{season}"
    hand_out(operator, season)
    first, second = judges(season, "J1"), judges(season, "J2")
    mine, theirs = tasks(first, season), tasks(second, season)
    score(first, season, mine[0])
    score(second, season, theirs[0])

    with pytest.raises(ProblemAnswer, match="reason"):
        first.call("POST", f"{base}/tasks/{mine[0]}/recusal", json={"reason": ""})
    first.call("POST", f"{base}/tasks/{mine[0]}/recusal", json={"reason": "作者是我的亲戚"})
    assert tasks(first, season) == mine[1:]
    hand_out(operator, season, absent=["J2"])

    overview = operator.get(f"{base}/rounds/final/overview")
    assert overview["expected"] == 2 * len(entries)
    assert overview["submitted"] == 1, "the ballot of whoever stepped back counts no more"
    assert theirs[0] in tasks(second, season), "what was submitted stays"
    assert mine[0] not in tasks(first, season)
    assert set(mine[1:]) <= set(tasks(first, season))


def test_works_go_to_judges_who_read_their_language(operator: Client, judges: Any) -> None:
    reading = {"J1": {"languages": ["zh"]}, "J2": {"languages": ["en", "zh"]}, "J3": {}}
    season, chinese = season_of(operator, ["P01", "P02"], reading)
    english = register(operator, season, ["P03", "P04"], language="英文", before=len(chinese))[-2:]
    everyone = {judge: judges(season, judge) for judge in reading}

    theirs = [set(tasks(judge, season)) for judge in everyone.values()]
    assert theirs == [set(chinese), {*chinese, *english}, {*chinese, *english}]
    loads = hand_out(operator, season)["loads"]

    assert loads == {"J1": 2, "J2": 3, "J3": 3}
    assert not set(english) & set(tasks(everyone["J1"], season))
    assert operator.get(f"/judging/v1/seasons/{season}/judges")[0]["languages"] == ["zh"]


def test_a_round_of_new_judges_keeps_whoever_scored_a_work_before_from_it(operator: Client, judges: Any) -> None:
    (final,) = new_season()["rounds"]
    places = {"to": "final", "places": {"A": {"P": 2}}, "share_among": "school", "remainder_ties": ["entries"]}
    first = {**final, "id": "first", "awards": {**final["awards"], "min_first": "2"}, "advance": places}
    rounds = [first, {**final, "new_judges": "true"}]
    season, entries = season_of(operator, ["P01", "P02"], {"J1": {}, "J2": {}, "J3": {}, "J4": {}}, rounds=rounds)
    everyone = {name: judges(season, name) for name in ("J1", "J2", "J3", "J4")}
    for name in ("J1", "J2"):
        for entry in entries:
            score(everyone[name], season, entry)

    operator.call("POST", f"/judging/v1/seasons/{season}/rounds/first/closing", json={"reason": "both are done"})

    theirs = {name: tasks(judge, season) for name, judge in everyone.items()}
    assert theirs == {"J1": [], "J2": [], "J3": sorted(entries), "J4": sorted(entries)}
    loads = hand_out(operator, season)["loads"]
    assert {name: load for name, load in loads.items() if load} == {"J3": 2, "J4": 2}
    with pytest.raises(ProblemAnswer) as refused:
        hand_out(operator, season, judges={"A": 3})
    assert refused.value.code == "judges-missing"


def test_a_new_employer_takes_back_what_is_not_scored_yet(operator: Client, judges: Any) -> None:
    season, entries = season_of(operator, ["P01", "P01", "P02"], {"J1": {}, "J2": {}})
    base = f"/judging/v1/seasons/{season}"
    hand_out(operator, season)
    judge = judges(season, "J1")
    score(judge, season, entries[0])

    operator.call("PUT", f"{base}/judges/J1", json={"tracks": ["A"], "employer": "P01"})

    assert tasks(judge, season) == [entries[2]]
    assert judge.get(f"{base}/works")["entries"] == [entries[2]], "nor are its files"
    assert operator.get(base)["counted"]["ballots"] == 1, "what was scored before the change counts"


def test_an_opened_ballot_waits_for_its_judge_and_every_version_stays(operator: Client, judges: Any) -> None:
    season, entries = season_of(operator, ["P01"], {"J1": {}})
    judge, base = judges(season, "J1"), f"/judging/v1/seasons/{season}"
    score(judge, season, entries[0])
    address = f"{base}/rounds/final/ballots/{entries[0]}/work/J1/reopening"

    with pytest.raises(ProblemAnswer, match="reason"):
        operator.call("POST", address, json={"reason": " "})
    operator.call("POST", address, json={"reason": "第二项填错了位置"})
    assert operator.get(base)["counted"]["ballots"] == 0
    score(judge, season, entries[0], theme="31")

    assert operator.get(base)["counted"]["ballots"] == 1
    with pytest.raises(ProblemAnswer) as refused:
        operator.call(
            "POST", f"{base}/rounds/final/ballots/{entries[0]}/work/JX/reopening", json={"reason": "none such"}
        )
    assert refused.value.status == 404


def test_ballots_of_a_shadow_judge_never_count(operator: Client, judges: Any) -> None:
    season, entries = season_of(operator, ["P01"], {"J1": {}, "J2": {"role": "shadow"}})
    shadow = judges(season, "J2")

    score(shadow, season, entries[0])

    assert operator.get(f"/judging/v1/seasons/{season}")["counted"]["ballots"] == 0
    assert shadow.get(f"/judging/v1/seasons/{season}/tasks")[0]["status"] == "shadow"


def test_test_scores_count_once_a_second_person_has_confirmed_them(
    installation: ThreeProcesses, operator: Client
) -> None:
    made = new_season()
    quiz = {"components": [{"id": "quiz", "weight": "1", "test": {"max": "50"}}]}
    scoring = {**made["rounds"][0]["scoring"], "A": quiz}
    season, entries = season_of(
        operator, ["P01", "P02"], {"J1": {}}, rounds=[{**made["rounds"][0], "scoring": scoring}]
    )
    base = f"/judging/v1/seasons/{season}"
    rows = [f"final,quiz,{entries[0]},45.5", f"final,quiz,{entries[1]},51"]
    content = "\n".join(["round,component,entry,score", *rows]).encode()

    entered = operator.call("POST", f"{base}/rounds/final/sheets/tests", content=content, headers=CSV).json()
    assert (entered["accepted"], [item["code"] for item in entered["rejected"]]) == (1, ["SCORE_RANGE"])
    assert operator.get(base)["counted"]["tests"] == 0
    with pytest.raises(ProblemAnswer) as refused:
        operator.call("POST", f"{base}/sheets/{entered['id']}/confirmation")
    assert refused.value.code == "second-person"
    second = person(installation, operator, role="chief-judge", season=season, ref="J0")
    second.call("POST", f"{base}/sheets/{entered['id']}/confirmation")

    assert operator.get(base)["counted"]["tests"] == 1
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        assert "已计入" in organizer.get(f"/judging/seasons/{season}/sheets").text
        page = organizer.post(f"/judging/seasons/{season}/sheets/{entered['id']}/confirmation", {"confirm": "确认"})
        assert page.status_code == 409
        assert "已经确认过" in page.text
    second.close()


def test_the_chief_judges_page_is_told_of_ballots_as_they_come(
    installation: ThreeProcesses, operator: Client, judges: Any
) -> None:
    season, entries = season_of(operator, ["P01"], {"J1": {}})
    judge = judges(season, "J1")
    with (
        invited(installation, operator, role="chief-judge", season=season, ref="J0") as chief,
        chief.stream("GET", f"{installation.service_url('judging')}/judging/seasons/{season}/chief/live") as stream,
    ):
        told = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert next(told) == {"submitted": 0, "expected": 1, "judges": {"J1": [0, 1]}}
        score(judge, season, entries[0])
        assert next(told)["submitted"] == 1


def entrant(installation: ThreeProcesses, season: str) -> tuple[Browsing, str]:
    """A student of 16 with an accepted entry of their own."""
    browsing = student(installation, season, "P01", birth="2010-01")
    entry = browsing.registers(season)
    browsing.acts(season, entry, "submit")
    return browsing, entry


def test_entrants_see_their_own_scores_after_the_notice_and_appeal_them(
    installation: ThreeProcesses, operator: Client, judges: Any
) -> None:
    made = new_season(acceptance="submission")
    season = open_season(operator, made)
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/J1", json={"tracks": ["A"]})
    own, entry = entrant(installation, season)
    other, _ = entrant(installation, season)
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{season}")["entries"] == 2)
    score(judges(season, "J1"), season, entry)
    mine = f"/judging/seasons/{season}/mine/{entry}"
    assert own.get(mine).status_code == 404, "not before the notice"
    base = f"/judging/v1/seasons/{season}"
    operator.call("POST", f"{base}/rounds/final/closing", json={"reason": "finished early"})
    operator.call("POST", f"{base}/announcement", json={})

    page = own.get(mine).text

    assert "75.00" in page
    assert "看得出下了功夫" in page
    assert "J1" not in page, "judges are not named"
    assert re.search(r"\(75\.0000 × [\d.]+\) ÷ [\d.]+ = 75\.0000", page), "the whole arithmetic"
    address = f"{base}/entries/{entry}/score"
    headers = {"Accept": "application/json"}
    (told,) = own.get(address, headers=headers).json()
    (line,) = told["components"]
    assert (told["score"], line["value"], [b["value"] for b in line["ballots"]]) == ("75.0000", "75.0000", ["75.0000"])
    assert (told["rank"], "J1" in str(told)) == (1, False)
    assert other.get(address, headers=headers).status_code == 404
    assert other.get(mine).status_code == 404, "and nobody sees another's"
    refused = own.post(mine, {"part": "final/work", "text": "太短"})
    assert (refused.status_code, "至少 20 个字" in refused.text) == (422, True)
    sent = {"part": "final/work", "text": "第三项过程证据有完整的记录，请再看一次附件第四页"}
    assert own.post(mine, sent).status_code == 303
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        listed = organizer.get(f"/judging/seasons/{season}/objections").text
        filed = listed.split("/objections/")[1].split('"')[0]
        answer = {f"J1|{name}": "40" if name != "process" else "20" for name in SCORES}
        empty = organizer.post(
            f"/judging/seasons/{season}/objections/{filed}",
            {"outcome": "upheld", "answer": "同意复核", "confirm": "答复"},
        )
        assert empty.status_code == 422, "an appeal that is upheld states new scores"
        decided = {"outcome": "upheld", "answer": "复核后改分", "confirm": "答复", **answer}
        assert organizer.post(f"/judging/seasons/{season}/objections/{filed}", decided).status_code == 303
        waiting = organizer.get(f"/judging/seasons/{season}/objections").text
        shown = {"preview": re.findall(r'name="preview" value="([^"]+)"', waiting)[0], "confirm": "确认"}
        confirmation = f"/judging/seasons/{season}/objections/{filed}/confirmation"
        alone = organizer.post(confirmation, shown)
        assert (alone.status_code, "100.00" in own.get(mine).text) == (409, False)
        with invited(installation, operator, role="city-organizer", season=season) as second:
            assert second.post(confirmation, shown).status_code == 303
        again = organizer.post(f"/judging/seasons/{season}/objections/{filed}", decided)
        assert (again.status_code, "已经答复过" in again.text) == (422, True)
    operator.call("POST", f"{base}/finalization", json={"reason": "all appeals answered"})

    assert "100.00" in own.get(mine).text
    assert "复核后改分" in own.get(mine).text
    rows = operator.call("GET", f"{base}/results/final/advancement.csv").text.splitlines()
    assert f"final,A-P,,{entry},100.0000,1,,," in rows
    own.close()
    other.close()


def test_an_objection_states_a_name_and_facts_and_comes_only_during_the_notice(
    installation: ThreeProcesses, operator: Client
) -> None:
    season, entries = season_of(operator, ["P01"], {"J1": {}})
    sent = {"entry": entries[0], "ground": "other", "text": "x" * 30, "name": "测试某人", "contact": "a@example.org"}
    with httpx.Client(
        base_url=installation.url, headers={"Origin": installation.url, "Accept-Language": "zh"}
    ) as visitor:
        early = visitor.post(f"/judging/seasons/{season}/objection", data=sent)

    assert early.status_code == 422
    assert "不在公示期内" in early.text


def test_an_automatic_judge_scores_predictions_of_works_it_was_given(
    installation: ThreeProcesses, operator: Client, judges: Any
) -> None:
    made = new_season()
    quiz = {"components": [{"id": "hidden-set", "weight": "1", "test": {"max": "50"}}]}
    scoring = {**made["rounds"][0]["scoring"], "A": quiz}
    works = {"A": {"files": [0, 1], "types": ["text"], "max_mib": 1}}
    season, entries = season_of(
        operator,
        ["P01", "P02"],
        {"AUTO": {"role": "automatic"}},
        rounds=[{**made["rounds"][0], "scoring": scoring}],
        works=works,
    )
    tus = Tus(installation.url, operator.token)
    assert tus.whole(season, entries[0], "预测.csv", b"id,prediction\n1,cat\n2,dog\n3,cat\n4,dog\n").status_code == 200
    base = f"/judging/v1/seasons/{season}"
    hand_out(operator, season)
    labels = {"1": "cat", "2": "dog", "3": "dog", "4": "dog"}
    judge = AutomaticJudge(judges(season, "AUTO"), season, "hidden-set", labels, "accuracy", Decimal(50))

    def scored() -> None:
        judge.look()
        assert operator.get(base)["counted"]["tests"] == 1

    eventually(scored, 30)

    assert judge.look() == 0, "what is scored is not scored again"
    groups = operator.get(f"{base}/rounds/final/overview")
    assert groups["submitted"] == 0
    operator.call("POST", f"{base}/rounds/final/closing", json={"reason": "all predictions scored"})
    operator.call("POST", f"{base}/announcement", json={})
    rows = operator.call("GET", f"{base}/results/provisional/advancement.csv").text.splitlines()
    assert f"final,A-P,,{entries[0]},75.0000,1,,," in rows
    tus.client.close()


def test_a_judging_day_is_planned_from_the_panels_and_printed(installation: ThreeProcesses, operator: Client) -> None:
    season, entries = season_of(operator, ["P01", "P02", "P03", "P04"], {f"J{n}": {} for n in range(1, 4)})
    hand_out(operator, season)
    sent = {"track": "A", "begins": "2026-12-12T09:00", "minutes": "15", "slots": "12", "rooms": "101; 102"}
    with invited(installation, operator, role="chief-judge", season=season, ref="J0") as chief:
        address = f"/judging/seasons/{season}/schedule"
        wrong = chief.post(address, {**sent, "rooms": " "})
        assert (wrong.status_code, "写明开始时间" in wrong.text) == (422, True)
        narrow = chief.post(address, {**sent, "slots": "1"})
        assert (narrow.status_code, "排不下" in narrow.text) == (422, True)
        assert chief.post(address, sent).status_code == 303
        page, table = chief.get(address).text, chief.get(f"{address}/A.csv").text

    rows = [line.split(",") for line in table.splitlines()[1:]]
    assert sorted(row[2] for row in rows) == sorted(entries)
    assert {row[0] for row in rows} <= {"101", "102"}
    assert min(row[1] for row in rows) == "2026-12-12 09:00"
    assert all(entry in page for entry in entries)


def test_two_people_make_results_final_where_the_season_asks(
    installation: ThreeProcesses, operator: Client, judges: Any
) -> None:
    season, entries = season_of(operator, ["P01", "P02"], {"J1": {}}, sign_off="2")
    judge = judges(season, "J1")
    for number, entry in enumerate(entries):
        score(judge, season, entry, theme=f"{30 + number}")
    base = f"/judging/v1/seasons/{season}"
    operator.call("POST", f"{base}/rounds/final/closing", json={"reason": "all scored"})
    operator.call("POST", f"{base}/announcement", json={})
    second = person(installation, operator, role="city-organizer", season=season)

    def refusal(client: Client) -> str:
        with pytest.raises(ProblemAnswer) as refused:
            client.call("POST", f"{base}/finalization", json={"reason": "nothing is open"})
        return refused.value.code

    assert refusal(operator) == "signature-needed"
    operator.call("POST", f"{base}/signature")
    assert refusal(operator) == "second-person"
    with httpx.Client(base_url=installation.url, headers={"Origin": installation.url}) as visitor:
        sent = {
            "entry": entries[0],
            "ground": "other",
            "text": "x" * 30,
            "name": "测试某人",
            "contact": "a@example.org",
        }
        assert visitor.post(f"/judging/seasons/{season}/objection", data=sent).status_code == 303
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        filed = organizer.get(f"/judging/seasons/{season}/objections").text.split("/objections/")[1].split('"')[0]
        decided = {"outcome": "upheld", "answer": "查证属实", "confirm": "答复"}
        assert organizer.post(f"/judging/seasons/{season}/objections/{filed}", decided).status_code == 303
    assert refusal(second) == "signed-otherwise", "what was decided since is not vouched for"
    operator.call("POST", f"{base}/signature")
    second.call("POST", f"{base}/finalization", json={"reason": "nothing is open"})

    assert operator.get(base)["stage"] == "final"
    second.close()
    lists_are_alike_in_every_form(operator, season, entries)
    takes_no_entries_any_more(installation, operator, season)


def as_rows(answer: httpx.Response) -> list[list[str]]:
    """The cells of a table as CSV or as a workbook."""
    if answer.headers["content-type"].startswith("text/csv"):
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    return [[str(cell) for cell in row] for row in sheet.to_python()]


def lists_are_alike_in_every_form(operator: Client, season: str, entries: list[str]) -> None:
    """Keeps away: a workbook that says something else than the CSV, and a presenter who calls what was taken back."""
    ceremony = f"/registration/v1/seasons/{season}/ceremony/awards"
    operator.wait_for("registration", lambda: operator.call("GET", f"{ceremony}.csv"))
    lists = [ceremony, f"/judging/v1/seasons/{season}/results/final/advancement"]
    for address in lists:
        tables = [as_rows(operator.call("GET", f"{address}.{form}")) for form in ("csv", "xlsx")]
        assert tables[0] == tables[1]
        assert len(tables[0]) > 1
    named = operator.call("GET", f"{ceremony}.csv")
    assert named.content.startswith(b"\xef\xbb\xbf"), (
        "without its mark a spreadsheet takes Chinese names for something else"
    )
    header, *called = as_rows(named)
    of_entries = [row for row in called if row[header.index("kind")] == "entry"]
    assert [row[0] for row in called] == [str(number) for number in range(1, len(called) + 1)]
    assert {row[header.index("entry")] for row in of_entries} == set(entries[1:])
    assert all(row[header.index("names")] and row[header.index("school")] for row in of_entries)


def takes_no_entries_any_more(installation: ThreeProcesses, operator: Client, season: str) -> None:
    """Though its rules still say that registration is open."""
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as school:
        form = {
            "track": "A",
            "title": "too late",
            "grade": "5",
            "i1_name": "测试师",
            "m1_name": "测试",
            "m1_birth": "2014-03",
        }
        answer = school.post(f"/registration/seasons/{season}/register", form)
    assert answer.status_code in (409, 422)

    def closed() -> None:  # a public page may be some seconds old
        page = httpx.get(f"{installation.url}/registration/seasons/{season}", headers={"Accept-Language": "en"}).text
        assert f"/registration/seasons/{season}/sign-up" not in page

    eventually(closed, 30)
