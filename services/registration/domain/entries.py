"""Entries 参赛项目: what makes one acceptable, its division, and where it stands."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.registration.domain.people import Name
from services.registration.domain.recommending import Acts, is_recommended
from shared.errors import Invalid, InvalidState
from shared.season.fields import Answer
from shared.season.rules import Division, SeasonRules, Track
from shared.season.time import to_unix_micros
from shared.states import JUDGED, STANDS, EntryStatus, State

MOST_MEMBERS, MOST_INSTRUCTORS = 3, 2
HIGHEST_GRADE = 12
EDITABLE = frozenset({EntryStatus.DRAFT, EntryStatus.RETURNED})
"""Entries that are being written, for the first time or again."""
HANDED_IN = frozenset({EntryStatus.PENDING, *STANDS})
"""Entries that were handed in and are in the running."""
GONE = frozenset({EntryStatus.WITHDRAWN, EntryStatus.REJECTED})
"""Entries that hold no place in the limits. One whose consent was withdrawn holds it: consent may be given again."""
WITHDRAWN = frozenset({EntryStatus.WITHDRAWN, EntryStatus.CONSENT_WITHDRAWN})
"""Entries that left by themselves or for want of consent."""
CLOSED = GONE | WITHDRAWN
"""Entries that are out of the season, for good or until consent is given again: no work is handed in for them."""
NEVER_STOOD = tuple(status for status in EntryStatus if status not in JUDGED)
"""Entries that give no result."""


class ReviewState(State):
    """What the qualification review of an entry has come to."""

    WAITING = ""
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Member:
    """A student inside one entry, as named there."""

    name: Name
    birth: str
    grade: int


@dataclass(frozen=True, slots=True)
class Instructor:
    """An instructor of one entry; the id tells instructors apart, the name is what this entry prints."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was handed in. Times are microseconds UTC; `submitted_at` is None for a draft."""

    entry: str
    track: str
    division: str
    unit: str
    title: str
    exhibition: bool
    registered_at: int
    submitted_at: int | None
    review: ReviewState
    members: tuple[Member, ...]
    instructors: tuple[Instructor, ...]
    language: str = ""
    """What the work is written in, for judges who can read it; empty: not stated."""
    description: str = ""
    """What the work is about, in its makers' words."""
    link: str = ""
    video: str = ""
    """Where on the web it can be seen."""
    answers: tuple[Answer, ...] = ()
    """What it answers to the fields that its track asks for, in their order."""


class Exit(NamedTuple):
    """How an entry left the season, and when, in microseconds UTC."""

    status: EntryStatus
    at: int


@dataclass(frozen=True, slots=True)
class Later:
    """What happened to an entry after it was handed in."""

    extended_until: int | None = None
    exit: Exit | None = None
    """How it left, and when."""
    acts: Acts = ()
    """What units did to recommend it."""


def division_of_grade(rules: SeasonRules, track: Track, grade: int) -> Division | None:
    """The division of a team whose highest grade this is, if the track is open for it."""
    for division in rules.divisions:
        if division.grades and division.grades[0] <= grade <= division.grades[1] and division.id in track.divisions:
            return division
    return None


def grades_of(rules: SeasonRules, track: Track) -> dict[str, tuple[int, ...]]:
    """The grades that members of this track's entries may have, by division. Under an empty name: those for which there is
    no division, which take part only with somebody of a higher grade, because the highest of a team decides.
    """
    by_division: dict[str, list[int]] = {}
    for grade in range(1, HIGHEST_GRADE + 1):
        division = division_of_grade(rules, track, grade)
        by_division.setdefault(division.id if division else "", []).append(grade)
    highest = max((grade for name, grades in by_division.items() if name for grade in grades), default=0)
    if track.entrant == "unit":
        highest = HIGHEST_GRADE
    elif track.members[1] < 2:
        by_division.pop("", None)
    kept = {name: tuple(grade for grade in grades if grade <= highest) for name, grades in by_division.items()}
    return {name: grades for name, grades in kept.items() if grades}


def division_of_level(rules: SeasonRules, track: Track, level: str) -> Division | None:
    """The division of a unit of this level in a unit contest, if the track is open for it."""
    for division in rules.divisions:
        if division.unit_levels and level in division.unit_levels and division.id in track.divisions:
            return division
    return None


