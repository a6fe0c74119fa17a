"""Opening a season: from then on its rules are frozen."""

from services.registration.application.ports import Mode, Season, Store
from shared.errors import NotFound, Refused
from shared.events.registration import SeasonOpenedV1
from shared.season.rules import SeasonRules


async def open_season(rules: SeasonRules, mode: Mode, at: int, store: Store) -> Season:
    """Open the season, or find it open with the same rules.

    Raises:
        Refused: it is open with other rules or in the other mode, or another season gives the same certificate numbers.
    """
    for other in await store.seasons.all():
        mine, theirs = rules.serials, other.rules.serials
        if other.id != rules.id and mine and theirs and mine.prefix == theirs.prefix:
            raise Refused("serial-prefix-taken", prefix=mine.prefix, season=other.id)
    season = Season(rules.id, 1, mode, at, rules)
    event = SeasonOpenedV1(season=season.id, version=1, mode=mode, opened_at=at, rules=rules)
    if not await store.seasons.add(season, [event]):
        present = await season_of(rules.id, store)
        if present.rules != rules or present.mode != mode:
            raise Refused("season-frozen", season=rules.id)
        return present
    return season


async def season_of(season_id: str, store: Store, *, mode: Mode | None = None) -> Season:
    """The season, in the mode that is needed.

    Raises:
        NotFound: there is none.
        Refused: it is kept in the other mode.
    """
    season = await store.seasons.find(season_id)
    if season is None:
        raise NotFound("no-such-season")
    if mode and season.mode != mode:
        raise Refused("records-season" if season.mode == "records" else "live-season")
    return season
