"""The limits of a season: how many entries a student, a student in one track, and an instructor may have."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.registration.domain.entries import Entry
from services.registration.domain.people import student_key
from shared.season.rules import SeasonRules

Code = Literal["STUDENT_TRACK_LIMIT", "STUDENT_LIMIT", "INSTRUCTOR_LIMIT", "NOMINATION_LIMIT"]


@dataclass(frozen=True, slots=True)
class Claim:
    """That an entry takes one of the `most` places of a counter; `position` is the person's place in the entry, from 1."""

    code: Code
    counter: str
    position: int
    most: int

    def slots(self, season: str) -> Iterator[str]:
        """The names of its places. No two entries hold the same one, which the database enforces."""
        return (f"{season}|{self.counter}|{number}" for number in range(self.most))


@dataclass(frozen=True, slots=True)
class Over:
    """The first limit that an entry would exceed."""

    claim: Claim


def claims(rules: SeasonRules, track: str, students: Sequence[str], instructors: Sequence[str]) -> list[Claim]:
    """The limits that count for an entry of these people, in the order in which they are checked."""
    limits = rules.limits
    stored_claims: list[Claim] = []
    for code, most, counters in (
        ("STUDENT_TRACK_LIMIT", limits.entries_per_student_and_track, [f"{person}@{track}" for person in students]),
        ("STUDENT_LIMIT", limits.entries_per_student, students),
        ("INSTRUCTOR_LIMIT", limits.entries_per_instructor, instructors),
    ):
        if most is not None:
            stored_claims += [Claim(code, counter, position, most) for position, counter in enumerate(counters, 1)]  # type: ignore[arg-type]
    return stored_claims


def nomination(rules: SeasonRules, unit: str, track: str, division: str) -> list[Claim]:
    """The place that an entry takes when `unit` sends it on, if its group has a cap there."""
    cap = rules.nominations.places_of(unit, track, division) if rules.nominations else None
    return [] if cap is None else [Claim("NOMINATION_LIMIT", nomination_counter(unit, track, division), 1, cap)]


def nomination_counter(unit: str, track: str, division: str) -> str:
    """What counts the entries of a group that a unit has sent on."""
    return f"sent@{unit}@{track}-{division}"


def is_nomination(slot: str) -> bool:
    """Whether a place is one that a unit sends on, and not one of a person."""
    return "|sent@" in slot


def claims_of(rules: SeasonRules, entry: Entry) -> list[Claim]:
    """The same for an entry as written, its students told apart by school, name and birth month."""
    students = [student_key(entry.unit, member.name, member.birth) for member in entry.members]
    return claims(rules, entry.track, students, [instructor.id for instructor in entry.instructors])


def count_claims(rules: SeasonRules, entries: Iterable[Entry]) -> Counter[str]:
    """How much these entries use of each limit."""
    return Counter(claim.counter for entry in entries for claim in claims_of(rules, entry))


def first_exceeded(wanted: Sequence[Claim], used: Counter[str]) -> Claim | None:
    """The first claim whose counter is full."""
    return next((claim for claim in wanted if used[claim.counter] >= claim.most), None)


def find_places(season: str, entry: str, wanted: Sequence[Claim], holders: Mapping[str, str]) -> tuple[str, ...] | Over:
    """A free place for each claim, or the first limit that has none. What the entry holds already is free for it."""
    chosen = []
    for claim in wanted:
        free = next((slot for slot in claim.slots(season) if holders.get(slot, entry) == entry), None)
        if free is None:
            return Over(claim)
        chosen.append(free)
    return tuple(chosen)
