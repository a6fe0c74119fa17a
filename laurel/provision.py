"""The one place where streams, consumers and indexes are created, before a service starts."""

import nats

from services.certificates import main as certificates
from services.judging import main as judging
from services.registration import main as registration
from shared.messaging.provision import provision as provision_messaging
from shared.mongo import Mongo
from shared.settings import ServiceSettings

SERVICES = (registration, judging, certificates)


async def provision(settings: ServiceSettings) -> None:
    """Make NATS and MongoDB what the services need. Running it again changes nothing."""
    client = await nats.connect(settings.nats_url, connect_timeout=10, max_reconnect_attempts=20)
    try:
        await provision_messaging(client, [service.TOPOLOGY for service in SERVICES])
    finally:
        await client.close()
    for service in SERVICES:
        mongo = Mongo(settings.mongo_url, settings.database_prefix + service.TOPOLOGY.service, timeout_ms=30_000)
        try:
            await mongo.ensure(service.INDEXES)
        finally:
            mongo.close()
