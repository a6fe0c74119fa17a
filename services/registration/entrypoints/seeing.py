"""Who may look at an entry; a look by the staff is written down."""

from services.registration.application.ports import StoredEntry
from services.registration.application.seasons import season_of
from services.registration.entrypoints.context import Context
from services.registration.entrypoints.scope import is_own, scope_of
from shared.errors import NotFound
from shared.identity import Principal


async def visible(
    context: Context, season_id: str, entry: str, principal: Principal, what: str = "entry"
) -> StoredEntry:
    """The entry, for whoever keeps it, takes part in it, or has its school in their part of the organization.

    Raises:
        NotFound: there is none, or it is not for this principal.
    """
    stored = await context.entries.find(season_id, entry)
    if stored is None:
        raise NotFound("no-such-entry")
    if is_own(principal, stored):
        return stored
    season, units = await season_of(season_id, context.store), await context.units.of(season_id)
    scope = scope_of(principal, season_id, season.rules, units)
    if scope is None or not scope.holds(stored.entry.unit):
        raise NotFound("no-such-entry")
    await context.reads.note(
        season_id, principal.account, principal.login, what, list(stored.members), entry=stored.entry.entry
    )
    return stored


async def sends_files(context: Context, season_id: str, entry: str, principal: Principal) -> StoredEntry:
    """The entry, for whoever may send its files: its keeper, its members, and its school.

    Raises:
        NotFound: there is none, or it is not for this principal.
    """
    stored = await context.entries.find(season_id, entry)
    if stored is None:
        raise NotFound("no-such-entry")
    if stored.owner == principal.account or (principal.person and principal.person in stored.members):
        return stored
    season, units = await season_of(season_id, context.store), await context.units.of(season_id)
    scope = scope_of(principal, season_id, season.rules, units)
    if scope is None or not scope.decides or not scope.holds(stored.entry.unit):
        raise NotFound("no-such-entry")
    return stored
