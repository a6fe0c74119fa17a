"""The counted ballots of one component as columns: what a million entries are computed from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.str_]


class Scored(Protocol):
    """A ballot, as far as columns need it."""

    @property
    def round(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def entry(self) -> str: ...
    @property
    def judge(self) -> str: ...
    @property
    def scores(self) -> Sequence[Decimal]: ...


@dataclass(frozen=True, slots=True)
class Columns:
    """Ballots by entry and judge in the order of their ids, so that nothing depends on the order in which they came.

    `entry` and `judge` are positions in `entries` and `judges`; `scores` has one row a ballot, in hundredths.
    """

    entries: Sequence[str]
    judges: Sequence[str]
    entry: NDArray[np.int64]
    judge: NDArray[np.int64]
    scores: NDArray[np.int64]

    @classmethod
    def of(cls, entries: Ids, judges: Ids, scores: NDArray[np.int64]) -> "Columns":
        """From the ids of each ballot and its scores in hundredths."""
        entry_ids, entry = np.unique(entries, return_inverse=True)
        judge_ids, judge = np.unique(judges, return_inverse=True)
        return cls.coded([str(id_) for id_ in entry_ids], entry, [str(id_) for id_ in judge_ids], judge, scores)

    @classmethod
    def coded(
        cls,
        entry_ids: Sequence[str],
        entry: NDArray[np.int64],
        judge_ids: Sequence[str],
        judge: NDArray[np.int64],
        scores: NDArray[np.int64],
    ) -> "Columns":
        """From ids in any order, each ballot's position among them, and its scores in hundredths."""
        entries, entry = _in_order(entry_ids, entry)
        judges, judge = _in_order(judge_ids, judge)
        order = np.lexsort((judge, entry))
        return cls(entries, judges, entry[order], judge[order], scores[order])

    def replaced(self, ballots: Mapping[tuple[str, str], Sequence[Decimal]]) -> "Columns":
        """With the scores of these entries and judges instead of, or beside, those that are there."""
        rows = {
            (self.entries[e], self.judges[j]): tuple(row)
            for e, j, row in zip(self.entry, self.judge, self.scores.tolist(), strict=True)
        }
        rows.update({key: tuple(hundredths(score) for score in scores) for key, scores in ballots.items()})
        keys = list(rows)
        return Columns.of(
            np.array([entry for entry, _ in keys]),
            np.array([judge for _, judge in keys]),
            np.array(list(rows.values()), dtype=np.int64),
        )


def _in_order(ids: Sequence[str], positions: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """The ids sorted, and the same positions among them."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    place = np.empty(len(ids), dtype=np.int64)
    place[order] = np.arange(len(ids))
    return [ids[position] for position in order], place[positions]


def hundredths(score: Decimal) -> int:
    """A score as a whole number of hundredths: it has at most two decimals."""
    return int(score * 100)


def columns_of(ballots: Iterable[Scored], track_of: Mapping[str, str]) -> dict[tuple[str, str, str], Columns]:
    """Ballots as columns, by round, component and track."""
    grouped: dict[tuple[str, str, str], list[Scored]] = defaultdict(list)
    for ballot in ballots:
        grouped[ballot.round, ballot.component, track_of[ballot.entry]].append(ballot)
    return {
        key: Columns.of(
            np.array([scored.entry for scored in group]),
            np.array([scored.judge for scored in group]),
            np.array([[hundredths(score) for score in scored.scores] for scored in group], dtype=np.int64),
        )
        for key, group in grouped.items()
    }
