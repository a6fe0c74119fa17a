"""An entry beside the list of entries: enough to decide, the next one behind it, and the look is on record."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from services.registration.application.ports import StoredEntry
from services.registration.entrypoints.pages import entry_admin
from tests.support.registered import registered
from tests.support.staff_pages import StaffPages


class Listed:
    """Entries as the desk reads them."""

    def __init__(self, kept: list[StoredEntry]) -> None:
        self.kept = kept

    async def counts(self, _: Any) -> dict[str, int]:
        return {"pending": len(self.kept)}

    async def listed(self, _wanted: Any, _after: str, _most: int) -> list[StoredEntry]:
        return self.kept

    async def find(self, _season: str, entry: str) -> StoredEntry | None:
        return next((each for each in self.kept if each.entry.entry == entry), None)


class Noted:
    def __init__(self) -> None:
        self.looks: list[str] = []

    async def note(self, *_: Any, entry: str = "", **__: Any) -> None:
        self.looks.append(entry)


@pytest.fixture
async def desk() -> tuple[StaffPages, list[str], Noted]:
    each = await registered()
    kept = [await each.submitted(await each.student(name), title=f"作品{name}") for name in ("甲", "乙")]
    pages, noted = StaffPages(each, (entry_admin,)), Noted()
    context = pages.app.state.context
    context.read.entries, context.rights = Listed(kept), SimpleNamespace(reads=noted)
    context.files = SimpleNamespace(copies=SimpleNamespace(waiting=lambda _: _none()))
    return pages, [entry.entry.entry for entry in kept], noted


async def _none() -> int:
    return 0


async def test_an_entry_is_shown_beside_the_list_with_the_next_one_behind_it(
    desk: tuple[StaffPages, list[str], Noted],
) -> None:
    pages, (first, second), noted = desk
    page = f"/registration/seasons/{pages.registered.id}/desk"
    async with pages.browsing() as host:
        plain = (await host.get(page, params={"q": "作品"})).text
        assert 'id="peek"' not in plain
        assert noted.looks == []
        assert f"&peek={first}#peek" in plain or f"&amp;peek={first}#peek" in plain
        beside = (await host.get(page, params={"q": "作品", "peek": first})).text
        panel = beside[beside.index('id="peek"') :].partition("</section>")[0]
        assert "作品甲" in panel
        assert re.search(rf'name="back" value="[^"]*peek={second}#peek"', panel), "accepted, the next one is shown"
        assert noted.looks == [first], "whoever looked is on record"
        last = (await host.get(page, params={"peek": second})).text
        assert "peek=" not in last[last.index('id="peek"') :].partition("</section>")[0]
        assert (await host.get(page, params={"peek": "none"})).status_code == 404


async def test_what_is_of_another_school_is_not_peeked_at(desk: tuple[StaffPages, list[str], Noted]) -> None:
    """Keeps away: a panel that shows what the list of this school does not."""
    pages, _, noted = desk
    other = await pages.registered.submitted(await pages.registered.student("丙", unit="P02"), title="作品丙")
    pages.app.state.context.read.entries.kept.append(other)
    async with pages.browsing("school") as school:
        page = f"/registration/seasons/{pages.registered.id}/desk"
        assert (await school.get(page, params={"peek": other.entry.entry})).status_code == 404
    assert noted.looks == []
