"""Claims 学分依据: what may count for a student's credits, and what it is worth at each moment.

A claim is granted at the end of a season's notice, when a later decision gives it, or at a check-in. It stays in the academic year of
that notice or check-in, under the rules of that year, whenever it is taken back.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.programme.facts import CheckIn, People
from shared.programme.rules import CreditLine, CreditYear, ProgrammeCredits, ProgrammeRules
from shared.programme.seasons import Entry, Member, Outcome, SeasonFacts
from shared.programme.units import UnitTree
from shared.season.days import day_of
from shared.states import State


class CreditEvent(State):
    """What a claim is about."""

    PARTICIPATION = "participation"
    AWARD = "award"
    ATTENDANCE = "attendance"


DECIMALS = 2
HoldsAt = Callable[[str, str, int], bool]
"""Whether a unit holds a valid designation of a kind at a moment."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a claim is worth from a moment on. `points` are hundredths; a claim that has ended does not stand, and keeps its last."""

    at: int
    category: str
    points: int
    tier: str = ""
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a student in an academic year. `worths` are in order of time; the first is the granting."""

    claim: str
    student: str
    year: str
    season: str
    event: CreditEvent
    school: str
    worths: tuple[Worth, ...]
    level: str = ""

    @property
    def granted_at(self) -> int:
        return self.worths[0].at

    @property
    def order(self) -> tuple[int, str]:
        """Claims count in order of granting, then id."""
        return self.granted_at, self.claim

    def at(self, moment: int) -> Worth | None:
        """What it is worth at a moment; none before it is granted."""
        known = [worth for worth in self.worths if worth.at <= moment]
        return known[-1] if known else None


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A member of a valid entry who is no student of the programme, and so gets no credits."""

    season: str
    entry: str
    member: int
    unit: str


def claims_of(
    rules: ProgrammeRules,
    credits_: ProgrammeCredits,
    seasons: Sequence[SeasonFacts],
    people: People,
    check_ins: Iterable[CheckIn],
    tree: UnitTree,
    holds: HoldsAt,
) -> list[Claim]:
    """Every claim of a programme, of students within its units and grades.

    Unit and grade are those of the entry and of the member's row; for a check-in, those of the enrolment that day.
    """
    claims: list[Claim] = []
    series = {season.folder: season.series for season in seasons}
    for season in counted_seasons(rules, seasons):
        year = credits_.year_of(day_of(season.notice_closes, rules.zone))
        listed = rules.season(season.folder)
        levels = listed.levels if listed else {}
        for entry in season.entries if year else ():
            for member in entry.members:
                student = people.links.get((season.folder, entry.entry, member.number), "")
                if student and year and _is_within(credits_, tree, entry.unit, member.grade):
                    claims += _claims_of_member(season, entry, member, student, year, levels)
    for check_in in check_ins:
        year = credits_.year_of(day_of(check_in.at, rules.zone))
        if year and _is_within(credits_, tree, check_in.school, check_in.grade):
            claims += _claims_of_check_in(check_in, series[check_in.season], year, holds)
    return claims


def counted_seasons(rules: ProgrammeRules, seasons: Iterable[SeasonFacts]) -> list[SeasonFacts]:
    """The seasons whose entries give credits."""
    return [season for season in seasons if (listed := rules.season(season.folder)) and listed.credits]


def unmatched_members(seasons: Iterable[SeasonFacts], people: People) -> list[Unmatched]:
    """The members, of entries that were valid as results were granted, whom no enrolment names."""
    return [
        Unmatched(season.folder, entry.entry, member.number, entry.unit)
        for season in seasons
        for entry in sorted(season.entries, key=lambda entry: entry.entry)
        if season.granted.is_valid(entry.entry)
        for member in entry.members
        if (season.folder, entry.entry, member.number) not in people.links
    ]


