"""Material of entries is listed where a season takes any."""

import pytest

from services.registration.application.material import media_rows
from services.registration.application.seasons import open_season
from shared.errors import NotFound
from tests.support.fakes.registration import Registration
from tests.support.rules import at, season_rules


async def test_a_season_that_takes_no_material_has_no_list_of_it() -> None:
    there = Registration(at("2025-04-01T10:00:00"))
    season = await open_season(season_rules(), "live", 1, there.store)

    with pytest.raises(NotFound, match="no-media"):
        await media_rows(season, there.store)
