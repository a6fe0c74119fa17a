"""A season of units that score themselves, through the use cases: what each item comes to, and what judging makes of it."""

import json
from decimal import Decimal

import pytest

from services.judging.application.comparing import compare
from services.judging.application.sheets import import_previous
from services.judging.domain.self_assessment import HEADER
from services.registration.application.imports import IMPORTS
from services.registration.application.seasons import season_of
from services.registration.application.self_assessing import ITEM_COLUMNS, item_rows
from shared.errors import InvalidState
from shared.events.registration import SelfAssessmentSettledV1
from shared.season.csv_rows import write_csv
from shared.states import ResultStage
from tests.conftest import BEIJING, EXAMPLE
from tests.support.folders import without_noughts
from tests.support.memory_road import Road
from tests.use_cases.test_whole_road import stated

EXPECTED = BEIJING / "expected"


def expected(name: str) -> str:
    return (EXPECTED / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("times", [1, 2])
async def test_the_folder_gives_what_is_expected_also_when_every_event_comes_twice(times: int) -> None:
    road = Road(BEIJING, times)
    await road.run()

    season = await season_of(road.rules.id, road.registration.store)
    assert write_csv(ITEM_COLUMNS, await item_rows(season, road.registration.store)) == expected("items.csv")
    compared = await compare(await road.judged(), road.judging.store)
    assert write_csv(HEADER, [line.row for line in compared]) == expected("assessment.csv")
    for stage, counts in json.loads(expected("totals.json")).items():
        if stage in tuple(ResultStage):
            result = await road.judging.results.find(road.rules.id, stage)
            assert result
            assert without_noughts(dict(result.totals)) == without_noughts(counts)
    tables = await stated(road, EXPECTED)
    tables.pop("rejected.csv")
    assert tables == {name: expected(name) for name in tables}
    fell = [(row.file, str(row.row), row.column, row.code) for rows in road.rejected.values() for row in rows]
    listed = [tuple(line.split(",")) for line in expected("rejected.csv").splitlines()[1:]]
    assert sorted(fell) == sorted(listed)


async def test_the_same_files_again_change_nothing_and_tell_nothing() -> None:
    road = Road(BEIJING)
    await road.run()
    store, season = road.registration.store, await season_of(road.rules.id, road.registration.store)
    before = list(road.registration.told.events)

    for kind in ("self-scores", "verifications", "self-scores"):
        content = (BEIJING / f"{kind.replace('-', '_')}.csv").read_bytes()
        assert (await IMPORTS[kind](season, content, store)).changed == 0

    assert road.registration.told.events == before


async def test_a_season_without_self_assessment_takes_none_of_its_files() -> None:
    road = Road(EXAMPLE)
    await road.run()
    season = await season_of(road.rules.id, road.registration.store)

    for kind in ("self-scores", "verifications"):
        with pytest.raises(InvalidState, match="no-self-assessment"):
            await IMPORTS[kind](season, b"x", road.registration.store)
    with pytest.raises(InvalidState, match="no-self-assessment"):
        await import_previous(await road.judged(), b"x", road.judging.store)
    with pytest.raises(InvalidState, match="no-self-assessment"):
        await compare(await road.judged(), road.judging.store)


async def test_whoever_does_not_take_part_is_not_told_of() -> None:
    road = Road(BEIJING)
    await road.run()

    told = road.registration.told.of(SelfAssessmentSettledV1)
    assert {event.entry for event in told} == {"S1", "S2", "S3", "S4", "S5"}
    newest = max((event for event in told if event.entry == "S2"), key=lambda event: event.version)
    assert (newest.component, newest.total) == ("committee.verified", Decimal(74))
    assert newest.items["projects"].own == 8
