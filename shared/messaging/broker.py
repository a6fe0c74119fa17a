"""The connection to NATS, and the two guards without which a lost server freezes the process."""

import asyncio
import os
import threading
import time
from contextlib import suppress

import structlog
from faststream.nats import NatsBroker

log = structlog.get_logger()

START_SECONDS = 20.0
EXIT_CLOSED = 69
EXIT_FROZEN = 70


async def _closed() -> None:
    log.critical("nats_closed")
    os._exit(EXIT_CLOSED)


class Connection:
    """A broker that reconnects for ever; while it is stopping on purpose, a closed connection is no alarm."""

    def __init__(self, url: str, service: str) -> None:
        self._stopping = False
        self.broker = NatsBroker(
            url.split(","),
            name=service,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=5,
            max_outstanding_pings=2,
            inbox_prefix=f"_INBOX_{service}",
            closed_cb=self._on_closed,
            graceful_timeout=20,
            logger=None,
            apply_types=False,
        )

    async def _on_closed(self) -> None:
        if not self._stopping:
            await _closed()

    async def connect(self) -> None:
        """Connect.

        Raises:
            TimeoutError: the server did not answer in time.
        """
        async with asyncio.timeout(START_SECONDS):
            await self.broker.connect()

    async def start(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            await self.broker.start()

    async def stop(self) -> None:
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                await self.broker.stop()


class Watchdog:
    """A thread beside the event loop: if the loop does not turn for `limit` seconds, the process ends.

    A supervisor starts it anew; every effect is stored or redelivered, so ending is safe and freezing is not.
    """

    def __init__(self, limit: float = 10.0) -> None:
        self._limit, self._beat, self._stop = limit, time.monotonic(), threading.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._beat = time.monotonic()
        self._task = asyncio.create_task(self._pulse(), name="watchdog")
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        if self._task:
            self._task.cancel()

    async def _pulse(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(self._limit / 10)

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(self._limit / 5):
            now = time.monotonic()
            slept = now - last > self._limit  # the whole process was paused: give the loop its time again
            last = now
            if slept:
                self._beat = now
            elif now - self._beat > self._limit:
                os._exit(EXIT_FROZEN)
