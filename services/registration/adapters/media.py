"""Material of entries in MongoDB: one document an item."""

from collections.abc import Iterable
from dataclasses import asdict

from services.registration.domain.media import MediaItem
from shared.mongo import Document, Mongo, VersionConflict

FIELDS = ("media", "entry", "kind", "people", "consent", "uploaded_at", "file", "size", "url")


class MongoMedia:
    """The port of the material."""

    def __init__(self, mongo: Mongo) -> None:
        self._media = mongo.aggregates("media")

    async def of(self, season: str) -> dict[str, MediaItem]:
        """The items of the season by id."""
        cursor = self._media.find_all({"season": season}).sort("media", 1)
        return {document["media"]: media_from(document) async for document in cursor}

    async def save(self, season: str, items: Iterable[MediaItem]) -> int:
        """Keep those that are new or changed. Returns how many.

        Raises:
            VersionConflict: somebody else changed one at this moment.
        """
        stored = {document["media"]: document async for document in self._media.find_all({"season": season})}
        changed = [item for item in items if item.media not in stored or media_from(stored[item.media]) != item]
        new = [item for item in changed if item.media not in stored]
        created = await self._media.create_many(
            ({"_id": f"{season}/{item.media}", "season": season, **asdict(item)}, ()) for item in new
        )
        if created < len(new):
            raise VersionConflict(season)
        for item in changed:
            if item.media in stored:
                await self._media.change(f"{season}/{item.media}", stored[item.media]["version"], asdict(item))
        return len(changed)

    async def forget(self, season: str, entry: str) -> None:
        """What came with an entry goes."""
        await self._media.collection.delete_many({"season": season, "entry": entry})


def media_from(document: Document) -> MediaItem:
    """An item as stored."""
    return MediaItem(**{name: document[name] for name in FIELDS})
