"""Everything that the pages of an entry can do, by the API: one way of an entry from its draft to a seat for an alternate."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from laurel.client import Client, ProblemAnswer
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import new_season, open_season, person
from tests.support.tus import Tus
from tests.support.waiting import eventually

PDF = b"%PDF-1.4\n%%EOF\n"
SCORES = {"theme": "30", "originality": "30", "process": "15"}


def two_rounds() -> dict[str, Any]:
    """A live season with teams, files and two seats in a second round that is judged tomorrow."""
    made = new_season(acceptance="submission")
    made["panels"]["common"] = {"ballots": "1", "method": "mean"}
    made["works"] = {"A": {"files": ["0", "3"], "types": ["pdf"], "max_mib": "5"}}
    made["tracks"][0]["members"] = ["1", "3"]
    made["unit_award"] = made["instructor_award"] = None
    (final,) = made["rounds"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    later = {**final["judging"], "opens": tomorrow.isoformat()}
    made["tracks"][0]["asks"] = {"description": "optional", "link": "optional"}
    made["divisions"] = [*made["divisions"], {"id": "U", "title": {"zh": "单位组"}, "unit_levels": ["school"]}]
    of_units = {"id": "U", "title": {"zh": "校园活动"}, "divisions": ["U"], "entrant": "unit", "members": ["0", "0"]}
    made["tracks"] = [*made["tracks"], of_units]
    final["scoring"]["U"] = final["scoring"]["A"]
    places = {"to": "final", "places": {"A": {"P": "2"}}, "ties_at_line": "earliest-submission"}
    first = {**final, "id": "first", "advance": places}
    first.pop("awards")
    return {name: value for name, value in {**made, "rounds": [first, {**final, "judging": later}]}.items() if value}


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, two_rounds())


@pytest.fixture(scope="module")
def keeper(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Client]:
    """A school's program."""
    client = person(installation, operator, role="school-admin", season=season, unit="P01")
    yield client
    client.close()


def content(**changes: Any) -> dict[str, Any]:
    return {
        "track": "A",
        "title": f"作品 {uuid4().hex[:6]}",
        "instructors": [f"测试{uuid4().hex[:6]}老师"],
        "members": [{"name_zh": f"测试{uuid4().hex[:6]}", "birth": "2014-03", "grade": 5}],
        **changes,
    }


def begun(client: Client, season: str, **changes: Any) -> dict[str, Any]:
    answer = client.call(
        "POST",
        f"/registration/v1/seasons/{season}/entries",
        json=content(consents="on-paper", **changes),
        headers={"Idempotency-Key": uuid4().hex},
    )
    result: dict[str, Any] = answer.json()
    return result


def test_an_entry_is_begun_changed_handed_in_and_taken_back(keeper: Client, season: str) -> None:
    draft = begun(keeper, season, submit=False)
    address = f"/registration/v1/seasons/{season}/entries/{draft['entry']}"
    assert draft["standing"] == "draft"
    with pytest.raises(ProblemAnswer) as refused:
        keeper.call("PUT", address, json=content(title=" ", members=[{"name_zh": "", "birth": "2014-03", "grade": 5}]))
    pointers = {error["pointer"] for error in refused.value.problem["errors"]}
    assert pointers == {"/title", "/members/0/name"}
    changed = keeper.call("PUT", address, json=content(title="改过的题目")).json()
    assert (changed["title"], changed["version"]) == ("改过的题目", 2)

    added = {"name_zh": "测试新队员", "birth": "2014-05", "grade": 4}
    with pytest.raises(ProblemAnswer) as refused:
        keeper.call("POST", f"{address}/members", json={**added, "name_zh": ""})
    assert refused.value.problem["errors"][0]["pointer"] == "/name"
    assert keeper.call("POST", f"{address}/members", json=added).status_code == 201
    assert [member["name_zh"] for member in keeper.get(f"{address}/members")][1] == "测试新队员"
    keeper.call("DELETE", f"{address}/members/1")
    assert [member["name_zh"] for member in keeper.get(f"{address}/members")] == ["测试新队员"]

    handed_in = begun(keeper, season)
    address = f"/registration/v1/seasons/{season}/entries/{handed_in['entry']}"
    assert handed_in["standing"] == "valid"
    with pytest.raises(ProblemAnswer) as refused:
        keeper.call("PUT", address, json=content())
    assert (refused.value.status, refused.value.code) == (409, "entry-not-editable")
    assert keeper.call("DELETE", f"{address}/submission").json()["standing"] == "draft"
    assert keeper.call("POST", f"{address}/submission").json()["standing"] == "valid"


