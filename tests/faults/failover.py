"""`python -m tests.faults.failover`: the leader is cut from its peers, again and again, while commands come in.

Two processes of each service, three members of MongoDB and three of NATS. People send each command under one
Idempotency-Key until they are told, now to the one process, now to the other, and many of them once more afterwards.
Then everything is counted in the database itself.
"""

import argparse
import asyncio
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

from deploy.cluster.servers import Brokers, ReplicaSet, nats_cluster, replica_set
from laurel.client import Client
from laurel.reconcile import compare, nothing_on_the_way
from tests.faults.account import account
from tests.faults.cluster_kinds import FAULTS, cuts
from tests.faults.season import JUDGES, Cast, Planned, open_cast, plan
from tests.support.installation import SECRET, SERVICES, Servers, ThreeProcesses
from tests.support.network import Network
from tests.support.raw_http import RawClient

SENDERS = 48
AGAIN_SECONDS = 0.2
SENT_TWICE = 4
"""One command in so many is sent once more after its answer."""
CONTENDERS = 2
READERS, READ_SECONDS = 2, 0.1
QUIET_SECONDS = 600.0
"""So long nothing may be acknowledged before a run counts as stuck."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that somebody wants done, once."""

    kind: str
    key: str
    service: str
    method: str
    path: str
    body: bytes
    token: str
    answers: frozenset[int]
    """With any of which it is settled."""
    media_type: str = "application/json"
    same_words: bool = True
    """Whether sending it again is answered with the same words, not with what has changed since."""


@dataclass
class Told:
    """What people were told."""

    answers: dict[str, dict[str, tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(dict))
    """The settling answer by kind and key."""
    meanwhile: Counter[str] = field(default_factory=Counter)
    """What came before it."""
    otherwise: list[str] = field(default_factory=list)
    """Keys that were told two things."""
    reads: int = 0
    """How often something acknowledged was looked at."""
    slowest: float = 0.0

    @property
    def count(self) -> int:
        return sum(len(answers) for answers in self.answers.values())

    def made(self, kind: str) -> dict[str, bytes]:
        """What was acknowledged, by key."""
        return {key: body for key, (status, body) in self.answers[kind].items() if status < 300}


class Stuck(Exception):
    """Nothing was acknowledged for a long time."""


class Crowd:
    """People who send commands until they are settled; what an answer makes possible follows."""

    def __init__(
        self,
        upstream: Mapping[str, Sequence[str]],
        follow: Callable[[Command, bytes], Iterable[Command]],
        quiet: float = QUIET_SECONDS,
    ) -> None:
        self._upstream, self._follow, self._quiet = upstream, follow, quiet
        self._todo: asyncio.Queue[Command] = asyncio.Queue()
        self.told = Told()
        self._tasks: list[asyncio.Task[None]] = []
        self._wanted = 0

    def start(self, reads: Callable[[Told, random.Random], Command | None]) -> None:
        self._tasks = [
            *(asyncio.create_task(self._send(number)) for number in range(SENDERS)),
            *(asyncio.create_task(self._read(number, reads)) for number in range(READERS)),
        ]

    def release(self, commands: Iterable[Command]) -> None:
        for command in commands:
            self._wanted += 1
            self._todo.put_nowait(command)

    async def finish(self, *, but: int = 0) -> None:
        """Wait until everything is settled, or all but so many, as long as there is progress."""
        while self.told.count < self._wanted - but:
            await self.progress(self.told.count + 1)

    async def progress(self, count: int) -> None:
        """Wait until so many are settled, or all."""
        last, since = self.told.count, time.monotonic()
        while self.told.count < min(count, self._wanted):
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)
            if self.told.count > last:
                last, since = self.told.count, time.monotonic()
            if time.monotonic() - since > self._quiet:
                raise Stuck(f"stuck at {last} of {self._wanted}")

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _send(self, number: int) -> None:
        chance = random.Random(number)
        clients = {
            name: [RawClient(url, {"Accept": "application/json"}, timeout=40) for url in urls]
            for name, urls in self._upstream.items()
        }
        try:
            while True:
                await self._settle(await self._todo.get(), clients, chance)
        finally:
            for client in (client for several in clients.values() for client in several):
                client.close()

    async def _read(self, number: int, reads: Callable[[Told, random.Random], Command | None]) -> None:
        """Look at what was acknowledged, now at the one process, now at the other: it never goes back."""
        chance = random.Random(-1 - number)
        clients = {name: [RawClient(url, {}, timeout=40) for url in urls] for name, urls in self._upstream.items()}
        try:
            while True:
                await asyncio.sleep(READ_SECONDS)
                if command := reads(self.told, chance):
                    with suppress(OSError):
                        await self._look(command, chance.choice(clients[command.service]))
        finally:
            for client in (client for several in clients.values() for client in several):
                client.close()

    async def _look(self, command: Command, client: RawClient) -> None:
        headers = f"Authorization: Bearer {command.token}\r\n"
        status, body = await client.send(command.method, command.path, b"", headers)
        self.told.reads += status < 500
        if status < 500 and (status != 200 or command.body not in body):
            self.told.otherwise.append(f"{command.path} after its answer: {status} {body[:200]!r}")

    async def _settle(
        self, command: Command, clients: Mapping[str, Sequence[RawClient]], chance: random.Random
    ) -> None:
        status, body = await self._until_settled(clients[command.service], command, chance)
        before = self.told.answers[command.kind].setdefault(command.key, (status, body))
        if chance.randrange(SENT_TWICE) == 0:
            again = await self._until_settled(clients[command.service], command, chance)
            alike = again[0] == before[0] and (again[1] == before[1] or not command.same_words or again[0] >= 300)
            if not alike:
                self.told.otherwise.append(f"{command.kind} {command.key}: {before}, then {again}")
        self.release(self._follow(command, body) if status < 300 else ())

    async def _until_settled(
        self, clients: Sequence[RawClient], command: Command, chance: random.Random
    ) -> tuple[int, bytes]:
        headers = (
            f"Authorization: Bearer {command.token}\r\nContent-Type: {command.media_type}\r\n"
            f"Idempotency-Key: {command.key}\r\n"
        )
        while True:
            began = time.monotonic()
            try:
                status, body = await chance.choice(clients).send(command.method, command.path, command.body, headers)
            except OSError as error:
                self.told.meanwhile[f"none ({error})"] += 1
            else:
                if status in command.answers:
                    return status, body
                self.told.meanwhile[str(status)] += 1
                if status not in (404, 503):  # 404: judging has not heard of the entry yet
                    raise AssertionError(f"{command}: {status} {body!r}")
            self.told.slowest = max(self.told.slowest, time.monotonic() - began)
            await asyncio.sleep(AGAIN_SECONDS)


