"""A template that was just typed, tried in a process of its own: it may take ten seconds and two gigabytes, no more."""

import asyncio
import base64
import json
import resource
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

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
    root = Path(tempfile.mkdtemp(prefix="laurel-trial-"))
    try:
        folder = await asyncio.to_thread(write_folder, root, files)
        task = {"folder": str(folder), "data": data, "output": output, "at": at}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            answer, _ = await asyncio.wait_for(process.communicate(json.dumps(task).encode()), 2 * SECONDS)
        except TimeoutError as error:
            process.kill()
            raise Refused("template-too-slow") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, root, ignore_errors=True)
    try:
        told = json.loads(answer)
    except ValueError as error:
        raise Refused("template-too-slow") from error
    if "error" in told:
        raise Refused("template-broken", words=told["error"][:MOST_WORDS])
    return base64.b64decode(told["document"])


def main() -> None:
    """Compile what stands on standard input; answer on standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    task = json.loads(sys.stdin.read())
    import typst  # noqa: PLC0415 - after the limits, so that they hold for it too

    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in font_folders()])
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    options: dict[str, Any] = {"format": "png", "ppi": 80.0}
    if task["output"] == "pdf":
        options = {"format": "pdf", "pdf_standards": ["a-2a", "ua-1"], "timestamp": task["at"] // 1_000_000}
    try:
        document = typst.compile(
            str(Path(task["folder"]) / "certificate.typ"),
            root=task["folder"],
            font_paths=fonts,
            sys_inputs={"data": json.dumps(task["data"], ensure_ascii=False)},
            **options,
        )
        answer = {"document": base64.b64encode(document if isinstance(document, bytes) else document[0]).decode()}
    except typst.TypstError as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
