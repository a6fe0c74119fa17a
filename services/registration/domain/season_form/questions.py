"""What the entry form asks beside what every entry says."""

from collections.abc import Mapping
from typing import Any, get_args

from services.registration.domain.season_form.builders import (
    add_another,
    ids_of,
    named,
    next_id,
    numbered,
    options,
    texts,
    title_of,
)
from services.registration.domain.season_form.parts import Add, Field, Group, Option, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, text_at, value_at
from shared.season.rules import StatementField

CHOICE, FILE = "choice", "file"
FIELD_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "text": ("max_length",),
    "number": ("min", "max", "decimals"),
    "date": ("min", "max"),
    CHOICE: ("choices", "many"),
    "url": (),
    "yes-no": ("must",),
    FILE: ("types",),
}
"""The types of custom fields, and the keys of each beside those that every one has."""


def form(tree: Tree) -> tuple[Part, ...]:
    """What the entry form asks in each track, beside what it always asks."""
    asked = (Option("", "edit-asked-no"), *options("asked", ("optional", "needed")))

    def track(path: Path) -> tuple[Part, ...]:
        fields = items_at(tree, (*path, "fields"))
        new = (*path, "fields", len(fields))
        return (
            *(Field((*path, "asks", item), "choice", f"asks-{item}", asked) for item in get_args(StatementField)),
            Group(
                (*path, "fields"),
                "fields",
                numbered(tree, (*path, "fields"), "custom-field", lambda here: _custom_field(tree, here)),
                adds=(
                    Add(
                        new,
                        "add-field",
                        {"id": next_id(ids_of(fields), "q")},
                        options("field", FIELD_OPTIONS),
                        sets="type",
                    ),
                ),
                layout="row",
            ),
        )

    return tuple(
        Group(("tracks", position), "form-of", track(("tracks", position)), title=title_of(item))
        for position, item in enumerate(items_at(tree, ("tracks",)))
    )


def _custom_field(tree: Tree, path: Path) -> tuple[Part, ...]:
    kind = text_at(tree, (*path, "type"))
    stated = FIELD_OPTIONS.get(kind, ())
    choices = items_at(tree, (*path, "choices"))
    limits: Any = "day" if kind == "date" else "number"

    def perhaps_asked(name: str, field: Field) -> tuple[Field, ...]:
        return (field,) if name in stated or value_at(tree, (*path, name)) is not None else ()

    return (
        *texts((*path, "title"), "field-title"),
        Field((*path, "type"), "choice", "field-type", options("field", FIELD_OPTIONS)),
        *texts((*path, "help"), "field-help"),
        *perhaps_asked("max_length", Field((*path, "max_length"), "whole", "max-length", default=("2000",))),
        *perhaps_asked("min", Field((*path, "min"), limits, f"min-{limits}")),
        *perhaps_asked("max", Field((*path, "max"), limits, f"max-{limits}")),
        *perhaps_asked("decimals", Field((*path, "decimals"), "whole", "decimals", default=("0",))),
        *(
            (
                Group(
                    (*path, "choices"),
                    "choices",
                    numbered(tree, (*path, "choices"), "one-choice", named),
                    adds=(add_another(tree, (*path, "choices"), "add-choice", {"id": next_id(ids_of(choices), "c")}),),
                    layout="row",
                ),
            )
            if "choices" in stated or choices
            else ()
        ),
        *perhaps_asked("types", Field((*path, "types"), "words", "media-types")),
        *perhaps_asked("many", Field((*path, "many"), "flag", "many")),
        *perhaps_asked("must", Field((*path, "must"), "flag", "must")),
        Field((*path, "required"), "flag", "field-required"),
        Field((*path, "judges"), "flag", "field-judges"),
        Field((*path, "public"), "flag", "field-public"),
        Field((*path, "id"), "id", "id"),
    )
