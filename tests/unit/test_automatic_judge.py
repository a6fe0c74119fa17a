"""Predictions against hidden labels: worked out by hand, and whatever a file may hold."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.automatic_judge import AutomaticJudge, Metric, labels_from, score
from laurel.client import Client, ProblemAnswer
from laurel.errors import UserError

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
    with pytest.raises(UserError, match="labels-unreadable"):
        labels_from(b"id,label\n1,a\n1,b\n", "labels.csv")


class Installation(Client):
    """One that has two works, and lets the files of one be had only after a while."""

    def __init__(self, *refusals: tuple[int, str]) -> None:
        super().__init__("http://nowhere", "en")
        self.refusals, self.sheets = list(refusals), list[str]()

    def get(self, path: str, **_: Any) -> Any:
        if path.endswith("/copies"):
            return [{"number": 1, "media_type": "text/csv"}]
        return {"round": "final", "entries": ["E1", "E2"]}

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        if method == "POST":
            self.sheets.append(request["content"].decode())
        elif "/E1/" in path and self.refusals:
            status, code = self.refusals.pop(0)
            raise ProblemAnswer(status, {"code": code})
        return httpx.Response(200, content=b"id,prediction\n1,cat\n2,cat\n3,dog\n4,dog\n")


def test_a_file_that_is_looked_at_first_keeps_no_other_from_being_scored_and_comes_later() -> None:
    installation = Installation((409, "copy-held"), (503, "copy-being-made"), (404, "no-such-work"))
    judge = AutomaticJudge(installation, "s", "tests", LABELS, "accuracy", Decimal(50))

    assert [judge.look() for _ in range(5)] == [1, 0, 0, 1, 0]

    assert installation.sheets[0].endswith("final,tests,E2,50.00")
    assert installation.sheets[1].endswith("final,tests,E1,50.00")


def test_a_refusal_that_waiting_does_not_mend_ends_the_judge() -> None:
    judge = AutomaticJudge(Installation((403, "role-needed")), "s", "tests", LABELS, "accuracy", Decimal(50))

    with pytest.raises(ProblemAnswer, match="role-needed"):
        judge.look()
