"""Judges by name: whom they work for or avoid is understood before it is kept, and judging is told ids alone."""

from dataclasses import replace
from typing import Any

import pytest

from services.registration.adapters.judge_sheets import read_judges
from services.registration.application.judges import (
    Invitations,
    forget_judges,
    meant_by,
    record_judge,
    record_sheet,
    search,
    write_letters,
)
from services.registration.domain.erasure import DAY, Terms
from services.registration.domain.judges import Judge, JudgeDuty, JudgeForm
from services.registration.domain.people import instructor_id
from services.registration.domain.units import Unit
from services.registration.main import create_app
from services.registration.settings import RegistrationSettings
from shared.errors import Invalid, InvalidState, NotFound
from shared.events.registration import JudgeRecordedV1
from shared.identity import Grant, Principal, Role
from shared.season.time import to_unix_micros
from tests.support.refusals import refused
from tests.support.registered import Registered, registered

HOST = Principal("host", "s", "host", "", (Grant(Role.CITY_ORGANIZER, "*"),), 0, 0)
TWO_ALIKE = (
    Unit("CITY", "", "city", "城", "City", "", 0),
    Unit("D1", "CITY", "district", "东区", "East", "", 1),
    Unit("D2", "CITY", "district", "西区", "West", "", 2),
    Unit("P01", "D1", "school", "实验小学", "", "", 3),
    Unit("P02", "D2", "school", "实验小学", "", "", 4),
    Unit("P03", "D2", "school", "古丽·买买提小学", "", "", 5),
)
ASKED = JudgeForm("J1", "陈评委", "138 0000 0000", "scoring", ("A",), ("zh",), "", ())
WANG = instructor_id("P01", "王老师")


async def judging_season(**changes: Any) -> Registered:
    """A season with two schools of one name, and an instructor of one of them in an entry."""
    each = await registered(**changes)
    await each.units.save(each.id, TWO_ALIKE)
    return each


async def taught(each: Registered, teacher: str = "王老师", unit: str = "P01") -> None:
    await each.drafted(await each.student("安娜", unit=unit), instructors=(teacher,))


async def keep(each: Registered, **changes: Any) -> Judge:
    return await record_judge(await each.season(), replace(ASKED, **changes), HOST, each.store, each.judges, each.audit)


def at_fault(error: Invalid) -> list[tuple[str, str]]:
    return [(item["field"], item["code"]) for item in error.errors]


async def test_employer_and_whom_a_judge_avoids_are_understood_by_name_and_place() -> None:
    each = await judging_season()
    await taught(each)
    each.told.forget()

    kept = await keep(
        each, employer="实验小学 · 东区", avoid=("王老师 · 实验小学", "古丽·买买提小学", "安娜·实验小学·东区")
    )

    anna = (await each.people.of_school(each.id, "P01"))[0].id
    assert (kept.employer, kept.avoid) == ("P01", (WANG, "P03", anna))
    known = await meant_by(await each.season(), [kept], each.store)
    assert {known[name].label for name in (kept.employer, *kept.avoid)} == {
        "实验小学 · 东区", "王老师 · 实验小学", "古丽·买买提小学 · 西区", "安娜 · 实验小学",
    }  # fmt: skip
    (told,) = each.told.of(JudgeRecordedV1)
    assert (told.judge, told.version, told.employer, told.conflicts) == ("J1", 1, "P01", (WANG, "P03", anna))
    assert not [name for name in ("陈评委", "138", "王老师", "安娜") if name in told.model_dump_json()]
    assert each.audit.lines[-1].what == "judges-recorded"
    assert "陈评委" not in str(each.audit.lines[-1].facts)


async def test_what_does_not_say_whom_it_means_is_refused() -> None:
    each = await judging_season()
    await taught(each)
    await taught(each, unit="P02")
    each.told.forget()
    with pytest.raises(Invalid) as several:
        await keep(each, employer="实验小学", avoid=("王老师", "李老师", "王老 · 东区"))
    assert at_fault(several.value) == [
        ("employer", "field-judge-unit-many"),
        ("avoid", "field-judge-person-many"),
        ("avoid", "field-judge-person-nobody"),
        ("avoid", "field-judge-person-near"),
    ]
    assert "(P01)" in several.value.errors[0]["named"]
    assert WANG in several.value.errors[3]["named"]
    with pytest.raises(Invalid) as no_unit:
        await keep(each, employer="王老师 · 东区")
    assert at_fault(no_unit.value) == [("employer", "field-judge-unit-nobody")]
    assert await each.judges.of(each.id) == {}
    assert each.told.events == []


async def test_every_field_of_a_judge_is_named_that_will_not_do() -> None:
    each = await judging_season()
    with pytest.raises(Invalid) as wrong:
        await keep(each, judge="J 1", name="", contact="x" * 121, role="boss", tracks=("Z",), languages=("fr",))
    assert [field for field, _ in at_fault(wrong.value)] == [
        "judge", "name", "contact", "role", "tracks", "languages",
    ]  # fmt: skip
    records = await registered(mode="records")
    with refused("records-season", InvalidState):
        await keep(records)


