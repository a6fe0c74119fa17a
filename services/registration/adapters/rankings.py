"""The rankings of nominations in MongoDB: one document a unit and group."""

from collections.abc import Sequence

from services.registration.application.nominating import Ranking
from shared.mongo import Mongo, VersionConflict


class MongoRankings:
    """The port of the rankings."""

    def __init__(self, mongo: Mongo) -> None:
        self._rankings = mongo.aggregates("rankings")

    async def find(self, season: str, unit: str, group: str) -> Ranking:
        document = await self._rankings.find_one({"_id": f"{season}/{unit}/{group}"})
        return Ranking(tuple(document["ranked"]), document["version"]) if document else Ranking((), 0)

    async def write(self, season: str, unit: str, group: str, ranking: Ranking, ranked: Sequence[str]) -> None:
        """Replace the order that was read.

        Raises:
            VersionConflict: somebody else ranked meanwhile.
        """
        key = f"{season}/{unit}/{group}"
        values = {"season": season, "unit": unit, "group": group, "ranked": list(ranked)}
        if ranking.version:
            await self._rankings.change(key, ranking.version, values)
        elif not await self._rankings.create({"_id": key, **values}):
            raise VersionConflict(key)
