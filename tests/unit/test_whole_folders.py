"""Whole season folders by the rules alone: every table of `expected/`, byte for byte."""

import json
from pathlib import Path

import pytest

from tests.conftest import BY_HAND, EXAMPLE, EXPECTED, GOLDEN, LOUDI
from tests.support import on_paper
from tests.support.folders import without_noughts

FOLDERS = [(EXAMPLE, EXPECTED), *((path, path / "expected") for path in (GOLDEN, *BY_HAND, LOUDI))]
NAMES = [folder.name for folder, _ in FOLDERS]


@pytest.mark.parametrize(("folder", "expected"), FOLDERS, ids=NAMES)
def test_every_table_is_as_expected(folder: Path, expected: Path) -> None:
    stated = on_paper.stated(on_paper.read(folder))

    assert set(stated) == {str(path.relative_to(expected)) for path in expected.rglob("*.csv")}
    for name, content in stated.items():
        assert content == (expected / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize(("folder", "expected"), FOLDERS, ids=NAMES)
def test_the_counts_are_as_expected(folder: Path, expected: Path) -> None:
    stated = without_noughts(on_paper.stated_totals(on_paper.read(folder)))

    assert stated == without_noughts(json.loads((expected / "totals.json").read_text()))
