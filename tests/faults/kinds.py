"""The faults. Each breaks something, waits, and lets go; nothing else mends what it broke."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from uuid import uuid4

import nats
from nats.errors import Error as NATSError

from laurel.provision import SERVICES as ALL
from tests.faults.world import World
from tests.support.installation import SERVICES

Fault = Callable[[World, random.Random], Awaitable[None]]
SERVERS = ("nats", "mongod")
POISON = (b"not json", b"{}", b"\xff\xfe\x00", b'{"season": 1}')
POISONED = ("registration.entry.accepted.v1", "registration.unit.recorded.v1", "judging.award.granted.v1")
POISONOUS = "Laurel-Test-Poison"
COPIED = 200


def kill_service(name: str) -> Fault:
    async def fault(world: World, _: random.Random) -> None:
        world.signal(name, signal.SIGKILL)

    return fault


def kill_server(name: str) -> Fault:
    async def fault(world: World, chance: random.Random) -> None:
        await asyncio.to_thread(world.servers[name].kill)
        await asyncio.sleep(chance.uniform(0.1, 1.5))
        await world.restart(name)

    return fault


def pause(name: str) -> Fault:
    async def fault(world: World, chance: random.Random) -> None:
        world.signal(name, signal.SIGSTOP)
        await asyncio.sleep(chance.uniform(0.5, 4))
        world.signal(name, signal.SIGCONT)

    return fault


def partition(service: str, server: str, *, silent: bool) -> Fault:
    async def fault(world: World, chance: random.Random) -> None:
        link = world.links[service, server]
        if silent:
            link.silence()
        else:
            await link.cut()
        await asyncio.sleep(chance.uniform(0.5, 5))
        link.heal()

    return fault


def fill_disk(server: str) -> Fault:
    async def fault(world: World, chance: random.Random) -> None:
        disk = world.disks[server]
        await asyncio.to_thread(disk.fill)
        await asyncio.sleep(chance.uniform(1, 3))
        disk.free()
        # NATS refuses on until it is started anew; mongod has ended by itself if it had to write.
        if server == "nats":
            await asyncio.to_thread(world.servers[server].kill)
        await world.restart(server)

    return fault


async def power_cut(world: World, _: random.Random) -> None:
    """Everything ends at one moment, and starts again from what the disks held then."""
    for name in (*SERVICES, *SERVERS):
        world.signal(name, signal.SIGSTOP)
    for name in SERVERS:
        await asyncio.to_thread(world.disks[name].snapshot)
    for name in (*SERVICES, *SERVERS):
        world.signal(name, signal.SIGKILL)
    for name in SERVERS:
        await asyncio.to_thread(world.servers[name].kill)
        await asyncio.to_thread(world.disks[name].revert)
        await world.restart(name)


async def duplicate(world: World, _: random.Random) -> None:
    """Deliver the last messages of every stream again, as messages of their own."""
    client = await nats.connect(world.nats_url)
    try:
        jetstream = client.jetstream()
        for stream in ("REGISTRATION", "JUDGING", "CERTIFICATES"):
            last = (await jetstream.stream_info(stream)).state.last_seq
            for sequence in range(max(1, last - COPIED), last + 1):
                message = await jetstream.get_msg(stream, sequence)
                headers = {k: v for k, v in (message.headers or {}).items() if not k.startswith("Nats-")}
                if POISONOUS in headers:
                    continue
                headers["Nats-Msg-Id"] = uuid4().hex
                await jetstream.publish(message.subject or "", message.data or b"", headers=headers)
    finally:
        await client.close()


async def poison(world: World, chance: random.Random) -> None:
    """Publish what nobody can read, as somebody with the right to might."""
    client = await nats.connect(world.nats_url)
    try:
        subject, body = chance.choice(POISONED), chance.choice(POISON)
        await client.jetstream().publish(subject, body, headers={POISONOUS: "1"})
        world.letters += sum(
            subject == event.SUBJECT for service in ALL for event in service.topology.consumes.values()
        )
    finally:
        await client.close()


async def delete_consumer(world: World, _: random.Random) -> None:
    client = await nats.connect(world.nats_url)
    try:
        await client.jetstream().delete_consumer("REGISTRATION", "judging-entry-accepted-v1")
    except NATSError:
        pass  # deleted already and not yet made anew
    finally:
        await client.close()


FAULTS: dict[str, Fault] = {
    **{f"kill {name}": kill_service(name) for name in SERVICES},
    **{f"pause {name}": pause(name) for name in (*SERVICES, *SERVERS)},
    **{f"kill {name}": kill_server(name) for name in SERVERS},
    **{
        f"{'silence' if silent else 'cut'} {service}-{server}": partition(service, server, silent=silent)
        for service in SERVICES
        for server in SERVERS
        for silent in (False, True)
    },
    "duplicates": duplicate,
    "poison": poison,
    "delete consumer": delete_consumer,
}
DISK_FAULTS: dict[str, Fault] = {
    **{f"full disk {name}": fill_disk(name) for name in SERVERS},
    "power cut": power_cut,
}


def schedule(seed: int, count: int, *, disks: bool) -> list[str]:
    """Which faults happen, in which order: every kind before any comes a second time."""
    chance, names = random.Random(seed), [*FAULTS, *(DISK_FAULTS if disks else ())]
    order: list[str] = []
    while len(order) < count:
        order += chance.sample(names, len(names))
    return order[:count]
