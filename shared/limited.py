"""The one home for work on what strangers send: it runs in a child process that may take so much memory and time.

A sheet, a picture, a document or a template can be made so that reading it takes all there is. Such work runs in a child
that has no network, no secrets and no other files open; when it takes more than it may it is killed whole, and only who
asked for it hears so. Not more children run at once than the machine bears, and no owner has more than half of them.
"""

import asyncio
import os
import pickle
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.fair_slots import FairSlots
from shared.limited_child import LENGTH

MEGABYTE = 1024 * 1024
MEMORY = 512 * MEGABYTE
WRITTEN = 512 * MEGABYTE
"""Bytes of any one file that it writes."""
SECONDS = 10
"""Of the processor; waiting included it may take three times as long."""
LONGEST_WAIT = 3
STARTING_SECONDS = 5
LARGEST_ANSWER = 256 * MEGABYTE
SLOTS = FairSlots(4)

T = TypeVar("T")


class Exceeded(Exception):
    """The child took more time or memory than it may, or ended without an answer."""


@dataclass
class Worker:
    """A child that is started when it is first needed, kept, and started anew after it was killed.

    `path` are folders in which it looks for modules before all others.
    """

    memory: int = MEMORY
    path: Sequence[str] = ()
    written: int = WRITTEN
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    async def run(self, function: Callable[..., T], *arguments: Any, seconds: int = SECONDS) -> T:
        """What a function of a module answers to these arguments; both must be picklable.

        Raises:
            Exceeded: it took more than it may, and is gone.
            Exception: whatever the function raised.
        """
        task = pickle.dumps((function.__module__, function.__qualname__, arguments, seconds))
        async with self._lock:
            starting = self._process is None or self._process.returncode is not None
            try:
                async with asyncio.timeout(seconds * LONGEST_WAIT + (STARTING_SECONDS if starting else 0)):
                    answer = await self._answer(LENGTH.pack(len(task)) + task)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, BrokenPipeError) as error:
                await self.end()
                raise Exceeded(function.__name__) from error
            except BaseException:
                await self.end()  # whoever asks next must not get the answer that nobody waits for
                raise
            right, value = await asyncio.to_thread(pickle.loads, answer) if len(answer) > MEGABYTE else _loaded(answer)
            if right:
                return value  # type: ignore[no-any-return]
            if isinstance(value, MemoryError):
                await self.end()
                raise Exceeded(function.__name__) from value
        raise value

    async def _answer(self, task: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "shared.limited_child",
                str(self.memory),
                str(self.written),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=self._environment(),
                start_new_session=True,
            )
        writing, reading = self._process.stdin, self._process.stdout
        if writing is None or reading is None:
            raise ConnectionError
        writing.write(task)
        await writing.drain()
        (length,) = LENGTH.unpack(await reading.readexactly(LENGTH.size))
        if length > LARGEST_ANSWER:
            raise ConnectionError
        return await reading.readexactly(length)

    def _environment(self) -> dict[str, str]:
        """Nothing of the service's own, which holds its secrets; and no folders in which programs keep things."""
        result = os.pathsep.join([*self.path, *filter(None, sys.path)])
        nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), os.devnull)
        return {"PATH": os.defpath, "LANG": "C.UTF-8", "TMPDIR": tempfile.gettempdir(), "PYTHONPATH": result, **nowhere}

    async def end(self) -> None:
        """Kill the child and whatever it started."""
        process, self._process = self._process, None
        if process and process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _loaded(answer: bytes) -> Any:
    return pickle.loads(answer)  # noqa: S301 - from our own child


async def run(
    function: Callable[..., T],
    *arguments: Any,
    memory: int = MEMORY,
    seconds: int = SECONDS,
    written: int = WRITTEN,
    owner: str = "",
) -> T:
    """What a function of a module answers, run in a child of its own that ends with it.

    `memory` and `written`, of any one file, are in bytes, `seconds` are of the processor; `owner` is whose work it is, a season or a way in.

    Raises:
        Exceeded: it took more than it may.
        Unavailable: too much of this owner's work waits already.
        Exception: whatever the function raised.
    """
    async with SLOTS.of(owner):
        worker = Worker(memory, written=written)
        try:
            return await worker.run(function, *arguments, seconds=seconds)
        finally:
            await worker.end()
