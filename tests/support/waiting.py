"""Waiting for what must come true."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 20.0


def eventually(assertion: Callable[[], None], patience: float = PATIENCE) -> None:
    """Try the assertion until it holds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            assertion()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def becomes(look: Callable[[], object], wanted: object, patience: float = PATIENCE) -> None:
    """Look until what is seen equals this."""

    def equals() -> None:
        assert look() == wanted

    eventually(equals, patience)


async def eventually_async(assertion: Callable[[], Awaitable[None]], patience: float = PATIENCE) -> None:
    """The same for an awaitable one."""

    deadline = time.monotonic() + patience
    while True:
        try:
            await assertion()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return
