"""A live entry on its way: draft, guardian's consent, submission, review. The database's clock decides deadlines."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from services.registration.application.imports import wanted_people
from services.registration.application.ports import Consent, Season, Store, StoredEntry
from services.registration.application.telling import told_entry
from services.registration.domain.entries import Entry, Instructor, Member, derive_division, standing
from services.registration.domain.people import Name, birth_of, guardian_needed, student_key
from shared.errors import Invalid, NotFound, Refused
from shared.season.records import is_month, micros, moment
from shared.season.rules import SeasonRules

ID_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ID_LENGTH = 6
CONSENT_TEXT = "2026-11"
"""Version of the text that guardians agree to; a change of the text is a new version."""
LONGEST_TITLE = 120
LONGEST_NAME = 80
REVIEWS = ("approved", "returned", "rejected")


@dataclass(frozen=True, slots=True)
class Applicant:
    """The student who is signed in: account, person, school."""

    account: str
    person: str
    unit: str


@dataclass(frozen=True, slots=True)
class TeamMate:
    name: Name
    birth: str
    grade: int | None


@dataclass(frozen=True, slots=True)
class Application:
    """What a student fills in."""

    track: str
    title: str
    grade: int | None
    mates: tuple[TeamMate, ...]
    instructors: tuple[str, ...]


async def enter_person(season: Season, unit: str, name: Name, birth: str, store: Store) -> str:
    """The id of the student of this school, name and birth month.

    Raises:
        Invalid: naming each field that is missing or not understood.
    """
    errors = []
    units = await store.units.of(season.id)
    if unit not in units or units[unit].level != season.rules.unit_levels[-1]:
        errors.append(_error("unit", "field-school"))
    if not name.best or max(len(name.zh), len(name.en)) > LONGEST_NAME:
        errors.append(_error("name_zh", "field-name"))
    if not is_month(birth) or not "1990" <= birth[:4] <= "2100":
        errors.append(_error("birth", "field-birth"))
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    key = student_key(unit, name, birth)
    return (await store.people.settle(season.id, {("student", key): name}))["student", key]


def _error(field: str, code: str) -> dict[str, str]:
    return {"pointer": f"/{field}", "field": field, "code": code}


async def draft(season: Season, applicant: Applicant, form: Application, now: int, store: Store) -> StoredEntry:
    """Begin an entry.

    Raises:
        Invalid: naming each field that will not do.
        Refused: registration is not open, or a limit of the season is reached.
    """
    window = season.rules.window("registration")
    if not micros(window.opens) <= now <= micros(window.closes):
        raise Refused("registration-not-open")
    entry = await _entry(season, applicant, form, now, store)
    people = await store.people.settle(season.id, wanted_people([entry]))
    stored = StoredEntry(
        season=season.id,
        entry=entry,
        version=1,
        standing="draft",
        members=tuple(people["student", student_key(entry.unit, m.name, m.birth)] for m in entry.members),
        instructors=tuple(people["instructor", one.id] for one in entry.instructors),
        owner=applicant.account,
        history=({"what": "drafted", "at": now},),
        told=False,
    )
    await _check_limits(season.rules, stored, store)
    if not await store.entries.add([(stored, [])]):
        raise Refused("changed-meanwhile")
    store.wake()
    return stored


async def edit(
    season: Season, stored: StoredEntry, applicant: Applicant, form: Application, now: int, store: Store
) -> StoredEntry:
    """Change a draft or a returned entry. Consents stay for members who stay as they are.

    Raises:
        Invalid: naming each field that will not do.
        Refused: it is submitted already, or a limit of the season is reached.
    """
    if stored.standing not in ("draft", "returned"):
        raise Refused("entry-not-editable")
    entry = replace(
        await _entry(season, applicant, form, now, store),
        entry=stored.entry.entry,
        registered_at=stored.entry.registered_at,
        submitted_at=None,
    )
    people = await store.people.settle(season.id, wanted_people([entry]))
    kept = {member: consent for consent in stored.consents for member in [stored.entry.members[consent.member - 1]]}
    after = replace(
        stored,
        entry=entry,
        version=stored.version + 1,
        standing="draft",
        members=tuple(people["student", student_key(entry.unit, m.name, m.birth)] for m in entry.members),
        instructors=tuple(people["instructor", one.id] for one in entry.instructors),
        consents=tuple(
            replace(kept[member], member=number) for number, member in enumerate(entry.members, 1) if member in kept
        ),
    )
    await _check_limits(season.rules, after, store)
    await store.entries.save(after, [], {"what": "edited", "at": now})
    store.wake()
    return after


async def _entry(season: Season, applicant: Applicant, form: Application, now: int, store: Store) -> Entry:
    rules = season.rules
    person = await store.people.find(applicant.person)
    if person is None:
        raise NotFound("no-such-person")
    errors = []
    track = next((one for one in rules.tracks if one.id == form.track and one.entrant == "students"), None)
    if track is None:
        errors.append(_error("track", "field-track"))
    if not form.title.strip() or len(form.title) > LONGEST_TITLE:
        errors.append(_error("title", "field-title"))
    if form.grade is None:
        errors.append(_error("grade", "field-grade"))
    for number, mate in enumerate(form.mates, 2):
        if not mate.name.best or len(mate.name.best) > LONGEST_NAME:
            errors.append(_error(f"m{number}_name", "field-name"))
        if not is_month(mate.birth):
            errors.append(_error(f"m{number}_birth", "field-birth"))
        if mate.grade is None:
            errors.append(_error(f"m{number}_grade", "field-grade"))
    low, high = track.instructors if track else (0, 2)
    if not low <= len(form.instructors) <= high:
        errors.append(_error(f"i{min(len(form.instructors), high) + 1}_name", "field-instructors"))
    if len({name.strip() for name in form.instructors}) < len(form.instructors):
        errors.append(_error("i2_name", "field-instructor-repeated"))
    if errors or track is None:
        raise Invalid("fields-invalid", errors=errors)
    members = (
        Member(person.name, birth_of(person.key), form.grade or 0),
        *(Member(mate.name, mate.birth, mate.grade or 0) for mate in form.mates),
    )
    keys = [student_key(applicant.unit, member.name, member.birth) for member in members]
    if len(set(keys)) < len(keys):
        raise Invalid("fields-invalid", errors=[_error("m2_name", "field-member-repeated")])
    try:
        division = derive_division(rules, track, members)
    except Invalid as error:
        field = "m2_name" if error.code == "team-size" else "grade"
        raise Invalid("fields-invalid", errors=[_error(field, f"field-{error.code}")]) from error
    return Entry(
        entry="".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH)),
        track=track.id,
        division=division.id,
        unit=applicant.unit,
        title=form.title.strip(),
        exhibition=False,
        registered_at=now,
        submitted_at=None,
        review="",
        members=members,
        instructors=tuple(Instructor(_instructor_id(applicant.unit, name), name.strip()) for name in form.instructors),
    )


def _instructor_id(unit: str, name: str) -> str:
    """One instructor of a school, named twice, stays one."""
    digest = sha256(f"{unit}\x1f{student_key(unit, Name(name, ''), '')}".encode()).hexdigest()
    return f"{unit}-I{digest[:8]}"


async def _check_limits(rules: SeasonRules, stored: StoredEntry, store: Store) -> None:
    limits = rules.limits
    for person in stored.members:
        others = await _others(person, stored, store)
        in_track = sum(1 for one in others if one.entry.track == stored.entry.track)
        if limits.entries_per_student_and_track and in_track >= limits.entries_per_student_and_track:
            raise Refused("limit-track", limit=limits.entries_per_student_and_track)
        if limits.entries_per_student and len(others) >= limits.entries_per_student:
            raise Refused("limit-student", limit=limits.entries_per_student)
    for person in stored.instructors:
        others = await _others(person, stored, store)
        if limits.entries_per_instructor and len(others) >= limits.entries_per_instructor:
            raise Refused("limit-instructor", limit=limits.entries_per_instructor)


async def _others(person: str, stored: StoredEntry, store: Store) -> Sequence[StoredEntry]:
    return [
        one
        for one in await store.entries.with_person(person)
        if one.season == stored.season and one.entry.entry != stored.entry.entry and one.standing != "rejected"
    ]


def consent_needed(stored: StoredEntry, now: int) -> tuple[int, ...]:
    """The numbers of the members for whom somebody has yet to consent by link.

    A guardian for everybody under 14, and a team mate over that age for themselves; the student who hands in and is
    14 or older consents by submitting.
    """
    month = f"{moment(now):%Y-%m}"
    given = {consent.member for consent in stored.consents}
    return tuple(
        number
        for number, member in enumerate(stored.entry.members, 1)
        if number not in given and (number > 1 or guardian_needed(member.birth, month))
    )


def consent_token(key: bytes, season: str, entry: str, member: int) -> str:
    """The secret part of a consent link: 128 bits that only this installation can make."""
    digest = hmac.new(key, f"{season}/{entry}/{member}".encode(), sha256).digest()
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


async def give_consent(
    stored: StoredEntry, member: int, guardian: str, relation: str, now: int, store: Store
) -> StoredEntry:
    """Record who agreed, in which relation, when and how.

    Raises:
        Invalid: the name or the relation is missing.
        NotFound: there is no such member.
    """
    if not 1 <= member <= len(stored.entry.members):
        raise NotFound("no-such-member")
    errors = [
        _error(field, code)
        for field, code, given in (
            ("guardian", "field-guardian", guardian),
            ("relation", "field-relation", relation),
        )
        if not given.strip() or len(given) > LONGEST_NAME
    ]
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    if any(consent.member == member for consent in stored.consents):
        return stored
    consent = Consent(member, guardian.strip(), relation.strip(), now, CONSENT_TEXT, "link")
    after = replace(stored, version=stored.version + 1, consents=(*stored.consents, consent))
    await store.entries.save(after, [], {"what": "consented", "at": now, "member": member})
    return after


async def submit(season: Season, stored: StoredEntry, now: int, store: Store) -> StoredEntry:
    """Hand the entry in.

    Raises:
        Refused: a consent is missing, it was handed in already, or the deadline has passed by the database's clock.
    """
    if stored.standing not in ("draft", "returned"):
        raise Refused("entry-submitted")
    if consent_needed(stored, now):
        raise Refused("consent-missing")
    closes = micros(season.rules.window("registration").closes)
    submitted_at = await store.entries.submit(stored, max(closes, stored.later.extended_until or closes))
    entry = replace(stored.entry, submitted_at=submitted_at, review="")
    return replace(stored, version=stored.version + 1, entry=entry, standing="pending")


async def review(
    season: Season, stored: StoredEntry, verdict: str, reason: str, by: str, now: int, store: Store
) -> StoredEntry:
    """Approve, return or reject a submitted entry; returning and rejecting need a reason. Approval tells the others.

    Raises:
        Invalid: the verdict is unknown or the reason is missing.
        Refused: the entry is not waiting for review.
    """
    if verdict not in REVIEWS:
        raise Invalid("verdict-unknown")
    if verdict != "approved" and not reason.strip():
        raise Refused("reason-needed")
    if stored.entry.submitted_at is None or stored.standing != "pending":
        raise Refused("entry-not-pending")
    entry = replace(stored.entry, review=verdict)
    after = replace(stored, version=stored.version + 1, entry=entry)
    after = replace(after, standing=standing(entry, season.rules, stored.later), told=verdict == "approved")
    events = [told_entry(after, first=True)] if verdict == "approved" else []
    note = {"what": verdict, "at": now, "reason": reason.strip(), "by": by}
    await store.entries.save(after, events, note)
    store.wake()
    return after
