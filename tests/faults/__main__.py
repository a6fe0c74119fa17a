"""`python -m tests.faults`: the whole run, and the same commands undisturbed."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import click

from tests.faults.clustered import on_a_cluster, report
from tests.faults.kinds import FAULTS
from tests.faults.outages import outages
from tests.faults.run import run
from tests.faults.world import can_mount
from tests.support.network import can_separate


def main() -> int:
    """Zero when nothing was lost, nothing doubled, and the results are those of the undisturbed run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same commands and faults")
    parser.add_argument("--faults", type=int, default=110)
    parser.add_argument("--entries", type=int, default=7000, help="each is three commands: itself and two ballots")
    parser.add_argument(
        "--nats-away", type=float, default=150, help="seconds; NATS clients give up after 120 by default"
    )
    parser.add_argument("--mongod-away", type=float, default=60, help="seconds")
    parser.add_argument("--cluster-faults", type=int, default=120, help="on three servers each; 0: none")
    parser.add_argument("--cluster-entries", type=int, default=9000, help="each is nearly four commands")
    parser.add_argument("--keep", type=Path, help="a folder for logs and data, which stays")
    options = parser.parse_args()
    if not can_mount():
        click.echo("not run: full disks (they need root and loop devices)")
    click.echo(f"seed {options.seed}, {len(FAULTS)} kinds of fault and full disks")
    with tempfile.TemporaryDirectory(prefix="laurel-faults-") as temporary:
        folder = options.keep or Path(temporary)
        disturbed, calm = folder / "disturbed", folder / "undisturbed"
        for path in (disturbed, calm):
            path.mkdir(parents=True)
        broken = asyncio.run(run(disturbed, seed=options.seed, faults=options.faults, entries=options.entries))
        click.echo(broken.table())
        for line in (*broken.lost[:20], *broken.doubled[:20], *broken.disagreed[:20]):
            click.echo(f"  {line}")
        whole = asyncio.run(run(calm, seed=options.seed, faults=0, entries=options.entries))
        same = broken.results == whole.results
        click.echo(f"results {'are those' if same else 'DIFFER from those'} of the undisturbed run")
        for table in broken.results:
            click.echo(
                f"  {table}: {len(broken.results[table])} lines, {'same' if broken.results[table] == whole.results[table] else 'DIFFER'}"
            )
        long = folder / "outages"
        long.mkdir()
        asyncio.run(outages(long, nats=options.nats_away, mongod=options.mongod_away))
        rest = not options.cluster_faults or _on_a_cluster(folder / "cluster", options)
    return 0 if broken.whole and whole.whole and same and rest else 1


def _on_a_cluster(folder: Path, options: argparse.Namespace) -> bool:
    """The same on three servers each and two processes of each service; and variants that are wrong on purpose."""
    if not can_separate():
        click.echo("not run: a cluster (it needs root and network namespaces)")
        return True
    count, caught = asyncio.run(
        on_a_cluster(folder, seed=options.seed, faults=options.cluster_faults, entries=options.cluster_entries)
    )
    return report(count, caught) == 0


if __name__ == "__main__":
    sys.exit(main())
