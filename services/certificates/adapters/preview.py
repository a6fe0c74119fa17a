"""A template that was just typed, tried under the same limits as any other and as its season's work."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from services.certificates.adapters.engines import current
from services.certificates.adapters.templates import Files, write_folder
from services.certificates.adapters.typst_worker import BrokenTemplate, pdf_options
from services.certificates.adapters.typst_workers import Drawers
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
) -> bytes:
    """The document that the template makes of this data, by the present engine or by this one.

    Raises:
        InvalidState: it does not compile, takes too long or too much, or asks for packages from elsewhere.
    """
    options = pdf_options(at) if output == "pdf" else {"format": "png", "ppi": ppi}
    with tempfile.TemporaryDirectory(prefix="laurel-trial-") as root:
        folder = await asyncio.to_thread(write_folder, Path(root), files)
        try:
            return await drawers.drawn(season, engine or current(), folder / "certificate.typ", data, options)
        except Exceeded as error:
            raise InvalidState("template-too-slow") from error
        except BrokenTemplate as error:
            words = str(error)[:MOST_WORDS]
            if words.startswith(NO_PACKAGES):
                raise InvalidState("template-package") from error
            raise InvalidState("template-broken", words=words) from error
