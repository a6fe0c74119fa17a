"""An entry's way: teams by code, consent by purpose, undo, review level by level, caps, extension."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, decides, invited, student
from tests.support.seasons import close_registration, new_season, open_season, person
from tests.support.waiting import eventually

UNITS = """unit,parent,level,name_zh,name_en,gb2260
CITY,,city,滨城市,Bincheng,
D1,CITY,district,观澜区,Guanlan,
D2,CITY,district,望海区,Wanghai,
P01,D1,school,澜心小学,Lanxin Primary School,
P02,D1,school,朝汐小学,Chaoxi Primary School,
P03,D2,school,青桐小学,Qingtong Primary School,
"""


def rules(**changes: Any) -> dict[str, Any]:
    """A season whose judging is to come, with three levels, teams of up to three, and places to send on."""
    made = new_season(**changes)
    later = (datetime.now(UTC) + timedelta(days=40)).replace(microsecond=0)
    made["rounds"][0]["judging"] = {"opens": later.isoformat(), "closes": (later + timedelta(days=2)).isoformat()}
    notice = later + timedelta(days=3)
    made["timeline"]["results_notice"] = {
        "opens": notice.isoformat(),
        "closes": (notice + timedelta(days=5)).isoformat(),
    }
    made["unit_levels"] = ["city", "district", "school"]
    made.setdefault("review_steps", ["school", "district", "city"])
    made["nominations"] = {"level": "district", "places": {"A": {"P": 2}}}
    for track in made["tracks"]:
        track["members"] = ["1", "3"]
    return made


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules(), units=UNITS)


@pytest.fixture(scope="module")
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as browsing:
        yield browsing


@pytest.fixture(scope="module")
def district(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="district-organizer", season=season, unit="D1") as browsing:
        yield browsing


@pytest.fixture(scope="module")
def city(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="city-organizer", season=season) as browsing:
        yield browsing


def standing(operator: Client, season: str, entry: str) -> str:
    return str(operator.get(f"/registration/v1/seasons/{season}/entries/{entry}")["standing"])


def test_a_student_over_the_age_hands_in_alone_and_takes_it_back(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    with student(installation, season, "P01", birth="2010-01") as browsing:
        entry = browsing.registers(season, grade=6)
        page = browsing.get(f"/registration/entries/{season}/{entry}").text
        assert page.count('name="purpose"') == 3
        link = browsing.consent_link(season, entry)
        assert "我已知悉" in httpx.get(link, headers={"Accept-Language": "zh"}).text
        assert httpx.post(link, data={"do": "informed"}).status_code == 303
        assert "给家长看一看" not in browsing.get(f"/registration/entries/{season}/{entry}").text
        browsing.acts(season, entry, "submit", purpose="check-page")
        assert standing(operator, season, entry) == "pending"
        browsing.acts(season, entry, "take-back")
        assert standing(operator, season, entry) == "draft"
        browsing.acts(season, entry, "submit")
        browsing.acts(season, entry, "withdraw", reason="不参加了")
        assert standing(operator, season, entry) == "withdrawn"
        browsing.acts(season, entry, "reinstate")
        assert standing(operator, season, entry) == "draft"


def test_a_guardian_decides_by_purpose_changes_and_withdraws(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    with student(installation, season, "P01") as browsing:
        entry = browsing.registers(season)
        link = browsing.consent_link(season, entry)
        assert browsing.post(f"/registration/entries/{season}/{entry}/submit").status_code == 409

        assert decides(link, "").status_code == 422, "neither yes nor no"
        answer = decides(link, "no")
        assert answer.status_code == 303
        own = f"{installation.url}{answer.headers['location']}"
        assert browsing.post(f"/registration/entries/{season}/{entry}/submit").status_code == 409
        assert decides(own, entry=entry).status_code == 303, "refusing showcase never blocks"
        browsing.acts(season, entry, "submit")
        assert standing(operator, season, entry) == "pending"
        assert decides(own, "no", entry=entry).status_code == 303
        assert standing(operator, season, entry) == "consent_withdrawn"
        assert decides(own, entry=entry, **{"publish-name": "yes"}).status_code == 303
        assert standing(operator, season, entry) == "pending"
        shown = httpx.get(own, headers={"Accept": "text/html", "Accept-Language": "en"}).text
        assert "Be named in public lists" in shown


def test_a_guardian_for_whom_the_school_stands_decides_about_all_entries_of_the_child(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing
) -> None:
    with student(installation, season, "P01") as browsing:
        first, second = browsing.registers(season), browsing.registers(season, track="B")
        answer = decides(browsing.consent_link(season, first), **{"publish-name": "yes"})
        own = f"{installation.url}{answer.headers['location']}"
        assert decides(own, entry=second).status_code == 404, "before that they see what they decided about"
        assert school.confirms_consents(season) >= 1

        assert decides(own, entry=second).status_code == 303
        states = browsing.get(f"/registration/entries/{season}/{second}").text
        assert "已同意，已确认" in states
        browsing.acts(season, second, "submit")


def test_a_named_team_mate_who_joins_takes_their_own_place(installation: ThreeProcesses, season: str) -> None:
    name = f"测试{uuid4().hex[:6]}"
    with (
        student(installation, season, "P01", birth="2010-01") as keeper,
        student(installation, season, "P01", name=name) as mate,
    ):
        form = {"track": "A", "title": "作品", "grade": "6", "i1_name": uuid4().hex[:8]}
        form |= {"m2_name": name, "m2_birth": "2014-03", "m2_grade": "5"}
        answer = keeper.post(f"/registration/seasons/{season}/register", form)
        entry = answer.headers["location"].rsplit("/", 1)[1]
        code = re.search(r"join\?code=(\w{8})", keeper.get(f"/registration/entries/{season}/{entry}").text)
        assert code
        assert mate.post(f"/registration/seasons/{season}/join", {"code": code[1], "grade": "5"}).status_code == 303
        address = f"/registration/entries/{season}/{entry}"
        assert keeper.get(address).text.count(f"{name}：") == 1
        assert keeper.post(f"{address}/edit", {**form, "title": "改了标题"}).status_code == 303
        assert entry in mate.get("/registration/me").text, "an edit leaves those who joined who they are"


def test_two_members_racing_for_the_last_place_leave_one(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    with student(installation, season, "P01", birth="2010-01") as keeper:
        entry = keeper.registers(season, mates=1)
        page = keeper.get(f"/registration/entries/{season}/{entry}").text
        match = re.search(r"join\?code=(\w{8})", page)
        assert match
        racers = [student(installation, season, "P01", birth="2010-02") for _ in range(4)]

        def join(browsing: Browsing) -> int:
            form = {"code": match[1], "grade": "6"}
            return browsing.post(f"/registration/seasons/{season}/join", form).status_code

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(join, racers))

        assert sorted(answers) == [303, 409, 409, 409]
        winner = racers[answers.index(303)]
        links = [link.split("/")[-2] for link in keeper.consent_links(season, entry)]
        assert sorted(links) == ["1", "2"], "the keeper's own guardian and that of the mate who was named"
        assert winner.post(f"/registration/entries/{season}/{entry}/leave").status_code == 303
        for racer in racers:
            racer.close()


def test_nobody_of_another_school_joins(installation: ThreeProcesses, season: str) -> None:
    with (
        student(installation, season, "P01", birth="2010-01") as keeper,
        student(installation, season, "P02", birth="2010-01") as stranger,
    ):
        entry = keeper.registers(season)
        code = re.search(r"join\?code=(\w{8})", keeper.get(f"/registration/entries/{season}/{entry}").text)
        assert code
        answer = stranger.post(f"/registration/seasons/{season}/join", {"code": code[1], "grade": "6"})

        assert answer.status_code == 409
        assert "同一所学校" in answer.text
        assert (
            stranger.post(f"/registration/seasons/{season}/join", {"code": "NOSUCHCD", "grade": "6"}).status_code == 409
        )


def test_two_children_of_one_name_and_month_sign_up_and_stay_two(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    name = f"测试{uuid4().hex[:6]}"
    with (
        student(installation, season, "P01", birth="2010-01", name=name) as first,
        Browsing(installation.url) as second,
    ):
        entry = first.registers(season, grade=6)
        form = {"unit": "P01", "name_zh": name, "year": "2010", "month": "1", "password": PASSWORD}
        address = f"/registration/seasons/{season}/sign-up"
        made = second.post(address, {**form, "login": f"s-{uuid4().hex[:8]}"})
        assert made.status_code == 303
        assert entry not in second.get("/registration/me").text
        second.registers(season, grade=6)


def test_signing_up_again_after_a_name_was_taken_works(installation: ThreeProcesses, season: str) -> None:
    with student(installation, season, "P01") as browsing, Browsing(installation.url) as other:
        taken = re.search(
            r'<a class="tool" href="/registration/me">([\w-]+)</a>', browsing.get("/registration/me").text
        )
        assert taken
        form = {"unit": "P01", "name_zh": f"测试{uuid4().hex[:6]}", "year": "2014", "month": "3", "password": PASSWORD}
        address = f"/registration/seasons/{season}/sign-up"
        assert other.post(address, {**form, "login": taken[1]}).status_code == 422
        assert other.post(address, {**form, "login": f"s-{uuid4().hex[:8]}"}).status_code == 303


def handed_in(operator: Client, season: str, unit: str, count: int) -> list[str]:
    made = []
    for _ in range(count):
        member = {"name_zh": f"测试{uuid4().hex[:6]}", "birth": "2014-05", "grade": 5}
        content = {
            "track": "A",
            "title": f"作品 {uuid4().hex[:6]}",
            "members": [member],
            "instructors": [f"测试{uuid4().hex[:6]}"],
            "consents": "on-paper",
            "unit": unit,
        }
        headers = {"Idempotency-Key": uuid4().hex}
        address = f"/registration/v1/seasons/{season}/entries"
        made.append(operator.call("POST", address, json=content, headers=headers).json()["entry"])
    return made


def test_each_level_reviews_in_its_turn_and_caps_hold(
    operator: Client, season: str, school: Browsing, district: Browsing, city: Browsing
) -> None:
    entries = handed_in(operator, season, "P01", 4)

    assert district.reviews(season, entries, "approved").status_code == 409, "two places for four"
    used = [entry for entry in entries if "等市审核" in row(district, season, entry)]
    assert len(used) == 2
    left = [entry for entry in entries if entry not in used]
    assert school.reviews(season, left, "approved").status_code == 303
    assert school.reviews(season, left, "approved").status_code == 409, "it is not the school's turn any more"
    assert city.reviews(season, used[:1], "returned", reason="请补照片").status_code == 303
    assert standing(operator, season, used[0]) == "returned"
    assert district.reviews(season, left[:1], "approved").status_code == 303, "its place is free again"
    assert district.reviews(season, left[1:], "approved").status_code == 409
    assert city.reviews(season, [used[1], left[0]], "approved").status_code == 303
    assert standing(operator, season, used[1]) == "valid"


def test_an_entry_of_another_district_is_not_told_of_whoever_ticks_it(
    operator: Client, season: str, district: Browsing
) -> None:
    entry = handed_in(operator, season, "P03", 1)[0]
    title = operator.get(f"/registration/v1/seasons/{season}/entries/{entry}")["title"]

    answer = district.reviews(season, [entry], "approved")

    assert answer.status_code == 409
    assert title not in answer.text
    assert standing(operator, season, entry) == "pending"


def test_programs_review_in_order_and_see_the_places(installation: ThreeProcesses, operator: Client) -> None:
    season = open_season(operator, rules(review_steps=["district"]), units=UNITS)
    own, other = handed_in(operator, season, "P01", 3), handed_in(operator, season, "P03", 1)
    program = person(installation, operator, role="district-organizer", season=season, unit="D1")

    def review(verdict: str, entries: list[str], **more: str) -> list[tuple[str, str]]:
        content = {"entries": entries, "verdict": verdict, **more}
        answer = program.call("POST", f"/registration/v1/seasons/{season}/reviews", json=content).json()
        return [(item["entry"], item["problem"] or item["standing"]) for item in answer]

    assert review("approved", [*own, *other]) == [
        (own[0], "valid"),
        (own[1], "valid"),
        (own[2], "limit-nominations"),
    ]
    assert program.get(f"/registration/v1/seasons/{season}/places") == [
        {"track": "A", "division": "P", "cap": 2, "used": 2, "left": 0}
    ]
    assert review("returned", [own[2]]) == [(own[2], "reason-needed")]
    assert review("returned", [own[2]], reason="请补材料") == [(own[2], "returned")]
    program.close()


def test_a_district_ranks_sends_on_the_first_and_the_next_moves_up(
    installation: ThreeProcesses, operator: Client
) -> None:
    season = open_season(operator, rules(review_steps=["district"]), units=UNITS)
    first, second, third = handed_in(operator, season, "P01", 3)
    address = f"/registration/seasons/{season}/nominations/A/P"
    with (
        invited(installation, operator, role="district-organizer", season=season, unit="D1") as district,
        invited(installation, operator, role="district-organizer", season=season, unit="D2") as other,
    ):
        order = {f"place-{third}": "1", f"place-{first}": "2", f"place-{second}": "3"}
        assert district.post(address, {**order, "do": "rank"}).status_code == 303
        assert [standing(operator, season, item) for item in (first, second, third)] == ["pending"] * 3
        page = district.get(address).text
        places = [page.index(f"place-{item}") for item in (third, first, second)]
        assert places == sorted(places)
        assert district.post(address, {"do": "send"}).status_code == 303
        assert [standing(operator, season, item) for item in (third, first, second)] == ["valid", "valid", "pending"]
        district.post(address, {"do": "send"})
        assert standing(operator, season, second) == "pending", "no place is left"
        assert other.get(address).text.count("/registration/entries/") == 0, "another district's places are its own"
        assert other.get(f"/registration/seasons/{season}/nominations/B/P").status_code == 404
        with invited(installation, operator, role="city-organizer", season=season) as city:
            leaving = f"/registration/entries/{season}/{third}/members/1/erase"
            assert city.post(leaving, {"reason": "家长书面要求", "confirm": "删除"}).status_code == 303
        assert district.post(address, {"do": "send"}).status_code == 303
        assert standing(operator, season, second) == "valid", "the next one moved up"


def row(browsing: Browsing, season: str, entry: str) -> str:
    text = browsing.get(f"/registration/seasons/{season}/desk", params={"q": entry}).text
    return text.partition(f'/registration/entries/{season}/{entry}"')[2]


def test_a_rejection_frees_the_limits_and_may_be_reopened(operator: Client, season: str, city: Browsing) -> None:
    entry = handed_in(operator, season, "P03", 1)[0]

    assert city.reviews(season, [entry], "rejected").status_code == 409, "a reason is needed"
    assert city.reviews(season, [entry], "rejected", reason="重复报名").status_code == 303
    assert city.reviews(season, [entry], "reopened", reason="核实后不是重复").status_code == 303
    assert standing(operator, season, entry) == "pending"


def test_each_sees_only_their_own_part(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing, district: Browsing
) -> None:
    own, sister, other = (handed_in(operator, season, unit, 1)[0] for unit in ("P01", "P02", "P03"))

    def sees(browsing: Browsing, entry: str) -> tuple[int, bool]:
        page = browsing.get(f"/registration/entries/{season}/{entry}").status_code
        return page, bool(row(browsing, season, entry))

    assert [sees(school, item) for item in (own, sister, other)] == [(200, True), (404, False), (404, False)]
    assert [sees(district, item) for item in (own, sister, other)] == [(200, True), (200, True), (404, False)]
    assert school.reviews(season, [sister], "approved").status_code == 409
    with student(installation, season, "P01") as stranger:
        assert sees(stranger, own)[0] == 404
        assert stranger.get(f"/registration/seasons/{season}/desk").status_code == 403


def test_looks_and_exports_are_written_down_and_harmless(
    operator: Client, season: str, city: Browsing, school: Browsing
) -> None:
    entry = handed_in(operator, season, "P01", 1)[0]
    school.get(f"/registration/entries/{season}/{entry}")

    assert school.post(f"/registration/seasons/{season}/export").status_code == 422
    answer = school.post(f"/registration/seasons/{season}/export", {"reason": "做胸牌"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert entry in answer.text
    text = city.get(f"/registration/seasons/{season}/reads").text
    assert "做胸牌" in text
    assert entry in text
    assert school.get(f"/registration/seasons/{season}/reads").status_code == 403


def test_the_deadline_of_one_entry_is_extended_for_a_reason(
    installation: ThreeProcesses, operator: Client, city: Browsing
) -> None:
    made = rules(time_zone="UTC")
    season = open_season(operator, made, units=UNITS)
    with (
        student(installation, season, "P01", birth="2010-01") as late,
        invited(installation, operator, role="city-organizer", season=season) as organizer,
    ):
        entry = late.registers(season, grade=6)
        close_registration(operator, season, made)
        assert late.post(f"/registration/entries/{season}/{entry}/submit").status_code == 409
        until = (datetime.now(UTC) + timedelta(days=1)).replace(tzinfo=None, microsecond=0).isoformat()
        address = f"/registration/seasons/{season}/entries/{entry}/extension"
        assert organizer.post(address, {"until": until}).status_code == 409, "a reason is needed"
        assert organizer.post(address, {"until": until, "reason": "学校停电"}).status_code == 303
        late.acts(season, entry, "submit")
        assert standing(operator, season, entry) == "pending"
        assert "学校停电" in late.get(f"/registration/entries/{season}/{entry}").text


def test_a_transfer_moves_the_entry_and_tells_both_schools(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing, city: Browsing
) -> None:
    name = f"测试{uuid4().hex[:6]}"
    with (
        student(installation, season, "P01", birth="2010-01", name=name) as browsing,
        invited(installation, operator, role="school-admin", season=season, unit="P02") as other,
    ):
        entry = browsing.registers(season, grade=6)
        title = str(operator.get(f"/registration/v1/seasons/{season}/entries/{entry}")["title"])
        base = f"/registration/seasons/{season}/entries/{entry}/transfer"
        assert school.post(base, {"unit": "P02", "reason": "合并"}).status_code == 403, "the organizer's to do"
        assert "转到另一所学校" in city.get(f"/registration/entries/{season}/{entry}").text
        assert city.post(base, {"unit": "P01", "reason": "合并"}).status_code == 422
        assert city.post(base, {"unit": "P02", "reason": "两校合并"}).status_code == 303
        api = f"/registration/v1/seasons/{season}/entries/{entry}"
        assert operator.get(api)["unit"] == "P02"

        def told() -> None:
            for who in (browsing, school, other):
                assert f"“{title}”转到另一所学校" in who.get("/registration/messages").text

        eventually(told, 30)
        page, students = f"/registration/entries/{season}/{entry}", f"/registration/seasons/{season}/students"
        assert (name in other.get(students).text, name in school.get(students).text) == (True, False)
        assert (other.get(page).status_code, school.get(page).status_code) == (200, 404)
        for step in ("withdraw", "guardian-slips"):
            assert school.post(f"{page}/{step}", {"reason": "x"}).status_code == 404
        assert school.post(f"{page}/members/1/name", {"name_zh": "x", "reason": "x"}).status_code in (403, 404)
        assert other.post(f"{page}/guardian-slips").status_code == 200
        desk = f"/registration/seasons/{season}/desk"
        assert (title in other.get(desk).text, title in school.get(desk).text) == (True, False)
        browsing.acts(season, entry, "submit")
        assert other.post(f"{page}/withdraw", {"reason": "学生已毕业", "confirm": "退出"}).status_code == 303
        assert browsing.post(f"{page}/reinstate").status_code == 303

        assert (
            operator.call("POST", f"{api}/transfer", json={"unit": "P01", "reason": "误操作"}).json()["unit"] == "P01"
        )
        assert (name in other.get(students).text, name in school.get(students).text) == (False, True)


def test_the_organizer_shows_an_entry_out_of_competition(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing, city: Browsing
) -> None:
    with student(installation, season, "P01", birth="2010-01") as browsing:
        entry = browsing.registers(season, grade=6)
        base = f"/registration/seasons/{season}/entries/{entry}/exhibition"
        form = {"exhibition": "yes", "reason": "承办学校的队伍"}
        assert school.post(base, form).status_code == 403, "the organizer's to do"
        page = f"/registration/entries/{season}/{entry}"
        assert "只参加展示，不参加评奖" in city.get(page).text
        refused = city.post(base, {"exhibition": "yes", "reason": ""})
        assert refused.status_code == 409
        assert city.post(base, form).status_code == 303
        assert "恢复参加评奖" in city.get(page).text

        api = f"/registration/v1/seasons/{season}/entries/{entry}"
        assert operator.get(api)["exhibition"] is True
        operator.call("PUT", f"{api}/exhibition", json={"exhibition": False, "reason": "误操作"})
        after = operator.call("PUT", f"{api}/exhibition", json={"exhibition": True, "reason": "承办学校"}).json()
        assert after["exhibition"] is True

        def told() -> None:
            text = browsing.get("/registration/messages").text
            assert "改为只参加展示，不参加评奖" in text
            assert "恢复参加评奖" in text

        eventually(told, 30)
