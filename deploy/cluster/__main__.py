"""`python -m deploy.cluster --data DIR --port 8000`: everything started, watched and started anew, until Ctrl-C."""

import argparse
import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx

from deploy.cluster.proxy import ReverseProxy
from deploy.cluster.servers import NODES, Brokers, ReplicaSet, nats_cluster, replica_set
from laurel.errors import UserError
from laurel.provision import provision
from laurel.servers import Server, die_with_parent, free_port
from laurel.texts import t
from shared.settings import ServiceSettings

SERVICES = ("registration", "judging", "certificates")
REPLICAS = 2
READY_SECONDS = 120.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.5


@dataclass
class Cluster:
    """Its processes, and the folder in which their data, ports and logs lie."""

    data: Path
    port: int
    brokers: Brokers = field(init=False)
    stores: ReplicaSet = field(init=False)
    services: dict[tuple[str, int], "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _ports: dict[str, list[int]] = field(default_factory=dict)
    _proxy: ReverseProxy | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def secret(self) -> str:
        """The operator's, made when it is first needed."""
        file = self.data / "operator-secret"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(32))
        return file.read_text()

    def start(self) -> None:
        """Start the servers, make them what the services need, start those, and wait until all are ready.

        Raises:
            UserError: something did not start, or a server may lose what it acknowledged.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        self._ports = self._kept_ports()
        self.brokers = nats_cluster(self.data, ports=self._ports["nats"])
        self.brokers.start()
        self.stores = replica_set(self.data, ports=self._ports["mongo"])
        asyncio.run(
            provision(
                ServiceSettings(
                    mongo_url=self.stores.url, nats_url=self.brokers.url, nats_monitoring=self.brokers.monitoring
                )
            )
        )
        for name in SERVICES:
            for number in range(REPLICAS):
                self.services[name, number] = self._spawn(name, number)
        self._proxy = ReverseProxy(self.port, {name: self.upstream(name) for name in SERVICES})
        self._proxy.start()
        self._wait_ready()

    def upstream(self, name: str) -> list[str]:
        """Where the processes of a service answer themselves."""
        return [f"http://127.0.0.1:{port}" for port in self._ports[name]]

    def watch(self, stopping: threading.Event) -> None:
        """Start anew whatever ends, until told to stop."""
        while not stopping.wait(LOOK_SECONDS):
            for server in (*self.brokers.servers, *(member.server for member in self.stores.members)):
                self._revive(server)
            for (name, number), process in self.services.items():
                if process.poll() is not None:
                    click.echo(t("cluster-anew", name=f"{name}-{number}"))
                    self.services[name, number] = self._spawn(name, number)

    def stop(self) -> None:
        if self._proxy:
            self._proxy.stop()
        for process in self.services.values():
            process.terminate()
        for process in self.services.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if hasattr(self, "stores"):
            self.stores.stop()
        if hasattr(self, "brokers"):
            self.brokers.stop()

    @staticmethod
    def _revive(server: Server) -> None:
        if server.process is None or server.process.poll() is None:
            return
        click.echo(t("cluster-anew", name=server.name))
        try:
            server.start()
        except UserError as error:  # the next look tries again
            click.echo(t(f"trouble-{error.code}", **error.values))

    def _kept_ports(self) -> dict[str, list[int]]:
        """Members are known to each other by their ports, so these stay."""
        file = self.data / "ports.json"
        if not file.exists():
            counts = {"nats": NODES, "mongo": NODES, **dict.fromkeys(SERVICES, REPLICAS)}
            file.write_text(json.dumps({name: [free_port() for _ in range(n)] for name, n in counts.items()}))
        ports: dict[str, list[int]] = json.loads(file.read_text())
        return ports

    def _spawn(self, name: str, number: int) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "LAUREL_MONGO_URL": self.stores.url,
            "LAUREL_NATS_URL": self.brokers.url,
            "LAUREL_PORT": str(self._ports[name][number]),
            "LAUREL_PUBLIC_URL": self.url,
            "LAUREL_REGISTRATION_SIGNING_KEY_FILE": str(self.data / "keys" / "identity.pem"),
            "LAUREL_CERTIFICATES_KEYS_FOLDER": str(self.data / "keys" / "certificates"),
            "LAUREL_CERTIFICATES_ENGINES_FOLDER": str(self.data / "engines"),
            "LAUREL_REGISTRATION_OPERATOR_SECRET": self.secret,
        }
        with (self.data / f"{name}-{number}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"services.{name}"],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing that locks
            )

    def _wait_ready(self) -> None:
        waiting = {f"{url}/{name}/readyz" for name in SERVICES for url in self.upstream(name)}
        deadline = time.monotonic() + READY_SECONDS
        while waiting:
            for url in sorted(waiting):
                try:
                    if httpx.get(url, timeout=5).status_code == 200:
                        waiting.discard(url)
                except httpx.HTTPError:
                    continue
            if time.monotonic() > deadline:
                raise UserError("services-failed", log=str(self.data), tail=", ".join(sorted(waiting)))
            time.sleep(LOOK_SECONDS)


def main() -> int:
    """Zero when it was ended by whoever started it."""
    parser = argparse.ArgumentParser(prog="python -m deploy.cluster", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("cluster"))
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    stopping, cluster = threading.Event(), Cluster(options.data.resolve(), options.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        cluster.start()
        click.echo(t("cluster-ready", url=cluster.url, folder=str(cluster.data)))
        cluster.watch(stopping)
    except UserError as error:
        click.echo(t(f"trouble-{error.code}", **error.values), err=True)
        return 1
    finally:
        cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
