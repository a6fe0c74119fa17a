"""From ballots, runs and tests to kept components and the score of a round (season folder, section 7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from services.judging.domain.calibration import severities
from services.judging.domain.columns import Columns, hundredths
from services.judging.domain.facts import Run
from services.judging.domain.rounding import ONE, Whole, kept_floats, kept_quotients, to_kept
from shared.season.rules import Criterion, Panel, Runs

Mask = NDArray[np.bool_]
FINEST = 10**9
"""The smallest part of a point that weights and maxima of a rubric may lead to."""


@dataclass(frozen=True, slots=True)
class PanelValues:
    """What a panel gave, by entry in the order of the columns' `entries`."""

    kept: Whole
    spread: Mask
    """Where the ballots lay so far apart that the median stands."""


@dataclass(frozen=True, slots=True)
class PanelRows:
    """What a panel makes of its ballots, a row each in the order of the columns; `spread` is by entry."""

    values: Whole
    unit: int
    """What `values` are numerators over."""
    counted: Mask
    adjusted: NDArray[np.float64] | None
    """Deviations or values without severity, where these are averaged in place of the values."""
    spread: Mask


@dataclass(frozen=True, slots=True)
class JudgeScales:
    """How each judge scored competing entries: number, sum, and Σ(n·x − sum)², by judge in the order of the columns.

    All of it but the last is exact; a constant added to every score of a judge changes n·x − sum nowhere.
    """

    judges: tuple[str, ...]
    counts: Whole
    sums: Whole
    squares: NDArray[np.float64]
    severities: NDArray[np.float64]
    """Points above the others on the same entries, by an additive model; 0 where it was not asked for."""


def measure(rubric: Sequence[Criterion]) -> tuple[list[int], int]:
    """Whole factors of the scores in hundredths, and the whole number by which their sum is a ballot value of 100."""
    total = sum((Fraction(criterion.weight) for criterion in rubric), Fraction(0))
    factors = [Fraction(criterion.weight) / Fraction(criterion.full) / total for criterion in rubric]
    common = lcm(*(factor.denominator for factor in factors))
    return [int(factor * common) for factor in factors], common


def ballot_values(scores: Whole, rubric: Sequence[Criterion]) -> tuple[Whole, int]:
    """100 × Σ(weight × score ÷ max) ÷ Σ weight of each row, as numerators over one denominator."""
    factors, common = measure(rubric)
    return scores @ np.array(factors, dtype=np.int64), common


def ballot_value(scores: Sequence[Decimal], rubric: Sequence[Criterion]) -> Fraction:
    """The value of one ballot, exact."""
    factors, common = measure(rubric)
    return Fraction(sum(factor * hundredths(score) for factor, score in zip(factors, scores, strict=True)), common)


def judge_scales(
    columns: Columns, rubric: Sequence[Criterion], competing: frozenset[str] | set[str], *, model: bool = False
) -> JudgeScales:
    """How each judge scored the entries that compete; exhibition entries are left out. `model` asks for severities."""
    values, unit = ballot_values(columns.scores, rubric)
    counts_in = np.array([entry in competing for entry in columns.entries], dtype=bool)[columns.entry]
    judge, value = columns.judge[counts_in], values[counts_in]
    size = len(columns.judges)
    counts = np.bincount(judge, minlength=size).astype(np.int64)
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, judge, value)
    deviations = (counts[judge] * value - sums[judge]).astype(np.float64)
    squares = np.bincount(judge, weights=deviations * deviations, minlength=size).astype(np.float64)
    severity = np.zeros(size)
    if model:
        kept_rows = Columns(
            columns.entries,
            columns.judges,
            columns.entry[counts_in],
            columns.judge[counts_in],
            columns.scores[counts_in],
        )
        severity = severities(kept_rows, value / unit).severity
    return JudgeScales(tuple(columns.judges), counts, sums, squares, severity)


def panel_values(columns: Columns, rubric: Sequence[Criterion], panel: Panel, scales: JudgeScales) -> PanelValues:
    """The kept value of each entry with a ballot.

    `mean`: of the ballots. `trimmed-mean` 去掉最高最低: with at least `min_ballots` the highest and lowest are left out;
    where all lie further apart than `spread_review`, the median stands. `z-score` 标准化: `center` + `scale` × the mean
    of the deviations, each from the judge's own mean in the judge's own standard deviations, within 0 and 100.
    `without_severity` 宽严校正: the mean of the ballots after each judge's severity was taken out, within 0 and 100.
    """
    rows, size = panel_rows(columns, rubric, panel, scales), len(columns.entries)
    numbers = np.bincount(columns.entry[rows.counted], minlength=size).astype(np.int64)
    if rows.adjusted is not None:
        means = np.bincount(columns.entry, weights=rows.adjusted, minlength=size) / numbers
        return PanelValues(kept_floats(on_scale(means, panel)), rows.spread)
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, columns.entry[rows.counted], rows.values[rows.counted])
    return PanelValues(kept_quotients(sums, numbers * rows.unit), rows.spread)


