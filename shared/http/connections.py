"""Connections of one process: heads that come too slowly or too long end, and so do bodies that nobody reads any more.

Beyond the connections that a process holds, a newcomer hears at once when to come back, and is not parsed at all.
"""

import re
from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.http.problems import problem_of
from shared.web.translation import shared_catalog

HEAD_SECONDS = 10.0
"""From the first byte of a request, or from the connection on, until its headers are whole."""
LARGEST_HEAD, MOST_HEADERS = 64 * 1024, 100
LINGER_SECONDS = 10.0
"""How long the rest of a body may still come after it was answered: whoever sends it reads the answer at its end."""
SECONDS = 5
_TOLD = (
    problem_of(503, "overloaded", shared_catalog().translator("zh"), trace_id="", values={"seconds": SECONDS})
    .model_dump_json()
    .encode()
)
TURNED_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: %d\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (SECONDS, len(_TOLD), _TOLD)
)
HEALTH = re.compile(rb"GET /[a-z]+/(healthz|readyz|metrics) HTTP/1")
"""Asked by supervisors, who are always let in."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with an end to its patience."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: TimerHandle | None = None
        self._in_head, self._unread = True, 0
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self._new, self._turned_away = True, False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._end_in(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Also for bytes that never become a head: each costs patience from the first on."""
        if self._new:
            self._new = False
            if self._most and len(self.connections) > self._most and not HEALTH.match(data):
                self._turn_away()
        if self._turned_away:
            return
        if self._in_head and self._deadline is None:
            self._end_in(HEAD_SECONDS)
        self._unread += len(data)
        super().data_received(data)
        if self._unread > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Raises ValueError: there are more headers than anybody needs."""
        if len(self.headers) >= MOST_HEADERS:
            raise ValueError(name)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._unread = False, 0
        self._go_on()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head, self._unread = True, 0
        self._go_on()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._in_head and self.cycle.response_complete:
            self._end_in(LINGER_SECONDS)

    def _turn_away(self) -> None:
        """Answer, and read on for a moment: a connection that is closed with bytes unread takes its answer back."""
        self._turned_away = True
        self.transport.write(TURNED_AWAY)
        self.transport.write_eof()
        self._end_in(LINGER_SECONDS / 5)

    def _end_in(self, seconds: float) -> None:
        self._go_on()
        self._deadline = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _go_on(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
