"""Every guardian has a page of their own, however they agreed; and what they agreed to stays what it was, or is asked again."""

import html
import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from tests.integration.test_classes import applied, checked
from tests.integration.test_lifecycle import UNITS, rules
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, decides, invited, student
from tests.support.seasons import open_season, person
from tests.support.waiting import eventually

JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html", "Accept-Language": "zh"}
OWN = re.compile(r">(http[^<]+/registration/guardians/[^<]+)<")


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    made = rules()
    for track in made["tracks"]:
        track["divisions"] = [division["id"] for division in made["divisions"] if "grades" in division]
    return open_season(operator, made, units=UNITS)


@pytest.fixture(scope="module")
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as browsing:
        yield browsing


def on_paper(operator: Client, season: str) -> str:
    """An entry of one child whose guardian signed on paper."""
    sent = {
        "track": "A",
        "title": f"作品 {uuid4().hex[:6]}",
        "unit": "P01",
        "members": [{"name_zh": f"测试{uuid4().hex[:6]}", "birth": "2014-03", "grade": 5}],
        "instructors": ["测试王老师"],
        "consents": "on-paper",
    }
    address = f"/registration/v1/seasons/{season}/entries"
    made = operator.call("POST", address, json=sent, headers={"Idempotency-Key": uuid4().hex})
    return str(made.json()["entry"])


def own_links(school: Browsing, season: str, entry: str) -> list[str]:
    page = school.post(f"/registration/entries/{season}/{entry}/guardian-slips").text
    return [html.unescape(link) for link in OWN.findall(page)]


def test_a_guardian_who_signed_on_paper_sees_withdraws_and_asks_for_a_correction(
    operator: Client, season: str, school: Browsing
) -> None:
    entry = on_paper(operator, season)
    assert (
        f"/registration/entries/{season}/{entry}/guardian-slips"
        in school.get(f"/registration/entries/{season}/{entry}").text
    )
    (link,) = own_links(school, season, entry)

    page = httpx.get(link, headers=PAGE).text
    assert "已签纸质同意书" in page
    assert "获奖时在公示名单中列出姓名" in page
    assert "2014-03" in page
    child = httpx.get(f"{link}/data.json").json()
    assert child["person"]["birth"] == "2014-03"
    assert [item["entry"] for item in child["entries"]] == [entry]
    assert set(child) == {
        "person",
        "entries",
        "material",
        "self_assessment",
        "results",
        "certificates",
        "read_by",
        "copies",
    }

    assert httpx.post(f"{link}/correction", data={"asked": " "}, headers=PAGE).status_code == 422
    asked = httpx.post(f"{link}/correction", data={"asked": "名字里的“辰”应为“晨”", "entry": entry}, headers=PAGE)
    assert asked.status_code == 303
    assert "应为“晨”" in httpx.get(link, headers=PAGE).text
    assert "应为“晨”" in school.get(f"/registration/entries/{season}/{entry}").text

    def told() -> None:
        assert school.get("/registration/messages").text.count("监护人请求更正") >= 1

    eventually(told, 30)
    narrowed = httpx.post(link, data=agreed(entry, **{"check-page": "yes"}), headers=PAGE)
    assert narrowed.status_code == 303
    assert httpx.post(link, data=agreed(entry, agree="no"), headers=PAGE).status_code == 303
    standing = operator.get(f"/registration/v1/seasons/{season}/entries/{entry}")["standing"]
    assert standing in ("consent-withdrawn", "consent_withdrawn", "draft")
    assert "没有同意" in httpx.get(link, headers=PAGE).text, "the link stays theirs"


def agreed(entry: str, agree: str = "yes", **purposes: str) -> dict[str, str]:
    return {"entry": entry, "agree": agree, "guardian": "测试家长", "relation": "父亲", **purposes}


def test_each_child_of_a_class_sheet_has_a_slip_by_page_and_by_program(
    operator: Client, season: str, school: Browsing, installation: ThreeProcesses
) -> None:
    entries = [on_paper(operator, season) for _ in "ab"]
    people = re.findall(r'name="person" value="([^"]+)"', school.get(f"/registration/seasons/{season}/students").text)
    page = school.post(f"/registration/seasons/{season}/students", {"person": people, "do": "guardians"}).text
    assert len(set(OWN.findall(page))) >= len(entries)

    answer = school.request(
        "POST", f"/registration/v1/seasons/{season}/guardian-slips", json={"entries": entries}, headers=JSON
    )
    assert answer.status_code == 200, answer.text
    assert [item["entry"] for item in answer.json()] == sorted(entries)
    for slip in answer.json():
        assert slip["until"] is None
        assert html.escape(slip["url"]) in page
        assert httpx.get(slip["url"], headers=PAGE).status_code == 200
    with invited(installation, operator, role="school-admin", season=season, unit="P02") as other:
        nothing = other.request(
            "POST", f"/registration/v1/seasons/{season}/guardian-slips", json={"entries": entries}, headers=JSON
        )
        assert nothing.json() == []


