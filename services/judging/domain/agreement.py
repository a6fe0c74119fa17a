"""How far judges agree: intraclass correlation and Krippendorff's alpha.

Sources: P. E. Shrout and J. L. Fleiss, Intraclass correlations, Psychological Bulletin 86 (1979), 420–428;
K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), for interval data. What a coefficient is called:
T. K. Koo and M. Y. Li, A Guideline of Selecting and Reporting Intraclass Correlation Coefficients (2016);
K. Krippendorff, Content Analysis (2004), chapter 11.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from services.judging.domain.columns import Columns

Values = NDArray[np.float64]


class Agreement(StrEnum):
    """What an intraclass correlation means."""

    POOR = "poor"
    MODERATE = "moderate"
    GOOD = "good"
    EXCELLENT = "excellent"


class Reliability(StrEnum):
    """What Krippendorff's alpha means: whether conclusions may rest on the scores."""

    LACKING = "lacking"
    TENTATIVE = "tentative"
    RELIABLE = "reliable"


def agreement_of(coefficient: float) -> Agreement:
    """Below 0.5, 0.75, 0.9, or from there on."""
    if coefficient < 0.5:
        return Agreement.POOR
    if coefficient < 0.75:
        return Agreement.MODERATE
    return Agreement.GOOD if coefficient < 0.9 else Agreement.EXCELLENT


def reliability_of(alpha: float) -> Reliability:
    """Below 2/3, below 0.8, or from there on."""
    if alpha < 2 / 3:
        return Reliability.LACKING
    return Reliability.TENTATIVE if alpha < 0.8 else Reliability.RELIABLE


@dataclass(frozen=True, slots=True)
class Intraclass:
    """The six coefficients of Shrout and Fleiss: of a single judge and of the mean of all k, 1 at best."""

    one_way: float
    one_way_mean: float
    random: float
    """ICC(2,1): judges are a sample; their severity counts as disagreement."""
    random_mean: float
    fixed: float
    """ICC(3,1): these judges and no others; only the order they give counts."""
    fixed_mean: float


def intraclass(ratings: Values) -> Intraclass | None:
    """Of a complete table, a row an entry and a column a judge; None for fewer than two of either, or without variation."""
    entries, judges = ratings.shape
    if entries < 2 or judges < 2:
        return None
    grand = ratings.mean()
    by_entry, by_judge = ratings.mean(axis=1), ratings.mean(axis=0)
    between = judges * float(((by_entry - grand) ** 2).sum()) / (entries - 1)
    severity = entries * float(((by_judge - grand) ** 2).sum()) / (judges - 1)
    within = float(((ratings - by_entry[:, None]) ** 2).sum()) / (entries * (judges - 1))
    rest = ratings - by_entry[:, None] - by_judge[None, :] + grand
    error = float((rest**2).sum()) / ((entries - 1) * (judges - 1))
    if between == 0:
        return None
    return Intraclass(
        one_way=(between - within) / (between + (judges - 1) * within),
        one_way_mean=(between - within) / between,
        random=(between - error) / (between + (judges - 1) * error + judges * (severity - error) / entries),
        random_mean=(between - error) / (between + (severity - error) / entries),
        fixed=(between - error) / (between + (judges - 1) * error),
        fixed_mean=(between - error) / between,
    )


def krippendorff(ratings: Values) -> float | None:
    """Alpha for interval data of a table with gaps (NaN), a row an entry and a column a judge.

    1 − observed ÷ expected disagreement over all pairs; entries with fewer than two ratings say nothing. None where
    there is nothing to compare or everything is the same.
    """
    counts = (~np.isnan(ratings)).sum(axis=1)
    paired = ratings[counts >= 2]
    values = paired[~np.isnan(paired)]
    if values.size < 2:
        return None
    mean = values.mean()
    expected = 2 * float(((values - mean) ** 2).sum()) * values.size / (values.size * (values.size - 1))
    if expected == 0:
        return None
    observed = 0.0
    for row in paired:
        given = row[~np.isnan(row)]
        observed += 2 * given.size * float(((given - given.mean()) ** 2).sum()) / (given.size - 1)
    return float(1 - observed / values.size / expected)


def table(columns: Columns, values: NDArray[np.float64]) -> Values:
    """Values of ballots as a table with gaps, by entry and judge in the order of the columns."""
    ndarray = np.full((len(columns.entries), len(columns.judges)), np.nan)
    ndarray[columns.entry, columns.judge] = values
    return ndarray


def largest_complete(ratings: Values) -> Values:
    """The rows that every judge of the most frequent panel rated, as a complete table; empty when no two share a panel."""
    present = ~np.isnan(ratings)
    panels, counts = np.unique(present, axis=0, return_counts=True)
    best = panels[int(np.argmax(counts * panels.sum(axis=1)))]
    rows = present[:, best].all(axis=1)
    return ratings[rows][:, best]