@dataclass
class Cluster:
    """Two processes of each service over three members of each server, in a network that can be cut."""

    folder: Path
    network: Network
    stores: ReplicaSet
    services: ThreeProcesses
    brokers: Brokers

    @classmethod
    def start(cls, folder: Path, environment: Mapping[str, str] | None = None) -> "Cluster":
        folder.mkdir(parents=True, exist_ok=True)
        network = Network()
        hosts = [network.add() for _ in range(3)]
        brokers = nats_cluster(folder, hosts)
        brokers.start()
        stores = replica_set(folder, hosts)
        services = ThreeProcesses(folder, Servers(stores.url, brokers.url))
        services.environment = {
            "LAUREL_NATS_MONITORING": brokers.monitoring,
            "LAUREL_LOG_LEVEL": "WARNING",
            **(environment or {}),
        }
        cluster = cls(folder, network, stores, services, brokers)
        try:
            services.start()
            services.start_replicas()
        except BaseException:
            cluster.stop()
            raise
        return cluster

    def upstream(self) -> dict[str, list[str]]:
        return {name: self.services.upstream(name) for name in SERVICES}

    def heal(self) -> None:
        for host in self.network.hosts:
            host.heal()

    def mend(self) -> None:
        """Undo whatever was done to the network, and start anew what has ended."""
        self.heal()
        for member in self.stores.members:
            member.signal(signal.SIGCONT)
        for server in (*self.brokers.servers, *(member.server for member in self.stores.members)):
            if server.process is None or server.process.poll() is not None:
                server.start()
        for name, process in self.services.processes.items():
            if process.poll() is not None:
                self.services.start_service(name)
        for name, process in self.services.replicas.items():
            if process.poll() is not None:
                self.services.start_replica(name)

    def stop(self) -> None:
        self.services.stop()
        self.stores.stop()
        self.brokers.stop()
        self.network.remove()


