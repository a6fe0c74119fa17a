"""The one place where streams, consumers and indexes are made and older documents brought up, before a service starts."""

import asyncio
import time

import nats
import structlog
from nats.errors import Error as NATSError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NATSTimeoutError
from nats.js.errors import ServiceUnavailableError

from laurel.errors import UserError
from services.certificates import main as certificates
from services.judging import main as judging
from services.registration import main as registration
from shared.messaging.provision import provision as provision_messaging
from shared.mongo import Mongo, WrongSchema, migrate
from shared.settings import ServiceSettings

SERVICES = (registration, judging, certificates)


log = structlog.get_logger()

KEEP_SECONDS = 5.0
PATIENCE_SECONDS = 60.0


async def provision(settings: ServiceSettings) -> None:
    """Make NATS and MongoDB what the services need. Running it again changes nothing.

    A cluster that is just choosing its leaders is waited for, a minute at most.

    Raises:
        Trouble: a database is of a newer release than this.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await provision_broker(settings)
            break
        except (NATSTimeoutError, NoRespondersError, ServiceUnavailableError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(1)
    for service in SERVICES:
        mongo = Mongo(settings.mongo_url, settings.database_prefix + service.TOPOLOGY.service, timeout_ms=30_000)
        try:
            await migrate(mongo, service.MIGRATIONS)
            await mongo.ensure(service.INDEXES)
        except WrongSchema as error:
            raise UserError(
                "database-newer", database=error.database, schema=error.schema, known=error.known
            ) from error
        finally:
            mongo.close()


async def provision_broker(settings: ServiceSettings) -> None:
    """Make NATS what the services need."""
    client = await nats.connect(settings.nats_url.split(","), connect_timeout=10, max_reconnect_attempts=20)
    try:
        topologies = [service.TOPOLOGY for service in SERVICES]
        await provision_messaging(client, topologies, replicas=settings.stream_replicas)
    finally:
        await client.close()


async def keep_provisioned(settings: ServiceSettings) -> None:
    """Put right what was deleted or changed in NATS, every few seconds, for ever."""
    while True:
        try:
            async with asyncio.timeout(60):
                await provision_broker(settings)
        except (NATSError, OSError) as error:  # it is away; the next round finds it
            log.warning("provision_waits", error=type(error).__name__)
        await asyncio.sleep(KEEP_SECONDS)
