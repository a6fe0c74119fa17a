"""Roles and open invitations of a season: who has them, taking them back, and the record of both."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from services.registration.application.accounts import Accounts
from services.registration.application.identity import Account, AccountStore, Link, RoleRecord, RoleStep
from services.registration.domain.messages import DeliveryState
from services.registration.domain.reasons import stated_reason
from shared.commands import Command
from shared.errors import InvalidState, NotAllowed, NotFound, Unavailable
from shared.identity import Grant, Principal, Role
from shared.identity.principal import OF_SERIES
from shared.states import State

STAFF = frozenset(Role) - {Role.STUDENT, Role.GUARDIAN}
"""Roles that are given. Students have theirs of themselves, and leave with their data."""
LONGEST_REASON = 500


class RoleStore(Protocol):
    async def open_invitations(self) -> list[Link]: ...
    async def withdraw_link(self, hashed: str) -> bool: ...
    async def holders(self, seasons: Sequence[str]) -> list[Account]: ...
    async def records(self, seasons: Sequence[str]) -> list[RoleRecord]: ...


class InvitationState(State):
    """How far an invitation is."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"
    EXPIRED = "expired"


class InvitationStage(State):
    """What a list says of an invitation: of one that is open, whether somebody has looked at it."""

    UNOPENED = "unopened"
    OPENED = "opened"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"


ENDS: Mapping[RoleStep, InvitationState] = {
    "accepted": InvitationState.ACCEPTED,
    "invitation-withdrawn": InvitationState.WITHDRAWN,
    "invitation-renewed": InvitationState.RENEWED,
}
"""What ends an invitation, by its record. One that nothing ended and that is not open any more has expired."""
RENEWED_DAYS = 14


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation; `at` is when it came to its state, `expires_at` is 0 for one that is not open."""

    id: str
    grants: tuple[Grant, ...]
    label: str
    expires_at: int
    state: InvitationState = InvitationState.OPEN
    at: int = 0
    to: str = ""
    """The login name of whoever accepted it."""
    reason: str = ""
    mail: str = ""
    """Where it was to be mailed, of one that is open; and how far that is."""
    mailed: DeliveryState = DeliveryState.NONE
    opened_at: int = 0
    """When somebody looked at it first, of one that is open; 0 for one that nobody opened."""

    @property
    def stage(self) -> InvitationStage:
        if self.state is InvitationState.OPEN:
            return InvitationStage.OPENED if self.opened_at else InvitationStage.UNOPENED
        return InvitationStage(self.state)

    @property
    def renewable(self) -> bool:
        """Whether it can be made anew: nobody has taken it, and nobody took it back."""
        return self.state in (InvitationState.OPEN, InvitationState.EXPIRED)


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role of an account; `own` is the caller's own."""

    id: str
    account: str
    login: str
    grant: Grant
    own: bool


def invitation_id(hashed: str) -> str:
    """What an invitation is called: it follows from its secret, and tells nothing of it."""
    return sha256(f"invitation\n{hashed}".encode()).hexdigest()[:24]


def role_id(account: str, grant: Grant) -> str:
    parts = (account, grant.role, grant.season, grant.unit, grant.ref)
    return sha256("\n".join(("role", *parts)).encode()).hexdigest()[:24]


def record_id(record: RoleRecord) -> str:
    """What tells a record from another of the same moment; of a secret it tells nothing."""
    return sha256(f"record\n{record.key}".encode()).hexdigest()[:24]


