"""How the score of one entry came about: every ballot and what became of it, up to the total, the rank and the lines.

It is taken from the steps that make the results, so what is shown is what was computed; ballots come without their judge.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import numpy as np

from services.judging.domain.columns import Columns
from services.judging.domain.facts import Appeal, Entry, Season
from services.judging.domain.ranking import RankedEntry, objective_scores, panel_basis
from services.judging.domain.results import GroupResult, Results, RoundResult
from services.judging.domain.rounding import exact, format_fixed
from services.judging.domain.scores import by_strength, panel_rows
from shared.season.award_lines import tier_cutoffs
from shared.season.rules import Component, Round

Method = Literal["mean", "trimmed-mean", "median", "z-score", "without-severity", "best-run", "all-runs", "test"]
SHOWN = 2
"""Decimals that people see; entries that are equal in them may be apart."""


@dataclass(frozen=True, slots=True)
class BallotLine:
    """A ballot without its judge: its scores, its value from 0 to 100, and what that became."""

    scores: tuple[Decimal, ...]
    value: Fraction
    counted: bool
    """Whether it is part of the mean; otherwise it was left out as one of the highest or lowest."""
    adjusted: float | None = None
    """Its deviation from its judge's mean in the judge's measure, or its value without the judge's severity."""


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """One component: how its value was made, and what it weighs. Values are kept: ten-thousandths."""

    component: str
    weight: Decimal
    method: Method
    value: int | None
    ballots: tuple[BallotLine, ...] = ()
    center: Decimal | None = None
    scale: Decimal | None = None
    """Of a standardisation: the value is `center` + `scale` × the mean deviation, within 0 and 100."""
    points: tuple[Decimal, ...] = ()
    """Of runs, the best first, or of a test."""
    full: Decimal | None = None
    """What these points are part of: the most that one run or the test gives, times the runs that count."""


@dataclass(frozen=True, slots=True)
class TierLine:
    """Where a tier ends: its last position by rule, and the lowest score that got it."""

    tier: str
    position: int | None
    lowest: int | None


Side = Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class EqualScores:
    """An entry with the same score, as people see it, on the other side of a line; and what decided between the two."""

    side: Side
    """Where the other is: `above` has the better tier."""
    tier: str
    """The better tier of the two."""
    key: str
    """`score`, where the two differ in a decimal that is not shown, or a key of the tie chain; empty: equal in all."""


@dataclass(frozen=True, slots=True)
class RoundArithmetic:
    """One entry in one round."""

    round: str
    components: tuple[ComponentLine, ...]
    score: int | None
    rank: int | None
    ranked: int
    """How many have a rank in the group."""
    base: int
    """From how many entries the lines of the tiers were counted."""
    tier: str
    lines: tuple[TierLine, ...]
    equals: tuple[EqualScores, ...]
    notes: tuple[str, ...]


def arithmetic(season: Season, results: Results, entry: Entry) -> list[RoundArithmetic]:
    """What was computed of the entry in each round in which it took part."""
    rounds = []
    for round_result in results.rounds:
        group, standing = _standing(round_result, entry.entry)
        if group and standing:
            rounds.append(_round(season, round_result, group, standing))
    return rounds


def _standing(round_result: RoundResult, entry: str) -> tuple[GroupResult | None, RankedEntry | None]:
    for group in round_result.groups:
        for standing in group.standings:
            if standing.entry.entry == entry:
                return group, standing
    return None, None


def _round(season: Season, round_result: RoundResult, group: GroupResult, standing: RankedEntry) -> RoundArithmetic:
    round_, entry = season.rules.round(round_result.round), standing.entry
    kept = dict(standing.components)
    appeals = [appeal for appeal in season.decisions.appeals if appeal.round == round_.id]
    present = [each.entry for others in round_result.groups for each in others.standings]
    return RoundArithmetic(
        round=round_.id,
        components=tuple(
            _component(season, round_, entry, component, kept.get(component.id), appeals, present)
            for component in round_.scoring[entry.track].components
        ),
        score=standing.score,
        rank=standing.rank,
        ranked=sum(1 for each in group.standings if each.rank),
        base=group.base,
        tier=group.tier(entry.entry),
        lines=tuple(_lines(round_, group)),
        equals=tuple(_equals(round_, group, standing)),
        notes=standing.notes,
    )


