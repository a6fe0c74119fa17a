"""Organizational units 组织单位: the tree from the city down to the schools."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from shared.season.csv_rows import Rejection, Row, Sheet, whole_number
from shared.season.ids import is_safe_id
from shared.season.printing import TITLE, find_fault_in_row
from shared.season.text import Text

COLUMNS = ("unit", "parent", "level", "name_zh", "name_en")
OPTIONAL = ("gb2260",)
PRINTED = (("name_zh", TITLE), ("name_en", TITLE))
"""Columns that stand on certificates, each with what may be written in it."""


class HasUnitLevels(Protocol):
    """Rules, of a season or of a programme, that name the levels of their tree, top first."""

    @property
    def unit_levels(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a season; `ordinal` is its place in the organizer's file and in every list."""

    unit: str
    parent: str
    level: str
    name_zh: str
    name_en: str
    gb2260: str
    ordinal: int

    @property
    def name(self) -> Text:
        """The name in both languages."""
        return Text(zh=self.name_zh, en=self.name_en)

    @property
    def names(self) -> tuple[str, ...]:
        """All that it is called."""
        return tuple(name for name in (self.name_zh, self.name_en) if name)


def next_id(level: str, known: Collection[str]) -> str:
    """The number of the next unit of a level, as `S001`: nobody has to think one up."""
    letter = level[0].upper()
    used = [whole_number(unit.removeprefix(letter)) or 0 for unit in known if unit.startswith(letter)]
    return f"{letter}{max(used, default=0) + 1:03}"


def check_units(
    sheet: Sheet, rules: HasUnitLevels, known: Mapping[str, Unit] = MappingProxyType({})
) -> tuple[list[Unit], list[Rejection]]:
    """The units of `units.csv` in file order, and the rows that fall (season folder, section 6).

    With `known` the rows come after units that are there.
    """
    units, seen = dict(known), set(known)
    rejections = []
    for row in sheet.rows:
        fault = _fault(row, sheet.header, rules, units, seen)
        seen.add(row["unit"])
        if fault:
            rejections.append(sheet.reject(row, *fault))
            continue
        units[row["unit"]] = Unit(
            row["unit"], row["parent"], row["level"], row["name_zh"], row["name_en"], row["gb2260"], len(units)
        )
    return list(units.values()), rejections


def _fault(
    row: Row, header: tuple[str, ...], rules: HasUnitLevels, units: dict[str, Unit], seen: set[str]
) -> tuple[str, str] | None:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    for column in ("unit", "level"):
        if not row[column]:
            return column, "REQUIRED"
    if not is_safe_id(row["unit"]):
        return "unit", "BAD_ID"
    if not (row["name_zh"] or row["name_en"]):
        return "name_zh", "REQUIRED"
    if row["unit"] in seen:
        return "unit", "DUPLICATE_ID"
    if row["level"] not in rules.unit_levels:
        return "level", "UNIT_LEVEL"
    depth = rules.unit_levels.index(row["level"])
    parent = units.get(row["parent"])
    if parent is None and (row["parent"] or depth > 0):
        return "parent", "UNKNOWN_PARENT"
    if parent is not None and rules.unit_levels.index(parent.level) >= depth:
        return "parent", "UNKNOWN_PARENT"
    return find_fault_in_row(row, PRINTED)