def commands(cast: Cast, planned: Sequence[Planned]) -> list[Command]:
    """Entries; with one of four a role for somebody, a judge's seat that two accounts want, a judge and a certificate."""
    result = []
    for number, each_planned in enumerate(planned):
        path = f"/registration/v1/seasons/{cast.season}/entries"
        result.append(_post("entries", each_planned.title, path, each_planned.body, cast.operator, 201))
        if number % 4 == 0:
            login = f"grant{each_planned.title}"
            grant = {"role": "city-organizer", "season": cast.season}
            result.append(_link(cast, "grants", f"grant {each_planned.title}", login, grant, 201))
            for contender in range(CONTENDERS):
                seat = {"role": "judge", "season": cast.season, "ref": f"S{number}"}
                key = f"seat {each_planned.title} {contender}"
                result.append(_link(cast, "seats", key, f"seat{each_planned.title}x{contender}", seat, 201, 409))
            result += [_judge(cast, each_planned.title), _certificate(cast, each_planned.title)]
    return result


def _link(cast: Cast, kind: str, key: str, login: str, grant: Mapping[str, str], *answers: int) -> Command:
    body = json.dumps({"login": login, "grants": [grant]}).encode()
    return _post(kind, key, "/registration/v1/sign-in-links", body, cast.operator, *answers)


def _judge(cast: Cast, title: str) -> Command:
    """A judge of the organizer's list."""
    path = f"/judging/v1/seasons/{cast.season}/judges/R{title}"
    body = json.dumps({"tracks": ["A"]}).encode()
    return Command("judges", title, "judging", "PUT", path, body, cast.operator, frozenset({200}), same_words=False)


def _certificate(cast: Cast, title: str) -> Command:
    """A certificate by a list of one row."""
    path = f"/certificates/v1/seasons/{cast.season}/grants?dry_run=false"
    row = f"judge,{recipient(title)},,,优秀评委,,,"
    body = f"kind,name_zh,name_en,unit,title_zh,title_en,body_zh,body_en\n{row}\n".encode()
    answers = frozenset({200})
    return Command(
        "certificates", title, "certificates", "POST", path, body, cast.operator, answers, "text/csv", same_words=False
    )


def recipient(title: str) -> str:
    """Whose certificate it is."""
    return f"测试{title}"


def _post(kind: str, key: str, path: str, body: bytes, token: str, *answers: int) -> Command:
    return Command(kind, key, "registration", "POST", path, body, token, frozenset(answers))


def ballots_after(cast: Cast, planned: Mapping[str, Planned]) -> Callable[[Command, bytes], list[Command]]:
    """What follows an entry: a ballot of each judge."""

    def follow(command: Command, body: bytes) -> list[Command]:
        if command.kind != "entries":
            return []
        number = json.loads(body)["entry"]
        path = f"/judging/v1/seasons/{cast.season}/tasks/{number}/work/ballot"
        content = planned[command.key].ballots
        return [
            Command(
                "ballots",
                f"{number} {judge}",
                "judging",
                "PUT",
                path,
                content[judge],
                token,
                frozenset({200}),
                same_words=False,
            )
            for judge, token in enumerate(cast.judges)
        ]

    return follow


def reads_of(cast: Cast) -> Callable[[Told, random.Random], Command | None]:
    """What may be looked at: any entry that was acknowledged; `body` is what must stand in the answer."""

    def read(told: Told, chance: random.Random) -> Command | None:
        made = told.answers["entries"]
        if not made:
            return None
        # Mostly the newest: what was acknowledged a moment ago is what may be missing elsewhere.
        title = next(islice(reversed(made), chance.choice((0, 0, chance.randrange(len(made)))), None))
        number = json.loads(made[title][1])["entry"]
        path = f"/registration/v1/seasons/{cast.season}/entries/{number}"
        return Command("reads", title, "registration", "GET", path, title.encode(), cast.operator, frozenset((200,)))

    return read


