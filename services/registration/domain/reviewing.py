"""Qualification review 资格审查 level by level, and how many entries a unit may send on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.registration.domain.units import Unit
from shared.season.rules import SeasonRules
from shared.season.time import to_unix_micros
from shared.states import State


class Verdict(State):
    """What a reviewer decides on an entry."""

    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    REOPENED = "reopened"


def next_step(rules: SeasonRules, approvals: Sequence[str]) -> str | None:
    """The level whose turn it is; None when every level has approved."""
    return next((level for level in rules.reviewers if level not in approvals), None)


def line_of(units: Mapping[str, Unit], unit: str) -> Iterator[Unit]:
    """The unit itself and those above it, nearest first."""
    stored_unit = units.get(unit)
    while stored_unit is not None:
        yield stored_unit
        stored_unit = units.get(stored_unit.parent)


def units_above(units: Mapping[str, Unit], unit: str) -> dict[str, str]:
    """The unit itself and those above it, each by its level."""
    return {stored_unit.level: stored_unit.unit for stored_unit in line_of(units, unit)}


def unit_above(units: Mapping[str, Unit], unit: str, level: str) -> str | None:
    """The unit itself or the one above it that is of this level."""
    return next((stored_unit.unit for stored_unit in line_of(units, unit) if stored_unit.level == level), None)


def covers(units: Mapping[str, Unit], above: str, unit: str) -> bool:
    """Whether `unit` is `above` or lies below it."""
    return any(stored_unit.unit == above for stored_unit in line_of(units, unit))


def below(units: Mapping[str, Unit], above: str) -> dict[str, Unit]:
    """The unit itself and all that lie below it."""
    return {unit: each_unit for unit, each_unit in units.items() if covers(units, above, unit)}


def review_closes(rules: SeasonRules, level: str) -> int | None:
    """Until when this level reviews: `<level>_review` in the timeline, in microseconds UTC. None is without end."""
    slot = rules.timeline.get(f"{level}_review")
    return to_unix_micros(slot.closes) if slot and slot.closes else None


@dataclass(frozen=True, slots=True)
class Places:
    """How a unit's places of one group are used."""

    cap: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.cap - self.used)


def sent_on(ranked: Sequence[str], ready: Sequence[str], gone: Sequence[str], cap: int) -> tuple[str, ...]:
    """Whom a unit sends on now, in its order: the first `cap` of its ranking who are there.

    `ready` are entries that this unit may send on, `gone` those that have left or were refused. Whoever was sent on
    already keeps the place by standing in `ranked` before the others; the next one moves up when somebody leaves.
    """
    there = [entry for entry in ranked if entry in ready and entry not in gone]
    return tuple(there[:cap])


def reorder(ranked: Sequence[str], wanted: Sequence[str], fixed: Sequence[str]) -> tuple[str, ...]:
    """The new ranking: those sent on already stay in front, then the wanted order, then whoever was not named.

    Each entry stands once.
    """
    front = [entry for entry in ranked if entry in fixed]
    rest = [entry for entry in [*wanted, *ranked] if entry not in fixed]
    return tuple(dict.fromkeys([*front, *rest]))
