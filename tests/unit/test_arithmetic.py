"""The arithmetic of every entry, as entrants see it: what is shown sums to what is stated."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.arithmetic import ComponentLine, RoundArithmetic, arithmetic
from services.judging.domain.columns import Columns
from services.judging.domain.facts import Season
from services.judging.domain.ranking import RankedEntry
from services.judging.domain.results import Results, compute
from services.judging.domain.rounding import exact, kept_floats, to_kept
from shared.season.rules import Panel, SeasonRules
from shared.states import EntryStatus, ResultStage
from tests.conftest import GOLDEN
from tests.support import on_paper
from tests.support.examples import examples


@cache
def golden() -> tuple[Season, Results]:
    season = on_paper.read(GOLDEN).season
    return season, compute(season, ResultStage.FINAL)


def value_of(line: ComponentLine, panel: Panel | None) -> int:
    """The value of a component from nothing but its line."""
    if line.method == "test":
        assert line.full
        return to_kept(100 * Fraction(line.points[0]) / Fraction(line.full))
    if line.method in ("best-run", "all-runs"):
        assert line.full
        points = line.points[:1] if line.method == "best-run" else line.points
        return to_kept(100 * Fraction(sum(points, Decimal(0))) / Fraction(line.full))
    counted = [ballot for ballot in line.ballots if ballot.counted]
    if line.method in ("z-score", "without-severity"):
        mean = sum(ballot.adjusted or 0.0 for ballot in counted) / len(counted)
        whole = float(line.center or 0) + float(line.scale or 1) * mean if line.method == "z-score" else mean
        return int(kept_floats(np.array([min(max(whole, 0.0), 100.0)]))[0])
    return to_kept(sum((ballot.value for ballot in counted), Fraction(0)) / len(counted))


def sums_up(season: Season, part: RoundArithmetic, stated: RankedEntry) -> None:
    """The line of each component gives its value, these the score, and both are what the results state."""
    assert (part.score, part.rank, part.notes) == (stated.score, stated.rank, stated.notes)
    kept = dict(stated.components)
    rules = {c.id: c for c in season.rules.round(part.round).scoring[stated.entry.track].components}
    for line in part.components:
        assert line.value == kept.get(line.component)
        if line.value is not None:
            panel = season.rules.panels.get(rules[line.component].panel or "")
            assert abs(value_of(line, panel) - line.value) <= (
                0 if line.method not in ("z-score", "without-severity") else 1
            )
    if part.score is not None:
        weighed = sum((Fraction(c.weight) * exact(c.value or 0) for c in part.components), Fraction(0))
        assert to_kept(weighed / sum(Fraction(line.weight) for line in part.components)) == part.score


def test_what_is_shown_of_every_entry_of_the_golden_season_sums_to_what_is_stated() -> None:
    season, results = golden()
    stated = {
        (round_.round, standing.entry.entry): standing
        for round_ in results.rounds
        for group in round_.groups
        for standing in group.standings
    }
    checked = 0
    for entry in list(season.entries.values())[::7]:
        for part in arithmetic(season, results, entry):
            sums_up(season, part, stated[part.round, entry.entry])
            checked += 1
    assert checked > 50


SCORE = st.integers(0, 4000)
METHODS = (
    {"method": "mean"},
    {"method": "trimmed-mean", "drop_high": 1, "drop_low": 1, "min_ballots": 3},
    {"method": "trimmed-mean", "drop_high": 1, "drop_low": 1, "min_ballots": 3, "spread_review": "10"},
    {"method": "z-score", "center": "75", "scale": "10", "min_ballots": 2},
    {"method": "mean", "without_severity": True},
)


def small(method: dict[str, object], scores: list[list[int]]) -> Season:
    """Entries of one track with so many ballots each, in hundredths of the criteria's points."""
    season, _ = golden()
    round_ = season.rules.rounds[0]
    track = next(t for t, s in round_.scoring.items() if any(c.panel for c in s.components))
    scoring = round_.scoring[track]
    component = next(c for c in scoring.components if c.panel)
    rubric = season.rules.rubrics[component.rubric or ""]
    names = [e.entry for e in season.entries.values() if e.track == track and e.standing == EntryStatus.VALID]
    names = names[: len(scores)]
    rows = [
        (name, f"J{judge}", value)
        for name, theirs in zip(names, scores, strict=True)
        for judge, value in enumerate(theirs)
    ]
    columns = Columns.of(
        np.array([name for name, _, _ in rows]),
        np.array([judge for _, judge, _ in rows]),
        np.array([[min(value, int(c.full * 100)) for c in rubric] for _, _, value in rows], dtype=np.int64),
    )
    alone = scoring.model_copy(update={"components": (component,), "ties": ()})
    lone_round = round_.model_copy(update={"scoring": {track: alone}, "advance": None, "special": ()})
    panels = {**season.rules.panels, component.panel or "": Panel.model_validate({"ballots": 1, **method})}
    rules: SeasonRules = season.rules.model_copy(
        update={
            "rounds": (lone_round,),
            "panels": panels,
            "instructor_award": None,
            "unit_award": None,
            "credits": None,
        }
    )
    entries = {name: season.entries[name] for name in sorted(names)}
    return replace(
        season,
        rules=rules,
        entries=entries,
        ballots={(round_.id, component.id, track): columns},
        decisions=type(season.decisions)(),
    )


@pytest.mark.parametrize("method", METHODS)
@examples(15)
@given(st.lists(st.lists(SCORE, min_size=1, max_size=5), min_size=2, max_size=5))
def test_whatever_the_ballots_and_the_method_the_lines_give_the_score(
    method: dict[str, object], scores: list[list[int]]
) -> None:
    season = small(method, scores)
    results = compute(season, ResultStage.FINAL)
    for group in results.rounds[0].groups:
        for standing in group.standings:
            (part,) = arithmetic(season, results, standing.entry)
            sums_up(season, part, standing)
            (line,) = part.components
            assert len(line.ballots) in {len(theirs) for theirs in scores}
            assert all(ballot.scores for ballot in line.ballots)


def test_equal_scores_on_both_sides_of_a_line_name_what_decided() -> None:
    season, results = golden()
    explained = [
        (part.round, equal.side, equal.key)
        for entry in season.entries.values()
        for part in arithmetic(season, results, entry)
        for equal in part.equals
    ]
    assert explained, "the golden season has such entries"
    for round_id, _, key in explained:
        known = {key for scoring in season.rules.round(round_id).scoring.values() for key in scoring.ties}
        assert key in {"score", ""} | known
