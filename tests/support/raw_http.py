"""A plain HTTP/1.1 client on one connection: it costs so little that it can load a service on the same machine."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit


class RawClient:
    """One keep-alive connection; opened when needed, dropped after any trouble."""

    def __init__(self, url: str, headers: dict[str, str], *, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._timeout = parts.hostname or "", parts.port or 80, timeout
        self._head = f"Host: {parts.netloc}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            OSError: no answer came; whether the request was received is not known.
        """
        request = (
            f"{method} {path} HTTP/1.1\r\n{self._head}{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
        )
        try:
            async with asyncio.timeout(self._timeout):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(self._host, self._port)
                reader, writer = self._streams
                writer.write(request)
                return await self._answer(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError) as error:
            self.close()
            raise OSError(type(error).__name__) from error

    @staticmethod
    async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return int(head[9:12]), await reader.readexactly(length) if length else b""

    def close(self) -> None:
        if self._streams:
            with suppress(OSError, RuntimeError):
                self._streams[1].close()
            self._streams = None
