"""One origin in front of several processes of each service: a small reverse proxy that tries again where that is safe."""

import asyncio
import itertools
import threading
import time
from collections.abc import Mapping, Sequence

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from laurel.combined_app import owner_of

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
REPEATABLE = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
"""What may be sent twice by what it means (RFC 9110, section 9.2.2); else a key must say so."""
TRIES = 3
PAUSE_SECONDS = 0.2
ANSWER_SECONDS = 60.0
TLS = httpx.create_ssl_context()
"""Made once: to make one takes longer than most answers."""


class ReverseProxy:
    """Runs in a thread of its own. Requests go to the processes of a service in turn."""

    def __init__(self, port: int, upstream: Mapping[str, Sequence[str]]) -> None:
        self._upstream, self._turn = upstream, itertools.count()
        app = Starlette(routes=[Route("/{path:path}", self._forward, methods=METHODS)])
        # Not uvloop, on which httpx fails outside its own errors when a service dies while it connects.
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", loop="asyncio")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    async def _forward(self, request: Request) -> Response:
        replicas, body = self._upstream[owner_of(request.url.path)], await request.body()
        repeatable = request.method in REPEATABLE or "idempotency-key" in request.headers
        for attempt in range(1, TRIES + 1):
            replica = replicas[next(self._turn) % len(replicas)]
            try:
                return await _sent(request, replica, body)
            except httpx.TransportError as error:
                # Where no connection was made nothing was asked; where one broke it may have been.
                if attempt == TRIES or not (repeatable or isinstance(error, httpx.ConnectError)):
                    break
            await asyncio.sleep(PAUSE_SECONDS)
        return Response("away", 503, headers={"Retry-After": "1"})


async def _sent(request: Request, replica: str, body: bytes) -> Response:
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
    path = request.scope["raw_path"].decode("ascii")  # as it was sent, whatever it stands for
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, verify=TLS) as client:
        answer = await client.request(
            request.method, f"{replica}{path}", params=request.url.query, headers=headers, content=body
        )
    response = Response(answer.content, answer.status_code)
    kept = [(name, value) for name, value in answer.headers.multi_items() if name not in HOP_BY_HOP]
    response.raw_headers += [(name.encode(), value.encode("latin-1")) for name, value in kept]
    return response
