"""The list of units: which have an administrator, which have no entry, and inviting many at once."""

import re
from types import SimpleNamespace

import pytest

from services.registration.application.ports import Season
from services.registration.domain.units import Unit
from services.registration.entrypoints.pages import units
from tests.support.registered import registered
from tests.support.staff_pages import StaffPages, rows, tabs, ticked

ADDRESS = r"http://test/registration/invitations/([\w-]+)"
MANY = 60


@pytest.fixture
async def listed() -> StaffPages:
    each = await registered()
    pages = StaffPages(each, (units,))
    own = pages.app.state.context.read.entries

    async def by_unit(season: str) -> dict[str, int]:
        assert season == each.id
        return {"P01": 4}

    pages.app.state.context.read.entries = SimpleNamespace(by_unit=by_unit, find=own.find)
    return pages


def page_of(listed: StaffPages) -> str:
    return f"/registration/seasons/{listed.registered.id}/units"


async def test_each_unit_says_whether_it_has_an_administrator(listed: StaffPages) -> None:
    """Keeps away: a school that nobody invited, found out on the last day."""
    async with listed.browsing() as host:
        first = (await host.get(page_of(listed))).text
        assert tabs(first) == {"All": "3", "Not invited": "2", "Joined": "0", "Schools without entries": "1"}
        assert rows(first) == ["P01", "P02"], "the city is the host's own"
        made = await host.post(f"{page_of(listed)}/acts", data={"page": "1", "shown": ["P01", "P02"], "form_key": "k"})
        assert "2 invitations were made" in made.text
        first, _ = re.findall(ADDRESS, made.text)
        await listed.registered.accounts.accept(first, "school-1", "four calm herons", "en")
        counts = tabs((await host.get(page_of(listed))).text)
        assert (counts["Joined"], counts["Not opened"], counts["Not invited"]) == ("1", "1", "0")
        file = (await host.get(f"{page_of(listed)}/list.csv", params={"state": "joined"})).text
        assert file.strip().splitlines()[1].startswith("P01,一校,")


async def test_a_unit_that_is_invited_again_has_one_address(listed: StaffPages) -> None:
    async with listed.browsing() as host:
        sent = [
            await host.post(f"{page_of(listed)}/acts", data={"row": "P01", "form_key": key}) for key in ("a", "a", "b")
        ]
        first, again, other = (re.findall(ADDRESS, answer.text) for answer in sent)
        assert first == again, "sent twice it is one"
        assert first != other
        assert tabs(sent[2].text)["Not opened"] == "1"


async def test_whoever_may_not_invite_a_unit_is_refused_by_name(listed: StaffPages) -> None:
    async with listed.browsing() as host:
        done = await host.post(f"{page_of(listed)}/acts", data={"row": ["CITY", "P02"]})
        assert "1 invitation was made" in done.text
        assert "City:" in done.text
        assert (await host.post(f"{page_of(listed)}/acts")).status_code == 422
    async with listed.browsing("school") as school:
        own = await school.get(page_of(listed))
        assert rows(own.text) == []
        refused = await school.post(f"{page_of(listed)}/acts", data={"row": "P02"})
        assert refused.status_code == 409
        assert not re.findall(ADDRESS, refused.text)


async def test_a_long_list_has_pages_and_is_meant_as_a_whole_by_its_count(listed: StaffPages) -> None:
    """Keeps away: sixty schools of which only those of the first page are invited, or all though one was ticked."""
    each = listed.registered
    season: Season = await each.season()
    schools = [Unit(f"S{n:02}", "CITY", "school", f"学校{n:02}", "", "", n + 3) for n in range(MANY)]
    await each.units.save(season.id, [*(await each.units.of(season.id)).values(), *schools])
    async with listed.browsing() as host:
        page = page_of(listed)
        first, second = [(await host.get(page, params={"q": "学校", "page": str(n)})).text for n in (1, 2)]
        assert (len(rows(first)), len(rows(second))) == (50, 10)
        assert not set(rows(first)) & set(rows(second))
        assert "1–50 of 60" in first
        assert "51–60 of 60" in second
        invited = await host.post(f"{page}/acts", params={"q": "学校"}, data={"row": "S03"})
        assert "1 invitation was made" in invited.text
        whole = await host.post(f"{page}/acts", params={"q": "学校"}, data={"whole": "60"})
        assert "60 invitations were made" in whole.text
        assert ticked(whole.text) == []
