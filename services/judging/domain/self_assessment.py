"""Self-assessments beside what the judges gave: the difference, what it is marked as, and the trend against last year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from services.judging.domain.facts import Assessed, Season, Unit
from services.judging.domain.results import Results, award_tiers
from services.judging.domain.rounding import ONE, format_fixed, format_kept, to_kept
from shared.errors import InvalidState
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.rules import SelfAssessment
from shared.states import State

HEADER = (
    "entry",
    "unit",
    "self",
    "verified",
    "review",
    "difference",
    "flag",
    "score",
    "tier",
    "previous",
    "change",
)
PREVIOUS_COLUMNS = ("unit", "tier")


class Flag(State):
    """What a difference is marked as."""

    NONE = ""
    OVER = "over"
    UNDER = "under"


class Change(State):
    """How a tier stands to the one of last year."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    NEW = "new"


def own_share(own: Decimal, full: Decimal) -> int:
    """What an entry gave itself, of a hundred; kept."""
    return to_kept(100 * Fraction(own) / Fraction(full))


def flag_of(difference: int, rule: SelfAssessment) -> Flag:
    """Whether a kept difference is greater than the rules let pass, either way."""
    if Fraction(abs(difference), ONE) <= Fraction(rule.flag_over):
        return Flag.NONE
    return Flag.OVER if difference > 0 else Flag.UNDER


def trend(tiers: Sequence[str], now: str, before: str | None) -> Change:
    """The way from last year's tier to this one's; `tiers` are those that are awarded, the best first, and no tier comes last."""
    if before is None:
        return Change.NEW

    def place(tier: str) -> int:
        return tiers.index(tier) if tier in tiers else len(tiers)

    if place(now) == place(before):
        return Change.SAME
    return Change.UP if place(now) < place(before) else Change.DOWN


def check_previous(sheet: Sheet, units: Mapping[str, Unit]) -> tuple[dict[str, str], list[Rejection]]:
    """The tiers of `previous.csv` by unit, and the rows that fall."""
    tiers: dict[str, str] = {}
    rejections = []
    for row in sheet.rows:
        fault = _fault(row, sheet.header, units, tiers)
        if fault:
            rejections.append(sheet.reject(row, *fault))
        else:
            tiers[row["unit"]] = row["tier"]
    return tiers, rejections


def _fault(
    row: Row, header: tuple[str, ...], units: Mapping[str, Unit], seen: Mapping[str, str]
) -> tuple[str, str] | None:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    if not row["unit"]:
        return "unit", "REQUIRED"
    if row["unit"] not in units:
        return "unit", "UNKNOWN_UNIT"
    return ("unit", "DUPLICATE_ID") if row["unit"] in seen else None


@dataclass(frozen=True, slots=True)
class Compared:
    """What an entry gave itself, beside what the judges gave it. Scores but the verified one are kept values, of a hundred."""

    entry: str
    unit: str
    own: int
    verified: Decimal
    review: int | None
    score: int | None
    tier: str
    """The one that stands; empty for none."""
    previous: str | None
    """Of last year; None where nothing is known of it."""
    flag: Flag
    change: Change

    @property
    def difference(self) -> int | None:
        """How much more it gave itself; below zero: less."""
        return None if self.review is None else self.own - self.review

    @property
    def row(self) -> tuple[str, ...]:
        """As the columns of `HEADER`."""
        return (
            self.entry,
            self.unit,
            format_kept(self.own),
            format_fixed(Fraction(self.verified), 2),
            format_kept(self.review),
            signed(self.difference),
            self.flag,
            format_kept(self.score),
            self.tier,
            self.previous or "",
            self.change,
        )


def comparison(
    season: Season, results: Results, assessed: Sequence[Assessed], previous: Mapping[str, str]
) -> list[Compared]:
    """A line for each entry that scored itself, by id.

    Raises:
        InvalidState: the season has no self-assessment.
    """
    rule = season.rules.self_assessment
    if rule is None:
        raise InvalidState("no-self-assessment")
    full = sum((item.full for item in season.rules.items), Decimal(0))
    round_id, review_round = rule.component.partition(".")[0], rule.review.partition(".")[0]
    tiers = award_tiers(season.rules, round_id)
    standings = {
        (group.round, standing.entry.entry): (group, standing)
        for group in results.groups
        for standing in group.standings
    }
    lines = []
    for each in sorted(assessed, key=lambda each: each.entry):
        entry = season.entries.get(each.entry)
        if entry is None or not entry.in_first_round:
            continue
        own = own_share(each.own, full)
        group, standing = standings.get((round_id, each.entry), (None, None))
        _, reviewed = standings.get((review_round, each.entry), (None, None))
        review = dict(reviewed.components).get(rule.review.partition(".")[2]) if reviewed else None
        back = (round_id, each.entry) in results.revoked
        tier = "" if group is None or back else group.tier(each.entry)
        before = previous.get(entry.unit)
        lines.append(
            Compared(
                each.entry,
                entry.unit,
                own,
                each.verified,
                review,
                standing.score if standing else None,
                tier,
                before,
                Flag.NONE if review is None else flag_of(own - review, rule),
                trend(tiers, tier, before),
            )
        )
    return lines


def signed(value: int | None) -> str:
    """A kept value below zero is minus the kept value of its amount."""
    return f"-{format_kept(-value)}" if value is not None and value < 0 else format_kept(value)
