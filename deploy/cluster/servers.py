"""Three NATS servers and three MongoDB servers on this machine, as a nation would run them on three."""

import signal
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from laurel.errors import UserError
from laurel.servers import Server, free_port, mongod_program, nats_program

NODES = 3
PATIENCE = 60.0
ELECTION_MS = 2000
"""How long members wait for a leader that is silent; MongoDB's own ten seconds are for networks that are slower."""
CACHE_GB = "0.5"


@dataclass(frozen=True)
class Host:
    """Where a server runs: an address, and what stands before a command so that it runs there."""

    address: str = "127.0.0.1"
    prefix: tuple[str, ...] = ()

    def command(self, command: Iterable[str]) -> list[str]:
        """The command that runs this one there."""
        return [*self.prefix, *command]


HERE = (Host(),) * NODES


@dataclass
class Brokers:
    """Clustered nats-servers."""

    servers: list[Server]
    url: str
    monitoring: str
    """Where each tells of itself, with commas."""

    def start(self) -> None:
        for server in self.servers:
            server.start()

    def stop(self) -> None:
        for server in self.servers:  # all at once, so that nobody waits for the others
            if server.process and server.process.poll() is None:
                server.process.terminate()
        for server in self.servers:
            server.stop()


def nats_cluster(folder: Path, hosts: Sequence[Host] = HERE, ports: Sequence[int] = ()) -> Brokers:
    """Three clustered servers that write what they acknowledge; `ports` are for clients, the others are any."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = ports or [free_port() for _ in hosts]
    routes, monitors = [free_port() for _ in hosts], [free_port() for _ in hosts]
    listed = ", ".join(f'"nats://{host.address}:{port}"' for host, port in zip(hosts, routes, strict=True))
    servers = []
    for number, (host, port, route) in enumerate(zip(hosts, ports, routes, strict=True)):
        config = folder / f"nats-{number}.conf"
        config.write_text(
            f'server_name: n{number}\nhost: "{host.address}"\nport: {port}\nmax_payload: 8MB\n'
            f'http: "{host.address}:{monitors[number]}"\n'
            f'jetstream {{ store_dir: "{folder / f"jetstream-{number}"}", max_file: 4G, sync_interval: always }}\n'
            f'cluster {{ name: laurel, listen: "{host.address}:{route}", routes: [{listed}] }}\n'
        )
        command = host.command([str(nats_program()), "-c", str(config)])
        answers = _listening(host.address, port)
        servers.append(Server(f"nats-{number}", command, folder / f"nats-{number}.log", answers))
    return Brokers(
        servers,
        ",".join(f"nats://{host.address}:{port}" for host, port in zip(hosts, ports, strict=True)),
        ",".join(f"http://{host.address}:{port}" for host, port in zip(hosts, monitors, strict=True)),
    )


def _listening(address: str, port: int) -> Callable[[], bool]:
    def answers() -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((address, port)) == 0

    return answers


@dataclass
class Member:
    """One server of a replica set."""

    host: Host
    port: int
    server: Server

    @property
    def name(self) -> str:
        """As the replica set calls it."""
        return f"{self.host.address}:{self.port}"

    def signal(self, number: signal.Signals) -> None:
        if self.server.process and self.server.process.poll() is None:
            self.server.process.send_signal(number)

    def admin(self, command: str | dict[str, Any], *, seconds: float = 5) -> dict[str, Any]:
        """What this member answers to a command for the administrator."""
        url = f"mongodb://{self.name}/?directConnection=true"
        with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=1000, socketTimeoutMS=seconds * 1000) as client:
            return client.admin.command(command)


@dataclass
class ReplicaSet:
    """Members of one replica set."""

    members: list[Member]

    @property
    def url(self) -> str:
        return f"mongodb://{','.join(member.name for member in self.members)}/?replicaSet=rs0"

    def leaders(self) -> list[Member]:
        """Whoever believes to be the leader; for some seconds there may be two."""
        return [member for member in self.members if _leads(member)]

    def leader(self) -> Member:
        """The member that the majority follows, waited for."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            newest = max(self.leaders(), key=lambda member: str(member.admin("hello")["electionId"]), default=None)
            if newest:
                return newest
            time.sleep(0.1)
        raise UserError("database-leaderless", members=", ".join(member.name for member in self.members))

    def followers(self) -> list[Member]:
        """Everybody but the leader."""
        leader = self.leader()
        return [member for member in self.members if member is not leader]

    def wait_for_leader(self, milliseconds: int) -> None:
        """Let the members wait so long for a leader that is silent, before they choose another."""
        leader = self.leader()
        config = leader.admin("replSetGetConfig")["config"]
        config["version"] += 1
        config["settings"]["electionTimeoutMillis"] = milliseconds
        leader.admin({"replSetReconfig": config})

    def stop(self) -> None:
        for member in self.members:  # all at once, so that nobody waits for the others
            member.signal(signal.SIGCONT)
            member.signal(signal.SIGTERM)
        for member in self.members:
            member.server.stop()


def _leads(member: Member) -> bool:
    try:
        return bool(member.admin("hello", seconds=1).get("isWritablePrimary"))
    except PyMongoError:
        return False


def replica_set(folder: Path, hosts: Sequence[Host] = HERE, ports: Sequence[int] = ()) -> ReplicaSet:
    """Three members with a leader; of data that is there already, under the same ports as before."""
    members, ports = [], ports or [free_port() for _ in hosts]
    for number, (host, port) in enumerate(zip(hosts, ports, strict=True)):
        data = folder / f"member-{number}"
        data.mkdir(parents=True, exist_ok=True)
        command = host.command(
            [
                str(mongod_program()),
                *("--dbpath", str(data), "--bind_ip", host.address, "--port", str(port), "--replSet", "rs0"),
                *("--wiredTigerCacheSizeGB", CACHE_GB, "--nounixsocket"),
                *("--setParameter", "diagnosticDataCollectionEnabled=false"),
                *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
            ]
        )
        server = Server(f"mongod-{number}", command, folder / f"mongod-{number}.log", _listening(host.address, port))
        server.start()
        members.append(Member(host, port, server))
    listed = [{"_id": number, "host": member.name} for number, member in enumerate(members)]
    settings = {"electionTimeoutMillis": ELECTION_MS}
    config = {"_id": "rs0", "members": listed, "settings": settings}
    with suppress(OperationFailure):  # a set that is there knows its members
        members[0].admin({"replSetInitiate": config}, seconds=60)
    stores = ReplicaSet(members)
    stores.leader()
    return stores
