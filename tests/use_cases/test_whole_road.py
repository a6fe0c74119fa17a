"""Whole season folders through the use cases of the three services: every stated table, and a certificate an award."""

from collections import Counter
from pathlib import Path

import pytest

from laurel.season_folder import files_of, tables_of
from services.judging.domain.tables import HEADERS
from services.registration.entrypoints.http.tables import TABLES
from shared.season.csv_rows import write_csv
from tests.support.memory_road import Road
from tests.unit.test_whole_folders import FOLDERS, NAMES


async def travelled(folder: Path, times: int = 1) -> Road:
    road = Road(folder, times)
    await road.run()
    return road


async def stated(road: Road, expected: Path) -> dict[str, str]:
    """The tables of both stages as they were stated, by their path below `expected/`."""
    stored = {}
    for stage in ("provisional", "final"):
        result = await road.judging.results.find(road.rules.id, stage)
        assert result
        for name in HEADERS:
            if (expected / stage / f"{name}.csv").exists():
                rows = await road.judging.results.table(road.rules.id, result, name)
                stored[f"{stage}/{name}.csv"] = write_csv(HEADERS[name], rows)
    season = await road.registration.seasons.find(road.rules.id)
    assert season
    for table, (header, rows_of) in TABLES.items():
        if table not in tables_of(road.rules):
            continue
        stored[f"{table}.csv"] = write_csv(header, await rows_of(season, road.registration.store))
    rejected = [rejection for kind in files_of(road.rules) for rejection in road.rejected[kind]]
    columns = ("file", "row", "column", "code")
    stored["rejected.csv"] = write_csv(
        columns, [(rejection.file, str(rejection.row), rejection.column, rejection.code) for rejection in rejected]
    )
    return stored


@pytest.mark.parametrize(("folder", "expected"), FOLDERS, ids=NAMES)
async def test_the_use_cases_state_what_the_rules_alone_give(folder: Path, expected: Path) -> None:
    road = await travelled(folder)

    tables = await stated(road, expected)

    assert len(tables) > 10
    for name, content in tables.items():
        assert content == (expected / name).read_text(encoding="utf-8"), name
    final = await road.judging.results.find(road.rules.id, "final")
    assert final
    standing = Counter(
        certificate.kind for certificate in road.certificates.certificates.kept if certificate.state != "revoked"
    )
    assert {kind: standing[kind] for kind in ("student", "instructor", "unit")} == final.recipients
    numbers = [certificate.serial for certificate in road.certificates.certificates.kept]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("name", ["small", "loudi-activities"])
async def test_every_event_twice_gives_the_same(name: str) -> None:
    folder, expected = FOLDERS[NAMES.index(name)]
    once, twice = await travelled(folder), await travelled(folder, 2)

    assert await stated(once, expected) == await stated(twice, expected)
    certificates = [
        sorted((certificate.serial, certificate.state) for certificate in road.certificates.certificates.kept)
        for road in (once, twice)
    ]
    assert certificates[0] == certificates[1]
