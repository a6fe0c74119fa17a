"""Ways into a season that pages and programs share: an invitation, and an account of an earlier season."""

from collections.abc import Awaitable
from typing import TypeVar

from fastapi import Request

from services.registration.application.forms import enter_again, enter_instructor
from services.registration.application.identity import Link
from services.registration.application.ports import Person, Season
from services.registration.application.seasons import season_of
from services.registration.domain.erasure import NOBODY
from services.registration.entrypoints.context import Context
from shared.errors import NotFound
from shared.http.client_address import address_of
from shared.identity import Principal, Role
from shared.throttle import Throttle

T = TypeVar("T")
UNKNOWN_LINKS, UNKNOWN_SECONDS = 30, 600
"""Addresses of links that do not exist, tried from one address."""


def _misses(context: Context) -> Throttle:
    return Throttle(context.access.counters, "unknown-link", UNKNOWN_LINKS, UNKNOWN_SECONDS)


async def known_link(context: Context, request: Request, link: Awaitable[T]) -> T:
    """What a link leads to. Whoever tries many that lead nowhere is refused for a while."""
    try:
        return await link
    except NotFound:
        await _misses(context).spend(address_of(request))
        raise


async def invited_person(context: Context, link: Link, name: str) -> str:
    """Who an invited instructor of this name is in the season; empty where nobody is invited to teach."""
    teaches = next((grant for grant in link.grants if grant.role is Role.INSTRUCTOR), None)
    if teaches is None:
        return ""
    season = await season_of(teaches.season, context.store)
    return await enter_instructor(season, teaches.unit, name, context.store)


async def known_student(context: Context, principal: Principal | None) -> Person | None:
    """Who somebody who is signed in was as a student of another season, the newest."""
    for person in reversed(principal.people if principal else ()):
        known = await context.store.people.find(person)
        if known and known.kind == "student" and known.name != NOBODY:
            return known
    return None


async def take_part_again(context: Context, season: Season, unit: str, known: Person, principal: Principal) -> str:
    """Let somebody with an account of an earlier season be a student of this one. Returns who they are in it."""
    person = await enter_again(season, unit, known, principal.account, context.command(), context.store)
    await context.access.accounts.take_part(principal, season.id, unit, person)
    return person
