"""What the forms of a season are put together from."""

from collections.abc import Callable, Iterable
from typing import Any

from services.registration.domain.season_form.parts import Add, Field, Group, Option, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, mapping_at, text_at, value_at
from shared.season.text import LANGUAGES

LEVELS = ("nation", "province", "city", "district", "school")
"""The usual levels of units, from the top."""
MOVABLE = ("up", "down", "remove")
GRADES = tuple(Option(str(grade), f"edit-grade-{grade}") for grade in range(1, 13))


def options(name: str, values: Iterable[str]) -> tuple[Option, ...]:
    """Values that the catalog says under this name."""
    return tuple(Option(value, f"edit-{name}-{value}") for value in values)


def titled(items: Iterable[Any]) -> tuple[Option, ...]:
    """Items of the season, by id, under their own titles."""
    return tuple(Option(text_at(item, ("id",)), title=title_of(item)) for item in items if text_at(item, ("id",)))


def texts(path: Path, label: str, kind: Any = "line") -> tuple[Field, ...]:
    """A text in both languages."""
    return tuple(Field((*path, language), kind, label, language=language) for language in LANGUAGES)


def named(item: Path, label: str = "title") -> tuple[Field, ...]:
    """The title of an item, and its id."""
    return (*texts((*item, "title"), label), Field((*item, "id"), "id", "id"))


def numbered(tree: Tree, path: Path, label: str, parts: Callable[[Path], tuple[Part, ...]]) -> tuple[Group, ...]:
    """The items of a list, each with its fields, that move and go."""
    items = items_at(tree, path)
    return tuple(
        Group(
            (*path, position),
            label,
            parts((*path, position)),
            title=title_of(item),
            number=position + 1,
            tools=_tools(position, len(items)),
            layout="item",
        )
        for position, item in enumerate(items)
    )


def keyed(
    tree: Tree,
    path: Path,
    label: str,
    parts: Callable[[Path], tuple[Part, ...]],
    adds: Callable[[Path], tuple[Add, ...]] = lambda _: (),
) -> tuple[Group, ...]:
    """The items of a mapping, each with its key and its fields."""
    return tuple(
        Group(
            (*path, key),
            label,
            (Field((*path, key), "key", "id"), *parts((*path, key))),
            title=key,
            number=number,
            tools=("remove",),
            adds=adds((*path, key)),
            layout="item",
        )
        for number, key in enumerate(mapping_at(tree, path), 1)
    )


def perhaps(tree: Tree, path: Path, label: str, value: Any, parts: Callable[[], tuple[Part, ...]]) -> Group:
    """What a season may go without: its fields and a button to take it away, or a button to add it."""
    if value_at(tree, path) is None:
        return Group(path, label, (), adds=(Add(path, f"add-{label}", value),))
    return Group(path, label, parts(), tools=("remove",))


def next_id(taken: Iterable[str], letter: str) -> str:
    """The first id of this letter and a number that is not taken."""
    used = set(taken)
    return next(f"{letter}{number}" for number in range(1, len(used) + 2) if f"{letter}{number}" not in used)


def title_of(item: Any) -> Any:
    """What an item calls itself: its title, or else the item, which may be a text, or its id."""
    for text in (value_at(item, ("title",)), item):
        if isinstance(text, dict) and any(text_at(text, (language,)) for language in LANGUAGES):
            return {language: text_at(text, (language,)) for language in LANGUAGES}
    return text_at(item, ("id",))


def ids_of(items: Iterable[Any]) -> list[str]:
    return [text_at(item, ("id",)) for item in items]


def levels_of(tree: Tree) -> list[str]:
    return [level for level in items_at(tree, ("unit_levels",)) if isinstance(level, str)]


def level_options(levels: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(level, f"level-{level}") if level in LEVELS else Option(level, title=level) for level in levels)


def known_tracks(tree: Tree) -> list[Any]:
    return [track for track in items_at(tree, ("tracks",)) if text_at(track, ("id",))]


def _tools(position: int, count: int) -> tuple[str, ...]:
    hidden = {"up"} if position == 0 else set()
    hidden |= {"down"} if position == count - 1 else set()
    return tuple(tool for tool in MOVABLE if tool not in hidden)


def add_another(tree: Tree, path: Path, label: str, value: Any) -> Add:
    """One more at the end of a list."""
    return Add((*path, len(items_at(tree, path))), label, value)


def group_places(tree: Tree, path: Path) -> tuple[Group, ...]:
    """A number for each track and division."""
    divisions = {text_at(division, ("id",)): division for division in items_at(tree, ("divisions",))}
    return tuple(
        Group(
            (*path, text_at(track, ("id",))),
            "places-of",
            tuple(
                Field(
                    (*path, text_at(track, ("id",)), division),
                    "whole",
                    "places-in",
                    title=title_of(divisions[division]),
                    cell=True,
                )
                for division in items_at(track, ("divisions",))
                if isinstance(division, str) and division in divisions
            ),
            title=title_of(track),
            layout="row",
        )
        for track in known_tracks(tree)
    )
