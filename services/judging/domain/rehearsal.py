"""A rehearsal 演练 of a season: its rules applied to invented entrants, judges and scores. Nothing is kept or told.

The same rules, numbers and seed give the same rehearsal.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil
from random import Random

import numpy as np

from services.judging.domain.assignment import Panels, assign
from services.judging.domain.columns import Columns
from services.judging.domain.facts import (
    Entry,
    InstructorRef,
    Judge,
    JudgeRole,
    Member,
    Run,
    Season,
    Summary,
    TestScore,
    Unit,
)
from services.judging.domain.results import GroupResult, RoundResult, compute, compute_rounds, going_on
from services.judging.domain.unit_awards import UnitStatus
from shared.season.award_lines import tier_cutoffs
from shared.season.rules import Component, Criterion, Division, Round, SeasonRules, Track
from shared.season.time import to_unix_micros
from shared.states import EntryStatus, ResultStage

MOST_ENTRIES, MOST_WORKS, MOST_SEED = 2_000, 1_000, 999_999_999
SCHOOL_SHARE = 5
"""So many entries a school has, on average."""
BRANCHES = 6
"""So many units stand below each unit of a level that is not the lowest."""
USUAL, SPREAD, SEVERITY, NOISE = 0.75, 0.12, 0.03, 0.05
"""Of a full score: how good works are, how they differ, how strict judges are, and how a judge wavers."""


@dataclass(frozen=True, slots=True)
class Rehearsing:
    """What a rehearsal is made of. `works` are those that one judge can score in a round."""

    entries: int
    works: int
    seed: int


@dataclass(frozen=True, slots=True)
class Load:
    """The work of the judges of a track in a round: how many there are, and the fewest and most works of one."""

    track: str
    entries: int
    ballots: int
    judges: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """A group of a round, all its heats together: how many got each tier, and ties across a line."""

    track: str
    division: str
    heats: int
    entries: int
    given: Mapping[str, int]
    ties: int
    going_on: int


@dataclass(frozen=True, slots=True)
class RoundOutcome:
    """What became of a round. `undecided` are seats that the rules leave equal, which the committee decides."""

    round: str
    entrants: int
    days: int
    loads: tuple[Load, ...]
    groups: tuple[GroupOutcome, ...]
    undecided: int

    @property
    def ballots(self) -> int:
        return sum(load.ballots for load in self.loads)

    @property
    def judges(self) -> int:
        return sum(load.judges for load in self.loads)

    @property
    def heats(self) -> int:
        """In how many parts each group is ranked, at most."""
        return max((group.heats for group in self.groups), default=0)

    def without(self, tier: str) -> int:
        """How many groups give this tier to nobody."""
        return sum(1 for group in self.groups if not group.given.get(tier))

    @property
    def given(self) -> Mapping[str, int]:
        """How many got each tier, in all groups."""
        total: Counter[str] = Counter()
        for group in self.groups:
            total.update(group.given)
        return total


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The report: round by round, and the awards that follow from them."""

    asked: Rehearsing
    schools: int
    rounds: tuple[RoundOutcome, ...]
    instructors: int
    units: int


def rehearse(rules: SeasonRules, asked: Rehearsing) -> Rehearsal:
    """The season with so many invented entries, from the first score to the last award."""
    chance = Random(asked.seed)
    units = _units(rules, asked.entries)
    entries = _entries(rules, units, asked.entries, chance)
    quality = {entry.entry: chance.gauss(USUAL, SPREAD) for entry in entries}
    season = Season(rules, units, {entry.entry: entry for entry in entries}, {})
    season = replace(season, summaries=_summaries(rules, units, chance))
    present, loads = list(entries), []
    for round_ in rules.rounds:
        scored = _Round(rules, round_, present, units, quality, asked, chance)
        loads.append(scored.loads)
        season = replace(
            season,
            ballots={**season.ballots, **scored.ballots},
            runs=(*season.runs, *scored.runs),
            tests=(*season.tests, *scored.tests),
        )
        seating = compute_rounds(season, season.decisions, round_.id)[-1].seating
        present = going_on(present, seating) if seating else []
    results = compute(season, ResultStage.FINAL)
    return Rehearsal(
        asked,
        len({entry.unit for entry in entries}),
        tuple(_outcome(rules, result, load) for result, load in zip(results.rounds, loads, strict=True)),
        sum(1 for ranked in results.instructors if ranked.basis),
        sum(1 for ranked in results.units if ranked.status == UnitStatus.NAMED),
    )


