"""Whether the parts of a programme's rules fit together: references, orders, doubles."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from shared.programme.rules import ProgrammeCredits, ProgrammeRules
from shared.season.faults import Fault, doubles, missing
from shared.season.rules import SeasonRules


def inconsistencies(rules: ProgrammeRules) -> Iterator[Fault]:
    """Every reference to something that does not exist, every double and every overlap of years."""
    yield from _doubles(rules)
    levels, seasons = set(rules.unit_levels), {season.folder for season in rules.seasons}
    if rules.designations:
        for kind in rules.designations.kinds:
            yield from missing(f"designations.kinds.{kind.id}.unit_levels", kind.unit_levels, levels)
    if rules.credits:
        yield from _credit_faults(rules, rules.credits)
    if rules.indicators:
        yield from missing("indicators.levels", rules.indicators.levels, levels)
        for number, listed in enumerate(rules.indicators.seasons):
            yield from missing(f"indicators.seasons.{number}.folder", [listed.folder], seasons)
    if rules.ceremony:
        yield from missing("ceremony.season", [rules.ceremony.season], seasons)
    if rules.appointments:
        for appointed in rules.appointments.kinds:
            yield from missing(f"appointments.kinds.{appointed.id}.unit_levels", appointed.unit_levels, levels)


def unknown_in_seasons(rules: ProgrammeRules, seasons: Mapping[str, SeasonRules]) -> Iterator[Fault]:
    """Every round, tier and kind of designation that the programme and its seasons name of each other and that is not there."""
    rounds = {folder: {round_.id for round_ in season.rounds} for folder, season in seasons.items()}
    for listed in rules.seasons:
        yield from missing(f"seasons.{listed.folder}.levels", listed.levels, rounds.get(listed.folder, set()))
    kinds = {kind.id for kind in rules.designations.kinds} if rules.designations else set()
    for folder, season in seasons.items():
        named = [season.designation.kind] if season.designation else []
        yield from missing(f"seasons.{folder}", named, kinds)
    for number, figures in enumerate(rules.indicators.seasons if rules.indicators else ()):
        yield from missing(f"indicators.seasons.{number}.round", [figures.round], rounds.get(figures.folder, set()))
    if rules.ceremony and rules.ceremony.season in seasons:
        season = seasons[rules.ceremony.season]
        tiers = {
            round_.id: {tier.id for tier in round_.awards.tiers} if round_.awards else set() for round_ in season.rounds
        }
        for block in rules.ceremony.blocks:
            if block.round:
                path = f"ceremony.blocks.{block.id}"
                yield from missing(f"{path}.round", [block.round], set(tiers))
                yield from missing(f"{path}.tiers", block.tiers, tiers.get(block.round, set()))


def unknown_units(rules: ProgrammeRules, units: Iterable[str]) -> Iterator[Fault]:
    """Every unit that the rules name and that is not there."""
    yield from missing("credits.units", rules.credits.units if rules.credits else (), set(units))


def _doubles(rules: ProgrammeRules) -> Iterator[Fault]:
    listed: dict[str, list[str]] = {
        "unit_levels": list(rules.unit_levels),
        "seasons": [season.folder for season in rules.seasons],
        "designations.kinds": [kind.id for kind in rules.designations.kinds] if rules.designations else [],
        "credits.years": [year.id for year in rules.credits.years] if rules.credits else [],
        "indicators.levels": list(rules.indicators.levels) if rules.indicators else [],
        "indicators.seasons": [season.folder for season in rules.indicators.seasons] if rules.indicators else [],
        "showcase.tags": [tag.id for tag in rules.showcase.tags] if rules.showcase else [],
        "ceremony.blocks": [block.id for block in rules.ceremony.blocks] if rules.ceremony else [],
        "appointments.kinds": [kind.id for kind in rules.appointments.kinds] if rules.appointments else [],
    }
    for path, ids in listed.items():
        yield from doubles(path, ids)


def _credit_faults(rules: ProgrammeRules, credits_: ProgrammeCredits) -> Iterator[Fault]:
    levels = {level for season in rules.seasons for level in season.levels.values()}
    kinds = {kind.id for kind in rules.designations.kinds} if rules.designations else set()
    for year in credits_.years:
        for number, line in enumerate(year.lines):
            path = f"credits.years.{year.id}.lines.{number}"
            yield from missing(f"{path}.category", [line.category], set(year.categories))
            yield from missing(f"{path}.level", [line.level] if line.level else [], levels)
            yield from missing(f"{path}.designation", [line.designation] if line.designation else [], kinds)
    for first, second in combinations(credits_.years, 2):
        if max(first.begins, second.begins) <= min(first.ends, second.ends):
            yield Fault(path=f"credits.years.{second.id}", code="SAME_DAYS", detail=f"{first.id}, {second.id}")
