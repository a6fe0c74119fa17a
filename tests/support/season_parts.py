"""A part of a season folder: some of its works, and whatever else names only these."""

import csv
import io
from collections.abc import Callable, Collection
from pathlib import Path

Row = dict[str, str]


def part_of(folder: Path, entries: Collection[str], place: Path) -> Path:
    """A folder at `place` with these works of another, their judges' scores, and the summaries of their schools.

    Rules, units and later actions stay as they are.
    """
    place.mkdir(parents=True)
    for name in ("season.yaml", "units.csv", "actions.yaml"):
        (place / name).write_bytes((folder / name).read_bytes())
    kept = _copy(folder, place, "entries", lambda row: row["entry"] in entries)
    for name in ("runs", "tests"):
        _copy(folder, place, name, lambda row: row["entry"] in entries)
    ballots = _copy(folder, place, "ballots", lambda row: row["entry"] in entries)
    judges, schools = {row["judge"] for row in ballots}, {row["unit"] for row in kept}
    actions = (folder / "actions.yaml").read_text(encoding="utf-8")
    _copy(folder, place, "judges", lambda row: row["judge"] in judges or row["judge"] in actions)
    _copy(folder, place, "summaries", lambda row: row["unit"] in schools)
    return place


def _copy(folder: Path, place: Path, name: str, keeps: Callable[[Row], bool]) -> list[Row]:
    """The rows that were kept."""
    rows = csv.DictReader((folder / f"{name}.csv").read_text(encoding="utf-8").splitlines())
    kept = [row for row in rows if None not in row.values() and keeps(row)]
    out = io.StringIO()
    writer = csv.DictWriter(out, rows.fieldnames or (), lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    (place / f"{name}.csv").write_text(out.getvalue(), encoding="utf-8")
    return kept
