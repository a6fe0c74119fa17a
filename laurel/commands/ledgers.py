"""`laurel replay` and `laurel reconcile`: what one service told, and what the others hold of it."""

from collections.abc import Iterator, Sequence

import click

from laurel.client import Client
from laurel.commands.reached import on_an_installation, reached_installation
from laurel.reconcile import SERVICES, Comparison, Step, carry_out, compare, nothing_on_the_way, on_the_way, plan
from laurel.texts import t

FINDINGS_SAID = 20
"""Things named of each ledger that does not agree."""


@click.command(help=t("cli-replay-help"))
@on_an_installation
def replay(url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        told = {service: client.call("POST", f"/{service}/v1/replay").json()["documents"] for service in SERVICES}
        client.wait_for("replay", lambda: nothing_on_the_way(client))
    click.echo(t("replayed", **told))


@click.command(help=t("cli-reconcile-help"))
@click.argument("seasons", nargs=-1)
@click.option("--repair", is_flag=True, help=t("cli-reconcile-repair"))
@click.option("--invented", is_flag=True, help=t("cli-reconcile-invented"))
@click.option("--yes", is_flag=True, help=t("cli-reconcile-yes"))
@on_an_installation
def reconcile(seasons: tuple[str, ...], repair: bool, invented: bool, yes: bool, url: str, token: str) -> None:
    with reached_installation(url, token) as client:
        named = seasons or tuple(item["id"] for item in client.get("/registration/v1/seasons"))
        agreed, steps = _compared(client, named, invented=invented)
        if repair and steps:
            for step in steps:
                click.echo(t(f"repair-{step.act}", count=len(step.lines), service=step.service, ledger=step.ledger))
            if not yes:
                click.confirm(t("repair-sure"), abort=True)
            carry_out(client, steps)
            client.wait_for("repair", lambda: nothing_on_the_way(client))
            agreed, _ = _compared(client, named, invented=invented)
    if not agreed:
        raise SystemExit(1)


def _compared(client: Client, seasons: Sequence[str], *, invented: bool) -> tuple[bool, list[Step]]:
    """Say how these seasons compare: whether everything agrees, and what a repair would do."""
    agreed, steps = True, list[Step]()
    for name, waiting in on_the_way(client).items():
        if any(waiting.values()):
            agreed = False
            click.echo(t("reconcile-on-the-way", service=name, **{k: str(v) for k, v in waiting.items()}))
    for season_id in seasons:
        comparisons = compare(client, season_id)
        for comparison in comparisons:
            agreed = agreed and comparison.agreed
            click.echo("\n".join(_said(season_id, comparison)))
        steps += plan(season_id, comparisons, invented=invented)
    return agreed, steps


def _said(season_id: str, comparison: Comparison) -> Iterator[str]:
    """A comparison as lines, one for each thing that is not as it must be."""
    pair = comparison.pair
    values = {"season": season_id, "ledger": pair.ledger, "owner": pair.owner, "holder": pair.holder}
    if comparison.agreed:
        yield t("reconcile-agreed", count=comparison.count, **values)
        return
    yield t("reconcile-differs", count=comparison.count, differing=len(comparison.findings), **values)
    for finding in comparison.findings[:FINDINGS_SAID]:
        said = t(
            f"finding-{finding.kind}",
            service=finding.service,
            owner=pair.owner,
            ledger=finding.ledger,
            id=finding.key,
            fields=", ".join(finding.fields),
        )
        yield f"  {said} {t(f'remedy-{finding.remedy}', owner=pair.owner)}"
    left = len(comparison.findings) - FINDINGS_SAID
    if left > 0:
        yield f"  {t('reconcile-more', count=left)}"
