"""A sheet that comes again: what differs from what is kept, and whose name is nearly somebody else's."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from services.registration.domain.entries import MOST_INSTRUCTORS, MOST_MEMBERS, Entry
from services.registration.domain.entry_sheet import EXHIBITED, OPTIONAL
from services.registration.domain.people import student_key
from shared.names import comparable
from shared.season.fields import answers_to, column_of_field, values_of
from shared.season.rules import Track


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that says something else than what is kept."""

    row: int
    column: str
    kept: str
    sent: str


@dataclass(frozen=True, slots=True)
class NearName:
    """A student who would be new, and the one of the same school and month whose name differs by one sign."""

    row: int
    column: str
    kept: str
    sent: str


def differences(row: int, kept: Entry, sent: Entry) -> tuple[Difference, ...]:
    """What `sent` says otherwise: title, language, description, addresses and answers, grades, team and instructors. The order of a team says nothing."""
    cells = [(name, getattr(kept, name), getattr(sent, name)) for name in ("title", *OPTIONAL)]
    if sent.exhibition and not kept.exhibition:  # a sheet takes nothing out of the exhibition
        cells.append(("exhibition", "", EXHIBITED))
    answers = [values_of(entry.answers) for entry in (kept, sent)]
    cells += [
        (column_of_field(name), answers[0].get(name, ""), answers[1].get(name, "")) for name in answers[0] | answers[1]
    ]
    before = {student_key(kept.unit, member.name, member.birth): member for member in kept.members}
    after = {student_key(sent.unit, member.name, member.birth): member for member in sent.members}
    gone = [member.name.best for key, member in before.items() if key not in after]
    come = [
        (f"m{number}_name_zh", member.name.best)
        for number, (key, member) in enumerate(after.items(), 1)
        if key not in before
    ]
    empty = [(f"m{number}_name_zh", "") for number in range(len(after) + 1, MOST_MEMBERS + 1)]
    places = [*come, *empty][: max(len(gone), len(come))]
    gone += [""] * (len(places) - len(gone))
    cells += [(column, left, name) for left, (column, name) in zip(gone, places, strict=False)]
    for number, (key, member) in enumerate(after.items(), 1):
        if key in before and before[key].grade != member.grade:
            cells.append((f"m{number}_grade", str(before[key].grade), str(member.grade)))
    names = [[instructor.name for instructor in entry.instructors] for entry in (kept, sent)]
    if sorted(map(comparable, names[0])) != sorted(map(comparable, names[1])):
        padded = [[*listed, *[""] * (MOST_INSTRUCTORS - len(listed))] for listed in names]
        cells += [(f"i{number}_name", *pair) for number, pair in enumerate(zip(*padded, strict=True), 1)]
    return tuple(Difference(row, column, was, now) for column, was, now in cells if was != now)


def with_kept_team(kept: Entry, sent: Entry) -> Entry:
    """An entry of the same number has the same students: where their names were put right since, the right ones stay."""
    keys = [{student_key(entry.unit, member.name, member.birth) for member in entry.members} for entry in (kept, sent)]
    return sent if keys[0] == keys[1] else replace(sent, members=kept.members)


def with_kept_answers(kept: Entry, sent: Entry, track: Track, header: Container[str]) -> Entry:
    """What a sheet has no column for it says nothing about: those answers stay."""
    silent = {answer.field: answer.value for answer in kept.answers if column_of_field(answer.field) not in header}
    return replace(sent, answers=answers_to(track.fields, silent | values_of(sent.answers)))


def is_near(name: str, other: str) -> bool:
    """Whether two names differ by one sign: another, one more, or one less. Digits tell people apart on purpose."""
    short, long = sorted((comparable(name), comparable(other)), key=len)
    if short == long or len(short) < 2 or len(long) - len(short) > 1:
        return False
    start = next((place for place, sign in enumerate(short) if sign != long[place]), len(short))
    rest = start + 1 if len(short) == len(long) else start
    differing = long[start] + (short[start] if rest > start else "")
    return short[rest:] == long[start + 1 :] and not any(sign.isdigit() for sign in differing)


def nearest(name: str, known: Iterable[str]) -> str:
    """The first of these names that differs by one sign; empty: none does."""
    return next((other for other in known if is_near(name, other)), "")
