"""A draft of a season by forms: what a page shows of it, and what a page that was sent makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import yaml

from services.registration.domain.season_form.editing import act, edit, zone_of
from services.registration.domain.season_form.parts import Posted, fields_of, shown
from services.registration.domain.season_form.placing import Placed, place
from services.registration.domain.season_form.steps import STEPS
from services.registration.domain.season_form.tree import Path, Tree
from shared.errors import Invalid, NotFound
from shared.season.plain_yaml import LONGEST, read_yaml, write_yaml
from shared.season.reading import SeasonRefused, load_season
from shared.season.rules import SeasonRules


@dataclass(frozen=True, slots=True)
class Reading:
    """The file of a draft: as an open mapping, as rules where it has no faults, else with each fault at its field.

    There is no mapping in a text that is none: then there are no forms.
    """

    tree: Tree | None
    rules: SeasonRules | None
    placed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a page that was sent: the text of the draft, names that were taken, and what a button concerned.

    `at` is None where no button was pressed but that of saving, and `missing` where the page has no such button.
    """

    text: str
    tree: Tree
    taken: tuple[str, ...]
    at: Path | None
    missing: bool


def mark_of(text: str) -> str:
    """What tells this state of a draft from others: a page that was shown for another one does not overwrite it."""
    return sha256(text.encode()).hexdigest()[:16]


def read_draft(text: str) -> Reading:
    """The draft as the pages of its steps show it."""
    tree = _mapping(text)
    try:
        return Reading(tree, load_season(text), ())
    except SeasonRefused as refused:
        return Reading(tree, None, () if tree is None else tuple(place(refused.faults, tree)))


@dataclass(frozen=True, slots=True)
class Late:
    """A page that was sent for another state of the draft, laid over what the draft says now.

    `tree` is the file with what was typed where the page still has the same rows, else the file as it is; `lost` are the
    values that stand nowhere then.
    """

    tree: Tree
    changed: bool
    lost: tuple[str, ...]


def lay_over(text: str, step: str, posted: Posted) -> Late:
    """What becomes of a page that was shown for another text. Nothing is kept of it before it is sent again.

    Raises:
        NotFound: there is no such step.
        Invalid: the text is no file that has forms.
    """
    tree = _readable(text)
    parts, zone = parts_of(step, tree), zone_of(tree)
    fields = list(fields_of(parts))
    now = {name: value for field in fields for name, value in zip(field.inputs, shown(field, tree, zone), strict=False)}
    names = {name for field in fields for name in field.inputs}
    others = {name for name in posted if "." in name} - names
    ids = [field.name for field in fields if field.kind in ("id", "key")]
    if not others and names <= set(posted) and all(posted[name][0] == now[name] for name in ids):
        over = edit(tree, parts, posted).tree
        return Late(over, over != tree, ())
    lost = [
        value
        for name, values in posted.items()
        if "." in name and (name in now or name not in names)
        for value in values
        if value.strip() and now.get(name) != value
    ]
    return Late(tree, bool(lost), tuple(dict.fromkeys(lost)))


def parts_of(step: str, tree: Tree) -> Any:
    """The fields of a step for a file.

    Raises:
        NotFound: there is no such step.
    """
    if step not in STEPS:
        raise NotFound("no-such-page")
    return STEPS[step](tree)


def save_step(text: str, step: str, posted: Posted, button: str, chosen: Mapping[str, str]) -> Saved:
    """The draft with what was typed, right or not, and then with what a button adds, takes away or moves.

    `chosen` is what to add under, by the name of the place. A page on which nothing was changed leaves the text as it is,
    with its comments.

    Raises:
        NotFound: there is no such step.
        Invalid: the text is no file that has forms, or it would become too long.
    """
    tree = _readable(text)
    edited = edit(tree, parts_of(step, tree), posted)
    result, at, missing = edited.tree, None, False
    if ":" in button:
        done = act(result, parts_of(step, result), button, chosen.get(button.partition(":")[2], ""))
        result, at, missing = (*done, False) if done else (result, None, True)
    written = text if result == tree else write_yaml(result)
    if len(written) > LONGEST:
        raise Invalid("season-file-size", most=LONGEST)
    return Saved(written, result, edited.taken, at, missing)


def _readable(text: str) -> Tree:
    tree = _mapping(text)
    if tree is None:
        raise Invalid("draft-unreadable")
    return tree


def _mapping(text: str) -> Tree | None:
    try:
        tree = read_yaml(text)
    except yaml.YAMLError:
        return None
    return tree if isinstance(tree, dict) else None
