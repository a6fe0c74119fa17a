"""`python -m tests.benchmarks.results`: a million entries with three ballots each, from stored ballots to awards.

Beside the raw read of the same ballots and a plain numpy computation of the same panels and ranks. Time and memory of
each are those of a process of its own.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from bson import decode_all
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient

from services.judging.adapters.scores import MongoScores
from services.judging.adapters.store import MongoFacts, MongoSeasons
from services.judging.application.award_events import Ordinals, awards_of
from services.judging.application.gathering import compute_results, load_facts, without_collector
from services.judging.domain.facts import Season
from services.judging.domain.tables import tables
from shared.mongo import Mongo
from shared.season.reading import parse_season
from shared.states import ResultStage
from tests.support.installation import start_servers

SCHOOLS, JUDGES, CRITERIA, BATCH = 500, 2_000, 5, 20_000
DATABASE, SEASON = "judging", "scale-1"


def rules() -> dict[str, Any]:
    """One round, one track, split panels: judges are compared by their own scales."""
    window = {"opens": "2025-04-01T00:00:00", "closes": "2025-04-30T00:00:00"}
    tiers = [{"id": t, "title": {"zh": t}, "cumulative": c} for t, c in (("first", 10), ("second", 30), ("third", 60))]
    return {
        "format": "season/1",
        "series": {"id": "scale", "title": {"zh": "规模"}},
        "season": {"id": "1", "title": {"zh": "规模"}},
        "sponsors": [{"zh": "测试"}],
        "approval": {"number": "1", "statement": {"zh": "不作为依据"}},
        "time_zone": "Asia/Shanghai",
        "timeline": {
            "registration": {"opens": "2025-03-01T00:00:00", "closes": "2025-03-30T00:00:00"},
            "results_notice": {"opens": "2025-06-01T00:00:00", "closes": "2025-06-06T00:00:00"},
        },
        "unit_levels": ["city", "school"],
        "divisions": [
            {"id": d, "title": {"zh": d}, "grades": g} for d, g in (("P", [1, 6]), ("J", [7, 9]), ("S", [10, 12]))
        ],
        "rubrics": {"r": [{"id": f"c{n}", "title": {"zh": "项"}, "weight": 20} for n in range(CRITERIA)]},
        "tracks": [{"id": "T", "title": {"zh": "赛道"}, "divisions": ["P", "J", "S"]}],
        "panels": {"split": {"ballots": 3, "method": "z-score", "center": 75, "scale": 10, "min_ballots": 5}},
        "rounds": [
            {
                "id": "final",
                "title": {"zh": "评审"},
                "judging": window,
                "scoring": {
                    "T": {
                        "components": [{"id": "work", "panel": "split", "rubric": "r", "weight": 1}],
                        "ties": ["criteria:work"],
                    }
                },
                "awards": {"tiers": tiers, "base": "scored"},
            }
        ],
        "instructor_award": {
            "round": "final",
            "points": {"first": 5, "second": 3, "third": 1},
            "share": [1],
            "places": 9,
        },
        "unit_award": {
            "round": "final",
            "level": "school",
            "points": {"first": 5, "second": 3, "third": 1},
            "value": [{"of": "points", "weight": 100, "full_at": 9999}],
            "places": 12,
        },
    }


def fill(url: str, entries: int) -> None:
    """Documents as the services store them."""
    draw = np.random.default_rng(1)
    written = parse_season(rules()).model_dump_json(by_alias=True)
    with MongoClient[dict[str, Any]](url) as client:
        base = client[DATABASE]
        base["seasons"].insert_one(
            {
                "_id": SEASON,
                "version": 1,
                "mode": "records",
                "stage": "closed",
                "closings": {"final": 1},
                "announced_at": None,
                "finalized_at": None,
                "revised_at": None,
                "revision": 0,
                "reasons": {},
                "signature": {},
                "rules": written,
            }
        )
        units = [{"unit": "C", "parent": "", "level": "city", "ordinal": 0}]
        units += [{"unit": f"S{n}", "parent": "C", "level": "school", "ordinal": n + 1} for n in range(SCHOOLS)]
        base["units"].insert_many([{"_id": f"{SEASON}/{unit['unit']}", "season": SEASON, **unit} for unit in units])
        for start in range(0, entries, BATCH):
            count = min(BATCH, entries - start)
            judges = draw.integers(0, JUDGES // 3, count)
            scores = draw.integers(10, 41, (count, 3, CRITERIA)) * 50
            made, ballots = [], []
            for n in range(count):
                name = f"E{start + n:07d}"
                made.append(
                    {
                        "_id": f"{SEASON}/{name}",
                        "season": SEASON,
                        "entry": name,
                        "standing": "valid",
                        "track": "T",
                        "division": "PJS"[n % 3],
                        "unit": f"S{n % SCHOOLS}",
                        "title": "作品",
                        "submitted_at": start + n,
                        "members": [{"person": f"p{start + n}", "grade": 5}],
                        "instructors": [{"instructor": f"i{n % 5000}", "person": f"i{n % 5000}"}],
                        "language": "",
                    }
                )
                for k in range(3):
                    judge = f"J{judges[n] + k * (JUDGES // 3):04d}"
                    ballots.append(
                        {
                            "_id": f"{SEASON}/final/work/{name}/{judge}",
                            "season": SEASON,
                            "round": "final",
                            "component": "work",
                            "entry": name,
                            "judge": judge,
                            "status": "submitted",
                            "submitted_at": 0,
                            "hundredths": scores[n, k].tolist(),
                        }
                    )
            base["entries"].insert_many(made, ordered=False)
            base["ballots"].insert_many(ballots, ordered=False)
        base["ballots"].create_index([("season", 1), ("round", 1), ("status", 1)])


def product(url: str) -> dict[str, float]:
    """What judging does: read everything, compute, state tables and awards."""

    async def whole() -> dict[str, float]:
        mongo = Mongo(url, DATABASE)
        season = await MongoSeasons(mongo).find(SEASON)
        assert season

        class Store:
            facts, scores = MongoFacts(mongo), MongoScores(mongo)

        with without_collector():
            began = time.perf_counter()
            facts: Season = await load_facts(season, Store())  # type: ignore[arg-type]
            read = time.perf_counter()
            results = compute_results(facts, ResultStage.FINAL)
            reckoned = time.perf_counter()
            rows = tables(facts, results)
            awards = awards_of(facts, results, Ordinals())
            done = time.perf_counter()
        assert len(rows["advancement"]) == len(facts.entries)
        mongo.close()
        return {
            "read": read - began,
            "computed": reckoned - read,
            "stated": done - reckoned,
            "total": done - began,
            "awards": len(awards.entries),
        }

    return asyncio.run(whole())


def raw_read(url: str) -> dict[str, float]:
    """The same ballots and entries, only read and decoded."""

    async def read() -> dict[str, float]:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(url)
        began, count = time.perf_counter(), 0
        fields = {"_id": 0, "round": 1, "component": 1, "entry": 1, "judge": 1, "hundredths": 1, "submitted_at": 1}
        wanted = {"season": SEASON, "status": "submitted"}
        async for batch in client[DATABASE]["ballots"].find_raw_batches(wanted, fields, batch_size=BATCH):
            count += len(decode_all(batch))
        async for batch in client[DATABASE]["entries"].find_raw_batches({"season": SEASON}, batch_size=BATCH):
            count += len(decode_all(batch))
        client.close()
        return {"total": time.perf_counter() - began, "documents": count}

    return asyncio.run(read())


def plain_numpy(entries: int) -> dict[str, float]:
    """Z-scores, means, ranks and tiers of random columns of this size, nothing else."""
    draw = np.random.default_rng(2)
    entry = np.repeat(np.arange(entries), 3)
    judge = draw.integers(0, JUDGES, entries * 3)
    scores = draw.integers(10, 41, (entries * 3, CRITERIA)) * 50
    division = np.arange(entries) % 3
    began = time.perf_counter()
    value = scores.sum(axis=1) / 100
    count = np.bincount(judge)
    mean = np.bincount(judge, weights=value) / count
    sigma = np.sqrt(np.bincount(judge, weights=(value - mean[judge]) ** 2) / count)
    total = 75 + 10 * np.bincount(entry, weights=(value - mean[judge]) / sigma[judge]) / 3
    kept = np.floor(np.floor(total * 1e10 + 0.5) / 1e6 + 0.5)
    order = np.lexsort((-kept, division))
    rank = np.empty(entries, dtype=np.int64)
    rank[order] = np.arange(entries)
    size = np.bincount(division)
    tier = np.searchsorted([0.1, 0.3, 0.6], (rank % size.max()) / size[division])
    assert tier.size == entries
    return {"total": time.perf_counter() - began}


def _child(work: Callable[..., dict[str, float]], argument: Any, out: Any) -> None:
    result = work(argument)
    out.put({**result, "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


def apart(work: Callable[..., dict[str, float]], argument: Any) -> dict[str, float]:
    """In a process of its own, with its peak memory."""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    process = context.Process(target=_child, args=(work, argument, out))
    process.start()
    result: dict[str, float] = out.get()
    process.join()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        servers = start_servers(Path(folder))
        try:
            fill(servers.mongo_url, asked.entries)
            result: dict[str, list[dict[str, float]]] = {"raw read": [], "product": [], "plain numpy": []}
            for _ in range(asked.rounds):
                result["raw read"].append(apart(raw_read, servers.mongo_url))
                result["product"].append(apart(product, servers.mongo_url))
                result["plain numpy"].append(apart(plain_numpy, asked.entries))
        finally:
            servers.stop()
    medians = {
        name: {key: round(statistics.median(item[key] for item in all_), 1) for key in all_[0]}
        for name, all_ in result.items()
    }
    click.echo(json.dumps(medians, indent=1))
    raw, whole, plain = (medians[name]["total"] for name in ("raw read", "product", "plain numpy"))
    click.echo(f"{'from stored ballots to awards / raw read':<44}{whole / raw:>8.2f}")
    click.echo(f"{'computed / plain numpy':<44}{medians['product']['computed'] / plain:>8.2f}")
    click.echo(f"{'peak memory / raw read':<44}{medians['product']['MiB'] / medians['raw read']['MiB']:>8.2f}")


if __name__ == "__main__":
    main()
