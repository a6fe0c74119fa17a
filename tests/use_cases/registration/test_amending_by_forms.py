"""An open season is amended by the forms that made it: seen in words, with whom it concerns, and confirmed by a word."""

import re
from types import SimpleNamespace

import httpx
import pytest

from services.registration.entrypoints.pages import amending, season_steps
from services.registration.entrypoints.pages import seasons as season_pages
from shared.events.registration import SeasonAmendedV1
from shared.season.plain_yaml import read_yaml, write_yaml
from tests.support.fakes.drafts import DraftsInMemory
from tests.support.registered import OPEN, Registered, registered
from tests.support.staff_pages import StaffPages

CLOSES = "timeline.registration.closes"


class Counted:
    """Entries as the database counts them."""

    async def counts(self, asked: object) -> dict[str, int]:
        track = getattr(asked, "track", "")
        return {"valid": 3 if track in ("", "A") else 1, "draft": 2, "withdrawn": 9}


@pytest.fixture
async def season() -> Registered:
    return await registered(now=OPEN)


@pytest.fixture
def pages(season: Registered) -> StaffPages:
    made = StaffPages(season, (amending, season_steps, season_pages), drafts=DraftsInMemory())
    made.app.state.context.read.entries = Counted()
    made.app.state.context.access.key = SimpleNamespace(derive=lambda _: b"secret")
    return made


async def begun(host: httpx.AsyncClient, season: Registered) -> str:
    """The address of the draft that amends it."""
    made = await host.post(f"/registration/seasons/{season.id}/amendment", data={"form_key": "k"})
    assert made.status_code == 303, made.text
    return made.headers["location"].rpartition("/")[0]


async def change(host: httpx.AsyncClient, pages: StaffPages, draft: str, path: str, value: str) -> None:
    """As if a form had written this value there."""
    drafts, identity = pages.app.state.context.drafts, draft.rpartition("/")[2]
    kept = await drafts.find(identity, "host")
    tree = read_yaml(kept.text)
    *way, last = path.split(".")
    place = tree
    for part in way:
        place = place[int(part) if part.isdecimal() else part]
    place[last] = value
    await drafts.write(identity, write_yaml(tree), OPEN)


def seen_in(page: str) -> str:
    field = re.search(r'name="seen" value="(\w+)"', page)
    assert field, page
    return field[1]


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_the_rules_of_an_open_season_come_into_the_forms_and_nothing_changes_yet(
    pages: StaffPages, season: Registered
) -> None:
    async with pages.browsing() as host:
        draft = await begun(host, season)
        assert await begun(host, season) == draft, "sent twice it is one draft"
        assert (await host.get(f"{draft}/dates")).status_code == 200
        nothing = await host.get(f"{draft}/amendment")
        assert "Nothing is changed yet" in nothing.text
        assert 'name="confirm"' not in nothing.text
        assert (await season.season()).version == 1


async def test_a_later_deadline_is_shown_in_words_and_local_time_with_whom_it_concerns(
    pages: StaffPages, season: Registered
) -> None:
    """Keeps away: an organizer who confirms a path and an ISO time that they cannot read."""
    async with pages.browsing() as host:
        draft = await begun(host, season)
        await change(host, pages, draft, CLOSES, "2025-04-01T17:00:00")
        page = (await host.get(f"{draft}/amendment")).text
        text = words_of(page)
        assert "Friday 28 March 17:00" in text
        assert "Tuesday 1 April 17:00" in text
        assert "5 entries" in text
        assert CLOSES not in text
        assert "2025-04-01T17" not in text
        assert f'href="{draft}/dates#' in page


