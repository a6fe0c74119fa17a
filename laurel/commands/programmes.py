"""`laurel programme`: what hosts keep across seasons, from a folder."""

from collections.abc import Mapping
from pathlib import Path

import click

from laurel.commands.refused_files import FOLDER, refusals_said
from laurel.programme_folder import (
    NEED_RESULTS,
    check_seasons_named,
    check_units_named,
    read_programme,
    read_records,
    settle,
)
from laurel.programme_seasons import read_season
from laurel.season_folder import read_rules
from laurel.texts import t
from shared.programme.rules import ProgrammeRules
from shared.programme.seasons import SeasonFacts


@click.group(help=t("cli-programme-help"))
def programme() -> None: ...


@programme.command(help=t("cli-programme-check-help"))
@click.argument("folder", type=FOLDER)
@click.option("--results", type=FOLDER, default=None, help=t("cli-programme-results"))
def check(folder: Path, results: Path | None) -> None:
    with refusals_said(folder):
        rules = read_programme(folder)
    seasons = _seasons(folder, rules, results)
    with refusals_said(folder):
        records = read_records(folder, rules, seasons)
        check_units_named(records)
    unchecked = sorted(NEED_RESULTS & records.present) if results is None and seasons else []
    _, rejected = settle(records)["rejected"]
    said = [row for row in rejected if row[0].removesuffix(".csv") not in unchecked]
    for file, row, column, code in said:
        click.echo(t("run-rejected", file=file, row=row, column=column, code=code, message=t(f"code-{code}")))
    files = [name for name in records.present if name not in unchecked]
    whole = sum(len(records.sheets[name].rows) + len(records.sheets[name].fallen) for name in files)
    click.echo(t("check-fine", folder=str(folder), accepted=whole - len(said), rejected=len(said)))
    if unchecked:
        click.echo(t("programme-unchecked", files=", ".join(f"{name}.csv" for name in unchecked)))


def _seasons(folder: Path, rules: ProgrammeRules, results: Path | None) -> Mapping[str, SeasonFacts]:
    """The seasons below a programme folder, with their results where they are given."""
    listed = {}
    for name in (season.folder for season in rules.seasons):
        place = folder / "seasons" / name
        with refusals_said(place):
            listed[name] = read_rules(place)
    with refusals_said(folder):
        check_seasons_named(rules, listed)
    return {
        name: read_season(folder / "seasons" / name, results / name if results else None, season)
        for name, season in listed.items()
    }
