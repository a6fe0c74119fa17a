"""Sheets of classes as properties: the same sheet again is the same, and no order of rows exceeds a limit."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.class_sheet import Checked, ClassRow, check_class, entry_number, read_row
from services.registration.domain.limits import claims_of
from services.registration.domain.units import Unit
from shared.season.csv_rows import Row
from shared.season.reading import load_season
from shared.season.rules import Limits
from shared.season.time import to_unix_micros
from tests.conftest import EXAMPLE
from tests.support.examples import examples

RULES = load_season((EXAMPLE / "season.yaml").read_text()).model_copy(
    update={"limits": Limits(entries_per_student=2, entries_per_student_and_track=1, entries_per_instructor=2)}
)
UNITS = {"P01": Unit("P01", "CITY", "school", "校", "", "", 1)}
NOW = to_unix_micros(RULES.window("registration").opens)
HEADER = ("track", "title", "m1_name_zh", "m1_birth", "m1_grade", "i1_name", "consent")
CELLS = st.fixed_dictionaries(
    {
        "track": st.sampled_from(["A", "B", "Z", ""]),
        "title": st.sampled_from(["a", ""]),
        "m1_name_zh": st.sampled_from(["甲", "乙", "丙", ""]),
        "m1_birth": st.sampled_from(["2014-01", "2014-02", "x"]),
        "m1_grade": st.sampled_from(["5", "6", "99"]),
        "i1_name": st.sampled_from(["王", "李", ""]),
        "consent": st.sampled_from(["yes", "", "maybe"]),
    }
)


def check(cells: list[dict[str, str]]) -> Checked:
    return check_class("x.csv", HEADER, read(cells), RULES, UNITS, NOW, Counter(), set())


def read(cells: list[dict[str, str]]) -> list[ClassRow]:
    return [read_row(Row(number, item), RULES, "P01") for number, item in enumerate(cells, 2)]


@examples(150)
@given(st.lists(CELLS, max_size=25))
def test_every_row_goes_in_or_falls_and_the_same_sheet_gives_the_same(cells: list[Any]) -> None:
    checked = check(cells)

    assert check(cells) == checked
    placed, fallen = [row.number for row, _ in checked.entries], [rejection.row for rejection in checked.rejected]
    assert sorted([*placed, *fallen]) == list(range(2, len(cells) + 2))
    numbers = [entry.entry for _, entry in checked.entries]
    assert len(numbers) == len(set(numbers))
    used = Counter(claim.counter for _, entry in checked.entries for claim in claims_of(RULES, entry))
    most = {claim.counter: claim.most for _, entry in checked.entries for claim in claims_of(RULES, entry)}
    assert all(used[counter] <= most[counter] for counter in used)


@examples(100)
@given(st.lists(CELLS, max_size=20))
def test_chunks_give_the_same_as_the_whole(cells: list[Any]) -> None:
    rows = read(cells)
    used: Counter[str] = Counter()
    seen: set[str] = set()
    entries: list[Any] = []
    rejected: list[Any] = []
    for start in range(0, len(rows), 3):
        part = check_class("x.csv", HEADER, rows[start : start + 3], RULES, UNITS, NOW, used, seen)
        entries += part.entries
        rejected += part.rejected

    assert Checked(tuple(entries), tuple(rejected)) == check(cells)


@given(st.permutations(["a", "b", "c"]))
def test_a_team_is_the_same_whatever_the_order_of_its_members(students: list[str]) -> None:
    assert entry_number("s", "u", "t", students) == entry_number("s", "u", "t", ["a", "b", "c"])


def test_a_name_with_a_sign_that_is_not_written_falls_at_its_cell() -> None:
    right = {"track": "A", "title": "a", "m1_name_zh": "甲", "m1_birth": "2014-01", "m1_grade": "5", "i1_name": "王"}
    rare = "测试\U0001f600"

    checked = check(
        [{**right, "m1_name_zh": rare}, {**right, "i1_name": rare}, {**right, "m1_name_zh": "乙", "title": rare}]
    )

    assert [(rejection.row, rejection.column, rejection.code) for rejection in checked.rejected] == [
        (2, "m1_name_zh", "BAD_SIGN"),
        (3, "i1_name", "BAD_SIGN"),
        (4, "title", "BAD_SIGN"),
    ]


def test_a_name_or_a_title_that_is_too_long_falls_at_its_cell() -> None:
    right = {"track": "A", "title": "a", "m1_name_zh": "甲", "m1_birth": "2014-01", "m1_grade": "5", "i1_name": "王"}

    checked = check(
        [
            {**right, "m1_name_zh": "甲" * 81},
            {**right, "i1_name": "王" * 81},
            {**right, "m1_name_zh": "乙", "title": "a" * 121},
        ]
    )

    assert [(rejection.row, rejection.column, rejection.code) for rejection in checked.rejected] == [
        (2, "m1_name_zh", "TOO_LONG"),
        (3, "i1_name", "TOO_LONG"),
        (4, "title", "TOO_LONG"),
    ]
