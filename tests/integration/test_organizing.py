"""Organizing: copying and opening a season, amending it, the tree of units, accounts on paper, several hosts."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
import yaml
from icalendar import Calendar

from laurel.client import Client, ProblemAnswer
from services.registration.entrypoints.pages.season_steps import EVERY_STEP
from shared.identity import Grant, Role
from shared.season.plain_yaml import write_yaml
from tests.integration.test_lifecycle import UNITS, rules
from tests.support.crawling import Page, untouched
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, invited, student
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules(), units=UNITS)


@pytest.fixture(scope="module")
def host(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    """Somebody of the series' hosts."""
    with invited(installation, operator, role="city-organizer", season="campus-ai-*") as browsing:
        yield browsing


def draft_of(host: Browsing, season: str) -> str:
    answer = host.post("/registration/season-drafts", {"from": season})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removesuffix("/basics")


def test_last_years_season_is_copied_changed_compared_and_opened(operator: Client, host: Browsing, season: str) -> None:
    draft = draft_of(host, season)
    assert "请先改赛季编号" in host.get(draft).text
    name = f"next-{uuid4().hex[:6]}"
    text = host.get(f"{draft}/season.yaml").text
    changed = yaml.safe_load(text)
    changed["season"] = {"id": name, "title": {"zh": "明年的比赛", "en": "Next year"}}
    changed["serials"]["prefix"] = f"N{uuid4().hex[:6].upper()}"
    text = yaml.safe_dump(changed, allow_unicode=True)
    assert host.post(draft, {"text": text}).status_code == 303
    page = host.get(draft).text
    assert "season.title.zh" in page
    assert "明年的比赛" in page

    host.post(draft, {"text": text.replace("time_zone: Asia/Shanghai", "time_zone: nowhere")})
    assert "time_zone" in host.get(draft).text
    assert host.post(f"{draft}/open", {"confirm": "开放"}).status_code == 409, "a file with faults is not opened"
    host.post(draft, {"text": text})
    answer = host.post(f"{draft}/open", {"confirm": "开放"})

    assert answer.status_code == 303, answer.text
    opened = f"campus-ai-{name}"
    assert answer.headers["location"].endswith(f"{opened}/overview")
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{opened}")["units"] == 6)
    assert host.get(draft).status_code == 404


