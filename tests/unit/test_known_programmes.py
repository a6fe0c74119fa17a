"""The known programme folders give their expected results, byte for byte."""

from pathlib import Path

import pytest

from laurel.programme_folder import settle, write_tables
from tests.support.programmes import PROGRAMMES, known_programme


@pytest.mark.parametrize("name", sorted(path.name for path in PROGRAMMES.iterdir() if path.is_dir()))
def test_a_known_programme_gives_its_expected_results(name: str, tmp_path: Path) -> None:
    write_tables(settle(known_programme(name)), tmp_path)

    expected = {file.name: file.read_text() for file in (PROGRAMMES / name / "expected").glob("*.csv")}
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == expected
