"""Administrators of units: which role that is, whether one has joined, and inviting one."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.registration.application.accounts import Accounts
from services.registration.application.arrivals import Arrival, arrival_of, longest_first
from services.registration.application.ports import Season
from services.registration.application.roles import Invitation, InvitationState, Roles
from services.registration.domain.units import Unit
from shared.commands import Command
from shared.errors import NotAllowed
from shared.identity import Grant, Principal, Role
from shared.season.rules import SeasonRules

INVITATION_DAYS = 30
OF_UNITS = frozenset({Role.SCHOOL_ADMIN, Role.DISTRICT_ORGANIZER})


@dataclass(frozen=True, slots=True)
class UnitAccess:
    """Whether a unit has an administrator, and the invitations that wait for one."""

    joined: bool = False
    waiting: tuple[Invitation, ...] = ()
    """Open or expired, what is good the longest first."""

    @property
    def stage(self) -> Arrival:
        return arrival_of(self.waiting, joined=self.joined)

    @property
    def until(self) -> int:
        """Until when one is awaited; 0 where nobody is."""
        return self.waiting[0].expires_at if self.waiting and not self.joined else 0


def administrator_of(rules: SeasonRules, level: str) -> Role | None:
    """What the administrator of a unit of this level is; the top unit's is the organizer of the season."""
    if level == rules.unit_levels[-1]:
        return Role.SCHOOL_ADMIN
    return None if level == rules.unit_levels[0] else Role.DISTRICT_ORGANIZER


async def access_of_units(season: Season, units: Iterable[Unit], by: Principal, roles: Roles) -> dict[str, UnitAccess]:
    """How far the administrators of these units have come in, as far as the caller may know it.

    Whoever organizes the season knows who has a role; others know what became of their own invitations.
    """
    whole = by.may(season.id, Role.CITY_ORGANIZER)
    grants = [role.grant for role in await roles.held(by, season.id)] if whole else []
    waiting: dict[str, list[Invitation]] = {}
    for invitation in await roles.all_invitations(by, season.id):
        for grant in invitation.grants:
            if grant.role not in OF_UNITS or grant.season != season.id:
                continue
            if invitation.renewable:
                waiting.setdefault(grant.unit, []).append(invitation)
            elif invitation.state is InvitationState.ACCEPTED and not whole:
                grants.append(grant)
    joined = {grant.unit for grant in grants if grant.role in OF_UNITS}
    return {unit.unit: UnitAccess(unit.unit in joined, longest_first(waiting.get(unit.unit, ()))) for unit in units}


async def invite_unit(
    season: Season,
    unit: Unit,
    access: UnitAccess,
    by: Principal,
    command: Command,
    accounts: Accounts,
    roles: Roles,
) -> str:
    """The secret of an invitation for the administrator of a unit; one that waits is made anew, so that its address ends.

    Raises:
        NotAllowed: a unit of this level has no administrator of its own.
    """
    role = administrator_of(season.rules, unit.level)
    if role is None:
        raise NotAllowed("role-needed")
    if access.waiting:
        return await roles.renew_invitation(by, access.waiting[0].id, season.id, command)
    return await accounts.invite(
        by.gives(Grant(role, season.id, unit.unit)), by=by, days=INVITATION_DAYS, command=command, label=unit.unit
    )
