"""The credits of a programme as tables: ledger, statements, totals, and who could not be matched."""

from collections.abc import Sequence

from services.certificates.domain.credit_claims import DECIMALS, claims_of, counted_seasons, unmatched_members
from services.certificates.domain.credit_ledger import ledger
from services.certificates.domain.credit_statements import StatementLine, Total, statement_lines, totals
from services.certificates.domain.designation_register import Register
from shared.programme.amounts import fixed, half_up
from shared.programme.facts import CheckIn, People
from shared.programme.records import ProgrammeRecords, Table
from shared.programme.rules import ProgrammeCredits
from shared.programme.units import UnitTree
from shared.season.days import written
from shared.season.fields import NO, YES

LEDGER_HEADER = ("line", "at", "student", "year", "category", "claim", "reason", "amount", "balance")
STATEMENTS_HEADER = (
    "at",
    "student",
    "year",
    "category",
    "claim",
    "event",
    "level",
    "tier",
    "points",
    "counted",
    "why",
    "total",
)
TOTALS_HEADER = ("at", "year", "level", "unit", "students", "credits", "mean", "suppressed")
UNMATCHED_HEADER = ("season", "person", "unit")


def credit_tables(
    records: ProgrammeRecords,
    rules: ProgrammeCredits,
    tree: UnitTree,
    people: People,
    check_ins: Sequence[CheckIn],
    register: Register,
) -> dict[str, Table]:
    """The tables of a programme's credits, at the moments that its rules list."""
    seasons = list(records.seasons.values())
    claims = claims_of(records.rules, rules, seasons, people, check_ins, tree, register.holds)
    lines = [
        (
            str(number),
            written(line.at),
            line.student,
            line.year,
            line.category,
            line.claim.claim,
            line.reason,
            fixed(line.amount, DECIMALS),
            fixed(line.balance, DECIMALS),
        )
        for number, line in enumerate(ledger(claims, rules.years, people), 1)
    ]
    statements: list[tuple[str, ...]] = []
    sums: list[tuple[str, ...]] = []
    for moment in rules.moments:
        stated = statement_lines(claims, rules.years, people, moment)
        statements += [(written(moment), *_statement(line)) for line in stated]
        sums += [(written(moment), *_total(total, tree)) for total in totals(stated, rules.years, tree)]
    unmatched = [
        (each.season, f"{each.entry}#{each.member}", each.unit)
        for each in unmatched_members(counted_seasons(records.rules, seasons), people)
    ]
    return {
        "ledger": (LEDGER_HEADER, lines),
        "statements": (STATEMENTS_HEADER, statements),
        "credit_totals": (TOTALS_HEADER, sums),
        "unmatched": (UNMATCHED_HEADER, unmatched),
    }


def _statement(line: StatementLine) -> tuple[str, ...]:
    claim = line.claim
    return (
        claim.student,
        claim.year,
        line.worth.category,
        claim.claim,
        claim.event,
        claim.level,
        line.worth.tier,
        fixed(line.worth.points, DECIMALS),
        fixed(line.counted, DECIMALS),
        line.why,
        fixed(line.total, DECIMALS),
    )


def _total(total: Total, tree: UnitTree) -> tuple[str, ...]:
    keys = (total.year, tree.level_of(total.unit), total.unit)
    if total.hidden:
        return (*keys, "", "", "", YES)
    mean = half_up(total.mean, 0)
    return (*keys, str(total.students), fixed(total.credits, DECIMALS), fixed(mean, DECIMALS), NO)
