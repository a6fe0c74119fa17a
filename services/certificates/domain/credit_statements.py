"""Credit statements 学分成绩单 of students, and the totals of units that everybody may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.certificates.domain.credit_claims import Claim, Worth
from services.certificates.domain.credit_ledger import allocate
from shared.programme.facts import People
from shared.programme.rules import CreditYear
from shared.programme.suppression import hidden_units
from shared.programme.units import UnitTree
from shared.states import State


class Why(State):
    """Why a claim counts as much as it does."""

    REVOKED = "revoked"
    LOWER = "lower"
    CAP = "cap"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A claim on a statement. Amounts are hundredths; of a claim that has ended `points` are its last."""

    claim: Claim
    worth: Worth
    counted: int
    why: Why
    total: int
    """Of the student and year."""


@dataclass(frozen=True, slots=True)
class Total:
    """What the students of a unit have of a year; hidden where it rests on few of them."""

    year: str
    unit: str
    students: int
    credits: int
    hidden: bool

    @property
    def mean(self) -> Fraction:
        """Credits of each student with more than 0, in hundredths."""
        return Fraction(self.credits, self.students)


def statement_lines(
    claims: Sequence[Claim], years: Iterable[CreditYear], people: People, moment: int
) -> list[StatementLine]:
    """All claims granted up to a moment, by student, year, granting and id. Nothing of an erased student."""
    books: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        if claim.granted_at <= moment and people.erased_at.get(claim.student, moment + 1) > moment:
            books.setdefault((claim.student, claim.year), []).append(claim)
    listed = list(years)
    lines = []
    for student in people.students:
        for year in listed:
            lines += _book(books.get((student, year.id), []), year, moment)
    return lines


def _book(claims: Sequence[Claim], year: CreditYear, moment: int) -> list[StatementLine]:
    shares = allocate(claims, year, moment)
    total = sum(share.counted for share in shares.values())
    lines = []
    for claim in sorted(claims, key=lambda claim: claim.order):
        worth, share = claim.at(moment), shares.get(claim.claim)
        if worth is None:
            continue
        counted = share.counted if share else 0
        why = Why.COUNTED
        if share is None:
            why = Why.REVOKED
        elif not share.is_highest:
            why = Why.LOWER
        elif counted < worth.points:
            why = Why.CAP
        lines.append(StatementLine(claim, worth, counted, why, total))
    return lines


def totals(lines: Iterable[StatementLine], years: Iterable[CreditYear], tree: UnitTree) -> list[Total]:
    """By year and unit, in their orders: the students with more than 0, and their credits.

    What a claim counts belongs to its school and to all units above. Small numbers are hidden.
    """
    students: dict[tuple[str, str], set[str]] = {}
    amounts: dict[tuple[str, str], int] = {}
    for line in lines:
        if not line.counted:
            continue
        for unit in tree.line_of(line.claim.school):
            key = (line.claim.year, unit)
            students.setdefault(key, set()).add(line.claim.student)
            amounts[key] = amounts.get(key, 0) + line.counted
    results = []
    for year in years:
        persons = {unit: len(who) for (name, unit), who in students.items() if name == year.id}
        hidden = hidden_units(tree, persons)
        results += [
            Total(year.id, unit.unit, persons[unit.unit], amounts[year.id, unit.unit], unit.unit in hidden)
            for unit in tree.units
            if unit.unit in persons
        ]
    return results
