"""Watches that what the service consumes from is still there and as it must be.

A subscriber whose consumer was deleted hears nothing and says nothing. So the process ends when the topology has
drifted; its supervisor provisions and starts it anew.
"""

import asyncio
import os

import structlog

from shared.messaging.background import Background
from shared.messaging.broker import Connection
from shared.messaging.provision import Drift, check_drift
from shared.messaging.topology import ServiceTopology

log = structlog.get_logger()

EXIT_DRIFTED = 71
LOOK_SECONDS = 3.0
LOOKS = 2
"""Looks in a row that must find drift: one may fall into the middle of provisioning."""


class Guard(Background):
    """Looks every few seconds."""

    def __init__(self, connection: Connection, topology: ServiceTopology) -> None:
        super().__init__(f"guard-{topology.service}")
        self._connection, self._topology = connection, topology

    async def _run(self) -> None:
        number = 0
        while number < LOOKS:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await check_drift(self._connection.broker.connection, self._topology)
            except Drift as drift:
                number += 1
                log.critical("topology_drifted", service=self._topology.service, drift=str(drift))
            except Exception as error:  # noqa: BLE001 - the broker is away, which the connection itself waits out
                log.debug("topology_unknown", error=type(error).__name__)
            else:
                number = 0
        os._exit(EXIT_DRIFTED)
