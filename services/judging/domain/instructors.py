"""Outstanding instructors 优秀指导教师 (season folder, section 11)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import Literal

from services.judging.domain.facts import Entry
from shared.season.rules import InstructorAward
from shared.states import AwardStatus


@dataclass(frozen=True, slots=True)
class Won:
    """A tier that an entry won in a round, with its rank and kept score; `revoked` when it was taken back later."""

    entry: Entry
    tier: str
    rank: int
    score: int
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class RankedInstructor:
    """One line of the list of instructors.

    `best` is the best award that stands and `position` the place on its entry, from 1; none when all were revoked.
    """

    rank: int
    instructor: str
    person: str
    named_by: str
    points: Fraction
    basis: Literal["automatic", "points", ""]
    best: Won | None
    position: int | None

    @property
    def status(self) -> AwardStatus:
        if not self.basis:
            return AwardStatus.NOT_AWARDED
        return AwardStatus.AWARDED if self.best else AwardStatus.REVOKED

    @property
    def awarded(self) -> bool:
        return self.status == AwardStatus.AWARDED


@dataclass(frozen=True, slots=True)
class _Line:
    instructor: str
    awards: tuple[tuple[Won, int], ...]
    strength: tuple[Fraction, ...]
    automatic: bool


def rank_instructors(rule: InstructorAward, tier_order: Sequence[str], won: Sequence[Won]) -> list[RankedInstructor]:
    """Every instructor with an award of the round, ranked, and who of them is named.

    Points are points[tier] × share[position]. Rank by points, then awards in the best tier, the next tier, …, then
    joint. Those with an award in a tier of `automatic` are named even beyond `places`; the remaining places go by
    rank in whole tie blocks and stop at the first that does not fit. A revocation takes points back and changes
    neither ranks nor who is named.
    """
    theirs: dict[str, list[tuple[Won, int]]] = defaultdict(list)
    for each_won in won:
        if each_won.tier in rule.points:
            for position, reference in enumerate(each_won.entry.instructors, 1):
                theirs[reference.instructor].append((each_won, position))
    lines = [_line(rule, tier_order, instructor, awards) for instructor, awards in theirs.items()]
    lines.sort(key=lambda line: (tuple(-part for part in line.strength), line.instructor))
    ranked: list[tuple[int, _Line]] = []
    for _, block in groupby(lines, key=lambda line: line.strength):
        rank = len(ranked) + 1
        ranked += [(rank, line) for line in block]
    named = _by_points(rule, ranked)
    return [
        _stated(rule, tier_order, rank, line, "automatic" if line.automatic else "points" if line in named else "")
        for rank, line in ranked
    ]


def _points(rule: InstructorAward, awards: Sequence[tuple[Won, int]]) -> Fraction:
    counts = Counter((won.tier, place) for won, place in awards if place <= len(rule.share))
    return sum(
        (
            count * Fraction(rule.points[tier]) * Fraction(rule.share[place - 1])
            for (tier, place), count in counts.items()
        ),
        Fraction(0),
    )


def _line(
    rule: InstructorAward, tier_order: Sequence[str], instructor: str, awards: Sequence[tuple[Won, int]]
) -> _Line:
    held = Counter(won.tier for won, _ in awards)
    counts = [Fraction(held[tier]) for tier in tier_order]
    automatic = any(won.tier in rule.automatic for won, _ in awards)
    return _Line(instructor, tuple(awards), (_points(rule, awards), *counts), automatic)


def _stated(
    rule: InstructorAward,
    tier_order: Sequence[str],
    rank: int,
    line: _Line,
    basis: Literal["automatic", "points", ""],
) -> RankedInstructor:
    stands = [(won, position) for won, position in line.awards if not won.revoked]
    best, position = min(
        stands,
        key=lambda item: (tier_order.index(item[0].tier), item[0].rank, item[1], -item[0].score, item[0].entry.entry),
        default=(None, None),
    )
    first = min((won.entry for won, _ in line.awards), key=lambda entry: entry.entry)
    person = next(instructor.person for instructor in first.instructors if instructor.instructor == line.instructor)
    points = _points(rule, stands)
    return RankedInstructor(rank, line.instructor, person, first.entry, points, basis, best, position)


def _by_points(rule: InstructorAward, ranked: Sequence[tuple[int, _Line]]) -> list[_Line]:
    """Who is named by points, after those who are named in any case."""
    left = rule.places - sum(1 for _, line in ranked if line.automatic)
    named: list[_Line] = []
    for _, block in groupby((pair for pair in ranked if not pair[1].automatic), key=lambda pair: pair[0]):
        lines = [line for _, line in block]
        if len(lines) > left:
            break
        named += lines
        left -= len(lines)
    return named


def taken_back(won: Sequence[Won], entries: frozenset[str]) -> list[Won]:
    """The same awards, with those of these entries revoked."""
    return [replace(each_won, revoked=True) if each_won.entry.entry in entries else each_won for each_won in won]
