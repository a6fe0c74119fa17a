"""The list of judges: how far each has come in, how much they have scored, and inviting or letting go many at once."""

import re
from types import SimpleNamespace

import pytest

from services.registration.application.judges import record_judge
from services.registration.domain.judges import JudgeForm
from services.registration.entrypoints.pages import judges
from shared.errors import NotFound
from shared.identity import Role
from tests.support.refusals import refused
from tests.support.registered import registered
from tests.support.staff_pages import StaffPages, rows, tabs, ticked

ADDRESS = r"http://test/registration/invitations/([\w-]+)"


@pytest.fixture
async def listed() -> StaffPages:
    """Three judges, of whom the last avoids a school."""
    each = await registered()
    pages = StaffPages(each, (judges,), reminding=SimpleNamespace(tasks_left=each.tasks_left))
    for number, avoid in ((1, ()), (2, ()), (3, ("一校",))):
        form = JudgeForm(f"J{number}", f"评委{number}", "138", "scoring", ("A",), (), "", avoid)
        await record_judge(await each.season(), form, pages.of("host"), each.store, each.judges, each.audit)
    return pages


def page_of(listed: StaffPages) -> str:
    return f"/registration/seasons/{listed.registered.id}/judges"


async def joined(listed: StaffPages, secret: str, login: str = "meng") -> None:
    await listed.registered.accounts.accept(secret, login, "four calm herons", "en")


async def test_each_judge_is_where_their_invitation_is(listed: StaffPages) -> None:
    """Keeps away: an organizer who waits for a judge whom nobody has invited."""
    page = page_of(listed)
    async with listed.browsing() as host:
        first = (await host.get(page)).text
        assert tabs(first) == {"All": "3", "Not invited": "3", "Joined": "0", "With conflicts": "1"}
        letters = await host.post(f"{page}/acts", data={"do": "invite", "row": ["J1", "J2"], "form_key": "k"})
        assert "2 invitations were sent" in letters.text
        first, other = re.findall(ADDRESS, letters.text)
        await listed.registered.accounts.open_invitation(first, listed.registered.clock.at)
        assert tabs((await host.get(page)).text)["Opened"] == "1"
        await joined(listed, other)
        counts = tabs((await host.get(page)).text)
        assert (counts["Joined"], counts["Opened"], counts["Not invited"]) == ("1", "1", "1")
        assert len(rows((await host.get(page, params={"state": "joined"})).text)) == 1
        assert len(rows((await host.get(page, params={"q": "meng"})).text)) == 1


async def test_a_judge_who_is_invited_again_has_one_address(listed: StaffPages) -> None:
    """Keeps away: two letters of one judge that are both good, one of them lost somewhere."""
    page = page_of(listed)
    async with listed.browsing() as host:
        (first,) = re.findall(ADDRESS, (await host.post(f"{page}/acts", data={"do": "invite", "row": "J1"})).text)
        (second,) = re.findall(ADDRESS, (await host.post(f"{page}/acts", data={"do": "invite", "row": "J1"})).text)
        assert first != second
        with refused("link-spent", NotFound):
            await listed.registered.accounts.invitation(first)
        assert (await listed.registered.accounts.invitation(second)).label == "J1"


async def test_whoever_has_joined_is_not_invited_again_and_is_named(listed: StaffPages) -> None:
    page = page_of(listed)
    async with listed.browsing() as host:
        (secret,) = re.findall(ADDRESS, (await host.post(f"{page}/acts", data={"do": "invite", "row": "J1"})).text)
        await joined(listed, secret)
        done = await host.post(f"{page}/acts", data={"do": "invite", "whole": "3"})
        assert "2 invitations were sent" in done.text
        assert "评委1: Has joined already, as meng." in done.text


async def test_a_judge_is_stopped_for_a_reason_and_may_come_again(listed: StaffPages) -> None:
    page = page_of(listed)
    async with listed.browsing() as host:
        (secret,) = re.findall(ADDRESS, (await host.post(f"{page}/acts", data={"do": "invite", "row": "J1"})).text)
        await joined(listed, secret)
        without = await host.post(f"{page}/acts", data={"do": "stop", "row": "J1"})
        assert without.status_code == 422
        assert ticked(without.text) == ["J1"]
        done = await host.post(f"{page}/acts", data={"do": "stop", "row": ["J1", "J2"], "reason": "ill"})
        assert "1 judge was stopped" in done.text
        assert "评委2: Has not joined yet" in done.text
        assert ticked(done.text) == ["J2"]
        assert not [
            role
            for role in await listed.roles.held(listed.of("host"), listed.registered.id)
            if role.grant.role is Role.JUDGE
        ]
        assert "1 invitation was sent" in (await host.post(f"{page}/acts", data={"do": "invite", "row": "J1"})).text


async def test_an_invitation_is_withdrawn_from_the_list_of_judges(listed: StaffPages) -> None:
    page = page_of(listed)
    async with listed.browsing() as host:
        await host.post(f"{page}/acts", data={"do": "invite", "row": ["J1", "J2"]})
        done = await host.post(f"{page}/acts", data={"do": "withdraw", "row": ["J1", "J3"], "reason": "moved away"})
        assert "The invitation of 1 judge was withdrawn" in done.text
        assert tabs(done.text)["Not invited"] == "2"


async def test_the_bar_says_how_much_a_judge_has_scored(listed: StaffPages) -> None:
    listed.registered.tasks_left.works[listed.registered.id] = {"J2": (12, 38)}
    async with listed.browsing() as host:
        page = (await host.get(page_of(listed))).text
        assert "12 of 38 works scored" in page
        assert page.count("<progress") == 1


async def test_the_file_of_judges_says_what_the_filter_shows_and_not_whom_they_avoid(listed: StaffPages) -> None:
    async with listed.browsing() as host:
        file = (await host.get(f"{page_of(listed)}/list.csv", params={"state": "avoiding"})).text
        _, line = file.strip().splitlines()
        assert line.startswith("J3,评委3,138")
        assert "一校" not in file
