"""The ballots that results counted, kept beside them."""

import numpy as np
import pytest

from services.judging.adapters import result_sets
from services.judging.adapters.result_sets import counted_ballots, pack_ballots
from services.judging.domain.columns import Columns


def test_counted_ballots_are_read_as_they_were_counted_however_many_parts_they_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Keeps away: a deleted ballot that is taken for another one's, because positions were kept for ids."""
    monkeypatch.setattr(result_sets, "COUNTED_PART", 2)
    columns = Columns.of(
        np.array(["E1", "E2", "E2", "E3", "E3"]),
        np.array(["J2", "J1", "J2", "J1", "J3"]),
        np.array([[3000, 500], [1000, 0], [2000, 1], [4000, 2], [0, 0]]),
    )

    parts = list(pack_ballots(("final", "work", "A"), columns))

    assert len(parts) == 3
    assert [ballot for part in parts for ballot in counted_ballots({"season": "S", **part})] == [
        ("S/final/work/E1/J2", [3000, 500]),
        ("S/final/work/E2/J1", [1000, 0]),
        ("S/final/work/E2/J2", [2000, 1]),
        ("S/final/work/E3/J1", [4000, 2]),
        ("S/final/work/E3/J3", [0, 0]),
    ]
