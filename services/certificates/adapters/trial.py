"""A template that was just typed, tried in a process of its own: it may take ten seconds and two gigabytes, no more."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from services.certificates.adapters.drawing import BrokenTemplate, Drawing, Machine, Stopped, pdf_options
from services.certificates.adapters.templates import PACKAGES, Files, write_folder
from shared.errors import Refused
from shared.season.glyphs import font_folders

SECONDS, BYTES = 10, 2 * 1024**3
MOST_WORDS = 600
Output = Literal["pdf", "png"]


async def tried(files: Files, data: Mapping[str, Any], output: Output, at: int) -> bytes:
    """The document that the template makes of this data.

    Raises:
        Refused: it does not compile, takes too long or too much, or asks for packages from elsewhere.
    """
    if PACKAGES.search(files["template.typ"].decode()):
        raise Refused("template-package")
    fonts = [str(folder) for folder in font_folders()]
    options = pdf_options(at) if output == "pdf" else {"format": "png", "ppi": 80.0}
    with tempfile.TemporaryDirectory(prefix="laurel-trial-") as root:
        folder = await asyncio.to_thread(write_folder, Path(root), files)
        async with Drawing(Machine(fonts, cpu_seconds=SECONDS, memory_bytes=BYTES)) as drawing:
            try:
                return await drawing.drawn(folder / "certificate.typ", data, options, 2 * SECONDS)
            except Stopped as error:
                raise Refused("template-too-slow") from error
            except BrokenTemplate as error:
                raise Refused("template-broken", words=str(error)[:MOST_WORDS]) from error
