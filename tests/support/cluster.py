"""Three NATS servers and three MongoDB servers on this machine, as a nation would run them on three."""

import time
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from laurel.servers import Server, free_port, listens, mongo_server, nats_program

NODES = 3
PATIENCE = 60.0


def nats_cluster(folder: Path) -> tuple[list[Server], str]:
    """Three clustered servers that write what they acknowledge, and the address of all."""
    ports, routes = [free_port() for _ in range(NODES)], [free_port() for _ in range(NODES)]
    listed = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    servers = []
    for number, (port, route) in enumerate(zip(ports, routes, strict=True)):
        config = folder / f"nats-{number}.conf"
        config.write_text(
            f'server_name: n{number}\nhost: "127.0.0.1"\nport: {port}\nmax_payload: 8MB\n'
            f'jetstream {{ store_dir: "{folder / f"jetstream-{number}"}", max_file: 4G, sync_interval: always }}\n'
            f'cluster {{ name: laurel, listen: "127.0.0.1:{route}", routes: [{listed}] }}\n'
        )
        command = [str(nats_program()), "-c", str(config)]
        servers.append(Server(f"nats-{number}", command, folder / f"nats-{number}.log", _listening(port)))
    return servers, ",".join(f"nats://127.0.0.1:{port}" for port in ports)


def _listening(port: int) -> Any:
    return lambda: listens(port)


def mongo_cluster(folder: Path) -> tuple[list[Server], str]:
    """Three members of one replica set, with a primary, and its address."""
    ports = [free_port() for _ in range(NODES)]
    servers = []
    for number, port in enumerate(ports):
        server = mongo_server(folder / f"member-{number}", port)
        server.answers = _listening(port)
        server.log.parent.mkdir(parents=True, exist_ok=True)
        server.start()
        servers.append(server)
    members = [{"_id": number, "host": f"127.0.0.1:{port}"} for number, port in enumerate(ports)]
    with MongoClient[dict[str, Any]](f"mongodb://127.0.0.1:{ports[0]}/?directConnection=true") as client:
        settings = {"electionTimeoutMillis": 2000}
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members, "settings": settings})
    url = f"mongodb://{','.join(f'127.0.0.1:{port}' for port in ports)}/?replicaSet=rs0"
    deadline = time.monotonic() + PATIENCE
    while not primary(url):
        assert time.monotonic() < deadline, "no primary"
        time.sleep(0.2)
    return servers, url


def primary(url: str) -> int:
    """The port of the primary, or 0."""
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=1000) as client:
        try:
            client.admin.command("ping")
            return (client.primary or ("", 0))[1]
        except PyMongoError:
            return 0
