"""A load from one process: closed (so many connections, each sends when answered) or paced (so many a second)."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.raw_http import RawClient

Request = Callable[[int], tuple[str, bytes]]
"""Headers and body of the request with this number."""


@dataclass
class Measured:
    """What a load came to."""

    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return percentile(self.latencies, share)


def percentile(latencies: Sequence[float], share: float) -> float:
    """Milliseconds of this share of latencies in seconds."""
    ordered = sorted(latencies)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0


async def closed(url: str, path: str, request: Request, *, connections: int, seconds: float) -> Measured:
    """Every connection sends its next request as soon as it is answered."""
    measured, numbers = Measured(), iter(range(10**9))
    began = time.perf_counter()

    async def one() -> None:
        client = RawClient(url, {"Content-Type": "application/json"}, timeout=60)
        while time.perf_counter() - began < seconds:
            await _send(client, path, request(next(numbers)), measured)
        client.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    measured.seconds = time.perf_counter() - began
    return measured


async def paced(
    url: str, path: str, request: Request, *, rate: float, seconds: float, connections: int = 64
) -> Measured:
    """Requests at a steady rate, whether the earlier ones are answered or not."""
    measured = Measured()
    clients: asyncio.Queue[RawClient] = asyncio.Queue()
    for _ in range(connections):
        clients.put_nowait(RawClient(url, {"Content-Type": "application/json"}, timeout=60))
    began, tasks = time.perf_counter(), set[asyncio.Task[None]]()

    async def one(number: int) -> None:
        client = await clients.get()
        await _send(client, path, request(number), measured)
        clients.put_nowait(client)

    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        task = asyncio.create_task(one(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    measured.seconds = time.perf_counter() - began
    while not clients.empty():
        clients.get_nowait().close()
    return measured


async def _send(client: RawClient, path: str, request: tuple[str, bytes], measured: Measured) -> None:
    headers, body = request
    sent = time.perf_counter()
    status, answer = await client.send("POST", path, body, headers)
    if status == 201:
        measured.accepted += 1
        measured.latencies.append(time.perf_counter() - sent)
    else:
        measured.refused += 1
        if measured.refused == 1:
            raise AssertionError(f"{status}: {answer[:400]!r}")
