"""Ranks 名次: by score, then the season's tie chain, then joint: 1-2-2-4 (season folder, section 7)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

import numpy as np

from services.judging.domain.columns import Columns
from services.judging.domain.facts import Appeal, Entry, Run, Season
from services.judging.domain.rounding import Whole, kept_quotients
from services.judging.domain.scores import (
    JudgeScales,
    by_strength,
    criterion_means,
    judge_scales,
    panel_values,
    round_scores,
    runs_value,
)
from shared.season.rules import Component, Round, Scoring
from shared.states import EntryStatus

Key = tuple[int, ...]
NO_VALUE = -1
OUT = ("exhibition", "disqualified", "absent")
"""Notes of entries that have no rank and do not move others."""


@dataclass(frozen=True, slots=True)
class RankedEntry:
    """One entry in one round. Without a score it is absent; only competing, scored entries have a rank.

    Scores and components are kept values: ten-thousandths.
    """

    entry: Entry
    score: int | None
    ties: tuple[Key, ...] = ()
    """The season's tie chain, a part for each of its keys; higher is better."""
    rank: int | None = None
    notes: tuple[str, ...] = ()
    components: tuple[tuple[str, int], ...] = ()

    @property
    def strength(self) -> tuple[int, tuple[Key, ...]]:
        """Higher is better."""
        return (self.score if self.score is not None else NO_VALUE, self.ties)

    @property
    def competes(self) -> bool:
        return self.score is not None and not any(note in OUT for note in self.notes)


def rank_group(standings: Iterable[RankedEntry]) -> list[RankedEntry]:
    """The standings of one group and heat with their ranks: ranked ones first, best first, then the others by id.

    The order of the input does not matter.
    """
    everything = sorted(standings, key=lambda standing: standing.entry.entry)
    competing = [ranked for ranked in everything if ranked.competes]
    competing.sort(key=lambda ranked: ranked.strength, reverse=True)
    ranked: list[RankedEntry] = []
    for _, block in groupby(competing, key=lambda ranked: ranked.strength):
        rank = len(ranked) + 1
        ranked += [
            RankedEntry(ranked.entry, ranked.score, ranked.ties, rank, ranked.notes, ranked.components)
            for ranked in block
        ]
    return ranked + [ranked for ranked in everything if not ranked.competes]


def score_round(
    season: Season,
    round_: Round,
    present: Iterable[Entry],
    previous: Mapping[str, int],
    appeals: Sequence[Appeal] = (),
) -> list[RankedEntry]:
    """Score and tie keys of every entry that is present in the round, by id; ranks come later.

    `previous` are the scores of the round before. With `appeals` the scores of these entries are computed again from the
    new ballots, while every judge's mean and deviation stay as they were.
    """
    by_track: dict[str, list[Entry]] = defaultdict(list)
    for entry in present:
        by_track[entry.track].append(entry)
    runs, tests = objective_scores(season, round_, appeals)
    rankeds: list[RankedEntry] = []
    for track, entries in by_track.items():
        entries.sort(key=lambda entry: entry.entry)
        rankeds += _Track(season, round_, track, entries, runs, tests, appeals).standings(previous)
    return sorted(rankeds, key=lambda standing: standing.entry.entry)


Runs = Mapping[tuple[str, str], Sequence[Run]]
Tests = Mapping[tuple[str, str], Decimal]


def objective_scores(season: Season, round_: Round, appeals: Sequence[Appeal]) -> tuple[Runs, Tests]:
    """The runs and test scores that count in a round, by component and entry; appeals replace those of tests."""
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in season.runs:
        if run.round == round_.id:
            runs[run.component, run.entry].append(run)
    tests = {(test.component, test.entry): test.score for test in season.tests if test.round == round_.id}
    for appeal in appeals:
        if appeal.round == round_.id and appeal.score is not None:
            tests[appeal.component, appeal.entry] = appeal.score
    return runs, tests


def panel_basis(
    season: Season,
    round_: Round,
    component: Component,
    track: str,
    entries: Iterable[Entry],
    appeals: Sequence[Appeal],
) -> tuple[Columns, JudgeScales] | None:
    """The ballots that count for a component of a track, and how each judge scored before appeals; None without ballots."""
    columns = season.ballots.get((round_.id, component.id, track))
    if columns is None:
        return None
    appealed = {
        (appeal.entry, judge): scores
        for appeal in appeals
        if (appeal.round, appeal.component) == (round_.id, component.id) and season.entries[appeal.entry].track == track
        for judge, scores in appeal.ballots.items()
    }
    rubric, panel = season.rules.rubrics[component.rubric or ""], season.rules.panels[component.panel or ""]
    competing = {entry.entry for entry in entries if entry.standing == EntryStatus.VALID}
    scales = judge_scales(columns, rubric, competing, model=panel.without_severity)
    return (columns.replaced(appealed) if appealed else columns), scales


