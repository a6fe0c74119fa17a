"""Units by name: whoever adds schools types their names and nothing else."""

import pytest

from services.registration.application.seasons import open_season
from services.registration.application.units import add_units, rename_unit
from shared.errors import NotFound
from shared.events.registration import UnitRecordedV1
from tests.support.refusals import refused
from tests.support.registered import OPEN, Registered, registered
from tests.support.rules import season_rules, title

DISTRICTS = {"unit_levels": ["city", "district", "school"], "hosts": [title("科技中心")]}


async def without_units(**changes: object) -> Registered:
    """A season in which nothing but its rules is known."""
    season = Registered(season_rules(**changes), OPEN)
    await open_season(season.rules, "live", 1, season.store)
    return season


async def listed(season: Registered) -> list[tuple[str, ...]]:
    units = (await season.units.of(season.id)).values()
    return [(unit.unit, unit.parent, unit.level, unit.name_zh, unit.name_en) for unit in units]


async def added(season: Registered, level: str, parent: str, lines: str) -> tuple[int, list[tuple[int, str, str]]]:
    number, rejected = await add_units(await season.season(), level, parent, lines, season.store)
    return number, [(row.row, row.column, row.code) for row in rejected]


async def test_schools_are_added_by_their_names_below_a_top_unit_that_makes_itself() -> None:
    """Keeps away: an organizer who has to think up numbers, and to type the number of the unit above."""
    season = await without_units(**DISTRICTS)
    names = "滨海第一小学\n\n滨海第二小学\tBinhai No. 2 Primary School\nHarbour School\n 湖滨小学 | Lakeside \n"
    assert await added(season, "school", "", names) == (4, [])
    assert await listed(season) == [
        ("C001", "", "city", "科技中心", "科技中心"),
        ("S001", "C001", "school", "滨海第一小学", ""),
        ("S002", "C001", "school", "滨海第二小学", "Binhai No. 2 Primary School"),
        ("S003", "C001", "school", "", "Harbour School"),
        ("S004", "C001", "school", "湖滨小学", "Lakeside"),
    ]
    assert len(season.told.of(UnitRecordedV1)) == 5
    assert await added(season, "district", "", "东区\n西区") == (2, [])
    assert await added(season, "school", "D002", "滨海第一小学") == (1, []), "of another district it is another school"
    assert (await listed(season))[-2:] == [
        ("D002", "C001", "district", "西区", ""),
        ("S005", "D002", "school", "滨海第一小学", ""),
    ]


@pytest.mark.parametrize(
    ("level", "parent", "lines", "falls"),
    [
        ("school", "", " \n", [(1, "names", "REQUIRED")]),
        ("school", "", "三校\n一校\n四校\n三校", [(2, "names", "DUPLICATE_NAME"), (4, "names", "DUPLICATE_NAME")]),
        ("school", "", f"三校\n{'长' * 121}", [(2, "name_zh", "TOO_LONG")]),
        ("school", "", "三校\U0001f600", [(1, "name_zh", "BAD_SIGN")]),
        ("club", "", "三校", [(1, "level", "UNIT_LEVEL")]),
        ("school", "P01", "三校", [(1, "parent", "UNKNOWN_PARENT")]),
        ("school", "nowhere", "三校", [(1, "parent", "UNKNOWN_PARENT")]),
    ],
)
async def test_each_line_that_falls_is_named_and_then_none_is_added(
    level: str, parent: str, lines: str, falls: list[tuple[int, str, str]]
) -> None:
    season = await registered()
    before = await listed(season)
    assert await added(season, level, parent, lines) == (0, falls)
    assert await listed(season) == before


async def test_a_unit_gets_other_names_and_everybody_hears_of_it() -> None:
    """Keeps away: a form that says "rename" and is refused because the unit is there already."""
    season = await registered()
    assert await rename_unit(await season.season(), "P01", "实验一校", "First School", season.store) == []
    assert (await listed(season))[1] == ("P01", "CITY", "school", "实验一校", "First School")
    assert [event.name.zh for event in season.told.of(UnitRecordedV1)] == ["实验一校"]
    (fault,) = await rename_unit(await season.season(), "P01", "", "", season.store)
    assert (fault.column, fault.code) == ("name_zh", "REQUIRED")
    (fault,) = await rename_unit(await season.season(), "P01", "一校", "长" * 121, season.store)
    assert (fault.column, fault.code) == ("name_en", "TOO_LONG")
    with refused("no-such-unit", NotFound):
        await rename_unit(await season.season(), "P99", "新名", "", season.store)