def derive_division(rules: SeasonRules, track: Track, members: tuple[Member, ...], *, whole: bool = True) -> Division:
    """The division of a team, or a refusal that says why; one that is not `whole` may still lack members.

    Raises:
        Invalid: there is no member, too few or too many, or the track is not open for the highest grade.
    """
    low, high = track.members
    if not (low if whole else 1) <= len(members) <= high:
        raise Invalid("team-size", low=low, high=high, given=len(members))
    highest = max(member.grade for member in members)
    division = division_of_grade(rules, track, highest)
    if division is None:
        raise Invalid("division-not-open", grade=highest)
    return division


def next_round(rules: SeasonRules, now: int) -> str:
    """The round that somebody in the season can still be kept out of: the next whose judging is not open; else nothing."""
    return next((round_.id for round_ in rules.rounds[1:] if now < to_unix_micros(round_.judging.opens)), "")


def derive_unit_division(rules: SeasonRules, track: Track, level: str, members: int) -> Division:
    """The division of a unit of this level in a unit contest, with so many members, or a refusal that says why.

    Raises:
        Invalid: there are too few or too many members, or the track is not open for units of this level.
    """
    low, high = track.members
    if not low <= members <= high:
        raise Invalid("team-size", low=low, high=high, given=members)
    division = division_of_level(rules, track, level)
    if division is None:
        raise Invalid("division-not-open", grade=level)
    return division


def round_to_leave(rules: SeasonRules, closed: Container[str], at: int) -> str:
    """The round that an entry which takes part in the season leaves now, by the times of the rules: the first later one
    that is neither over nor closed. While it is judged already its seat stays empty.

    Raises:
        InvalidState: no later round is left.
    """
    for round_ in rules.rounds[1:]:
        if round_.id not in closed and at <= to_unix_micros(round_.judging.closes):
            return round_.id
    raise InvalidState("withdrawal-after-judging")


def takes_entries(rules: SeasonRules, at: int, final_at: int | None = None) -> bool:
    """Whether registration is open at this moment, so that an entry may be begun; not once results are final."""
    window = rules.window("registration")
    return final_at is None and to_unix_micros(window.opens) <= at <= to_unix_micros(window.closes)


def deadline(rules: SeasonRules, later: Later, final_at: int | None = None) -> int:
    """Until when an entry may be handed in, in microseconds UTC: its extension counts, and that results are final."""
    closes = to_unix_micros(rules.window("registration").closes)
    last = max(closes, later.extended_until or closes)
    return last if final_at is None else min(last, final_at)


def extend_until(rules: SeasonRules, later: Later, until: int, at: int) -> Later:
    """What happened to an entry that may from now on be handed in until later.

    Raises:
        InvalidState: the time is not between now and the opening of judging.
    """
    if not at < until <= to_unix_micros(rules.rounds[0].judging.opens):
        raise InvalidState("extension-time")
    return replace(later, extended_until=until)


def leave_season(rules: SeasonRules, standing: EntryStatus, later: Later, at: int) -> Later:
    """What happened to an entry that is withdrawn before its judging opens.

    Raises:
        InvalidState: it has left already, or judging has begun.
    """
    if standing in GONE:
        raise InvalidState("entry-gone")
    if at >= to_unix_micros(rules.rounds[0].judging.opens):
        raise InvalidState("withdrawal-after-judging")
    return replace(later, exit=Exit(EntryStatus.WITHDRAWN, at))


def status_of(entry: Entry, rules: SeasonRules, later: Later) -> EntryStatus:
    """Where an accepted entry stands, the first that matches (season folder, section 6)."""
    judging_opens = to_unix_micros(rules.rounds[0].judging.opens)
    if entry.submitted_at is None:
        return EntryStatus.DRAFT
    if entry.submitted_at > deadline(rules, later):
        return EntryStatus.LATE
    if entry.review != ReviewState.APPROVED:
        return EntryStatus(entry.review.value) if entry.review else EntryStatus.PENDING
    if later.exit and later.exit.at < judging_opens:
        return later.exit.status
    if entry.exhibition:
        return EntryStatus.EXHIBITION
    waits = is_to_be_recommended(rules, entry.track) and not _is_recommended(rules, later)
    return EntryStatus.NOT_RECOMMENDED if waits else EntryStatus.VALID


def is_to_be_recommended(rules: SeasonRules, track: str) -> bool:
    """Whether entries of this track are judged only once every level has forwarded them."""
    return rules.recommendation is not None and rules.recommendation.concerns(track)


def _is_recommended(rules: SeasonRules, later: Later) -> bool:
    return rules.recommendation is not None and is_recommended(rules.recommendation, later.acts)
