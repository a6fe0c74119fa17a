"""What a form does to the file: it writes its fields, adds, takes away and moves. Whatever no field names stays."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.registration.domain.season_form.parts import (
    Add,
    Field,
    Part,
    Posted,
    fields_of,
    groups_of,
    local_moment,
    sent,
    shown,
    write,
    written_moment,
)
from services.registration.domain.season_form.questions import CHOICE, FIELD_OPTIONS, FILE
from services.registration.domain.season_form.tree import (
    Path,
    Tree,
    items_at,
    mapping_at,
    put,
    rename_key,
    rename_uses,
    take,
    text_at,
    uses,
    value_at,
)
from shared.season.reading import MOMENTS


@dataclass(frozen=True, slots=True)
class Edited:
    """The file with what was typed; `taken` are fields whose name for something is already another's: those stay."""

    tree: Tree
    taken: tuple[str, ...] = ()


def zone_of(tree: Tree) -> ZoneInfo:
    """The zone of the season's times; of a file that does not say it, UTC, as its reading takes it."""
    try:
        return ZoneInfo(text_at(tree, ("time_zone",)) or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def edit(before: Tree, parts: Iterable[Part], posted: Posted) -> Edited:
    """The file with what the form says. A field that says what it showed changes nothing, however the file writes it.

    A name that changes is changed wherever the season uses it. A name may not be emptied.
    """
    tree, zone = deepcopy(before), zone_of(before)
    names: list[tuple[Field, str]] = []
    for field in fields_of(parts):
        given, seen = sent(field, posted), shown(field, before, zone)
        if (
            given is None
            or given == seen
            or (field.kind == "ticks" and sorted(filter(None, given)) == sorted(filter(None, seen)))
        ):
            continue
        if field.kind == "key" or (field.kind == "id" and uses(before, field.path[:-1])):
            names.append((field, given[0]))
        else:
            write(field, tree, given)
    for field in fields_of(parts):
        if field.path[-1] == "type" and text_at(before, field.path) != text_at(tree, field.path):
            _drop_others(value_at(tree, field.path[:-1]))
    taken = [field.name for field, new in names if new and not _rename(tree, field, new)]
    if text_at(before, ("time_zone",)) != text_at(tree, ("time_zone",)):
        _keep_clocks(tree, zone)
    return Edited(tree, tuple(taken))


def _drop_others(custom_field: Tree) -> None:
    """What only another type of custom field has goes; a choice has two choices, and a file is a PDF, to begin with."""
    kind = text_at(custom_field, ("type",))
    for name in {name for names in FIELD_OPTIONS.values() for name in names}:
        if name not in FIELD_OPTIONS.get(kind, ()):
            custom_field.pop(name, None)
    if kind == CHOICE and not items_at(custom_field, ("choices",)):
        custom_field["choices"] = [{"id": "c1"}, {"id": "c2"}]
    if kind == FILE and not items_at(custom_field, ("types",)):
        custom_field["types"] = ["pdf"]


def _rename(tree: Tree, field: Field, new: str) -> bool:
    """Whether the name could be given."""
    if field.kind == "key":
        old, patterns = str(field.path[-1]), uses(tree, field.path)
        if new in mapping_at(tree, field.path[:-1]):
            return False
        rename_key(tree, field.path, new)
    else:
        old, patterns = text_at(tree, field.path), uses(tree, field.path[:-1])
        others = items_at(tree, field.path[:-2]) if isinstance(field.path[-2], int) else []
        if any(text_at(item, ("id",)) == new for item in others):
            return False
        put(tree, field.path, new)
    if old:
        rename_uses(tree, patterns, old, new)
    return True


def _keep_clocks(place: Any, zone: ZoneInfo) -> None:
    """Another zone moves no clock time: what was written with an offset is written as it was shown."""
    if isinstance(place, dict):
        for key, value in place.items():
            if key in MOMENTS and isinstance(value, str) and _has_offset(value):
                place[key] = written_moment(*local_moment(value, zone, closing=key != "opens"))
            else:
                _keep_clocks(value, zone)
    elif isinstance(place, list):
        for item in place:
            _keep_clocks(item, zone)


def _has_offset(written: str) -> bool:
    try:
        return datetime.fromisoformat(written).tzinfo is not None
    except ValueError:
        return False


def act(before: Tree, parts: Iterable[Part], wanted: str, chosen: str = "") -> tuple[Tree, Path] | None:
    """The file after a button of the page, and the thing that it concerns: `add:`, `up:`, `down:` or `remove:` and a
    name. None for a button that the page does not have.
    """
    tree, (verb, _, name) = deepcopy(before), wanted.partition(":")
    groups = list(groups_of(parts))
    if verb == "add":
        return next((_added(tree, add, chosen) for group in groups for add in group.adds if add.name == name), None)
    group = next((group for group in groups if verb in group.tools and group.name == name), None)
    if group is None:
        return None
    if verb == "remove":
        return tree, _removed(tree, group.path)
    return tree, _moved(tree, group.path, -1 if verb == "up" else 1)


def _added(tree: Tree, add: Add, chosen: str) -> tuple[Tree, Path]:
    path = add.path
    if add.options:
        if chosen not in {option.value for option in add.options}:
            return tree, path
        path = path if add.sets else (*path, chosen)
    value = deepcopy(add.value)
    if add.sets:
        value[add.sets] = chosen
        _drop_others(value)
    if isinstance(path[-1], int):
        listed = items_at(tree, path[:-1])
        put(tree, path[:-1], [*listed, value])
    else:
        put(tree, path, value)
    _complete(tree, path)
    return tree, path


def _complete(tree: Tree, path: Path) -> None:
    """A new track is scored as the first one is, and a new round has a letter of its own for its certificates."""
    rounds = items_at(tree, ("rounds",))
    identity = text_at(tree, (*path, "id"))
    if path[:-1] == ("tracks",):
        for position, round_ in enumerate(rounds):
            usual = next(iter(mapping_at(round_, ("scoring",)).values()), None)
            if usual is not None:
                put(tree, ("rounds", position, "scoring", identity), deepcopy(usual))
    if path[:-1] == ("rounds",) and value_at(tree, ("serials",)) is not None:
        used = set(mapping_at(tree, ("serials", "rounds")).values())
        free = (letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in used)
        put(tree, ("serials", "rounds", identity), next(free, ""))


def _removed(tree: Tree, path: Path) -> Path:
    """Its name goes from the lists and mappings of what uses it, too."""
    named = value_at(tree, path)
    identity = text_at(named, ("id",)) or (str(path[-1]) if isinstance(path[-1], str) else "")
    patterns = uses(tree, path)
    take(tree, path)
    if identity:
        rename_uses(tree, patterns, identity, None)
    return path[:-1]


def _moved(tree: Tree, path: Path, by: int) -> Path:
    listed, position = items_at(tree, path[:-1]), int(path[-1])
    other = position + by
    listed[position], listed[other] = listed[other], listed[position]
    return (*path[:-1], other)
