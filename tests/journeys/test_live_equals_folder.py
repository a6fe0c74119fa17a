"""The same season by two ways in: from its folder, and live by people on pages. Both end in the same tables."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from laurel.season_folder import read_folder
from tests.conftest import EXAMPLE, EXPECTED, GOLDEN
from tests.support.installation import Servers
from tests.support.live_run import LiveRun
from tests.support.moved_clock import under_moved_clock
from tests.support.on_paper import read, stated
from tests.support.season_parts import part_of

DISTRICTS = ("GX", "ZH")
TABLES = ("advancement", "awards", "credits", "eligibility", "instructors", "units")


@contextmanager
def live_season(folder: Path, place: Path, servers: Servers, **how: Any) -> Iterator[LiveRun]:
    """Three services whose clock is moved, for the season of a folder, with a broker of their own."""
    with (
        under_moved_clock(place, servers) as (running, operator, clock),
        closing(LiveRun(read_folder(folder), running, operator, clock, **how)) as live,
    ):
        yield live


def rows_that_fall(file: Path) -> dict[tuple[str, str], str]:
    """File and row of each row that the folder loses, with the code."""
    rows = csv.DictReader(file.read_text().splitlines())
    return {(row["file"], row["row"]): row["code"] for row in rows}


def tables_in(expected: Path) -> dict[str, str]:
    """Every CSV of a folder by its path."""
    return {str(file.relative_to(expected)): file.read_text() for file in expected.rglob("*.csv")}


def table_differences(live: LiveRun, expected: Mapping[str, str]) -> list[str]:
    """All that differs in both stages of results: lines of live with +, of the folder with -.

    A folder has the summaries of units from the beginning: where people file them after the notice, provisional results
    of units cannot count them. And it lists works that never came as far as judging, of which judging is told nothing.
    """
    differs: list[str] = []
    for stage in ("provisional", "final"):
        names = TABLES if stage == "final" or live.summaries_precede_notice else TABLES[:-1]
        for name, lines in live.tables(stage, names).items():
            stated = [line for line in expected[f"{stage}/{name}.csv"].splitlines() if reached_judging(name, line)]
            wanted, given = in_order(name, stated), in_order(name, lines)
            differs += unified_diff(wanted, given, f"{stage}/{name}", "live", n=0, lineterm="")
    return differs


def reached_judging(name: str, line: str) -> bool:
    """Whether a line is of a work that was let in once; drafts, late and rejected works stay with registration."""
    return name != "eligibility" or line.rpartition(",")[2] not in ("draft", "late", "rejected")


def in_order(name: str, lines: list[str]) -> list[str]:
    """The lines of a table, which live stand in the order of other ids; of credits those of each person together."""
    if name != "credits":
        return sorted(lines)
    of_person: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        person, _, rest = line.partition(",")
        of_person[person].append(rest)
    return sorted("; ".join(sorted(rest)) for rest in of_person.values())


@pytest.mark.timeout(900)
def test_a_season_that_people_run_ends_in_the_tables_of_its_folder(tmp_path: Path, servers: Servers) -> None:
    """Keeps away: a rule that holds for rows of a file and not for people, or the other way round.

    A ballot that is sent twice is the one that is there.
    """
    with live_season(EXAMPLE, tmp_path, servers, quick=True) as live:
        live.run()
        fell = rows_that_fall(EXPECTED / "rejected.csv")
        falls = {row for row, code in fell.items() if code != "DUPLICATE_BALLOT"}
        assert {row: said for row, said in live.refused.items() if row not in falls} == {}
        assert set(live.refused) == falls
        assert table_differences(live, tables_in(EXPECTED)) == []


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
        assert table_differences(live, wanted) == []


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((GOLDEN / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
