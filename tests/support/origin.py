"""One origin in front of three service processes: a small reverse proxy that says 503 while a service is away."""

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


class ReverseProxy:
    """Runs in a thread of the test."""

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
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        replicas = self._upstream[owner_of(request.url.path)]
        path = request.scope["raw_path"].decode("ascii")  # as it was sent, whatever it stands for
        target = f"{replicas[next(self._turn) % len(replicas)]}{path}"
        try:
            async with httpx.AsyncClient(timeout=60) as client:
                answer = await client.request(
                    request.method, target, params=request.url.query, headers=headers, content=await request.body()
                )
        except httpx.TransportError:
            return Response("away", 503, headers={"Retry-After": "1"})
        response = Response(answer.content, answer.status_code)
        kept = [(name, value) for name, value in answer.headers.multi_items() if name not in HOP_BY_HOP]
        response.raw_headers += [(name.encode(), value.encode("latin-1")) for name, value in kept]
        return response
