"""An automatic judge for algorithm tracks: scores uploaded predictions against hidden labels, by scikit-learn.

It is a judge like any other: invited, given works without names, with a token of its own. It looks for what it was given,
scores what it has not scored yet, and hands its scores in as objective ones.
"""

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from sklearn.metrics import accuracy_score, f1_score, root_mean_squared_error

from laurel.client import Client, ProblemAnswer
from laurel.errors import UserError

LATER = frozenset({"copy-held", "copy-being-made", "try-again"})
"""Answers for a file that the organizer looks at first, or whose copy is not there yet."""
Metric = Literal["accuracy", "f1", "rmse"]
CENT = Decimal("0.01")
NOTHING = "\0"
"""What counts as the prediction of an example that a file leaves out."""


def read_table(content: bytes) -> dict[str, str]:
    """The second column by the first of a UTF-8 CSV with a header.

    Raises:
        ValueError: it is no such file, or an id stands twice.
    """
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    result: dict[str, str] = {}
    for row in rows[1:]:
        if not row:
            continue
        if len(row) < 2 or row[0].strip() in result:
            raise ValueError(f"row {rows.index(row) + 1}")
        result[row[0].strip()] = row[1].strip()
    return result


def score(content: bytes, labels: Mapping[str, str], metric: Metric, scale: float) -> Decimal:
    """Points of 100 with two decimals; 0 for a file that cannot be read.

    `accuracy`: the share of right predictions. `f1`: the unweighted mean of F1 over the classes of the labels. Examples that
    are left out count as wrong. `rmse`: 100 × max(0, 1 − RMSE ÷ scale); a file with gaps or without numbers gets 0.
    """
    try:
        given = read_table(content)
    except (ValueError, csv.Error, IndexError):
        return Decimal("0.00")
    truth = list(labels.values())
    if metric == "rmse":
        try:
            numbers = [float(given[name]) for name in labels]
        except (KeyError, ValueError):
            return Decimal("0.00")
        if not all(map(math.isfinite, numbers)):
            return Decimal("0.00")
        share = max(0.0, 1 - float(root_mean_squared_error([float(item) for item in truth], numbers)) / scale)
    else:
        predicted = [given.get(name, NOTHING) for name in labels]
        if metric == "accuracy":
            share = float(accuracy_score(truth, predicted))
        else:
            classes = sorted(set(truth))
            share = float(f1_score(truth, predicted, labels=classes, average="macro", zero_division=0.0))
    return Decimal(repr(100 * share)).quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass
class AutomaticJudge:
    """One automatic judge at work in one round of one season."""

    client: Client
    season: str
    component: str
    labels: Mapping[str, str]
    metric: Metric
    full: Decimal
    """Points that the component gives at most."""
    scale: float = 1.0
    say: Callable[[str, str], None] = lambda _entry, _points: None
    _done: set[str] = field(default_factory=set)

    def look(self) -> int:
        """Score everything that is new; how many works that was."""
        works = self.client.get(f"/judging/v1/seasons/{self.season}/works")
        rows = []
        for entry in works["entries"]:
            if entry in self._done:
                continue
            points = self._points(entry)
            if points is None:
                continue
            rows.append(f"{works['round']},{self.component},{entry},{points}")
            self.say(entry, str(points))
            self._done.add(entry)
        if rows:
            content = "\n".join(["round,component,entry,score", *rows]).encode()
            address = f"/judging/v1/seasons/{self.season}/rounds/{works['round']}/sheets/tests"
            self.client.call("POST", address, content=content, headers={"Content-Type": "text/csv"})
        return len(rows)

    def _points(self, entry: str) -> Decimal | None:
        """Of the newest text file of a work; None while there is none, or it cannot be had yet: the next look asks again."""
        base = f"/registration/v1/seasons/{self.season}/works/{entry}/copies"
        try:
            files = [item for item in self.client.get(base) if item["media_type"].startswith("text/")]
            if not files:
                return None
            content = self.client.call("GET", f"{base}/{files[-1]['number']}").content
        except ProblemAnswer as problem:
            if problem.status == 404 or problem.code in LATER:
                return None
            raise
        points = score(content, self.labels, self.metric, self.scale)
        return (points * self.full / 100).quantize(CENT, rounding=ROUND_HALF_UP)


def labels_from(content: bytes, file: str) -> dict[str, str]:
    """The hidden labels. Raises UserError where they cannot be read."""
    try:
        table = read_table(content)
    except (ValueError, csv.Error, IndexError) as error:
        raise UserError("labels-unreadable", file=file) from error
    if not table:
        raise UserError("labels-unreadable", file=file)
    return table
