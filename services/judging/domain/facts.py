"""What judging knows of a season, by id: units, entries, judges, score sheets, summaries, decisions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.judging.domain.columns import Columns
from shared.errors import Invalid, error_at
from shared.season.rules import SeasonRules
from shared.states import JUDGED, EntryStatus, State

JUDGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""What a judge of a live season is called."""


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
    standing: EntryStatus
    track: str
    division: str
    unit: str
    title: str
    submitted_at: int | None
    members: tuple[Member, ...]
    instructors: tuple[InstructorRef, ...]
    language: str = ""
    blind_title: str = ""
    """The title without names; empty: there are none in it."""

    @property
    def title_for_judges(self) -> str:
        return self.blind_title or self.title

    @property
    def in_first_round(self) -> bool:
        return self.standing in JUDGED


class JudgeRole(State):
    """What a judge is there for."""

    SCORING = "scoring"
    CHIEF = "chief"
    RESERVE = "reserve"
    SHADOW = "shadow"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge; `conflicts` are ids of units, entries, instructors or people (their kin), and a unit covers those below it.

    `moves` are later employers with the time (microseconds UTC) from which each counts, oldest first; without
    `languages` the judge reads every work.
    """

    judge: str
    employer: str
    tracks: tuple[str, ...]
    conflicts: tuple[str, ...]
    role: JudgeRole
    moves: tuple[tuple[int, str], ...] = ()
    languages: tuple[str, ...] = ()

    def employer_at(self, at: int) -> str:
        """Who employs the judge at this time."""
        return next((employer for since, employer in reversed(self.moves) if since <= at), self.employer)

    def reads(self, language: str) -> bool:
        """Whether the judge can read a work in this language; one that states none is for every judge."""
        return not language or not self.languages or language in self.languages


def check_judge(judge: Judge, rules: SeasonRules) -> None:
    """Whether somebody can be a judge of a live season: by an id for addresses, for tracks that there are.

    Raises:
        Invalid: naming each field that will not do.
    """
    errors = [] if JUDGE_ID.fullmatch(judge.judge) else [error_at("judge", "field-judge")]
    code = "fields-invalid" if errors else "judge-tracks"
    if not judge.tracks or not set(judge.tracks) <= {track.id for track in rules.tracks}:
        errors.append(error_at("tracks", "field-tracks"))
    if errors:
        raise Invalid(code, errors=errors)


class BallotStatus(State):
    """What became of a ballot. Only submitted ones count."""

    SUBMITTED = "submitted"
    DRAFT = "draft"
    VOID = "void"
    SHADOW = "shadow"


HANDED_IN = frozenset({BallotStatus.SUBMITTED, BallotStatus.SHADOW})
"""Ballots with which their judge is done; those of a shadow judge never count."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One judge's scores of one entry for one component, in the printed order of the criteria."""

    round: str
    component: str
    entry: str
    judge: str
    status: BallotStatus
    submitted_at: int | None
    scores: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run 轮次 of a robot or drone: points, seconds, penalties, grams."""

    round: str
    component: str
    entry: str
    run: int
    points: Decimal
    time_s: Decimal
    penalties: Decimal = Decimal(0)
    mass_g: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class TestScore:
    """An objective score 客观分: of a test on site, or on a hidden set."""

    __test__ = False

    round: str
    component: str
    entry: str
    score: Decimal


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the self-assessment of an entry came to; the totals of what it gave itself and of what counts."""

    entry: str
    component: str
    """`ROUND.ID` of the test whose score it is."""
    own: Decimal
    verified: Decimal

    @property
    def score(self) -> TestScore:
        """As the score of its test."""
        round_id, _, component = self.component.partition(".")
        return TestScore(round_id, component, self.entry, self.verified)


@dataclass(frozen=True, slots=True)
class Summary:
    """A unit's filed summary; the time is microseconds UTC."""

    unit: str
    submitted_at: int
    items: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An entry leaves a later round; `at` is when."""

    at: int
    entry: str
    round: str


class Outcome(State):
    """How an objection or an appeal was decided."""

    OPEN = ""
    UPHELD = "upheld"
    DISMISSED = "dismissed"


DECIDED = (Outcome.UPHELD, Outcome.DISMISSED)


@dataclass(frozen=True, slots=True)
class Objection:
    """A decided objection; `at` is when it was decided."""

    at: int
    entry: str
    round: str
    upheld: bool


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal that was upheld: new scores for one component, by judge or of a test."""

    at: int
    entry: str
    round: str
    component: str
    ballots: Mapping[str, tuple[Decimal, ...]]
    score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Revocation:
    """The awards of an entry in these rounds are taken back."""

    at: int
    entry: str
    rounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preference:
    """What the committee decided where the season's rules leave entries or units equal: those that go first."""

    at: int
    round: str
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided after the scores were in, each kind in order of time."""

    withdrawals: tuple[Withdrawal, ...] = ()
    objections: tuple[Objection, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    revocations: tuple[Revocation, ...] = ()
    preferences: tuple[Preference, ...] = ()

    def before(self, at: int) -> "Decisions":
        """Those dated before a time; who goes first among equals stays decided."""
        return Decisions(
            tuple(withdrawal for withdrawal in self.withdrawals if withdrawal.at < at),
            tuple(objection for objection in self.objections if objection.at < at),
            tuple(appeal for appeal in self.appeals if appeal.at < at),
            tuple(revocation for revocation in self.revocations if revocation.at < at),
            self.preferences,
        )

    def until(self, at: int) -> "Decisions":
        """Those dated at a time or before it; who goes first among equals stays decided."""
        return self.before(at + 1)


@dataclass(frozen=True, slots=True)
class Season:
    """Everything that results are computed from. `ballots` are the counted ones, by round, component and track."""

    rules: SeasonRules
    units: Mapping[str, Unit]
    entries: Mapping[str, Entry]
    ballots: Mapping[tuple[str, str, str], Columns]
    runs: tuple[Run, ...] = ()
    tests: tuple[TestScore, ...] = ()
    summaries: Mapping[str, Summary] | None = None
    decisions: Decisions = Decisions()


def above(unit: str, units: Mapping[str, Unit]) -> list[str]:
    """The unit's id and the ids of those above it, nearest first."""
    path: list[str] = []
    while unit in units and unit not in path:
        path.append(unit)
        unit = units[unit].parent
    return path


def at_level(unit: str, level: str, units: Mapping[str, Unit]) -> str:
    """The unit itself or the one above it that has this level; empty if there is none."""
    return next((item for item in above(unit, units) if units[item].level == level), "")


def of_people(entry: Entry) -> set[str]:
    """The entry, and everybody who made it or taught those who did: as persons and as instructors of the season."""
    members = {member.person for member in entry.members}
    return (
        {entry.entry}
        | members
        | {name for instructor in entry.instructors for name in (instructor.instructor, instructor.person)}
    )


def must_recuse(judge: Judge, entry: Entry, units: Mapping[str, Unit], at: int) -> bool:
    """Whether the judge has a conflict 回避 with the entry at this time.

    The employer is the entry's unit, or a unit, the entry, an instructor or a member is declared. A former employer is no
    conflict.
    """
    if judge.employer_at(at) == entry.unit:
        return True
    return not of_people(entry).union(above(entry.unit, units)).isdisjoint(judge.conflicts)
