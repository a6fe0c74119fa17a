"""Faults on a cluster, and the variants that are wrong on purpose: `python -m tests.faults.clustered`."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx

from laurel.client import ProblemAnswer
from laurel.errors import UserError
from tests.faults.cluster_kinds import cluster_schedule
from tests.faults.failover import Cluster, Count, Say, run
from tests.faults.mutants import CAUGHT_BY, MUTANTS

MUTANT_ENTRIES, MUTANT_QUIET_SECONDS = 80, 45.0


async def on_a_cluster(
    folder: Path,
    *,
    seed: int,
    faults: int,
    entries: int,
    mutants: Sequence[str] = tuple(MUTANTS),
    say: Say = click.echo,
) -> tuple[Count, dict[str, str]]:
    """Break a cluster so often under this load; then see what is found of each mutant: by name, empty where nothing is."""
    cluster = await asyncio.to_thread(Cluster.start, folder)
    try:
        count = await run(cluster, seed=seed, entries=entries, faults=cluster_schedule(seed, faults), say=say)
        return count, {name: await _found(cluster, name, seed) for name in mutants}
    finally:
        await asyncio.to_thread(cluster.stop)


async def _found(cluster: Cluster, mutant: str, seed: int) -> str:
    """What the harness says of registration with this spoiled."""
    services = cluster.services
    services.modules["registration"] = "tests.faults.mutants"
    services.environment["LAUREL_MUTANT"] = mutant
    try:
        await asyncio.to_thread(_start_anew, cluster)
        faults = [CAUGHT_BY.get(mutant, "kill one certificates")] * 2
        number = seed + 1000 + list(MUTANTS).index(mutant)
        count = await run(
            cluster, seed=number, entries=MUTANT_ENTRIES, faults=faults, say=lambda _: None, quiet=MUTANT_QUIET_SECONDS
        )
    except (AssertionError, UserError, ProblemAnswer, httpx.HTTPError) as error:
        return f"{type(error).__name__}: {str(error)[:80]}"
    finally:
        services.modules.clear()
        await asyncio.to_thread(_start_anew, cluster)
    return "" if count.whole else f"lost {len(count.lost)}, doubled {len(count.doubled)}, wrong {len(count.wrong)}"


def _start_anew(cluster: Cluster) -> None:
    services = cluster.services
    for process in (services.processes["registration"], services.replicas["registration"]):
        process.kill()
        process.wait()
    cluster.mend()
    for url in services.upstream("registration"):
        services.wait_at("registration", url)


def main() -> int:
    """Zero when nothing was lost or doubled, and every mutant was caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=120)
    parser.add_argument("--entries", type=int, default=9000)
    parser.add_argument("--mutants", nargs="*", default=list(MUTANTS))
    parser.add_argument("--keep", type=Path, help="a folder for logs and data, which stays")
    options = parser.parse_args()
    click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="laurel-cluster-") as temporary:
        count, caught = asyncio.run(
            on_a_cluster(
                options.keep or Path(temporary),
                seed=options.seed,
                faults=options.faults,
                entries=options.entries,
                mutants=options.mutants,
            )
        )
    return report(count, caught)


def report(count: Count, caught: dict[str, str]) -> int:
    """Say what a run came to; zero where all is well."""
    for line in count.lines():
        click.echo(line)
    click.echo(f"mutants caught {sum(map(bool, caught.values()))} of {len(caught)}")
    for name, why in caught.items():
        click.echo(f"  {name}: {why or 'NOT CAUGHT'}")
    return 0 if count.whole and all(caught.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
