"""Indicators 指标: how many take part and how they do, by unit, with what chance alone would explain.

All arithmetic is exact; square roots come last. Units stand in the order of their file, never by value.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.registration.domain.people import Name, student_key
from shared.programme.amounts import root
from shared.programme.rules import Indicators, IndicatorSeason
from shared.programme.seasons import Entry, SeasonFacts
from shared.programme.suppression import hidden_units
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet, whole_number
from shared.season.row_checks import RowFell, read_rows, require, require_cells
from shared.states import State

REQUIRED = ("unit", "year", "pupils")
Z = Fraction(196, 100)
"""95 % of a normal distribution lie within so many standard deviations."""
UNIT_OF_SCORE = 10_000
"""Scores are kept in ten-thousandths."""


class Band(State):
    """What can be told of a unit by its calibrated mean."""

    ABOVE = "above"
    BELOW = "below"
    AS_EXPECTED = "as_expected"
    INDISTINCT = "indistinct"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The mean of a unit with the differences between groups taken out, drawn toward the mean of all; and its interval."""

    band: Band
    mean: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """The share of awards; the same drawn toward the share of all units; between which shares it lies by chance alone."""

    share: Fraction
    shrunk: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a unit in a season. Shares are fractions of 1."""

    level: str
    unit: str
    hidden: bool
    entries: int
    students: int
    pupils: int | None
    awards: int
    chance: Chance | None
    mean: Fraction | None
    calibrated: Calibrated | None

    @property
    def participation(self) -> Fraction | None:
        """Students of each pupil."""
        return Fraction(self.students, self.pupils) if self.pupils else None


@dataclass(frozen=True, slots=True)
class _Scored:
    """An entry with a score, and the distance of the score from the mean of its group."""

    entry: str
    score: Fraction
    deviation: Fraction


@dataclass(frozen=True, slots=True)
class _Contest:
    """The valid entries of a season, those with a score in the round, and those whose award stands."""

    entries: tuple[Entry, ...]
    scored: tuple[_Scored, ...]
    awarded: frozenset[str]

    @property
    def share(self) -> Fraction:
        """The share of awards of all units."""
        return Fraction(len(self.awarded & {each.entry for each in self.scored}), len(self.scored))

    @property
    def mean(self) -> Fraction:
        """The mean of all scores."""
        return _mean([each.score for each in self.scored])


def compute_figures(
    rules: Indicators,
    listed: IndicatorSeason,
    season: SeasonFacts,
    tree: UnitTree,
    pupils: Mapping[tuple[str, str], int],
    school_level: str,
) -> list[Figures]:
    """The figures of a season by level and unit, from its final results. Hidden units take part in all computations.

    Args:
        pupils: how many pupils a school had in a year.
    """
    contest = _contest(season, listed.round)
    share = contest.share if contest.scored else Fraction(0)
    pupils_of = _pupils(tree, school_level, listed.year, pupils)
    results = []
    for level in rules.levels:
        unit_of = {entry.entry: _at_level(tree, entry.unit, level) for entry in contest.entries}
        deviations: dict[str, list[Fraction]] = {}
        scores: dict[str, list[Fraction]] = {}
        persons: dict[str, set[str]] = {}
        counts, awards = Counter(unit_of.values()), Counter(unit_of[entry] for entry in contest.awarded)
        for each in contest.scored:
            if unit_of[each.entry]:
                deviations.setdefault(unit_of[each.entry], []).append(each.deviation)
                scores.setdefault(unit_of[each.entry], []).append(each.score)
        for entry in contest.entries:
            persons.setdefault(unit_of[entry.entry], set()).update(_persons(entry))
        calibrated = calibrate(deviations, contest.mean) if contest.scored else {}
        hidden = hidden_units(tree, {unit: len(keys) for unit, keys in persons.items() if unit})
        for unit in (each.unit for each in tree.units if each.level == level):
            own = scores.get(unit, [])
            results.append(
                Figures(
                    level,
                    unit,
                    unit in hidden,
                    entries=counts[unit],
                    students=len(persons.get(unit, ())),
                    pupils=pupils_of[unit],
                    awards=awards[unit],
                    chance=_chance(awards[unit], len(own), share, rules.prior) if own else None,
                    mean=_mean(own) if own else None,
                    calibrated=calibrated.get(unit),
                )
            )
    return results


def _contest(season: SeasonFacts, round_: str) -> _Contest:
    entries = tuple(entry for entry in season.entries if season.final.is_valid(entry.entry))
    valid = {entry.entry for entry in entries}
    scores = [each for each in season.scores if each.round == round_ and each.entry in valid]
    groups: dict[str, list[Fraction]] = {}
    for each in scores:
        groups.setdefault(each.group, []).append(Fraction(each.score, UNIT_OF_SCORE))
    means = {group: _mean(values) for group, values in groups.items()}
    scored = tuple(
        _Scored(each.entry, score, score - means[each.group])
        for each in scores
        for score in [Fraction(each.score, UNIT_OF_SCORE)]
    )
    awarded = frozenset(entry.entry for entry in entries if season.final.tier(round_, entry.entry))
    return _Contest(entries, scored, awarded)


def _chance(awards: int, count: int, share: Fraction, prior: int) -> Chance:
    """The share of awards of so many entries, beside what the share of all units would make of them."""
    shrunk = (awards + prior * share) / (count + prior)
    return Chance(Fraction(awards, count), shrunk, *funnel(share, count))


def funnel(share: Fraction, count: int) -> tuple[Fraction, Fraction]:
    """Between which shares chance alone would leave a unit with so many entries: p ∓ 1.96 √(p(1−p) ÷ n), within 0 and 1."""
    width = Z * root(share * (1 - share) / count)
    return max(Fraction(0), share - width), min(Fraction(1), share + width)


def calibrate(deviations: Mapping[str, list[Fraction]], whole_mean: Fraction) -> dict[str, Calibrated]:
    """The calibrated mean of each unit, from the deviations of its entries from the means of their groups.

    Over the k units with scores, N entries: σ² = Σ(d − d̄ᵤ)² ÷ (N − k); n₀ = (N − Σn² ÷ N) ÷ (k − 1);
    τ² = max(0, (Σn(d̄ᵤ − d̄)² ÷ (k − 1) − σ²) ÷ n₀); B = τ² ÷ (τ² + σ² ÷ n). Calibrated = G + d̄ + B(d̄ᵤ − d̄), with the
    interval ∓ 1.96 √(B σ² ÷ n). Where units do not differ (τ² = 0) it is G without an interval; of one unit, or with one
    entry a unit, there is nothing to compare.
    """
    units = len(deviations)
    every = [value for values in deviations.values() for value in values]
    count = len(every)
    if units < 2 or count == units:
        return {unit: Calibrated(Band.TOO_FEW) for unit in deviations}
    means = {unit: _mean(values) for unit, values in deviations.items()}
    middle = _mean(every)
    within = sum(((value - means[unit]) ** 2 for unit, values in deviations.items() for value in values), Fraction(0))
    within /= count - units
    size = (count - Fraction(sum(len(values) ** 2 for values in deviations.values()), count)) / (units - 1)
    between = sum((len(values) * (means[unit] - middle) ** 2 for unit, values in deviations.items()), Fraction(0))
    spread = max(Fraction(0), (between / (units - 1) - within) / size)
    if not spread:
        return {unit: Calibrated(Band.INDISTINCT, whole_mean) for unit in deviations}
    results = {}
    for unit, values in deviations.items():
        weight = spread / (spread + within / len(values))
        mean = whole_mean + middle + weight * (means[unit] - middle)
        width = Z * root(weight * within / len(values))
        low, high = mean - width, mean + width
        band = Band.ABOVE if low > whole_mean else Band.BELOW if high < whole_mean else Band.AS_EXPECTED
        results[unit] = Calibrated(band, mean, low, high)
    return results


def check_populations(
    sheet: Sheet, tree: UnitTree, school_level: str
) -> tuple[dict[tuple[str, str], int], list[Rejection]]:
    """The pupils 在校生 of each school and year by `populations.csv`, and the rows that fall."""
    accepted: dict[tuple[str, str], int] = {}

    def read(row: Row) -> None:
        require_cells(row, REQUIRED)
        require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
        require(tree.level_of(row["unit"]) == school_level, "unit", "UNIT_LEVEL")
        pupils = whole_number(row["pupils"])
        if pupils is None:
            raise RowFell("pupils", "BAD_NUMBER")
        key = (row["unit"], row["year"])
        require(key not in accepted, "unit", "DUPLICATE_ID")
        accepted[key] = pupils

    rejected = read_rows(sheet, read)[1]
    return accepted, rejected


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _at_level(tree: UnitTree, unit: str, level: str) -> str:
    """The unit of this level that the unit is, or is below; empty: none."""
    return next((name for name in tree.line_of(unit) if tree.level_of(name) == level), "")


def _persons(entry: Entry) -> set[str]:
    return {student_key(entry.unit, Name(member.name_zh, member.name_en), member.birth) for member in entry.members}


def _pupils(
    tree: UnitTree, school_level: str, year: str, pupils: Mapping[tuple[str, str], int]
) -> dict[str, int | None]:
    """By unit the pupils of all schools below; none when those of a school are not known."""
    sums: dict[str, int | None] = {unit.unit: 0 for unit in tree.units}
    for school in (unit.unit for unit in tree.units if unit.level == school_level):
        known = pupils.get((school, year))
        for unit in tree.line_of(school):
            before = sums[unit]
            sums[unit] = None if known is None or before is None else before + known
    return sums
