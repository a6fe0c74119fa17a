"""What judging knows of a season, by id: units, entries, judges, ballots, summaries, decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.season.rules import SeasonRules


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit; `ordinal` is its place in every list."""

    unit: str
    parent: str
    level: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Member:
    """A student inside one entry, by the person's id."""

    person: str
    grade: int


@dataclass(frozen=True, slots=True)
class InstructorRef:
    """An instructor of one entry: the id of the season, and the person's."""

    instructor: str
    person: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted entry. Only `valid` and `exhibition` ones are judged; times are microseconds UTC."""

    entry: str
    standing: str
    track: str
    division: str
    unit: str
    title: str
    submitted_at: int | None
    members: tuple[Member, ...]
    instructors: tuple[InstructorRef, ...]

    @property
    def in_first_round(self) -> bool:
        return self.standing in ("valid", "exhibition")


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge; `conflicts` are ids of units, entries or instructors, and a unit covers those below it."""

    judge: str
    employer: str
    tracks: tuple[str, ...]
    conflicts: tuple[str, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """One judge's scores of one entry for one component, in the printed order of the criteria."""

    round: str
    component: str
    entry: str
    judge: str
    status: str
    submitted_at: int | None
    scores: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A unit's filed summary; the time is microseconds UTC."""

    unit: str
    submitted_at: int
    items: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Objection:
    """A decided objection; `at` is when it was decided."""

    at: int
    entry: str
    round: str
    upheld: bool


@dataclass(frozen=True, slots=True)
class Season:
    """Everything that results are computed from."""

    rules: SeasonRules
    units: Mapping[str, Unit]
    entries: Mapping[str, Entry]
    ballots: tuple[Ballot, ...]
    summaries: Mapping[str, Summary]
    objections: tuple[Objection, ...]


def above(unit: str, units: Mapping[str, Unit]) -> list[str]:
    """The unit's id and the ids of those above it, nearest first."""
    path: list[str] = []
    while unit in units and unit not in path:
        path.append(unit)
        unit = units[unit].parent
    return path


def must_recuse(judge: Judge, entry: Entry, units: Mapping[str, Unit]) -> bool:
    """Whether the judge has a conflict 回避 with the entry: employer, or a declared unit, entry or instructor."""
    if judge.employer and judge.employer == entry.unit:
        return True
    touched = {entry.entry, *above(entry.unit, units), *(one.instructor for one in entry.instructors)}
    return not touched.isdisjoint(judge.conflicts)
