"""The processes that draw, shared by all seasons: whatever a template of one host does, the others' are drawn."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from services.certificates.adapters.batch_pdf import PageInfo, apart
from services.certificates.adapters.engines import Engines
from services.certificates.adapters.typst_worker import EngineLost, TypstWorker
from shared.errors import Unavailable
from shared.fair_slots import FairSlots

AT_ONCE = 4
"""Processes that draw at once; a season has at most half of them."""


class Drawers:
    """Processes of the present engine and of earlier ones, each kept while it is of use."""

    def __init__(self, engines: Engines) -> None:
        self._engines, self._slots = engines, FairSlots(AT_ONCE)
        self._idle: dict[str, list[TypstWorker]] = {}

    async def drawn(
        self, season: str, engine: str, main: Path, data: Mapping[str, Any], options: Mapping[str, Any], count: int = 1
    ) -> bytes:
        """What `main` makes of the data of so many certificates of this season.

        Raises:
            BrokenTemplate: it does not compile.
            Exceeded: it took more than it may.
            Unavailable: the engine stopped, or too much of this season's waits already.
        """
        async with self._one(season, engine) as drawing:
            return await drawing.drawn(main, data, options, count)

    async def told(self, season: str, engine: str, main: Path, data: Mapping[str, Any]) -> list[Any]:
        """What `main` tells of its own layout with this data.

        Raises:
            BrokenTemplate: it does not compile.
            Exceeded: it took more than it may.
            Unavailable: the engine stopped, or too much of this season's waits already.
        """
        async with self._one(season, engine) as drawing:
            return await drawing.told(main, data)

    async def pages(
        self,
        season: str,
        engine: str,
        main: Path,
        data: Mapping[str, Any],
        options: Mapping[str, Any],
        label: str,
        frame: bytes | None,
        leaves: Sequence[PageInfo],
    ) -> list[bytearray]:
        """The same, taken apart into a document for each leaf.

        Raises:
            ValueError: it does not come out as a page for each.
        """
        async with self._one(season, engine) as drawing:
            document = await drawing.drawn(main, data, options, len(leaves))
            return await drawing.run(apart, document, label, frame, list(leaves), count=len(leaves))

    @asynccontextmanager
    async def _one(self, season: str, engine: str) -> AsyncIterator[TypstWorker]:
        async with self._slots.of(season):
            idle = self._idle.setdefault(engine, [])
            drawing = idle.pop() if idle else self._engines.drawing(engine)
            try:
                yield drawing
            except EngineLost as error:
                raise Unavailable("engine-stopped") from error
            finally:
                idle.append(drawing)

    async def end(self) -> None:
        """End them all."""
        for idle in self._idle.values():
            for drawing in idle:
                await drawing.end()
