"""Consent links: what somebody can do who sees one that is meant for a guardian."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from tests.integration.test_lifecycle import UNITS, rules, standing
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, decides, invited, student
from tests.support.seasons import open_season

PAGE = {"Accept": "text/html", "Accept-Language": "zh"}


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules(limits={"entries_per_student": "1"}), units=UNITS)


@pytest.fixture(scope="module")
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as browsing:
        yield browsing


def naming(browsing: Browsing, season: str, name: str) -> str:
    """An entry in which this name stands as the second member."""
    form = {"track": "A", "title": f"作品 {uuid4().hex[:6]}", "grade": "6", "i1_name": uuid4().hex[:8]}
    form |= {"m2_name": name, "m2_birth": "2014-03", "m2_grade": "5"}
    answer = browsing.post(f"/registration/seasons/{season}/register", form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[1]


def test_a_consent_link_never_signs_in_to_an_account_that_exists(installation: ThreeProcesses, season: str) -> None:
    """An account taken over: naming an enrolled child showed a link that made sign-ins to the child's account, 30 in a
    row. A consent link gives consent and nothing else, and what a keeper names is nobody who exists.
    """
    name = f"测试{uuid4().hex[:6]}"
    with (
        student(installation, season, "P01", name=name) as child,
        student(installation, season, "P01", birth="2010-01") as thief,
    ):
        entry = naming(thief, season, name)
        links = thief.consent_links(season, entry)

        answers = [httpx.post(f"{links[0]}/sign-in", headers=PAGE) for _ in range(30)]

        assert {answer.status_code for answer in answers} == {404}
        assert not any("/registration/links/" in answer.text for answer in answers)
        assert entry not in child.get("/registration/me").text, "nothing is attached to the child"
        child.registers(season)  # and the child's own place is free


def test_an_instructor_makes_no_way_in_for_a_child_who_exists(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing
) -> None:
    """An account taken over, by a teacher: naming an enrolled child gave a slip that signed in to the child's account.

    A teacher gives a first way in to children whom only they named; all others get theirs from the school.
    """
    name = f"测试{uuid4().hex[:6]}"
    with (
        student(installation, season, "P01", name=name) as child,
        invited(
            installation, operator, name=f"测试师{uuid4().hex[:4]}", role="instructor", season=season, unit="P01"
        ) as teacher,
    ):
        form = {
            "track": "A",
            "title": "作品",
            "i1_name": "测试王",
            "m1_name": name,
            "m1_birth": "2014-03",
            "m1_grade": "5",
        }
        entry = teacher.post(f"/registration/seasons/{season}/register", form).headers["location"].rsplit("/", 1)[1]
        slip = f"/registration/entries/{season}/{entry}/members/1/slip"
        way_in = re.search(r"(http\S+/registration/links/[\w-]+)", teacher.post(slip).text)
        assert way_in
        with Browsing(installation.url) as whoever:
            assert whoever.post(way_in[1]).status_code == 303
            assert login_of(whoever) != login_of(child), "it is somebody else"
        assert teacher.post(slip).status_code == 403, "who has an account gets a slip from the school"
        assert teacher.consent_links(season, entry) == [], "and the guardian is not asked through the teacher"


def test_whoever_keeps_an_entry_sees_no_link_of_members_who_joined(installation: ThreeProcesses, season: str) -> None:
    """A link of somebody who exists is theirs: it stands on their own page alone."""
    with (
        student(installation, season, "P01", birth="2010-01") as keeper,
        student(installation, season, "P01") as child,
    ):
        entry = keeper.registers(season, grade=6)
        code = re.search(r"join\?code=(\w{8})", keeper.get(f"/registration/entries/{season}/{entry}").text)
        assert code
        assert child.post(f"/registration/seasons/{season}/join", {"code": code[1], "grade": "5"}).status_code == 303

        asked = child.consent_links(season, entry)

        assert len(asked) == 1
        assert not [link for link in keeper.consent_links(season, entry) if "/2/" in link]


def test_nobody_who_is_signed_in_gives_a_guardians_consent(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing
) -> None:
    """Forged consent: the child, a team mate or a teacher pressed "I agree". The application refuses each session."""
    with (
        student(installation, season, "P01") as child,
        student(installation, season, "P01", birth="2010-01") as mate,
    ):
        entry = child.registers(season)
        link = child.consent_link(season, entry)
        form = {"agree": "yes", "guardian": "测试假家长", "relation": "母亲"}

        assert [who.post(link, form).status_code for who in (child, mate, school)] == [403, 403, 403]
        assert "请监护人在自己的手机上打开" in child.get(link).text
        assert 'name="agree"' not in child.get(link).text
        token = child.request("POST", "/registration/v1/tokens", json={"label": "x", "season": season}).json()["token"]
        bearer = httpx.post(link, data=form, headers={**PAGE, "Authorization": f"Bearer {token}"})
        assert bearer.status_code == 403
        assert child.post(f"/registration/entries/{season}/{entry}/submit").status_code == 409


def test_a_child_does_not_state_that_the_school_holds_its_consent(installation: ThreeProcesses, season: str) -> None:
    """Forged consent, by program: a student's own token said `on-paper`. Only the school can say so."""
    with student(installation, season, "P01") as child:
        token = child.request("POST", "/registration/v1/tokens", json={"label": "x", "season": season}).json()["token"]
        content = {"track": "A", "title": "作品", "grade": 5, "instructors": ["测试王"], "consents": "on-paper"}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}

        answer = httpx.post(
            f"{installation.url}/registration/v1/seasons/{season}/entries", json=content, headers=headers
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "consent-on-paper")


