"""Figures of units' work 单位统计, as they follow from entries and material."""

from services.registration.application.ports import Season, Store
from services.registration.domain.media import MediaState, state_of
from services.registration.domain.statistics import COUNTED, CountedEntry, figures
from shared.errors import NotFound
from shared.season.fields import values_of

COLUMNS = ("unit", "statistic", "value")


async def statistic_rows(season: Season, store: Store) -> list[tuple[str, ...]]:
    """Each figure of each unit that has entries, or has units below it that do.

    Raises:
        NotFound: the season counts nothing.
    """
    rules = season.rules
    if not rules.statistics:
        raise NotFound("no-statistics")
    in_time: dict[str, list[str]] = {}
    if rules.media:
        for item in (await store.media.of(season.id)).values():
            if state_of(item, rules.media) == MediaState.ON_TIME:
                in_time.setdefault(item.entry, []).append(item.kind)
    counted = (
        CountedEntry(
            stored.entry.track,
            stored.entry.unit,
            values_of(stored.entry.answers),
            in_time.get(entry, ()),
        )
        for entry, stored in (await store.entries.of(season.id)).items()
        if stored.standing in COUNTED
    )
    by_unit = figures(rules.statistics, await store.units.of(season.id), counted)
    return [(unit, name, f"{value:.2f}") for unit, of_unit in by_unit.items() for name, value in of_unit.items()]