def line_of(
    year: CreditYear,
    event: CreditEvent,
    *,
    series: str,
    level: str = "",
    tier: str = "",
    is_held: Callable[[str], bool] = lambda _: False,
) -> CreditLine | None:
    """The first line of a year that fits.

    Args:
        is_held: whether the unit of an activity holds a kind of designation.
    """
    return next(
        (
            line
            for line in year.lines
            if line.event == event
            and line.series in (None, series)
            and line.level in (None, level)
            and (line.tiers is None or tier in line.tiers)
            and (line.designation is None or is_held(line.designation))
        ),
        None,
    )


def points_of(line: CreditLine, tier: str) -> int:
    """What a line gives, in hundredths."""
    return hundredths_of((line.tiers[tier] if line.tiers is not None else line.points) or Decimal(0))


def hundredths_of(amount: Decimal) -> int:
    """An amount of the rules in hundredths."""
    return int(amount * 10**DECIMALS)


def _is_within(credits_: ProgrammeCredits, tree: UnitTree, unit: str, grade: int) -> bool:
    return tree.is_within(unit, credits_.units) and credits_.grades[0] <= grade <= credits_.grades[1]


def _claims_of_member(
    season: SeasonFacts, entry: Entry, member: Member, student: str, year: CreditYear, levels: dict[str, str]
) -> list[Claim]:
    """Taking part in a valid entry, and each award that stands."""
    base = f"{season.folder}/{entry.entry}#{member.number}"

    def participation(outcome: Outcome) -> tuple[CreditLine | None, str]:
        return line_of(year, CreditEvent.PARTICIPATION, series=season.series) if outcome.is_valid(
            entry.entry
        ) else None, ""

    def award(round_: str) -> Callable[[Outcome], tuple[CreditLine | None, str]]:
        def worth(outcome: Outcome) -> tuple[CreditLine | None, str]:
            tier = outcome.tier(round_, entry.entry) if outcome.is_valid(entry.entry) else ""
            level = levels.get(round_, "")
            return line_of(
                year, CreditEvent.AWARD, series=season.series, level=level, tier=tier
            ) if tier else None, tier

        return worth

    listed: list[tuple[str, CreditEvent, str, tuple[Worth, ...]]] = [
        (f"{base}/participation", CreditEvent.PARTICIPATION, "", _worths(season, participation)),
        *(
            (f"{base}/{round_}", CreditEvent.AWARD, levels.get(round_, ""), _worths(season, award(round_)))
            for round_ in season.rounds
        ),
    ]
    return [
        Claim(claim, student, year.id, season.folder, event, entry.unit, worths, level)
        for claim, event, level, worths in listed
        if worths
    ]


def _worths(season: SeasonFacts, worth: Callable[[Outcome], tuple[CreditLine | None, str]]) -> tuple[Worth, ...]:
    """What something is worth from each outcome on that changed it; nothing until a line fits for the first time."""
    worths: list[Worth] = []
    for moment, outcome in season.outcomes:
        line, tier = worth(outcome)
        last = worths[-1] if worths else None
        if line:
            new = Worth(moment, line.category, points_of(line, tier), tier)
        elif last:
            new = Worth(moment, last.category, last.points, last.tier, stands=False)
        else:
            continue
        if last is None or (last.category, last.points, last.tier, last.stands) != (
            new.category,
            new.points,
            new.tier,
            new.stands,
        ):
            worths.append(new)
    return tuple(worths)


def _claims_of_check_in(check_in: CheckIn, series: str, year: CreditYear, holds: HoldsAt) -> list[Claim]:
    def is_held(kind: str) -> bool:
        return holds(check_in.base, kind, check_in.at)

    line = line_of(year, CreditEvent.ATTENDANCE, series=series, is_held=is_held)
    if line is None:
        return []
    return [
        Claim(
            f"{check_in.season}/{check_in.entry}/{check_in.session}#{check_in.student}",
            check_in.student,
            year.id,
            check_in.season,
            CreditEvent.ATTENDANCE,
            check_in.school,
            (Worth(check_in.at, line.category, points_of(line, "")),),
        )
    ]