def test_what_a_child_forges_when_signed_out_is_found_out(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing
) -> None:
    """Forged consent, signed out: it stays on record by which link it came, shows the child to nobody until the school
    has asked the guardian, and once the school has undone it the child's links count no more.
    """
    with student(installation, season, "P01") as child:
        entry = child.registers(season)
        assert decides(child.consent_link(season, entry), **{"publish-name": "yes"}).status_code == 303
        child.acts(season, entry, "submit")
        page = school.get(f"/registration/entries/{season}/{entry}").text
        assert "已同意，待学校确认" in page
        listed = school.get(f"/registration/seasons/{season}/consents", params={"q": entry}).text
        assert "测试家长（母亲）" in listed
        assert "孩子本人" in listed
        export = school.post(f"/registration/seasons/{season}/export?q={entry}", {"reason": "核对"}).text
        assert ",unconfirmed," in export

        value = re.search(r'name="consent" value="([^"]+)"', listed)
        assert value
        disowned = {"consent": value[1], "do": "disown"}
        assert school.post(f"/registration/seasons/{season}/consents", disowned).status_code == 303
        assert standing(operator, season, entry) == "consent_withdrawn"
        again = school.post(f"/registration/entries/{season}/{entry}/guardian-slips")
        slip = re.search(r'class="code small">(http[^<]+)<', again.text)
        assert slip
        assert decides(slip[1].replace("/s-", "/c-")).status_code == 404, "a slip is no other link"
        assert decides(slip[1]).status_code == 303
        assert standing(operator, season, entry) == "pending"
        assert "已同意，已确认" in school.get(f"/registration/entries/{season}/{entry}").text


def test_a_childs_link_does_not_undo_what_a_guardian_certainly_refused(
    installation: ThreeProcesses, season: str, school: Browsing
) -> None:
    """Forged consent, over a refusal: a confirmed "no" of the guardian is not followed by a "yes" of nobody knows whom."""
    with student(installation, season, "P01") as child:
        entry = child.registers(season)
        slips = school.post(f"/registration/entries/{season}/{entry}/guardian-slips").text
        slip = re.search(r'class="code small">(http[^<]+)<', slips)
        assert slip
        assert decides(slip[1], "no").status_code == 303

        own = f"{installation.url}{decides(child.consent_link(season, entry), 'no').headers['location']}"
        for link in (child.consent_link(season, entry), own):  # nor by a "no" of their own in between
            answer = decides(link, entry=entry)

        assert answer.status_code == 422
        assert "监护人已经决定不参赛" in answer.text


def test_a_link_ends_when_it_is_used_and_the_guardian_has_one_of_their_own(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """A link kept for later: one that has been used decides nothing any more, whoever kept it. Withdrawing stays as easy
    as agreeing: on the guardian's own page, which the child's session cannot use.
    """
    with student(installation, season, "P01") as child:
        entry = child.registers(season)
        link = child.consent_link(season, entry)
        answer = decides(link)
        own = f"{installation.url}{answer.headers['location']}"

        assert decides(link, "no").status_code == 404
        assert httpx.get(link, headers=PAGE).status_code == 404
        assert "请保存这个链接" in httpx.get(own, headers=PAGE).text
        assert child.post(own, {"entry": entry, "agree": "no", "guardian": "x", "relation": "y"}).status_code == 403
        child.acts(season, entry, "submit")
        assert decides(own, "no", entry=entry).status_code == 303
        assert standing(operator, season, entry) == "consent_withdrawn"
        broken = own[:-1] + ("A" if own[-1] != "A" else "B")
        assert httpx.get(broken, headers=PAGE).status_code == 404


def test_a_link_expires_with_registration(installation: ThreeProcesses, operator: Client) -> None:
    """A link found later: it is good for some weeks, and no longer than the entry can be handed in. Its term is signed."""
    closing = rules(time_zone="UTC")
    closes = datetime.now(UTC) + timedelta(seconds=8)
    closing["timeline"]["registration"]["closes"] = closes.replace(tzinfo=None).isoformat()
    short = open_season(operator, closing, units=UNITS)
    with student(installation, short, "P01") as child:
        link = child.consent_link(short, child.registers(short))
        assert httpx.get(link, headers=PAGE).status_code == 200
        base, _, token = link.rpartition("/")
        channel, until, signature = token.split("-", 2)
        longer = f"{base}/{channel}-{int(until, 16) + 86_400:x}-{signature}"
        assert httpx.get(longer, headers=PAGE).status_code == 404

        while datetime.now(UTC) < closes + timedelta(seconds=1):
            time.sleep(0.2)

        assert httpx.get(link, headers=PAGE).status_code == 404


def test_a_link_is_throttled(installation: ThreeProcesses, season: str) -> None:
    """A link hammered on: after some uses within an hour it answers "too often" for a while, and nothing else does."""
    with student(installation, season, "P01") as child, httpx.Client(headers=PAGE) as hammer:
        link = child.consent_link(season, child.registers(season))

        answers = [hammer.get(link).status_code for _ in range(70)]

        assert set(answers) == {200, 429}
        assert answers[0] == 200
        assert answers[-1] == 429


def login_of(browsing: Browsing) -> str:
    match = re.search(r'<a class="tool" href="/registration/me">([^<]+)</a>', browsing.get("/registration/me").text)
    assert match
    return match[1]
