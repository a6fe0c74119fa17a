"""What the body of a request may be: how large, how slow, how deep."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MEGABYTE = 1024 * 1024
LARGEST = 64 * MEGABYTE
LARGEST_OF = {
    "application/json": 2 * MEGABYTE,
    "application/yaml": MEGABYTE // 2,
    "application/x-www-form-urlencoded": 8 * MEGABYTE,
}
"""Less than of files, for what becomes many small objects in memory."""
DEEPEST, MOST_FIELDS = 64, 10_000
PATIENCE, SLOWEST = 20.0, 1024
"""Seconds that we wait for a body in all, and one more for so many bytes that have come."""
MOST_HELD = 256 * MEGABYTE
"""Bytes of all bodies that a process holds at once; whoever comes then is asked to come again."""
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_PLAIN = bytes.maketrans(b"{}", b"[]")


def largest(content_type: str) -> int:
    """Bytes that a body of this kind may have."""
    return LARGEST_OF.get(_kind(content_type), LARGEST)


def _kind(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    return "application/json" if not kind or kind.endswith("+json") else kind


class Held:
    """How many bytes of bodies a process holds."""

    def __init__(self) -> None:
        self.size = 0


class Body:
    """Receives a body, and refuses it where it becomes too much.

    Raises:
        HTTPException: 413 it is too large, 408 too slow, 400 too deep or of too many fields, 503 others hold too much.
    """

    def __init__(self, receive: Receive, content_type: str, most: int | None, held: Held) -> None:
        """`most` is how many bytes it may have; None where its route takes it piece by piece and does not hold it."""
        self._held = held
        self._receive, self._most, self._kind = receive, most, _kind(content_type)
        self._looks = most is not None and self._kind in ("application/json", "application/x-www-form-urlencoded")
        self._seen, self._waited, self._ended = 0, 0.0, False
        self._parts: list[bytes] = []

    async def __call__(self) -> MutableMapping[str, Any]:
        if self._ended:  # what is waited for now is the end of the connection
            return await self._receive()
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE + self._seen / SLOWEST - self._waited):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(408) from error
        self._waited += time.monotonic() - began
        part = message.get("body", b"")
        self._seen += len(part)
        self._ended = not message.get("more_body", False)
        if self._most is not None:
            self._held.size += len(part)
            if self._seen > self._most:
                raise HTTPException(413)
            if self._held.size > MOST_HELD:
                raise HTTPException(503)
        if self._looks and part:
            self._parts.append(part)
        if self._looks and self._ended and self._seen:
            self._look(b"".join(self._parts))
            self._parts.clear()
        return message

    def release(self) -> None:
        """The request is over: its body is held no longer."""
        if self._most is not None:
            self._held.size -= self._seen

    def _look(self, body: bytes) -> None:
        if self._kind == "application/json":
            if body.count(b"[") + body.count(b"{") > DEEPEST and _too_deep(body):
                raise HTTPException(400)
        elif body.count(b"&") > MOST_FIELDS:
            raise HTTPException(400)


def _too_deep(body: bytes) -> bool:
    """Whether brackets stand deeper in each other than they may, or are not closed: each pass takes the innermost away."""
    brackets = _STRINGS.sub(b"", body).translate(_PLAIN, _OTHERS)
    for _ in range(DEEPEST):
        outer = brackets.replace(b"[]", b"")
        if outer == brackets:
            break
        brackets = outer
    return bool(brackets)
