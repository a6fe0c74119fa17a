"""`python -m tests.benchmarks`: every figure beside its limit, medians of so many rounds, as ratios."""

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

import click
import uvloop

from tests.benchmarks import backlogs, flow
from tests.benchmarks.stage import Stage, body, stage

TARGETS = (
    ("accepted / Motor insert_one", "accepted", "insert_one", 0.7),
    ("accepted / bare variant", "accepted", "bare accepted", 1.0),
    ("end to end / accepted", "end to end", "accepted", 0.95),
    ("relay / raw atomic batches", "relay", "raw batches", 0.5),
    ("taken in / FastStream alone", "taken in", "parsed only", 1.0),
)
CEILINGS = (
    ("idle p50 ms", "idle p50 ms", 10.0),
    ("idle p99 ms", "idle p99 ms", 30.0),
    ("latest of all ms", "latest ms", 1000.0),
)


async def measure(on: Stage, rounds: int) -> dict[str, list[float]]:
    """Every figure, once a round, the ones that are compared next to each other."""
    result: dict[str, list[float]] = defaultdict(list)

    def note(name: str, value: float) -> None:
        result[name].append(value)
        click.echo(f"  {name:<24}{value:>12,.1f}")

    await flow.product(on)  # everything is warm, and there is an entry whose size the raw inserts take
    await flow.bare_variant(on)
    for number in range(rounds):
        click.echo(f"round {number + 1}")
        note("bare route", await flow.bare_route(on))
        note("insert_one", await flow.insert_one(on))
        note("insert_many", await flow.insert_many(on))
        bare = await flow.bare_variant(on)
        note("bare accepted", bare.accepted)
        note("bare end to end", bare.end_to_end)
        product = await flow.product(on)
        note("accepted", product.accepted)
        note("end to end", product.end_to_end)
        note("http p50 ms", product.http.percentile(0.5))
        note("http p99 ms", product.http.percentile(0.99))
        idle = await flow.latency(on, flow.IDLE_RATE)
        note("idle p50 ms", idle.p50)
        note("idle p99 ms", idle.p99)
        half = await flow.latency(on, product.accepted / 2)
        note("half load p50 ms", half.p50)
        note("half load p99 ms", half.p99)
        note("half load http p50 ms", half.http_p50)
        note("latest ms", max(idle.longest, half.longest))
        sample = backlogs.event(0, on.season).model_dump_json().encode()
        note("raw batches", await backlogs.raw_batches(on, sample))
        note("relay", await backlogs.relay(on))
        note("parsed only", await backlogs.parsed_only(on))
        note("taken in", await backlogs.taken_in(on, number))
    return result


def report(result: dict[str, list[float]]) -> list[str]:
    """Medians, and the ratios of each round as a median beside what is aimed at."""
    lines = [f"{'figure':<28}{'median':>12}{'lowest':>12}{'highest':>12}"]
    for name, values in result.items():
        lines.append(f"{name:<28}{statistics.median(values):>12,.1f}{min(values):>12,.1f}{max(values):>12,.1f}")
    lines.append(f"\n{'ratio':<32}{'median':>8}{'aim':>8}")
    for title, above, below, aim in TARGETS:
        ratio = statistics.median(a / b for a, b in zip(result[above], result[below], strict=True))
        lines.append(f"{title:<32}{ratio:>8.2f}{aim:>8.2f}  {'reached' if ratio >= aim else 'not reached'}")
    for title, name, aim in CEILINGS:
        value = statistics.median(result[name])
        lines.append(f"{title:<32}{value:>8.1f}{aim:>8.1f}  {'reached' if value <= aim else 'not reached'}")
    return lines


def main() -> None:
    """Print the report; `--json` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    click.echo(
        f"{os.cpu_count()} processors, {platform.machine()}, Python {platform.python_version()}; {len(body(0))} bytes"
    )
    with (
        tempfile.TemporaryDirectory(prefix="laurel-bench-") as folder,
        stage(Path(folder)) as on,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        result = runner.run(measure(on, options.rounds))
    click.echo("\n".join(report(result)))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