@dataclass
class Count:
    """What a run came to."""

    faults: Counter[str] = field(default_factory=Counter)
    away: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds from the beginning of each until a command was settled after its end, by kind."""
    recovered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds from its end until then."""
    keys: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    meanwhile: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0
    reads: int = 0

    @property
    def whole(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)

    @property
    def _leader_cuts(self) -> int:
        return sum(times for name, times in self.faults.items() if name.startswith("cut leader"))

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"{'fault':<40}{'times':>6}{'with it s':>11}{'after it s':>12}{'longest s':>11}",
            *(
                f"{name:<40}{times:>6}{statistics.median(self.away[name]):>11.1f}"
                f"{statistics.median(self.recovered[name]):>12.1f}{max(self.recovered[name]):>11.1f}"
                for name, times in sorted(self.faults.items())
            ),
            f"faults: {self.faults.total()}, among them cuts of the leader: {self._leader_cuts}",
            *(f"{kind}: {count} keys" for kind, count in sorted(self.keys.items())),
            f"looked at what was acknowledged {self.reads} times",
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, otherwise wrong {len(self.wrong)}",
            f"answers before the settling one: {dict(sorted(self.meanwhile.items()))}; slowest {self.slowest:.1f} s",
            f"{sum(self.keys.values())} commands in {self.seconds:.0f} s",
            *(f"  {line}" for line in (*self.lost[:10], *self.doubled[:10], *self.wrong[:10])),
        ]


