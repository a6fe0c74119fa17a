"""Fields and groups of fields, what each shows of a season file, and what it writes there."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.registration.domain.season_form.tree import Path, Tree, name_of, put, take, value_at

Kind = Literal[
    "line",
    "area",
    "id",
    "key",
    "whole",
    "number",
    "flag",
    "choice",
    "ticks",
    "order",
    "words",
    "lines",
    "table",
    "pair",
    "moment",
    "day",
]
"""`id` names an item of a list and `key` one of a mapping; `order` is a list by choice, `words` one in a line, `lines` one in
an area; `table` is a mapping of mappings, a line for each value; `pair` is a lowest and a highest number."""
SPLIT = re.compile(r"[\s,，、;；]+")
TRUE = frozenset({"true", "1", "on", "yes", "y", "t"})
Posted = Mapping[str, Sequence[str]]
"""What a form sent: the values of each name."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values to choose from: said by the catalog, or by the season itself."""

    value: str
    key: str = ""
    title: Any = None


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the file. `default` is what holds where the file says nothing."""

    path: Path
    kind: Kind
    label: str
    options: tuple[Option, ...] = ()
    default: tuple[str, ...] = ()
    language: str = ""
    title: Any = None
    """The season's own word for it, before its label."""
    depth: int = 1
    """Of a table: how many keys stand before a value."""
    cell: bool = False
    """Whether it is one number of a matrix, of which an empty row goes."""

    @property
    def name(self) -> str:
        """The path; a key is named beside what stands under it."""
        return name_of((*self.path, "id") if self.kind == "key" else self.path)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names under which it is sent."""
        ends = {"moment": ("day", "time"), "pair": ("0", "1")}.get(self.kind)
        return tuple(f"{self.name}.{end}" for end in ends) if ends else (self.name,)

    @property
    def many(self) -> bool:
        """Whether one name is sent with many values."""
        return self.kind in ("ticks", "order")


@dataclass(frozen=True, slots=True)
class Add:
    """A button that adds something to the file: there, and what."""

    path: Path
    label: str
    value: Any
    options: tuple[Option, ...] = ()
    """To choose the key from, where it is added under one."""
    sets: str = ""
    """The key of the value that the choice says instead, if it says one."""

    @property
    def name(self) -> str:
        return name_of(self.path)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together: a section of a page, one of several alike, or one that may be absent."""

    path: Path
    label: str
    parts: tuple["Field | Group", ...]
    title: Any = None
    number: int = 0
    """Counted from 1 among others alike."""
    tools: tuple[str, ...] = ()
    adds: tuple[Add, ...] = ()
    layout: Literal["section", "item", "row"] = "section"

    @property
    def name(self) -> str:
        return name_of(self.path)


Part = Field | Group


def fields_of(parts: Iterable[Part]) -> Iterator[Field]:
    """Every field, in the order of the page."""
    for part in parts:
        if isinstance(part, Field):
            yield part
        else:
            yield from fields_of(part.parts)


def groups_of(parts: Iterable[Part]) -> Iterator[Group]:
    """Every group, the outer before its inner ones."""
    for part in parts:
        if isinstance(part, Group):
            yield part
            yield from groups_of(part.parts)


def shown(field: Field, tree: Tree, zone: ZoneInfo) -> tuple[str, ...]:
    """What the field shows: a text for each of its inputs, or every value that is chosen."""
    value = value_at(tree, field.path)
    match field.kind:
        case "key":
            return (str(field.path[-1]),)
        case "flag":
            return ("true",) if isinstance(value, str) and value.lower() in TRUE else ()
        case "ticks" | "order":
            return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else field.default
        case "words" | "lines":
            listed = [item for item in value if isinstance(item, str)] if isinstance(value, list) else field.default
            return ((" " if field.kind == "words" else "\n").join(listed),)
        case "table":
            return ("\n".join(" ".join(row) for row in _rows(value, field.depth)),)
        case "pair":
            numbers = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
            return (numbers[0], numbers[1]) if len(numbers) > 1 else field.default or ("", "")
        case "moment":
            closing = field.path[-1] != "opens"
            return local_moment(value, zone, closing=closing) if isinstance(value, str) else ("", "")
    return (value,) if isinstance(value, str) else field.default or ("",)


def sent(field: Field, posted: Posted) -> tuple[str, ...] | None:
    """What the form says of the field; None where it does not name it."""
    if not all(name in posted for name in field.inputs):
        return None
    if field.many or field.kind == "flag":
        return tuple(value.strip() for value in posted[field.name] if value.strip())
    return tuple(posted[name][0].replace("\r\n", "\n").strip() for name in field.inputs)


def write(field: Field, tree: Tree, given: tuple[str, ...]) -> None:
    """Write into the file what was given; nothing takes the value away."""
    raw = _raw(field, given)
    if raw in ("", []) or raw == {}:
        take(tree, field.path, around=field.language != "" or field.cell)
    else:
        put(tree, field.path, raw)


def _raw(field: Field, given: tuple[str, ...]) -> Any:
    match field.kind:
        case "flag":
            return "true" if given else ""
        case "ticks" | "order":
            return list(given)
        case "words":
            return [word for word in SPLIT.split(given[0]) if word]
        case "lines":
            return [line.strip() for line in given[0].splitlines() if line.strip()]
        case "table":
            return _mapping(given[0], field.depth)
        case "pair":
            return [_digits(value) for value in given] if any(given) else []
        case "moment":
            return written_moment(*given)
        case "whole" | "number" | "id":
            return _digits(given[0])
    return given[0]


def _digits(value: str) -> str:
    """Full-width digits and letters as the usual ones: input methods write both."""
    return unicodedata.normalize("NFKC", value).strip()


def _rows(value: Any, depth: int) -> Iterator[tuple[str, ...]]:
    for key, item in value.items() if isinstance(value, dict) else ():
        if depth == 1:
            yield (str(key), item if isinstance(item, str) else "")
        else:
            yield from ((str(key), *row) for row in _rows(item, depth - 1))


def _mapping(text: str, depth: int) -> Tree:
    result: Tree = {}
    for line in text.splitlines():
        words = line.split()
        if words:
            padded = (*words[:depth], *("?" for _ in range(depth - len(words))))
            put(result, padded, _digits(" ".join(words[depth:])))
    return result


def local_moment(written: str, zone: ZoneInfo, *, closing: bool) -> tuple[str, str]:
    """Day and time of a moment in the zone of the season; what ends at midnight ends at 24:00 of the day before.

    What is no moment is parted at its T.
    """
    day, _, rest = written.strip().replace(" ", "T").replace("t", "T").partition("T")
    if rest.startswith("24:00"):
        return day, "24:00"
    try:
        moment = datetime.fromisoformat(written)
        local = moment.astimezone(zone) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return day, rest
    if not rest:
        return day, ""
    if closing and not any((local.hour, local.minute, local.second, local.microsecond)) and local.date() > date.min:
        return f"{local.date() - timedelta(days=1)}", "24:00"
    exact = local.second or local.microsecond
    return f"{local.date()}", local.time().isoformat() if exact else f"{local:%H:%M}"


def written_moment(day: str, time: str) -> str:
    """As the file writes it: a time of the season's zone."""
    time = _digits(time)
    if re.fullmatch(r"\d:\d\d(:\d\d)?", time, re.ASCII):
        time = f"0{time}"
    return f"{day}T{time}" if time else day