class Roles:
    """Whoever organizes a season sees who has a role in it, and takes back what was given."""

    def __init__(self, store: RoleStore, accounts: Accounts, kept: AccountStore) -> None:
        self._store, self._accounts, self._kept = store, accounts, kept

    async def invitations(self, principal: Principal, season: str = "") -> list[Invitation]:
        """Open invitations that the caller made, or to seasons that they organize; to this one of them."""
        links = [link for link in await self._store.open_invitations() if _manages(principal, link.grants)]
        return [
            Invitation(
                invitation_id(link.hash),
                link.grants,
                link.label,
                link.expires_at,
                mail=link.mail,
                mailed=link.mailed,
                opened_at=link.opened_at,
            )
            for link in links
            if not season or any(grant.season == season for grant in link.grants)
        ]

    async def all_invitations(self, principal: Principal, season: str) -> list[Invitation]:
        """Those to this season that the caller made or, organizing it, may see: the open ones, then the others, newest first."""
        open_ = await self.invitations(principal, season)
        return [*open_, *await self._closed(principal, season, {invitation.id for invitation in open_})]

    async def _closed(self, principal: Principal, season: str, but: Collection[str]) -> list[Invitation]:
        by_link: dict[str, list[RoleRecord]] = {}
        for record in await self._store.records(await self._named(season)):
            by_link.setdefault(invitation_id(record.key.split("/")[0]), []).append(record)
        return [
            _closed(identity, records)
            for identity, records in by_link.items()
            if identity not in but
            and any(record.what == "invited" for record in records)
            and _manages(principal, [record.grant for record in records])
        ]

    async def renew_invitation(self, principal: Principal, invitation: str, season: str, command: Command) -> str:
        """Make the invitation anew, open or expired, with another secret, which is returned; the former one ends.

        Raises:
            InvalidState: it was accepted, withdrawn or renewed.
            NotFound: there is none, or it is not for the caller.
            Unavailable: somebody is accepting it at this moment.
        """
        if again := await self._accounts.invited_before(command):
            return again
        open_ = await self._store.open_invitations()
        former = next((link for link in open_ if invitation_id(link.hash) == invitation), None)
        if former is None or not _manages(principal, former.grants):
            closed = await self._closed(principal, season, ()) if season else []
            listed = next((each for each in closed if each.id == invitation), None)
            if listed is None:
                raise NotFound("no-such-invitation")
            if listed.state is not InvitationState.EXPIRED:
                raise InvalidState("invitation-closed")
            grants, label, reason, mail = listed.grants, listed.label, listed.reason, ""
        else:
            grants, label, reason, mail = former.grants, former.label, former.reason, former.mail
            if not await self._store.withdraw_link(former.hash):
                raise Unavailable("changed-meanwhile")
            by = principal
            await self._accounts.note("invitation-renewed", former.hash, grants, by=by.login, account=by.account)
        bare = (replace(grant, by="", via=(), at=0) for grant in grants)
        return await self._accounts.invite(
            principal.gives(*bare),
            by=principal,
            days=RENEWED_DAYS,
            command=command,
            label=label,
            reason=reason,
            mail=mail,
        )

    async def withdraw_invitation(self, principal: Principal, invitation: str, reason: str) -> None:
        """Nobody can accept it from now on.

        Raises:
            InvalidState: there is no reason.
            NotFound: there is no such open invitation that the caller made, or to a season of theirs.
            Unavailable: somebody is accepting it at this moment.
        """
        why = _reason(reason)
        for link in await self._store.open_invitations():
            if invitation_id(link.hash) == invitation and _manages(principal, link.grants):
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


def _manages(principal: Principal, grants: Sequence[Grant]) -> bool:
    """Whether the caller organizes every season of this invitation, or made it and may still make such ones."""
    return all(principal.may(grant.season, Role.CITY_ORGANIZER) or _gave(principal, grant) for grant in grants)


def _gave(principal: Principal, grant: Grant) -> bool:
    school = principal.grant(Role.SCHOOL_ADMIN, grant.season)
    still = principal.grant(Role.DISTRICT_ORGANIZER, grant.season) or (school and school.unit == grant.unit)
    return grant.by == principal.account and bool(still)


def _closed(identity: str, records: Sequence[RoleRecord]) -> Invitation:
    """An invitation that is not open, as its records tell it."""
    made = [record for record in records if record.what == "invited"]
    end = next((record for record in records if record.what in ENDS), None)
    state = ENDS[end.what] if end else InvitationState.EXPIRED
    at, to = (end.at, end.to) if end else (made[0].at, "")
    return Invitation(identity, tuple(record.grant for record in reversed(made)), "", 0, state, at, to, made[0].reason)


def _reason(reason: str) -> str:
    return stated_reason(reason)[:LONGEST_REASON]
