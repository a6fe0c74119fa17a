"""Every form that any page shows to anybody is found from the pages themselves and posted; none of them is dead."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from uuid import uuid4

import pytest

from laurel.client import Client
from tests.rights.world import UNITS, rules
from tests.support.crawling import Crawler, Known, Posted, Routes
from tests.support.handing_out import hand_out
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing, invited, student
from tests.support.seasons import open_season
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)

STEPS = (
    r"/(withdraw|leave|take-back|reinstate|transfer|exclusions|exclusions/\{exclusion\}/confirmation|recusals/\{entry\}) ",
    r"/judging/seasons/\{season_id\}/closing ",
    r"/judging/seasons/\{season_id\}/(announcement|notices/\{part\}) ",
    r"/judging/seasons/\{season_id\}/finalization ",
    r"/judging/seasons/\{season_id\}/revision ",
    r"/(erase|erasure|withdrawal|removal) |(members|instructors)/\{\w+\}/\{what\} |season-drafts/\{draft_id\}/open ",
    r"/password ",
    r"/sign-out ",
)
"""What ends something for others is posted when nothing else is left to post, in this order."""
CHANGES_WITH_RESULTS = r"^/judging/|^/certificates/|notice$|^/registration/seasons/\{season_id\}$"
"""Pages that show something else once judging has gone a step further."""


def step_of(route: str) -> int:
    return next((number for number, pattern in enumerate(STEPS, 1) if re.search(pattern, f"{route} ")), 0)


def may_be_posted(step: int, route: str) -> bool:
    return step_of(route) <= step


@pytest.fixture(scope="module")
def crawlers(installation: ThreeProcesses, operator: Client) -> Iterator[tuple[str, list[Crawler]]]:
    """A season with everything in it, and somebody of each role at a browser of their own."""
    season = open_season(operator, rules("campus-ai"), units=UNITS)
    judging = f"/judging/v1/seasons/{season}"
    for judge, role in (("J1", "scoring"), ("J2", "reserve"), ("JC", "chief")):
        operator.call("PUT", f"{judging}/judges/{judge}", json={"tracks": ["A"], "role": role})
    roles = {
        "school": {"role": "school-admin", "unit": "P01"},
        "district": {"role": "district-organizer", "unit": "D1"},
        "instructor": {"role": "instructor", "unit": "P01", "name": "测试师甲"},
        "judge": {"role": "judge", "ref": "J1"},
        "chief": {"role": "chief-judge", "ref": "JC"},
        "auditor": {"role": "auditor"},
        "host": {"role": "city-organizer"},
    }
    with ExitStack() as stack:
        people = {"nobody": stack.enter_context(Browsing(installation.url))}
        for who, grant in roles.items():
            people[who] = stack.enter_context(invited(installation, operator, season=season, **grant))
        entries = []
        for who, unit in (("student", "P01"), ("another", "P03"), ("waiting", "P02"), ("editing", "P01")):
            people[who] = stack.enter_context(student(installation, season, unit, birth="2010-01"))
            entries.append(people[who].registers(season))
            if who != "editing":
                people[who].acts(season, entries[-1], "submit")
        approval = {"entries": entries[:2], "verdict": "approved"}
        operator.call("POST", f"/registration/v1/seasons/{season}/reviews", json=approval)
        operator.wait_for("judging", lambda: operator.get(judging)["standings"].get("valid") == 2)
        hand_out(operator, season)
        link = operator.call(
            "POST",
            "/registration/v1/sign-in-links",
            json={"login": "operator-of-forms", "grants": [{"role": "operator"}]},
        ).json()["url"]
        people["operator"] = stack.enter_context(Browsing(installation.url))
        people["operator"].post(link)
        known: Known = {
            "entry": entries[0],
            "login": lambda: f"f-{uuid4().hex[:10]}",
            "password": PASSWORD,
            "url": "https://hooks.example.org/laurel",
            "contact": "a@example.org",
            "judge": "J1",
            "component": "work",
            "unit": "P01",
            "year": "2012",
            "month": "3",
            "grade": "6",
            "theme": "30",
            "originality": "30",
            "process": "15",
            "absent": "",
            "reserves": "",
        }
        routes = Routes()
        yield (
            season,
            [
                Crawler(who, browsing, routes, known, keeps=who != "nobody")
                for who, browsing in people.items()
                if who not in ("another", "waiting")
            ],
        )


def test_every_form_of_every_page_is_answered(
    installation: ThreeProcesses, operator: Client, crawlers: tuple[str, list[Crawler]]
) -> None:
    """Keeps away: a button that leads nowhere, to a route that another one swallows, or to a fault of ours."""
    season, everybody = crawlers
    starts = [
        f"{installation.url}{address}"
        for address in (
            "/",
            "/registration/me",
            "/judging/",
            "/judging/mine",
            "/certificates/",
            "/certificates/mine",
            f"/registration/seasons/{season}",
            f"/registration/seasons/{season}/desk",
            f"/judging/seasons/{season}/results",
            f"/judging/seasons/{season}/tasks",
            f"/certificates/seasons/{season}",
            *(f"/{service}/operations" for service in ("registration", "judging", "certificates")),
        )
    ]
    others = re.compile(r"/(seasons|entries|works|achievements)/(?!" + re.escape(season) + r"(/|\?|$))[^/?]+")

    def within(address: str) -> bool:
        return address.startswith(installation.url) and not others.search(address)

    nobody = next(crawler for crawler in everybody if crawler.who == "nobody")
    for step in range(len(STEPS) + 1):
        may = partial(may_be_posted, step)
        again = CHANGES_WITH_RESULTS if step > 1 else ""
        for crawler in everybody:
            crawler.visit(starts if step == 0 else [], within, again)
        for _ in range(3):
            nobody.visit(sorted({link for crawler in everybody for link in crawler.handed_on}), within, "^$")
            if not sum(crawler.post(may) for crawler in everybody):
                break
        _settled(operator)

    posted = [item for crawler in everybody for item in crawler.posted]
    failed = [item for crawler in everybody for item in (*crawler.posted, *crawler.shown) if _is_dead(item)]
    assert not failed, "\n".join(map(str, failed))
    assert [form for crawler in everybody for form in crawler.unposted()] == []
    assert len(posted) > 100


def _is_dead(item: Posted) -> bool:
    return item.status in (403, 404, 405) or item.status >= 500


def _settled(operator: Client) -> None:
    """Everything that was told has arrived."""

    def look() -> None:
        for service in ("registration", "judging", "certificates"):
            assert not any(operator.get(f"/{service}/v1/on-the-way").values())

    eventually(look, 60)
