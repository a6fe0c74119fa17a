"""Runs one application with uvicorn."""

import resource
import socket
import sys
from contextlib import suppress

import uvicorn

from shared.crash_points import arm
from shared.http.connections import PatientProtocol
from shared.http.protection import Application
from shared.observability.logs import configure_logs
from shared.settings import ServiceSettings

KEEP_ALIVE_SECONDS = 20
"""How long a connection may be idle."""
BACKLOG, TAKEN_IN_A_TURN = 4096, 32
"""Connections that the kernel holds until the loop takes them, and how many of them it takes in each of its turns."""
NOT_STARTED = 3
"""How a process ends whose application does not start."""
OTHER_FILES = 256
"""Files and connections that are not people's: databases, streams, sheets, children."""


def open_connections(asked: int) -> int:
    """How many connections this process can hold: as many as asked for, if the system lets it have so many files open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return asked if most == resource.RLIM_INFINITY else max(1, min(asked, most - OTHER_FILES))


def run(app: Application, settings: ServiceSettings) -> None:
    """Serve until a signal. Host and port come from `LAUREL_HOST` and `LAUREL_PORT`."""
    configure_logs(settings.log_level)
    arm(settings.crash_at)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
        ws="none",
        limit_concurrency=open_connections(settings.connections),
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=20,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(listeners(config))
    if not server.started:
        sys.exit(NOT_STARTED)


def listeners(config: uvicorn.Config) -> list[socket.socket]:
    """One listening socket under many names.

    The loop takes one connection from each in a turn. From one alone it took one in a turn: when people are many a turn is
    long, and most of them stayed outside, where nobody tells them when to come back.
    """
    first = config.bind_socket()
    first.set_inheritable(False)
    return [first, *(first.dup() for _ in range(TAKEN_IN_A_TURN - 1))]
