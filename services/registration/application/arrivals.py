"""How far somebody who is awaited has come in, a judge or the administrator of a unit, and by which invitations."""

from collections.abc import Iterable, Mapping, Sequence

from services.registration.application.roles import Invitation, InvitationStage
from shared.states import State


class Arrival(State):
    """How far somebody who is awaited has come in."""

    UNINVITED = "uninvited"
    UNOPENED = "unopened"
    OPENED = "opened"
    EXPIRED = "expired"
    JOINED = "joined"


STAGES: Mapping[InvitationStage, Arrival] = {
    InvitationStage.UNOPENED: Arrival.UNOPENED,
    InvitationStage.OPENED: Arrival.OPENED,
    InvitationStage.EXPIRED: Arrival.EXPIRED,
}
"""What the newest invitation says of somebody who has not joined. One that ended otherwise leaves nothing to wait for."""


def arrival_of(waiting: Sequence[Invitation], *, joined: bool) -> Arrival:
    """Of somebody for whom these invitations wait, what is good the longest first."""
    if joined:
        return Arrival.JOINED
    return STAGES[waiting[0].stage] if waiting else Arrival.UNINVITED


def longest_first(invitations: Iterable[Invitation]) -> tuple[Invitation, ...]:
    """What is good the longest first; of those without an end the newest."""
    return tuple(sorted(invitations, key=lambda invitation: (-invitation.expires_at, -invitation.at)))