def test_files_are_sent_listed_and_taken_out(installation: ThreeProcesses, keeper: Client, season: str) -> None:
    entry = begun(keeper, season, submit=False)["entry"]
    address = f"/registration/v1/seasons/{season}/entries/{entry}/files"
    sender = Tus(installation.url, keeper.token)
    with sender.client:
        assert sender.whole(season, entry, "正文.pdf", PDF).status_code == 200
    (file,) = keeper.get(address)
    assert (file["name"], file["size"], file["in_time"]) == ("正文.pdf", len(PDF), True)
    keeper.call("DELETE", f"{address}/{file['upload']}")
    assert keeper.get(address) == []
    with pytest.raises(ProblemAnswer) as refused:
        keeper.call("DELETE", f"{address}/{file['upload']}")
    assert refused.value.code == "no-such-file"


def test_lists_have_filters_and_cursors_and_show_what_is_ones_own(
    installation: ThreeProcesses, operator: Client, keeper: Client, season: str
) -> None:
    for _ in range(3):
        begun(keeper, season, submit=False)
    base = f"/registration/v1/seasons/{season}/entries"
    every = [item["entry"] for item in operator.get(base)]
    seen, address = [], f"{base}?limit=2&unit=P01"
    while address:
        answer = operator.call("GET", address)
        seen += [item["entry"] for item in answer.json()]
        link = answer.headers.get("link", "")
        address = link.partition(";")[0].strip("<>")
    assert seen == every
    drafts = operator.get(base, params={"standing": "draft", "track": "A", "unit": "P01"})
    assert {item["standing"] for item in drafts} == {"draft"}
    assert operator.get(base, params={"unit": "P02"}) == []
    assert [item["entry"] for item in operator.get(base, params={"q": every[0]})] == [every[0]]
    with pytest.raises(ProblemAnswer) as refused:
        operator.call("GET", base, params={"cursor": "ééé"})
    assert (refused.value.code, refused.value.problem["errors"][0]["pointer"]) == ("cursor-unknown", "/cursor")
    assert [item["entry"] for item in keeper.get(base)] == every, "a school sees its own"
    other = person(installation, operator, role="school-admin", season=season, unit="P02")
    assert other.get(base) == []
    other.close()
    with student(installation, season, "P03", birth="2010-01") as child:
        entry = child.registers(season)
        answer = child.get(base, headers={"Accept": "application/json"})
        assert [item["entry"] for item in answer.json()] == [entry]


def test_team_mates_join_by_code_and_leave(installation: ThreeProcesses, season: str) -> None:
    with student(installation, season, "P03") as captain, student(installation, season, "P03") as mate:
        entry = captain.registers(season)
        page = captain.get(f"/registration/entries/{season}/{entry}").text
        code = page.split('receipt code">')[1].split("<")[0].strip()
        base = f"/registration/v1/seasons/{season}"
        assert mate.request("POST", f"{base}/memberships", json={"code": "XXXX", "grade": 5}).status_code == 404
        joined = mate.request("POST", f"{base}/memberships", json={"code": code, "grade": 5})
        assert (joined.status_code, joined.json()["entry"]) == (201, entry)
        assert mate.request("DELETE", f"{base}/entries/{entry}/members/1").status_code == 403, "not the captain's"
        assert mate.request("DELETE", f"{base}/entries/{entry}/members/2").status_code == 204
        assert len(captain.get(f"{base}/entries/{entry}/members").json()) == 1


def test_an_extension_and_a_right_name_by_api(
    installation: ThreeProcesses, operator: Client, keeper: Client, season: str
) -> None:
    entry = begun(keeper, season, submit=False)["entry"]
    base = f"/registration/v1/seasons/{season}/entries/{entry}"
    with pytest.raises(ProblemAnswer) as refused:
        operator.call("POST", f"{base}/extension", json={"until": "2999-01-01T00:00:00", "reason": "台风"})
    assert refused.value.code == "extension-time"
    with pytest.raises(ProblemAnswer) as refused:
        keeper.call("PUT", f"{base}/members/1/name", json={"name_zh": "测试对的", "reason": "录入错误"})
    assert refused.value.code == "person-needed", "who somebody is changes nobody's program"
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as school:
        sent = {"name_zh": "测试对的", "reason": "录入错误"}
        assert school.request("PUT", f"{base}/members/1/name", json=sent).status_code == 200
    assert keeper.get(f"{base}/members")[0]["name_zh"] == "测试对的"


