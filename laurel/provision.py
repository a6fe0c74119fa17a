"""The one place where streams, consumers and indexes are made and older documents brought up, before a service starts."""

import asyncio
import time
from collections.abc import Sequence

import nats
import structlog
from nats.errors import Error as NATSError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NATSTimeoutError
from nats.js.errors import ServiceUnavailableError

from laurel.errors import UserError
from laurel.server_checks import check_servers
from services.certificates.foundations import FOUNDATIONS as CERTIFICATES
from services.judging.foundations import FOUNDATIONS as JUDGING
from services.registration.foundations import FOUNDATIONS as REGISTRATION
from shared.errors import Unavailable
from shared.foundations import Foundations
from shared.messaging.provision import provision as provision_messaging
from shared.mongo import Mongo, WrongSchema, migrate
from shared.objects import bucket_of
from shared.settings import ServiceSettings

SERVICES = (REGISTRATION, JUDGING, CERTIFICATES)


log = structlog.get_logger()

KEEP_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
RESTORING = "restoring"
"""A collection of registration's database: how far a restore that is not finished has come."""


async def provision(settings: ServiceSettings, services: Sequence[Foundations] = SERVICES) -> None:
    """Make NATS and MongoDB what these services need. Running it again changes nothing.

    What belongs to the others stays as it is, so each may be updated by itself.
    A cluster that is just choosing its leaders is waited for, a minute at most.

    Raises:
        UserError: a database is of a newer release than this, a server may lose what it acknowledged, a restore is not
            finished, or the bucket of works cannot be used.
    """
    await check_servers(settings)
    await _check_restored(settings)
    await _check_bucket(settings)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await provision_broker(settings, services)
            break
        except (NATSTimeoutError, NoRespondersError, ServiceUnavailableError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(1)
    for service in services:
        mongo = Mongo(settings.mongo_url, settings.database_prefix + service.service, timeout_ms=30_000)
        try:
            await migrate(mongo, service.migrations)
            await mongo.ensure(service.indexes)
        except WrongSchema as error:
            raise UserError(
                "database-newer", database=error.database, schema=error.schema, known=error.known
            ) from error
        finally:
            mongo.close()


async def _check_restored(settings: ServiceSettings) -> None:
    mongo = Mongo(settings.mongo_url, settings.database_prefix + REGISTRATION.service, timeout_ms=30_000)
    try:
        unfinished = await mongo.database[RESTORING].find_one({})
    finally:
        mongo.close()
    if unfinished:
        raise UserError("restore-unfinished", generation=unfinished["generation"])


async def _check_bucket(settings: ServiceSettings) -> None:
    try:
        if bucket := bucket_of(settings):
            await bucket.check()
    except (Unavailable, OSError) as error:
        raise UserError("bucket-unusable", reason=str(error.__cause__ or error)) from error


async def provision_broker(settings: ServiceSettings, services: Sequence[Foundations] = SERVICES) -> None:
    """Make NATS what these services need."""
    client = await nats.connect(settings.nats_url.split(","), connect_timeout=10, max_reconnect_attempts=20)
    try:
        topologies = [service.topology for service in services]
        await provision_messaging(client, topologies, replicas=settings.stream_replicas)
    finally:
        await client.close()


async def keep_provisioned(settings: ServiceSettings, services: Sequence[Foundations] = SERVICES) -> None:
    """Put right what was deleted or changed in NATS, every few seconds, for ever."""
    while True:
        try:
            async with asyncio.timeout(60):
                await provision_broker(settings, services)
        except (NATSError, OSError) as error:  # it is away; the next round finds it
            log.warning("provision_waits", error=type(error).__name__)
        await asyncio.sleep(KEEP_SECONDS)
