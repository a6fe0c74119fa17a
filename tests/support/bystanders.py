"""Ordinary visitors of every service while something else goes on: were they answered, and how fast."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.installation import ThreeProcesses

ADDRESSES = {
    "registration": "/registration/v1/seasons",
    "judging": "/judging/openapi.json",
    "certificates": "/certificates/",
}
PAUSE = 0.1


class Bystanders:
    """One visitor of each service for as long as the block lasts, or of what `visit` asks for."""

    def __init__(self, installation: ThreeProcesses, visit: Callable[[], None] | None = None) -> None:
        self._installation, self._ending = installation, threading.Event()
        self._visit = visit
        self.seconds: list[float] = []
        self.unanswered: list[str] = []
        self._threads: list[threading.Thread] = []
        self._clients: list[httpx.Client] = []

    def __enter__(self) -> "Bystanders":
        self._before = self.processes()
        visits = [self._visit] if self._visit else [self._of(name) for name in ADDRESSES]
        self._threads = [threading.Thread(target=self._go_on, args=(visit,), daemon=True) for visit in visits]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(60)
        for client in self._clients:
            client.close()

    def _of(self, name: str) -> Callable[[], None]:
        client = httpx.Client(base_url=self._installation.service_url(name), timeout=30)
        self._clients.append(client)

        def visit() -> None:
            client.get(ADDRESSES[name]).raise_for_status()

        return visit

    def _go_on(self, visit: Callable[[], None]) -> None:
        while not self._ending.is_set():
            began = time.perf_counter()
            try:
                visit()
            except httpx.HTTPError as error:
                self.unanswered.append(repr(error))
            self.seconds.append(time.perf_counter() - began)
            self._ending.wait(PAUSE)

    def processes(self) -> dict[str, tuple[int, bool]]:
        """The process of each service, and whether it lives."""
        result = self._installation.processes
        return {name: (process.pid, process.poll() is None) for name, process in result.items()}

    def undisturbed(self) -> bool:
        """Whether every visit was answered, by the processes that there were before."""
        return not self.unanswered and self.processes() == self._before

    def p99(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[int(len(ordered) * 0.99)] if ordered else 0.0

    def report(self, what: str, answer: object, seconds: float) -> None:
        """A line for people: standard output, and the file that `LAUREL_TEST_TABLE` names."""
        line = f"| {what} | {answer} | {seconds:.2f} s | {self.p99() * 1000:.0f} ms | {len(self.seconds)} |"
        sys.stdout.write(line + "\n")
        table = os.environ.get("LAUREL_TEST_TABLE")
        if table:
            with Path(table).open("a") as file:
                file.write(line + "\n")