def test_the_link_of_one_child_opens_no_other(operator: Client, season: str, school: Browsing) -> None:
    first, second = (own_links(school, season, on_paper(operator, season))[0] for _ in "ab")
    token, person = first.rsplit("/", 1)[1], second.rsplit("/", 2)[1]
    forged = f"{second.rsplit('/', 2)[0]}/{person}/{token}"
    for address in (forged, f"{forged}/data.json"):
        assert httpx.get(address, headers=PAGE).status_code == 404
    assert school.get(f"{first}/data.json").status_code == 403, "nobody who is signed in is the guardian"
    assert school.post(f"{first}/correction", {"asked": "x"}).status_code == 403


def test_a_guardian_for_whom_nobody_stands_sees_no_data(installation: ThreeProcesses, season: str) -> None:
    with student(installation, season, "P01") as child:
        entry = child.registers(season)
        own = installation.url + decides(child.consent_link(season, entry)).headers["location"]
    page = httpx.get(own, headers=PAGE).text
    assert f"{own.removeprefix(installation.url)}/data.json" not in page
    refused = httpx.get(f"{own}/data.json", headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-not-confirmed")


def test_a_child_is_not_asked_what_its_guardian_decides(installation: ThreeProcesses, season: str) -> None:
    with student(installation, season, "P01") as child, student(installation, season, "P01", birth="2009-01") as old:
        entry = child.registers(season)
        decides(child.consent_link(season, entry))
        here = f"/registration/entries/{season}/{entry}"
        page = child.get(here).text
        assert f"{here}/submit" in page
        assert 'name="purpose"' not in page
        refused = child.post(f"{here}/submit", {"purpose": "publish-name"}, headers=JSON)
        assert refused.status_code == 409
        assert "不由你决定" in child.post(f"{here}/submit", {"purpose": "publish-name"}).text
        child.acts(season, entry, "submit")

        own = old.registers(season, grade=9, track="A")
        assert 'name="purpose"' in old.get(f"/registration/entries/{season}/{own}").text
        old.acts(season, own, "submit", purpose="publish-name")
        consents = old.get("/registration/me/data.json").json()["entries"][0]["consents"]
        assert consents[0]["purposes"] == ["take-part", "publish-name"]
        old.acts(season, own, "take-back")
        assert 'name="purpose"' not in old.get(f"/registration/entries/{season}/{own}").text, "it is decided"


def test_who_moves_the_group_tells_those_who_agreed_and_they_are_asked_again(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing
) -> None:
    with student(installation, season, "P01") as captain, student(installation, season, "P01") as mate:
        entry = captain.registers(season, grade=5)
        here = f"/registration/entries/{season}/{entry}"
        own = installation.url + decides(captain.consent_link(season, entry)).headers["location"]
        assert captain.consent_links(season, entry) == []

        code = re.search(r"join\?code=(\w{8})", captain.get(here).text)
        assert code
        joined = mate.post(f"/registration/seasons/{season}/join", {"code": code[1], "grade": "5"})
        assert joined.status_code == 303
        page = httpx.get(own, headers=PAGE).text
        assert "队员变更" in page
        assert "请重新决定" not in page, "another member is no other contest"

        edited = {"track": "A", "title": "作品", "grade": "8", "i1_name": "测试王"}
        edited |= {"m2_name": name_of(mate), "m2_birth": "2014-03", "m2_grade": "5"}
        assert captain.post(f"{here}/edit", edited).status_code == 303
        (again,) = [link for link in captain.consent_links(season, entry) if "/1/" in link]
        assert "组别变了" in captain.get(here).text
        assert "组别变了" in school.get(here).text
        page = httpx.get(own, headers=PAGE).text
        assert "请重新决定" in page
        assert captain.post(f"{here}/submit").status_code == 409, "not before they agreed again"

        def told() -> None:
            messages = captain.get("/registration/messages").text
            assert messages.count("组别或队员有变动") == 2, "once for each change"

        eventually(told, 30)
        assert decides(again).status_code == 303
        assert captain.consent_links(season, entry) == []
        assert "请重新决定" not in httpx.get(own, headers=PAGE).text


def name_of(browsing: Browsing) -> str:
    return str(browsing.get("/registration/me/data.json").json()["person"]["name"]["zh"])


@pytest.mark.parametrize(("consent", "standing"), [("yes", "pending"), ("", "draft")])
def test_a_sheet_that_moves_a_child_to_another_group_says_whether_it_was_signed_again(
    operator: Client, installation: ThreeProcesses, season: str, consent: str, standing: str
) -> None:
    school = person(installation, operator, role="school-admin", season=season, unit="P01")
    header = "track,title,m1_name_zh,m1_birth,m1_grade,i1_name,consent"
    name, title = f"测试{uuid4().hex}", f"作品 {uuid4().hex[:6]}"

    def sends(grade: int, signed: str, **answers: bool) -> None:
        sheet = f"{header}\nA,{title},{name},2014-03,{grade},测试李老师,{signed}".encode()
        applied(school, season, checked(school, season, sheet), "right-rows", **answers)

    sends(5, "yes")
    sends(8, consent, change=True)
    school.close()
    listed = operator.get(f"/registration/v1/seasons/{season}/entries", params={"limit": 1000})
    (entry,) = [item for item in listed if item["title"] == title]
    assert (entry["standing"], entry["waiting_for"]) == (standing, [] if consent else [1])
