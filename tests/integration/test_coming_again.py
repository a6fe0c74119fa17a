"""One account for many seasons: pupils who come again, invitations accepted with an account, and joining by a link."""

import html
import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client, ProblemAnswer
from tests.integration.test_lifecycle import UNITS, rules
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, decides, invited, student
from tests.support.seasons import open_season

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def seasons(operator: Client) -> tuple[str, str]:
    """Last year's season and this year's."""
    first, second = (open_season(operator, rules(), units=UNITS) for _ in range(2))
    return first, second


@pytest.fixture(scope="module")
def pupil(installation: ThreeProcesses, seasons: tuple[str, str]) -> Iterator[Browsing]:
    """Somebody who took part in the first season."""
    with student(installation, seasons[0], "P01", name=f"测试{uuid4().hex[:6]}") as browsing:
        browsing.registers(seasons[0])
        yield browsing


def invitation(operator: Client, season: str, **grant: str) -> str:
    sent = {"grants": [{"season": season, **grant}]}
    return str(operator.call("POST", "/registration/v1/invitations", json=sent).json()["url"])


def test_a_pupil_of_last_year_enters_again_with_the_same_account(
    pupil: Browsing, seasons: tuple[str, str], operator: Client
) -> None:
    first, second = seasons
    assert f"/registration/seasons/{second}/sign-up" in pupil.get("/registration/me").text
    page = pupil.get(f"/registration/seasons/{second}/sign-up").text
    assert 'name="password"' not in page, "the account is there"
    assert 'name="year"' not in page, "and so is the month of birth"

    assert pupil.post(f"/registration/seasons/{second}/sign-up", {"unit": "P99"}).status_code == 422
    answer = pupil.post(f"/registration/seasons/{second}/sign-up", {"unit": "P02"})
    assert answer.headers["location"] == f"/registration/seasons/{second}/register"
    entry = pupil.registers(second)

    mine = pupil.get("/registration/me").text
    assert f"/registration/entries/{second}/{entry}" in mine
    assert len(set(re.findall(rf"/registration/entries/{first}/\w+", mine))) == 1, "last year's entry stays theirs"
    guardian = decides(pupil.consent_link(second, entry))
    assert guardian.status_code == 303
    pupil.acts(second, entry, "submit")
    data = pupil.get("/registration/me/data.json").json()
    assert data["person"]["season"] == second
    assert [item["season"] for item in data["in_other_seasons"]] == [first]
    assert {item["season"] for item in data["entries"]} == {first, second}
    assert all(item["role"] == "member" for item in data["entries"])
    assert pupil.get(f"/registration/seasons/{second}/sign-up").status_code == 303, "once in, one goes on"


def test_the_same_by_program(installation: ThreeProcesses, seasons: tuple[str, str]) -> None:
    first, second = seasons
    address = f"/registration/v1/seasons/{second}/participation"
    with student(installation, first, "P01") as browsing:
        old = browsing.request("POST", "/registration/v1/tokens", json={"label": "x", "season": "*"}).json()["token"]
        bearer = {"Authorization": f"Bearer {old}", **JSON}
        assert browsing.request("POST", address, json={"unit": "P01"}, headers=bearer).status_code == 403, "in person"
        made = browsing.request("POST", address, json={"unit": "P01"}, headers=JSON)
        assert made.status_code == 201, made.text
        again = browsing.request("POST", address, json={"unit": "P01"}, headers=JSON)
        assert again.json() == made.json()
        token = browsing.request("POST", "/registration/v1/tokens", json={"label": "y", "season": second})
        headers = {"Authorization": f"Bearer {token.json()['token']}", "Idempotency-Key": uuid4().hex}
        sent = {"track": "A", "title": "作品", "grade": 5, "instructors": ["测试王"]}
        entered = httpx.post(
            f"{installation.url}/registration/v1/seasons/{second}/entries", json=sent, headers=headers, timeout=30
        )
        assert entered.status_code == 201, entered.text


