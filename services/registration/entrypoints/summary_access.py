"""Who sees, files and scores the summary of a unit: the unit its own, those above it look, the organizer scores."""

from collections.abc import Iterable

from services.registration.application.ports import StoredSummary
from services.registration.application.summarizing import score_summary, summary_of, write_summary
from services.registration.domain.reviewing import below
from services.registration.domain.summaries import award_of
from services.registration.domain.units import Unit
from services.registration.entrypoints.access import StaffView, staff_view
from services.registration.entrypoints.context import Context
from shared.errors import NotAllowed, NotFound
from shared.identity import Principal


def _sees(look: StaffView, unit: str) -> bool:
    return unit == look.scope.unit or look.scope.holds(unit)


def files(look: StaffView, unit: str) -> bool:
    """Whether whoever looks administers this unit, and so writes its summary."""
    return look.season.mode == "live" and look.scope.decides and look.scope.unit == unit and not look.scope.whole


def scores(look: StaffView) -> bool:
    """Whether whoever looks is the organizer, who scores."""
    return look.season.mode == "live" and look.scope.decides and look.scope.whole


def units_that_file(look: StaffView) -> list[Unit]:
    """Those in the part that is looked at, in the organizer's order."""
    level = award_of(look.season.rules).level
    return [unit for unit in look.units.values() if unit.level == level and _sees(look, unit.unit)]


def schools_of(look: StaffView, unit: str) -> Iterable[str]:
    """The unit and those below it, whose entries count for it."""
    return below(look.units, unit)


async def look_at(context: Context, season: str, unit: str, principal: Principal) -> tuple[StaffView, StoredSummary]:
    """The summary of a unit, for itself and those above it.

    Raises:
        NotFound: there is no such unit, it files none, or it is not in the part of whoever asks.
        NotAllowed: whoever asks has no part in the season's organization.
    """
    look = await staff_view(context, season, principal)
    if not _sees(look, unit):
        raise NotFound("no-such-unit")
    return look, await summary_of(look.season, unit, context.store)


async def write(
    context: Context, season: str, unit: str, text: str, *, filing: bool, principal: Principal
) -> StoredSummary:
    """Keep or file what a unit's administrator wrote."""
    look = await staff_view(context, season, principal, mode="live")
    if not _sees(look, unit):
        raise NotFound("no-such-unit")
    if not files(look, unit):
        raise NotAllowed("role-needed")
    now = await context.store.clock.now()
    return await write_summary(
        look.season, unit, text, filing=filing, by=principal.account, now=now, store=context.store
    )


async def score(
    context: Context, season: str, unit: str, cells: dict[str, str], reason: str, principal: Principal
) -> StoredSummary:
    """Give a summary its scores, as the organizer."""
    look = await staff_view(context, season, principal, mode="live")
    if not scores(look):
        raise NotAllowed("role-needed")
    now = await context.store.clock.now()
    return await score_summary(
        look.season, unit, cells, reason, by=principal.account, now=now, store=context.store, audit=context.audit
    )
