"""`python -m tests.benchmarks.surge`: the last hour before a deadline, compressed: nothing lost, nothing late.

Of T hours of registration with a surge of scale eps, the share that has come before the last x hours is
1 - ln((x + eps) / eps) / ln((T + eps) / eps); with T = 776 h and eps = 1 h the last hour takes 10 % of 120,000 entries.
"""

import asyncio
import json
import math
import random
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import uvloop
from pymongo import MongoClient

from laurel.client import Client
from tests.benchmarks.load import percentile
from tests.benchmarks.stage import STUDENTS, body, students
from tests.support.installation import SECRET, ThreeProcesses, start_servers
from tests.support.raw_http import RawClient
from tests.support.seasons import new_season, open_season

ENTRIES, LATE = 12_500, 200
HOUR_SECONDS = 60.0
"""What the last hour is compressed to."""
EPS = 1.0
CONNECTIONS = 128
LEAD = 45.0
"""Seconds until the compressed hour begins, for tokens to be made."""


def arrivals(count: int) -> list[float]:
    """Hours before the deadline at which entries come in the last hour, latest last."""
    whole = math.log((1 + EPS) / EPS)
    draws = sorted((random.random() for _ in range(count)), reverse=True)
    return [EPS * (math.exp(draw * whole) - 1) for draw in draws]


@dataclass
class Outcome:
    """What was answered, by key."""

    accepted: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    unanswered: int = 0


async def send_all(url: str, path: str, tokens: list[str], deadline: float) -> Outcome:
    """Every entry at its moment, and some just after the deadline."""
    outcome = Outcome()
    moments = [deadline - hours * HOUR_SECONDS for hours in arrivals(ENTRIES)]
    moments += [deadline + 0.005 + 2.0 * random.random() for _ in range(LATE)]
    clients: asyncio.Queue[RawClient] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        clients.put_nowait(RawClient(url, {"Content-Type": "application/json"}, timeout=60))

    async def one(number: int) -> None:
        client, key = await clients.get(), uuid4().hex
        headers = f"Authorization: Bearer {tokens[number % STUDENTS]}\r\nIdempotency-Key: {key}\r\n"
        content = json.loads(body(number))
        content["title"] = key
        sent = time.time()
        try:
            status, answer = await client.send("POST", path, json.dumps(content).encode(), headers)
            if status == 201:
                outcome.accepted[key] = json.loads(answer)["submitted_at"]
                outcome.latencies.append(time.time() - sent)
            else:
                outcome.refused[json.loads(answer)["code"]] = outcome.refused.get(json.loads(answer)["code"], 0) + 1
        except OSError:
            outcome.unanswered += 1
        clients.put_nowait(client)

    tasks = []
    for number, moment in enumerate(sorted(moments)):
        await asyncio.sleep(max(0.0, moment - time.time()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    return outcome


def stored(url: str, season: str) -> dict[str, Any]:
    """Titles of the stored entries and when they were handed in."""
    with MongoClient[dict[str, Any]](url) as client:
        cursor = client["registration"]["entries"].find(
            {"season": season}, {"content.title": 1, "content.submitted_at": 1}
        )
        return {item["content"]["title"]: item["content"]["submitted_at"] for item in cursor}


def main() -> None:
    """Print what happened."""
    with tempfile.TemporaryDirectory(prefix="laurel-bench-") as folder:
        servers = start_servers(Path(folder))
        running = ThreeProcesses(Path(folder), servers)
        try:
            running.start()
            operator = Client(running.url, "en", patience=60)
            operator.sign_in_as_operator(SECRET)
            closes = datetime.now(UTC) + timedelta(seconds=LEAD + HOUR_SECONDS)
            made = new_season(acceptance="submission", limits={}, time_zone="UTC")
            made["timeline"]["registration"]["closes"] = closes.replace(tzinfo=None).isoformat()
            season = open_season(operator, made)
            tokens = students(operator, season, Path(folder) / "identity.pem")
            path = f"/registration/v1/seasons/{season}/entries"
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                outcome = runner.run(send_all(running.service_url("registration"), path, tokens, closes.timestamp()))
            there, last = stored(servers.mongo_url, season), int(closes.timestamp() * 1e6)
            carried = 0
            for _ in range(600):
                carried = operator.get(f"/judging/v1/seasons/{season}")["entries"]
                if carried == len(there):
                    break
                time.sleep(0.1)
        finally:
            running.stop()
            servers.stop()
    click.echo(f"sent {ENTRIES + LATE}, the last hour in {HOUR_SECONDS:.0f} s")
    click.echo(f"accepted {len(outcome.accepted)}, refused {outcome.refused}, unanswered {outcome.unanswered}")
    click.echo(f"accepted but not stored: {len(outcome.accepted.keys() - there.keys())}")
    click.echo(f"stored but not answered: {len(there.keys() - outcome.accepted.keys())}")
    click.echo(f"stored late: {sum(1 for at in there.values() if at > last)}")
    click.echo(f"carried to judging: {carried} of {len(there)}")
    p50, p99, p999 = (percentile(outcome.latencies, share) for share in (0.5, 0.99, 0.999))
    click.echo(f"latency ms: p50 {p50:.1f}, p99 {p99:.1f}, p99.9 {p999:.1f}")
    assert outcome.accepted.keys() <= there.keys()
    assert all(at <= last for at in there.values())


if __name__ == "__main__":
    main()
