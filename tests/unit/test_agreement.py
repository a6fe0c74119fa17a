"""Agreement and severity of judges against published figures, and against what they must recover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.agreement import agreement_of, intraclass, krippendorff, largest_complete, reliability_of
from services.judging.domain.calibration import parts, severities
from services.judging.domain.columns import Columns

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=np.float64
)
"""Shrout and Fleiss (1979), table 2: four judges, six targets."""

_ = np.nan
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
).T
"""Krippendorff (2011), section C: four observers, twelve units, with gaps."""


def test_the_published_intraclass_correlations() -> None:
    stored_intraclass = intraclass(SHROUT_FLEISS)

    assert stored_intraclass is not None
    assert (
        round(stored_intraclass.one_way, 2),
        round(stored_intraclass.random, 2),
        round(stored_intraclass.fixed, 2),
    ) == (0.17, 0.29, 0.71)
    means = (stored_intraclass.one_way_mean, stored_intraclass.random_mean, stored_intraclass.fixed_mean)
    assert tuple(round(value, 2) for value in means) == (0.44, 0.62, 0.91)


def test_the_published_alpha_for_interval_data() -> None:
    assert krippendorff(KRIPPENDORFF) == pytest.approx(0.849, abs=0.0005)


def test_without_anything_to_compare_nothing_is_claimed() -> None:
    assert intraclass(np.array([[1.0, 2.0]])) is None
    assert krippendorff(np.array([[1.0, _], [2.0, _]])) is None
    assert krippendorff(np.array([[3.0, 3.0], [3.0, 3.0]])) is None


def test_the_most_frequent_panel_makes_a_complete_table() -> None:
    ratings = np.array([[1.0, 2.0, _], [3.0, 4.0, _], [_, 5.0, 6.0]])

    assert largest_complete(ratings).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def ballots(rows: list[tuple[str, str, float]]) -> tuple[Columns, np.ndarray]:
    columns = Columns.of(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([[round(row[2] * 100)] for row in rows], dtype=np.int64),
    )
    return columns, columns.scores[:, 0] / 100


@given(
    st.lists(st.integers(-10, 10), min_size=2, max_size=6),
    st.lists(st.integers(20, 80), min_size=3, max_size=12),
)
def test_additive_severities_are_recovered_from_a_connected_graph(severity: list[int], quality: list[int]) -> None:
    rows = [
        (f"E{e:02d}", f"J{j}", float(q + severity[j]))
        for e, q in enumerate(quality)
        for j in {e % len(severity), (e + 1) % len(severity), 0}
    ]
    columns, values = ballots(rows)
    used = sorted({row[1] for row in rows})

    stored_severities = severities(columns, values)

    centred = np.array([severity[int(judge[1:])] for judge in used], dtype=np.float64)
    assert stored_severities.connected
    assert stored_severities.severity == pytest.approx(centred - centred.mean(), abs=1e-6)


def test_judges_without_common_entries_cannot_be_compared() -> None:
    columns, values = ballots([("E1", "A", 80), ("E1", "B", 70), ("E2", "C", 60), ("E2", "D", 50)])

    assert parts(columns).tolist() == [0, 0, 1, 1]
    stored_severities = severities(columns, values)
    assert not stored_severities.connected
    assert stored_severities.severity.tolist() == pytest.approx([5, -5, 5, -5])


@pytest.mark.parametrize(
    ("coefficient", "agreement", "reliability"),
    [
        (-0.2, "poor", "lacking"),
        (0.49, "poor", "lacking"),
        (0.5, "moderate", "lacking"),
        (0.7, "moderate", "tentative"),
        (0.75, "good", "tentative"),
        (0.8, "good", "reliable"),
        (0.9, "excellent", "reliable"),
    ],
)
def test_a_coefficient_is_called_what_its_sources_call_it(coefficient: float, agreement: str, reliability: str) -> None:
    assert (agreement_of(coefficient), reliability_of(coefficient)) == (agreement, reliability)
