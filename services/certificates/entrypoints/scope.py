"""Which part of a season's certificates an organizer sees: a school its own, a district its schools', the city all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.certificates.domain.documents import Certificate
from services.certificates.entrypoints.context import Context
from shared.errors import NotAllowed, NotFound
from shared.identity import ANYWHERE, Principal, Role
from shared.season.rules import SeasonRules
from shared.season.text import Text


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the tree of units; `units` is None for all of it."""

    units: frozenset[str] | None
    names: Mapping[str, Text]
    parents: Mapping[str, str]
    decides: bool = False
    """Whether certificates may be corrected and taken back."""

    def wanted(self, unit: str = "", track: str = "", kind: str = "") -> dict[str, Any]:
        """The query for certificates of this part, at and below `unit`.

        Raises:
            NotAllowed: the unit is not in it.
        """
        return self.wanted_of([unit] if unit else [], track, kind)

    def wanted_of(self, chosen: Sequence[str], track: str = "", kind: str = "") -> dict[str, Any]:
        """The same, at and below any of these units.

        Raises:
            NotAllowed: one of them is not in it.
        """
        units = self.units
        if chosen:
            below_it = frozenset[str]().union(*(below(self.parents, unit) for unit in chosen))
            if units is not None and not below_it <= units:
                raise NotAllowed("role-needed")
            units = below_it
        return {
            **({"unit": {"$in": sorted(units)}} if units is not None else {}),
            **({"track": track} if track else {}),
            **({"kind": kind} if kind else {}),
        }

    @property
    def top(self) -> str:
        """The unit under which all of it is; empty where it is the whole season."""
        return next((unit for unit in sorted(self.units or ()) if self.parents.get(unit) not in (self.units or ())), "")

    def holds(self, unit: str) -> bool:
        return self.units is None or unit in self.units


def below(parents: Mapping[str, str], top: str) -> frozenset[str]:
    """The unit and every unit under it."""
    results = {top}
    grew = True
    while grew:
        more = {unit for unit, parent in parents.items() if parent in results} - results
        grew = bool(more)
        results |= more
    return frozenset(results)


async def scope_of(context: Context, principal: Principal, season: str) -> Scope:
    """The widest part that this principal may see.

    Raises:
        NotAllowed: they have no part in the season's organization.
    """
    units = await context.known.units(season)
    names = {unit: name for unit, (name, _) in units.items()}
    parents = {unit: parent for unit, (_, parent) in units.items()}
    if principal.may(season, Role.CITY_ORGANIZER):
        return Scope(None, names, parents, decides=True)
    if principal.grant(Role.AUDITOR, season):
        return Scope(None, names, parents)
    for role in (Role.DISTRICT_ORGANIZER, Role.SCHOOL_ADMIN):
        grant = principal.grant(role, season)
        if grant and grant.unit != ANYWHERE and grant.unit in units:
            return Scope(below(parents, grant.unit), names, parents)
    raise NotAllowed("role-needed")


def administered(principal: Principal) -> set[tuple[str, str]]:
    """The season and the unit of each school or district that this principal administers; the season may be any (`*`)."""
    held = [grant for grant in principal.grants if grant.role in (Role.SCHOOL_ADMIN, Role.DISTRICT_ORGANIZER)]
    results: set[tuple[str, str]] = set()
    for grant in held:
        seasons = [season for season, series in principal.series.items() if series == grant.series]
        results |= {(season, grant.unit) for season in (seasons if grant.series else [grant.season])}
    return {(season, unit) for season, unit in results if unit != ANYWHERE}


async def rules_of(context: Context, season: str) -> SeasonRules:
    """Raises NotFound."""
    rules = await context.known.rules(season)
    if rules is None:
        raise NotFound("no-such-season")
    return rules


async def rules_for_deciding(context: Context, principal: Principal, season: str) -> SeasonRules:
    """The rules of the season, for whoever decides about its certificates.

    Raises:
        NotAllowed: they have no part in the season's organization, or no say in it.
        NotFound: there is no such season.
    """
    rules = await rules_of(context, season)
    if not (await scope_of(context, principal, season)).decides:
        raise NotAllowed("role-needed")
    return rules


async def certificate_for(context: Context, principal: Principal, serial: str) -> Certificate:
    """The certificate, for its recipient and for whoever has its unit in their part of the organization, which is noted.

    Raises:
        NotFound: there is none, it is not theirs, or its recipient's name was erased.
    """
    certificate = await context.certificates.by_serial(serial)
    if certificate is None or not await _may_hold(context, principal, certificate):
        raise NotFound("no-such-certificate")
    if certificate.erased:
        raise NotFound("person-erased")
    if certificate.recipient not in principal.people:
        await context.audit.note(certificate.season, principal, "document", "", serial=serial)
    return certificate


async def _may_hold(context: Context, principal: Principal, certificate: Certificate) -> bool:
    if certificate.kind != "unit" and certificate.recipient in principal.people:
        return True
    try:
        return (await scope_of(context, principal, certificate.season)).holds(certificate.unit)
    except NotAllowed:
        return False
