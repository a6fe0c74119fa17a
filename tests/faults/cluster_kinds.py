"""What breaks in a cluster: leaders that are cut off, killed or told to step down, majorities that stall, and more."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pymongo.errors import PyMongoError

from deploy.cluster.servers import ELECTION_MS
from tests.support.installation import SERVICES
from tests.support.network import cut

if TYPE_CHECKING:
    from tests.faults.failover import Cluster, Crowd

LONG_PAUSE_SECONDS = 35.0
"""Longer than a message waits for its acknowledgement, and than a connection may be silent."""
Fault = Callable[["Cluster", "Crowd", random.Random], Awaitable[None]]


async def _while_it_lasts(crowd: "Crowd", chance: random.Random, longest: float) -> None:
    """Until some commands were settled in spite of it, or for a while; sometimes so short that nobody noticed."""
    with suppress(TimeoutError):
        async with asyncio.timeout(chance.uniform(0.3, longest)):
            await crowd.progress(crowd.told.count + chance.randint(30, 90))


def cut_leader(*, one_way: bool = False) -> Fault:
    async def fault(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
        leader = await asyncio.to_thread(cluster.stores.leader)
        host = next(host for host in cluster.network.hosts if host == leader.host)
        await asyncio.to_thread(cut, host, cluster.network.hosts, one_way=one_way)
        await asyncio.sleep(chance.uniform(0, 2 * ELECTION_MS / 1000))
        await _while_it_lasts(crowd, chance, 12)

    return fault


async def cut_follower(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
    follower = chance.choice(await asyncio.to_thread(cluster.stores.followers))
    host = next(host for host in cluster.network.hosts if host == follower.host)
    await asyncio.to_thread(cut, host, cluster.network.hosts)
    await _while_it_lasts(crowd, chance, 6)


async def step_down(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
    leader = await asyncio.to_thread(cluster.stores.leader)
    with suppress(PyMongoError):  # it may refuse while nobody has caught up
        await asyncio.to_thread(leader.admin, {"replSetStepDown": 10, "force": chance.random() < 0.5})


async def kill_leader(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
    leader = await asyncio.to_thread(cluster.stores.leader)
    await asyncio.to_thread(leader.server.kill)
    await _while_it_lasts(crowd, chance, 8)


async def kill_majority(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
    """Longer than a write waits, so that what was asked meanwhile is not done."""
    leader = await asyncio.to_thread(cluster.stores.leader)
    follower = chance.choice(await asyncio.to_thread(cluster.stores.followers))
    for member in (follower, leader):
        await asyncio.to_thread(member.server.kill)
    await asyncio.sleep(chance.uniform(6, 9))


async def stall_majority(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
    followers = await asyncio.to_thread(cluster.stores.followers)
    for follower in followers:
        follower.signal(signal.SIGSTOP)
    await asyncio.sleep(chance.uniform(0.5, 8))
    for follower in followers:
        follower.signal(signal.SIGCONT)


async def pause_leader(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
    """It wakes up and believes that it leads."""
    leader = await asyncio.to_thread(cluster.stores.leader)
    leader.signal(signal.SIGSTOP)
    await _while_it_lasts(crowd, chance, 10)
    leader.signal(signal.SIGCONT)


async def kill_broker(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
    await asyncio.to_thread(chance.choice(cluster.brokers.servers).kill)
    await _while_it_lasts(crowd, chance, 5)


def kill_replica(name: str) -> Fault:
    async def fault(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
        process = chance.choice([cluster.services.processes[name], cluster.services.replicas[name]])
        process.kill()
        await asyncio.to_thread(process.wait)
        await _while_it_lasts(crowd, chance, 3)

    return fault


def pause_replica(name: str, *, longer_than_leases: bool = False) -> Fault:
    """One of two; the longer one until its messages were given to the other and its connections look dead."""

    async def fault(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
        process = chance.choice([cluster.services.processes[name], cluster.services.replicas[name]])
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(LONG_PAUSE_SECONDS if longer_than_leases else chance.uniform(0.5, 4))
        process.send_signal(signal.SIGCONT)

    return fault


def both(first: Fault, second: Fault) -> Fault:
    """Two at the same time."""

    async def fault(cluster: "Cluster", crowd: "Crowd", chance: random.Random) -> None:
        await asyncio.gather(first(cluster, crowd, chance), second(cluster, crowd, chance))

    return fault


FAULTS: dict[str, Fault] = {
    "cut leader both ways": cut_leader(),
    "cut leader one way": cut_leader(one_way=True),
    "cut follower": cut_follower,
    "step down": step_down,
    "kill leader": kill_leader,
    "kill majority": kill_majority,
    "stall majority": stall_majority,
    "pause leader": pause_leader,
    "kill broker": kill_broker,
    **{f"kill one {name}": kill_replica(name) for name in SERVICES},
    **{f"pause one {name}": pause_replica(name) for name in SERVICES},
    "cut leader both ways, kill one registration": both(cut_leader(), kill_replica("registration")),
    "step down, kill broker": both(step_down, kill_broker),
    "stall majority, pause one judging": both(stall_majority, pause_replica("judging")),
    "kill leader, kill broker": both(kill_leader, kill_broker),
}
SLOW: dict[str, Fault] = {
    f"pause one {name} for {LONG_PAUSE_SECONDS:.0f} s": pause_replica(name, longer_than_leases=True)
    for name in ("judging", "certificates")
}
FAULTS |= SLOW


def cuts(count: int) -> list[str]:
    """So many cuts of the leader, every third of them one way."""
    return ["cut leader one way" if number % 3 == 2 else "cut leader both ways" for number in range(count)]


def cluster_schedule(seed: int, count: int) -> list[str]:
    """Which faults happen, in which order: every kind before any comes a second time, the slow ones twice at most."""
    chance, order = random.Random(seed), list[str]()
    while len(order) < count:
        kinds = [name for name in FAULTS if name not in SLOW or order.count(name) < 2]
        order += chance.sample(kinds, len(kinds))
    return order[:count]
