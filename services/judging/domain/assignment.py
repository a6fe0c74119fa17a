"""Who judges what: each entry gets k judges, conflicts never, loads balanced, first-named expertise preferred.

Entries that the same judges may score are one cell. A minimum-cost flow from cells to judges decides how many of each
cell a judge gets; unfolding it in turns gives every entry different judges. The same seed gives the same panels.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from random import Random

import numpy as np
from ortools.graph.python import min_cost_flow

from services.judging.domain.facts import Entry, Judge, Unit, above, of_people
from shared.season.text import LANGUAGES

MOST_ARCS = 4_000_000
"""Beyond this the flow gives way to the fast path: the least loaded judges, entry by entry."""
WINDOW = 24
"""How far around the average load single steps are priced, so that loads come out even."""
STEP, FAR = 1_000, 100_000
"""Price of one step of load within the window, and beyond it; a less preferred track costs 1."""

Panels = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a demand cannot be met: these entries of a track have fewer possible judges than they need."""

    track: str
    unit: str
    entries: int
    possible: int
    needed: int


class ImpossibleAssignment(ValueError):
    """No assignment meets the demand; `causes` name every place where judges are missing."""

    def __init__(self, causes: Sequence[Cause]) -> None:
        super().__init__(f"{len(causes)} causes")
        self.causes = tuple(causes)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The judges of each entry, and how many entries each judge has."""

    panels: Panels
    loads: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Entries that need as many judges more, and may be judged by the same ones: positions in the list of judges."""

    entries: tuple[str, ...]
    track: str
    missing: int
    possible: tuple[int, ...]


def assign(
    entries: Sequence[Entry],
    judges: Sequence[Judge],
    needed: Mapping[str, int],
    units: Mapping[str, Unit],
    at: int,
    seed: int,
    *,
    held: Mapping[str, Sequence[str]] | None = None,
    finished: Iterable[tuple[str, str]] = (),
) -> Assignment:
    """Panels for all entries; `needed` is k by track.

    What was `held` stays where the judge may still score the entry, up to k; what is `finished`, as (entry, judge), stays
    in any case. So a no-show, a reserve or another k moves no work that was done.

    Raises:
        ImpossibleAssignment: somewhere there are fewer possible judges than needed.
    """
    order = sorted(judges, key=lambda judge: judge.judge)
    barred = _Barred(order, units, at)
    done: dict[str, set[str]] = defaultdict(set)
    for name, judge in finished:
        done[name].add(judge)
    panels: dict[str, list[str]] = {}
    loads: Counter[str] = Counter({judge.judge: 0 for judge in order})
    for entry in sorted(entries, key=lambda entry: entry.entry):
        kept = sorted(done[entry.entry])
        before = dict.fromkeys((held or {}).get(entry.entry, ()))
        kept += [name for name in before if name not in done[entry.entry] and barred.may(name, entry)]
        panels[entry.entry] = kept[: max(needed[entry.track], len(done[entry.entry]))]
        loads.update(panels[entry.entry])
    cells = _cells(entries, order, needed, barred, panels)
    arcs = sum(len(cell.possible) for cell in cells)
    _give(cells, order, loads, panels, Random(seed), fast=arcs > MOST_ARCS)
    return Assignment({name: tuple(sorted(theirs)) for name, theirs in panels.items()}, dict(loads))


class _Barred:
    """Which judges may score an entry, looked up by school, entry, instructor and person."""

    def __init__(self, judges: Sequence[Judge], units: Mapping[str, Unit], at: int) -> None:
        self._units = units
        self._position = {judge.judge: position for position, judge in enumerate(judges)}
        self._own = [frozenset(judge.tracks) for judge in judges]
        self._tracks: dict[str, list[int]] = defaultdict(list)
        self._by: dict[str, set[int]] = defaultdict(set)
        for position, judge in enumerate(judges):
            for track in judge.tracks:
                self._tracks[track].append(position)
            employer = judge.employer_at(at)
            if employer:
                self._by[f"employer {employer}"].add(position)
            for conflict in judge.conflicts:
                self._by[conflict].add(position)
            for language in LANGUAGES:
                if not judge.reads(language):
                    self._by[f"language {language}"].add(position)
        self._unit: dict[str, frozenset[int]] = {}

    def of(self, entry: Entry) -> frozenset[int]:
        """The judges who must recuse themselves, or cannot read the work."""
        if entry.unit not in self._unit:
            names = [*above(entry.unit, self._units), f"employer {entry.unit}"]
            self._unit[entry.unit] = frozenset().union(*(self._by[name] for name in names if name in self._by))
        names = [*of_people(entry), f"language {entry.language}"]
        more = [self._by[name] for name in names if name in self._by]
        return self._unit[entry.unit].union(*more) if more else self._unit[entry.unit]

    def may(self, judge: str, entry: Entry) -> bool:
        """Whether this judge, by id, is there and may score the entry."""
        position = self._position.get(judge)
        return position is not None and entry.track in self._own[position] and position not in self.of(entry)

    def possible(self, entry: Entry) -> list[int]:
        barred = self.of(entry)
        return [position for position in self._tracks[entry.track] if position not in barred]


