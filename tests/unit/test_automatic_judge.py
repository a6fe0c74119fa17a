"""Predictions against hidden labels: worked out by hand, and whatever a file may hold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.automatic_judge import Metric, labels_from, score
from laurel.trouble import Trouble

LABELS = {"1": "cat", "2": "cat", "3": "dog", "4": "dog"}


@pytest.mark.parametrize(
    ("metric", "labels", "rows", "points"),
    [
        ("accuracy", LABELS, "1,cat\n2,dog\n3,dog\n4,dog", "75.00"),
        ("accuracy", LABELS, "1,cat\n2,cat\n3,dog", "75.00"),
        # cat: precision 1, recall 1/2, F1 2/3; dog: precision 2/3, recall 1, F1 4/5; mean 11/15
        ("f1", LABELS, "1,cat\n2,dog\n3,dog\n4,dog", "73.33"),
        # errors 3 and 4: RMSE √12.5 = 3.5355; 1 − 0.35355
        ("rmse", {"1": "10", "2": "20"}, "1,13\n2,16", "64.64"),
        ("rmse", {"1": "10", "2": "20"}, "1,13", "0.00"),
        ("rmse", {"1": "10", "2": "20"}, "1,13\n2,nan", "0.00"),
        ("rmse", {"1": "0"}, "1,100", "0.00"),
    ],
)
def test_points_by_hand(metric: Metric, labels: dict[str, str], rows: str, points: str) -> None:
    assert score(f"id,prediction\n{rows}\n".encode(), labels, metric, 10.0) == Decimal(points)


@given(st.binary(max_size=200), st.sampled_from(["accuracy", "f1", "rmse"]))
def test_no_file_breaks_the_judge(content: bytes, metric: Metric) -> None:
    assert 0 <= score(content, {"1": "1", "2": "2"}, metric, 1.0) <= 100


def test_labels_that_cannot_be_read_are_a_clear_trouble() -> None:
    with pytest.raises(Trouble, match="labels-unreadable"):
        labels_from(b"id,label\n1,a\n1,b\n", "labels.csv")
