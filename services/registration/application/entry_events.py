"""Entries as events: ids only, the newest version counts."""

from collections.abc import Iterable, Iterator

from services.registration.application.ports import Person, StoredEntry
from services.registration.domain.consent import PUBLISH_WORK, has_agreed, not_agreed
from services.registration.domain.people import Name
from services.registration.domain.statements import without_names
from shared.events.base import IntegrationEvent
from shared.events.registration import (
    ConsentWithdrawnV1,
    EntryAcceptedV1,
    EntryAmendedV1,
    InstructorFact,
    MemberFact,
    PersonCorrectedV1,
    PersonNamedV1,
    WithheldConsent,
    told_standing,
)
from shared.season.fields import TEXT, Answer
from shared.season.text import Text


def entry_event(stored: StoredEntry, *, first: bool | None = None) -> EntryAcceptedV1 | EntryAmendedV1:
    """The event that tells this version of the entry; `first` unless it was told before."""
    entry = stored.entry
    facts = {
        "season": stored.season,
        "entry": entry.entry,
        "version": stored.version,
        **told_standing(stored.standing),
        "track": entry.track,
        "division": entry.division,
        "unit": entry.unit,
        "title": entry.title,
        "language": entry.language,
        "blind_title": blind if (blind := blind_title(stored)) != entry.title else "",
        "description": blind_description(stored),
        "link": entry.link,
        "video": entry.video,
        "fields": blind_answers(stored),
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


def blind_title(stored: StoredEntry) -> str:
    """The title as judges read it."""
    return without_names(stored.entry.title, _names(stored))


def blind_description(stored: StoredEntry) -> str:
    """What the work is about, as judges read it."""
    return without_names(stored.entry.description, _names(stored))


def blind_answers(stored: StoredEntry) -> dict[str, str]:
    """The answers that judges were to read, as they read them: texts with names masked."""
    return _nameless(stored, (answer for answer in stored.entry.answers if answer.judges))


def public_answers(stored: StoredEntry) -> dict[str, str]:
    """The answers that everybody was to read, with names masked as for judges; nothing unless it is agreed for every
    member, now, that the work is shown."""
    agreed = all(has_agreed(stored.consents, number, PUBLISH_WORK) for number in range(1, len(stored.members) + 1))
    return _nameless(stored, (answer for answer in stored.entry.answers if answer.public)) if agreed else {}


def _nameless(stored: StoredEntry, answers: Iterable[Answer]) -> dict[str, str]:
    names = list(_names(stored))
    return {
        answer.field: without_names(answer.value, names) if answer.type == TEXT else answer.value for answer in answers
    }


def _names(stored: StoredEntry) -> Iterator[str]:
    """Those who took part, their instructors and their school."""
    entry = stored.entry
    yield from stored.school
    for member in entry.members:
        yield from (member.name.zh, member.name.en)
    yield from (instructor.name for instructor in entry.instructors)


def consents_event(stored: StoredEntry) -> ConsentWithdrawnV1:
    """What does not hold, or holds no longer, for the members of the entry."""
    withheld = (
        WithheldConsent.model_validate({"person": person, "purposes": not_agreed(stored.consents, number)})
        for number, person in enumerate(stored.members, 1)
    )
    return ConsentWithdrawnV1(
        season=stored.season,
        entry=stored.entry.entry,
        version=stored.version,
        members=tuple(withheld_consent for withheld_consent in withheld if withheld_consent.purposes),
        at=max((consent.at for consent in stored.consents), default=stored.entry.registered_at),
    )


def standing_events(stored: StoredEntry) -> list[IntegrationEvent]:
    """What is told when an entry begins to stand: the entry, and what was not agreed to for its members, if anything."""
    consents = consents_event(stored)
    return [entry_event(stored, first=True), *([consents] if consents.members else [])]


def correction_events(
    person: Person, name: Name, entry: StoredEntry | None, at: int, reason: str
) -> list[IntegrationEvent]:
    """What is told of a name put right: the name, and that certificates of the season of `entry` are superseded."""
    version = person.version + 1
    named = PersonNamedV1(person=person.id, version=version, name=Text(zh=name.zh, en=name.en))
    if entry is None:
        return [named]
    corrected = PersonCorrectedV1(
        person=person.id,
        version=version,
        season=entry.season,
        entry=entry.entry.entry,
        corrected_at=at,
        reason=reason,
    )
    return [named, corrected]
