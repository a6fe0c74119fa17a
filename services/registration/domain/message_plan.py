"""Which messages a season sends by itself, when, and to how many entries at most: from its rules and a number alone."""

from dataclasses import dataclass
from datetime import datetime

from services.registration.domain.messages import REMINDERS
from shared.season.rules import SeasonRules
from shared.season.time import from_unix_micros, to_unix_micros


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """A kind of message by its name, from when to when it goes out, and about how many entries at most.

    Without `until` it goes out at one moment, or from it on.
    """

    kind: str
    opens: datetime
    until: datetime | None
    most: int


def planned_messages(rules: SeasonRules, entries: int) -> tuple[PlannedMessage, ...]:
    """Those of a season in which all goes its usual way, in the order in which they begin.

    What corrects, returns, takes back or asks again is told when it happens and stands in no plan, nor do reminders that an
    organizer writes by hand.
    """
    registration, notice = rules.window("registration"), rules.window("results_notice")
    opens, closes = to_unix_micros(registration.opens), to_unix_micros(registration.closes)
    planned = [
        PlannedMessage("entry-submitted", registration.opens, registration.closes, entries),
        PlannedMessage("entry-approved", registration.opens, _review_ends(rules), entries),
        PlannedMessage("results-announced", notice.opens, None, entries),
        PlannedMessage("certificate-ready", notice.closes, None, entries),
    ]
    planned += [
        PlannedMessage(kind, from_unix_micros(closes - before), None, entries)
        for kind, before in REMINDERS.items()
        if closes - before > opens
    ]
    planned += [
        PlannedMessage("goes-on", round_.judging.closes, None, entries) for round_ in rules.rounds if round_.advance
    ]
    return tuple(sorted(planned, key=lambda message: message.opens))


def _review_ends(rules: SeasonRules) -> datetime:
    """Entries are reviewed until they are judged, and at least while they come in."""
    return max(rules.window("registration").closes, min(round_.judging.opens for round_ in rules.rounds))
