"""A service at whose database a test has put the clock: what the clock says is moved, and no rule is.

Run as a program it is the service that `LAUREL_TEST_SERVICE` names, with the time that stands in the file of
`LAUREL_TEST_CLOCK`.
"""

import os
import runpy
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from laurel.client import Client
from laurel.servers import free_port, nats_server
from shared.mongo import DatabaseClock
from tests.support.installation import SECRET, SERVICES, Servers, ThreeProcesses

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class MovedClock:
    """The clock of an installation, which stands still until it is put elsewhere."""

    file: Path

    def put(self, moment: int) -> None:
        """Let it be this time, in microseconds UTC, for all services at once."""
        new = self.file.with_suffix(".new")
        new.write_text(str(moment))
        new.replace(self.file)

    @property
    def now(self) -> int:
        return int(self.file.read_text())

    def govern(self, installation: ThreeProcesses) -> None:
        """Let the services of this installation, which are not started yet, go by it."""
        installation.modules = dict.fromkeys(SERVICES, __name__)
        installation.environment["LAUREL_TEST_CLOCK"] = str(self.file)
        installation.environment_of = {name: {"LAUREL_TEST_SERVICE": f"services.{name}"} for name in SERVICES}


@contextmanager
def under_moved_clock(place: Path, servers: Servers) -> Iterator[tuple[ThreeProcesses, Client, MovedClock]]:
    """Three services whose clock is moved, with a broker of their own, and the operator."""
    place.mkdir(exist_ok=True)
    broker = nats_server(place, port := free_port())
    broker.start()
    own = Servers(servers.mongo_url, f"nats://127.0.0.1:{port}")
    running = ThreeProcesses(place, own, prefix=f"live{uuid4().hex[:8]}")
    clock = MovedClock(place / "clock")
    clock.put(0)
    clock.govern(running)
    try:
        running.start()
        with closing(Client(running.url, "en", patience=30)) as operator:
            operator.sign_in_as_operator(SECRET)
            yield running, operator, clock
    finally:
        running.stop()
        broker.stop()


def main() -> None:
    clock = MovedClock(Path(os.environ["LAUREL_TEST_CLOCK"]))

    async def now(self: DatabaseClock) -> int:
        return clock.now

    async def gate(self: DatabaseClock, until: int) -> datetime | None:
        """Of a deadline that has passed one that the server's own clock has passed too."""
        return LONG_AGO if until < clock.now else None

    DatabaseClock.now, DatabaseClock.gate = now, gate  # type: ignore[method-assign]
    runpy.run_module(os.environ["LAUREL_TEST_SERVICE"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
