"""`laurel up`: everything on this machine. `laurel provision`: what the services need of their servers."""

import asyncio
from pathlib import Path

import click

from laurel.database_users import prepare_database
from laurel.provision import SERVICES, keep_provisioned
from laurel.provision import provision as provision_all
from laurel.settings import ProvisionSettings
from laurel.texts import t
from laurel.up import stay_up


@click.command(help=t("cli-up-help"))
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default=Path("data"), help=t("cli-up-data"))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help=t("cli-up-port"))
@click.option("--demo", is_flag=True, help=t("cli-up-demo"))
@click.option("--seconds", type=float, default=0, help=t("cli-up-seconds"))
def up(data: Path, port: int, demo: bool, seconds: float) -> None:
    stay_up(data.resolve(), port, demo=demo, seconds=seconds, say=click.echo)


@click.command(help=t("cli-provision-help"))
@click.option("--watch", "--keep", is_flag=True, help=t("cli-provision-watch"))
@click.option(
    "--service",
    "name",
    type=click.Choice([service.service for service in SERVICES]),
    default=None,
    help=t("cli-provision-service"),
)
def provision(watch: bool, name: str | None) -> None:
    settings = ProvisionSettings()
    services = [service for service in SERVICES if name in (None, service.service)]
    if watch:
        asyncio.run(keep_provisioned(settings, services))
    if settings.mongo_member:
        prepare_database(settings.mongo_url, settings.mongo_member, settings.passwords)
    asyncio.run(provision_all(settings, services))
