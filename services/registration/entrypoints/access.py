"""Who may look at a season's entries: its staff at their part of it, people at their own; a look by the staff is noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.registration.application.ports import Mode, Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.judges import Choice
from services.registration.domain.units import Unit
from services.registration.entrypoints.context import Context
from services.registration.entrypoints.scope import Scope, is_own, require_scope, scope_of
from shared.errors import NotAllowed, NotFound
from shared.identity import Principal


@dataclass(frozen=True, slots=True)
class StaffView:
    """A season as one of its staff sees it."""

    season: Season
    units: Mapping[str, Unit]
    scope: Scope


async def staff_view(
    context: Context,
    season_id: str,
    principal: Principal,
    *,
    mode: Mode | None = None,
    decides: bool = False,
    whole: bool = False,
) -> StaffView:
    """The season and the part of it that this principal may see; with `decides` only for those who may decide there, with
    `whole` only for those whose part is the whole season.

    Raises:
        NotFound: there is no such season.
        InvalidState: it is kept in the other mode.
        NotAllowed: this principal has no such part in it.
    """
    season, units = await season_of(season_id, context.store, mode=mode), await context.read.units.of(season_id)
    scope = require_scope(principal, season_id, season.rules, units)
    if (decides and not scope.decides) or (whole and not scope.whole):
        raise NotAllowed("role-needed")
    return StaffView(season, units, scope)


async def visible(
    context: Context, season_id: str, entry: str, principal: Principal, what: str = "entry"
) -> StoredEntry:
    """The entry, for whoever keeps it, takes part in it, or has its school in their part of the organization.

    Raises:
        NotFound: there is none, or it is not for this principal.
    """
    stored = await _found(context, season_id, entry)
    if is_own(principal, stored):
        return stored
    await _scope_over(context, stored, principal)
    await context.rights.reads.note(
        season_id, principal.account, principal.login, what, list(stored.members), entry=stored.entry.entry
    )
    return stored


async def entries_kept(context: Context, season_id: str, account: str) -> list[StoredEntry]:
    """Those of the season that this account keeps."""
    return [stored for stored in await context.read.entries.owned(account) if stored.season == season_id]


async def entry_of_keeper(context: Context, season_id: str, entry: str, principal: Principal) -> StoredEntry:
    """The entry, for the account that keeps it and nobody else.

    Raises:
        NotFound: there is none, or it is not for this principal.
        NotAllowed: this principal sees it, and does not keep it.
    """
    stored = await visible(context, season_id, entry, principal)
    if stored.owner != principal.account:
        raise NotAllowed("role-needed")
    return stored


async def entry_to_manage(context: Context, season_id: str, entry: str, principal: Principal) -> StoredEntry:
    """The entry, for the account that keeps it, and for whoever decides in the part of the organization with its school.

    Raises:
        NotFound: there is none, or it is not for this principal.
        NotAllowed: this principal sees it, and decides nothing about it.
    """
    stored = await visible(context, season_id, entry, principal)
    if stored.owner != principal.account and not (await decides_about(context, stored, principal)):
        raise NotAllowed("role-needed")
    return stored


async def decides_about(context: Context, stored: StoredEntry, principal: Principal) -> bool:
    """Whether the entry's school is in a part of the organization where this principal decides."""
    season, units = await season_of(stored.season, context.store), await context.read.units.of(stored.season)
    scope = scope_of(principal, stored.season, season.rules, units)
    return scope is not None and scope.decides and scope.holds(stored.entry.unit)


async def sends_files(context: Context, season_id: str, entry: str, principal: Principal) -> StoredEntry:
    """The entry, for whoever may send its files: its keeper, its members, and its school.

    Raises:
        NotFound: there is none, or it is not for this principal.
    """
    stored = await _found(context, season_id, entry)
    if stored.owner == principal.account or set(principal.people) & set(stored.members):
        return stored
    scope = await _scope_over(context, stored, principal)
    if not scope.decides:
        raise NotFound("no-such-entry")
    return stored


async def _found(context: Context, season_id: str, entry: str) -> StoredEntry:
    stored = await context.read.entries.find(season_id, entry)
    if stored is None:
        raise NotFound("no-such-entry")
    return stored


async def _scope_over(context: Context, stored: StoredEntry, principal: Principal) -> Scope:
    """The principal's part of the organization, if the entry's school is in it; else the entry is not there for them."""
    season, units = await season_of(stored.season, context.store), await context.read.units.of(stored.season)
    scope = scope_of(principal, stored.season, season.rules, units)
    if scope is None or not scope.holds(stored.entry.unit):
        raise NotFound("no-such-entry")
    return scope


async def note_students(context: Context, season_id: str, principal: Principal, listed: Sequence[Choice]) -> None:
    """Whoever looked children up is on record."""
    children = [choice.id for choice in listed if choice.kind == "student"]
    if children:
        await context.rights.reads.note(season_id, principal.account, principal.login, "students", children)
