"""Looks for work that a stopped process left half done."""

import asyncio

import structlog

from services.judging.application.ports import Store
from services.judging.application.rounds import complete_unfinished
from shared.mongo import Conflict

log = structlog.get_logger()

SECONDS = 60.0
GRACE = 5.0
"""A request that is carrying its own step on right now gets this head start."""


class Sweeper:
    """Carries on unfinished announcements and finalizations, at start and every minute."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sweeper-judging")

    async def _run(self) -> None:
        await asyncio.sleep(GRACE)
        while True:
            try:
                done = await complete_unfinished(self._store)
                if done:
                    log.info("unfinished_results_completed", seasons=done)
            except Conflict:
                pass  # another process completed it
            except Exception as error:  # noqa: BLE001 - the next sweep tries again
                log.warning("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(SECONDS)