def test_who_was_no_student_is_none_by_program(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    with invited(installation, operator, role="auditor", season=seasons[0]) as auditor:
        address = f"/registration/v1/seasons/{seasons[1]}/participation"
        refused = auditor.request("POST", address, json={"unit": "P01"}, headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (409, "students-before")


def test_the_data_of_one_season_is_erased_and_the_account_stays_for_the_other(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    first, second = seasons
    with student(installation, first, "P01", birth="2009-01") as browsing:
        entry = browsing.registers(first)
        browsing.post(f"/registration/seasons/{second}/sign-up", {"unit": "P01"})
        kept = browsing.registers(second)
        login = operator_login(browsing)
        with invited(installation, operator, role="school-admin", season=first, unit="P01") as school:
            address = f"/registration/entries/{first}/{entry}/members/1/erase"
            assert school.post(address, {"reason": "请删除去年的信息", "confirm": "删除"}).status_code == 303
        answer = browsing.post("/registration/sign-in", {"login": login, "password": PASSWORD})
        assert answer.status_code == 303
        mine = browsing.get("/registration/me").text
        assert f"/registration/entries/{second}/{kept}" in mine
        assert f"/registration/seasons/{first}/register" not in mine, "they are nobody of that season any more"
        data = browsing.get("/registration/me/data.json").json()
        assert (data["person"]["season"], data["in_other_seasons"]) == (second, [])
        gone = browsing.post("/registration/me/data/erasure", {"login": login})
        assert gone.status_code == 303
        assert browsing.post("/registration/sign-in", {"login": login, "password": PASSWORD}).status_code == 401


def operator_login(browsing: Browsing) -> str:
    return str(browsing.get("/registration/me/data.json").json()["account"]["login"])


@pytest.mark.parametrize("page", ["sign-up", "join", "register"])
def test_who_has_an_account_signs_in_and_comes_back(
    installation: ThreeProcesses, pupil: Browsing, seasons: tuple[str, str], page: str
) -> None:
    season, login = seasons[0], operator_login(pupil)
    address = f"/registration/seasons/{season}/{page}"
    with Browsing(installation.url) as visitor:
        shown = visitor.get(address, follow_redirects=True)
        if page == "sign-up":
            link = re.search(r'href="(/registration/sign-in\?next=[^"]+)"', shown.text)
            assert link
            shown = visitor.get(html.unescape(link[1]))
        assert f"/registration/seasons/{season}/sign-up" in shown.text, "and who has none begins here"
        wanted = re.search(r'name="next" value="([^"]*)"', shown.text)
        assert wanted
        form = {"login": login, "password": PASSWORD, "next": html.unescape(wanted[1])}
        assert visitor.post("/registration/sign-in", form).headers["location"] == address


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", ""]
)
def test_signing_in_leads_to_no_other_site(installation: ThreeProcesses, pupil: Browsing, next_: str) -> None:
    with Browsing(installation.url) as visitor:
        form = {"login": operator_login(pupil), "password": PASSWORD, "next": next_}
        answer = visitor.post("/registration/sign-in", form)
        assert answer.headers["location"] in ("/", "/registration/me")


def test_a_team_mate_without_an_account_signs_up_from_the_link_and_is_in_the_team(
    installation: ThreeProcesses, seasons: tuple[str, str]
) -> None:
    season = seasons[0]
    with student(installation, season, "P01") as captain, Browsing(installation.url) as mate:
        entry = captain.registers(season)
        code = join_code(captain, season, entry)
        page = mate.get(f"/registration/seasons/{season}/join?code={code}", follow_redirects=True)
        assert f"/registration/seasons/{season}/sign-up?code={code}" in str(page.url)
        assert 'name="unit"' not in page.text, "a team is of one school"
        assert f"join%3Fcode%3D{code}" in page.text or f"sign-up%3Fcode%3D{code}" in page.text
        form = {
            "code": code,
            "name_zh": f"测试{uuid4().hex[:6]}",
            "year": "2014",
            "month": "5",
            "login": f"m-{uuid4().hex[:8]}",
            "password": PASSWORD,
        }
        assert mate.post(f"/registration/seasons/{season}/sign-up", form).status_code == 422, "the grade is needed"
        answer = mate.post(f"/registration/seasons/{season}/sign-up", {**form, "grade": "5"})
        assert answer.headers["location"] == f"/registration/entries/{season}/{entry}"

        (own,) = mate.consent_links(season, entry)
        assert "/2/" in own
        assert not [link for link in captain.consent_links(season, entry) if "/2/" in link]
        assert "<svg" in mate.get(f"/registration/entries/{season}/{entry}").text
        assert decides(own).status_code == 303


def test_a_team_mate_joins_without_choosing_a_login_name(
    installation: ThreeProcesses, seasons: tuple[str, str]
) -> None:
    season = seasons[0]
    address = f"/registration/seasons/{season}/sign-up"
    with student(installation, season, "P01") as captain, Browsing(installation.url) as mate:
        entry = captain.registers(season)
        code = join_code(captain, season, entry)
        page = mate.get(f"{address}?code={code}").text
        key = re.search(r'name="form_key" value="([^"]+)"', page)
        assert key
        form = {"code": code, "form_key": key[1], "name_zh": f"测试{uuid4().hex[:6]}", "year": "2014"}
        refused = mate.post(address, form)
        assert refused.status_code == 422
        assert all(f'href="#{field}"' in refused.text for field in ("birth", "grade"))
        assert 'href="#login"' not in refused.text, "who chooses nothing is asked for nothing"
        form |= {"month": "5", "grade": "5"}
        with Browsing(installation.url) as again:
            answer, repeated = mate.post(address, form), again.post(address, form)
        assert (answer.status_code, repeated.status_code) == (200, 200)
        card = re.search(r">(http\S+(/registration/links/[\w-]+))<", answer.text)
        assert card
        assert card[1] in repeated.text, "sent twice it is one account"
        assert answer.text.count("<svg") == 2, "for the guardian, and to come back"
        assert captain.get(f"/registration/entries/{season}/{entry}").text.count(f"{form['name_zh']}：") == 1

        own = f"/registration/entries/{season}/{entry}"
        assert decides(mate.consent_links(season, entry)[0]).status_code == 303
        assert mate.get(f"/registration/seasons/{season}/join?code={code}").headers["location"] == own
        with Browsing(installation.url) as later:
            assert later.post(card[2]).status_code == 303
            assert later.get(own).status_code == 200
            spent_link = later.get(card[2])
            assert spent_link.status_code == 404, "once"
            assert "这个链接不能再用了" in spent_link.text
            assert 'href="/registration/me"' in spent_link.text, "and there is a way on"
            assert later.post("/registration/me/password", {"password": PASSWORD}).status_code == 303
        with Browsing(installation.url) as stranger:
            spent = stranger.post(address, form)
            assert spent.status_code == 422, "an old form lets nobody in"
            assert "/sign-in" in str(stranger.get("/registration/me", follow_redirects=True).url)


def join_code(captain: Browsing, season: str, entry: str) -> str:
    link = re.search(r"join\?code=(\w{8})", captain.get(f"/registration/entries/{season}/{entry}").text)
    assert link
    return link[1]


def test_a_full_team_leads_on(installation: ThreeProcesses, seasons: tuple[str, str]) -> None:
    season = seasons[0]
    with student(installation, season, "P01") as captain, Browsing(installation.url) as late:
        entry = captain.registers(season)
        code = join_code(captain, season, entry)
        captain.post(
            f"/registration/entries/{season}/{entry}/edit",
            {"track": "A", "title": "作品", "grade": "5", "i1_name": "测试王"}
            | {f"m{n}_{part}": value for n in (2, 3) for part, value in mate(n).items()},
        )
        form = {"code": code, "name_zh": f"测试{uuid4().hex[:6]}", "year": "2014", "month": "5", "grade": "5"}
        form |= {"login": f"m-{uuid4().hex[:8]}", "password": PASSWORD}
        answer = late.post(f"/registration/seasons/{season}/sign-up", form)
        assert answer.status_code == 422, "nobody is taken in"
        assert "满员" in answer.text
        alone = late.post(f"/registration/seasons/{season}/sign-up", {**form, "act": "alone"}).text
        assert 'name="unit"' in alone
        assert f'value="{form["name_zh"]}"' in alone, "what was typed stays"


def mate(number: int) -> dict[str, str]:
    return {"name": f"测试{uuid4().hex[:6]}", "birth": f"2014-0{number}", "grade": "5"}


def test_a_pupil_of_last_year_joins_a_team_by_its_link(installation: ThreeProcesses, seasons: tuple[str, str]) -> None:
    first, second = seasons
    with student(installation, second, "P01") as captain, student(installation, first, "P01") as old:
        entry = captain.registers(second)
        code = join_code(captain, second, entry)
        page = old.get(f"/registration/seasons/{second}/join?code={code}", follow_redirects=True)
        assert 'name="password"' not in page.text
        answer = old.post(f"/registration/seasons/{second}/sign-up", {"code": code, "grade": "5"})
        assert answer.headers["location"] == f"/registration/entries/{second}/{entry}"
        assert len(old.consent_links(second, entry)) == 1


def test_codes_that_are_none_are_not_guessed_without_an_account(
    installation: ThreeProcesses, seasons: tuple[str, str]
) -> None:
    with Browsing(installation.url) as visitor:
        page = visitor.get(f"/registration/seasons/{seasons[0]}/sign-up?code=ABCDEFGH")
        assert page.status_code == 200
        assert "没有这个队伍代码" in page.text


def test_a_judge_of_last_year_accepts_as_themselves(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    first, second = seasons
    ref = f"J{uuid4().hex[:6]}"
    with invited(installation, operator, role="judge", season=first, ref=ref) as judge:
        login = operator_login(judge)
        url = invitation(operator, second, role="judge", ref=ref)
        page = judge.get(url).text
        assert f"用 {login} 接受邀请" in page
        assert f"({second})" not in page, "the season has a name"
        assert judge.post(url, {"as": "account"}).headers["location"] == "/registration/me"
        mine = judge.get("/registration/me").text
        assert f"/judging/seasons/{first}/tasks" in mine
        assert f"/judging/seasons/{second}/tasks" in mine
        assert judge.get(url).status_code == 404, "once"

        other = invitation(operator, second, role="judge", ref=f"{ref}x")
        refused = judge.post(other, {"as": "account"})
        assert refused.status_code == 409
        assert ref in refused.text
        assert accepts(judge, other) == (409, "judge-already")
        assert judge.get(other).status_code == 200, "the invitation stays"
        held = {item["login"]: item["ref"] for item in operator.get(f"/registration/v1/seasons/{second}/roles")}
        assert held[login] == ref


def test_who_is_not_signed_in_signs_in_and_comes_back_to_accept(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    first, second = seasons
    with invited(installation, operator, role="city-organizer", season=first) as organizer:
        login = operator_login(organizer)
    url = invitation(operator, second, role="city-organizer")
    path = url.removeprefix(installation.url)
    with Browsing(installation.url) as visitor:
        link = re.search(r'href="(/registration/sign-in\?next=[^"]+)"', visitor.get(url).text)
        assert link
        form = visitor.get(html.unescape(link[1])).text
        assert f'value="{path}"' in form
        back = visitor.post("/registration/sign-in", {"login": login, "password": PASSWORD, "next": path})
        assert back.headers["location"] == path
        assert visitor.post(path, {"as": "account"}).status_code == 303
        assert visitor.get(f"/registration/seasons/{second}/invite").status_code == 200
        another = invitation(operator, second, role="city-organizer")
        assert visitor.post(another, {"as": "account"}).status_code == 409
        assert accepts(visitor, another) == (409, "role-held"), "who has the role leaves the invitation to others"


def accepts(browsing: Browsing, url: str) -> tuple[int, str]:
    """By program, with the session of a browser."""
    sent = {"secret": url.rsplit("/", 1)[1]}
    answer = browsing.request("POST", "/registration/v1/invitations/acceptance", json=sent, headers=JSON)
    return answer.status_code, answer.json()["code"] if answer.content else ""


def test_an_invitation_is_accepted_by_program(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    first, second = seasons
    with invited(installation, operator, role="school-admin", season=first, unit="P01") as school:
        assert accepts(school, "/unknown") == (404, "link-spent")
        assert accepts(school, invitation(operator, second, role="school-admin", unit="P01")) == (204, "")
        assert school.get(f"/registration/seasons/{second}/students").status_code == 200


def test_an_instructor_teaches_in_a_second_season(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    first, second = seasons
    name = f"测试师{uuid4().hex[:5]}"
    with invited(installation, operator, name=name, role="instructor", season=first, unit="P01") as teacher:
        url = invitation(operator, second, role="instructor", unit="P01")
        assert teacher.post(url, {"as": "account"}).status_code == 422, "the name is needed"
        assert teacher.post(url, {"as": "account", "name": name}).status_code == 303
        assert f'value="{name}"' in teacher.get(f"/registration/seasons/{second}/register?track=A").text


def test_nobody_is_made_a_child_by_an_invitation(operator: Client, seasons: tuple[str, str]) -> None:
    """Whoever organizes one season could name the child of another and read its data."""
    sent = {"grants": [{"role": "student", "season": seasons[0], "unit": "P01", "ref": "somebody"}]}
    with pytest.raises(ProblemAnswer) as refused:
        operator.call("POST", "/registration/v1/invitations", json=sent)
    assert refused.value.code == "fields-invalid"


def test_an_invitation_is_sent_again_and_the_former_address_ends(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    season = seasons[1]
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        old = invitation(operator, season, role="auditor")
        address, listed = "/registration/v1/invitations", {"season": season, "state": "all"}

        def states() -> dict[str, str]:
            answer = organizer.get(address, params=listed, headers=JSON).json()
            return {item["id"]: item["state"] for item in answer if item["grants"][0]["role"] == "auditor"}

        ((identity, state),) = states().items()
        assert state == "open"
        page = f"/registration/seasons/{season}/invitations"
        assert f'name="row" value="{identity}"' in organizer.get(page).text
        key = {"Idempotency-Key": uuid4().hex, **JSON}
        renewed = organizer.request("POST", f"{address}/{identity}/renewal", headers=key)
        assert renewed.status_code == 201, renewed.text
        repeated = organizer.request("POST", f"{address}/{identity}/renewal", headers=key)
        assert repeated.json() == renewed.json(), "sent twice it is one"
        assert organizer.get(old).status_code == 404
        new = renewed.json()["url"]
        assert organizer.get(new).status_code == 200
        assert sorted(states().values()) == ["open", "renewed"]
        assert organizer.post(f"{page}/{identity}/renewal").status_code == 422
        other = {**key, "Idempotency-Key": uuid4().hex}
        refused = organizer.request("POST", f"{address}/{identity}/renewal", params={"season": season}, headers=other)
        assert (refused.status_code, refused.json()["code"]) == (409, "invitation-closed")

        (open_,) = [item for item, state in states().items() if state == "open"]
        made = organizer.post(f"{page}/{open_}/renewal", {"form_key": "a"})
        assert made.status_code == 200
        newest = html.unescape(re.search(r">(http\S+/registration/invitations/[\w-]+)<", made.text)[1])  # type: ignore[index]
        assert httpx.post(newest, data={"login": f"a-{uuid4().hex[:8]}", "password": PASSWORD}).status_code == 303
        assert sorted(states().values()) == ["accepted", "renewed", "renewed"]
        invitation(operator, season, role="auditor")
        (open_,) = [item for item, state in states().items() if state == "open"]
        assert organizer.post(f"{page}/{open_}/withdrawal").status_code == 422, "a reason is needed"
        assert organizer.post(f"{page}/{open_}/withdrawal", {"reason": "发错了"}).status_code == 303
        assert sorted(states().values()) == ["accepted", "renewed", "renewed", "withdrawn"]
        assert "已撤回" in organizer.get(page).text


def test_a_school_sees_and_changes_what_it_invited_and_nothing_else(
    installation: ThreeProcesses, operator: Client, seasons: tuple[str, str]
) -> None:
    season = seasons[0]
    page = f"/registration/seasons/{season}/invitations"
    with (
        invited(installation, operator, role="school-admin", season=season, unit="P01") as school,
        invited(installation, operator, role="school-admin", season=season, unit="P02") as other,
    ):
        school.post(f"/registration/seasons/{season}/instructors")
        (identity,) = re.findall(r'name="row" value="(\w+)"', school.get(page).text)
        assert identity not in other.get(page).text
        assert other.post(f"{page}/{identity}/withdrawal", {"reason": "x"}).status_code == 404
        assert other.post(f"{page}/{identity}/renewal").status_code == 404
        assert school.post(f"{page}/{identity}/renewal").status_code == 200
