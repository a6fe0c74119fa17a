"""Outstanding organizational units 优秀组织单位 (season folder, section 12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from services.judging.domain.facts import Entry, Season, above
from services.judging.domain.instructors import Won
from services.judging.domain.rounding import kept
from shared.season.records import micros
from shared.season.rules import UnitAward


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """One line of the list of units; only eligible ones have a rank."""

    unit: str
    level: str
    entries: int
    tracks: int
    points: Fraction
    summary: Fraction
    value: Fraction
    rank: int | None
    status: Literal["named", "eligible", "not_eligible"]
    reasons: tuple[str, ...]


def rank_units(
    rule: UnitAward, season: Season, counted: Sequence[Entry], won: Sequence[Won], violations: frozenset[str]
) -> list[RankedUnit]:
    """The units with at least one valid entry, in the organizer's order.

    `counted` are the entries that count for their school; `violations` the units with an upheld objection.

    Raises:
        NotImplementedError: the rule is not computed yet.
    """
    if rule.recommend or rule.bodies:
        raise NotImplementedError("recommend, bodies")
    valid = [entry for entry in season.entries.values() if entry.standing == "valid"]
    units = [
        unit
        for unit in sorted(season.units.values(), key=lambda unit: unit.ordinal)
        if unit.level == rule.level and any(unit.unit in above(entry.unit, season.units) for entry in valid)
    ]
    lines = [_line(rule, season, unit.unit, counted, won, violations) for unit in units]
    eligible = sorted((line for line in lines if not line.reasons), key=_strength, reverse=True)
    ranks: dict[str, int] = {}
    for position, line in enumerate(eligible, 1):
        before = eligible[position - 2] if position > 1 else None
        joint = before is not None and _strength(before) == _strength(line)
        ranks[line.unit] = ranks[before.unit] if before and joint else position
    return [_placed(line, ranks, rule.places) for line in lines]


def _strength(line: RankedUnit) -> tuple[Fraction, Fraction, int]:
    return line.value, line.points, line.entries


def _placed(line: RankedUnit, ranks: Mapping[str, int], places: int) -> RankedUnit:
    rank = ranks.get(line.unit)
    if rank is None:
        return line
    last = rank + sum(1 for other in ranks.values() if other == rank) - 1
    status: Literal["named", "eligible"] = "named" if last <= places else "eligible"
    return RankedUnit(
        line.unit, line.level, line.entries, line.tracks, line.points, line.summary, line.value, rank, status, ()
    )


def _line(
    rule: UnitAward, season: Season, unit: str, counted: Sequence[Entry], won: Sequence[Won], violations: frozenset[str]
) -> RankedUnit:
    def within(entry: Entry) -> bool:
        return unit in above(entry.unit, season.units)

    entries = [entry for entry in counted if within(entry)]
    tracks = {entry.track for entry in entries}
    points = sum((Fraction(rule.points.get(one.tier, 0)) for one in won if within(one.entry)), Fraction(0))
    filed = season.summaries.get(unit)
    summary = sum((Fraction(score) for score in filed.items.values()), Fraction(0)) if filed else Fraction(0)
    amounts = {"entries": Fraction(len(entries)), "points": points, "summary": summary}
    value = Fraction(0)
    for part in rule.value:
        full = part.full_at if part.of != "summary" else sum(item.max for item in rule.summary)
        value += Fraction(part.weight) * min(Fraction(1), amounts[part.of] / Fraction(full or 1))
    by = rule.eligible.summary_by
    checks = (
        ("min_entries", len(entries) < rule.eligible.min_entries),
        ("min_tracks", len(tracks) < rule.eligible.min_tracks),
        ("summary_missing", by is not None and filed is None),
        ("summary_late", by is not None and filed is not None and filed.submitted_at > micros(by)),
        ("violation", rule.eligible.no_violation and unit in violations),
    )
    reasons = tuple(name for name, holds in checks if holds)
    return RankedUnit(
        unit,
        rule.level,
        len(entries),
        len(tracks),
        points,
        summary,
        kept(value),
        None,
        "not_eligible" if reasons else "eligible",
        reasons,
    )
