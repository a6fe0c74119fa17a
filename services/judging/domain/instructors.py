"""Outstanding instructors 优秀指导教师 (season folder, section 11)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from services.judging.domain.facts import Entry
from shared.season.rules import InstructorAward


@dataclass(frozen=True, slots=True)
class Won:
    """A tier that an entry won, with its rank and score."""

    entry: Entry
    tier: str
    rank: int
    score: Fraction


@dataclass(frozen=True, slots=True)
class RankedInstructor:
    """One line of the list of instructors. `position` is the place on the best entry, from 1."""

    rank: int
    instructor: str
    person: str
    named_by: str
    points: Fraction
    basis: Literal["automatic", "points", ""]
    best: Won
    position: int

    @property
    def awarded(self) -> bool:
        return self.basis != ""


def rank_instructors(rule: InstructorAward, tier_order: Sequence[str], won: Sequence[Won]) -> list[RankedInstructor]:
    """Every instructor with an award of the round, ranked, and who of them is named.

    Points are points[tier] × share[position]. Rank by points, then awards in the best tier, the next tier, …, then
    joint. Those with an award in a tier of `automatic` are named even beyond `places`; the remaining places go by
    rank in whole tie blocks and stop at the first that does not fit.
    """
    theirs: dict[str, list[tuple[Won, int]]] = defaultdict(list)
    for one in won:
        if one.tier in rule.points:
            for position, reference in enumerate(one.entry.instructors, 1):
                theirs[reference.instructor].append((one, position))
    lines = {instructor: _line(rule, tier_order, instructor, awards) for instructor, awards in theirs.items()}
    order = sorted(lines.values(), key=lambda line: (tuple(-part for part in line[1]), line[0].instructor))
    ranked: list[tuple[RankedInstructor, tuple[Fraction, ...]]] = []
    for place, (line, strength) in enumerate(order, 1):
        rank = ranked[-1][0].rank if ranked and ranked[-1][1] == strength else place
        ranked.append((_with(line, rank, line.basis), strength))
    return _named(rule, [line for line, _ in ranked])


def _line(
    rule: InstructorAward, tier_order: Sequence[str], instructor: str, awards: Sequence[tuple[Won, int]]
) -> tuple[RankedInstructor, tuple[Fraction, ...]]:
    def share(position: int) -> Fraction:
        return Fraction(rule.share[position - 1]) if position <= len(rule.share) else Fraction(0)

    points = sum((Fraction(rule.points[won.tier]) * share(position) for won, position in awards), Fraction(0))
    counts = [sum(1 for won, _ in awards if won.tier == tier) for tier in tier_order]
    best, position = min(
        awards,
        key=lambda item: (tier_order.index(item[0].tier), item[0].rank, item[1], -item[0].score, item[0].entry.entry),
    )
    first = min((won.entry for won, _ in awards), key=lambda entry: entry.entry)
    person = next(one.person for one in first.instructors if one.instructor == instructor)
    automatic = any(won.tier in rule.automatic for won, _ in awards)
    line = RankedInstructor(
        0, instructor, person, first.entry, points, "automatic" if automatic else "", best, position
    )
    return line, (points, *map(Fraction, counts))


def _with(line: RankedInstructor, rank: int, basis: Literal["automatic", "points", ""]) -> RankedInstructor:
    return RankedInstructor(
        rank, line.instructor, line.person, line.named_by, line.points, basis, line.best, line.position
    )


def _named(rule: InstructorAward, ranked: Sequence[RankedInstructor]) -> list[RankedInstructor]:
    left = rule.places - sum(1 for line in ranked if line.basis == "automatic")
    by_points: set[str] = set()
    for rank in sorted({line.rank for line in ranked if not line.basis}):
        block = [line.instructor for line in ranked if line.rank == rank and not line.basis]
        if len(block) > left:
            break
        by_points.update(block)
        left -= len(block)
    return [_with(line, line.rank, "points") if line.instructor in by_points else line for line in ranked]
