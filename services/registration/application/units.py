"""Units by their names alone: their numbers are given here."""

import re
from collections.abc import Mapping
from dataclasses import replace

from services.registration.application.ports import Season, Store
from services.registration.domain.units import COLUMNS, PRINTED, Unit, check_units, next_id
from shared.errors import NotFound
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.printing import find_fault_in_row
from shared.season.rules import SeasonRules

BETWEEN = re.compile(r"[\t|｜]")
"""Between the Chinese and the English name of a line: what a spreadsheet puts there, or a bar."""
NAMES = "names"
"""The field that lines are typed in."""


async def add_units(season: Season, level: str, parent: str, lines: str, store: Store) -> tuple[int, list[Rejection]]:
    """Add a unit for each line that is not empty; returns how many, and the lines that fall. If a line falls, none is added.

    Without `parent` they belong to the season's top unit. If there is none yet it is made, with the name of the host.
    """
    known = await store.units.of(season.id)
    units = known if parent or level == season.rules.unit_levels[0] else _with_top(season.rules, known)
    above = parent or next((unit.unit for unit in units.values() if not unit.parent and unit.level != level), "")
    named = [(number, line) for number, line in enumerate(lines.splitlines(), 1) if line.strip()]
    if not named:
        return 0, [Rejection(file="units.csv", row=1, column=NAMES, code="REQUIRED")]
    rows, taken, twice = [], set(units), []
    names = {name for unit in units.values() if unit.parent == above for name in unit.names}
    for number, line in named:
        zh, en = _names_in(line)
        unit, own = next_id(level, taken), {name for name in (zh, en) if name}
        if names & own:
            twice.append(Rejection(file="units.csv", row=number, column=NAMES, code="DUPLICATE_NAME"))
        names |= own
        taken.add(unit)
        rows.append(Row(number, dict(zip(COLUMNS, (unit, above, level, zh, en), strict=True))))
    kept, rejected = check_units(Sheet("units.csv", COLUMNS, tuple(rows)), season.rules, units)
    if rejected or twice:
        return 0, sorted([*rejected, *twice], key=lambda rejection: rejection.row)
    await store.units.save(season.id, kept)
    return len(rows), []


def _with_top(rules: SeasonRules, known: Mapping[str, Unit]) -> Mapping[str, Unit]:
    level = rules.unit_levels[0]
    if any(unit.level == level for unit in known.values()):
        return known
    name = (rules.hosts or rules.sponsors)[0]
    top = Unit(next_id(level, known), "", level, name.zh, name.en, "", len(known))
    return {**known, top.unit: top}


def _names_in(line: str) -> tuple[str, str]:
    """The Chinese and the English name of a line; a single name in ASCII is the English one."""
    first, *others = (part.strip() for part in BETWEEN.split(line, 1))
    if others:
        return first, others[0]
    return ("", first) if first.isascii() else (first, "")


async def rename_unit(season: Season, unit: str, name_zh: str, name_en: str, store: Store) -> list[Rejection]:
    """Other names for a unit that is there; returns what is wrong with them, and then changes nothing.

    Raises:
        NotFound: the season has no such unit.
    """
    present = await store.units.find(season.id, unit)
    if present is None:
        raise NotFound("no-such-unit")
    row = Row(1, {"name_zh": name_zh, "name_en": name_en})
    fault = find_fault_in_row(row, PRINTED) if name_zh or name_en else ("name_zh", "REQUIRED")
    if fault:
        return [Rejection(file="units.csv", row=1, column=fault[0], code=fault[1])]
    await store.units.save(season.id, [replace(present, name_zh=name_zh, name_en=name_en)])
    return []
