"""`laurel season`: a season from a folder, checked or run to its results."""

from pathlib import Path

import click

from laurel.commands.reached import reached_installation
from laurel.commands.refused_files import FOLDER, refusals_said
from laurel.season_folder import SeasonFolder, read_folder
from laurel.season_run import Run
from laurel.texts import t, translator


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
    with refusals_said(folder):
        return read_folder(folder)
