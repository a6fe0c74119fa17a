"""What a season of a given size asks of the machines, from measured costs: the tables of docs/capacity.md.

`python -m tests.support.capacity` prints them.
"""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

MIB, GIB, TIB = 2**20, 2**30, 2**40
SIZES = (120_000, 1_000_000, 3_000_000)
"""A city's season, a large province's, a nation's."""


@dataclass(frozen=True)
class Costs:
    """Measured (docs/measurements.md) on processors of a small shared machine, a second and a processor."""

    registration_us: float = 640
    judging_us: float = 255
    mongod_us: float = 265
    nats_us: float = 85
    accepted_a_second: float = 1_060.7
    page_us: float = 2e6 / 433.4
    """Two processors answered 433.4 pages a second, database and all."""
    results_seconds: float = 73.4e-6
    results_bytes: float = 4_445 * MIB / 1e6
    awarded_share: float = 0.6
    issued_a_second: float = 919.8
    drawn_a_second: float = 195.2
    zip_bytes: float = 6_814.4 * MIB / 1e5


@dataclass(frozen=True)
class Habits:
    """Assumed, for nobody has measured a nation yet."""

    last_hour_share: float = 0.1
    pages_an_entry: float = 15
    stored_bytes: float = 12_000
    """An entry in all three databases with three ballots, its events and its indexes, without files."""
    work_bytes: float = 2.5 * MIB
    """Files of an entry; half of all have some."""
    stream_bytes: float = 9_000
    """Six events of an entry's life."""
    busy: float = 0.6
    """How far a processor is loaded before a pod is added."""


@dataclass(frozen=True)
class Bounds:
    """What the overlay `nation` gives."""

    pods: int = 16
    volume_bytes: float = 2 * TIB
    judging_bytes: float = 20 * GIB
    stream_bytes: float = 40e9


def peak(entries: int, habits: Habits) -> float:
    """Entries a second just before the deadline, where a surge of one hour's scale is steepest (tests/benchmarks/surge.py)."""
    return entries * habits.last_hour_share / 3600 / math.log(2)


def needs(entries: int, costs: Costs, habits: Habits) -> Mapping[str, str]:
    """What a season of this many entries asks for, as people read it."""
    rate = peak(entries, habits)
    pages = rate * habits.pages_an_entry
    registration = (rate * costs.registration_us + pages * costs.page_us) / 1e6
    certificates = entries * costs.awarded_share
    return {
        "entries in the last hour": f"{entries * habits.last_hour_share:,.0f}",
        "entries a second just before the deadline": f"{rate:,.1f}",
        "pages a second then": f"{pages:,.0f}",
        "processors: registration, with the pages": f"{registration:,.2f}",
        "processors: judging, taking in": f"{rate * costs.judging_us / 1e6:,.2f}",
        "processors: MongoDB, for entries": f"{rate * costs.mongod_us / 1e6:,.2f}",
        "processors: NATS": f"{rate * costs.nats_us / 1e6:,.2f}",
        "pods of registration": f"{max(2, math.ceil(registration / habits.busy))}",
        "database without files, GiB": f"{entries * habits.stored_bytes / GIB:,.0f}",
        "files of works, GiB": f"{entries * habits.work_bytes / GIB:,.0f}",
        "streams on each node of NATS, GiB": f"{entries * habits.stream_bytes / GIB:,.1f}",
        "results: minutes": f"{entries * costs.results_seconds / 60:,.1f}",
        "results: memory, GiB": f"{entries * costs.results_bytes / GIB:,.1f}",
        "certificates": f"{certificates:,.0f}",
        "issued, minutes of one process": f"{certificates / costs.issued_a_second / 60:,.0f}",
        "all drawn once, hours of one processor": f"{certificates / costs.drawn_a_second / 3600:,.1f}",
        "all in one ZIP, GiB": f"{certificates * costs.zip_bytes / GIB:,.0f}",
    }


def ends(costs: Costs, habits: Habits, bounds: Bounds) -> Mapping[str, float]:
    """At how many entries each bound is reached, the first one first."""
    one_a_second = 1 / peak(1, habits)  # entries of a season whose peak is one a second
    a_request = (costs.registration_us + habits.pages_an_entry * costs.page_us) / 1e6
    stored = habits.stored_bytes + habits.work_bytes
    reached = {
        "the volume of MongoDB, works in the database": bounds.volume_bytes / stored,
        "the pods of registration in the last minute": one_a_second * bounds.pods * habits.busy / a_request,
        "the memory of the process that computes results": bounds.judging_bytes / costs.results_bytes,
        "the streams": bounds.stream_bytes / habits.stream_bytes,
        "entries a second, as measured with one MongoDB on two processors": one_a_second * costs.accepted_a_second,
        "the volume of MongoDB, works elsewhere": bounds.volume_bytes / habits.stored_bytes,
    }
    return dict(sorted(reached.items(), key=lambda item: item[1]))


def tables() -> str:
    """Both tables in Markdown."""
    costs, habits = Costs(), Habits()
    columns = [needs(entries, costs, habits) for entries in SIZES]
    lines = [
        "| a season of | " + " | ".join(f"{entries:,}" for entries in SIZES) + " |",
        "|---|" + "---:|" * len(SIZES),
    ]
    lines += [f"| {name} | " + " | ".join(column[name] for column in columns) + " |" for name in columns[0]]
    lines += ["", "| what ends, with the overlay `nation` | at entries |", "|---|---:|"]
    lines += [f"| {name} | {float(f'{entries:.2g}'):,.0f} |" for name, entries in ends(costs, habits, Bounds()).items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(tables() + "\n")