def _cells(
    entries: Sequence[Entry],
    judges: Sequence[Judge],
    needed: Mapping[str, int],
    barred: _Barred,
    panels: Mapping[str, Sequence[str]],
) -> list[_Cell]:
    grouped: dict[tuple[str, int, frozenset[int], tuple[str, ...]], list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.entry):
        missing = needed[entry.track] - len(panels[entry.entry])
        if missing > 0:
            grouped[entry.track, missing, barred.of(entry), tuple(panels[entry.entry])].append(entry)
    cells: list[_Cell] = []
    causes: list[Cause] = []
    for (track, missing, _, there), group in grouped.items():
        possible = tuple(p for p in barred.possible(group[0]) if judges[p].judge not in there)
        if len(possible) < missing:
            by_unit = Counter(entry.unit for entry in group)
            causes += [
                Cause(track, unit, count, len(possible) + len(there), missing + len(there))
                for unit, count in by_unit.items()
            ]
        cells.append(_Cell(tuple(entry.entry for entry in group), track, missing, possible))
    if causes:
        raise ImpossibleAssignment(causes)
    return cells


def _give(
    cells: Sequence[_Cell],
    judges: Sequence[Judge],
    loads: Counter[str],
    panels: Mapping[str, list[str]],
    random: Random,
    *,
    fast: bool,
) -> None:
    if not cells:
        return
    for cell, shares in zip(cells, _greedy(cells, judges, loads) if fast else _flow(cells, judges, loads), strict=True):
        turns = [
            judges[position].judge for position in _shuffled(list(shares), random) for _ in range(shares[position])
        ]
        entries = _shuffled(list(cell.entries), random)
        for turn, judge in enumerate(turns):
            panels[entries[turn % len(entries)]].append(judge)
        loads.update(turns)


def _shuffled(items: list, random: Random) -> list:  # type: ignore[type-arg]
    random.shuffle(items)
    return items


def _flow(cells: Sequence[_Cell], judges: Sequence[Judge], loads: Mapping[str, int]) -> list[dict[int, int]]:
    """How many entries of each cell each judge gets, by minimum-cost flow."""
    count = len(cells)
    tails, heads, capacities, costs = [], [], [], []
    for number, cell in enumerate(cells):
        ranks = [judges[position].tracks.index(cell.track) for position in cell.possible]
        tails.append(np.full(len(cell.possible), number))
        heads.append(np.array(cell.possible) + count)
        capacities.append(np.full(len(cell.possible), len(cell.entries)))
        costs.append(np.array(ranks))
    sink = count + len(judges)
    demand = sum(len(cell.entries) * cell.missing for cell in cells)
    steps = _priced(judges, loads, demand)
    for position, (capacity, cost) in steps:
        tails.append(np.array([count + position]))
        heads.append(np.array([sink]))
        capacities.append(np.array([capacity]))
        costs.append(np.array([cost]))
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(tails), np.concatenate(heads), np.concatenate(capacities), np.concatenate(costs)
    )
    supplies = [len(cell.entries) * cell.missing for cell in cells]
    flow.set_nodes_supplies(np.arange(sink + 1), np.array([*supplies, *([0] * len(judges)), -demand]))
    status = flow.solve()
    if status != flow.OPTIMAL:  # every cell has enough judges and no judge a limit, so there is always a flow
        raise RuntimeError(f"assignment: {status}")
    flows = flow.flows(arcs)
    documents: list[dict[int, int]] = []
    start = 0
    for cell in cells:
        part = flows[start : start + len(cell.possible)]
        documents.append({cell.possible[n]: int(part[n]) for n in np.flatnonzero(part).tolist()})
        start += len(cell.possible)
    return documents


def _priced(judges: Sequence[Judge], loads: Mapping[str, int], demand: int) -> Iterable[tuple[int, tuple[int, int]]]:
    """Arcs from each judge to the sink: the more a judge has, the dearer the next entry."""
    average = (demand + sum(loads.values())) // max(len(judges), 1)
    low = max(0, average - WINDOW)
    for position, judge in enumerate(judges):
        has = loads[judge.judge]
        if low > has:
            yield position, (low - has, 0)
        for step in range(max(has, low) - low, 2 * WINDOW):
            yield position, (1, (step + 1) * STEP)
        yield position, (demand, FAR)


def _greedy(cells: Sequence[_Cell], judges: Sequence[Judge], loads: Mapping[str, int]) -> list[dict[int, int]]:
    """The fast path: cell by cell the least loaded judges, in blocks, so that loads stay even."""
    load = [loads[judge.judge] for judge in judges]
    documents: list[dict[int, int]] = []
    for cell in cells:
        left, most = len(cell.entries) * cell.missing, len(cell.entries)
        given: Counter[int] = Counter()
        heap = [(load[position], position) for position in cell.possible]
        heapify(heap)
        while left:
            _, position = heappop(heap)
            given[position] += 1
            load[position] += 1
            left -= 1
            if given[position] < most:
                heappush(heap, (load[position], position))
        documents.append(dict(given))
    return documents
