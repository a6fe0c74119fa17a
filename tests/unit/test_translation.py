"""Texts with values in them."""

from pathlib import Path

import pytest

from shared.web.translation import LONGEST, Catalog, shared_catalog
from tests.support.rules import at


@pytest.mark.parametrize("written", [LONGEST, LONGEST + 1, 50_000])
def test_whatever_somebody_writes_stands_in_a_text(written: int, tmp_path: Path) -> None:
    """Keeps away: a sentence that names what was sent, and fails because it is long."""
    for language in ("zh", "en"):
        (tmp_path / f"x.{language}.ftl").write_text("unknown = { $given }?\n")
    text = Catalog([tmp_path]).both("unknown", given="长" * written)
    assert {len(value) for value in text.values()} == {LONGEST + 1}
    assert all(value.endswith("长?" if written == LONGEST else "…?") for value in text.values())


def test_a_date_says_its_day_of_the_week_and_midnight_ends_a_day() -> None:
    """Keeps away: "until 00:00 on Saturday", which most people read as the end of Saturday."""
    zh, en = (shared_catalog().translator(language) for language in ("zh", "en"))
    now, zone = at("2026-11-28T09:40:00"), "Asia/Shanghai"

    assert zh.due(at("2026-12-14T17:00:00"), zone, now) == "12月14日 周一 17:00"
    assert en.due(at("2026-12-14T17:00:00"), zone, now) == "Monday 14 December 17:00"
    assert zh.due(at("2026-12-15T00:00:00"), zone, now) == "12月14日 周一 24:00"
    assert zh.due(at("2026-12-15T00:00:00"), zone, now, begins=True) == "12月15日 周二 00:00"
    assert zh.due(at("2027-01-09T09:00:00"), zone, now) == "2027年1月9日 周六 09:00"
    assert en.due(at("2027-01-09T09:00:00"), zone, now) == "Saturday 9 January 2027 09:00"
