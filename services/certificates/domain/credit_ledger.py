"""The credit ledger 学分账: what counts of a student's claims in a year, and every change of it as a line.

What counts at a moment is a function of the claims alone, so the order in which they arrive cannot matter; the ledger is its history.
Amounts are hundredths.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.certificates.domain.credit_claims import Claim, CreditEvent, Worth, hundredths_of
from shared.programme.facts import People
from shared.programme.rules import CreditYear
from shared.states import State


class LineReason(State):
    """Why what counts of a claim changed."""

    ERASED = "erased"
    REVOKED = "revoked"
    GRANTED = "granted"
    CHANGED = "changed"
    LOWER = "lower"
    RESTORED = "restored"
    CAP = "cap"


Amounts = dict[tuple[str, str], int]
"""What counts of each claim, by claim and category."""


@dataclass(frozen=True, slots=True)
class Share:
    """What counts of a claim at a moment, and whether it is the highest of its season."""

    worth: Worth
    is_highest: bool
    counted: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger. Nothing in it is ever edited."""

    at: int
    student: str
    year: str
    category: str
    claim: Claim
    reason: LineReason
    amount: int
    balance: int = 0


def allocate(claims: Iterable[Claim], year: CreditYear, moment: int) -> dict[str, Share]:
    """What counts, at a moment, of the claims of one student in one year that stand then.

    Highest only 就高不重复: of the claims of one season the one with most points counts, then the one granted earlier, then the
    first id; each check-in counts by itself. Caps 上限: in order of granting, then id, each gets as much of its points as is left of
    its category's cap and of the year's.
    """
    standing = [(claim, worth) for claim in claims if (worth := claim.at(moment)) and worth.stands]
    highest: dict[str, str] = {}
    for claim, _ in sorted(standing, key=lambda pair: (-pair[1].points, *pair[0].order)):
        if claim.event is not CreditEvent.ATTENDANCE:
            highest.setdefault(claim.season, claim.claim)
    room = hundredths_of(year.cap)
    rooms = {name: hundredths_of(category.cap) for name, category in year.categories.items()}
    shares = {}
    for claim, worth in sorted(standing, key=lambda pair: pair[0].order):
        is_highest = claim.event is CreditEvent.ATTENDANCE or highest[claim.season] == claim.claim
        counted = min(worth.points, rooms[worth.category], room) if is_highest else 0
        room -= counted
        rooms[worth.category] -= counted
        shares[claim.claim] = Share(worth, is_highest, counted)
    return shares


def ledger(claims: Iterable[Claim], years: Sequence[CreditYear], people: People) -> list[Line]:
    """Every line, in order of time, student, year, takings before givings, granting and id; with the balance after it.

    At every moment at which a claim of a student and year is granted, changes or ends, or the student is erased, the difference of
    each claim to before is a line. An erased student has no claims from then on.
    """
    books: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        books.setdefault((claim.student, claim.year), []).append(claim)
    order = [year.id for year in years]
    by_id = {year.id: year for year in years}
    lines = [
        line
        for (student, year), own in books.items()
        for line in _lines_of_book(own, by_id[year], people.erased_at.get(student))
    ]
    lines.sort(
        key=lambda line: (
            line.at,
            people.place(line.student),
            order.index(line.year),
            line.amount > 0,
            line.claim.order,
        )
    )
    balances: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines):
        book = (line.student, line.year)
        balances[book] = balances.get(book, 0) + line.amount
        lines[number] = replace(line, balance=balances[book])
    return lines


def _lines_of_book(claims: Sequence[Claim], year: CreditYear, erased_at: int | None) -> list[Line]:
    moments = {worth.at for claim in claims for worth in claim.worths}
    if erased_at is not None:
        moments = {moment for moment in moments if moment < erased_at} | {erased_at}
    by_id = {claim.claim: claim for claim in claims}
    lines: list[Line] = []
    before: dict[str, Share] = {}
    for moment in sorted(moments):
        erased = moment == erased_at
        now = {} if erased else allocate(claims, year, moment)
        old, new = _amounts(before), _amounts(now)
        for name, category in sorted({*old, *new}):
            difference = new.get((name, category), 0) - old.get((name, category), 0)
            if difference:
                claim = by_id[name]
                reason = LineReason.ERASED if erased else _reason(claim, moment, before, now)
                lines.append(Line(moment, claim.student, claim.year, category, claim, reason, difference))
        before = now
    return lines


def _amounts(shares: Mapping[str, Share]) -> Amounts:
    return {(name, share.worth.category): share.counted for name, share in shares.items()}


def _reason(claim: Claim, moment: int, before: Mapping[str, Share], now: Mapping[str, Share]) -> LineReason:
    """Why what counts of a claim changed at a moment; the first that fits."""
    old, new = before.get(claim.claim), now.get(claim.claim)
    if new is None or not new.worth.points:
        return LineReason.REVOKED
    if claim.granted_at == moment:
        return LineReason.GRANTED
    counted_before = old is not None and old.is_highest
    if new.worth.at == moment and counted_before:
        return LineReason.CHANGED
    if not new.is_highest:
        return LineReason.LOWER
    return LineReason.CAP if counted_before else LineReason.RESTORED