async def run(
    cluster: Cluster,
    *,
    seed: int,
    entries: int,
    faults: Sequence[str],
    say: Say = click.echo,
    quiet: float = QUIET_SECONDS,
) -> Count:
    """Send everything that follows from so many entries; meanwhile these faults happen, one after the other.

    It goes on as long as something is acknowledged within `quiet` seconds.
    """
    with closing(Client(cluster.services.url, "en", patience=300)) as operator:
        await asyncio.to_thread(operator.sign_in_as_operator, SECRET)
        cast = await asyncio.to_thread(open_cast, cluster.services, operator)
        planned = plan(seed, entries)
        crowd = Crowd(cluster.upstream(), ballots_after(cast, {item.title: item for item in planned}), quiet)
        count, began = Count(), time.monotonic()
        todo = commands(cast, planned)
        crowd.start(reads_of(cast))
        try:
            for number, name in enumerate(faults):
                crowd.release(todo[len(todo) * number // len(faults) : len(todo) * (number + 1) // len(faults)])
                await _disturb(cluster, crowd, count, name, random.Random(f"{seed} {number}"))
                said = f"{crowd.told.count} settled, {count.away[name][-1]:.1f} s until the next"
                say(f"{number + 1:>4} of {len(faults)}, {name}: {said}")
                await crowd.finish(but=SENDERS)
            await crowd.finish()
        except Stuck as stuck:
            count.wrong.append(str(stuck))
        finally:
            await asyncio.to_thread(cluster.mend)
            await crowd.stop()
        count.seconds, count.slowest = time.monotonic() - began, crowd.told.slowest
        count.meanwhile, count.reads = crowd.told.meanwhile, crowd.told.reads
        if not count.wrong:
            await asyncio.to_thread(operator.wait_for, "quiet", lambda: nothing_on_the_way(operator))
        await asyncio.to_thread(check, cluster.stores.url, cast, planned, crowd.told, count)
        for comparison in await asyncio.to_thread(lambda: list(compare(operator, cast.season))):
            if not comparison.agreed:
                count.wrong.append(
                    f"{comparison.ledger}: {comparison.pair.owner} and {comparison.pair.holder} disagree"
                )
    return count


async def _disturb(cluster: Cluster, crowd: Crowd, count: Count, name: str, chance: random.Random) -> None:
    """Break something in the middle of the work; what broke is mended before anything else breaks."""
    await crowd.progress(crowd.told.count + chance.randint(5, 60))
    began = time.monotonic()
    await FAULTS[name](cluster, crowd, chance)
    mended = time.monotonic()
    await asyncio.to_thread(cluster.mend)
    await crowd.progress(crowd.told.count + 1)
    count.faults[name] += 1
    count.away[name].append(time.monotonic() - began)
    count.recovered[name].append(time.monotonic() - mended)
    await asyncio.to_thread(cluster.stores.leader)


def check(url: str, cast: Cast, planned: Sequence[Planned], told: Told, count: Count) -> None:
    """Count in the database what there is of every key."""
    count.keys = {kind: len(answers) for kind, answers in told.answers.items()}
    count.wrong += told.otherwise
    with MongoClient[dict[str, Any]](url) as client:

        def every(service: str, collection: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
            return list(client[service].get_collection(collection, read_concern=ReadConcern("majority")).find(wanted))

        _entries(every("registration", "entries", {"season": cast.season}), told, count)
        _ballots(every("judging", "ballots", {"season": cast.season}), planned, told, count)
        _roles(every("registration", "accounts", {}), told, count)
        recorded = (d["_id"].partition("/R")[2] for d in every("judging", "judges", {"_id": {"$regex": "/R"}}))
        judges = account(told.made("judges"), recorded)
        count.lost += [f"judge {title}" for title in judges.lost]
        count.doubled += [f"judge {title}" for title in judges.doubled]
        _certificates(every("certificates", "certificates", {"season": cast.season}), told, count)


def _entries(documents: Collection[dict[str, Any]], told: Told, count: Count) -> None:
    titles = account(told.made("entries"), (document["content"]["title"] for document in documents))
    keys = account((), (document["command"]["id"] for document in documents))
    count.lost += [f"entry {title}" for title in titles.lost]
    count.doubled += [f"entry {title}" for title in (*titles.doubled, *keys.doubled)]
    numbers = {document["content"]["title"]: document["entry"] for document in documents}
    for title, body in told.made("entries").items():
        if numbers.get(title, "") not in ("", json.loads(body)["entry"]):
            count.wrong.append(f"entry {title} has the number {numbers[title]}, told was {body!r}")


def _ballots(documents: Collection[dict[str, Any]], planned: Sequence[Planned], told: Told, count: Count) -> None:
    by_judge = {f"{document['entry']} {JUDGES.index(document['judge'])}": document for document in documents}
    titles = {json.loads(body)["entry"]: title for title, body in told.made("entries").items()}
    scores = {item.title: item.scores for item in planned}
    ballots = account(told.made("ballots"), (f"{d['entry']} {JUDGES.index(d['judge'])}" for d in documents))
    count.lost += [f"ballot {key}" for key in ballots.lost]
    count.doubled += [f"ballot {key}" for key in ballots.doubled]
    for key in told.made("ballots"):
        document = by_judge.get(key, {})
        entry, _, judge = key.partition(" ")
        wanted = sorted(round(float(score) * 100) for score in scores[titles[entry]][int(judge)].values())
        versions = [item["version"] for item in document.get("versions", ())]
        if sorted(document.get("hundredths", ())) != wanted or versions != list(range(1, len(versions) + 1)):
            count.wrong.append(f"ballot {key}: {document.get('hundredths')}, versions {versions}")


def _certificates(documents: Collection[dict[str, Any]], told: Told, count: Count) -> None:
    names = account((recipient(title) for title in told.made("certificates")), map(name_on, documents))
    serials = account((), (document["serial"] for document in documents))
    count.lost += [f"certificate of {name}" for name in names.lost]
    count.doubled += [f"certificate of {name}" for name in names.doubled]
    count.doubled += [f"number {serial}" for serial in serials.doubled]


def name_on(document: Mapping[str, Any]) -> str:
    """The Chinese name on a stored certificate."""
    return str(document["versions"][-1]["name"]["zh"])


def _roles(documents: Collection[dict[str, Any]], told: Told, count: Count) -> None:
    logins = account((), (document["login"] for document in documents))
    count.doubled += [f"account {login}" for login in logins.doubled]
    held = {document["login"]: [(g["r"], g["f"]) for g in document["grants"]] for document in documents}
    for key in told.made("grants"):
        grants = held.get(f"grant{key.removeprefix('grant ')}", [])
        if len(grants) != 1:
            (count.doubled if grants else count.lost).append(f"{key}: {grants}")
    seats: dict[str, list[str]] = defaultdict(list)
    for login, grants in held.items():
        if login.startswith("seat"):
            seats[login.removeprefix("seat").partition("x")[0]] += [f"{login} {ref}" for _, ref in grants]
    for key, (status, _) in told.answers["seats"].items():
        title, contender = key.removeprefix("seat ").rsplit(" ", 1)
        sitting = seats.get(title, [])
        if len(sitting) != 1:
            (count.doubled if sitting else count.lost).append(f"{key}: {sitting}")
        elif sitting[0].startswith(f"seat{title}x{contender} ") != (status == 201):
            count.wrong.append(f"{key}: told {status}, but there sits {sitting[0]}")


def main() -> int:
    """Zero when nothing was lost, doubled or otherwise wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--entries", type=int, default=12_000)
    parser.add_argument("--cuts", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="a folder for logs and data, which stays")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="laurel-failover-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {options.seed}")
        cluster = Cluster.start(folder)
        try:
            count = asyncio.run(run(cluster, seed=options.seed, entries=options.entries, faults=cuts(options.cuts)))
        finally:
            cluster.stop()
    for line in count.lines():
        click.echo(line)
    return 0 if count.whole else 1


if __name__ == "__main__":
    sys.exit(main())