async def test_a_judge_without_an_id_gets_the_next_one_and_one_who_is_there_is_changed() -> None:
    each = await judging_season()
    assert [(await keep(each, judge="")).judge, (await keep(each, judge="")).judge] == ["J001", "J002"]
    await keep(each, judge="J001", tracks=("B",))
    assert [(told.judge, told.version, told.tracks) for told in each.told.of(JudgeRecordedV1)] == [
        ("J001", 1, ("A",)), ("J002", 1, ("A",)), ("J001", 2, ("B",)),
    ]  # fmt: skip


async def test_search_finds_by_parts_of_names_and_students_by_their_school_alone() -> None:
    each = await judging_season()
    await taught(each)
    season = await each.season()
    assert [choice.id for choice in await search(season, "实验 西", each.store)] == ["P02"]
    assert [choice.id for choice in await search(season, "王", each.store)] == [WANG]
    assert await search(season, "安娜", each.store) == []
    assert [choice.kind for choice in await search(season, "安 · 实验小学 · 东区", each.store)] == ["student"]
    assert await search(season, " ", each.store) == []


SHEET = """姓名,联系方式,可评赛道,语言,任职单位,须回避,角色
陈评委,138,A,中文,实验小学 · 东区,王老师 · 实验小学;P03,
李评委,139,A；B,中文、英文,不在本赛季的组织单位任职,,评审组长
赵评委,137,A,,实验小学,,
钱评委,136,A,,,无此人,
孙评委,135,Z,,,,
,134,A,,,,
周评委,133,A,,,,老板
陈评委,138,B,,,,
"""


async def handed_in(each: Registered, text: str, **how: Any) -> Any:
    catalog = create_app(RegistrationSettings()).state.context.pages.catalog
    sheet = await read_judges(text.encode(), catalog, each.id)
    return await record_sheet(await each.season(), sheet, HOST, each.store, each.judges, each.audit, **how)


async def test_judges_come_by_a_sheet_and_rows_fall_that_do_not_say_whom_they_mean() -> None:
    each = await judging_season()
    await taught(each)
    dry = await handed_in(each, SHEET, dry_run=True)
    assert (dry.accepted, dry.changed, await each.judges.of(each.id)) == (2, 2, {})

    report = await handed_in(each, SHEET)

    assert [(fell.row, fell.column, fell.code) for fell in report.rejected] == [
        (4, "employer", "SEVERAL_MEANT"), (5, "avoid", "NOBODY_MEANT"), (6, "tracks", "UNKNOWN_TRACK"),
        (7, "name", "REQUIRED"), (8, "role", "BAD_VALUE"), (9, "name", "DUPLICATE_ID"),
    ]  # fmt: skip
    kept = await each.judges.of(each.id)
    assert {name: (judge.name, judge.employer, judge.avoid, judge.role) for name, judge in kept.items()} == {
        "J001": ("陈评委", "P01", (WANG, "P03"), "scoring"),
        "J002": ("李评委", "", (), "chief"),
    }
    assert (kept["J002"].tracks, kept["J002"].languages) == (("A", "B"), ("zh", "en"))
    again = await handed_in(each, SHEET)
    assert (again.accepted, again.changed) == (2, 0)
    moved = await handed_in(each, "name,contact,tracks,judge\n李评委,139,B,\n吴评委,1,A,J7\n")
    assert (moved.accepted, moved.changed) == (2, 2)
    assert sorted(await each.judges.of(each.id)) == ["J001", "J002", "J7"]


async def test_letters_are_for_those_without_an_account_and_each_is_good_once() -> None:
    each = await judging_season()
    await keep(each)
    await keep(each, judge="J2", name="李评委", role="chief")
    invitations = Invitations(each.accounts, each.account_store)
    season = await each.season()

    letters = await write_letters(season, [], HOST, each.command("letters"), each.judges, invitations)

    assert [(letter.judge.judge, letter.judge.name) for letter in letters] == [("J1", "陈评委"), ("J2", "李评委")]
    again = await write_letters(season, [], HOST, each.command("letters"), each.judges, invitations)
    assert again == letters, "a form sent twice makes one thing"
    made = await each.accounts.accept(letters[1].secret, "chen", "four calm herons", "zh")
    assert [(grant.role, grant.ref) for grant in made.grants] == [(Role.CHIEF_JUDGE, "J2")]
    left = await write_letters(season, [], HOST, each.command(), each.judges, invitations)
    assert [letter.judge.judge for letter in left] == ["J1"]
    with refused("no-such-judge", NotFound):
        await write_letters(season, ["J9"], HOST, each.command(), each.judges, invitations)


TERMS = Terms(never_stood=10, works=20)


async def test_names_and_contacts_go_when_the_works_do() -> None:
    each = await judging_season()
    await keep(each)
    assert await forget_judges(TERMS, each.judges, each.store) == 0
    each.clock.at = to_unix_micros(each.rules.rounds[-1].judging.closes) + TERMS.works * DAY + 1
    assert await forget_judges(TERMS, each.judges, each.store) == 1
    (judge,) = (await each.judges.of(each.id)).values()
    assert (judge.name, judge.contact, judge.tracks, judge.role) == ("", "", ("A",), JudgeDuty.SCORING)
    assert await forget_judges(TERMS, each.judges, each.store) == 0