class _Track:
    """The entries of one track in one round, by id, with what is known of each component."""

    def __init__(
        self,
        season: Season,
        round_: Round,
        track: str,
        entries: Sequence[Entry],
        runs: Runs,
        tests: Tests,
        appeals: Sequence[Appeal],
    ) -> None:
        self._season, self._round, self._track, self._entries = season, round_, track, entries
        self._runs, self._tests, self._appeals = runs, tests, appeals
        self._scoring: Scoring = round_.scoring[track]
        self._columns: dict[str, tuple[Columns, Whole]] = {}
        self._spread: set[str] = set()
        self._values = [self._component(component) for component in self._scoring.components]

    def standings(self, previous: Mapping[str, int]) -> list[RankedEntry]:
        whole = np.all([values != NO_VALUE for values in self._values], axis=0)
        weights = [component.weight for component in self._scoring.components]
        scores = round_scores(weights, self._values).tolist()
        ties = [self._tie(key, previous) for key in self._scoring.ties]
        names = [component.id for component in self._scoring.components]
        values = [column.tolist() for column in self._values]
        rankeds: list[RankedEntry] = []
        for position, (entry, has_score) in enumerate(zip(self._entries, whole.tolist(), strict=True)):
            notes = (
                *(("exhibition",) if entry.standing == EntryStatus.EXHIBITION else ()),
                *(() if has_score else ("absent",)),
                *(("spread",) if entry.entry in self._spread else ()),
            )
            parts = tuple(
                (name, column[position])
                for name, column in zip(names, values, strict=True)
                if column[position] != NO_VALUE
            )
            if has_score:
                keys = tuple(key[position] for key in ties)
                rankeds.append(RankedEntry(entry, scores[position], keys, None, notes, parts))
            else:
                rankeds.append(RankedEntry(entry, None, notes=notes, components=parts))
        return rankeds

    def _component(self, component: Component) -> Whole:
        if component.panel is not None:
            return self._panel(component)
        values = np.full(len(self._entries), NO_VALUE, dtype=np.int64)
        for position, entry in enumerate(self._entries):
            if component.runs is not None:
                made = self._runs.get((component.id, entry.entry))
                if made:
                    values[position] = runs_value(made, component.runs)
            elif component.test is not None and (component.id, entry.entry) in self._tests:
                score = self._tests[component.id, entry.entry]
                top, full = int(score * 100), int(component.test.max * 100)
                values[position] = int(kept_quotients(np.array([100 * top]), full)[0])
        return values

    def _panel(self, component: Component) -> Whole:
        rules = self._season.rules
        values = np.full(len(self._entries), NO_VALUE, dtype=np.int64)
        basis = panel_basis(self._season, self._round, component, self._track, self._entries, self._appeals)
        if basis is None:
            return values
        columns, scales = basis
        rubric, panel = rules.rubrics[component.rubric or ""], rules.panels[component.panel or ""]
        given = panel_values(columns, rubric, panel, scales)
        place = {entry: position for position, entry in enumerate(columns.entries)}
        at = np.array([place.get(entry.entry, -1) for entry in self._entries], dtype=np.int64)
        values[at >= 0] = given.kept[at[at >= 0]]
        self._columns[component.id] = columns, at
        self._spread.update(columns.entries[position] for position in np.flatnonzero(given.spread).tolist())
        return values

    def _tie(self, key: str, previous: Mapping[str, int]) -> list[Key]:
        """The parts of one tie key for every entry; higher is better."""
        kind, _, name = key.partition(":")
        if kind == "criteria":
            if name not in self._columns:
                return [()] * len(self._entries)
            columns, at = self._columns[name]
            means = criterion_means(columns)
            return [tuple(row) for row in means[np.maximum(at, 0)].tolist()]
        if kind == "component":
            position = [component.id for component in self._scoring.components].index(name)
            return [(value,) for value in self._values[position].tolist()]
        if kind == "previous-score":
            return [(previous.get(entry.entry, 0),) for entry in self._entries]
        if kind == "earliest-submission":
            return [(-(entry.submitted_at or 0),) for entry in self._entries]
        component = next((component.id for component in self._scoring.components if component.runs), "")
        return [(_of_runs(kind, self._runs.get((component, entry.entry), ())),) for entry in self._entries]


def _of_runs(kind: str, runs: Sequence[Run]) -> int:
    """A tie key of runs in hundredths; higher is better."""
    if not runs:
        return 0
    ordered = by_strength(runs)
    value = {
        "best-run-time": -ordered[0].time_s,
        "second-run": ordered[1].points if len(ordered) > 1 else Decimal(0),
        "mass": -ordered[0].mass_g,
        "total-time": -sum((run.time_s for run in runs), Decimal(0)),
        "penalties": -sum((run.penalties for run in runs), Decimal(0)),
    }[kind]
    return int(value * 100)
