"""Other people's systems: a real SMTP server and a real HTTP receiver, in threads of the test."""

import gc
import socket
import struct
import threading
import warnings
from collections.abc import Coroutine
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import uvloop
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from laurel.servers import free_port

T = TypeVar("T")


class Mailbox:
    """An SMTP server that keeps every letter."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.refuse = 0
        """How many letters to refuse for now."""
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse:
            self.refuse -= 1
            return "451 later, please"
        self.letters.append(message_from_bytes(envelope.content or b"", policy=default))  # type: ignore[arg-type]
        return "250 taken"

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    def to(self, address: str) -> list[Message]:
        return [letter for letter in self.letters if letter["To"] == address]


class Receiver:
    """An HTTP server that keeps every request and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        """What to answer to the next ones; then 204."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                outer.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class Slammer:
    """Accepts a connection and resets it at once, as a receiver does whose process is being killed."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/hook"
        self._thread = threading.Thread(target=self._slam, daemon=True)

    def _slam(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    def __enter__(self) -> "Slammer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)


def on_uvloop(work: Coroutine[Any, Any, T]) -> T:
    """What this comes to on the loop that services run on.

    uvloop forgets sockets whose peer resets them while they connect; they are collected here, not in some later test.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        result = uvloop.run(work)
        gc.collect()
    return result
