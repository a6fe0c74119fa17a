"""Groups and tracks of a season, its limits, and what is handed in."""

from collections.abc import Iterable
from typing import Any, get_args

from services.registration.domain.season_form.builders import (
    GRADES,
    add_another,
    group_places,
    ids_of,
    level_options,
    levels_of,
    named,
    next_id,
    numbered,
    options,
    perhaps,
    titled,
)
from services.registration.domain.season_form.parts import Field, Group, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, text_at, value_at
from shared.season.rules import FileType


def groups(tree: Tree) -> tuple[Part, ...]:
    tracks, divisions = items_at(tree, ("tracks",)), items_at(tree, ("divisions",))
    units_enter = any(text_at(track, ("entrant",)) == "unit" for track in tracks)
    track_ids, division_ids = ids_of(tracks), ids_of(divisions)

    def division(path: Path) -> tuple[Part, ...]:
        levels = value_at(tree, (*path, "unit_levels"))
        grades = Field((*path, "grades"), "pair", "grades", GRADES)
        unit_levels = Field((*path, "unit_levels"), "ticks", "division-levels", level_options(levels_of(tree)))
        return (*named(path), *(() if levels else (grades,)), *((unit_levels,) if units_enter or levels else ()))

    def track(path: Path) -> tuple[Part, ...]:
        identity = text_at(tree, (*path, "id"))
        return (
            *named(path),
            Field((*path, "divisions"), "ticks", "open-to", titled(divisions)),
            Field((*path, "members"), "pair", "members", default=("1", "1")),
            Field((*path, "instructors"), "pair", "instructors", default=("0", "0")),
            Field((*path, "entrant"), "choice", "entrant", options("entrant", ("students", "unit")), ("students",)),
            *((_works(tree, identity),) if identity else ()),
        )

    new_track = {
        "id": next_id(track_ids, "T"),
        "divisions": division_ids,
        "members": ["1", "1"],
        "instructors": ["0", "2"],
    }
    return (
        Group(
            ("divisions",),
            "divisions",
            numbered(tree, ("divisions",), "division", division),
            adds=(
                add_another(
                    tree,
                    ("divisions",),
                    "add-division",
                    {"id": next_id(division_ids, "D"), **_following_grades(divisions)},
                ),
            ),
        ),
        Group(
            ("tracks",),
            "tracks",
            numbered(tree, ("tracks",), "track", track),
            adds=(add_another(tree, ("tracks",), "add-track", new_track),),
        ),
        Group(
            ("limits",),
            "limits",
            tuple(
                Field(("limits", name), "whole", name.replace("_", "-"))
                for name in ("entries_per_student", "entries_per_student_and_track", "entries_per_instructor")
            ),
        ),
        Group(
            (),
            "review",
            (
                Field(("acceptance",), "choice", "acceptance", options("by", ("review", "submission")), ("review",)),
                Field(("review_steps",), "ticks", "review-steps", level_options(reversed(levels_of(tree)))),
            ),
        ),
        perhaps(
            tree,
            ("nominations",),
            "nominations",
            {"level": levels_of(tree)[-1] if levels_of(tree) else "", "places": {}},
            lambda: (
                Field(("nominations", "level"), "choice", "nominations-level", level_options(levels_of(tree))),
                *group_places(tree, ("nominations", "places")),
                Field(("nominations", "except"), "table", "nominations-except", depth=3),
            ),
        ),
    )


def _following_grades(divisions: Iterable[Any]) -> Tree:
    """The grades above those of the divisions that are there."""
    highest = max((int(text_at(item, ("grades", 1)) or 0) for item in divisions if _is_grade(item)), default=0)
    return {"grades": [str(min(highest + 1, 12)), "12"]}


def _is_grade(division: Any) -> bool:
    written = text_at(division, ("grades", 1))
    return written.isascii() and written.isdigit() and len(written) < len("123")


def _works(tree: Tree, track: str) -> Group:
    path: Path = ("works", track)
    new = {"files": ["1", "5"], "types": ["pdf", "image", "video", "archive"], "max_mib": "200"}
    types = options("file", get_args(FileType))
    return perhaps(
        tree,
        path,
        "works",
        new,
        lambda: (
            Field((*path, "files"), "pair", "files", default=("1", "1")),
            Field((*path, "max_mib"), "whole", "max-mib", default=("200",)),
            Field((*path, "types"), "ticks", "types", types, ("pdf", "image", "video", "archive")),
        ),
    )
