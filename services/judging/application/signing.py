"""Who decides: a principal as the signatory of a decision, and the people whom the operator vouches for."""

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import stated_reason
from services.judging.domain.signatures import Signatory
from shared.identity import Principal, Role

ROLES = (Role.CITY_ORGANIZER, Role.CHIEF_JUDGE, Role.JUDGE, Role.OPERATOR)


async def signatory(season: JudgedSeason, principal: Principal, store: Store) -> Signatory:
    """The principal with the role in the season that they had first, as their token states it."""
    held = [grant for grant in principal.grants if any(grant.covers(role, season.id) for role in ROLES)]
    first = min(held, key=lambda grant: grant.at if grant.by else 0, default=None)
    by, via, since = (first.by, first.via, first.at) if first else ("", (), 0)
    confirmed = bool(by) and await store.accounts.confirmed(season.id, principal.login, since)
    return Signatory(principal.account, principal.login, principal.person_in(season.id), by, via, since, confirmed)


async def confirm_person(season: JudgedSeason, login: str, reason: str, by: Signatory, store: Store) -> None:
    """The operator vouches that whoever has this login name is a person of their own, whoever invited them.

    It holds for the role that they have now: an account that gets the name later is not meant.

    Raises:
        InvalidState: no reason is given.
    """
    why, name = stated_reason(reason), login.strip().lower()
    await record("person-confirmed", season, by, store, f"{name}: {why}")
    await store.accounts.confirm(season.id, name, why, by.login, await store.clock.now())
