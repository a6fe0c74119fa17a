"""The same season by two ways in: from its folder, and live by people on pages. Both end in the same tables."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from laurel.client import Client
from laurel.season_folder import read_folder
from tests.conftest import EXAMPLE, EXPECTED
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.live_run import LiveRun
from tests.support.moved_clock import MovedClock

TABLES = ("advancement", "awards", "credits", "eligibility", "instructors", "units")


@contextmanager
def live_season(folder: Path, place: Path, servers: Servers, **how: Any) -> Iterator[LiveRun]:
    """Three services whose clock is moved, for the season of a folder."""
    running = ThreeProcesses(place, servers, prefix="live-season")
    clock = MovedClock(place / "clock")
    place.mkdir(exist_ok=True)
    clock.put(0)
    clock.govern(running)
    running.start()
    try:
        with closing(Client(running.url, "en", patience=30)) as operator:
            operator.sign_in_as_operator(SECRET)
            with closing(LiveRun(read_folder(folder), running, operator, clock, **how)) as live:
                yield live
    finally:
        running.stop()


def rows_that_fall(file: Path) -> dict[tuple[str, str], str]:
    """File and row of each row that the folder loses, with the code."""
    rows = csv.DictReader(file.read_text().splitlines())
    return {(row["file"], row["row"]): row["code"] for row in rows}


def tables_in(expected: Path) -> dict[str, str]:
    """Every CSV of a folder by its path."""
    return {str(file.relative_to(expected)): file.read_text() for file in expected.rglob("*.csv")}


def assert_tables(live: LiveRun, expected: Mapping[str, str]) -> None:
    """Both stages of results, with all that differs at once: lines of live with +, of the folder with -."""
    differs: list[str] = []
    for stage in ("provisional", "final"):
        for name, lines in live.tables(stage, TABLES).items():
            wanted, given = (in_order(name, table) for table in (expected[f"{stage}/{name}.csv"].splitlines(), lines))
            differs += unified_diff(wanted, given, f"{stage}/{name}", "live", n=0, lineterm="")
    assert not differs, "\n".join(differs)


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
        assert_tables(live, tables_in(EXPECTED))
