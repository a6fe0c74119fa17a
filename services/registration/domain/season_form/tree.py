"""The open mapping of a season file by path, and the names in it that are used elsewhere in it."""

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
"""Keys of mappings and positions in lists, from the root."""
Tree = dict[str, Any]
KEYS = "{}"
"""As the last part of a pattern: the keys of the mapping that stands here."""
BEFORE = "^"
"""As the last part of a pattern: what stands before the full stop of the value."""


def name_of(path: Path) -> str:
    """The path as fields, addresses and faults write it."""
    return ".".join(map(str, path))


def value_at(tree: Any, path: Path) -> Any:
    """What stands there; None where nothing does."""
    for part in path:
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree


def items_at(tree: Any, path: Path) -> list[Any]:
    """The list that stands there; empty where none does."""
    value = value_at(tree, path)
    return value if isinstance(value, list) else []


def mapping_at(tree: Any, path: Path) -> dict[str, Any]:
    """The mapping that stands there; empty where none does."""
    value = value_at(tree, path)
    return value if isinstance(value, dict) else {}


def text_at(tree: Any, path: Path) -> str:
    """The value that stands there, as it is written; empty where none does."""
    value = value_at(tree, path)
    return value if isinstance(value, str) else ""


def put(tree: Tree, path: Path, value: Any) -> None:
    """Put a value there, with the mappings on the way to it; a list on the way must have the position."""
    *way, last = path
    place: Any = tree
    for part in way:
        if isinstance(place, dict):
            following = place.get(part)
            if not isinstance(following, dict | list):
                following = place[part] = {}
            place = following
        else:
            place = place[part]
    place[last] = value


def take(tree: Tree, path: Path, *, around: bool = False) -> None:
    """Take away what stands there; with `around` the mapping that held it, too, if it is empty then. A list that has lost
    its last item goes.
    """
    holder = value_at(tree, path[:-1])
    if isinstance(holder, list) and isinstance(path[-1], int):
        del holder[path[-1]]
        around = True
    elif isinstance(holder, dict):
        holder.pop(path[-1], None)
    if around and not holder and len(path) > 1 and isinstance(value_at(tree, path[:-2]), dict):
        take(tree, path[:-1])


def positions_in(tree: Any, path: str) -> Path:
    """A path of a fault, that names items by position or id, as one of positions; what is not there stays as it is.

    A component stands directly behind its track there.
    """
    result: list[str | int] = []
    for part in path.split("."):
        if isinstance(tree, dict) and part not in tree and isinstance(tree.get("components"), list):
            tree = tree["components"]
            result.append("components")
        if isinstance(tree, list):
            ids = [item.get("id") if isinstance(item, dict) else None for item in tree]
            position = ids.index(part) if part in ids else int(part) if part.isdecimal() else None
            result.append(part if position is None else position)
            tree = tree[position] if position is not None and position < len(tree) else None
        else:
            result.append(part)
            tree = tree.get(part) if isinstance(tree, dict) else None
    return tuple(result)


USED = {
    "divisions": (
        "tracks.*.divisions",
        "nominations.places.*.{}",
        "nominations.except.*.*.{}",
        "rounds.*.advance.places.*.{}",
        "rounds.*.special.*.divisions",
    ),
    "tracks": (
        "works.{}",
        "nominations.places.{}",
        "nominations.except.*.{}",
        "rounds.*.scoring.{}",
        "rounds.*.advance.places.{}",
        "rounds.*.special.*.tracks",
        "statistics.*.tracks",
        "recommendation.tracks",
        "recommendation.quota.*.{}",
        "recommendation.except.*.{}",
    ),
    "rubrics": ("rounds.*.scoring.*.components.*.rubric", "self_assessment.rubric"),
    "panels": ("rounds.*.scoring.*.components.*.panel",),
    "rounds": (
        "rounds.*.advance.to",
        f"self_assessment.component.{BEFORE}",
        f"self_assessment.review.{BEFORE}",
        "instructor_award.round",
        "unit_award.round",
        "credits.rounds.{}",
        "serials.rounds.{}",
    ),
}
"""Where the names of each kind of thing are used: as keys of a mapping, as a value, or in a list."""


def uses(tree: Tree, path: Path) -> tuple[str, ...]:
    """The patterns of the places that use the name of the thing at this path."""
    match path:
        case ("media", "kinds", _):
            return ("statistics.*.kinds",)
        case ("rounds", int(position), "awards", "tiers", _) | ("rounds", int(position), "awards", "otherwise"):
            return tuple(_tier_uses(tree, position))
        case ("rounds", int(position), "special", _):
            return (f"rounds.{position}.special.*.not_with",)
        case (str(kind), _):
            return USED.get(kind, ())
    return ()


def _tier_uses(tree: Tree, position: int) -> Iterator[str]:
    yield f"rounds.{position}.special.*.not_with"
    identity = text_at(tree, ("rounds", position, "id"))
    for award in ("instructor_award", "unit_award"):
        if text_at(tree, (award, "round")) == identity:
            yield from (f"{award}.points.{KEYS}", f"{award}.automatic")
    yield f"credits.rounds.{identity}.{KEYS}"
    rounds = value_at(tree, ("rounds",))
    if isinstance(rounds, list) and position == len(rounds) - 1:
        yield "designation.tier"


def rename_uses(tree: Tree, patterns: tuple[str, ...], old: str, new: str | None) -> None:
    """Write the new name where the old one is used; without a new one the keys and the items of lists go."""
    for pattern in patterns:
        _rename(tree, pattern.split("."), old, new)


def _rename(place: Any, pattern: list[str], old: str, new: str | None) -> None:
    part, rest = pattern[0], pattern[1:]
    if part == KEYS:
        if isinstance(place, dict) and old in place:
            _rename_key(place, old, new)
    elif rest == [BEFORE]:
        before, _, after = text_at(place, (part,)).partition(".")
        if before == old and new is not None:
            place[part] = f"{new}.{after}"
    elif part == "*":
        for item in place.values() if isinstance(place, dict) else place if isinstance(place, list) else ():
            _rename(item, rest, old, new)
    elif rest:
        _rename(value_at(place, (int(part) if part.isdecimal() and isinstance(place, list) else part,)), rest, old, new)
    elif isinstance(place, dict):
        used = place.get(part)
        if isinstance(used, list):
            kept = [new if item == old else item for item in used if item != old or new is not None]
            if kept != used:
                place[part] = kept
        elif used == old and new is not None:
            place[part] = new


def _rename_key(mapping: dict[str, Any], old: str, new: str | None) -> None:
    """In its place among the others."""
    items = [(new if key == old else key, value) for key, value in mapping.items() if key != old or new is not None]
    mapping.clear()
    mapping.update({key: value for key, value in items if key is not None})


def rename_key(tree: Tree, path: Path, new: str) -> None:
    """Rename the key at the end of the path."""
    _rename_key(mapping_at(tree, path[:-1]), str(path[-1]), new)
