"""`laurel results`: the results of a season, taken out and computed once more from what they rest on."""

import json
from pathlib import Path

import click

from laurel.commands.reached import on_an_installation, reached_installation
from laurel.errors import UserError
from laurel.texts import t
from services.judging.main import verify
from shared.states import ResultStage


@click.group(help=t("cli-results-help"))
def results() -> None: ...


@results.command("export", help=t("cli-results-export-help"))
@click.argument("season")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--stage",
    type=click.Choice([stage.value for stage in ResultStage]),
    default=ResultStage.FINAL.value,
    help=t("cli-stage"),
)
@on_an_installation
def export_results(season: str, file: Path, stage: str, url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        file.write_bytes(client.call("GET", f"/judging/v1/seasons/{season}/results/{stage}/export").content)
    click.echo(t("results-exported", file=str(file)))


@results.command("verify", help=t("cli-results-verify-help"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify_results(file: Path) -> None:
    try:
        exported = json.loads(file.read_bytes())
        matches = verify(exported)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError("not-an-export", file=str(file)) from error
    if matches:
        click.echo(t("results-differ", where=", ".join(matches)))
        raise SystemExit(1)
    click.echo(t("results-identical", result_hash=exported["result_hash"]))
