"""Children who are known: what a stranger can learn of one, or become, by knowing school, name and month of birth."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from laurel.client import Client
from tests.integration.test_lifecycle import UNITS, rules
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, invited, student
from tests.support.seasons import open_season

BIRTH = "2014-03"


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules(limits={"entries_per_student": "1"}), units=UNITS)


@pytest.fixture(scope="module")
def school(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as browsing:
        yield browsing


@pytest.fixture(scope="module")
def enrolled(installation: ThreeProcesses, operator: Client, season: str) -> str:
    """The name of a child who has an account, an entry, and stands in the school's list."""
    name = f"测试{uuid4().hex[:6]}"
    with student(installation, season, "P01", name=name) as child:
        child.registers(season)
    operator.call(
        "POST", f"/registration/v1/seasons/{season}/students", json={"unit": "P01", "name_zh": name, "birth": BIRTH}
    )
    return name


def unknown() -> str:
    return f"测试{uuid4().hex[:6]}"


def shape(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """What can be told of an answer: status, where it leads but for what is random, which cookies it sets."""
    leads = re.sub(r"/entries/([^/]+)/\w+", r"/entries/\1/…", answer.headers.get("location", ""))
    return answer.status_code, leads, sorted(answer.cookies)


def same_page(item: str, other: str, *names: str) -> bool:
    """Whether two pages say the same, but for names, numbers, secrets and times."""

    def plain(page: str) -> str:
        for name in names:
            page = page.replace(name, "…")
        page = re.sub(r"<svg.*?</svg>", "…", page, flags=re.DOTALL)
        page = re.sub(r'name="form_key" value="[^"]+"', "…", page)
        return re.sub(r"[sp]-[0-9a-f]{10}|/consent/\S+?[\"<]|/entries/[^/\"]+/\w+|\b[A-Z0-9]{6,8}\b", "…", page)

    return plain(item) == plain(other)


def test_signing_up_tells_nobody_who_is_enrolled(installation: ThreeProcesses, season: str, enrolled: str) -> None:
    """Told by an answer: school, name and month of an enrolled child got another answer than those of nobody.

    Nor does anybody become the child: the new account is somebody of its own until the school says who it is.
    """
    answers, pages = [], []
    for name in (enrolled, unknown()):
        with Browsing(installation.url) as stranger:
            form = {"unit": "P01", "name_zh": name, "year": "2014", "month": "3", "password": PASSWORD}
            login = f"s-{uuid4().hex[:10]}"
            answers.append(shape(stranger.post(f"/registration/seasons/{season}/sign-up", {**form, "login": login})))
            pages.append([stranger.get(f"/registration/{item}").text.replace(name, "…") for item in ("me", "me/data")])
            assert shape(stranger.post(f"/registration/seasons/{season}/register", entry_form()))[0] == 303

    assert answers[0] == answers[1]
    assert answers[0][0] == 303
    assert all(same_page(*both) for both in zip(*pages, strict=True))


def entry_form(**more: str) -> dict[str, str]:
    return {"track": "A", "title": "同一个标题", "grade": "6", "i1_name": f"测试{uuid4().hex[:6]}", **more}


def test_naming_a_team_mate_tells_nobody_who_is_enrolled(
    installation: ThreeProcesses, season: str, enrolled: str
) -> None:
    """Told by an answer: naming an enrolled child met the limit of entries. It takes no place of the child's."""
    answers, pages, names = [], [], [enrolled, unknown()]
    for name in names:
        with student(installation, season, "P01", birth="2010-01", name="测试同一名") as keeper:
            form = entry_form(i1_name="测试同一师", m2_name=name, m2_birth=BIRTH, m2_grade="5")
            answer = keeper.post(f"/registration/seasons/{season}/register", form)
            answers.append(shape(answer))
            pages.append(keeper.get(answer.headers["location"]).text)

    assert answers[0] == answers[1]
    assert same_page(*pages, *names)


def test_a_program_that_names_a_team_mate_learns_no_more(
    installation: ThreeProcesses, season: str, enrolled: str
) -> None:
    """The same by a student's token: status and body do not tell an enrolled child from nobody."""
    answers: list[tuple[int, dict[str, Any]]] = []
    for name in (enrolled, unknown()):
        with student(installation, season, "P01", birth="2010-01") as keeper:
            sent = {"label": "x", "season": season}
            token = keeper.request("POST", "/registration/v1/tokens", json=sent).json()["token"]
            member = {"name_zh": name, "birth": BIRTH, "grade": 5}
            content = {"track": "A", "title": "作品", "grade": 6, "members": [member], "instructors": [unknown()]}
            answer = httpx.post(
                f"{installation.url}/registration/v1/seasons/{season}/entries",
                json=content,
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex},
            )
            answers.append((answer.status_code, answer.json()))

    random = ("entry", "registered_at")
    (first, item), (second, other) = answers
    assert (first, second) == (201, 201)
    assert {k: v for k, v in item.items() if k not in random} == {k: v for k, v in other.items() if k not in random}


