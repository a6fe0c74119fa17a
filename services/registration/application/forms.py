"""What an entrant fills in, checked field by field, and the limits of the season."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.registration.application.imports import wanted_instructors
from services.registration.application.ports import Person, PersonKind, Season, Store, StoredEntry
from services.registration.domain.entries import (
    Entry,
    Instructor,
    Member,
    ReviewState,
    derive_division,
    derive_unit_division,
    division_of_level,
)
from services.registration.domain.people import Name, birth_of, instructor_id, is_birth_month, student_key
from services.registration.domain.statements import FIELDS, MOST_TEXT, find_faults
from shared.commands import Command
from shared.errors import Invalid, NotFound, error_at
from shared.identity import Principal, Role
from shared.names import has_letter
from shared.season.fields import LONGEST_ADDRESS, LONGEST_FILE_NAME, answers_to, column_of_field, trimmed, values_of
from shared.season.fields import find_faults as find_faults_of_answers
from shared.season.printing import NAME, TITLE, Printed, find_fault
from shared.season.rules import CustomField, DateField, FileField, NumberField, SeasonRules, TextField, Track
from shared.season.text import LANGUAGES


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who enters: a student for themselves and their team, or somebody for a school's students (`person` empty)."""

    account: str
    person: str
    unit: str
    for_school: bool = False
    """Whether they say who the school's students are: its administrators and those above them, not its instructors."""

    def names(self, name: Name, birth: str) -> str:
        """What tells a student apart whom they name."""
        return student_key(self.unit, name, birth, "" if self.for_school else self.account)


def find_applicant(principal: Principal, season: Season) -> Applicant | None:
    """As whom somebody enters: a student for themselves and their team, else a school or its instructor for its students.

    Where units enter, the administrator of one above the schools enters for it.
    """
    student = principal.grant(Role.STUDENT, season.id)
    if student and (person := principal.person_in(season.id)):
        return Applicant(principal.account, person, student.unit)
    for role in (Role.SCHOOL_ADMIN, Role.INSTRUCTOR):
        if grant := principal.grant(role, season.id):
            return Applicant(principal.account, "", grant.unit, for_school=role is Role.SCHOOL_ADMIN)
    district = principal.grant(Role.DISTRICT_ORGANIZER, season.id)
    if district and any(track.entrant == "unit" for track in season.rules.tracks):
        return Applicant(principal.account, "", district.unit, for_school=True)
    return None


@dataclass(frozen=True, slots=True)
class TeamMate:
    name: Name
    birth: str
    grade: int | None


