"""Who sees and decides what in the tree of units: a school its own, a district its schools', the city all."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.registration.application.ports import StoredEntry
from services.registration.application.reviewing import Reviewer
from services.registration.domain.reviewing import below
from services.registration.domain.units import Unit
from shared.errors import NotAllowed
from shared.identity import ANYWHERE, Principal, Role
from shared.season.rules import SeasonRules


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the tree: the unit at its top, its level, and the schools in it; None is every school."""

    role: Role
    unit: str
    level: str
    schools: frozenset[str] | None
    decides: bool

    def reviewer(self, account: str) -> Reviewer:
        return Reviewer(account, self.unit, self.level)

    def holds(self, unit: str) -> bool:
        return self.schools is None or unit in self.schools

    @property
    def whole(self) -> bool:
        return self.schools is None


def scope_of(principal: Principal, season: str, rules: SeasonRules, units: Mapping[str, Unit]) -> Scope | None:
    """The widest part that this principal may see, or None."""
    top = next((unit.unit for unit in units.values() if unit.level == rules.unit_levels[0]), "")
    if principal.may(season, Role.CITY_ORGANIZER):
        return Scope(Role.CITY_ORGANIZER, top, rules.unit_levels[0], None, decides=True)
    if principal.grant(Role.AUDITOR, season):
        return Scope(Role.AUDITOR, top, rules.unit_levels[0], None, decides=False)
    for role in (Role.DISTRICT_ORGANIZER, Role.SCHOOL_ADMIN):
        grant = principal.grant(role, season)
        unit = units.get(grant.unit) if grant and grant.unit != ANYWHERE else None
        if unit:
            return Scope(role, unit.unit, unit.level, frozenset(below(units, unit.unit)), decides=True)
    return None


def require_scope(principal: Principal, season: str, rules: SeasonRules, units: Mapping[str, Unit]) -> Scope:
    """The same, for those who have one.

    Raises:
        NotAllowed: this principal has no part in the season's organization.
    """
    scope = scope_of(principal, season, rules, units)
    if scope is None:
        raise NotAllowed("role-needed")
    return scope


def is_organizer(principal: Principal) -> bool:
    """Whether a season or series is the principal's to organize, whether or not it is there yet."""
    return any(grant.role in (Role.CITY_ORGANIZER, Role.OPERATOR) for grant in principal.grants)


def organizes_something(principal: Principal) -> None:
    """Raises NotAllowed unless a season or series is the principal's to organize."""
    if not is_organizer(principal):
        raise NotAllowed("role-needed")


def is_own(principal: Principal, stored: StoredEntry) -> bool:
    """Whether this principal keeps the entry or takes part in it."""
    named = {*stored.members, *stored.instructors}
    return stored.owner == principal.account or bool(named.intersection(principal.people))
