"""Delivers every event a second time: copies each message of the streams under a new message id."""

import asyncio
import threading
from contextlib import suppress
from uuid import uuid4

import nats
from nats.aio.msg import Msg

STREAMS = ("REGISTRATION", "JUDGING", "CERTIFICATES", "PEOPLE")
COPY = "Laurel-Test-Copy"


class Doubler:
    """Runs in a thread of the test until it is stopped; `copied` counts."""

    def __init__(self, nats_url: str) -> None:
        self._url, self.copied = nats_url, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    async def _run(self) -> None:
        client = await nats.connect(self._url)
        jetstream = client.jetstream()

        async def copy(message: Msg) -> None:
            headers = dict(message.headers or {})
            if COPY in headers:
                return
            headers = {name: value for name, value in headers.items() if not name.startswith("Nats-")}
            headers |= {COPY: "1", "Nats-Msg-Id": uuid4().hex}
            await jetstream.publish(message.subject, message.data, headers=headers)
            self.copied += 1

        for stream in STREAMS:
            await jetstream.subscribe(f"{stream.lower()}.>", stream=stream, ordered_consumer=True, cb=copy)
        while not self._stop.is_set():  # noqa: ASYNC110 - the flag is set by another thread
            await asyncio.sleep(0.05)
        with suppress(Exception):
            await client.close()
