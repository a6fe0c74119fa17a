"""Gathers what registration knows of a season, for its overview and for the cards of its organizers."""

from services.registration.adapters.entries import EntryFilter
from services.registration.application.judges import without_account
from services.registration.application.ports import Season
from services.registration.application.reminding import (
    entries_without_consent,
    granted_as,
    units_without_summary,
)
from services.registration.domain.entries import EDITABLE
from services.registration.domain.overview import SeasonFacts
from services.registration.entrypoints.context import Context
from shared.states import ResultStage

MOST_LOOKED_AT = 2000
"""With more entries being written than this, those without a guardian's consent are not counted."""


async def season_facts(context: Context, season: Season, *, closely: bool = False) -> SeasonFacts:
    """With `closely` also what takes a look at each entry that is being written, and at each school."""
    read, entries = context.read, EntryFilter(season.id)
    counts = await read.entries.counts(entries)
    units = await read.units.of(season.id)
    schools = [unit.unit for unit in units.values() if unit.level == season.rules.unit_levels[-1]]
    judges = (await context.judges.of(season.id)).values()
    unseated = await without_account(season, judges, context.access.stored_accounts)
    missing = await units_without_summary(season, units, context.store) if season.rules.asks_summaries else {}
    to_confirm = await read.entries.counts(EntryFilter(season.id, to_confirm=True))
    stage = await read.results.stage(season.id, ResultStage.PROVISIONAL)
    return SeasonFacts(
        now=await context.store.clock.now(),
        entries=counts,
        schools=len(schools),
        schools_without_account=await _without_account(context, season, schools) if closely else 0,
        judges=tuple(judges),
        judges_without_account=frozenset(judge.judge for judge in unseated),
        to_confirm=sum(to_confirm.values()) if season.mode == "live" else 0,
        without_consent=await _without_consent(context, season, counts) if closely else None,
        held=await context.files.copies.waiting(season.id) if season.rules.works else 0,
        ballots_left=sum((await context.reminding.tasks_left.of(season.id)).values()),
        summaries_missing=len(missing),
        closed_rounds=frozenset(await read.results.closed_rounds(season.id)),
        announced=stage is not None,
        final_at=season.final_at,
    )


async def _without_account(context: Context, season: Season, schools: list[str]) -> int:
    administered = await context.access.stored_accounts.by_unit(granted_as(season), schools)
    return len(set(schools) - administered.keys())


async def _without_consent(context: Context, season: Season, counts: dict[str, int]) -> int | None:
    if season.mode != "live" or sum(counts.get(status, 0) for status in EDITABLE) > MOST_LOOKED_AT:
        return None
    return len([stored async for stored in entries_without_consent(season, context.store)])
