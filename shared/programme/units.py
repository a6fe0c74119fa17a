"""The tree of units 组织单位 of a programme, in the order of its file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TreeUnit:
    """A unit: its id, the one above it, its level, its names."""

    unit: str
    parent: str
    level: str
    name_zh: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class UnitTree:
    """All units; parents stand before children."""

    units: tuple[TreeUnit, ...]
    _by_id: Mapping[str, TreeUnit] = field(init=False, repr=False, compare=False)
    _place: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {unit.unit: unit for unit in self.units})
        object.__setattr__(self, "_place", {unit.unit: place for place, unit in enumerate(self.units)})

    def __contains__(self, unit: str) -> bool:
        return unit in self._by_id

    def get(self, unit: str) -> TreeUnit | None:
        return self._by_id.get(unit)

    def place(self, unit: str) -> int:
        """Where a unit stands in every list; one that is not there stands behind all."""
        return self._place.get(unit, len(self.units))

    def level_of(self, unit: str) -> str:
        """The level of a unit; empty: there is no such unit."""
        known = self._by_id.get(unit)
        return known.level if known else ""

    def line_of(self, unit: str) -> Iterator[str]:
        """The unit itself and every unit above it."""
        known = self._by_id.get(unit)
        while known:
            yield known.unit
            known = self._by_id.get(known.parent)

    def is_within(self, unit: str, roots: Iterable[str]) -> bool:
        """Whether the unit is one of these or below one of them."""
        return not set(roots).isdisjoint(self.line_of(unit))

    def families(self) -> Iterator[tuple[str, ...]]:
        """The children of each unit that has any, in the order of units."""
        children: dict[str, list[str]] = {}
        for unit in self.units:
            if unit.parent:
                children.setdefault(unit.parent, []).append(unit.unit)
        yield from (tuple(listed) for listed in children.values())
