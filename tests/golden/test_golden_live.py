"""The golden season, live: 700 works by 58 schools, 137 judges, two rounds, and everything that happens afterwards."""

from pathlib import Path

import pytest

from tests.conftest import GOLDEN
from tests.journeys.test_live_equals_folder import live_season, rows_that_fall, table_differences, tables_in
from tests.support.installation import Servers
from tests.support.live_run import rows_of

WRITING = {"ROW_SHAPE", "DUPLICATE_ID", "BAD_VALUE", "BAD_TIME", "BAD_SCORE", "BAD_RUN", "MEMBER_GAP"}
"""Codes of what is wrong in the writing of a file, and so happens to nobody who is no file."""


@pytest.mark.timeout(7200)
def test_the_golden_season_live_ends_in_the_tables_of_its_folder(tmp_path: Path, servers: Servers) -> None:
    expected = tables_in(GOLDEN / "expected")
    fell = rows_that_fall(GOLDEN / "expected" / "rejected.csv")
    miswritten = {row for row, code in fell.items() if code in WRITING}
    late = {line.partition(",")[0] for line in expected["final/eligibility.csv"].splitlines() if line.endswith(",late")}
    falls = {row for row, code in fell.items() if code != "DUPLICATE_BALLOT"} - miswritten
    with live_season(GOLDEN, tmp_path, servers, quick=True, by_schools=True, miswritten=miswritten) as live:
        live.run()
        falls |= {("entries.csv", row["row"]) for row in rows_of(live.folder, "entries") if row["entry"] in late}
        otherwise = [f"{row}: {said}" for row, said in live.refused.items() if row not in falls]
        taken = [f"{row} did not fall" for row in falls - set(live.refused)]
        differs = [*otherwise, *taken, *table_differences(live, expected)]
        assert not differs, "\n".join(differs)
