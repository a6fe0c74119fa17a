"""A template that was just typed, tried under the same limits as any other and as its season's work."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from services.certificates.adapters.engines import current
from services.certificates.adapters.templates import Files, write_folder
from services.certificates.adapters.typst_worker import BrokenTemplate, pdf_options
from services.certificates.adapters.typst_workers import Drawers
from services.certificates.domain.designs import Layout, Placed
from shared.errors import InvalidState
from shared.limited import Exceeded

MOST_WORDS = 600
SCREEN, PAPER = 80.0, 200.0
"""Pixels an inch: enough to look at, and to read a code."""
Output = Literal["pdf", "png"]
NO_PACKAGES = ("failed to download package", "package not found")
"""What the engine says of an import from elsewhere, however it is spelt: it has no network and no packages."""


async def render_preview(
    drawers: Drawers,
    season: str,
    files: Files,
    data: Mapping[str, Any],
    output: Output,
    at: int,
    *,
    engine: str = "",
    ppi: float = SCREEN,
    main: str = "certificate.typ",
) -> bytes:
    """The document that the template makes of this data, by the present engine or by this one.

    Raises:
        InvalidState: it does not compile, takes too long or too much, or asks for packages from elsewhere.
    """
    options = pdf_options(at) if output == "pdf" else {"format": "png", "ppi": ppi}
    async with _tried(files) as folder:
        return await drawers.drawn(season, engine or current(), folder / main, data, options)


async def look_at(drawers: Drawers, season: str, files: Files, data: Mapping[str, Any]) -> Layout:
    """Where a design puts its slots with this data, and how small their letters become.

    Raises:
        InvalidState: as for a preview.
    """
    async with _tried(files) as folder:
        told = await drawers.told(season, current(), folder / "certificate.typ", data)
    sizes: dict[str, float] = {}
    placed: list[Placed] = []
    sheet = (0.0, 0.0)
    for value in told:
        if "sheet" in value:
            sheet = (value["sheet"][0], value["sheet"][1])
        elif "size" in value:
            sizes[value["slot"]] = min(value["size"], sizes.get(value["slot"], value["size"]))
        else:
            placed.append(Placed(**value))
    return Layout(sheet, tuple(placed), sizes)


@asynccontextmanager
async def _tried(files: Files) -> AsyncIterator[Path]:
    """A folder with these files, while it is needed; what the engine says is told as a refusal."""
    with tempfile.TemporaryDirectory(prefix="laurel-trial-") as root:
        folder = await asyncio.to_thread(write_folder, Path(root), files)
        try:
            yield folder
        except Exceeded as error:
            raise InvalidState("template-too-slow") from error
        except BrokenTemplate as error:
            words = str(error)[:MOST_WORDS]
            if words.startswith(NO_PACKAGES):
                raise InvalidState("template-package") from error
            raise InvalidState("template-broken", words=words) from error
