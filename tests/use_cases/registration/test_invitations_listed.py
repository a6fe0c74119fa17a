"""The list of invitations: found by state and words, and sent again or withdrawn many at once."""

import re

import pytest

from services.registration.entrypoints.pages import accounts, invitations
from shared.identity import Grant, Role
from tests.support.registered import registered
from tests.support.staff_pages import StaffPages, rows, tabs, ticked


@pytest.fixture
async def listed() -> StaffPages:
    """Three schools' administrators and a judge are invited."""
    pages = StaffPages(await registered(), (invitations, accounts))
    for grant in (
        Grant(Role.SCHOOL_ADMIN, pages.registered.id, "P01"),
        Grant(Role.SCHOOL_ADMIN, pages.registered.id, "P02"),
        Grant(Role.JUDGE, pages.registered.id, ref="J1"),
    ):
        await invite(pages, grant)
    return pages


async def invite(pages: StaffPages, grant: Grant) -> str:
    by = pages.of("host")
    return await pages.registered.accounts.invite(
        by.gives(grant), by=by, days=14, command=pages.registered.command(), label=grant.ref or grant.unit
    )


async def test_tabs_count_the_whole_list_and_a_filter_stands_in_the_address(listed: StaffPages) -> None:
    """Keeps away: a tab whose number is that of a filter, so that nobody knows how many there are."""
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    async with listed.browsing() as host:
        whole = (await host.get(page)).text
        assert tabs(whole) == {"All": "3", "Not opened": "3", "Opened": "0", "Joined": "0"}
        assert len(rows(whole)) == 3
        judges = (await host.get(page, params={"role": "judge"})).text
        assert tabs(judges) == tabs(whole)
        assert len(rows(judges)) == 1
        assert 'class="chip" href="?"' in judges
        assert len(rows((await host.get(page, params={"q": "一校"})).text)) == 1
        assert "Nothing fits" in (await host.get(page, params={"q": "nobody"})).text


async def test_an_invitation_that_was_looked_at_is_opened_and_one_that_was_taken_has_joined(listed: StaffPages) -> None:
    secret = await invite(listed, Grant(Role.AUDITOR, listed.registered.id))
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    async with listed.browsing() as host:
        assert (await host.get(f"/registration/invitations/{secret}")).status_code == 200
        assert tabs((await host.get(page)).text)["Opened"] == "1"
        await listed.registered.accounts.accept(secret, "ben", "four calm herons", "en")
        counts = tabs((await host.get(page)).text)
        assert (counts["Opened"], counts["Joined"]) == ("0", "1")


async def test_many_are_sent_again_and_the_former_addresses_end(listed: StaffPages) -> None:
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    async with listed.browsing() as host:
        two = rows((await host.get(page)).text)[:2]
        done = await host.post(page, data={"do": "renew", "row": two, "form_key": "k"})
        assert done.status_code == 200
        assert "2 invitations were sent again" in done.text
        addresses = set(re.findall(r"http://test/registration/invitations/[\w-]+", done.text))
        assert len(addresses) == 2
        again = await host.post(page, data={"do": "renew", "row": two, "form_key": "k"})
        assert set(re.findall(r"http://test/registration/invitations/[\w-]+", again.text)) == addresses, (
            "sent twice it is one"
        )
        assert tabs((await host.get(page)).text)["Not opened"] == "3"


async def test_whoever_is_refused_is_named_with_the_reason_and_stays_ticked(listed: StaffPages) -> None:
    """Keeps away: an act on many that stops at the first who cannot have it, or that does not say for whom it was not done."""
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    async with listed.browsing() as host:
        three = rows((await host.get(page)).text)
        ((link, _), *_) = listed.registered.account_store.links.values()
        await listed.registered.account_store.claim_link(link.hash)
        done = await host.post(page, data={"do": "withdraw", "row": three, "reason": "sent to the wrong school"})
        assert "2 invitations were withdrawn" in done.text
        assert "1 could not be done" in done.text
        assert len(ticked(done.text)) == 1
        assert tabs(done.text)["Withdrawn"] == "2"


async def test_nothing_is_withdrawn_without_a_reason_or_without_a_tick(listed: StaffPages) -> None:
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    async with listed.browsing() as host:
        three = rows((await host.get(page)).text)
        without = await host.post(page, data={"do": "withdraw", "row": three[:2]})
        assert without.status_code == 422
        assert ticked(without.text) == three[:2], "what was ticked stays"
        assert (await host.post(page, data={"do": "renew"})).status_code == 422
        assert tabs((await host.get(page)).text)["Not opened"] == "3"


async def test_all_of_the_filter_are_meant_as_the_page_counted_them(listed: StaffPages) -> None:
    """Keeps away: an act on more than somebody saw, because the list grew meanwhile."""
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    asked = {"role": "school-admin"}
    async with listed.browsing() as host:
        assert (
            await host.post(page, params=asked, data={"do": "withdraw", "whole": "3", "reason": "x"})
        ).status_code == 422
        done = await host.post(page, params=asked, data={"do": "withdraw", "whole": "2", "reason": "x"})
        assert "2 invitations were withdrawn" in done.text
        assert tabs(done.text)["Not opened"] == "1"


async def test_the_box_at_the_head_means_the_rows_of_the_page(listed: StaffPages) -> None:
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    async with listed.browsing() as host:
        shown = re.findall(r'name="shown" value="(\w+)"', (await host.get(page)).text)
        done = await host.post(page, data={"do": "withdraw", "page": "1", "shown": shown, "reason": "x"})
        assert "3 invitations were withdrawn" in done.text


async def test_the_file_is_what_the_filter_shows_and_holds_no_address(listed: StaffPages) -> None:
    page = f"/registration/seasons/{listed.registered.id}/invitations"
    async with listed.browsing() as host:
        file = await host.get(f"{page}/list.csv", params={"role": "judge"})
        assert file.headers["content-type"].startswith("text/csv")
        header, line = file.text.strip().splitlines()
        assert header.startswith("\ufeffFor whom,To do what")
        assert "J1" in line
        assert "/registration/invitations/" not in file.text
    async with listed.browsing("school") as school:
        assert "P01" not in (await school.get(f"{page}/list.csv")).text, "what others invited is not theirs"