def panel_rows(columns: Columns, rubric: Sequence[Criterion], panel: Panel, scales: JudgeScales) -> PanelRows:
    """What each ballot gives to the value of its entry, and which are left out; `panel_values` is their mean."""
    values, unit = ballot_values(columns.scores, rubric)
    everything = np.ones(len(columns.entry), dtype=bool)
    nowhere = np.zeros(len(columns.entries), dtype=bool)
    if panel.without_severity:
        return PanelRows(values, unit, everything, _without_severity(columns, values / unit, scales), nowhere)
    if panel.method == "z-score":
        return PanelRows(values, unit, everything, deviations(columns, rubric, panel, scales), nowhere)
    if panel.method != "trimmed-mean":
        return PanelRows(values, unit, everything, None, nowhere)
    order = np.lexsort((values, columns.entry))
    entry, value = columns.entry[order], values[order]
    counts = np.bincount(entry, minlength=len(columns.entries)).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    place = np.arange(len(entry)) - first[entry]
    inside = (place >= panel.drop_low) & (place < counts[entry] - panel.drop_high)
    taken = (counts[entry] < panel.min_ballots) | inside
    spread = nowhere
    if panel.spread_review is not None:
        low, high = value[first], value[first + counts - 1]
        limit = Fraction(panel.spread_review) * unit
        spread = (high - low) * limit.denominator > limit.numerator
        middle = (place == (counts[entry] - 1) // 2) | (place == counts[entry] // 2)
        taken = np.where(spread[entry], middle, taken)
    counted = np.empty(len(order), dtype=bool)
    counted[order] = taken
    return PanelRows(values, unit, counted, None, spread)


def on_scale(means: NDArray[np.float64], panel: Panel) -> NDArray[np.float64]:
    """Means of what ballots give after they were adjusted, as values from 0 to 100."""
    if panel.without_severity:
        return np.clip(means, 0.0, 100.0)
    return np.clip(float(panel.center or 0) + float(panel.scale or 1) * means, 0.0, 100.0)


def deviations(columns: Columns, rubric: Sequence[Criterion], panel: Panel, scales: JudgeScales) -> NDArray[np.float64]:
    """Of each ballot: (x − m)/σ of its judge; (x − m)/`scale` with fewer than `min_ballots` or without any variation.

    m and σ are those of `scales`; a judge without ballots on competing entries deviates nowhere.
    """
    values, unit = ballot_values(columns.scores, rubric)
    known = {judge: position for position, judge in enumerate(scales.judges)}
    at = np.array([known.get(judge, len(known)) for judge in columns.judges], dtype=np.int64)[columns.judge]
    counts, sums = np.append(scales.counts, 0)[at], np.append(scales.sums, 0)[at]
    squares = np.append(scales.squares, 0.0)[at]
    from_mean = (counts * values - sums).astype(np.float64)
    scaled = (counts >= panel.min_ballots) & (squares > 0)
    number = np.maximum(counts, 1).astype(np.float64)
    in_sigmas = from_mean * np.sqrt(number) / np.sqrt(np.where(scaled, squares, 1.0))
    in_scale = from_mean / (number * unit * float(panel.scale or 1))
    return np.where(counts == 0, 0.0, np.where(scaled, in_sigmas, in_scale))


def _without_severity(columns: Columns, values: NDArray[np.float64], scales: JudgeScales) -> NDArray[np.float64]:
    known = dict(zip(scales.judges, scales.severities.tolist(), strict=True))
    severity: NDArray[np.float64] = np.array([known.get(judge, 0.0) for judge in columns.judges])[columns.judge]
    return values - severity


def criterion_means(columns: Columns) -> Whole:
    """Kept means of the criterion scores over all counted ballots, none dropped: a row an entry, in printed order."""
    size, criteria = len(columns.entries), columns.scores.shape[1]
    counts = np.bincount(columns.entry, minlength=size).astype(np.int64)
    means = np.zeros((size, criteria), dtype=np.int64)
    for position in range(criteria):
        sums = np.zeros(size, dtype=np.int64)
        np.add.at(sums, columns.entry, columns.scores[:, position])
        means[:, position] = kept_quotients(sums, counts * 100)
    return means


def by_strength(runs: Sequence[Run]) -> list[Run]:
    """Runs, the best first: more points, then less time."""
    return sorted(runs, key=lambda run: (-run.points, run.time_s, run.run))


def runs_value(runs: Sequence[Run], rule: Runs) -> int:
    """Points as kept percent of `max`: of the best run, or of all runs together; a run not made is 0."""
    if rule.take == "best":
        return to_kept(100 * Fraction(by_strength(runs)[0].points) / Fraction(rule.max))
    return to_kept(100 * Fraction(sum((run.points for run in runs), Decimal(0))) / (rule.count * Fraction(rule.max)))


def mean(values: Sequence[Decimal]) -> Fraction:
    """The arithmetic mean of at least one score, exact."""
    return sum((Fraction(value) for value in values), Fraction(0)) / len(values)


def round_scores(weights: Sequence[Decimal], components: Sequence[Whole]) -> Whole:
    """Σ(weight × kept component) ÷ Σ weight, kept, of many entries."""
    shares = [Fraction(weight) for weight in weights]
    common = lcm(*(share.denominator for share in shares))
    whole = [int(share * common) for share in shares]
    total = sum((weight * values for weight, values in zip(whole, components, strict=True)), np.int64(0))
    return kept_quotients(np.asarray(total), sum(whole) * ONE)
