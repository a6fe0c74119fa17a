"""Public pages under a crowd: made once for all who wait for them at the same moment, and not sent again to who has them.

Whoever comes while a page is being made waits for the next making, so nobody gets what was true before they asked. Only
addresses that a service names are treated so, and only for people who are not signed in; an answer that sets a cookie, or
is no 200, is its asker's own.
"""

import asyncio
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from starlette.requests import Request

from shared.http.bodies import Receive
from shared.http.protection import Application, Scope, Send
from shared.identity.authenticator import TOKEN_COOKIE
from shared.observability.metrics import Metrics
from shared.web.pages import Pages

NOT_MODIFIED = frozenset({b"etag", b"cache-control", b"vary", b"content-language", b"x-correlation-id"})
"""What a 304 carries (RFC 9110, section 15.4.5)."""
Key = tuple[str, bytes, str, str]


def is_anonymous(request: Request) -> bool:
    """Whether nothing in the request says who asks."""
    return "authorization" not in request.headers and TOKEN_COOKIE not in request.headers.get("cookie", "")


def matching(addresses: Sequence[str]) -> re.Pattern[str]:
    """An expression for routes as they are written: `{name}` stands for one part of an address."""
    return re.compile("|".join(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(address)) for address in addresses) or "(?!)")


@dataclass(frozen=True, slots=True)
class Made:
    """A whole answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    tag: bytes

    @property
    def shareable(self) -> bool:
        """Whether others may have it too."""
        return self.status == 200 and all(name.lower() != b"set-cookie" for name, _ in self.headers)


class Public:
    """Wraps an application."""

    def __init__(
        self, app: Application, *, addresses: Sequence[str], pages: Pages, metrics: Metrics, seconds: int
    ) -> None:
        """`seconds` is how long a browser or a cache between may keep a page without asking again."""
        self._app, self._pages, self._metrics = app, pages, metrics
        self._addresses = matching(addresses)
        fresh = f"public, max-age={seconds}" if seconds else "public, no-cache"
        self._fresh = (b"cache-control", fresh.encode())
        self._running: dict[Key, asyncio.Future[Made | None]] = {}
        self._following: dict[Key, asyncio.Future[Made | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope) if scope["type"] == "http" else None
        if key is None:
            await self._app(scope, receive, send)
            return
        made = await self._made(key, scope, receive)
        if made is None:  # whoever it was made for got something of their own
            await self._app(scope, receive, send)
        else:
            await self._answer(made, Request(scope), send)

    def _key(self, scope: Scope) -> Key | None:
        """What answers depend on; None where they may depend on who asks."""
        if scope["method"] != "GET" or not self._addresses.fullmatch(scope["path"]):
            return None
        request = Request(scope)
        if not is_anonymous(request):
            return None
        return (
            scope["path"],
            scope["query_string"],
            request.headers.get("accept", ""),
            self._pages.translator(request).language,
        )

    async def _made(self, key: Key, scope: Scope, receive: Receive) -> Made | None:
        if key in self._following:
            self._metrics.shared.labels(self._metrics.service).inc()
            return await asyncio.shield(self._following[key])
        turn: asyncio.Future[Made | None] = asyncio.get_running_loop().create_future()
        made: Made | None = None
        try:
            if key in self._running:
                self._following[key] = turn
                await asyncio.wait([self._running[key]])
                del self._following[key]
            self._running[key] = turn
            made = await self._make(scope, receive)
        finally:
            for waiting in (self._running, self._following):
                if waiting.get(key) is turn:
                    del waiting[key]
            turn.set_result(made if made and made.shareable else None)
        return made

    async def _make(self, scope: Scope, receive: Receive) -> Made:
        status, headers, parts = 500, list[tuple[bytes, bytes]](), list[bytes]()

        async def keep(message: MutableMapping[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, keep)
        body = b"".join(parts)
        made = Made(status, headers, body, b'"%s"' % sha256(body).hexdigest()[:32].encode())
        return Made(status, self._told(made), body, made.tag) if made.shareable else made

    def _told(self, made: Made) -> list[tuple[bytes, bytes]]:
        """Its headers, with how long it may be kept and the tag to ask with again; what a route says itself stands."""
        kept = [
            (name, value) for name, value in made.headers if (name.lower(), value) != (b"cache-control", b"no-store")
        ]
        names = {name.lower() for name, _ in kept}
        if b"cache-control" not in names:
            kept.append(self._fresh)
        if b"vary" not in names:
            kept.append((b"vary", b"Cookie, Accept-Language"))
        if b"etag" not in names:
            kept.append((b"etag", made.tag))
        return kept

    @staticmethod
    async def _answer(made: Made, request: Request, send: Send) -> None:
        asked = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        tag = next((value.decode() for name, value in made.headers if name.lower() == b"etag"), "")
        status, headers, body = made.status, made.headers, made.body
        if tag and (tag in asked or "*" in asked):
            status, body = 304, b""
            headers = [(name, value) for name, value in headers if name.lower() in NOT_MODIFIED]
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})
