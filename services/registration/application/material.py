"""Material of entries 活动素材, as it is kept and listed."""

from services.registration.application.ports import Season, Store
from services.registration.domain.media import is_public, state_of
from shared.errors import NotFound
from shared.season.fields import NO, YES
from shared.season.rules import Media

COLUMNS = ("media", "entry", "kind", "state", "public")


def media_of(season: Season) -> Media:
    """What the season takes.

    Raises:
        NotFound: it takes none.
    """
    if season.rules.media is None:
        raise NotFound("no-media")
    return season.rules.media


async def media_rows(season: Season, store: Store) -> list[tuple[str, ...]]:
    """Every item by id: whether it came in time, and whether everybody may see it."""
    rules = media_of(season)
    return [
        (item.media, item.entry, item.kind, state_of(item, rules), YES if is_public(item) else NO)
        for _, item in sorted((await store.media.of(season.id)).items())
    ]
