"""Reminders: whom something waits for, by state, and what a letter to all of them is."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from services.registration.domain.messages import DAY, Message
from shared.states import State

MOST_WORDS = 500
"""Characters of what the organizer adds."""
FIRST = 5
"""So many receivers are named in a preview."""
PAUSE = DAY
"""Within this time nobody is reminded again of the same without a reason."""


class ReminderKind(State):
    """Whom something waits for."""

    ENTRIES_RETURNED = "entries-returned"
    CONSENTS_OF_SCHOOL = "consents-of-school"
    SUMMARY_MISSING = "summary-missing"
    DRAFTS = "drafts"
    CONSENTS_OF_ENTRY = "consents-of-entry"
    BALLOTS_OPEN = "ballots-open"

    @property
    def message(self) -> str:
        """The kind of the messages."""
        return f"reminder-{self}"


OF_SCHOOLS = frozenset({ReminderKind.ENTRIES_RETURNED, ReminderKind.CONSENTS_OF_SCHOOL, ReminderKind.SUMMARY_MISSING})
"""To the accounts of schools and other units; a district reminds those in its part."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A unit, an entry or a judge for whom so many things wait, under the name that the staff may see, and its accounts."""

    name: str
    count: int
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receiver:
    """An account that is reminded, once, whatever number of its units or entries waits."""

    account: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """What would be sent, and what was: of what, to whom by state, in whose words, by whom."""

    season: str
    kind: ReminderKind
    unit: str
    """The part of the organization that reminds."""
    number: int
    """Counted from 1 among those of this kind and part."""
    words: str
    receivers: tuple[Receiver, ...]
    without_account: int
    """How many wait that nobody signs in for."""

    @property
    def key(self) -> str:
        return f"{self.season}/reminders/{self.kind}/{self.unit}/{self.number}"

    @property
    def hash(self) -> str:
        """Other receivers, counts or words, another hash."""
        told = [[receiver.account, receiver.name, receiver.count] for receiver in self.receivers]
        return sha256(json.dumps([self.key, self.words, told]).encode()).hexdigest()

    def messages(self, at: int) -> list[Message]:
        """One to each receiver, whatever number of times they are made."""
        return [
            Message(
                f"{self.key}/{receiver.account}",
                receiver.account,
                self.kind.message,
                self.season,
                "",
                at,
                {"title": receiver.name, "count": str(receiver.count), "words": self.words, "reason": ""},
            )
            for receiver in self.receivers
        ]


def receivers_of(waiting: Iterable[Waiting]) -> tuple[Receiver, ...]:
    """Each account once, by the first name under which something waits for it."""
    receivers: dict[str, Receiver] = {}
    for place in waiting:
        for account in place.accounts:
            present = receivers.get(account)
            receivers[account] = Receiver(
                account, present.name if present else place.name, place.count + (present.count if present else 0)
            )
    return tuple(receivers.values())
