"""One run: faults over a load, then everything acknowledged is looked for from outside."""

import asyncio
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import click
import httpx

from laurel.client import Client
from laurel.reconcile import compare, nothing_on_the_way, on_the_way
from tests.faults.account import account
from tests.faults.kinds import DISK_FAULTS, FAULTS, kill_server, kill_service, schedule
from tests.faults.load import Load, Log
from tests.faults.season import Cast, certificates_of, entries_of, open_cast, plan, publish, results
from tests.faults.world import World, can_mount
from tests.support.installation import SECRET, SERVICES

Say = Callable[[str], None]

RECOVERY_SECONDS, ALLOWED_SECONDS = 60.0, 30.0
PATIENCE = 300.0
TRICKLE, TRICKLE_SECONDS = 20, 2.0
KILLED_WHILE_PUBLISHING = ("judging", "certificates", "nats", "mongod")


@dataclass
class Outcome:
    """What a run came to."""

    faults: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds from letting go to three services that say they are ready, by kind."""
    log: Log = field(default_factory=Log)
    restarts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disagreed: list[str] = field(default_factory=list)
    results: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        slow = any(seconds > ALLOWED_SECONDS for numbers in self.recovery.values() for seconds in numbers)
        return not (self.lost or self.doubled or self.disagreed or slow)

    def table(self) -> str:
        """For people."""
        lines = [f"{'fault':<34}{'times':>6}{'median s':>10}{'longest s':>11}"]
        for name, times in sorted(self.faults.items()):
            seconds = self.recovery[name]
            lines.append(f"{name:<34}{times:>6}{statistics.median(seconds):>10.1f}{max(seconds):>11.1f}")
        seconds = [number for numbers in self.recovery.values() for number in numbers] or [0.0]
        lines += [
            f"{'all':<34}{self.faults.total():>6}{statistics.median(seconds):>10.1f}{max(seconds):>11.1f}",
            f"acknowledged {self.log.acknowledged}: entries {len(self.log.entries)}, ballots {len(self.log.ballots)}",
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, disagreements {len(self.disagreed)}",
            f"services started anew {self.restarts}",
            f"answers before success: {dict(sorted(self.log.answers.items()))}",
        ]
        return "\n".join(lines)


async def run(folder: Path, *, seed: int, faults: int, entries: int, say: Say = click.echo) -> Outcome:
    """Break an installation `faults` times while `entries` are handed in and scored; check everything."""
    disks = can_mount() and faults >= len(FAULTS)
    world, outcome = World(folder, disks), Outcome()
    try:
        await world.start()
        with closing(Client(world.running.url, "en", patience=PATIENCE)) as operator:
            await asyncio.to_thread(operator.sign_in_as_operator, SECRET)
            cast = await asyncio.to_thread(open_cast, world.running, operator)
            load = Load(
                cast,
                plan(seed, entries),
                world.running.service_url("registration"),
                world.running.service_url("judging"),
            )
            outcome.log = load.log
            load.start()
            try:
                await _break(world, load, outcome, seed, faults, entries, disks, say)
                load.release(entries)
                await load.finish(PATIENCE)
            finally:
                await load.stop()
            await asyncio.to_thread(_wait_quiet, operator)
            letters = sum(item["dead_letters"] for item in (await asyncio.to_thread(on_the_way, operator)).values())
            if letters != world.letters:
                outcome.disagreed.append(f"{letters} dead letters where the poison leaves {world.letters}")
            await _publish(world, operator, cast, seed, disturbed=faults > 0)
            await asyncio.to_thread(_wait_quiet, operator)
            await asyncio.to_thread(check, operator, cast, outcome)
            outcome.results = await asyncio.to_thread(results, operator, cast.season)
        outcome.restarts = world.running.restarts
        return outcome
    finally:
        await world.stop()


async def _break(
    world: World, load: Load, outcome: Outcome, seed: int, faults: int, entries: int, disks: bool, say: Say
) -> None:
    chance = random.Random(seed)
    for number, name in enumerate(schedule(seed, faults, disks=disks), 1):
        # A burst that is in the middle of its work when the fault comes, and a trickle that goes on meanwhile.
        before, after = entries * (number - 1) // (faults + 1), entries * number // (faults + 1)
        load.release(before + (after - before) // 2)
        trickle = asyncio.create_task(_trickle(load, after))
        await asyncio.sleep(chance.uniform(0, 0.1))
        await (FAULTS.get(name) or DISK_FAULTS[name])(world, chance)
        took = await _recovered(world)
        await trickle
        outcome.faults[name] += 1
        outcome.recovery[name].append(took)
        say(f"{number:>4} {name}: ready again after {took:.1f} s; {load.log.acknowledged} acknowledged")


async def _trickle(load: Load, upto: int) -> None:
    first = load.released
    for step in range(1, TRICKLE + 1):
        await asyncio.sleep(TRICKLE_SECONDS / TRICKLE)
        load.release(first + (upto - first) * step // TRICKLE)


async def _recovered(world: World) -> float:
    """Seconds until all three services say that they are ready; servers that ended are started by nobody here."""
    began = time.monotonic()
    async with httpx.AsyncClient(timeout=5) as client:
        waiting = set(SERVICES)
        while waiting:
            for name in sorted(waiting):
                try:
                    answer = await client.get(f"{world.running.service_url(name)}/{name}/readyz")
                except httpx.HTTPError:
                    continue
                if answer.status_code == 200:
                    waiting.discard(name)
            if waiting:
                await asyncio.sleep(0.1)
            if time.monotonic() - began > RECOVERY_SECONDS:
                raise AssertionError(f"{waiting} did not recover within {RECOVERY_SECONDS:.0f} s; see {world.folder}")
    return time.monotonic() - began


async def _publish(world: World, operator: Client, cast: Cast, seed: int, *, disturbed: bool) -> None:
    """From closing to certificates, with services and servers killed meanwhile."""
    work = asyncio.create_task(asyncio.to_thread(publish, operator, cast.season))
    chance = random.Random(seed + 1)
    for name in KILLED_WHILE_PUBLISHING if disturbed else ():
        await asyncio.sleep(chance.uniform(0.3, 1.0))
        await (kill_service(name) if name in SERVICES else kill_server(name))(world, chance)
    await work


def _wait_quiet(operator: Client) -> None:
    operator.wait_for("quiet", lambda: nothing_on_the_way(operator))


def check(operator: Client, cast: Cast, outcome: Outcome) -> None:
    """Look for everything that was acknowledged, from outside, and for anything that is there twice."""
    listed = entries_of(operator, cast.season)
    numbers = {item["title"]: item["entry"] for item in listed}
    entries = account(outcome.log.entries, (item["title"] for item in listed))
    outcome.doubled += [f"entry {title}" for title in entries.doubled]
    outcome.lost += [f"entry {title}" for title in entries.lost]
    outcome.disagreed += [
        f"entry {title} has another number than was said"
        for title, number in outcome.log.entries.items()
        if numbers.get(title, number) != number
    ]
    for judge, token in enumerate(cast.judges):
        with closing(Client(operator.url, "en")) as client:
            client.use_token(token)
            tasks = {item["entry"]: item for item in client.get(f"/judging/v1/seasons/{cast.season}/tasks")}
        for (number, by), scores in outcome.log.ballots.items():
            if by != judge:
                continue
            task = tasks.get(number, {})
            if task.get("status") != "submitted" or _numbers(task.get("scores", {})) != _numbers(scores):
                outcome.lost.append(f"ballot of judge {judge} for {number}")
    issued = account((), (f"{item['award']} {item['recipient']}" for item in certificates_of(operator, cast.season)))
    outcome.doubled += [f"certificate {key}" for key in issued.doubled]
    for comparison in compare(operator, cast.season):
        if not comparison.agreed:
            ids = [finding.key for finding in comparison.findings]
            outcome.disagreed.append(
                f"{comparison.ledger} {comparison.pair.owner} → {comparison.pair.holder}: {len(ids)}, {ids[:3]}"
            )


def _numbers(scores: Mapping[str, str]) -> dict[str, Decimal]:
    """Scores by criterion, whatever they look like as text."""
    return {name: Decimal(score) for name, score in scores.items()}
