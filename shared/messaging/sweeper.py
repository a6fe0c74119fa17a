"""Looks for work that was missed: what a stopped process left half done, and what could not be done before."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from shared.messaging.background import Background
from shared.mongo import VersionConflict

log = structlog.get_logger()

Task = Callable[[], Awaitable[int]]
"""Does what was missed; returns how much that was."""

GRACE = 5.0
"""A request that is carrying its own step on right now gets this head start."""


class Sweeper(Background):
    """Does the tasks of one service at start and every so many seconds, one after the other."""

    def __init__(self, service: str, tasks: Sequence[Task], seconds: float) -> None:
        super().__init__(f"sweeper-{service}")
        self._service, self._tasks, self._seconds = service, tuple(tasks), seconds

    async def _run(self) -> None:
        await asyncio.sleep(GRACE)
        while True:
            await self.sweep()
            await asyncio.sleep(self._seconds)

    async def sweep(self) -> int:
        """Do every task once; returns how much was missed."""
        number = 0
        for task in self._tasks:
            try:
                done = await task()
            except VersionConflict:
                continue  # another process did it
            except Exception as error:  # noqa: BLE001 - the next sweep tries again
                log.warning("sweep_failed", service=self._service, error=type(error).__name__)
                continue
            if done:
                log.info("missed_work_done", service=self._service, done=done)
            number += done
        return number
