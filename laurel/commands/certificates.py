"""`laurel certificates`: a signed code read without any server."""

import json
from pathlib import Path

import click

from laurel.texts import t
from shared.season.codes import checked_record


@click.group(help=t("cli-certificates-help"))
def certificates() -> None:
    pass


@certificates.command("verify", help=t("cli-certificates-verify-help"))
@click.argument("code")
@click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help=t("cli-certificates-verify-keys"),
)
def verify(code: str, keys: Path) -> None:
    known = [item["x"] for item in json.loads(keys.read_bytes())["keys"] if item.get("crv") == "Ed25519"]
    record = checked_record(code, known)
    if record is None:
        click.echo(t("code-wrong"))
        raise SystemExit(1)
    click.echo(t("code-right"))
    for value in (record.serial, record.version, record.name, record.award, record.day):
        click.echo(f"  {value}")
