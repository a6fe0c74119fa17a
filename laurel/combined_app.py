"""The three services as one application under one origin."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

from fastapi import FastAPI

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

OWNERS = {
    "judging": "judging",
    **dict.fromkeys(("certificates", "v", "vc", ".well-known"), "certificates"),
}
"""First part of a path to the service that answers; everything else is registration's."""


def owner_of(path: str) -> str:
    """The service that answers this path."""
    return OWNERS.get(path.lstrip("/").split("/", 1)[0], "registration")


class CombinedApp:
    """Sends each request to its service. Mounted applications do not run their own lifespans, so this does."""

    def __init__(self, apps: dict[str, FastAPI]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._apps[owner_of(scope["path"])](scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            try:
                for app in self._apps.values():
                    await stack.enter_async_context(app.router.lifespan_context(app))
            except Exception as error:  # noqa: BLE001 - whatever it is, the server must hear of it
                await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
                return
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
