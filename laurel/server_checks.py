"""Whether the servers keep what they acknowledge; asked before anything is trusted to them."""

import asyncio

import httpx
from pymongo import MongoClient

from laurel.errors import UserError
from shared.settings import ServiceSettings

PATIENCE_SECONDS = 10.0


async def check_servers(settings: ServiceSettings) -> None:
    """Refuse servers that may lose what they acknowledged, unless the settings accept them.

    Raises:
        UserError: MongoDB is no replica set; or a NATS server that is monitored does not write what it acknowledges,
            runs without JetStream, or does not answer.
    """
    if settings.unsafe_servers:
        return
    await asyncio.to_thread(_check_database, settings.mongo_url)
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        for url in filter(None, (part.strip() for part in settings.nats_monitoring.split(","))):
            await _check_broker(client, url)


def _check_database(url: str) -> None:
    with MongoClient[dict[str, object]](url, timeoutMS=30_000) as client:
        if not client.admin.command("hello").get("setName"):
            raise UserError("database-alone")


async def _check_broker(client: httpx.AsyncClient, url: str) -> None:
    try:
        told = (await client.get(f"{url}/varz")).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise UserError("broker-unseen", url=url, reason=str(error) or type(error).__name__) from error
    if not told.get("jetstream", {}).get("config", {}).get("sync_always"):
        raise UserError("broker-unsafe", url=url, name=str(told.get("server_name", "")))
