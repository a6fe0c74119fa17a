"""Everything that results are computed from, as it is now."""

from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.facts import Season


async def gather(season: JudgedSeason, store: Store) -> Season:
    """Ballots that came after a round was closed do not count."""
    entries = await store.facts.entries(season.id)
    until = season.closings if season.mode == "live" else {}
    return Season(
        rules=season.rules,
        units=await store.facts.units(season.id),
        entries=entries,
        ballots=await store.scores.columns(season.id, {name: entry.track for name, entry in entries.items()}, until),
        runs=tuple(await store.scores.runs(season.id)),
        tests=tuple(await store.scores.tests(season.id)),
        summaries=await store.facts.summaries(season.id),
        decisions=await store.facts.decisions(season.id),
    )
