"""Everything that results are computed from, as it is now; and the computation, quick for a million entries."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.facts import Season
from services.judging.domain.results import Results, compute
from shared.states import ResultStage


@contextmanager
def without_collector() -> Iterator[None]:
    """Without the cyclic collector: it walks millions of objects that hold no cycles, a third of the time at this size."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


async def load_facts(season: JudgedSeason, store: Store) -> Season:
    """Ballots that came after a round was closed do not count.

    Raises:
        Unavailable: the database changed its leader meanwhile, so that something may be missing.
    """
    async with store.facts.steady():
        return await _load(season, store)


async def _load(season: JudgedSeason, store: Store) -> Season:
    with without_collector():
        entries = await store.facts.entries(season.id)
        until = season.closings if season.mode == "live" else {}
        tracks = {name: entry.track for name, entry in entries.items()}
        return Season(
            rules=season.rules,
            units=await store.facts.units(season.id),
            entries=entries,
            ballots=await store.scores.columns(season.id, tracks, until),
            runs=tuple(await store.scores.runs(season.id)),
            tests=tuple(await store.scores.tests(season.id)),
            summaries=await store.facts.summaries(season.id),
            decisions=await store.facts.decisions(season.id),
        )


def compute_results(facts: Season, stage: ResultStage) -> Results:
    """The results of a stage."""
    with without_collector():
        return compute(facts, stage)
