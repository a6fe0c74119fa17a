"""Roles and open invitations of a season: who has them, taking them back, and the record of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from services.registration.application.accounts import Accounts
from services.registration.application.identity import Account, AccountStore, Link, RoleRecord
from services.registration.domain.reasons import stated_reason
from shared.errors import InvalidState, NotAllowed, NotFound, Unavailable
from shared.identity import Grant, Principal, Role
from shared.identity.principal import OF_SERIES

STAFF = frozenset(Role) - {Role.STUDENT, Role.GUARDIAN}
"""Roles that are given. Students have theirs of themselves, and leave with their data."""
LONGEST_REASON = 500


class RoleStore(Protocol):
    async def open_invitations(self) -> list[Link]: ...
    async def withdraw_link(self, hashed: str) -> bool: ...
    async def holders(self, seasons: Sequence[str]) -> list[Account]: ...
    async def records(self, seasons: Sequence[str]) -> list[RoleRecord]: ...


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that nobody has accepted yet."""

    id: str
    grants: tuple[Grant, ...]
    label: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role of an account; `own` is the caller's own."""

    id: str
    account: str
    login: str
    grant: Grant
    own: bool


def invitation_id(link: Link) -> str:
    """What an invitation is called: it follows from its secret, and tells nothing of it."""
    return sha256(f"invitation\n{link.hash}".encode()).hexdigest()[:24]


def role_id(account: str, grant: Grant) -> str:
    parts = (account, grant.role, grant.season, grant.unit, grant.ref)
    return sha256("\n".join(("role", *parts)).encode()).hexdigest()[:24]


class Roles:
    """Whoever organizes a season sees who has a role in it, and takes back what was given."""

    def __init__(self, store: RoleStore, accounts: Accounts, kept: AccountStore) -> None:
        self._store, self._accounts, self._kept = store, accounts, kept

    async def invitations(self, principal: Principal, season: str = "") -> list[Invitation]:
        """Open invitations to seasons that the caller organizes, or to this one of them."""
        links = [link for link in await self._store.open_invitations() if _organizes(principal, link.grants)]
        return [
            Invitation(invitation_id(link), link.grants, link.label, link.expires_at)
            for link in links
            if not season or any(grant.season == season for grant in link.grants)
        ]

    async def withdraw_invitation(self, principal: Principal, invitation: str, reason: str) -> None:
        """Nobody can accept it from now on.

        Raises:
            InvalidState: there is no reason.
            NotFound: there is no such open invitation to a season of the caller's.
            Unavailable: somebody is accepting it at this moment.
        """
        why = _reason(reason)
        for link in await self._store.open_invitations():
            if invitation_id(link) == invitation and _organizes(principal, link.grants):
                if not await self._store.withdraw_link(link.hash):
                    raise Unavailable("changed-meanwhile")
                await self._accounts.note(
                    "invitation-withdrawn",
                    link.hash,
                    link.grants,
                    by=principal.login,
                    account=principal.account,
                    reason=why,
                )
                return
        raise NotFound("no-such-invitation")

    async def held(self, principal: Principal, season: str) -> list[HeldRole]:
        """Who has a role in the season, by itself or by its series."""
        principal.require(season, Role.CITY_ORGANIZER)
        seasons = await self._named(season)
        return [
            HeldRole(role_id(holder.id, grant), holder.id, holder.login, grant, holder.id == principal.account)
            for holder in await self._store.holders(seasons)
            for grant in holder.grants
            if grant.season in seasons and grant.role in STAFF
        ]

    async def withdraw(self, principal: Principal, season: str, role: str, reason: str) -> None:
        """Take the role back; sessions and tokens that lean on it end, everywhere.

        Raises:
            InvalidState: there is no reason, or it is the caller's own role.
            NotFound: nobody has it (any more).
            NotAllowed: it is of the whole series, and the caller has only this season.
        """
        why = _reason(reason)
        held_role = next(
            (each_held_role for each_held_role in await self.held(principal, season) if each_held_role.id == role), None
        )
        if held_role is None:
            raise NotFound("no-such-role")
        if not principal.may(held_role.grant.season, Role.CITY_ORGANIZER):
            raise NotAllowed("role-needed")
        if held_role.own:
            raise InvalidState("role-own")
        if not await self._kept.take(held_role.account, [held_role.grant]):
            raise NotFound("no-such-role")
        account = await self._accounts.settle(held_role.account)
        about = f"{held_role.id}/{account.withdrawals}"
        await self._accounts.note(
            "role-withdrawn",
            about,
            [held_role.grant],
            by=principal.login,
            account=principal.account,
            to=held_role.login,
            reason=why,
        )

    async def records(self, principal: Principal, season: str) -> list[RoleRecord]:
        """What was granted and withdrawn in the season, newest first."""
        principal.require(season, Role.CITY_ORGANIZER, Role.AUDITOR)
        return await self._store.records(await self._named(season))

    async def _named(self, season: str) -> tuple[str, ...]:
        """How grants name this season: itself, and its series where that is known."""
        series = (await self._kept.series()).get(season, "")
        return (season, f"{series}{OF_SERIES}") if series else (season,)


def _organizes(principal: Principal, grants: Sequence[Grant]) -> bool:
    return all(principal.may(grant.season, Role.CITY_ORGANIZER) for grant in grants)


def _reason(reason: str) -> str:
    return stated_reason(reason)[:LONGEST_REASON]
