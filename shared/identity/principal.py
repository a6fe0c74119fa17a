"""The one who asks, and the roles they hold, each within a season and a unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.errors import NotAllowed

ANYWHERE = "*"


class Role(StrEnum):
    """What a person may be in a season."""

    STUDENT = "student"
    GUARDIAN = "guardian"
    INSTRUCTOR = "instructor"
    SCHOOL_ADMIN = "school-admin"
    DISTRICT_ORGANIZER = "district-organizer"
    CITY_ORGANIZER = "city-organizer"
    JUDGE = "judge"
    CHIEF_JUDGE = "chief-judge"
    AUDITOR = "auditor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within a season and a unit; `ref` is who they are there, for instance a judge's id.

    A season written `<series>-*` is every season of that series: what the hosts of a series hold.
    """

    role: Role
    season: str = ANYWHERE
    unit: str = ANYWHERE
    ref: str = ""

    def covers(self, role: Role, season: str) -> bool:
        if self.role is not role:
            return False
        if self.season.endswith("-*"):
            return season.startswith(self.season[:-1])
        return self.season in (ANYWHERE, season)

    def as_claim(self) -> dict[str, str]:
        return {"r": self.role.value, "s": self.season, "u": self.unit, "f": self.ref}

    @classmethod
    def from_claim(cls, claim: Mapping[str, Any]) -> "Grant":
        return cls(Role(claim["r"]), str(claim["s"]), str(claim["u"]), str(claim["f"]))


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in account, as its token states it."""

    account: str
    session: str
    login: str
    person: str
    grants: tuple[Grant, ...]
    issued_at: int
    expires_at: int

    def grant(self, role: Role, season: str) -> Grant | None:
        """The grant that gives this role in the season, or None."""
        return next((grant for grant in self.grants if grant.covers(role, season)), None)

    def may(self, season: str, *roles: Role) -> bool:
        """Whether one of the roles is held in the season; the operator of an installation may run all of it."""
        return any(self.grant(role, season) for role in (*roles, Role.OPERATOR))

    def require(self, season: str, *roles: Role) -> None:
        """Raises NotAllowed unless one of the roles is held in the season."""
        if not self.may(season, *roles):
            raise NotAllowed("role-needed")
