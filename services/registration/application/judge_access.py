"""How judges come in and are let go: invited once, sent again, withdrawn before they join, stopped afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.registration.application.arrivals import Arrival, arrival_of, longest_first
from services.registration.application.judges import Invitations, Judges, Letter, write_letters
from services.registration.application.ports import Season
from services.registration.application.roles import RENEWED_DAYS, HeldRole, Invitation, InvitationStage, Roles
from services.registration.domain.judges import Judge
from services.registration.domain.reasons import stated_reason
from shared.commands import Command
from shared.errors import InvalidState, NotFound
from shared.identity import Grant, Principal, Role

OF_JUDGES = frozenset({Role.JUDGE, Role.CHIEF_JUDGE})


@dataclass(frozen=True, slots=True)
class JudgeAccess:
    """Whether a judge has joined or was invited: the role that they hold, and the invitations that wait for them."""

    role: HeldRole | None = None
    waiting: tuple[Invitation, ...] = ()
    """Open or expired, what is good the longest first."""

    @property
    def stage(self) -> Arrival:
        return arrival_of(self.waiting, joined=self.role is not None)

    @property
    def at(self) -> int:
        """Since when they are in, or until when they are awaited; 0 where that is not known."""
        if self.role:
            return self.role.grant.at
        return self.waiting[0].expires_at or self.waiting[0].at if self.waiting else 0


async def access_of(season: Season, judges: Iterable[Judge], by: Principal, roles: Roles) -> dict[str, JudgeAccess]:
    """How far each of these judges has come in.

    Raises:
        NotAllowed: the caller does not organize the season.
    """
    held = {role.grant.ref: role for role in await roles.held(by, season.id) if _seats(role.grant, season)}
    waiting: dict[str, list[Invitation]] = {}
    for invitation in await roles.all_invitations(by, season.id):
        if invitation.renewable:
            for ref in {grant.ref for grant in invitation.grants if _seats(grant, season)}:
                waiting.setdefault(ref, []).append(invitation)
    return {
        judge.judge: JudgeAccess(held.get(judge.judge), longest_first(waiting.get(judge.judge, ()))) for judge in judges
    }


def _seats(grant: Grant, season: Season) -> bool:
    return grant.role in OF_JUDGES and grant.season == season.id


async def invite_judge(
    season: Season,
    judge: Judge,
    access: JudgeAccess,
    by: Principal,
    command: Command,
    judges: Judges,
    invitations: Invitations,
    roles: Roles,
) -> Letter:
    """A letter for one judge; an invitation that waits is made anew, so that its address ends.

    Raises:
        InvalidState: they have joined, or the season is kept in records.
    """
    if access.role:
        raise InvalidState("judge-has-joined", login=access.role.login)
    if access.waiting:
        secret = await roles.renew_invitation(by, access.waiting[0].id, season.id, command)
        return Letter(judge, secret, RENEWED_DAYS)
    (letter,) = await write_letters(season, [judge.judge], by, command, judges, invitations)
    return letter


async def withdraw_letters(access: JudgeAccess, by: Principal, reason: str, roles: Roles) -> None:
    """Nobody can come in by a letter to this judge from now on.

    Raises:
        InvalidState: there is no reason.
        NotFound: no invitation is open.
    """
    why = stated_reason(reason)
    open_ = [invitation for invitation in access.waiting if invitation.stage is not InvitationStage.EXPIRED]
    if not open_:
        raise NotFound("no-such-invitation")
    for invitation in open_:
        await roles.withdraw_invitation(by, invitation.id, why)


async def stop_judge(season: Season, access: JudgeAccess, by: Principal, reason: str, roles: Roles) -> None:
    """Take a judge's role back, for a reason: their sessions end, and what they submitted stays.

    Raises:
        InvalidState: there is no reason, or it is the caller's own role.
        NotFound: they have not joined.
    """
    why = stated_reason(reason)
    if access.role is None:
        raise NotFound("judge-not-joined")
    await roles.withdraw(by, season.id, access.role.id, why)
