"""Severity of judges by an additive model, and whether their ballots can be compared at all.

Each ballot is taken as the entry's quality plus the judge's severity plus chance; severities by least squares. They can
be told apart only among judges who are linked by common entries, so the judge–entry graph is looked at first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from services.judging.domain.columns import Columns


@dataclass(frozen=True, slots=True)
class Severities:
    """By judge in the order of the columns: points above the others (negative: stricter), and which part they belong to.

    Within a part severities add up to 0. With more than one part they cannot be compared across parts.
    """

    severity: NDArray[np.float64]
    part: NDArray[np.int64]

    @property
    def connected(self) -> bool:
        return bool(self.part.size == 0 or (self.part == self.part[0]).all())


def parts(columns: Columns) -> NDArray[np.int64]:
    """Which connected part of the judge–entry graph each judge belongs to, numbered from 0."""
    entries, judges = len(columns.entries), len(columns.judges)
    ones = np.ones(columns.entry.size)
    graph = coo_matrix((ones, (columns.entry, entries + columns.judge)), shape=(entries + judges,) * 2)
    _, labels = connected_components(graph, directed=False)
    _, numbered = np.unique(labels[entries:], return_inverse=True)
    return numbered.astype(np.int64)


def severities(columns: Columns, values: NDArray[np.float64]) -> Severities:
    """Least squares over the ballots with these values; entries are eliminated, so only judges are solved for."""
    entries, judges = len(columns.entries), len(columns.judges)
    if judges == 0:
        return Severities(np.zeros(0), np.zeros(0, dtype=np.int64))
    given: csr_matrix = coo_matrix(
        (np.ones(values.size), (columns.entry, columns.judge)), shape=(entries, judges)
    ).tocsr()
    per_entry = np.bincount(columns.entry, minlength=entries).astype(np.float64)
    means = np.bincount(columns.entry, weights=values, minlength=entries) / np.maximum(per_entry, 1)
    residual = values - means[columns.entry]
    right = np.bincount(columns.judge, weights=residual, minlength=judges)
    shared = given.multiply((1 / np.maximum(per_entry, 1))[:, None]).tocsr()
    normal = np.diag(np.bincount(columns.judge, minlength=judges).astype(np.float64)) - (given.T @ shared).toarray()
    solution, *_ = np.linalg.lstsq(normal, right, rcond=None)  # the shortest solution: each part adds up to 0
    return Severities(solution, parts(columns))