def test_a_copy_is_changed_by_forms_and_rehearsed(host: Browsing, season: str) -> None:
    """The page of a draft sends its rules to judging, which answers with a page of its own and keeps nothing."""
    draft = draft_of(host, season)
    for step in EVERY_STEP:
        assert host.get(f"{draft}/{step}").status_code == 200, step
    form = next(form for form in Page(host.get(f"{draft}/basics").text, "http://x/").forms if form.method == "post")
    sent = {**untouched(form), "season.title.zh": ["分步填的比赛"], "do": ["next"]}
    answer = host.post(f"{draft}/basics", sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{draft}/dates"), answer.text

    forms = {urlsplit(form.action).path: form for form in Page(host.get(f"{draft}/check").text, "http://x/").forms}
    report = host.post("/judging/rehearsals", untouched(forms["/judging/rehearsals"]))
    assert report.status_code == 200, report.text
    assert "分步填的比赛" in report.text
    assert "<dd>500</dd>" in report.text.replace(" ", "")
    samples = host.post("/certificates/rehearsals", untouched(forms["/certificates/rehearsals"]))
    assert samples.status_code == 200, samples.text
    assert "分步填的比赛" in samples.text
    assert "data:image/png;base64," in samples.text


def test_an_amendment_needs_a_reason_keeps_the_scope_and_is_shown_to_everybody(
    installation: ThreeProcesses, operator: Client, host: Browsing, season: str
) -> None:
    text = html.unescape(
        re.search(
            r"<textarea[^>]*>(.*?)</textarea>", host.get(f"/registration/seasons/{season}/rules").text, re.DOTALL
        )[1]  # type: ignore[index]
    )
    tree = yaml.safe_load(text)
    later = datetime.fromisoformat(tree["timeline"]["registration"]["closes"]) + timedelta(days=1)
    tree["timeline"]["registration"]["closes"] = later.isoformat()
    amended = yaml.safe_dump(tree, allow_unicode=True)
    address = f"/registration/seasons/{season}/rules"

    assert "timeline.registration.closes" in host.post(address, {"text": amended, "do": "look"}).text
    assert host.post(address, {"text": amended, "do": "confirm", "confirm": "修订"}).status_code == 409, (
        "a reason is needed"
    )
    wider = {**tree, "divisions": [*tree["divisions"], {"id": "S", "title": {"zh": "高中"}, "grades": [10, 12]}]}
    refused = host.post(address, {"text": yaml.safe_dump(wider), "do": "confirm", "confirm": "修订", "reason": "x"})
    assert refused.status_code == 409
    assert "divisions" in refused.text
    answer = host.post(address, {"text": amended, "do": "confirm", "confirm": "修订", "reason": "台风，报名延长一天"})
    assert answer.status_code == 303, answer.text

    page = httpx.get(f"{installation.url}/registration/seasons/{season}", headers={"Accept-Language": "zh"}).text
    assert "台风，报名延长一天" in page
    assert "timeline.registration.closes" not in page, "changes are told in words"
    assert "报名 · 截止" in page
    feed = httpx.get(f"{installation.url}/registration/seasons/{season}/feed.atom", headers={"Accept-Language": "zh"})
    assert "台风，报名延长一天" in feed.text
    calendar = Calendar.from_ical(httpx.get(f"{installation.url}/registration/seasons/{season}/calendar.ics").text)
    closes = [
        component.decoded("dtstart")
        for component in calendar.walk("VEVENT")
        if str(component["uid"]).endswith("registration-closes@laurel")
    ]
    assert closes == [later.astimezone(UTC)]

    def taken_over() -> None:
        assert operator.get(f"/registration/v1/seasons/{season}")["version"] == 2
        assert operator.get(f"/registration/v1/seasons/{season}")["unsent"] == 0

    eventually(taken_over)


def test_administrators_are_invited_down_the_tree(installation: ThreeProcesses, host: Browsing, season: str) -> None:
    def accept(page: str) -> Browsing:
        match = re.search(r'class="code">(http[^<]+/invitations/[^<]+)<', page)
        assert match, page
        browsing = Browsing(installation.url)
        answer = browsing.post(match[1], {"login": f"u-{uuid4().hex[:8]}", "password": PASSWORD})
        assert answer.status_code == 303
        return browsing

    address = f"/registration/seasons/{season}/units"
    with accept(host.post(f"{address}/D1/invitation").text) as district:
        assert "P03" not in district.get(address).text, "a district sees its own schools"
        assert district.post(f"{address}/P03/invitation").status_code == 404
        assert district.post(address, {"unit": "X"}).status_code == 403
        with accept(district.post(f"{address}/P01/invitation").text) as school:
            assert school.get(f"/registration/seasons/{season}/desk").status_code == 200
            assert school.post(f"{address}/P01/invitation").status_code == 404
    new = {"parent": "D2", "level": "school", "names": f"新校{uuid4().hex[:4]}"}
    refused = host.post(address, {**new, "parent": "nowhere"})
    assert (refused.status_code, new["names"] in refused.text) == (422, True)
    assert host.post(address, new).status_code == 303
    assert new["names"] in host.get(address).text
    again = host.post(address, new)
    assert (again.status_code, "第 1 行：这个名称已经有了。" in again.text) == (422, True)
    other = {"unit": "D2", "name_zh": f"改名后{uuid4().hex[:4]}"}
    assert host.post(f"{address}/names", {**other, "name_zh": ""}).status_code == 422
    assert host.post(f"{address}/names", other).status_code == 303
    assert other["name_zh"] in host.get(address).text


def test_children_sign_in_by_school_code_and_slip_and_set_a_password(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    with (
        invited(installation, operator, role="school-admin", season=season, unit="P02") as school,
        student(installation, season, "P02") as pupil,
    ):
        address = f"/registration/seasons/{season}/students"
        person = re.search(r'name="person" value="(\w+)"', school.get(address).text)
        assert person
        old_login = pupil.get("/registration/me").text
        slip = school.post(address, {"person": person[1]}).text
        link = re.search(r"(http\S+/registration/links/[\w-]+)", slip)
        assert link
        with Browsing(installation.url) as phone:
            assert phone.post(link[1]).status_code == 303
            assert phone.post("/registration/me/password", {"password": "short"}).status_code == 422
            assert phone.post("/registration/me/password", {"password": "a calm heron sleeps"}).status_code == 303
            assert phone.post(link[1]).status_code == 404, "a slip is good once"
        assert old_login

        member = {"name_zh": f"测试{uuid4().hex[:5]}", "birth": "2014-05", "unit": "P02"}
        made = operator.call("POST", f"/registration/v1/seasons/{season}/students", json=member).json()["person"]
        slip = school.post(address, {"person": made}).text
        login = re.search(r'<strong class="code">(\w+)\+(\d+)</strong>', slip)
        link = re.search(r"(http\S+/registration/links/[\w-]+)", slip)
        assert login
        assert link
        with Browsing(installation.url) as phone:
            phone.post(link[1])
            phone.post("/registration/me/password", {"password": "a calm heron sleeps"})
        with Browsing(installation.url) as desk:
            form = {"school": login[1].upper(), "login": login[2], "password": "a calm heron sleeps"}
            assert desk.post("/registration/sign-in", form).status_code == 303
            assert desk.post("/registration/sign-in", {**form, "school": "xxxxx"}).status_code == 401


def test_two_hosts_share_an_installation_and_see_nothing_of_each_other(
    installation: ThreeProcesses, operator: Client, host: Browsing, season: str
) -> None:
    other = new_season()
    other["series"]["id"] = f"robots-{uuid4().hex[:6]}"
    theirs = open_season(operator, other)
    with invited(installation, operator, role="city-organizer", season=f"{other['series']['id']}-*") as stranger:
        assert stranger.get(f"/registration/seasons/{theirs}/desk").status_code == 200
        for address in ("desk", "units", "rules", "reads", "board"):
            assert stranger.get(f"/registration/seasons/{season}/{address}").status_code == 403, address
            assert host.get(f"/registration/seasons/{theirs}/{address}").status_code == 403, address
        assert season not in stranger.get("/registration/season-drafts").text
        assert stranger.post("/registration/season-drafts", {"from": season}).status_code == 403
        draft = draft_of(stranger, theirs)
        text = stranger.get(f"{draft}/season.yaml").text
        taken = text.replace(other["series"]["id"], "campus-ai").replace(f"id: {other['season']['id']}", "id: stolen")
        stranger.post(draft, {"text": taken})
        assert stranger.post(f"{draft}/open", {"confirm": "开放"}).status_code == 409, "not a season of their series"
        overlapping = text.replace(other["series"]["id"], f"{other['series']['id']}-kids")
        stranger.post(draft, {"text": overlapping.replace("prefix: T", "prefix: U")})
        assert stranger.post(f"{draft}/open", {"confirm": "开放"}).status_code == 409, (
            "nor one whose id only begins like theirs"
        )


def test_grants_of_a_series_cover_its_seasons_alone() -> None:
    grant = Grant(Role.CITY_ORGANIZER, "campus-ai-*")

    assert grant.covers(Role.CITY_ORGANIZER, "campus-ai-2025", "campus-ai")
    assert not grant.covers(Role.CITY_ORGANIZER, "campus-2025", "campus")
    assert not grant.covers(Role.JUDGE, "campus-ai-2025", "campus-ai")


def test_a_sign_that_cannot_be_printed_is_told_when_it_is_entered(operator: Client, season: str) -> None:
    member = {"unit": "P01", "name_zh": "测试\U0001f600", "birth": "2013-04"}

    with pytest.raises(ProblemAnswer) as refused:
        operator.call("POST", f"/registration/v1/seasons/{season}/students", json=member)

    assert refused.value.problem["errors"][0]["code"] == "field-sign"
    assert "\U0001f600" in refused.value.problem["errors"][0]["detail"]


def test_an_entry_with_a_rare_sign_is_taken_and_listed_for_the_organizer(
    operator: Client, host: Browsing, season: str
) -> None:
    """Keeps away: a child refused for a sign that no font has, or one whose certificate nobody prepares."""
    entries, content = (
        f"/registration/v1/seasons/{season}/entries",
        {
            "track": "A",
            "title": "小浪",
            "members": [{"name_zh": "测试\U0002ee5d", "birth": "2014-05", "grade": 5}],
            "instructors": ["测试老师"],
            "consents": "on-paper",
            "unit": "P01",
        },
    )
    key = {"Idempotency-Key": uuid4().hex}
    entry = operator.call("POST", entries, json=content, headers=key).json()["entry"]

    flagged = operator.get(f"/registration/v1/seasons/{season}/signs")

    assert flagged == [{"entry": entry, "unit": "P01", "signs": "\U0002ee5d", "texts": ["测试\U0002ee5d"]}]
    page = host.get(f"/registration/seasons/{season}/signs").text
    assert "U+2EE5D" in page
    assert entry in page


def test_every_page_of_a_draft_and_of_a_season_says_in_which_zone_its_times_are(
    installation: ThreeProcesses, operator: Client
) -> None:
    """Kind of fault: a deadline read in the zone of whoever reads it."""
    made = new_season()
    season = open_season(operator, made)
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        london = write_yaml({**made, "time_zone": "Europe/London"}).encode("utf-8")
        sent = organizer.post("/registration/season-files", files={"file": ("season.yaml", london)})
        draft = sent.headers["location"]
        for step in ("", *(f"/{step}" for step in EVERY_STEP)):
            page = organizer.get(draft + step)
            assert (page.status_code, "时间都是伦敦时间。" in page.text) == (200, True), step
        for address in (
            f"/registration/seasons/{season}",
            f"/registration/seasons/{season}/judges",
            f"/judging/seasons/{season}/sheets",
            f"/certificates/seasons/{season}/grants",
        ):
            assert "时间都是北京时间。" in organizer.get(address).text, address


def test_a_season_file_in_another_encoding_is_taken_once_its_encoding_is_stated(
    installation: ThreeProcesses, operator: Client
) -> None:
    """Kind of fault: an organizer whose editor saves GBK gets no further."""
    made = new_season()
    season = open_season(operator, made)
    content = write_yaml(made).encode("gb18030")
    with invited(installation, operator, role="city-organizer", season=season) as organizer:
        refused = organizer.post("/registration/season-files", files={"file": ("season.yaml", content)})
        assert (refused.status_code, 'value="gb18030"' in refused.text, "浪花杯" in refused.text) == (422, True, True)
        stated = {"encoding": "gb18030"}
        sent = organizer.post("/registration/season-files", stated, files={"file": ("season.yaml", content)})
        assert sent.status_code == 303, sent.text
