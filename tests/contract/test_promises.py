"""The page of promises is true: each has a test that there is, and no kind of fault is left out."""

import re
from pathlib import Path

import pytest

from tests.contract.test_rules import PLACE, defined

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text()
PROMISES, FAULTS = PAGE.split("\n## Faults\n")
KINDS = 38


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, without heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("promise", "no.")]


@pytest.mark.parametrize(
    "place", sorted({"".join(match) for match in re.findall(r"`(tests/[\w/]+\.py)(:[\w.]+)`", PAGE)})
)
def test_a_test_that_is_named_exists(place: str) -> None:
    named = PLACE.fullmatch(f"`{place}`")
    assert named
    assert (ROOT / named[1]).is_file()
    assert named[2].startswith("test_")
    assert named[2] in defined(named[1])


def test_every_promise_has_one_test() -> None:
    promises = rows(PROMISES)

    assert len(promises) > 50
    for promise, test in promises:
        assert promise.endswith(".")
        assert PLACE.fullmatch(test), promise
    assert len({promise for promise, _ in promises}) == len(promises)


def test_every_kind_of_fault_is_brought_about_or_has_a_reason() -> None:
    faults = rows(FAULTS)

    assert [int(number) for number, _, _ in faults] == list(range(1, KINDS + 1))
    for number, _, kept in faults:
        assert "short run" in kept or "`tests/" in kept or "Not here:" in kept, number
