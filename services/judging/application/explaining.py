"""How a score came about, for whoever it is about: computed from what the stated results were computed from."""

import asyncio
from dataclasses import replace

from cachetools import LRUCache

from services.judging.application.finalizing import known_at
from services.judging.application.gathering import compute_results, load_facts
from services.judging.application.ports import JudgedSeason, ResultSet, Store
from services.judging.domain.arithmetic import RoundArithmetic, arithmetic
from services.judging.domain.facts import Entry, Season
from services.judging.domain.results import Results
from services.judging.domain.rounding import format_kept

KEPT = 2
"""Result sets whose facts are kept, for all who ask during a notice."""


class Explanations:
    """The arithmetic behind stated results; the facts of a result set are computed once for everybody."""

    def __init__(self) -> None:
        self._known = LRUCache[tuple[str, int, str], tuple[Season, Results]](KEPT)
        self._one_at_a_time = asyncio.Lock()

    async def of(self, season: JudgedSeason, entry: Entry, store: Store) -> list[RoundArithmetic]:
        """Each round of the entry in which what is computed is what was stated; none before results are stated.

        A round whose facts changed since in a way that moves the entry is left out: nothing is shown that does not sum
        to what is stated.
        """
        result = await store.results.find(season.id, season.newest)
        if result is None:
            return []
        rows = await store.results.rows_of(season.id, result, "advancement", entry.entry)
        stated = {row[0]: (row[4], row[5]) for row in rows}
        facts, results = await self._facts(season, result, store)
        rounds = await asyncio.to_thread(arithmetic, facts, results, entry)
        return [part for part in rounds if stated.get(part.round) == _as_stated(part)]

    async def _facts(self, season: JudgedSeason, result: ResultSet, store: Store) -> tuple[Season, Results]:
        key = (season.id, result.revision, result.inputs_hash)
        async with self._one_at_a_time:
            if key not in self._known:
                loaded = known_at(season.newest, await load_facts(season, store))
                facts = replace(loaded, decisions=loaded.decisions.until(result.at))
                self._known[key] = facts, await asyncio.to_thread(compute_results, facts, season.newest)
            return self._known[key]


def _as_stated(part: RoundArithmetic) -> tuple[str, str]:
    return format_kept(part.score), str(part.rank or "")