def test_judges_read_what_a_work_states_as_text_and_as_links_that_tell_nobody_where_they_came_from(
    installation: ThreeProcesses, operator: Client, keeper: Client, season: str
) -> None:
    named = f"测试{uuid4().hex[:6]}老师"
    stated = {"description": f"<b>看潮</b>，{named}指导", "link": "https://example.org/work"}
    with pytest.raises(ProblemAnswer) as refused:
        begun(keeper, season, **{**stated, "link": "javascript:alert(1)"})
    assert refused.value.problem["errors"][0]["pointer"] == "/link"
    entry = begun(keeper, season, instructors=[named], **stated)
    assert entry["description"] == stated["description"]
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/J2", json={"tracks": ["A"]})
    address = f"/seasons/{season}/tasks/{entry['entry']}/work"
    with invited(installation, operator, role="judge", season=season, ref="J2") as judge:

        def shown() -> None:
            answer = judge.get(f"/judging/v1{address}", headers={"Accept": "application/json"})
            assert answer.status_code == 200
            assert (answer.json()["description"], answer.json()["link"]) == ("<b>看潮</b>，＊指导", stated["link"])

        eventually(shown, 30)
        page = judge.get(f"/judging{address}").text
        assert "&lt;b&gt;看潮&lt;/b&gt;，＊指导" in page
        assert f'<a href="{stated["link"]}" target="_blank" rel="noreferrer noopener">' in page


