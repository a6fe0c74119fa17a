"""What another service told, kept in its newest version, whatever the order of arrival."""

from collections.abc import Mapping
from typing import Any

from pymongo import ReplaceOne
from pymongo.errors import DuplicateKeyError

from shared.mongo.group import Collection, GroupCommit


class Projection:
    """Documents that are replaced by newer versions alone; those of many events share a bulk write."""

    def __init__(self, collection: Collection) -> None:
        self._group = GroupCommit(collection)

    async def keep(self, key: str, version: int, values: Mapping[str, Any]) -> None:
        """Replace the document unless it has this version or a newer one. A second delivery changes nothing."""
        older = {"_id": key, "told_version": {"$lt": version}}
        document = {"_id": key, "told_version": version, **values}
        try:
            await self._group.write(ReplaceOne(older, document, upsert=True))
        except DuplicateKeyError:
            # A version is there: a newer one, or one that another process took in at this very moment. The server does
            # not look again by itself, because the filter is no plain equality.
            await self._group.write(ReplaceOne(older, document))
