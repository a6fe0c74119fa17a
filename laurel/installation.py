"""An installation on this machine: two servers, three services, one folder of data."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from nats.errors import Error as NATSError
from pymongo.errors import PyMongoError

from laurel.errors import UserError
from laurel.provision import provision
from laurel.servers import (
    Server,
    check_disk,
    check_port,
    die_with_parent,
    free_port,
    is_primary,
    mongo_server,
    mongo_url,
    nats_server,
)
from shared.settings import ServiceSettings

READY_SECONDS = 60.0
FEWEST_SECONDS_BETWEEN_STARTS = 2.0


@dataclass
class Installation:
    """Starts what is not given by `LAUREL_MONGO_URL` and `LAUREL_NATS_URL`, and ends what it started."""

    data: Path
    port: int
    public_url: str = ""
    operator_secret: str = ""
    _servers: list[Server] = field(default_factory=list)
    _services: subprocess.Popen[bytes] | None = None
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
        if os.environ.get("LAUREL_MONGO_URL"):
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
        with (self.data / "services.log").open("ab") as log:
            self._services = subprocess.Popen(
                [sys.executable, "-m", "laurel.serve"],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing that locks
            )

    def wait_ready(self) -> None:
        """Wait until every service says that it is ready.

        Raises:
            Trouble: they ended or took too long; the end of their log says why.
        """
        deadline = time.monotonic() + READY_SECONDS
        waiting = {"registration", "judging", "certificates"}
        while waiting:
            if (self._services and self._services.poll() is not None) or time.monotonic() > deadline:
                log = self.data / "services.log"
                tail = log.read_text(errors="replace")[-600:]
                raise UserError("services-failed", log=str(log), tail=" ".join(tail.split())[-400:])
            with suppress(httpx.HTTPError):
                for name in sorted(waiting):
                    if httpx.get(f"{self.url}/{name}/readyz", timeout=5).status_code == 200:
                        waiting.discard(name)
            if waiting:
                time.sleep(0.1)

    def supervise(self) -> None:
        """Stay until interrupted; start the services anew whenever they end."""
        while True:
            started = time.monotonic()
            if self._services is None:
                return
            self._services.wait()
            if time.monotonic() - started < FEWEST_SECONDS_BETWEEN_STARTS:
                time.sleep(FEWEST_SECONDS_BETWEEN_STARTS)
            with suppress(UserError):  # a server that is away is waited for by the services' own start
                self._provision(self._settings)
            self.start_services()

    def stop(self) -> None:
        """End what was started here, the services first."""
        if self._services and self._services.poll() is None:
            self._services.terminate()
            try:
                self._services.wait(30)
            except subprocess.TimeoutExpired:
                self._services.kill()
                self._services.wait()
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
