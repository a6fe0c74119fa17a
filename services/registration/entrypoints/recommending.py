"""What a unit of the staff has before it to recommend, for the page and the API."""

from services.registration.adapters.entries import EntryFilter
from services.registration.application.recommending import TrackDesk, track_desks
from services.registration.entrypoints.access import StaffView
from services.registration.entrypoints.context import Context

MOST = 5000


async def desks_of(context: Context, look: StaffView) -> list[TrackDesk]:
    """Track by track, of the unit at the top of one's part of the season.

    Raises:
        NotFound: nobody recommends in the season.
    """
    entries = await context.read.entries.listed(EntryFilter(look.season.id, look.scope.schools), "", MOST)
    now = await context.store.clock.now()
    return track_desks(look.season, look.scope.unit, look.scope.level, look.units, entries, now)
