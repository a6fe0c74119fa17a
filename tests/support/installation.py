"""Servers and services that tests start themselves."""

import asyncio
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from testcontainers.core.container import DockerContainer

from deploy.cluster.proxy import ReverseProxy
from laurel.provision import provision, provision_broker
from laurel.servers import (
    Server,
    die_with_parent,
    free_port,
    is_primary,
    listens,
    mongo_server,
    mongo_url,
    nats_server,
)
from shared.crash_points import EXIT_CRASHED
from shared.messaging.guard import EXIT_DRIFTED
from shared.settings import ServiceSettings
from tests.support.preloaded import preloaded

PATIENCE = 40.0
"""Seconds without any work of a service that starts, before it counts as stuck."""
SECRET = "an operator secret for tests alone"
EXIT_NOT_STARTED = 3
"""How uvicorn ends when the application does not start."""
SERVICES = ("registration", "judging", "certificates")
INSTALLATIONS: "weakref.WeakSet[ThreeProcesses]" = weakref.WeakSet()
"""Every installation of this run that a test may have failed at."""
TOLD = 5
"""How many of the newest failures of a service are shown beside a failed test."""


def failures_told() -> Iterator[tuple[str, str]]:
    """What the services logged as failures: why a test met a 500 stands nowhere else once its folder is gone."""
    for running in INSTALLATIONS:
        for log in sorted(running.folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()
            failures = [line for line in lines if '"level": "error"' in line or '"level": "critical"' in line]
            if failures:
                yield str(log), "\n".join(failures[-TOLD:])


@dataclass(frozen=True)
class Servers:
    """A NATS server and a MongoDB replica set; from the environment where it names them."""

    mongo_url: str
    nats_url: str
    started: tuple[Server, ...] = ()
    contained: "tuple[Contained, ...]" = ()

    def stop(self) -> None:
        for server in reversed(self.started):
            server.stop()
        for container in self.contained:
            container.stop()


def start_servers(folder: Path) -> Servers:
    """The servers that the environment names, else packaged ones of our own."""
    mongo, nats = os.environ.get("LAUREL_TEST_MONGO_URL", ""), os.environ.get("LAUREL_TEST_NATS_URL", "")
    if mongo and nats:
        return Servers(mongo, nats)
    if os.environ.get("LAUREL_TEST_SERVERS") == "containers":
        return containers(folder)
    nats_port, mongo_port = free_port(), free_port()
    started = (nats_server(folder, nats_port), mongo_server(folder, mongo_port))
    for server in started:
        server.start()
    return Servers(mongo_url(mongo_port), f"nats://127.0.0.1:{nats_port}", started)


def containers(folder: Path) -> Servers:
    """The servers as containers, by testcontainers."""
    mongo_port = free_port()
    mongo = Contained(
        DockerContainer("mongo:8.0").with_kwargs(network_mode="host")
        .with_command(f"mongod --replSet rs0 --port {mongo_port} --bind_ip 127.0.0.1"),
        folder / "mongod.log",
        lambda: is_primary(mongo_port),
    )  # fmt: skip
    nats_port = free_port()
    nats = Contained(
        DockerContainer("nats:2.12-alpine")
        .with_kwargs(network_mode="host")
        .with_command(f"-js -a 127.0.0.1 -p {nats_port}"),
        folder / "nats.log",
        lambda: listens(nats_port),
    )
    mongo.start()
    nats.start()
    return Servers(mongo_url(mongo_port), f"nats://127.0.0.1:{nats_port}", (), (mongo, nats))


class Contained:
    """A container that is waited for and ended."""

    def __init__(self, container: DockerContainer, log: Path, answers: Callable[[], bool]) -> None:
        self._container, self._log, self._answers = container, log, answers

    def start(self) -> None:
        self._container.start()
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, self._container.get_logs()
            time.sleep(0.1)

    def stop(self) -> None:
        self._container.stop()


def processor_seconds(pid: int) -> float:
    """How much processor time a process has used; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(eq=False)
class ThreeProcesses:
    """Each service as its own process, behind one origin."""

    folder: Path
    servers: Servers
    prefix: str = ""
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    """Further settings of all services."""
    environment_of: dict[str, dict[str, str]] = field(default_factory=dict)
    """Further settings of one of them."""
    restarts: int = 0
    """How often the supervisor started a service anew."""
    crashed: set[str] = field(default_factory=set)
    """Services that died at a crash point."""
    replicas: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    """What is run in the place of a service."""
    code: dict[str, Path] = field(default_factory=dict)
    """Where the code of a service lies that is not of this release."""
    _supervised: bool = False
    _upstream: dict[str, list[str]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _supervisor: threading.Thread | None = None
    _ports: dict[str, int] = field(default_factory=dict)
    _proxy: ReverseProxy | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, provisioned: bool = False) -> None:
        """Start its services.

        Raises AssertionError for one whose events would go to an installation that runs already, into other databases.
        """
        beside = [other for other in INSTALLATIONS if other.runs and other.servers.nats_url == self.servers.nats_url]
        assert {other.prefix for other in beside} <= {self.prefix}, "another installation takes the events of this NATS"
        INSTALLATIONS.add(self)
        if not provisioned:
            asyncio.run(provision(self._settings()))
        self._ports = {name: free_port() for name in SERVICES}
        for name in SERVICES:
            self.start_service(name)
        self._upstream = {name: [self.service_url(name)] for name in SERVICES}
        self._proxy = ReverseProxy(self.port, self._upstream)
        self._proxy.start()
        if self._supervised:
            self.supervise()
        for name in SERVICES:
            self.wait_ready(name)

    @property
    def runs(self) -> bool:
        return any(process.poll() is None for process in self.processes.values())

    def start_crashing(self) -> None:
        """Start services that will die at their `LAUREL_CRASH_AT`; started anew by the supervisor, they do not."""
        self._supervised = True
        self.start()

    def _settings(self) -> ServiceSettings:
        return ServiceSettings(
            mongo_url=self.servers.mongo_url,
            nats_url=self.servers.nats_url,
            database_prefix=self.prefix,
            stream_replicas=int(self.environment.get("LAUREL_STREAM_REPLICAS", "0")) or None,
            nats_monitoring=self.environment.get("LAUREL_NATS_MONITORING", ""),
        )

    def start_service(self, name: str, **more: str) -> None:
        """Start it; `more` are further settings of this process alone."""
        self.processes[name] = self._spawn(name, self._environment(name) | more)

    @property
    def environment_of_servers(self) -> dict[str, str]:
        """What a command needs to reach them."""
        return {
            **os.environ,
            "LAUREL_MONGO_URL": self.servers.mongo_url,
            "LAUREL_NATS_URL": self.servers.nats_url,
            "LAUREL_DATABASE_PREFIX": self.prefix,
        }

    def _environment(self, name: str) -> dict[str, str]:
        return {
            **self.environment_of_servers,
            "LAUREL_PORT": str(self._ports[name]),
            "LAUREL_PUBLIC_URL": self.url,
            "LAUREL_REGISTRATION_SIGNING_KEY_FILE": str(self.folder / "identity.pem"),
            "LAUREL_CERTIFICATES_KEYS_FOLDER": str(self.folder / "certificates"),
            "LAUREL_CERTIFICATES_ENGINES_FOLDER": str(self.folder / "engines"),
            "LAUREL_REGISTRATION_OPERATOR_SECRET": SECRET,
            **self.environment,
            **self.environment_of.get(name, {}),
        }

    def start_replicas(self) -> None:
        """A second process of each service; the origin sends requests to the two in turn."""
        for name in SERVICES:
            self._upstream[name].append(f"http://127.0.0.1:{free_port()}")
            self.start_replica(name)
            self._wait(self._upstream[name][1], name, self.replicas[name])

    def start_replica(self, name: str) -> None:
        """The second process of a service, where it was before if it was there."""
        port = self._upstream[name][1].rpartition(":")[2]
        self.replicas[name] = self._spawn(name, self._environment(name) | {"LAUREL_PORT": port})

    def _spawn(self, name: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        module = self.modules.get(name, f"services.{name}")
        if name not in self.code:
            return preloaded().start(module, environment, self.folder / f"{name}.log")
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=self.code[name],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing that locks
            )

    def wait_ready(self, name: str) -> None:
        self._wait(self.service_url(name), name, self.processes[name])

    def wait_at(self, name: str, url: str) -> None:
        """Wait until the process of a service that answers there is ready."""
        process = self.processes[name] if url == self.service_url(name) else self.replicas[name]
        self._wait(url, name, process)

    def _wait(self, url: str, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Wait as long as the service gets on: a busy machine may take its time, a stuck process may not."""
        worked, last = 0.0, time.monotonic()
        with httpx.Client(timeout=2) as client:
            while True:
                with suppress(httpx.HTTPError):
                    if client.get(f"{url}/{name}/readyz").status_code == 200:
                        return
                if processor_seconds(process.pid) > worked + 0.1:
                    worked, last = processor_seconds(process.pid), time.monotonic()
                died = process.poll() is not None and not self._supervised
                if time.monotonic() > last + PATIENCE or died:
                    raise AssertionError((self.folder / f"{name}.log").read_text()[-3000:])
                time.sleep(0.1)

    def supervise(self) -> None:
        """From now on, provision and start anew whichever service ends, as a supervisor does; until `stop`."""
        self._supervisor = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._supervisor.start()

    def _watch(self) -> None:
        while not self._stopping.wait(0.2):
            for name, process in self.processes.items():
                if process.poll() is not None and not self._stopping.is_set():
                    self.restarts += 1
                    if process.returncode == EXIT_CRASHED:
                        self.crashed.add(name)
                        self.environment_of.pop(name, None)
                    if process.returncode in (EXIT_DRIFTED, EXIT_NOT_STARTED):
                        with suppress(Exception):
                            asyncio.run(self._provision_broker())
                    self.start_service(name)

    async def _provision_broker(self) -> None:
        async with asyncio.timeout(5):
            await provision_broker(self._settings())

    def upstream(self, name: str) -> list[str]:
        """Where the processes of a service answer themselves."""
        return self._upstream[name]

    def service_url(self, name: str) -> str:
        """Where one service answers itself."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def kill(self, name: str) -> None:
        """kill -9, as a crash would end it."""
        self.processes[name].kill()
        self.processes[name].wait()

    def stop(self) -> None:
        self._stopping.set()
        if self._supervisor:
            self._supervisor.join(20)
        if self._proxy:
            self._proxy.stop()
        everything = [*self.processes.values(), *self.replicas.values()]
        for process in everything:
            process.terminate()
        for process in everything:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
