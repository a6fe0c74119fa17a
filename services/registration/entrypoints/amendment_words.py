"""Changes of a season's rules as people read them: where, what it was and what it becomes, in words and local times."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.registration.adapters.entries import EntryFilter
from services.registration.application.ports import Season
from services.registration.application.seasons import format_value
from services.registration.domain.amendments import Concern, Difference, concerned_by
from services.registration.domain.entries import WITHDRAWN
from services.registration.domain.season_form.editing import zone_of
from services.registration.domain.season_form.parts import Field
from services.registration.domain.season_form.placing import Placed, place
from services.registration.domain.season_form.tree import Tree
from services.registration.entrypoints.context import Context
from services.registration.entrypoints.pages.season_steps import Words
from shared.season.faults import Fault
from shared.season.plain_yaml import read_yaml
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.season.time import to_unix_micros
from shared.season.writing import write_rules
from shared.states import EntryStatus

LEFT = WITHDRAWN | {EntryStatus.REJECTED}
"""Entries that no change concerns any more."""
NO_VALUE = "–"


@dataclass(frozen=True, slots=True)
class ChangeInWords:
    """One change: in which step of the forms and at which field, and whom it concerns with counts."""

    path: str
    step: str
    anchor: str
    where: str
    before: str
    after: str
    concerns: Sequence[str] = ()
    fixed: bool = False
    """An amendment may not change it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each kind of people a season has; entries also by track."""

    entries: Mapping[str, int]
    judges: int
    units: int


async def count_people(context: Context, season: Season) -> Counts:
    """Whom a change of the rules may concern."""
    entries = {}
    for track in ("", *(track.id for track in season.rules.tracks)):
        by_standing = await context.read.entries.counts(EntryFilter(season.id, None, track=track))
        entries[track] = sum(count for status, count in by_standing.items() if status not in LEFT)
    lowest = season.rules.unit_levels[-1]
    units = (await context.read.units.of(season.id)).values()
    return Counts(entries, len(await context.judges.of(season.id)), sum(unit.level == lowest for unit in units))


def tree_of(rules: SeasonRules) -> Tree:
    """The open mapping of rules, as the forms read it."""
    tree: Tree = read_yaml(write_rules(rules))
    return tree


def changes_in_words(
    changes: Iterable[Difference],
    trees: Sequence[Tree],
    words: Words,
    now: int,
    *,
    fixed: Iterable[str] = (),
    counts: Counts | None = None,
) -> list[ChangeInWords]:
    """Each change where its field is; `trees` are files that may have the field, the first that has it says what it is called."""
    refused, zone = set(fixed), zone_of(trees[0])
    return [
        ChangeInWords(
            change.path,
            placed.step,
            placed.part.name or placed.part.label,
            words.place(placed),
            _in_words(placed, change.before, words, zone, now),
            _in_words(placed, change.after, words, zone, now),
            _concerns(change.path, words, counts) if counts else (),
            change.path in refused,
        )
        for change in changes
        for placed in [_placed(change.path, trees)]
    ]


@dataclass(frozen=True, slots=True)
class AmendmentInWords:
    """An amendment that is in force."""

    version: int
    at: int
    reason: str
    changes: Sequence[ChangeInWords]


def history_in_words(season: Season, words: Words, now: int) -> list[AmendmentInWords]:
    """The amendments of a season, the newest first. What is not in its rules any more is called by its path."""
    tree = tree_of(season.rules)
    return [
        AmendmentInWords(
            amendment.version,
            amendment.at,
            amendment.reason,
            changes_in_words(kept_changes(amendment.changes), (tree,), words, now),
        )
        for amendment in reversed(season.amendments)
    ]


def kept_changes(changes: Iterable[tuple[str, str, str]]) -> list[Difference]:
    """The changes of an amendment as they were stored with it."""
    return [Difference(path, _read(before), _read(after)) for path, before, after in changes]


def _read(written: str) -> Any:
    """What `format_value` wrote."""
    if not written:
        return None
    try:
        return json.loads(written)
    except ValueError:
        return written


def _placed(path: str, trees: Sequence[Tree]) -> Placed:
    """The field of a path in the first of the files that has one; else the nearest thing around it."""
    every = [place([Fault(path=path, code="BAD_VALUE")], tree)[0] for tree in trees]
    return next((placed for placed in every if isinstance(placed.part, Field)), every[0])


def _in_words(placed: Placed, value: Any, words: Words, zone: ZoneInfo, now: int) -> str:
    part = placed.part
    if value is None:
        return NO_VALUE
    if isinstance(part, Field) and isinstance(value, str):
        if part.kind == "moment":
            return _moment(value, words, zone, now, begins=part.path[-1] == "opens")
        if part.kind == "day":
            return _day(value, words)
    options = {option.value: words.option(option) for option in part.options} if isinstance(part, Field) else {}
    return _text(value, words, options)


def _text(value: Any, words: Words, options: Mapping[str, str]) -> str:
    """A value of any shape: a list in a row, a thing by its title, a mapping by its keys."""
    if isinstance(value, bool):
        return words.t("change-yes" if value else "change-no")
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(item, int) for item in value):
            return words.t.span(*value)
        return words.t("list-comma").join(_text(item, words, options) for item in value) or NO_VALUE
    if isinstance(value, dict):
        if value.keys() <= set(LANGUAGES):
            return words.title(value)
        title = words.title(value.get("title")) or str(value.get("id") or "")
        inner = words.t("list-comma").join(_text(item, words, options) for item in value.values())
        return title or inner
    return options.get(str(value)) or format_value(value)


def _moment(value: str, words: Words, zone: ZoneInfo, now: int, *, begins: bool) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return words.t.due(to_unix_micros(local), zone.key, now, begins=begins)


def _day(value: str, words: Words) -> str:
    try:
        return words.t.day(date.fromisoformat(value))
    except ValueError:
        return value


def _concerns(path: str, words: Words, counts: Counts) -> list[str]:
    """Whom a change concerns, each with how many there are now."""
    concerns, track = concerned_by(path)
    numbers = {
        Concern.ENTRANTS: counts.entries.get(track, counts.entries[""]),
        Concern.JUDGES: counts.judges,
        Concern.UNITS: counts.units,
        Concern.EVERYBODY: 0,
    }
    return [words.t(f"concerns-{concern}", count=numbers[concern]) for concern in concerns]
