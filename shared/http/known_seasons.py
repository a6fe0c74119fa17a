"""An address that names a season which is not there is answered with 404, whatever stands behind the season and whoever asks."""

import re

from fastapi import Request

from shared.errors import NotFound
from shared.mongo import Collection

NAMES = ("season", "season_id")
"""What the season is called in the patterns of routes."""
OPENS = re.compile(r"/v1/seasons/[^/]+$")
"""Where a season is put that is not there yet."""


class KnownSeasons:
    """The seasons of a service. One that was found stays: a process looks for each once."""

    def __init__(self, seasons: Collection) -> None:
        self._seasons = seasons
        self._found: set[str] = set()

    async def require(self, request: Request) -> None:
        """Whether the season that the address names is there.

        Raises:
            NotFound: it is not.
        """
        season = next((request.path_params[name] for name in NAMES if name in request.path_params), None)
        if season is None or season in self._found:
            return
        if request.method == "PUT" and OPENS.search(request.url.path):
            return
        if not await self._seasons.find_one({"_id": season}, {"_id": 1}):
            raise NotFound("no-such-season")
        self._found.add(season)
