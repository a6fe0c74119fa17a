"""Texts with values in them."""

from pathlib import Path

import pytest

from shared.web.translation import LONGEST, Catalog


@pytest.mark.parametrize("written", [LONGEST, LONGEST + 1, 50_000])
def test_whatever_somebody_writes_stands_in_a_text(written: int, tmp_path: Path) -> None:
    """Keeps away: a sentence that names what was sent, and fails because it is long."""
    for language in ("zh", "en"):
        (tmp_path / f"x.{language}.ftl").write_text("unknown = { $given }?\n")
    text = Catalog([tmp_path]).both("unknown", given="长" * written)
    assert {len(value) for value in text.values()} == {LONGEST + 1}
    assert all(value.endswith("长?" if written == LONGEST else "…?") for value in text.values())
