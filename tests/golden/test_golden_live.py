"""The golden season, live: 700 works by 58 schools, 137 judges, two rounds, and everything that happens afterwards."""

import csv
from pathlib import Path

import pytest

from tests.conftest import GOLDEN
from tests.journeys.test_live_equals_folder import assert_tables, live_season, rows_that_fall, tables_in
from tests.support.installation import Servers
from tests.support.on_paper import read, stated
from tests.support.season_parts import part_of

WRITING = {"ROW_SHAPE", "DUPLICATE_ID", "BAD_VALUE", "BAD_TIME", "BAD_SCORE", "BAD_RUN", "UNKNOWN_PARENT"}
"""Codes of what is wrong in the writing of a file, and so happens to nobody who is no file."""

DISTRICTS = ("GX", "ZH")


@pytest.mark.timeout(1200)
def test_two_districts_live_end_in_the_tables_that_the_rules_give(tmp_path: Path, servers: Servers) -> None:
    """With every work to which something happened later: a late upload let in, consents withdrawn, a judge who changed
    employers, a move to another school, a withdrawal between rounds, objections, an appeal, a revocation.
    """
    districts = {row["unit"]: row["parent"] for row in _rows("units")}
    actions = (GOLDEN / "actions.yaml").read_text(encoding="utf-8")
    entries = {
        row["entry"] for row in _rows("entries") if districts.get(row["unit"]) in DISTRICTS or row["entry"] in actions
    }
    folder = part_of(GOLDEN, entries, tmp_path / "folder")
    wanted = stated(read(folder))
    with live_season(folder, tmp_path / "services", servers, quick=True, by_schools=True) as live:
        live.run()
        assert list(live.refused) == [("units.csv", "67")]
        assert_tables(live, wanted)


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((GOLDEN / f"{name}.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.timeout(7200)
def test_the_golden_season_live_ends_in_the_tables_of_its_folder(tmp_path: Path, servers: Servers) -> None:
    expected = GOLDEN / "expected"
    fell = rows_that_fall(expected / "rejected.csv")
    miswritten = {row for row, code in fell.items() if code in WRITING}
    with live_season(GOLDEN, tmp_path, servers, quick=True, by_schools=True, miswritten=miswritten) as live:
        live.run()
        assert set(live.refused) == {row for row, code in fell.items() if code not in {*WRITING, "DUPLICATE_BALLOT"}}
        assert_tables(live, tables_in(expected))
