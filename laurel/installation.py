"""An installation on this machine: two servers, three services, one folder of data."""

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from nats.errors import Error as NATSError
from pymongo.errors import PyMongoError

from laurel.errors import UserError
from laurel.provision import provision
from laurel.servers import (
    Progress,
    Server,
    check_disk,
    check_port,
    free_port,
    is_primary,
    mongo_server,
    mongo_url,
    nats_server,
)
from laurel.supervisor import Happenings, Keeper
from laurel.texts import t
from shared.settings import ServiceSettings

READY_SECONDS = 60.0
"""Without anything new from the services that are waited for."""
SAID_SECONDS = 10.0
TICK_SECONDS = 0.5
SERVICES = ("registration", "judging", "certificates")


@dataclass
class Installation:
    """Starts what is not given by `LAUREL_MONGO_URL` and `LAUREL_NATS_URL`, and ends what it started."""

    data: Path
    port: int
    public_url: str = ""
    operator_secret: str = ""
    _servers: list[Server] = field(default_factory=list)
    say: Callable[[str], None] = lambda _: None
    """Tells whoever started it what happens meanwhile."""
    _services: Server | None = None
    _environment: dict[str, str] = field(default_factory=dict)
    _settings: ServiceSettings = field(default_factory=ServiceSettings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def nats_url(self) -> str:
        """Where NATS is; known once started."""
        return self._settings.nats_url

    @property
    def mongo_url(self) -> str:
        """Where its databases are, once started."""
        return self._settings.mongo_url

    def start(self) -> None:
        """Start everything and wait until all three services are ready.

        Raises:
            Trouble: something on this machine is in the way.
        """
        check_disk(self.data)
        check_port(self.port)
        self.operator_secret = self._secret()
        mongo, nats = os.environ.get("LAUREL_MONGO_URL", ""), os.environ.get("LAUREL_NATS_URL", "")
        ports = self._ports()
        if not nats:
            self._start_server(nats_server(self.data, ports["nats"]))
            nats = f"nats://127.0.0.1:{ports['nats']}"
        if not mongo:
            self._start_server(mongo_server(self.data, ports["mongo"]))
            mongo = mongo_url(ports["mongo"])
        self._environment = {
            **os.environ,
            "LAUREL_MONGO_URL": mongo,
            "LAUREL_NATS_URL": nats,
            "LAUREL_HOST": os.environ.get("LAUREL_HOST", "127.0.0.1"),
            "LAUREL_PORT": str(self.port),
            "LAUREL_SUPERVISOR_FILE": str(self.data / "supervisor.json"),
            "LAUREL_PUBLIC_URL": self.public_url or f"http://localhost:{self.port}",
            "LAUREL_REGISTRATION_SIGNING_KEY_FILE": str(self.data / "keys" / "identity.pem"),
            "LAUREL_CERTIFICATES_KEYS_FOLDER": str(self.data / "keys" / "certificates"),
            "LAUREL_CERTIFICATES_ENGINES_FOLDER": str(self.data / "engines"),
            "LAUREL_REGISTRATION_OPERATOR_SECRET": self.operator_secret,
        }
        self._settings = ServiceSettings(mongo_url=mongo, nats_url=nats)
        self._provision(self._settings)
        self.start_services()
        self.wait_ready()

    @contextmanager
    def database(self) -> Iterator[ServiceSettings]:
        """The settings that reach the databases: those of the environment, a running server's, or one started for this."""
        given = ServiceSettings()
        if "mongo_url" in given.model_fields_set:
            yield given
            return
        check_disk(self.data)
        file = self.data / "ports.json"
        port = json.loads(file.read_text())["mongo"] if file.exists() else 0
        if not port or not is_primary(port):
            port = self._ports()["mongo"]
            self._start_server(mongo_server(self.data, port))
        try:
            yield given.model_copy(update={"mongo_url": mongo_url(port)})
        finally:
            self.stop()

    @staticmethod
    def _provision(settings: ServiceSettings) -> None:
        """In a thread of its own: the caller may have an event loop running."""
        with ThreadPoolExecutor(1) as pool:
            try:
                pool.submit(lambda: asyncio.run(provision(settings))).result()
            except (NATSError, PyMongoError, OSError) as error:
                raise UserError("server-unreachable", reason=str(error) or type(error).__name__) from error

    def start_services(self) -> None:
        """Start the process of the services."""
        self._services = Server(
            "services",
            [sys.executable, "-m", "laurel.serve"],
            self.data / "services.log",
            self._ready,
            environment=self._environment,
        )
        self._services.spawn()

    def _ready(self) -> bool:
        return not self._missing()

    def _missing(self) -> dict[str, str]:
        """What each service that is not ready waits for."""
        missing = {}
        for name in SERVICES:
            try:
                answer = httpx.get(f"{self.url}/{name}/readyz", timeout=5)
                checks = answer.json()["checks"] if answer.status_code == 503 else {}
            except (httpx.HTTPError, ValueError, KeyError):
                missing[name] = t("up-no-answer")
            else:
                if answer.status_code != 200:
                    missing[name] = ", ".join(f"{part} {state}" for part, state in checks.items() if state != "ok")
        return missing

    def wait_ready(self) -> None:
        """Wait until every service says that it is ready, as long as they get on; what is waited for is said.

        Raises:
            Trouble: they ended or do not get on; what they wait for, and the end of what they wrote since their start.
        """
        if self._services is None:
            return
        progress, said = Progress(READY_SECONDS), time.monotonic()
        while missing := self._missing():
            waits = "; ".join(f"{name}: {what}" for name, what in missing.items())
            silent = t("up-no-answer") in missing.values()
            if self._services.ended() or progress.is_stuck(waits, self._services.worked if silent else 0):
                output = self._services.output
                raise UserError("services-failed", log=str(output.path), waits=waits, tail=output.tail())
            if time.monotonic() - said > SAID_SECONDS:
                self.say(t("up-waiting", waits=waits))
                said = time.monotonic()
            time.sleep(0.2)

    def supervise(self) -> None:
        """Stay until interrupted; start anew whatever ends, and what a full disk has left of no use."""
        if self._services is None:
            return
        happenings = Happenings(self.data / "supervisor.json", self._say_happening)
        servers = [Keeper(server, happenings) for server in self._servers]
        services = Keeper(self._services, happenings, before=self._provision_again, needs=servers)
        while True:
            for keeper in (*servers, services):
                keeper.tick()
            time.sleep(TICK_SECONDS)

    def _provision_again(self) -> None:
        with suppress(UserError):  # a server that is away is waited for by the services' own start
            self._provision(self._settings)

    def _say_happening(self, part: str, what: str, seconds: float) -> None:
        clock = datetime.now().astimezone().strftime("%H:%M:%S")
        self.say(t(f"up-part-{what}", clock=clock, part=part, seconds=f"{seconds:.1f}"))

    def stop(self) -> None:
        """End what was started here, the services first."""
        if self._services:
            self._services.stop()
        for server in reversed(self._servers):
            server.stop()

    def _start_server(self, server: Server) -> None:
        self._servers.append(server)
        server.start()

    def _ports(self) -> dict[str, int]:
        """The same ports as last time where they are free."""
        file = self.data / "ports.json"
        ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        for name in ("nats", "mongo"):
            try:
                check_port(ports[name])
            except (KeyError, UserError):
                ports[name] = free_port()
        file.write_text(json.dumps(ports))
        return ports

    def _secret(self) -> str:
        file = self.data / "keys" / "operator.secret"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(32))
        return file.read_text().strip()
