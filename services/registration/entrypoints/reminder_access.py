"""Who reminds whom: the organizer everybody, a district the schools in its part."""

from services.registration.application.ports import Mode, Season
from services.registration.application.reminding import Part
from services.registration.entrypoints.access import staff_view
from services.registration.entrypoints.context import Context
from shared.errors import NotAllowed
from shared.identity import Principal, Role

REMINDING = frozenset({Role.CITY_ORGANIZER, Role.DISTRICT_ORGANIZER})


async def part_of(
    context: Context, season: str, principal: Principal, mode: Mode | None = "live"
) -> tuple[Season, Part]:
    """The season, and the part of its organization for which this principal reminds; with `mode` None whatever its mode.

    Raises:
        NotFound: there is no such season.
        InvalidState: it is kept in the other mode.
        NotAllowed: this principal reminds nobody.
    """
    look = await staff_view(context, season, principal, mode=mode, decides=True)
    if look.scope.role not in REMINDING:
        raise NotAllowed("role-needed")
    return look.season, Part(look.scope.unit, look.scope.schools)
