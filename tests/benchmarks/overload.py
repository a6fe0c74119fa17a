"""`python -m tests.benchmarks.overload`: more people at once than a machine can serve, entries and results mixed.

Every connection sends its next request as soon as it is answered. Whoever is refused comes back at once (`impatient`), or
when it was told to (`patient`). What counts: how many are served a second and how long they waited, how soon the others
are told when to come back, and that the process says that it lives all the while.
"""

import asyncio
import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from uuid import uuid4

import click
import httpx
import uvloop

from laurel.client import Client
from tests.benchmarks.load import percentile
from tests.benchmarks.stage import STUDENTS, body, students
from tests.support.installation import SECRET, ThreeProcesses, start_servers
from tests.support.seasons import new_season, open_season

PATIENCE = 15.0
"""Seconds after which a caller has got no answer."""
ONE_WRITES_OF = 4
"""One in so many requests hands in an entry; the others open the public page."""


@dataclass
class Seen:
    """What callers saw after the warming up."""

    served: dict[str, list[float]] = field(default_factory=lambda: {"entry": [], "page": []})
    refused: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    broken: int = 0
    counting: bool = False


class Caller(asyncio.Protocol):
    """One connection that asks again and again."""

    def __init__(self, crowd: "Crowd", number: int) -> None:
        self._crowd, self._number = crowd, number
        self._kind, self._received = "", b""
        self._transport: asyncio.WriteTransport | None = None
        self._rests_until = 0.0
        self._next: asyncio.TimerHandle | None = None
        self.sent: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._ask_when_rested()

    def _ask_when_rested(self) -> None:
        rest = max(0.0, self._rests_until - time.perf_counter())
        self._next = asyncio.get_running_loop().call_later(rest, self._ask)

    def _ask(self) -> None:
        if self._crowd.ended or self._transport is None or self._transport.is_closing():
            return
        self._kind, content = self._crowd.request(self._number)
        self._received, self.sent = b"", time.perf_counter()
        self._transport.write(content)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, whole, rest = self._received.partition(b"\r\n\r\n")
        if not whole:
            return
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(rest) < int(fields.get(b"content-length", 0)):
            return
        after = fields.get(b"retry-after")
        self._answered(int(head[9:12]), after.decode() if after else "")
        if fields.get(b"connection") == b"close" and self._transport:
            self._transport.close()
        self._rests_until = time.perf_counter() + (float(after) if after and self._crowd.patient else 0.0)
        self._ask_when_rested()

    def _answered(self, status: int, after: str) -> None:
        seen, took = self._crowd.seen, time.perf_counter() - (self.sent or 0.0)
        self.sent = None
        if not seen.counting:
            return
        seen.answers[f"{status}{', retry after' if after else ''}"] += 1
        if status in (200, 201, 304):
            seen.served[self._kind].append(took)
        elif status in (429, 503):
            seen.refused.append(took)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._next:
            self._next.cancel()
        if self.sent is not None and self._crowd.seen.counting:
            self._crowd.seen.broken += 1
        self.sent = None
        self._crowd.come_again(self)

    def give_up(self) -> None:
        """Nobody answers: come again."""
        self.sent = None
        self._crowd.seen.unanswered += self._crowd.seen.counting
        if self._transport is not None:
            self._transport.abort()


class Crowd:
    """So many callers at once."""

    def __init__(self, url: str, request: Callable[[int], tuple[str, bytes]], *, patient: bool) -> None:
        parts = urlsplit(url)
        self.request, self.patient = request, patient
        self.seen, self.ended = Seen(), False
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._tasks = set[asyncio.Task[None]]()

    def come_again(self, caller: Caller) -> None:
        """Open a connection, until there is one."""
        if not self.ended:
            task = asyncio.create_task(self._come(caller))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _come(self, caller: Caller) -> None:
        while not self.ended:
            try:
                await asyncio.get_running_loop().create_connection(lambda: caller, self._host, self._port)
            except OSError:
                await asyncio.sleep(0.5)
            else:
                return

    async def gather(self, count: int, warming: float, seconds: float) -> None:
        """Come over a second, warm up, and be counted."""
        callers = [Caller(self, number) for number in range(count)]
        for number, caller in enumerate(callers):
            self.come_again(caller)
            if number % 100 == 99:
                await asyncio.sleep(0.02)
        ends = time.perf_counter() + warming + seconds
        self._watch_from = time.perf_counter() + warming
        while (now := time.perf_counter()) < ends:
            self.seen.counting = now >= self._watch_from
            for caller in callers:
                if caller.sent is not None and now - caller.sent > PATIENCE:
                    caller.give_up()
            await asyncio.sleep(0.1)
        self.seen.unanswered += sum(caller.sent is not None and ends - caller.sent > PATIENCE for caller in callers)
        self.seen.counting, self.ended = False, True


