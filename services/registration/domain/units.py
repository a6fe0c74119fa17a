"""Organizational units 组织单位: the tree from the city down to the schools."""

from dataclasses import dataclass

from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.rules import SeasonRules

COLUMNS = ("unit", "parent", "level", "name_zh", "name_en")


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


def check_units(sheet: Sheet, rules: SeasonRules) -> tuple[list[Unit], list[Rejection]]:
    """The units of `units.csv` in file order, and the rows that fall (season folder, section 6)."""
    units: dict[str, Unit] = {}
    seen: set[str] = set()
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
    row: Row, header: tuple[str, ...], rules: SeasonRules, units: dict[str, Unit], seen: set[str]
) -> tuple[str, str] | None:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    for column in ("unit", "level"):
        if not row[column]:
            return column, "REQUIRED"
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
    return None
