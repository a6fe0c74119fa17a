"""Long outages: what users saw, what the operator saw, and how long it took to recover without a hand."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx

from laurel.client import Client
from laurel.reconcile import compare, nothing_on_the_way
from tests.faults.kinds import delete_consumer
from tests.faults.run import Say
from tests.faults.season import Cast, Planned, open_cast, plan
from tests.faults.world import World
from tests.support.installation import SECRET, SERVICES

PAUSE_SECONDS = 0.1


@dataclass
class Seen:
    """What happened in one outage."""

    name: str
    lasted: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    """What users were told, by status; `, retry later` where the answer says when to try again."""
    slowest: float = 0.0
    alive: int = 0
    dead: int = 0
    """How often a process said that it lives, and how often it did not answer."""
    ready: dict[str, str] = field(default_factory=dict)
    """What each service told the operator in the middle of it."""
    recovered: float = 0.0
    """Seconds from the end until everything acknowledged had arrived everywhere."""

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"{self.name}, {self.lasted:.0f} s",
            f"  users saw: {dict(sorted(self.answers.items()))}, slowest answer {self.slowest:.1f} s",
            f"  processes said that they live: {self.alive} times, no answer {self.dead} times",
            *(f"  the operator saw of {name}: {said}" for name, said in self.ready.items()),
            f"  everything had arrived {self.recovered:.1f} s after the end",
        ]


async def outages(folder: Path, *, nats: float, mongod: float, say: Say = click.echo) -> list[Seen]:
    """NATS away, MongoDB away, a consumer deleted; entries are handed in all the while."""
    world, seens = World(folder, with_disks=False), []
    try:
        await world.start()
        with closing(Client(world.running.url, "en", patience=300)) as operator:
            await asyncio.to_thread(operator.sign_in_as_operator, SECRET)
            cast = await asyncio.to_thread(open_cast, world.running, operator)
            planned = iter(plan(1, 100_000))

            async def away(server: str, seconds: float) -> None:
                await asyncio.to_thread(world.servers[server].kill)
                await asyncio.sleep(seconds)
                await world.restart(server)

            for name, outage in (
                (f"NATS away for {nats:.0f} s", lambda: away("nats", nats)),
                (f"MongoDB away for {mongod:.0f} s", lambda: away("mongod", mongod)),
                ("a consumer deleted", lambda: _deleted(world)),
            ):
                seen = await _through(world, operator, cast, planned, name, outage)
                seens.append(seen)
                for line in seen.lines():
                    say(line)
            assert await asyncio.to_thread(_all_agree, operator, cast.season)
        return seens
    finally:
        await world.stop()


async def _deleted(world: World) -> None:
    await delete_consumer(world, random.Random(1))
    await asyncio.sleep(1)


async def _through(
    world: World,
    operator: Client,
    cast: Cast,
    planned: Iterator[Planned],
    name: str,
    outage: Callable[[], Awaitable[None]],
) -> Seen:
    seen, began = Seen(name), time.monotonic()
    over = asyncio.Event()
    users = [asyncio.create_task(_use(world, cast, planned, seen, over)) for _ in range(4)]
    watching = asyncio.create_task(_watch(world, seen, over))
    await outage()
    seen.lasted = time.monotonic() - began
    ended = time.monotonic()
    over.set()
    await asyncio.gather(*users, watching)
    await asyncio.to_thread(_arrived, operator, cast.season)
    seen.recovered = time.monotonic() - ended
    return seen


async def _use(world: World, cast: Cast, planned: Iterator[Planned], seen: Seen, over: asyncio.Event) -> None:
    """Hand in entries one after the other; what was not acknowledged is sent again, under its key, to the end."""
    address = f"{world.running.service_url('registration')}/registration/v1/seasons/{cast.season}/entries"
    async with httpx.AsyncClient(timeout=30) as client:
        while not over.is_set():
            each_planned, acknowledged = next(planned), False
            while not acknowledged:
                headers = {"Authorization": f"Bearer {cast.operator}", "Content-Type": "application/json"}
                headers["Idempotency-Key"] = each_planned.title
                sent = time.monotonic()
                try:
                    answer = await client.post(address, content=each_planned.body, headers=headers)
                except httpx.HTTPError as error:
                    seen.answers[type(error).__name__] += 1
                else:
                    acknowledged = answer.status_code == 201
                    later = ", retry later" if "retry-after" in answer.headers else ""
                    seen.answers[f"{answer.status_code}{later}"] += 1
                seen.slowest = max(seen.slowest, time.monotonic() - sent)
                await asyncio.sleep(PAUSE_SECONDS)


async def _watch(world: World, seen: Seen, over: asyncio.Event) -> None:
    """Ask each process whether it lives, and keep the last thing that each said about being ready."""
    async with httpx.AsyncClient(timeout=5) as client:
        while not over.is_set():
            for name in SERVICES:
                url = f"{world.running.service_url(name)}/{name}"
                try:
                    seen.alive += (await client.get(f"{url}/healthz")).status_code == 200
                    ready = await client.get(f"{url}/readyz")
                except httpx.HTTPError:
                    seen.dead += 1
                    continue
                if ready.status_code == 503:
                    wrong = {part: said for part, said in ready.json()["checks"].items() if said != "ok"}
                    seen.ready[name] = f"not ready, {wrong}"
            await asyncio.sleep(0.5)


def _arrived(operator: Client, season: str) -> None:
    operator.wait_for("quiet", lambda: nothing_on_the_way(operator) and _all_agree(operator, season))


def _all_agree(operator: Client, season: str) -> bool:
    return all(
        comparison.agreed
        for comparison in compare(operator, season)
        if comparison.ledger in ("units", "entries", "names")
    )