class Pulse:
    """Asks from a thread whether the process lives, as a supervisor does."""

    def __init__(self, url: str) -> None:
        self._url, self._stop = url, threading.Event()
        self.latencies, self.failures = list[float](), 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.25):
            began = time.perf_counter()
            try:
                if httpx.get(self._url, timeout=5).status_code != 200:
                    self.failures += 1
                self.latencies.append(time.perf_counter() - began)
            except httpx.HTTPError:
                self.failures += 1


def memory(pid: int, field_name: str) -> float:
    """MiB of a process: `VmRSS` now, `VmHWM` at its peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field_name):
            return int(line.split()[1]) / 1024
    return 0.0


def crowd_of(url: str, season: str, tokens: list[str], count: int, seconds: float, *, patient: bool) -> Seen:
    """What so many callers saw."""
    host = urlsplit(url).netloc
    page = (
        f"GET /registration/seasons/{season} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n"
        "Accept-Language: zh-CN\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    numbers = iter(range(10**9))

    def request(caller: int) -> tuple[str, bytes]:
        number = next(numbers)
        if number % ONE_WRITES_OF:
            return "page", page
        content = body(number)
        head = (
            f"POST /registration/v1/seasons/{season}/entries HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {tokens[number % STUDENTS]}\r\n"
            f"Idempotency-Key: {uuid4().hex}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return "entry", head.encode() + content

    crowd = Crowd(url, request, patient=patient)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(crowd.gather(count, seconds / 3, seconds))
    return crowd.seen


def report(name: str, seen: Seen, seconds: float, pulse: Pulse, pid: int) -> None:
    """One block of figures."""
    served = [*seen.served["entry"], *seen.served["page"]]
    click.echo(f"{name}")
    for kind, latencies in (*seen.served.items(), ("both", served)):
        figures = (percentile(latencies, share) for share in (0.5, 0.99, 1.0))
        click.echo(
            f"  admitted, {kind:<6}{len(latencies) / seconds:9.1f} /s   p50 {next(figures):8.1f}   p99 {next(figures):8.1f}   slowest {next(figures):8.1f} ms"
        )
    p50, p99 = (percentile(seen.refused, share) for share in (0.5, 0.99))
    click.echo(f"  refused         {len(seen.refused) / seconds:9.1f} /s   p50 {p50:8.1f}   p99 {p99:8.1f} ms")
    click.echo(f"  answers {dict(seen.answers)}, no answer in {PATIENCE:.0f} s {seen.unanswered}, broken {seen.broken}")
    click.echo(
        f"  lives: asked {len(pulse.latencies) + pulse.failures}, not answered {pulse.failures}, "
        f"slowest {max(pulse.latencies, default=0) * 1000:.0f} ms"
    )
    click.echo(f"  memory {memory(pid, 'VmRSS'):.0f} MiB, at its peak {memory(pid, 'VmHWM'):.0f} MiB")


@click.command()
@click.option("--connections", "counts", multiple=True, type=int, default=(100, 800, 4000))
@click.option("--seconds", default=15.0)
@click.option("--patient", is_flag=True, help="Whoever is refused comes back when it was told to.")
def main(counts: tuple[int, ...], seconds: float, patient: bool) -> None:
    """Print what each crowd saw."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="laurel-bench-") as folder:
        servers = start_servers(Path(folder))
        running = ThreeProcesses(Path(folder), servers)
        try:
            running.start()
            operator = Client(running.url, "en", patience=60)
            operator.sign_in_as_operator(SECRET)
            season = open_season(operator, new_season(acceptance="submission", limits={}))
            tokens = students(operator, season, Path(folder) / "identity.pem")
            url, process = running.service_url("registration"), running.processes["registration"]
            for count in counts:
                with Pulse(f"{url}/registration/healthz") as pulse:
                    seen = crowd_of(url, season, tokens, count, seconds, patient=patient)
                load = Path("/proc/loadavg").read_text().split()[0]
                name = f"{count} connections, {'patient' if patient else 'impatient'}, load of the machine {load}"
                report(name, seen, seconds, pulse, process.pid)
        finally:
            running.stop()
            servers.stop()


if __name__ == "__main__":
    main()
