"""Judges as their organizers know them: by name; and whom of the season they work for or have to avoid."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from services.registration.domain.teachers_words import track as track_of
from services.registration.domain.units import Unit
from shared.errors import error_at
from shared.names import comparable
from shared.season.printing import NAME, TITLE, find_fault
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.states import State

JUDGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
LISTED = re.compile(r"[;\uff1b\n]")
"""What stands between several in one cell."""
LOOSELY_LISTED = re.compile(r"[;\uff1b\u3001,\uff0c/\n]")
"""The same, where none of them holds a comma."""
APART = re.compile(r"[\u00b7\u30fb\u2022|]|\s-\s")
"""What stands between a name and where they are; a name may hold some of them itself."""
MOST_SHOWN = 50


Meant = Literal["unit", "instructor", "student", "entry"]
"""What a judge may work for or have to avoid."""
EVERYBODY: tuple[Meant, ...] = get_args(Meant)


class JudgeDuty(State):
    """What a judge is there for."""

    SCORING = "scoring"
    CHIEF = "chief"
    RESERVE = "reserve"
    SHADOW = "shadow"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody or something of the season, with every name of it and of the units where it is."""

    id: str
    kind: Meant
    names: tuple[str, ...]
    where: tuple[str, ...] = ()
    """The nearest unit first."""

    @property
    def label(self) -> str:
        """As it is shown, and understood when it is typed."""
        return " · ".join((self.names[0], *self.where[:1]))


@dataclass(frozen=True, slots=True)
class JudgeForm:
    """A judge as somebody states them: units and people by name and place, or by id."""

    judge: str
    name: str
    contact: str
    role: str
    tracks: tuple[str, ...]
    languages: tuple[str, ...]
    employer: str
    avoid: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """A judge as they are kept; `employer` and `avoid` are ids of the season."""

    judge: str
    name: str
    contact: str
    role: JudgeDuty
    tracks: tuple[str, ...]
    languages: tuple[str, ...]
    employer: str
    avoid: tuple[str, ...]


def places(unit: str, units: Mapping[str, Unit]) -> tuple[str, ...]:
    """The names of a unit and of those above it, nearest first."""
    names: list[str] = []
    seen: set[str] = set()
    while unit in units and unit not in seen:
        seen.add(unit)
        names += [name for name in (units[unit].name_zh, units[unit].name_en) if name]
        unit = units[unit].parent
    return tuple(names)


def unit_choice(unit: Unit, units: Mapping[str, Unit]) -> Choice:
    """A unit with its names, where the units above it are."""
    names = tuple(name for name in (unit.name_zh, unit.name_en) if name)
    return Choice(unit.unit, "unit", names, places(unit.parent, units))


def readings(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """A text as a name and where they are, in each way in which it may be read, as they are compared."""
    return [(comparable(text), ())] + [
        (comparable(text[: cut.start()]), tuple(filter(None, map(comparable, APART.split(text[cut.end() :])))))
        for cut in reversed(list(APART.finditer(text)))
    ]


def fitting(text: str, choices: Iterable[Choice]) -> list[Choice]:
    """Whom a text means: the one with this id, or all who are called so and are there."""
    listed = list(choices)
    if by_id := [choice for choice in listed if choice.id == text.strip()]:
        return by_id
    for name, where in readings(text):
        meant = [
            choice
            for choice in listed
            if name in map(comparable, choice.names) and set(where) <= set(map(comparable, choice.where))
        ]
        if name and meant:
            return meant
    return []


def containing(words: str, choices: Iterable[Choice]) -> list[Choice]:
    """Those whose name, or where they are, holds every word; the closest first."""
    wanted = [comparable(word) for part in APART.split(words) for word in part.split()]
    if not wanted:
        return []
    matching = []
    for choice in choices:
        name = comparable(" ".join(choice.names))
        everything = name + comparable(" ".join((*choice.where, choice.id)))
        if all(word in everything for word in wanted):
            matching.append((not any(word in name for word in wanted), len(name), choice.label, choice))
    return [choice for *_, choice in sorted(matching, key=lambda item: item[:3])[:MOST_SHOWN]]


def judge_errors(form: JudgeForm, rules: SeasonRules) -> list[dict[str, str]]:
    """What will not do in a form, apart from whom it names."""
    errors = [] if JUDGE_ID.fullmatch(form.judge) else [error_at("judge", "field-judge-form")]
    if not form.name or find_fault(form.name, NAME):
        errors.append(error_at("name", "field-judge-name"))
    if find_fault(form.contact, TITLE):
        errors.append(error_at("contact", "field-judge-contact"))
    if form.role not in list(JudgeDuty):
        errors.append(error_at("role", "field-judge-role"))
    if not form.tracks or not set(form.tracks) <= {track.id for track in rules.tracks}:
        errors.append(error_at("tracks", "field-judge-tracks"))
    if not set(form.languages) <= set(LANGUAGES):
        errors.append(error_at("languages", "field-judge-languages"))
    return errors


def read_tracks(cell: str, rules: SeasonRules) -> tuple[str, ...]:
    """Tracks by id or title; what means none stays as it is."""
    written = (part.strip() for part in LOOSELY_LISTED.split(cell))
    return tuple(dict.fromkeys(track_of(part, rules) for part in written if part))


def read_listed(cell: str) -> tuple[str, ...]:
    """Several in one cell."""
    return tuple(dict.fromkeys(part.strip() for part in LISTED.split(cell) if part.strip()))


def next_ids(taken: Iterable[str], count: int) -> Sequence[str]:
    """So many ids `J001` that are free."""
    used, number = {name.upper() for name in taken}, 0
    free: list[str] = []
    while len(free) < count:
        number += 1
        if (name := f"J{number:03}") not in used:
            free.append(name)
    return free
