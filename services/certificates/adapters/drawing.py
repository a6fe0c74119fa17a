"""typst in a process of its own: tasks come as lines of JSON on standard input, answers go with their length before them.

For a template that was just typed, which may take ten seconds and two gigabytes and no more, and for engines of earlier
releases, of which one process can load only one.
"""

import asyncio
import json
import resource
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LENGTH = struct.Struct(">Q")
DRAWN, BROKEN = b"d", b"b"


def pdf_options(at: int) -> dict[str, Any]:
    """How documents are drawn: PDF/A-2a and PDF/UA-1, with a time in microseconds that decides their identity."""
    return {"format": "pdf", "pdf_standards": ["a-2a", "ua-1"], "timestamp": at // 1_000_000}


class BrokenTemplate(Exception):
    """The engine does not understand the template, or what is asked of it; the message says where."""


class Stopped(Exception):
    """The process ended, or took longer than it may."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a process draws with: folders to import the engine from before others, fonts, and limits (0: none)."""

    fonts: Sequence[str]
    engine: Sequence[str] = ()
    cpu_seconds: int = 0
    memory_bytes: int = 0


@dataclass
class Drawing:
    """A process that draws, started when it is first needed, and again if it ended."""

    machine: Machine
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def drawn(self, main: Path, data: Mapping[str, Any], options: Mapping[str, Any], seconds: float) -> bytes:
        """What `main` makes of the data.

        Raises:
            BrokenTemplate: it does not compile.
            Stopped: it took longer than these seconds, or more than the machine allows.
        """
        task = json.dumps({"main": str(main), "data": data, "options": options}).encode() + b"\n"
        async with self._lock:
            try:
                answer = await asyncio.wait_for(self._answer(task), seconds)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
                await self._end()
                raise Stopped from error
            except BaseException:
                await self._end()  # whoever asks next must not get the answer that nobody waits for
                raise
        if answer[:1] == BROKEN:
            raise BrokenTemplate(answer[1:].decode())
        return answer[1:]

    async def _answer(self, task: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                __name__,
                json.dumps(asdict(self.machine)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        writing, reading = self._process.stdin, self._process.stdout
        if writing is None or reading is None:
            raise ConnectionError
        writing.write(task)
        await writing.drain()
        (length,) = LENGTH.unpack(await reading.readexactly(LENGTH.size))
        return await reading.readexactly(length)

    async def _end(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._process = None

    async def __aenter__(self) -> "Drawing":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()


def main() -> None:
    """Draw what is asked until nothing more comes."""
    machine = Machine(**json.loads(sys.argv[1]))
    if machine.cpu_seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (machine.cpu_seconds, machine.cpu_seconds))
    sys.path[:0] = machine.engine
    import typst  # noqa: PLC0415 - the one of this machine, under its limits

    fonts = typst.Fonts(include_system_fonts=False, font_paths=list(machine.fonts))
    if machine.memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (machine.memory_bytes, machine.memory_bytes))
    for line in sys.stdin.buffer:
        task = json.loads(line)
        try:
            document = typst.compile(
                task["main"],
                root=str(Path(task["main"]).parent),
                font_paths=fonts,
                sys_inputs={"data": json.dumps(task["data"], ensure_ascii=False)},
                **task["options"],
            )
            answer = DRAWN + (document if isinstance(document, bytes) else document[0])
        except (typst.TypstError, RuntimeError, TypeError, ValueError) as error:  # the engine's, or of its caller
            answer = BROKEN + str(error).encode()
        sys.stdout.buffer.write(LENGTH.pack(len(answer)) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
