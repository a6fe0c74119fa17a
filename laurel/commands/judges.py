"""`laurel autojudge`: points by a program. `laurel confirm-person`: an account that stands for a person."""

import time
from decimal import Decimal
from pathlib import Path

import click

from laurel.automatic_judge import AutomaticJudge, Metric, labels_from
from laurel.commands.reached import on_an_installation, reached_installation
from laurel.texts import t

LOOK_EVERY = 10
"""Seconds between two looks of the automatic judge."""


@click.command("autojudge", help=t("cli-automatic-help"))
@click.argument("season")
@click.argument("labels", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--component", required=True, help=t("cli-automatic-component"))
@click.option(
    "--metric", type=click.Choice(["accuracy", "f1", "rmse"]), default="accuracy", help=t("cli-automatic-metric")
)
@click.option("--scale", type=click.FloatRange(min=0, min_open=True), default=1.0, help=t("cli-automatic-scale"))
@click.option("--full", type=click.IntRange(1), default=100, show_default=True, help=t("cli-automatic-full"))
@click.option("--once", is_flag=True, help=t("cli-automatic-once"))
@on_an_installation
def autojudge(
    season: str,
    labels: Path,
    component: str,
    metric: Metric,
    scale: float,
    full: int,
    once: bool,
    url: str,
    token: str,
) -> None:
    hidden = labels_from(labels.read_bytes(), str(labels))
    with reached_installation(url, token) as client:

        def say(entry: str, points: str) -> None:
            click.echo(t("automatic-scored", entry=entry, points=points))

        judge = AutomaticJudge(client, season, component, hidden, metric, Decimal(full), scale, say)
        while True:
            judge.look()
            if once:
                return
            time.sleep(LOOK_EVERY)


@click.command("confirm-person", help=t("cli-confirm-help"))
@click.argument("season")
@click.argument("login")
@click.option("--reason", required=True, help=t("cli-confirm-reason"))
@on_an_installation
def confirm_person(season: str, login: str, reason: str, url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        client.call("PUT", f"/judging/v1/seasons/{season}/confirmed-people/{login}", json={"reason": reason})
    click.echo(t("person-confirmed", login=login, season=season))
