"""A copy is written whatever lies in it."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from uuid import uuid4

from bson import Binary, Decimal128, Int64, ObjectId, Regex
from hypothesis import given
from hypothesis import strategies as st

from shared.http.personal_data import as_file, plain
from shared.season.text import Text


class Kind(Enum):
    ONE = "one"


@dataclass(frozen=True)
class Thing:
    at: datetime
    names: tuple[Text, ...]


ODD = st.sampled_from(
    [
        datetime(2026, 1, 2, tzinfo=UTC), date(2026, 1, 2), time(3), Decimal("1.50"), Decimal128("2"), Int64(3), ObjectId(),
        Binary(b"\xff"), b"\xfe", Regex("a"), uuid4(), Kind.ONE, {1, 2}, float("nan"), float("inf"), "\ud800", object(),
        Thing(datetime(2026, 1, 2, tzinfo=UTC), (Text(zh="名", en="name"),)),
    ]
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | ODD,
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner),
)


@given(ANYTHING)
def test_every_value_is_written(value: object) -> None:
    assert json.loads(bytes(as_file("a.json", {"value": value}).body)) == {"value": plain(value)}


def test_what_json_knows_stays_what_it_is() -> None:
    known = {"a": [1, 2.5, True, None, "名"], "b": {}}
    assert plain(known) == known
    assert plain(Thing(datetime(2026, 1, 2, tzinfo=UTC), (Text(zh="名", en=""),))) == {
        "at": "2026-01-02T00:00:00+00:00",
        "names": [{"zh": "名", "en": ""}],
    }
