"""Outstanding organizational units 优秀组织单位 (season folder, section 12)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from services.judging.domain.facts import Entry, Season, above, at_level
from services.judging.domain.instructors import Won
from services.judging.domain.rounding import exact, to_kept
from shared.season.rules import Bodies, Recommend, UnitAward
from shared.season.time import to_unix_micros
from shared.states import EntryStatus, State


class UnitStatus(State):
    """How near a unit is to being named."""

    NAMED = "named"
    RECOMMENDED = "recommended"
    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """One line of the list of units; the value is kept. Bodies 区级单位 have no entries, points or summary of their own."""

    unit: str
    level: str
    value: int
    entries: int | None = None
    tracks: int | None = None
    points: Fraction | None = None
    summary: Fraction | None = None
    rank_in_parent: int | None = None
    rank: int | None = None
    status: UnitStatus = UnitStatus.ELIGIBLE
    reasons: tuple[str, ...] = ()
    flag: str = ""
    """`review` when an award of the unit's entries was revoked."""


def rank_units(
    rule: UnitAward, season: Season, counted: Sequence[Entry], won: Sequence[Won], violations: frozenset[str]
) -> list[RankedUnit]:
    """The units with at least one valid entry in the organizer's order, then the bodies.

    `counted` are the entries that count for their school; `violations` the units with an upheld objection.
    """
    unit_of = {unit: at_level(unit, rule.level, season.units) for unit in season.units}
    entries: dict[str, list[Entry]] = defaultdict(list)
    awards: dict[str, list[Won]] = defaultdict(list)
    for entry in counted:
        entries[unit_of.get(entry.unit, "")].append(entry)
    for each_won in won:
        awards[unit_of.get(each_won.entry.unit, "")].append(each_won)
    with_valid = {
        unit_of.get(entry.unit, "") for entry in season.entries.values() if entry.standing == EntryStatus.VALID
    }
    order = [unit.unit for unit in sorted(season.units.values(), key=lambda unit: unit.ordinal)]
    lines = [
        _line(rule, season, unit, entries[unit], awards[unit], unit in violations)
        for unit in order
        if unit in with_valid
    ]
    if rule.recommend:
        lines = _recommended(rule.recommend, season, lines)
        lines = _placed(lines, rule.places, lambda line: line.status == UnitStatus.RECOMMENDED)
    else:
        lines = _placed(lines, rule.places, lambda line: not line.reasons)
    return lines + (_bodies(rule.bodies, season, lines, order) if rule.bodies else [])


def flag_revoked(lines: Sequence[RankedUnit], season: Season, revoked: frozenset[str], level: str) -> list[RankedUnit]:
    """The same lines, with a flag where an award of the unit's entries was revoked."""
    touched = {at_level(season.entries[entry].unit, level, season.units) for entry in revoked}
    return [replace(line, flag="review") if line.level == level and line.unit in touched else line for line in lines]


def _strength(line: RankedUnit) -> tuple[int, Fraction, int]:
    return line.value, line.points or Fraction(0), line.entries or 0


def _ranks(lines: Sequence[RankedUnit]) -> dict[str, tuple[int, int]]:
    """Rank and last position of the tie block, by unit."""
    result: dict[str, tuple[int, int]] = {}
    for _, block in groupby(sorted(lines, key=_strength, reverse=True), key=_strength):
        units = [line.unit for line in block]
        first, last = len(result) + 1, len(result) + len(units)
        result |= dict.fromkeys(units, (first, last))
    return result


def _recommended(rule: Recommend, season: Season, lines: Sequence[RankedUnit]) -> list[RankedUnit]:
    """Each unit's rank within its parent and whether the parent recommends it."""
    theirs: dict[str, list[RankedUnit]] = defaultdict(list)
    for line in lines:
        if not line.reasons:
            theirs[at_level(line.unit, rule.level, season.units)].append(line)
    result: dict[str, RankedUnit] = {}
    for parent, group in theirs.items():
        places = rule.exceptions.get(parent, rule.places)
        ranks = _ranks(group)
        for line in group:
            rank, last = ranks[line.unit]
            status: UnitStatus = UnitStatus.RECOMMENDED if last <= places else UnitStatus.ELIGIBLE
            result[line.unit] = replace(line, rank_in_parent=rank, status=status)
    return [result.get(line.unit, line) for line in lines]


def _placed(lines: Sequence[RankedUnit], places: int, competes: Callable[[RankedUnit], bool]) -> list[RankedUnit]:
    ranks = _ranks([line for line in lines if competes(line)])
    ranked_units = []
    for line in lines:
        if line.unit not in ranks:
            ranked_units.append(line)
            continue
        rank, last = ranks[line.unit]
        ranked_units.append(replace(line, rank=rank, status=UnitStatus.NAMED if last <= places else line.status))
    return ranked_units


def _line(
    rule: UnitAward, season: Season, unit: str, entries: Sequence[Entry], won: Sequence[Won], violation: bool
) -> RankedUnit:
    tracks = {entry.track for entry in entries}
    held = Counter(each_won.tier for each_won in won)
    points = sum((count * Fraction(rule.points.get(tier, 0)) for tier, count in held.items()), Fraction(0))
    filed = (season.summaries or {}).get(unit)
    summary = sum((Fraction(score) for score in filed.items.values()), Fraction(0)) if filed else Fraction(0)
    amounts: Mapping[str, Fraction] = {"entries": Fraction(len(entries)), "points": points, "summary": summary}
    value = Fraction(0)
    for part in rule.value:
        full = part.full_at if part.of != "summary" else sum(item.max for item in rule.summary)
        value += Fraction(part.weight) * min(Fraction(1), amounts[part.of] / Fraction(full or 1))
    by = rule.eligible.summary_by
    checks = (
        ("min_entries", len(entries) < rule.eligible.min_entries),
        ("min_tracks", len(tracks) < rule.eligible.min_tracks),
        ("summary_missing", by is not None and filed is None),
        ("summary_late", by is not None and filed is not None and filed.submitted_at > to_unix_micros(by)),
        ("violation", rule.eligible.no_violation and violation),
    )
    reasons = tuple(name for name, holds in checks if holds)
    status: UnitStatus = UnitStatus.NOT_ELIGIBLE if reasons else UnitStatus.ELIGIBLE
    return RankedUnit(
        unit, rule.level, to_kept(value), len(entries), len(tracks), points, summary, status=status, reasons=reasons
    )


def _bodies(rule: Bodies, season: Season, lines: Sequence[RankedUnit], order: Sequence[str]) -> list[RankedUnit]:
    """Units of a higher level by the mean of their eligible units' kept values."""
    values: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        if not line.reasons:
            for unit in above(line.unit, season.units):
                if season.units[unit].level == rule.level:
                    values[unit].append(line.value)
    ranked_units = [
        RankedUnit(unit, rule.level, to_kept(exact(sum(values[unit])) / len(values[unit])))
        for unit in order
        if len(values[unit]) >= rule.min_eligible
    ]
    return _placed(ranked_units, rule.places, lambda _: True)
