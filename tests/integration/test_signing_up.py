"""Signing up as a child meets it: one pass of errors, and a school that is found by its name among many."""

import re
from uuid import uuid4

import pytest

from laurel.client import Client
from laurel.demo import EXAMPLE
from tests.support.installation import ThreeProcesses
from tests.support.people import PASSWORD, Browsing
from tests.support.seasons import new_season, open_season

MANY = 80


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    """With so many schools that nobody reads a list of them."""
    more = [f"X{number:02},CITY,school,第{number}实验学校,Experimental School {number}," for number in range(MANY)]
    units = (EXAMPLE / "units.csv").read_text().rstrip()
    return open_season(operator, new_season(), units="\n".join([units, *more]) + "\n")


def filled(**changes: str) -> dict[str, str]:
    fields = {"name_zh": f"测试{uuid4().hex[:5]}", "year": "2014", "month": "3", "login": f"s-{uuid4().hex[:8]}"}
    return {**fields, "password": PASSWORD, **changes}


def test_all_that_is_wrong_is_said_at_once(installation: ThreeProcesses, season: str) -> None:
    """Keeps away: a child who types a password again and again, for one error after another.

    It stands on the answer to whoever typed it, which no browser and nothing between keeps.
    """
    with Browsing(installation.url) as browsing:
        sent = filled(name_zh="", year="x", login="!", password="short")
        page = browsing.post(f"/registration/seasons/{season}/sign-up", sent)
    assert page.status_code == 422
    for field in ("unit", "name_zh", "birth", "login", "password"):
        assert f'href="#{field}"' in page.text, field
    assert 'type="password" value="short"' in " ".join(page.text.split()), "what was typed stays"
    assert page.headers["cache-control"] == "no-store"


def test_a_school_is_looked_for_by_its_name(installation: ThreeProcesses, season: str) -> None:
    address = f"/registration/seasons/{season}/sign-up"
    with Browsing(installation.url) as browsing:
        first = browsing.get(address).text
        assert 'name="unit"' not in first
        assert '<datalist id="schools">' in first
        sent = filled(school="第7", act="school")
        page = browsing.post(address, sent).text
        assert re.findall(r'<option value="(X\d+)"', page) == ["X07", *(f"X{n}" for n in range(70, 80))]
        for typed in (sent["name_zh"], sent["password"]):
            assert f'value="{typed}"' in page, "what was typed stays"
        assert "没有找到" in browsing.post(address, filled(school="没有这样的", act="school")).text
        assert browsing.post(address, filled(school="第7实验学校", unit="X70")).status_code == 303
    with Browsing(installation.url) as browsing:
        assert browsing.post(address, filled(school="第7实验学校")).status_code == 303, "the whole name is enough"
