"""Pictures of the pages of works: drawn when a judge turns to them, a few pages ahead, and remembered for a while."""

import asyncio
import tempfile
from pathlib import Path

from cachetools import LRUCache

from services.registration.adapters.anonymised_files import FOLDER, Copies
from services.registration.adapters.page_drawing import DrawnPages, NotDrawn, draw_pages
from services.registration.domain.anonymised_files import Copy, PagePicture
from shared import limited
from shared.errors import InvalidState, NotFound
from shared.fair_slots import FairSlots

AHEAD = 3
"""Pages that are drawn in one go: turning to the next one reads no file."""
REMEMBERED = 64 * limited.MEGABYTE
AT_ONCE = 2
MEMORY = 2048 * limited.MEGABYTE
SECONDS = 20

Key = tuple[str, bool, int]


class PagePictures:
    """Of copies that are PDF."""

    def __init__(self, copies: Copies) -> None:
        self._copies, self._slots = copies, FairSlots(AT_ONCE)
        self._pictures: LRUCache[tuple[Key, int], PagePicture] = LRUCache(
            REMEMBERED, getsizeof=lambda picture: len(picture.content)
        )

    async def page(self, copy: Copy, number: int) -> PagePicture:
        """A page of the copy.

        Raises:
            NotFound: it has no such page.
            InvalidState: it cannot be shown page by page; as a file it can be had all the same.
        """
        key: Key = (copy.upload, copy.is_cleaned, copy.size)
        async with self._slots.of(copy.season):
            if (key, number) not in self._pictures:
                await self._draw(copy, key, number)
            picture = self._pictures.get((key, number))
        if picture is None:
            raise NotFound("no-such-page")
        return picture

    async def _draw(self, copy: Copy, key: Key, first: int) -> None:
        with tempfile.TemporaryDirectory(prefix=FOLDER) as name:
            folder = Path(name)
            handle = await asyncio.to_thread((folder / "source.pdf").open, "wb")
            with handle:
                async for part in self._copies.content(copy):
                    await asyncio.to_thread(handle.write, part)
            drawn = await self._drawn(folder, first)
        for number, content in enumerate(drawn.pictures, first):
            if len(content) <= REMEMBERED:
                self._pictures[key, number] = PagePicture(content, drawn.count)

    async def _drawn(self, folder: Path, first: int) -> DrawnPages:
        try:
            try:
                return await self._run(folder, first, AHEAD)
            except limited.Exceeded:
                return await self._run(folder, first, 1)
        except limited.Exceeded as error:
            raise InvalidState("page-costly") from error
        except NotDrawn as error:
            raise InvalidState(str(error)) from error

    @staticmethod
    async def _run(folder: Path, first: int, most: int) -> DrawnPages:
        return await limited.run(draw_pages, folder, first, most, memory=MEMORY, seconds=SECONDS, owner="copies")
