"""Entries as events: ids only, the newest version counts."""

from services.registration.application.ports import StoredEntry
from shared.events.registration import EntryAcceptedV1, EntryAmendedV1, InstructorFact, MemberFact


def told_entry(stored: StoredEntry, *, first: bool | None = None) -> EntryAcceptedV1 | EntryAmendedV1:
    """The event that tells this version of the entry; `first` unless it was told before."""
    entry = stored.entry
    facts = {
        "season": stored.season,
        "entry": entry.entry,
        "version": stored.version,
        "standing": stored.standing,
        "track": entry.track,
        "division": entry.division,
        "unit": entry.unit,
        "title": entry.title,
        "registered_at": entry.registered_at,
        "submitted_at": entry.submitted_at,
        "members": tuple(
            MemberFact(person=person, grade=member.grade)
            for person, member in zip(stored.members, entry.members, strict=True)
        ),
        "instructors": tuple(
            InstructorFact(instructor=instructor.id, person=person)
            for person, instructor in zip(stored.instructors, entry.instructors, strict=True)
        ),
    }
    is_first = stored.version == 1 if first is None else first
    return (EntryAcceptedV1 if is_first else EntryAmendedV1).model_validate(facts)
