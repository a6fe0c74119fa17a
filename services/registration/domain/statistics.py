"""Figures of a unit's work 单位统计: entries, numbers that they answer, and material, with those of the units below."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.registration.domain.reviewing import units_above
from services.registration.domain.units import Unit
from shared.season.rules import Statistic
from shared.states import EntryStatus

COUNTED = frozenset({EntryStatus.VALID, EntryStatus.NOT_RECOMMENDED, EntryStatus.EXHIBITION})
"""Entries that count, whatever the recommendation says."""


@dataclass(frozen=True, slots=True)
class CountedEntry:
    """An entry that counts: its track and unit, what it answers, and the kinds of its material that came in time."""

    track: str
    unit: str
    answers: Mapping[str, str]
    material: Sequence[str] = ()


def amount(statistic: Statistic, entry: CountedEntry) -> Decimal:
    """What one entry adds to a figure."""
    in_track = not statistic.tracks or entry.track in statistic.tracks
    if not in_track or any(entry.answers.get(field) != value for field, value in statistic.where.items()):
        return Decimal(0)
    if statistic.field is not None:
        return Decimal(entry.answers.get(statistic.field) or 0)
    if statistic.of == "count":
        return Decimal(1)
    return Decimal(sum(not statistic.kinds or kind in statistic.kinds for kind in entry.material))


def figures(
    statistics: Sequence[Statistic], units: Mapping[str, Unit], entries: Iterable[CountedEntry]
) -> dict[str, dict[str, Decimal]]:
    """By unit, in the order of units: each figure of every unit that has an entry which counts, or has one below it."""
    sums: dict[str, dict[str, Decimal]] = {}
    for entry in entries:
        for unit in units_above(units, entry.unit).values():
            of_unit = sums.setdefault(unit, {statistic.id: Decimal(0) for statistic in statistics})
            for statistic in statistics:
                of_unit[statistic.id] += amount(statistic, entry)
    return {unit: sums[unit] for unit in units if unit in sums}
