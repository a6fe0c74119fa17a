"""The network between a service and a server: a small TCP forwarder that can be cut or fall silent."""

import asyncio
from contextlib import suppress

CHUNK = 1 << 16


class Link:
    """Forwards one port to another. `cut` closes and refuses; `silence` holds everything and says nothing."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self.port or None)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Close every connection and refuse new ones."""
        self._refusing = True
        for writer in list(self._writers):
            writer.transport.abort()

    def silence(self) -> None:
        """Let nothing through, in either direction, without a word."""
        self._open.clear()

    def heal(self) -> None:
        self._refusing = False
        self._open.set()

    async def stop(self) -> None:
        await self.cut()
        if self._server:
            self._server.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            await self._open.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, back}
        self._writers |= both
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        self._writers -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()
