"""Whose score may be seen: an entrant sees their own entry's, once results are on notice."""

from services.judging.application.ports import JudgedSeason
from services.judging.domain.facts import Entry
from services.judging.domain.stages import PUBLIC
from services.judging.entrypoints.context import Context
from shared.errors import NotFound
from shared.identity import Principal


async def own_entry(context: Context, season: JudgedSeason, entry: str, principal: Principal) -> Entry:
    """The entry, if the principal takes part in it and results are on notice. Raises NotFound otherwise."""
    stored_entry = await context.facts.entry(season.id, entry)
    mine = stored_entry and any(member.person in principal.people for member in stored_entry.members)
    if stored_entry is None or not mine or season.stage not in PUBLIC:
        raise NotFound("no-such-entry")
    return stored_entry