async def test_it_is_in_force_for_a_reason_and_its_word_as_it_was_looked_at(
    pages: StaffPages, season: Registered
) -> None:
    async with pages.browsing() as host:
        draft = await begun(host, season)
        await change(host, pages, draft, CLOSES, "2025-04-01T17:00:00")
        whole = {"reason": "台风停课", "confirm": "amend", "seen": seen_in((await host.get(f"{draft}/amendment")).text)}
        for missing, status in (("confirm", 422), ("reason", 409), ("seen", 409)):
            refused = await host.post(f"{draft}/amendment", data={**whole, missing: ""})
            assert refused.status_code == status, missing
            assert missing == "reason" or "台风停课" in refused.text, "what was typed stays"
            assert (await season.season()).version == 1
        assert season.told.of(SeasonAmendedV1) == []

        done = await host.post(f"{draft}/amendment", data=whole)
        assert done.status_code == 303, done.text
        amended = await season.season()
        assert (amended.version, amended.amendments[0].reason) == (2, "台风停课")
        (line,) = [line for line in season.audit.lines if line.what == "season-amended"]
        assert (line.account, line.private["login"], line.facts["version"]) == ("host", "host", 2)
        assert (await host.get(draft)).status_code == 404, "the draft is gone"
        history = words_of((await host.get(done.headers["location"])).text)
        assert "Version 2 is in force" in history
        assert "Tuesday 1 April 17:00" in history
        assert CLOSES not in history.partition("Amend by file")[0]


async def test_what_may_not_change_is_named_at_its_field_and_there_is_no_button(
    pages: StaffPages, season: Registered
) -> None:
    """Keeps away: a final button that only then says no."""
    async with pages.browsing() as host:
        draft = await begun(host, season)
        await change(host, pages, draft, "divisions.0.title.zh", "另一个组")
        page = (await host.get(f"{draft}/amendment")).text
        assert "1 change cannot be made" in page
        assert f'href="{draft}/groups#divisions.0.title.zh"' in page
        assert 'name="confirm"' not in page
        sent = {"reason": "x", "confirm": "amend", "seen": seen_in(page)}
        assert (await host.post(f"{draft}/amendment", data=sent)).status_code == 409
        assert (await season.season()).version == 1


async def test_what_changed_meanwhile_is_looked_at_again(pages: StaffPages, season: Registered) -> None:
    """Keeps away: an amendment that takes back what a colleague amended an hour ago, seen by nobody."""
    async with pages.browsing() as host:
        mine = await begun(host, season)
        other = (
            (await host.post(f"/registration/seasons/{season.id}/amendment", data={"form_key": "2"}))
            .headers["location"]
            .rpartition("/")[0]
        )
        await change(host, pages, mine, CLOSES, "2025-04-01T17:00:00")
        await change(host, pages, other, CLOSES, "2025-04-02T17:00:00")
        sent = {"reason": "x", "confirm": "修订"}
        seen = {draft: seen_in((await host.get(f"{draft}/amendment")).text) for draft in (mine, other)}
        assert (await host.post(f"{other}/amendment", data={**sent, "seen": seen[other]})).status_code == 303
        late = await host.post(f"{mine}/amendment", data={**sent, "seen": seen[mine]})
        assert late.status_code == 409
        assert "Wednesday 2 April 17:00" in words_of(late.text), "what is in force now stands beside it"


async def test_a_draft_with_another_name_opens_a_season_and_amends_none(pages: StaffPages, season: Registered) -> None:
    async with pages.browsing() as host:
        draft = await begun(host, season)
        assert f'href="{draft}/amendment"' in (await host.get(f"{draft}/check")).text
        await change(host, pages, draft, "season.id", "spring-2031")
        assert (await host.get(f"{draft}/amendment")).status_code == 303
        refused = await host.post(f"{draft}/amendment", data={"reason": "x", "confirm": "amend", "seen": "x"})
        assert refused.status_code == 409


async def test_a_season_kept_in_records_is_not_amended_by_forms() -> None:
    kept = await registered(mode="records")
    pages = StaffPages(kept, (amending,), drafts=DraftsInMemory())
    async with pages.browsing() as host:
        assert (await host.post(f"/registration/seasons/{kept.id}/amendment")).status_code == 409