def test_correcting_ones_name_tells_nobody_who_is_enrolled(
    installation: ThreeProcesses, season: str, enrolled: str
) -> None:
    """Told by an answer: calling oneself as an enrolled child of the same month was refused."""
    answers = []
    for name in (enrolled, unknown()):
        with student(installation, season, "P01") as stranger:
            answers.append(shape(stranger.post("/registration/me/data/name", {"name_zh": name, "reason": "写错了"})))

    assert answers[0] == answers[1]
    assert answers[0][0] == 303


def test_another_school_learns_nothing_by_its_sheet(
    installation: ThreeProcesses, operator: Client, season: str, enrolled: str
) -> None:
    """A sheet of a school that names another school's children falls in the same way, whoever they are."""
    reports = []
    with invited(installation, operator, role="school-admin", season=season, unit="P02") as other:
        token = other.request("POST", "/registration/v1/tokens", json={"label": "x", "season": season}).json()["token"]
        for name in (enrolled, unknown()):
            rows = f"unit,track,title,m1_name_zh,m1_birth,m1_grade,i1_name\nP01,A,作品,{name},{BIRTH},5,测试师\n"
            headers = {"Authorization": f"Bearer {token}", "File-Name": "x.csv"}
            address = f"{installation.url}/registration/v1/seasons/{season}/imports"
            job = httpx.post(address, content=rows.encode(), headers=headers).json()["id"]
            report: dict[str, Any] = {"state": "checking"}
            while report["state"] == "checking":
                report = httpx.get(f"{address}/{job}", headers=headers).json()
            reports.append(
                {k: v for k, v in report.items() if k in ("state", "right", "fallen", "rejected", "entered")}
            )

    assert reports[0] == reports[1]


def test_a_stranger_who_signed_up_before_the_school_gets_nothing_of_the_child(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing
) -> None:
    """Squatting: an account in a child's name, made before the school enters the child, saw the child's entry."""
    name = unknown()
    with student(installation, season, "P01", name=name) as squatter:
        content = {
            "unit": "P01",
            "track": "A",
            "title": "孩子的作品",
            "members": [{"name_zh": name, "birth": BIRTH, "grade": 5}],
            "instructors": [unknown()],
            "consents": "on-paper",
        }
        headers = {"Idempotency-Key": uuid4().hex}
        address = f"/registration/v1/seasons/{season}/entries"
        entry = operator.call("POST", address, json=content, headers=headers).json()["entry"]

        assert entry not in squatter.get("/registration/me").text
        assert squatter.get(f"/registration/entries/{season}/{entry}").status_code == 404


def test_the_school_says_who_is_one_child_and_then_limits_hold(
    installation: ThreeProcesses, operator: Client, season: str, school: Browsing
) -> None:
    """What keeps children apart must not let one child enter twice for good: the school sees who agree in name and month,
    joins them, and the limit of the season counts for both together. Nobody else can.
    """
    name = unknown()
    with (
        student(installation, season, "P01", name=name) as child,
        student(installation, season, "P01", birth="2010-01") as keeper,
        invited(installation, operator, role="school-admin", season=season, unit="P02") as other,
    ):
        form = entry_form(m2_name=name, m2_birth=BIRTH, m2_grade="5")
        entry = keeper.post(f"/registration/seasons/{season}/register", form).headers["location"].rsplit("/", 1)[1]
        address = f"/registration/seasons/{season}/students/alike"
        group = next(item for item in school.get(address).text.split("<form")[1:] if name in item)
        people = re.findall(r'name="person" value="(\w+)"', group)
        assert len(people) == 2
        assert other.post(address, {"person": people, "confirm": "合并"}).status_code == 409, "not of their school"
        assert child.post(address, {"person": people, "confirm": "合并"}).status_code == 403
        own = child.registers(season)
        assert school.post(address, {"person": people, "confirm": "合并"}).status_code == 409, (
            "one entry a student in this season"
        )
        child.acts(season, own, "withdraw", reason="参加队友的")

        assert school.post(address, {"person": people, "confirm": "合并"}).status_code == 303

        assert entry in child.get("/registration/me").text
        assert len(child.consent_links(season, entry)) == 1, "now the child's own page asks the guardian"
        assert not [link for link in keeper.consent_links(season, entry) if "/2/" in link]
        assert name not in school.get(address).text


def test_nobody_becomes_an_instructor_by_writing_the_name(
    installation: ThreeProcesses, operator: Client, season: str
) -> None:
    """The same of teachers: an invitation of the school in which another teacher's name was written opened that
    teacher's entries, with the children in them.
    """
    name = f"测试师{uuid4().hex[:6]}"
    with invited(installation, operator, name=name, role="instructor", season=season, unit="P01"):
        grants = [{"role": "instructor", "season": season, "unit": "P01"}]
        url = operator.call("POST", "/registration/v1/invitations", json={"grants": grants}).json()["url"]
        with Browsing(installation.url) as thief:
            form = {"login": f"p-{uuid4().hex[:10]}", "password": PASSWORD, "name": name}

            answer = thief.post(url, form)

            assert answer.status_code == 422
            assert "已经有账号" in answer.text
