"""The one who asks, and the roles they hold, each within a season and a unit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from shared.errors import NotAllowed

ANYWHERE = "*"
OPERATOR_ACCOUNT = "operator"
"""The account of whoever proved the secret of the installation; what it gives, the installation gives."""
OF_SERIES = "-*"
Kind = Literal["session", "personal"]
"""A browser, or the operator's own session; or a personal API token."""


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


AS_PERSON = (Role.STUDENT, Role.INSTRUCTOR)
"""Roles whose `ref` is a person of the season; without one it is the person whom the account was made for."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role within a season and a unit; `ref` is who they are there, for instance a judge's id.

    A season written `<series>-*` is every season of that series: what the hosts of a series hold. Two grants of the
    same role are equal, whoever gave them and when.
    """

    role: Role
    season: str = ANYWHERE
    unit: str = ANYWHERE
    ref: str = ""
    by: str = field(default="", compare=False)
    """The account that gave it; empty: the installation."""
    via: tuple[str, ...] = field(default=(), compare=False)
    """The accounts that gave that account its roles, and those before it."""
    at: int = field(default=0, compare=False)
    """Since when it is held, microseconds UTC; 0: from before this was kept."""

    @property
    def series(self) -> str:
        """The series whose seasons it covers, all of them; empty where it names a season."""
        return self.season.removesuffix(OF_SERIES) if self.season.endswith(OF_SERIES) else ""

    def covers(self, role: Role, season: str, series: str = "") -> bool:
        """Whether it gives this role in the season; `series` is what the season's rules state, empty where unknown."""
        if self.role is not role:
            return False
        return self.season in (ANYWHERE, season) or (bool(series) and self.series == series)

    def holds(self, other: "Grant", series: str = "") -> bool:
        """Whether whoever has this one may have the other: the same role, within it; `series` is of its season."""
        return (
            self.covers(other.role, other.season, series)
            and self.unit in (ANYWHERE, other.unit)
            and self.ref == other.ref
        )

    def as_claim(self) -> dict[str, Any]:
        origin = {"b": self.by, "v": list(self.via), "t": self.at}
        told = {name: value for name, value in origin.items() if value}
        return {"r": self.role.value, "s": self.season, "u": self.unit, "f": self.ref, **told}

    @classmethod
    def from_claim(cls, claim: Mapping[str, Any]) -> "Grant":
        via = tuple(str(account) for account in claim.get("v", ()))
        by, at = str(claim.get("b", "")), int(claim.get("t", 0))
        return cls(Role(claim["r"]), str(claim["s"]), str(claim["u"]), str(claim["f"]), by, via, at)


def people_of(person: str, grants: Iterable[Grant]) -> tuple[str, ...]:
    """The people whom an account is: the one it was made for, if any, then those of its further seasons."""
    own = (grant.ref for grant in grants if grant.role in AS_PERSON)
    return tuple(dict.fromkeys(item for item in (person, *own) if item))


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
    kind: Kind = "session"
    series: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Of each season that this service knows, the series that its rules state (kept up by the gate)."""

    @property
    def people(self) -> tuple[str, ...]:
        """Who they are in the seasons in which they take part or teach, the newest last."""
        return people_of(self.person, self.grants)

    def person_in(self, season: str) -> str:
        """Who they are in this season; empty: nobody who takes part or teaches."""
        held = (self.grant(role, season) for role in AS_PERSON)
        return next((grant.ref for grant in held if grant and grant.ref), self.person)

    def grant(self, role: Role, season: str) -> Grant | None:
        """The grant that gives this role in the season, or None."""
        series = self.series.get(season, "")
        return next((grant for grant in self.grants if grant.covers(role, season, series)), None)

    def may(self, season: str, *roles: Role) -> bool:
        """Whether one of the roles is held in the season; the operator of an installation may run all of it."""
        return any(self.grant(role, season) for role in (*roles, Role.OPERATOR))

    def gives(self, *grants: Grant) -> tuple[Grant, ...]:
        """The grants as this account gives them: whoever stands behind it stands behind them too."""
        before = {account for grant in self.grants for account in (grant.by, *grant.via)} - {"", self.account}
        by = "" if self.account == OPERATOR_ACCOUNT else self.account
        return tuple(replace(grant, by=by, via=tuple(sorted(before))) for grant in grants)

    def require(self, season: str, *roles: Role) -> None:
        """Raises NotAllowed unless one of the roles is held in the season."""
        if not self.may(season, *roles):
            raise NotAllowed("role-needed")

    def stating(self, season: str, series: str) -> "Principal":
        """The same, where a season that nobody knows yet states its series: for whoever opens it."""
        return replace(self, series={**self.series, season: series})

    def within(self, season: str) -> tuple[Grant, ...]:
        """One's grants in one season, or all of them for `*`."""
        if season == ANYWHERE:
            return self.grants
        series = self.series.get(season, "")
        return tuple(replace(grant, season=season) for grant in self.grants if grant.covers(grant.role, season, series))
