"""A team by its code: looking at it and joining it, with few guesses for anybody."""

from services.registration.application.forms import find_applicant
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.teams import by_code, join
from services.registration.entrypoints.context import Context
from shared.errors import NotAllowed, Unavailable
from shared.identity import Principal
from shared.throttle import Throttle

TRIES = 5
UNKNOWN_CODES, UNKNOWN_SECONDS = 20, 3600
"""Team codes that are none, tried by one account."""


def _throttle(context: Context) -> Throttle:
    return Throttle(context.access.counters, "team-code", UNKNOWN_CODES, UNKNOWN_SECONDS)


async def team_of(context: Context, season: Season, code: str, who: str) -> StoredEntry:
    """The team of this code; a code that is none counts as a guess of `who`, an account or an address."""
    await _throttle(context).spend(who)
    team = await by_code(season, code, context.store)
    await _throttle(context).give_back(who)
    return team


async def join_as_student(
    context: Context, season: Season, code: str, grade: int | None, principal: Principal
) -> StoredEntry:
    """Become a member of the team of this code.

    Raises:
        NotAllowed: whoever asks is no student of the season.
    """
    applicant = find_applicant(principal, season)
    if applicant is None or not applicant.person:
        raise NotAllowed("students-only")
    return await join_by_code(context, season, code, grade, applicant.person, principal.account)


async def join_by_code(
    context: Context, season: Season, code: str, grade: int | None, person: str, account: str
) -> StoredEntry:
    """The team with this person in it; where somebody else joins at this moment, perhaps there is room left."""
    for attempt in range(1, TRIES + 1):
        team = await team_of(context, season, code, account)
        try:
            return await join(season, team, person, grade, account, await context.store.clock.now(), context.store)
        except Unavailable:
            if attempt == TRIES:
                raise
    raise AssertionError
