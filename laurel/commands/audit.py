"""`laurel audit`: the logs of who did what, taken out and verified."""

from pathlib import Path

import click

from laurel.audit import noted_heads, take_out, verify_file, verify_installation
from laurel.commands.reached import on_an_installation, reached_installation
from laurel.reconcile import SERVICES
from laurel.texts import t


@click.group(help=t("cli-audit-help"))
def audit() -> None: ...


@audit.command("verify", help=t("cli-audit-verify-help"))
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--head", "heads", multiple=True, help=t("cli-audit-head"))
@click.option("--url", default=None, help=t("cli-url"))
@click.option("--token", default=None, envvar="LAUREL_TOKEN", help=t("cli-token"))
def verify_audit(files: tuple[Path, ...], heads: tuple[str, ...], url: str | None, token: str | None) -> None:
    noted = noted_heads(heads)
    results = [verify_file(file, noted) for file in files]
    if not files:
        if not url:
            raise click.UsageError(t("audit-nothing"))
        with reached_installation(url, token) as client:
            results = [(service, verify_installation(client, service, noted)) for service in SERVICES]
    for service, verdict in results:
        values = {"service": service, "head": str(verdict.head), "erased": verdict.erased}
        if verdict.fault is None:
            click.echo(t("audit-whole", count=verdict.head.number, **values))
        else:
            click.echo(t(f"audit-{verdict.fault.kind}", number=verdict.fault.number, **values))
    if any(verdict.fault for _, verdict in results):
        raise SystemExit(1)


@audit.command("export", help=t("cli-audit-export-help"))
@click.argument("service", type=click.Choice(SERVICES))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@on_an_installation
def export_audit(service: str, file: Path, url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        take_out(client, service, file)
    click.echo(t("audit-exported", service=service, file=str(file)))
