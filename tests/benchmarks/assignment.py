"""`python -m tests.benchmarks.assignment`: 100,000 entries, 2,000 judges, three a work, beside the solver alone.

Each judge must not see three of 500 schools of very different sizes.
"""

import statistics
import time
from random import Random

import click
import numpy as np
from ortools.graph.python import min_cost_flow

from services.judging.domain.assignment import assign
from services.judging.domain.facts import Entry, Judge, JudgeRole, Unit, must_recuse
from shared.states import EntryStatus

ENTRIES, JUDGES, SCHOOLS, NEEDED, BARRED = 100_000, 2_000, 500, 3, 3


def season(seed: int) -> tuple[list[Entry], list[Judge], dict[str, Unit]]:
    random = Random(seed)
    units = {f"S{n:03d}": Unit(f"S{n:03d}", "", "school", n) for n in range(SCHOOLS)}
    sizes = [1 / (n + 10) for n in range(SCHOOLS)]
    schools = random.choices(list(units), weights=sizes, k=ENTRIES)
    entries = [
        Entry(f"E{n:06d}", EntryStatus.VALID, "T", "P", school, "w", 0, (), ()) for n, school in enumerate(schools)
    ]
    judges = [
        Judge(f"J{n:04d}", "", ("T",), tuple(random.sample(list(units), BARRED)), JudgeRole.SCORING)
        for n in range(JUDGES)
    ]
    return entries, judges, units


def solver_alone(entries: list[Entry], judges: list[Judge], units: dict[str, Unit]) -> float:
    """Seconds of a flow over schools and judges with the same demand and the loads capped, arrays made beforehand."""
    schools = list(units)
    place = {school: n for n, school in enumerate(schools)}
    sizes = np.bincount([place[entry.unit] for entry in entries], minlength=SCHOOLS)
    allowed = np.ones((SCHOOLS, JUDGES), dtype=bool)
    for n, judge in enumerate(judges):
        allowed[[place[school] for school in judge.conflicts], n] = False
    tails, heads = np.nonzero(allowed)
    cap = -(-ENTRIES * NEEDED // JUDGES)
    sink = SCHOOLS + JUDGES
    began = time.perf_counter()
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([tails, np.arange(JUDGES) + SCHOOLS]),
        np.concatenate([heads + SCHOOLS, np.full(JUDGES, sink)]),
        np.concatenate([sizes[tails], np.full(JUDGES, cap)]),
        np.zeros(len(tails) + JUDGES, dtype=np.int64),
    )
    demand = np.concatenate([sizes * NEEDED, np.zeros(JUDGES, dtype=np.int64), [-ENTRIES * NEEDED]])
    flow.set_nodes_supplies(np.arange(sink + 1), demand)
    assert flow.solve() == flow.OPTIMAL
    return time.perf_counter() - began


def main() -> None:
    entries, judges, units = season(1)
    by_id = {judge.judge: judge for judge in judges}
    alone, whole = [], []
    for _ in range(3):
        alone.append(solver_alone(entries, judges, units))
        began = time.perf_counter()
        assignment = assign(entries, judges, {"T": NEEDED}, units, 0, 1)
        whole.append(time.perf_counter() - began)
    by_entry = {entry.entry: entry for entry in entries}
    conflicts = sum(
        must_recuse(by_id[judge], by_entry[entry], units, 0)
        for entry, panel in assignment.panels.items()
        for judge in panel
    )
    doubles = sum(len(panel) != len(set(panel)) or len(panel) != NEEDED for panel in assignment.panels.values())
    loads = assignment.loads.values()
    click.echo(f"{'solver alone, s':<34}{statistics.median(alone):>10.2f}")
    click.echo(f"{'assigned, s':<34}{statistics.median(whole):>10.2f}")
    click.echo(f"{'assigned / solver alone':<34}{statistics.median(whole) / statistics.median(alone):>10.2f}")
    click.echo(f"{'largest difference of loads':<34}{max(loads) - min(loads):>10}")
    click.echo(f"{'conflicts, incomplete panels':<34}{conflicts:>8}, {doubles}")


if __name__ == "__main__":
    main()
