"""What is left of an entry when somebody's data is erased, and when data is erased by its term."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.registration.domain.consent import Consent
from services.registration.domain.entries import NEVER_STOOD, Entry, Instructor, Member
from services.registration.domain.people import Name
from shared.season.rules import SeasonRules
from shared.season.time import to_unix_micros
from shared.states import EntryStatus

NOBODY = Name("*", "*")
"""What stands where a name was."""
UNKNOWN_MONTH = "0000-00"
DAY = 86_400_000_000


def without_member(entry: Entry, place: int) -> Entry:
    """The entry without the name and birth month of the member at this place (from 1). The grade made the division; it stays."""
    members = tuple(
        Member(NOBODY, UNKNOWN_MONTH, member.grade) if number == place else member
        for number, member in enumerate(entry.members, 1)
    )
    return replace(entry, members=members)


def without_statement(entry: Entry) -> Entry:
    """The entry without what its work states of itself and what was answered, once nobody who made it is named any more."""
    return replace(entry, description="", link="", video="", answers=())


def without_instructor(entry: Entry, place: int) -> Entry:
    """The entry without the name of the instructor at this place (from 1)."""
    instructors = tuple(
        Instructor(instructor.id, NOBODY.zh) if number == place else instructor
        for number, instructor in enumerate(entry.instructors, 1)
    )
    return replace(entry, instructors=instructors)


def without_guardian(consents: Sequence[Consent], member: int) -> tuple[Consent, ...]:
    """The proof that somebody consented, when and to what, without who it was."""
    return tuple(
        replace(consent, guardian=NOBODY.zh if consent.guardian else "", relation="", by="")
        if consent.member == member
        else consent
        for consent in consents
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """How long data is kept after its season, in days; the operator's settings say it, and pages show it."""

    never_stood: int
    """Entries that gave no result: after registration closed."""
    works: int
    """Files of works: after the last round's judging closed."""


def due(rules: SeasonRules, standing: EntryStatus, now: int, terms: Terms) -> bool:
    """Whether the personal data of an entry with this standing has come to its term."""
    closed = to_unix_micros(rules.window("registration").closes)
    return standing in NEVER_STOOD and now > closed + terms.never_stood * DAY


def works_due(rules: SeasonRules, now: int, terms: Terms) -> bool:
    """Whether the files of a season's works have come to their term."""
    return now > to_unix_micros(rules.rounds[-1].judging.closes) + terms.works * DAY