@dataclass(frozen=True, slots=True)
class Application:
    """What an entrant fills in. `grade` is the student's own; `mates` are the others, for a school all."""

    track: str
    title: str
    grade: int | None
    mates: tuple[TeamMate, ...]
    instructors: tuple[str, ...]
    language: str = ""
    description: str = ""
    link: str = ""
    video: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Answers to the fields of the track, by id."""


def application_of(stored: StoredEntry, applicant: Applicant) -> Application:
    """What would be filled in to have the entry as it is."""
    entry, own = stored.entry, 1 if applicant.person else 0
    return Application(
        track=entry.track,
        title=entry.title,
        grade=entry.members[0].grade if own else None,
        mates=tuple(TeamMate(member.name, member.birth, member.grade) for member in entry.members[own:]),
        instructors=tuple(instructor.name for instructor in entry.instructors),
        language=entry.language,
        description=entry.description,
        link=entry.link,
        video=entry.video,
        fields=values_of(entry.answers),
    )


def open_tracks(rules: SeasonRules, applicant: Applicant, level: str) -> tuple[Track, ...]:
    """The tracks that are open for an applicant whose unit is of this level: for a unit's own entries only where it
    administers the unit and there is a division of its level; for students where the unit is a school.
    """
    return tuple(
        track
        for track in rules.tracks
        if (
            level == rules.unit_levels[-1]
            if track.entrant == "students"
            else applicant.for_school and division_of_level(rules, track, level)
        )
    )


async def enter_person(season: Season, unit: str, name: Name, birth: str, command: Command, store: Store) -> str:
    """The id of the student of this school, name and birth month.

    Raises:
        Invalid: naming each field that is missing or not understood.
    """
    await check_person(season, unit, name, birth, store)
    return await store.people.enter(season.id, student_key(unit, name, birth), name, command)


async def enter_oneself(season: Season, unit: str, name: Name, birth: str, command: Command, store: Store) -> str:
    """The same for somebody who signs up without proof of who they are: somebody of their own, whoever is known.

    Raises:
        Invalid: naming each field that is missing or not understood.
    """
    await check_person(season, unit, name, birth, store)
    key = student_key(unit, name, birth, command.derive("stated by")[:8].hex())
    return await store.people.enter(season.id, key, name, command)


async def enter_again(season: Season, unit: str, known: Person, account: str, command: Command, store: Store) -> str:
    """Who somebody is in a further season, as they were known before: for one account and school one person, who is
    somebody of its own like everybody who signs up.

    Raises:
        Invalid: the school is none of the season.
    """
    birth = birth_of(known.key)
    await check_person(season, unit, known.name, birth, store)
    return await store.people.enter(
        season.id, student_key(unit, known.name, birth, f"self-{account}"), known.name, command
    )


async def check_person(season: Season, unit: str, name: Name, birth: str, store: Store) -> None:
    """Raises Invalid, naming each field that is missing or not understood."""
    errors = []
    if not await is_school(season, unit, store):
        errors.append(error_at("unit", "field-school"))
    errors += name_errors(name, "name_zh", "name_en")
    if not is_birth_month(birth):
        errors.append(error_at("birth", "field-birth"))
    if errors:
        raise Invalid("fields-invalid", errors=errors)


async def enter_instructor(season: Season, unit: str, name: str, store: Store) -> str:
    """The id of the instructor of this school and name: whoever entries name already, or somebody new.

    Raises:
        Invalid: the name is missing or too long, or this instructor has an account.
    """
    plain = name.strip()
    if errors := text_errors("name", plain, NAME, "field-name"):
        raise Invalid("fields-invalid", errors=errors)
    key = instructor_id(unit, plain)
    person = (await store.people.settle(season.id, {("instructor", key): Name.written(plain)}))["instructor", key]
    if await store.people.has_account(person):
        raise Invalid("fields-invalid", errors=[error_at("name", "field-instructor-known")])
    return person


async def is_entrant(season: Season, unit: str, store: Store) -> bool:
    """Whether entries may be of this unit: it is a school, or some track is open for units of its level."""
    stored_unit = await store.units.find(season.id, unit)
    whole = Applicant("", "", unit, for_school=True)
    return stored_unit is not None and bool(open_tracks(season.rules, whole, stored_unit.level))


async def is_school(season: Season, unit: str, store: Store) -> bool:
    """Whether students enter for this unit: it is of the last level."""
    stored_unit = await store.units.find(season.id, unit)
    return stored_unit is not None and stored_unit.level == season.rules.unit_levels[-1]


def name_errors(name: Name, zh: str, en: str) -> list[dict[str, str]]:
    """What will not do about a person's name, at the fields of its two writings."""
    if not name.best:
        return [error_at(zh, "field-name")]
    written = [(field, text) for field, text in ((zh, name.zh), (en, name.en)) if text]
    return [error for field, text in written for error in text_errors(field, text, NAME, "field-name")]


def text_errors(field: str, text: str, printed: Printed, code: str) -> list[dict[str, str]]:
    """What will not do about a text that is needed and printed: `code` where it is missing or too long."""
    fault = find_fault(text, printed)
    if fault and fault.code == "BAD_SIGN":
        return [error_at(field, "field-sign", characters=fault.characters)]
    said = text if printed.symbols else has_letter(text)
    return [] if said and not fault else [error_at(field, code)]