def _units(rules: SeasonRules, entries: int) -> dict[str, Unit]:
    """A tree with all levels; the units of a draw bear the names that it draws."""
    drawn = {round_.advance.share_among: round_.advance.draw for round_ in rules.rounds if round_.advance}
    units: dict[str, Unit] = {}
    above = [""]
    for depth, level in enumerate(rules.unit_levels):
        lowest = depth == len(rules.unit_levels) - 1
        count = max(2, entries // SCHOOL_SHARE) if lowest else 1 if depth == 0 else len(above) * BRANCHES
        names = list(drawn.get(level, ())) or [f"{level}-{number}" for number in range(1, count + 1)]
        for number, name in enumerate(names):
            units[name] = Unit(name, above[number % len(above)], level, len(units))
        above = names
    return units


def _summaries(rules: SeasonRules, units: Mapping[str, Unit], chance: Random) -> dict[str, Summary]:
    """A summary of every unit that may get the award, filed in time."""
    award = rules.unit_award
    if award is None:
        return {}
    by = to_unix_micros(award.eligible.summary_by or rules.window("registration").closes)
    return {
        unit.unit: Summary(
            unit.unit,
            by,
            {item.id: Decimal(round(chance.uniform(USUAL, 1) * float(item.max))) for item in award.summary},
        )
        for unit in units.values()
        if unit.level == award.level
    }


def _entries(rules: SeasonRules, units: Mapping[str, Unit], count: int, chance: Random) -> list[Entry]:
    window = rules.window("registration")
    opens, closes = to_unix_micros(window.opens), to_unix_micros(window.closes)
    groups = [(track, rules.division(division)) for track in rules.tracks for division in track.divisions]
    of_level: dict[str, list[str]] = defaultdict(list)
    for unit in units.values():
        of_level[unit.level].append(unit.unit)
    made = []
    for number in range(count):
        track, division = groups[number % len(groups)]
        level = division.unit_levels[0] if division.unit_levels else rules.unit_levels[-1]
        name = f"E{number + 1:04d}"
        made.append(
            Entry(
                name,
                EntryStatus.VALID,
                track.id,
                division.id,
                chance.choice(of_level[level]),
                name,
                chance.randint(opens, closes),
                _members(track, division, name, chance),
                tuple(
                    InstructorRef(f"{name}-T{each}", f"{name}-T{each}")
                    for each in range(chance.randint(*track.instructors))
                ),
            )
        )
    return made


def _members(track: Track, division: Division, entry: str, chance: Random) -> tuple[Member, ...]:
    if division.grades is None:
        return ()
    lowest, highest = division.grades
    return tuple(
        Member(f"{entry}-S{each}", chance.randint(lowest, highest))
        for each in range(chance.randint(max(1, track.members[0]), max(1, track.members[1])))
    )


class _Round:
    """The scores of one round, by those who are present in it."""

    def __init__(
        self,
        rules: SeasonRules,
        round_: Round,
        present: Sequence[Entry],
        units: Mapping[str, Unit],
        quality: Mapping[str, float],
        asked: Rehearsing,
        chance: Random,
    ) -> None:
        self._rules, self._round, self._quality, self._chance = rules, round_, quality, chance
        self.ballots: dict[tuple[str, str, str], Columns] = {}
        self.runs: list[Run] = []
        self.tests: list[TestScore] = []
        self.loads: list[Load] = []
        for track in rules.tracks:
            entries = [entry for entry in present if entry.track == track.id]
            if entries:
                self._track(track.id, entries, units, asked)

    def _track(self, track: str, entries: Sequence[Entry], units: Mapping[str, Unit], asked: Rehearsing) -> None:
        components = self._round.scoring[track].components
        needed = {item.id: self._rules.panels[item.panel].ballots for item in components if item.panel}
        most = max(needed.values(), default=0)
        panels: Panels = {}
        if most:
            count = max(most, ceil(len(entries) * most / asked.works))
            judges = [
                Judge(f"{self._round.id}-{track}-J{number:03d}", "", (track,), (), JudgeRole.SCORING)
                for number in range(1, count + 1)
            ]
            at = to_unix_micros(self._round.judging.opens)
            assigned = assign(entries, judges, {track: most}, units, at, asked.seed)
            panels, given = assigned.panels, assigned.loads.values()
            ballots = len(entries) * sum(needed.values())
            self.loads.append(Load(track, len(entries), ballots, count, min(given), max(given)))
        severity = {judge: self._chance.gauss(0, SEVERITY) for panel in panels.values() for judge in panel}
        for component in components:
            self._component(track, component, entries, panels, severity)

    def _component(
        self,
        track: str,
        component: Component,
        entries: Sequence[Entry],
        panels: Panels,
        severity: Mapping[str, float],
    ) -> None:
        if component.panel and component.rubric:
            ballots = self._rules.panels[component.panel].ballots
            criteria = self._rules.rubrics[component.rubric]
            rows = [
                (entry.entry, judge, [self._score(entry, item, severity[judge]) for item in criteria])
                for entry in entries
                for judge in panels[entry.entry][:ballots]
            ]
            self.ballots[self._round.id, component.id, track] = Columns.of(
                np.array([entry for entry, _, _ in rows]),
                np.array([judge for _, judge, _ in rows]),
                np.array([scores for _, _, scores in rows], dtype=np.int64),
            )
        for entry in entries:
            if component.runs:
                self.runs += [
                    self._run(entry, component, number, component.runs.max)
                    for number in range(1, component.runs.count + 1)
                ]
            if component.test:
                score = Decimal(round(self._share(entry) * float(component.test.max)))
                self.tests.append(TestScore(self._round.id, component.id, entry.entry, score))

    def _share(self, entry: Entry, severity: float = 0.0) -> float:
        """How much of a full score the work gets this time."""
        return min(1.0, max(0.0, self._quality[entry.entry] - severity + self._chance.gauss(0, NOISE)))

    def _score(self, entry: Entry, criterion: Criterion, severity: float) -> int:
        """In hundredths, as a judge writes it: whole points of a large criterion, halves of a small one."""
        full = int(criterion.full * 100)
        step = 100 if full >= 2000 else 50
        return min(full, round(self._share(entry, severity) * full / step) * step)

    def _run(self, entry: Entry, component: Component, number: int, full: Decimal) -> Run:
        points = min(full, Decimal(5 * round(self._share(entry) * float(full) / 5)))
        seconds, grams = Decimal(self._chance.randint(400, 1800)) / 10, Decimal(self._chance.randint(600, 1500))
        return Run(self._round.id, component.id, entry.entry, number, points, seconds, mass_g=grams)


def _outcome(rules: SeasonRules, result: RoundResult, loads: Sequence[Load]) -> RoundOutcome:
    judging = rules.round(result.round).judging
    by_group: dict[tuple[str, str], list[GroupResult]] = defaultdict(list)
    for group in result.groups:
        by_group[group.track, group.division].append(group)
    seated = result.seating.present if result.seating else frozenset[str]()
    return RoundOutcome(
        result.round,
        result.entrants,
        max(1, (judging.closes - judging.opens).days),
        tuple(loads),
        tuple(_group(rules, heats, seated) for heats in by_group.values()),
        sum(decision.seats for decision in result.seating.open) if result.seating else 0,
    )


def _group(rules: SeasonRules, heats: Sequence[GroupResult], seated: frozenset[str]) -> GroupOutcome:
    given: Counter[str] = Counter()
    for heat in heats:
        given.update(award.tier for award in heat.given.values())
    return GroupOutcome(
        heats[0].track,
        heats[0].division,
        len(heats),
        sum(len(heat.standings) for heat in heats),
        given,
        sum(_ties(rules, heat) for heat in heats),
        sum(1 for heat in heats for standing in heat.standings if standing.entry.entry in seated),
    )


def _ties(rules: SeasonRules, heat: GroupResult) -> int:
    """How many groups of equal ones lie across the line of a tier."""
    awards = rules.round(heat.round).awards
    if awards is None:
        return 0
    ends = tier_cutoffs(awards, heat.base)
    spans = {(award.first, award.last) for award in heat.given.values()}
    return sum(1 for first, last in spans if any(first <= end < last for end in ends))
