"""typst in processes of their own: a template may loop, or be of an engine of an earlier release, of which one process
can load only one."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from shared.limited import Worker

T = TypeVar("T")

SECONDS, PER_CERTIFICATE = 4, 1 / 20
"""Of the processor: a certificate takes a fiftieth of a second, the first of a process half a second."""
MEMORY = 2 * 1024**3
LARGEST = 64 * 1024 * 1024
"""Bytes of a document."""
TASKS = 200
"""Documents of one process: what the engine remembers of them is given back."""


def pdf_options(at: int) -> dict[str, Any]:
    """How documents are drawn: PDF/A-2a and PDF/UA-1, with a time in microseconds that decides their identity."""
    return {"format": "pdf", "pdf_standards": ["a-2a", "ua-1"], "timestamp": at // 1_000_000}


class BrokenTemplate(Exception):
    """The engine does not understand the template, or what is asked of it; the message says where."""


class EngineLost(Exception):
    """The engine itself cannot be loaded."""


class TypstWorker:
    """A process that draws, started when it is first needed, and again if it ended.

    `fonts` are folders, `engine` those from which the engine is imported before others.
    """

    def __init__(self, fonts: Sequence[Path | str], engine: Sequence[Path | str] = ()) -> None:
        self._fonts = tuple(str(folder) for folder in fonts)
        self._worker = Worker(MEMORY, [str(folder) for folder in engine])
        self._tasks = 0

    async def drawn(self, main: Path, data: Mapping[str, Any], options: Mapping[str, Any], count: int = 1) -> bytes:
        """What `main` makes of the data of so many certificates.

        Raises:
            BrokenTemplate: it does not compile.
            Exceeded: it took more than it may.
        """
        return await self.run(draw, str(main), dict(data), dict(options), self._fonts, count=count)

    async def told(self, main: Path, data: Mapping[str, Any]) -> list[Any]:
        """What `main` tells of its own layout with this data, where it is only tried.

        Raises:
            BrokenTemplate: it does not compile.
            Exceeded: it took more than it may.
        """
        return await self.run(tell, str(main), dict(data), self._fonts, count=1)

    async def run(self, function: Callable[..., T], *arguments: Any, count: int) -> T:
        """What a function makes of so many certificates in this process.

        Raises:
            Exceeded: it took more than it may.
            Exception: whatever the function raised.
        """
        self._tasks += 1
        try:
            return await self._worker.run(function, *arguments, seconds=SECONDS + int(count * PER_CERTIFICATE))
        finally:
            if self._tasks >= TASKS:
                await self.end()

    async def end(self) -> None:
        self._tasks = 0
        await self._worker.end()


def draw(main: str, data: Mapping[str, Any], options: Mapping[str, Any], fonts: Sequence[str]) -> bytes:
    """Draw one document. It runs in the child, which has neither a network nor packages.

    Raises:
        BrokenTemplate: it does not compile.
        EngineLost: there is no engine.
    """
    drawn = _by_engine("compile", main, data, fonts, {}, **options)
    document: bytes = drawn if isinstance(drawn, bytes) else drawn[0]
    if len(document) > LARGEST:
        raise BrokenTemplate(f"{len(document)} bytes")
    return document


def tell(main: str, data: Mapping[str, Any], fonts: Sequence[str]) -> list[Any]:
    """The values that a document tells of itself, in the child.

    Raises:
        BrokenTemplate: it does not compile.
        EngineLost: there is no engine.
    """
    told: list[Any] = json.loads(
        _by_engine("query", main, data, fonts, {"trial": "1"}, selector="metadata", field="value")
    )
    return told


def _by_engine(
    what: str, main: str, data: Mapping[str, Any], fonts: Sequence[str], inputs: Mapping[str, str], **options: Any
) -> Any:
    try:
        import typst  # noqa: PLC0415 - the engine of this child
    except BaseException as error:  # noqa: BLE001 - whatever a package of another release does
        raise EngineLost(repr(error)) from None
    try:
        return getattr(typst, what)(
            main,
            root=str(Path(main).parent),
            font_paths=_loaded(tuple(fonts)),
            sys_inputs={"data": json.dumps(data, ensure_ascii=False), **inputs},
            **options,
        )
    except (typst.TypstError, RuntimeError, TypeError, ValueError) as error:  # the engine's, or of its caller
        raise BrokenTemplate(str(error)) from None


@cache
def _loaded(folders: tuple[str, ...]) -> Any:
    import typst  # noqa: PLC0415 - the engine of this child

    return typst.Fonts(include_system_fonts=False, font_paths=list(folders))
