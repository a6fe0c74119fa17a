"""Which happenings people are told of, and whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.registration.domain.entries import HANDED_IN
from shared.states import State

CONFIRMATIONS: Mapping[str, str] = {
    "submitted": "entry-submitted",
    "returned": "entry-returned",
    "rejected": "entry-rejected",
    "approved": "entry-approved",
    "withdrawal": "entry-withdrawn",
    "extension": "entry-extended",
    "transfer": "entry-transferred",
    "exhibition": "entry-exhibited",
    "competition": "entry-competing",
    "consent_withdrawal": "consent-withdrawn",
}
"""By what stands in an entry's history, the kind of message. Other happenings are seen on the page of the entry."""
CHANGED = "entry-changed"
"""To those who had agreed, where the group or the members became others."""
CORRECTION = "correction-asked"
"""To the school: a guardian asks that something be put right."""


HOOKS: Mapping[str, str] = {**CONFIRMATIONS, "imported": "entry-submitted"}
"""The same for organizers' systems: an entry that came by a sheet was handed in as well."""


class HookKind(StrEnum):
    """What organizers' own systems may be told of."""

    ENTRY_SUBMITTED = "entry.submitted"
    ENTRY_RETURNED = "entry.returned"
    ENTRY_REJECTED = "entry.rejected"
    ENTRY_APPROVED = "entry.approved"
    ENTRY_WITHDRAWN = "entry.withdrawn"
    ENTRY_EXTENDED = "entry.extended"
    ENTRY_TRANSFERRED = "entry.transferred"
    ENTRY_EXHIBITED = "entry.exhibited"
    ENTRY_COMPETING = "entry.competing"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    ROUND_CLOSED = "round.closed"
    RESULTS_ANNOUNCED = "results.announced"
    RESULTS_FINAL = "results.final"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_CORRECTED = "certificate.corrected"
    CERTIFICATE_REVOKED = "certificate.revoked"
    CERTIFICATE_RESTORED = "certificate.restored"


class DeliveryState(State):
    """How far something is that is sent to an address outside."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    NONE = "none"


DAY = 86_400_000_000
REMINDERS: Mapping[str, int] = {"reminder-3-days": 3 * DAY, "reminder-1-day": DAY}
"""Before the deadline, for entries that are not handed in."""
REMINDED_AT: Mapping[str, str] = {
    "reminder-entries-returned": "/registration/seasons/{season}/desk?standing=returned",
    "reminder-consents-of-school": "/registration/seasons/{season}/desk",
    "reminder-summary-missing": "/registration/seasons/{season}/summaries",
    "reminder-drafts": "/registration/me",
    "reminder-consents-of-entry": "/registration/me",
    "reminder-ballots-open": "/judging/seasons/{season}/tasks",
}
"""Where whoever is reminded does what waits for them."""


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


def place_of(kind: str, season: str, entry: str) -> str:
    """Where whoever is told sees what it is about."""
    if kind.startswith("certificate-"):
        return "/certificates/mine"
    if kind in REMINDED_AT:
        return REMINDED_AT[kind].format(season=season)
    return f"/registration/entries/{season}/{entry}" if entry else "/registration/messages"


def told_of(note: Mapping[str, Any], *, whole: bool) -> str | None:
    """The kind of message for a note of the history; an approval counts once every level has given it (`whole`)."""
    if note.get("changed"):
        return CHANGED
    if note.get("what") == CORRECTION:
        return CORRECTION
    return _kind(CONFIRMATIONS, note, whole=whole)


def hook_of(note: Mapping[str, Any], *, whole: bool) -> HookKind | None:
    """What an organizer's system is told for a note; nothing of what came by a sheet and stood as a draft."""
    kind = _kind(HOOKS, note, whole=whole)
    if kind is None or (note["what"] == "imported" and note.get("standing") not in HANDED_IN):
        return None
    return HookKind(kind.replace("-", "."))


def concerns_somebody(note: Mapping[str, Any]) -> bool:
    """Whether people or systems may have to be told of a note."""
    return told_of(note, whole=True) is not None or note.get("what") in HOOKS


def _kind(kinds: Mapping[str, str], note: Mapping[str, Any], *, whole: bool) -> str | None:
    kind = kinds.get(str(note.get("what", "")))
    return None if kind == "entry-approved" and not whole else kind


def reminder_due(now: int, deadline: int) -> str | None:
    """The latest reminder whose time has come."""
    left = deadline - now
    due = [kind for kind, before in REMINDERS.items() if 0 < left <= before]
    return due[-1] if due else None
