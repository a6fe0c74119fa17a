"""The public notice: what everybody reads of the works on it, and finding one among many."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from services.registration.adapters.results import StageState
from services.registration.domain.consent import PUBLISH_WORK, TAKE_PART, Consent, Method
from services.registration.domain.people import Name
from services.registration.entrypoints.pages import public
from shared.events.judging import EntryAward, Recipient
from shared.season.text import Text
from shared.states import ResultStage
from tests.support.registered import OPEN, registered
from tests.support.staff_pages import StaffPages
from tests.use_cases.registration.test_fields import ANSWERS, asking

MANY = 12


@pytest.fixture
async def notice() -> StaffPages:
    """Twelve works of two schools; of the last one it is agreed that it is shown."""
    each = await registered(asking())
    pages = StaffPages(each, (public,))
    entry = await each.drafted(title="会唱歌的灯塔", fields=ANSWERS)
    agreed = Consent(1, "李妈妈", "母亲", OPEN, "1", Method.OWN, (TAKE_PART, PUBLISH_WORK))
    object.__setattr__(entry, "consents", (agreed,))
    tier = each.rules.rounds[0].awards.tiers[0]  # type: ignore[union-attr]

    def award(number: int, name: str, title: str) -> EntryAward:
        return EntryAward(
            award=f"a{number}", round=each.rules.rounds[0].id, track="A", division=entry.entry.division, entry=name,
            title=title, unit=f"P0{number % 2 + 1}", tier=tier.id, tier_title=Text(zh="一等奖", en="First prize"), rank=1,
            score="90", members=(Recipient(person=entry.members[0], ordinal=1),),
        )  # fmt: skip

    listed = [award(number, f"E{number:03}", f"作品{number}") for number in range(1, MANY)]
    listed.append(award(MANY, entry.entry.entry, entry.entry.title))

    async def stage(_: str, wanted: ResultStage) -> StageState | None:
        return StageState(wanted, 1, OPEN, complete=True) if wanted == ResultStage.FINAL else None

    async def awards(*_: Any) -> list[EntryAward]:
        return listed

    async def nothing(*_: Any) -> list[Any]:
        return []

    async def chosen(_: str, entries: Any) -> list[Any]:
        return [entry] if entry.entry.entry in set(entries) else []

    async def names(_: Any) -> dict[str, Name]:
        return {entry.members[0]: Name("测试安娜", "")}

    read = pages.app.state.context.read
    read.results = SimpleNamespace(stage=stage, entry_awards=awards, instructor_awards=nothing, unit_awards=nothing)
    read.people = SimpleNamespace(names=names)
    read.entries = SimpleNamespace(chosen=chosen)
    return pages


def numbers(page: str) -> list[str]:
    return re.findall(r'<td class="code"[^>]*>([^<]+)</td>', page)


async def test_a_work_is_found_by_its_title_its_school_or_its_number(notice: StaffPages) -> None:
    """Keeps away: a school that looks for its works in a list of hundreds."""
    address = f"/registration/seasons/{notice.registered.id}/notice"
    async with notice.browsing(language="zh") as host:
        assert len(numbers((await host.get(address)).text)) == MANY
        by_title = (await host.get(address, params={"find": "灯塔"})).text
        assert len(numbers(by_title)) == 1
        assert f"共 {MANY}" in by_title, "the figures are of the whole list"
        assert "看全部" in by_title
        assert len(numbers((await host.get(address, params={"find": "二校"})).text)) == MANY / 2
        assert numbers((await host.get(address, params={"find": "e003"})).text) == ["E003"]
        assert "找到 0 件" in (await host.get(address, params={"find": "没有"})).text


async def test_answers_for_everybody_stand_beside_the_title(notice: StaffPages) -> None:
    address = f"/registration/seasons/{notice.registered.id}/notice"
    async with notice.browsing(language="zh") as host:
        page = (await host.get(address)).text
        assert "关于作品" in page
        assert re.search(r"<b>类别</b>\s*海、天", page)
        assert page.count("<b>类别</b>") == 1
        assert "研究场所" not in page, "that was for judges"
        assert "关于作品" not in (await host.get(address, params={"find": "e003"})).text
