"""So much work at once and no more: whoever cannot be served soon hears at once when to come back.

The outermost layer before every route. Each kind of work has so many places and a short queue; the queue is left after a third
of a second. A refusal comes before anything is done, so the same request can be sent again under its key. Health is never counted.
"""

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.http.bodies import PATIENCE, Receive
from shared.http.contract import PROBLEM
from shared.http.problems import problem_of, wants_page
from shared.http.protection import HEADERS, POLICY, SAFE, TRANSPORT, Application, Scope, Send
from shared.identity.authenticator import TOKEN_COOKIE
from shared.observability.metrics import Metrics
from shared.season.csv_rows import whole_number
from shared.settings import ServiceSettings
from shared.web.pages import Pages

log = structlog.get_logger()

HEALTH = frozenset({"healthz", "readyz", "metrics"})
SMALL = 64 * 1024
"""Bytes of a body that is waited for before it takes a place: whoever sends slowly keeps nobody out."""
QUEUE = 4
"""Who may wait, for each place."""
AIM, FEWEST = 0.2, 4
"""Seconds that work shall take on average; a quarter of the places stays, however long it takes: groups share their writes."""
LONGEST_RETRY = 30.0
REFUSALS, LONGEST_DELAY = 500, 5.0
"""Refusals a second that are answered at once; beyond, whoever comes again without pause waits so many seconds at most."""
HEAVY = frozenset({"export", "downloads", "document.pdf", "preview", "audit-log", "data.json", "designs"})
HEAVY_WRITES = frozenset(
    {
        "sign-in",
        "password",
        "operator-tokens",
        "invitations",
        "links",
        "import",
        "imports",
        "sheets",
        "templates",
        "file",
        "rehearsals",
    }
)
"""Parts of addresses behind which much is read, drawn or hashed."""


class Kind(StrEnum):
    """What a request costs, and whom it would keep waiting."""

    PUBLIC = "public"
    READ = "read"
    WRITE = "write"
    HEAVY = "heavy"
    UPLOAD = "upload"


def kind_of(scope: Scope) -> Kind | None:
    """The kind of work that a request is; None for health, which is never counted."""
    parts = scope["path"].split("/")
    if len(parts) == 3 and parts[2] in HEALTH:
        return None
    headers = {name: value for name, value in scope["headers"] if name in LOOKED_AT}
    if not HEAVY.isdisjoint(parts):
        return Kind.HEAVY
    if scope["method"] in SAFE:
        known = b"authorization" in headers or TOKEN_COOKIE.encode() in headers.get(b"cookie", b"")
        return Kind.READ if known else Kind.PUBLIC
    length = whole_number(headers.get(b"content-length", b"0").decode("latin-1"), 15)
    if length is None or length > SMALL or b"transfer-encoding" in headers:
        return Kind.UPLOAD
    return Kind.WRITE if HEAVY_WRITES.isdisjoint(parts) else Kind.HEAVY


