"""One pure ASGI layer before every route: a correlation id, protective headers, size limits, same-origin writes."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from shared.http.bodies import Body, Held, Receive, largest
from shared.http.contract import PROBLEM
from shared.http.problems import problem_of
from shared.observability.correlation import correlate
from shared.observability.metrics import Metrics
from shared.observability.tracing import Tracing
from shared.season.csv_rows import whole_number
from shared.web.translation import preferred_language, shared_catalog

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger()

QUIET = ("/healthz", "/readyz", "/metrics", "/static")
"""Asked for by machines every few seconds."""
DIGITS = 15
"""Of a length."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DOCS_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Protection:
    """Wraps an application."""

    def __init__(
        self,
        app: Application,
        *,
        secure: bool,
        metrics: Metrics,
        tracing: Tracing,
        streamed: tuple[str, ...] = (),
    ) -> None:
        self._app, self._streamed = app, streamed
        self._metrics, self._tracing = metrics, tracing
        self._held = Held()
        self._headers = HEADERS + ((TRANSPORT,) if secure else ())
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        policy = (b"content-security-policy", (DOCS_POLICY if scope["path"].endswith("/docs") else POLICY).encode())
        began, status = time.perf_counter(), 500
        with (
            correlate(headers.get("x-correlation-id", "")[:64] or None) as correlation,
            self._tracing.span(
                f"{scope['method']} {scope['path'].split('/', 2)[1]}",
                headers.get("traceparent"),
                {"http.request.method": scope["method"]},
            ),
        ):

            async def protected(message: MutableMapping[str, Any]) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    out = [*message["headers"], *self._headers, policy, (b"x-correlation-id", correlation.encode())]
                    if not any(name.lower() == b"cache-control" for name, _ in message["headers"]):
                        out.append((b"cache-control", b"no-store"))
                    message["headers"] = out
                await send(message)

            if scope["method"] not in SAFE and not self._comes_from_here(headers):
                await _refuse(403, "cross-origin", scope["path"], headers)(scope, receive, protected)
                return
            declared = headers.get("content-length", "0")
            kind = headers.get("content-type", "")
            whole = not any(_is_below(scope["path"], prefix) for prefix in self._streamed)
            most = largest(kind) if whole else None
            length = whole_number(declared, DIGITS)
            if length is None or (most is not None and length > most):
                await _refuse(413, "too-large", scope["path"], headers)(scope, receive, protected)
                return
            body = Body(receive, kind, most, self._held)
            try:
                await self._app(scope, body, protected)
            finally:
                body.release()
                self._note(scope, status, time.perf_counter() - began)

    def _comes_from_here(self, headers: Headers) -> bool:
        """Whether a write may be taken: nothing says that another site's page sent it, and one with cookies says that ours did.

        Browsers put `Origin` on every write and cannot be made to leave it out; programs send neither it nor cookies.
        """
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        source = headers.get("origin") or headers.get("referer")
        if source is None:
            return "cookie" not in headers
        parts = urlsplit(source)
        return parts.netloc == headers.get("host") and (parts.scheme == "https" or not self._secure)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Count and log the request by the pattern of its route: an address may hold a secret or a number."""
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.request(scope["method"], route, status, seconds)
        if not route.endswith(QUIET):
            log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _is_below(path: str, prefix: str) -> bool:
    """Whether the address is this one or one under it, by whole parts."""
    return path == prefix or path.startswith(f"{prefix}/")


def _refuse(status: int, code: str, path: str, headers: Headers) -> JSONResponse:
    t = shared_catalog().translator(preferred_language(headers.get("accept-language", "")))
    return JSONResponse(problem_of(status, code, t, instance=path).model_dump(), status, media_type=PROBLEM)
