"""What a service stands on in NATS and MongoDB, for the service itself and for whoever provides it."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.messaging.topology import ServiceTopology
from shared.mongo import Indexes, Migration


@dataclass(frozen=True, slots=True)
class Foundations:
    """It knows no route and no rule, so that provisioning a service does not load it."""

    topology: ServiceTopology
    indexes: Indexes
    outboxes: Sequence[str]
    """The collections whose documents record events."""
    migrations: Sequence[Migration]

    @property
    def service(self) -> str:
        """Its name, which is also that of its database, but for the prefix of the installation."""
        return self.topology.service
