"""`laurel season`: a season from a folder, checked or run to its results."""

from pathlib import Path

import click

from laurel.commands.reached import reached_installation
from laurel.season_folder import SeasonFolder, read_folder
from laurel.season_run import Run
from laurel.texts import t, translator
from shared.http.reports import fault_list
from shared.season.reading import SeasonRefused

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(help=t("cli-season-help"))
def season() -> None: ...


@season.command(help=t("cli-check-help"))
@click.argument("folder", type=FOLDER)
def check(folder: Path) -> None:
    content = _read(folder)
    with reached_installation(None, None) as client:
        run = Run(content, client, lambda _: None)
        run.check()
        for row in [*run.rejected(), *run.flagged()]:
            message = row["message"][translator().language]
            click.echo(t("run-rejected", **{**row, "message": message}))
        accepted = sum(report["accepted"] for report in run.reports.values())
        click.echo(t("check-fine", folder=str(folder), accepted=accepted, rejected=len(run.rejected())))


@season.command(help=t("cli-run-help"))
@click.argument("folder", type=FOLDER)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help=t("cli-out"))
@click.option("--url", default=None, help=t("cli-url"))
@click.option("--token", default=None, envvar="LAUREL_TOKEN", help=t("cli-token"))
def run(folder: Path, out: Path, url: str | None, token: str | None) -> None:
    content = _read(folder)
    with reached_installation(url, token) as client:
        Run(content, client, click.echo).whole(out)


def _read(folder: Path) -> SeasonFolder:
    try:
        return read_folder(folder)
    except SeasonRefused as refused:
        lines = [t("check-refused", folder=str(folder), count=len(refused.faults))]
        lines += [f"  {fault['message'][translator().language]}" for fault in fault_list(refused)]
        raise click.ClickException("\n".join(lines)) from refused