LOOKED_AT = frozenset({b"authorization", b"cookie", b"content-length", b"transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Limit:
    """How many run at once at most, how many more may wait for each of these, and how many seconds each of them."""

    running: int
    queue: int
    seconds: float
    learns: bool = False
    """Whether fewer run when they take long: the machine is slower than it was thought to be."""


class Turn(StrEnum):
    """How waiting in a queue ended."""

    TAKEN = "taken"
    LATE = "late"
    GONE = "gone"


class Gate:
    """The places of one kind of work, and its queue: first come, first served."""

    def __init__(self, limit: Limit) -> None:
        self._limit, self._places = limit, limit.running
        self._queue: deque[asyncio.Future[Turn]] = deque()
        self._since, self._took, self._done = 0.0, 0.0, 0
        self.running = 0

    @property
    def places(self) -> int:
        """How many may run now."""
        return self._places

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Whether there is neither a place nor room to wait for one."""
        return self.running >= self._places and self.waiting >= self._places * self._limit.queue

    def take(self) -> bool:
        """Whether there was a place; nobody overtakes those who wait."""
        if self._queue or self.running >= self._places:
            return False
        self.running += 1
        return True

    async def wait(self, receive: Receive) -> Turn:
        """Stand in the queue. `receive` has nothing more to give than the end of the connection."""
        if self.full:
            return Turn.LATE
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Turn] = loop.create_future()
        self._queue.append(turn)
        timer = loop.call_later(self._limit.seconds, _settle, turn, Turn.LATE)
        end = asyncio.ensure_future(receive())
        end.add_done_callback(lambda ended: _settle(turn, Turn.GONE) if not ended.cancelled() else None)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result() is Turn.TAKEN:
                self.give_back()
            raise
        finally:
            timer.cancel()
            end.cancel()
            with suppress(ValueError):
                self._queue.remove(turn)

    def give_back(self) -> None:
        """The work is done: the place is the next one's."""
        self.running -= 1
        while self._queue and self.running < self._places:
            turn = self._queue.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(Turn.TAKEN)

    def learn(self, seconds: float, now: float) -> None:
        """Look once a second how long the work took: fewer run at once if it was long, more if it was short."""
        self._took, self._done = self._took + seconds, self._done + 1
        if not self._limit.learns or now < self._since + 1:
            return
        mean = self._took / self._done
        self._since, self._took, self._done = now, 0.0, 0
        if mean > AIM:
            self._places = max(-(-self._limit.running // FEWEST), int(self._places * max(AIM / mean, 0.5)))
        else:
            self._places = min(self._limit.running, self._places + 1 + self._places // 4)


def _settle(turn: "asyncio.Future[Turn]", outcome: Turn) -> None:
    if not turn.done():
        turn.set_result(outcome)


class Pace:
    """When the refused shall come back, and how fast they are told so."""

    def __init__(self) -> None:
        self._second, self._served, self._refused = 0, 0.0, 0.0
        self._due = 0.0

    def serve(self, now: float) -> None:
        """Count one who is served; `now` is in seconds."""
        self._fade(now)
        self._served += 1

    def refuse(self, now: float) -> None:
        """Count one who is not."""
        self._fade(now)
        self._refused += 1

    def retry_after(self, delay: float = 0.0) -> float:
        """Seconds: as many as it takes to serve those who were refused, at the rate of those who were served.

        The longer even refusals are delayed, the later it is.
        """
        return min(1 + self._refused / max(self._served, 1.0) + 2 * delay, LONGEST_RETRY)

    def delay(self, now: float) -> float:
        """Seconds until this refusal may be sent: 0 as long as not more are refused than a loop can tell easily."""
        self._due = min(max(self._due, now - 1) + 1 / REFUSALS, now + LONGEST_DELAY)
        return max(0.0, self._due - now)

    def _fade(self, now: float) -> None:
        """Half of what was counted a second ago counts."""
        second = int(now)
        if second > self._second:
            fading = 0.5 ** min(second - self._second, 60)
            self._served, self._refused, self._second = self._served * fading, self._refused * fading, second


class Refusals:
    """The answers to those who are not let in: made once, for each language and form."""

    def __init__(self, pages: Pages, *, secure: bool) -> None:
        self._pages = pages
        self._headers = [*HEADERS, (b"content-security-policy", POLICY.encode()), (b"cache-control", b"no-store")]
        if secure:
            self._headers.append(TRANSPORT)
        self._made: Callable[[str, bool, int, str, int], Response] = cache(self._make)

    def answer(self, scope: Scope, status: int, code: str, seconds: int) -> Response:
        """A page for a browser, a problem (RFC 9457) for a program."""
        request = Request(scope)
        page = wants_page(request.headers.get("accept", ""), request.url.path)
        return self._made(self._pages.translator(request).language, page, status, code, seconds)

    def _make(self, language: str, page: bool, status: int, code: str, seconds: int) -> Response:
        t = self._pages.catalog.translator(language)
        problem = problem_of(status, code, t, trace_id="", values={"seconds": seconds}).model_dump()
        if page:
            texts = {**problem, "again": True}
            blank = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": _asking(language)}
            other = "en" if language == "zh" else "zh"
            response = self._pages.render(
                Request(blank), "problem.html", {**texts, "switch": f"?lang={other}"}, status=status
            )
        else:
            response = JSONResponse(problem, status, media_type=PROBLEM)
        if seconds:
            response.headers["Retry-After"] = str(seconds)
        response.raw_headers.extend(self._headers)
        return response


def _asking(language: str) -> list[tuple[bytes, bytes]]:
    return [(b"accept-language", language.encode()), (b"host", b"localhost")]


def limits_of(settings: ServiceSettings) -> dict[Kind, Limit]:
    """The limits of each kind; whoever uploads holds a place so long that nobody waits for one."""
    places = {
        Kind.PUBLIC: settings.admit_public,
        Kind.READ: settings.admit_read,
        Kind.WRITE: settings.admit_write,
        Kind.HEAVY: settings.admit_heavy,
    }
    limits = {
        kind: Limit(running, QUEUE, settings.admit_seconds, kind is not Kind.HEAVY) for kind, running in places.items()
    }
    return {**limits, Kind.UPLOAD: Limit(settings.admit_upload, 0, 0.0)}


class Admission:
    """Wraps an application."""

    def __init__(
        self, app: Application, *, limits: Mapping[Kind, Limit], pages: Pages, secure: bool, metrics: Metrics
    ) -> None:
        self._app, self._metrics = app, metrics
        self._gates = {kind: Gate(limit) for kind, limit in limits.items()}
        self._refusals, self._pace = Refusals(pages, secure=secure), Pace()
        self._told = -math.inf
        for kind, gate in self._gates.items():
            metrics.watch_gate(kind, gate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = kind_of(scope) if scope["type"] == "http" else None
        if kind is None:
            await self._app(scope, receive, send)
            return
        gate = self._gates[kind]
        if gate.full:
            await self._refuse(kind, "full", scope, receive, send)
            return
        again = _Again(receive)
        if kind is not Kind.UPLOAD:
            try:
                async with asyncio.timeout(PATIENCE):
                    there = await again.hold_all()
            except TimeoutError:
                await self._refusals.answer(scope, 408, "too-slow", 0)(scope, receive, send)
                return
            if not there:
                self._metrics.refusal(kind, Turn.GONE)
                return
        turn = Turn.TAKEN if gate.take() else await gate.wait(receive)
        if turn is Turn.GONE:
            self._metrics.refusal(kind, turn)
            return
        if turn is Turn.LATE:
            await self._refuse(kind, turn, scope, receive, send)
            return
        self._pace.serve(time.monotonic())
        place = _Place(gate)
        try:
            await self._app(scope, again, place.until_streaming(send))
        finally:
            place.leave()

    async def _refuse(self, kind: Kind, reason: str, scope: Scope, receive: Receive, send: Send) -> None:
        now = time.monotonic()
        self._metrics.refusal(kind, reason)
        self._pace.refuse(now)
        if now > self._told + 10:
            self._told = now
            log.warning("overloaded", kind=kind, reason=reason, retry_after=round(self._pace.retry_after(), 1))
        if delay := self._pace.delay(now):
            await asyncio.sleep(delay)
        seconds = math.ceil(self._pace.retry_after(delay) * random.uniform(1, 2))  # so that not all come back at once
        await self._refusals.answer(scope, 503, "overloaded", seconds)(scope, receive, send)


class _Place:
    """One place at a gate: given back once, at the end or when the answer begins to stream, however slowly it is read."""

    def __init__(self, gate: Gate) -> None:
        self._gate: Gate | None = gate
        self._began = time.monotonic()

    def leave(self) -> None:
        if self._gate:
            now = time.monotonic()
            self._gate.learn(now - self._began, now)
            self._gate.give_back()
            self._gate = None

    def until_streaming(self, send: Send) -> Send:
        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body" and message.get("more_body"):
                self.leave()
            await send(message)

        return sending


class _Again:
    """Holds the messages of a small body, and gives them again to whoever asks."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages = deque[MutableMapping[str, Any]]()

    async def hold_all(self) -> bool:
        """Whether all of it came; its sender may be gone."""
        while not self._messages or self._messages[-1].get("more_body", False):
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return False
            self._messages.append(message)
        return True

    async def __call__(self) -> MutableMapping[str, Any]:
        return self._messages.popleft() if self._messages else await self._receive()