async def checked_entry(season: Season, applicant: Applicant, form: Application, now: int, store: Store) -> Entry:
    """The entry as the form states it, not yet numbered. A student's team may be completed later, by its code.

    Raises:
        Invalid: naming each field that will not do.
        NotFound: the student is not known.
    """
    rules = season.rules
    person = await store.people.find(applicant.person) if applicant.person else None
    if applicant.person and person is None:
        raise NotFound("no-such-person")
    first = 2 if person else 1
    errors = []
    unit = await store.units.find(season.id, applicant.unit)
    tracks = open_tracks(rules, applicant, unit.level if unit else "")
    track = next((track for track in tracks if track.id == form.track), None)
    if track is None:
        errors.append(error_at("track", "field-track"))
    errors += text_errors("title", form.title.strip(), TITLE, "field-title")
    if form.language not in ("", *LANGUAGES):
        errors.append(error_at("language", "field-language"))
    stated: dict[str, str] = {name: getattr(form, name).strip() for name in FIELDS}
    answers = trimmed(form.fields)
    errors += statement_errors(track, stated, answers) if track else []
    if person and form.grade is None:
        errors.append(error_at("grade", "field-grade"))
    for number, name in enumerate(form.instructors, 1):
        errors += text_errors(f"i{number}_name", name.strip(), NAME, "field-name")
    for number, mate in enumerate(form.mates, first):
        errors += name_errors(mate.name, f"m{number}_name", f"m{number}_name")
        if not is_birth_month(mate.birth):
            errors.append(error_at(f"m{number}_birth", "field-birth"))
        if mate.grade is None:
            errors.append(error_at(f"m{number}_grade", "field-grade"))
    low, high = track.instructors if track else (0, 2)
    if not low <= len(form.instructors) <= high:
        errors.append(error_at(f"i{min(len(form.instructors), high) + 1}_name", "field-instructors"))
    if len({name.strip() for name in form.instructors}) < len(form.instructors):
        errors.append(error_at("i2_name", "field-instructor-repeated"))
    if errors or track is None:
        raise Invalid("fields-invalid", errors=errors)
    own = (Member(person.name, birth_of(person.key), form.grade or 0),) if person else ()
    members = (*own, *(Member(mate.name, mate.birth, mate.grade or 0) for mate in form.mates))
    keys = [student_key(applicant.unit, member.name, member.birth) for member in members]
    if len(set(keys)) < len(keys):
        raise Invalid("fields-invalid", errors=[error_at(f"m{len(members)}_name", "field-member-repeated")])
    students = track.entrant == "students"
    if not members and students:
        raise Invalid("fields-invalid", errors=[error_at("m1_name", "field-name")])
    try:
        if students or unit is None:
            division = derive_division(rules, track, members, whole=person is None)
        else:
            division = derive_unit_division(rules, track, unit.level, len(members))
    except Invalid as error:
        field = f"m{first}_name" if error.code == "team-size" else "grade" if person else "m1_grade"
        raise Invalid("fields-invalid", errors=[error_at(field, f"field-{error.code}")]) from error
    return Entry(
        entry="",
        track=track.id,
        division=division.id,
        unit=applicant.unit,
        title=form.title.strip(),
        exhibition=False,
        registered_at=now,
        submitted_at=None,
        review=ReviewState.WAITING,
        members=members,
        instructors=tuple(Instructor(instructor_id(applicant.unit, name), name.strip()) for name in form.instructors),
        language=form.language,
        description=stated["description"],
        link=stated["link"],
        video=stated["video"],
        answers=answers_to(track.fields, answers),
    )


def statement_errors(track: Track, stated: Mapping[str, str], answers: Mapping[str, str]) -> list[dict[str, str]]:
    """What will not do about what a work states of itself and answers to its track's fields, while it may be a draft."""
    most = {"field-description": MOST_TEXT, "field-address": LONGEST_ADDRESS}
    errors = [error_at(name, code, most=str(most.get(code, ""))) for name, code in find_faults(track, stated)]
    asked = {asked_field.id: asked_field for asked_field in track.fields}
    return errors + [
        error_at(column_of_field(name), f"field-{code.lower().replace('_', '-')}", **dict(_limits(asked.get(name))))
        for name, code in find_faults_of_answers(track.fields, answers, whole=False)
    ]


def _limits(asked: CustomField | None) -> Iterator[tuple[str, str]]:
    """What the sentence of a refusal says of a field."""
    match asked:
        case TextField():
            yield "most", str(asked.max_length)
        case NumberField() | DateField():
            yield "low", "none" if asked.min is None else str(asked.min)
            yield "high", "none" if asked.max is None else str(asked.max)
        case FileField():
            yield "types", ", ".join(asked.types)
            yield "most", str(LONGEST_FILE_NAME)
        case _:
            yield "most", str(LONGEST_ADDRESS)
    if isinstance(asked, NumberField):
        yield "decimals", ("none", "one", "two")[asked.decimals]


async def resolve_people(
    season: Season, applicant: Applicant, entry: Entry, store: Store, before: StoredEntry | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The person ids of an entry's members and of its instructors; members of `before` who stay are who they were."""
    others = entry.members[1:] if applicant.person else entry.members
    stay = _people_by_key(before) if before else {}
    named: dict[tuple[PersonKind, str], Name] = {
        ("student", applicant.names(member.name, member.birth)): member.name
        for member in others
        if student_key(entry.unit, member.name, member.birth) not in stay
    }
    people = await store.people.settle(season.id, named | wanted_instructors([entry]))
    own = (applicant.person,) if applicant.person else ()
    return (
        (
            *own,
            *(
                stay.get(student_key(entry.unit, member.name, member.birth))
                or people["student", applicant.names(member.name, member.birth)]
                for member in others
            ),
        ),
        tuple(people["instructor", instructor.id] for instructor in entry.instructors),
    )


def _people_by_key(stored: StoredEntry) -> dict[str, str]:
    named = zip(stored.entry.members, stored.members, strict=True)
    return {student_key(stored.entry.unit, member.name, member.birth): person for member, person in named}