def _component(
    season: Season,
    round_: Round,
    entry: Entry,
    component: Component,
    value: int | None,
    appeals: Sequence[Appeal],
    present: Iterable[Entry],
) -> ComponentLine:
    runs, tests = objective_scores(season, round_, appeals)
    key = (component.id, entry.entry)
    if component.test:
        points = (tests[key],) if key in tests else ()
        return ComponentLine(component.id, component.weight, "test", value, points=points, full=component.test.max)
    if component.runs:
        best = component.runs.take == "best"
        return ComponentLine(
            component.id,
            component.weight,
            "best-run" if best else "all-runs",
            value,
            points=tuple(run.points for run in by_strength(runs.get(key, ()))),
            full=component.runs.max * (1 if best else component.runs.count),
        )
    return _panel(season, round_, entry, component, value, appeals, present)


def _panel(
    season: Season,
    round_: Round,
    entry: Entry,
    component: Component,
    value: int | None,
    appeals: Sequence[Appeal],
    present: Iterable[Entry],
) -> ComponentLine:
    rubric, panel = season.rules.rubrics[component.rubric or ""], season.rules.panels[component.panel or ""]
    method: Method = "without-severity" if panel.without_severity else panel.method
    same_track = [each for each in present if each.track == entry.track]
    basis = panel_basis(season, round_, component, entry.track, same_track, appeals)
    if basis is None or entry.entry not in basis[0].entries:
        return ComponentLine(component.id, component.weight, method, value)
    columns, scales = basis
    rows = panel_rows(columns, rubric, panel, scales)
    position = list(columns.entries).index(entry.entry)
    ballots = [
        BallotLine(
            _decimals(columns, row),
            Fraction(int(rows.values[row]), rows.unit),
            bool(rows.counted[row]),
            None if rows.adjusted is None else float(rows.adjusted[row]),
        )
        for row in np.flatnonzero(columns.entry == position).tolist()
    ]
    ballots.sort(key=lambda line: (line.value, line.scores, not line.counted))
    return ComponentLine(
        component.id,
        component.weight,
        "median" if rows.spread[position] else method,
        value,
        tuple(ballots),
        center=panel.center if method == "z-score" else None,
        scale=panel.scale if method == "z-score" else None,
    )


def _decimals(columns: Columns, row: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(score) / 100 for score in columns.scores[row].tolist())


def _lines(round_: Round, group: GroupResult) -> list[TierLine]:
    awards = round_.awards
    if awards is None:
        return []
    ends = tier_cutoffs(awards, group.base)
    named = {tier.id: (ends[number] if number < len(ends) else None) for number, tier in enumerate(awards.tiers)}
    lowest: dict[str, int] = {}
    for standing in group.standings:
        tier = group.tier(standing.entry.entry)
        if tier and standing.rank and standing.score is not None:
            lowest[tier] = min(standing.score, lowest.get(tier, standing.score))
    return [TierLine(tier, position, lowest.get(tier)) for tier, position in named.items()]


def _equals(round_: Round, group: GroupResult, standing: RankedEntry) -> list[EqualScores]:
    """Where somebody on the other side of a line has the same score as it is shown."""
    if not standing.rank:
        return []
    ranked = [each for each in group.standings if each.rank]
    own = group.tier(standing.entry.entry)
    at = ranked.index(standing)
    above = next((each for each in reversed(ranked[:at]) if group.tier(each.entry.entry) != own), None)
    below = next((each for each in ranked[at + 1 :] if group.tier(each.entry.entry) != own), None)
    keys = round_.scoring[standing.entry.track].ties
    sides: tuple[tuple[Side, RankedEntry | None], ...] = (("above", above), ("below", below))
    return [
        EqualScores(
            side,
            group.tier(other.entry.entry) if side == "above" else own,
            _deciding(keys, standing, other),
        )
        for side, other in sides
        if other and shown(other.score) == shown(standing.score)
    ]


def _deciding(keys: Sequence[str], entry: RankedEntry, other: RankedEntry) -> str:
    if entry.score != other.score:
        return "score"
    return next((key for key, a, b in zip(keys, entry.ties, other.ties, strict=True) if a != b), "")


def shown(score: int | None) -> str:
    """A kept score as people see it."""
    return "" if score is None else format_fixed(exact(score), SHOWN)