def test_a_withdrawal_between_rounds_brings_the_alternate(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """By the page of whoever keeps it, and by the organizer's API; each time the next in line has the seat."""
    judging = f"/judging/v1/seasons/{season}"
    operator.call("PUT", f"{judging}/judges/J1", json={"tracks": ["A"]})
    with ExitStack() as stack:
        keepers: list[Browsing] = [
            stack.enter_context(student(installation, season, unit, birth="2010-01"))
            for unit in ("P01", "P02", "P03", "P01")
        ]
        entries = [browsing.registers(season) for browsing in keepers]
        for browsing, entry in zip(keepers, entries, strict=True):
            browsing.acts(season, entry, "submit")
        judge = person(installation, operator, role="judge", season=season, ref="J1")
        stack.callback(judge.close)
        for place, entry in enumerate(entries):

            def known(entry: str = entry) -> None:
                assert entry in {item["entry"] for item in judge.get(f"{judging}/tasks")}

            eventually(known, 30)
            sent = {"scores": {**SCORES, "process": f"{15 - place}"}, "comment": "看得出下了功夫", "submit": True}
            judge.call("PUT", f"{judging}/tasks/{entry}/work/ballot", json=sent)
        operator.call("POST", f"{judging}/rounds/first/closing", json={"reason": "all are scored"})

        def seats() -> list[str]:
            listed = operator.get(f"{judging}/rounds/first/seats")["seats"]
            return [seat["entry"] for seat in listed if not seat["left"]]

        assert sorted(seats()) == sorted(entries[:2])
        keepers[0].acts(season, entries[0], "withdraw", reason="转学去外地")
        assert (
            keepers[0].post(f"/registration/entries/{season}/{entries[0]}/withdraw", {"confirm": "退出"}).status_code
            == 409
        )

        def moved_up(wanted: list[str]) -> None:
            assert sorted(seats()) == sorted(wanted)

        eventually(lambda: moved_up(entries[1:3]), 30)
        base = f"/registration/v1/seasons/{season}/entries"
        with pytest.raises(ProblemAnswer) as refused:
            operator.call("POST", f"{base}/{entries[1]}/withdrawal", json={})
        assert refused.value.code == "reason-needed"
        answer = operator.call("POST", f"{base}/{entries[1]}/withdrawal", json={"reason": "学校来函"})
        assert answer.json()["standing"] == "valid", "what it has reached stays"
        eventually(lambda: moved_up(entries[2:]), 30)

        def told() -> None:
            assert "进入下一轮" in keepers[3].get("/registration/messages").text

        eventually(told, 30)
        sent = {"kind": "disqualification", "entry": entries[2], "rounds": ["first"], "reason": "查实代做"}
        assert operator.call("POST", f"{judging}/exclusions", json=sent).status_code == 204
        assert sorted(seats()) == sorted(entries[2:]), "it waits for a second person"
        (waits,) = operator.get(f"{judging}/exclusions")
        with pytest.raises(ProblemAnswer) as refused:
            operator.call("POST", f"{judging}/exclusions/{waits['waits']}/confirmation")
        assert refused.value.code == "second-person"
        confirmation = f"/judging/seasons/{season}/exclusions/{waits['waits']}/confirmation"
        with invited(installation, operator, role="city-organizer", season=season) as second:
            assert confirmation in second.get(f"/judging/seasons/{season}/exclusions").text
            back, dropped = confirmation.replace("confirmation", "withdrawal"), f"back-{waits['waits']}"
            assert second.post(back, {dropped: " "}).status_code == 409
            assert second.post(back, {dropped: "证据不足，撤回"}).status_code == 303
            assert operator.get(f"{judging}/exclusions") == []
            assert second.post(confirmation, {"confirm": "取消"}).status_code == 409
            assert operator.call("POST", f"{judging}/exclusions", json=sent).status_code == 204
            api_back = f"{judging}/exclusions/2-{waits['waits']}/withdrawal"
            assert operator.call("POST", api_back, json={"reason": "再核实一次"}).status_code == 204
            confirmation = confirmation.replace("/exclusions/", "/exclusions/3-")
            assert operator.call("POST", f"{judging}/exclusions", json=sent).status_code == 204
            assert confirmation in second.get(f"/judging/seasons/{season}/exclusions").text
            assert second.post(confirmation, {"confirm": "取消"}).status_code == 303
        assert seats() == [entries[3]], "and nobody is left to move up"
        (listed,) = operator.get(f"{judging}/exclusions")
        assert (listed["entry"], listed["waits"]) == (entries[2], "")
        with invited(installation, operator, role="city-organizer", season=season) as host:
            page = f"/judging/seasons/{season}/exclusions"
            assert "查实代做" in host.get(page).text
            form = {
                "kind": "revocation",
                "entry": entries[3],
                "round": "final",
                "reason": "不再参加",
                "confirm": "取消",
            }
            early = host.post(page, form)
            assert (early.status_code, "没有奖项可以撤销" in early.text) == (422, True)
            form |= {"kind": "disqualification"}
            assert host.post(page, form).status_code == 303


def test_a_unit_enters_by_page_api_and_sheet(installation: ThreeProcesses, operator: Client, season: str) -> None:
    """Its administrator enters it: no members, nobody's consent."""
    base = f"/registration/v1/seasons/{season}"
    with invited(installation, operator, role="school-admin", season=season, unit="P02") as school:
        register = f"/registration/seasons/{season}/register"
        assert "以单位名义参赛" in school.get(register).text
        answer = school.post(register, {"track": "U", "title": "全校读书月"})
        assert answer.status_code == 303, answer.text
        entry = answer.headers["location"].rsplit("/", 1)[1]
        assert "全校读书月" in school.get(f"/registration/entries/{season}/{entry}").text
        school.acts(season, entry, "submit")
        listed = school.get(f"{base}/entries?track=U", headers={"Accept": "application/json"}).json()
        assert [(item["entry"], item["standing"], item["division"]) for item in listed] == [(entry, "valid", "U")]
    program = person(installation, operator, role="school-admin", season=season, unit="P03")
    sent = {"track": "U", "title": "校园科技节"}
    answer = program.call("POST", f"{base}/entries", json=sent, headers={"Idempotency-Key": "unit"})
    assert (answer.json()["standing"], answer.json()["unit"]) == ("valid", "P03")
    program.close()
    with student(installation, season, "P03", birth="2010-01") as child:
        refused = child.post(register, {"track": "U", "title": "我自己", "grade": "5"})
        assert refused.status_code == 422, "a child does not enter for the school"
    sheet = "学校编号,赛道,作品名称,第一队员姓名,第一队员出生年月,第一队员年级,纸质同意书\nP01,U,社团开放日,,,,是\n".encode()
    headers = {"Content-Type": "application/octet-stream", "File-Name": "units"}
    job = operator.call("POST", f"{base}/imports", content=sheet, headers=headers).json()["id"]

    def state(wanted: str) -> None:
        report = operator.get(f"{base}/imports/{job}")
        assert report["state"] == wanted, report
        assert report["rejected"] == []

    eventually(lambda: state("checked"), 60)
    operator.call("POST", f"{base}/imports/{job}/application", json={"mode": "right-rows"})
    eventually(lambda: state("done"), 60)
    of_units = operator.get(f"{base}/entries", params={"track": "U"})
    assert {(item["unit"], item["standing"]) for item in of_units} == {
        ("P01", "valid"),
        ("P02", "valid"),
        ("P03", "valid"),
    }
