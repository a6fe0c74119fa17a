"""Requests to addresses that people name: to the very address that was checked, for a few seconds, reading little.

A name is resolved once, every answer is checked, and the connection is made to that literal; so a name that means
something else a moment later leads nowhere. The host in the request and in TLS stays the name. Nothing is redirected, and
no proxy of the environment is asked.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from shared.http.addresses import Place, is_odd_number, place_of

SECONDS = 10.0
"""For the whole of a request: name, connection, TLS, sending, and reading."""
HEAD_BYTES = 16 * 1024
"""How much is read beside the body that was asked for: the head of an answer, and what TLS adds."""
LONGEST_URL = 500
PORTS = {"http": 80, "https": 443}
LOOKING_UP = ThreadPoolExecutor(16, thread_name_prefix="lookup")
"""A resolver that does not answer holds a thread of these, and nobody else's."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Undelivered(Exception):
    """It did not come through. `reason` is one of address, inside, unknown, slow, unreached, long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """An http(s) address, taken apart once: what is checked is what is connected to."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> "Target":
        """The parts of this address. Ports below 1024 are those of the web alone, 80 and 443.

        Raises:
            Undelivered: it is no http(s) address, holds a user, is too long, or its host or port is an odd one.
        """
        try:
            parsed = httpx.URL(url)
            scheme, host = parsed.scheme, parsed.raw_host.decode("ascii").rstrip(".")
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise Undelivered("address") from error
        port = PORTS.get(scheme, 0) if parsed.port is None else parsed.port
        odd = not host or is_odd_number(host) or parsed.userinfo or "%" in host or len(url) > LONGEST_URL
        if scheme not in PORTS or odd or not (port in PORTS.values() or 1024 <= port < 65536):
            raise Undelivered("address")
        return cls(scheme, host, port, parsed.raw_path.decode("ascii"))

    @property
    def authority(self) -> str:
        """Host and port as they stand in a request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def as_url(self) -> httpcore.URL:
        return httpcore.URL(scheme=self.scheme, host=self.host, port=self.port, target=self.path)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, each once.

    Raises:
        OSError, UnicodeError: there are none.
    """
    loop = asyncio.get_running_loop()
    results = await loop.run_in_executor(LOOKING_UP, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(item[4][0]) for item in results))


class Outgoing:
    """Asks others. `inside` allows addresses of this network; those of no network (link-local, multicast) never are."""

    def __init__(
        self,
        *,
        inside: bool,
        seconds: float = SECONDS,
        resolve: Resolve = resolve,
        backend: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allowed = {Place.OPEN, Place.INSIDE} if inside else {Place.OPEN}
        self._seconds, self._resolve = seconds, resolve
        self._backend = backend or httpcore.AnyIOBackend()

    async def check(self, url: str) -> None:
        """Whether this address may be asked, as it stands now.

        Raises:
            Undelivered: it may not.
        """
        target = Target.of(url)
        try:
            async with asyncio.timeout(self._seconds):
                await self.addresses(target.host, target.port)
        except TimeoutError as error:
            raise Undelivered("unknown") from error

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Where the name leads now, all of it allowed.

        Raises:
            Undelivered: nowhere, or also to where it may not.
        """
        try:
            results = await self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Undelivered("unknown") from error
        if not results:
            raise Undelivered("unknown")
        if any(place_of(item) not in self._allowed for item in results):
            raise Undelivered("inside")
        return results

    async def post(self, url: str, content: bytes, headers: Mapping[str, str], *, most: int) -> Answer:
        """Send this and read the answer, at most `most` bytes of its body; of 0 none is read, whatever there is.

        Raises:
            Undelivered: it did not come through.
        """
        target = Target.of(url)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(target, content, headers, most)
        except TimeoutError as error:
            raise Undelivered("slow") from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise Undelivered("unreached") from error
        except RuntimeError as error:  # uvloop's word for a connection that the other side has reset
            raise Undelivered("unreached") from error

    async def _exchange(self, target: Target, content: bytes, headers: Mapping[str, str], most: int) -> Answer:
        sent = [("host", target.authority), ("accept-encoding", "identity"), *headers.items()]
        async with (
            httpcore.AsyncConnectionPool(_tls(), network_backend=_Checked(self, self._backend, most)) as pool,
            pool.stream("POST", target.as_url(), headers=sent, content=content) as answer,
        ):
            media_type = dict(answer.headers).get(b"content-type", b"").decode("latin-1")
            body = bytearray()
            if most:
                async for piece in answer.aiter_stream():
                    body += piece
                    if len(body) > most:
                        raise Undelivered("long")
            return Answer(answer.status, media_type, bytes(body))


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to where a name leads, once that is checked."""

    def __init__(self, outgoing: Outgoing, beneath: httpcore.AsyncNetworkBackend, most: int) -> None:
        self._outgoing, self._beneath, self._most = outgoing, beneath, HEAD_BYTES + most

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._outgoing.addresses(host, port)
        for last, address in enumerate(addresses, 1 - len(addresses)):
            try:
                stream = await self._beneath.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not last:
                    raise
            else:
                return _Bounded(stream, self._most)
        raise Undelivered("unknown")

    async def sleep(self, seconds: float) -> None:
        await self._beneath.sleep(seconds)


class _Bounded(httpcore.AsyncNetworkStream):
    """A connection of which so many bytes are read and no more."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, left: int) -> None:
        self._stream, self._left = stream, left

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._left <= 0:
            raise Undelivered("long")
        data = await self._stream.read(min(max_bytes, self._left), timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._left)

    def get_extra_info(self, info: str) -> Any:
        try:
            return self._stream.get_extra_info(info)
        except AttributeError as error:  # on uvloop, a connection that the other side has reset has no socket any more
            raise httpcore.ReadError from error
