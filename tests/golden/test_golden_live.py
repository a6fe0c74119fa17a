"""The golden season, live: 700 works by 58 schools, 137 judges, two rounds, and everything that happens afterwards."""

from pathlib import Path

import pytest

from tests.conftest import GOLDEN
from tests.journeys.test_live_equals_folder import assert_tables, live_season, rows_that_fall, tables_in
from tests.support.installation import Servers

WRITING = {"ROW_SHAPE", "DUPLICATE_ID", "BAD_VALUE", "BAD_TIME", "BAD_SCORE", "BAD_RUN", "UNKNOWN_PARENT"}
"""Codes of what is wrong in the writing of a file, and so happens to nobody who is no file."""


@pytest.mark.timeout(7200)
def test_the_golden_season_live_ends_in_the_tables_of_its_folder(tmp_path: Path, servers: Servers) -> None:
    expected = GOLDEN / "expected"
    fell = rows_that_fall(expected / "rejected.csv")
    miswritten = {row for row, code in fell.items() if code in WRITING}
    with live_season(GOLDEN, tmp_path, servers, quick=True, by_schools=True, miswritten=miswritten) as live:
        live.run()
        assert set(live.refused) == {row for row, code in fell.items() if code not in {*WRITING, "DUPLICATE_BALLOT"}}
        assert_tables(live, tables_in(expected))
