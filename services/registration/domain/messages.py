"""Which happenings people are told of, and whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.states import State

CONFIRMATIONS: Mapping[str, str] = {
    "submitted": "entry-submitted",
    "returned": "entry-returned",
    "rejected": "entry-rejected",
    "approved": "entry-approved",
    "withdrawal": "entry-withdrawn",
    "extension": "entry-extended",
    "consent_withdrawal": "consent-withdrawn",
}
"""By what stands in an entry's history, the kind of message. Other happenings are seen on the page of the entry."""


class DeliveryState(State):
    """How far something is that is sent to an address outside."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    NONE = "none"


DAY = 86_400_000_000
REMINDERS: Mapping[str, int] = {"reminder-3-days": 3 * DAY, "reminder-1-day": DAY}
"""Before the deadline, for entries that are not handed in."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell one account. The same key is told once, whatever comes twice."""

    key: str
    account: str
    kind: str
    season: str
    entry: str
    at: int
    values: Mapping[str, str] = field(default_factory=dict)


def told_of(note: Mapping[str, Any], *, whole: bool) -> str | None:
    """The kind of message for a note of the history; an approval counts once every level has given it (`whole`)."""
    kind = CONFIRMATIONS.get(str(note.get("what", "")))
    return None if kind == "entry-approved" and not whole else kind


def reminder_due(now: int, deadline: int) -> str | None:
    """The latest reminder whose time has come."""
    left = deadline - now
    due = [kind for kind, before in REMINDERS.items() if 0 < left <= before]
    return due[-1] if due else None
