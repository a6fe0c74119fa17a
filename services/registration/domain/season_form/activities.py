"""What a season of units asks besides: material, figures of each unit's work, and who recommends."""

from typing import Any, get_args

from services.registration.domain.season_form.builders import (
    LEVELS,
    add_another,
    ids_of,
    keyed,
    known_tracks,
    level_options,
    levels_of,
    named,
    next_id,
    numbered,
    options,
    perhaps,
    title_of,
    titled,
)
from services.registration.domain.season_form.parts import Add, Field, Group, Option, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, mapping_at, text_at, value_at
from shared.season.rules import StatisticOf

FIRST_KIND = {"types": ["jpg", "png"], "max_mib": "10"}


def activities(tree: Tree) -> tuple[Part, ...]:
    levels = levels_of(tree)
    forwarding = list(reversed(levels[:-1])) or levels
    return (
        perhaps(tree, ("media",), "media", {"kinds": {"picture": FIRST_KIND}}, lambda: _media(tree)),
        Group(
            ("statistics",),
            "statistics",
            numbered(tree, ("statistics",), "statistic", lambda path: _statistic(tree, path)),
            adds=(
                add_another(
                    tree,
                    ("statistics",),
                    "add-statistic",
                    {"id": next_id(ids_of(items_at(tree, ("statistics",))), "s"), "of": "count"},
                ),
            ),
        ),
        perhaps(
            tree,
            ("attendance",),
            "attendance",
            {"opens_minutes_before": "30", "closes_minutes_after": "0"},
            lambda: (
                Field(("attendance", "opens_minutes_before"), "whole", "attendance-opens"),
                Field(("attendance", "closes_minutes_after"), "whole", "attendance-closes"),
            ),
        ),
        perhaps(
            tree,
            ("designation",),
            "designation",
            {"kind": "base"},
            lambda: (
                Field(("designation", "kind"), "line", "designation-kind"),
                Field(("designation", "tier"), "choice", "designation-tier", titled(_last_tiers(tree))),
            ),
        ),
        perhaps(
            tree,
            ("recommendation",),
            "recommendation",
            {"levels": forwarding, "windows": {}},
            lambda: _recommendation(tree),
        ),
    )


def _last_tiers(tree: Tree) -> list[Any]:
    """The tiers of the last round."""
    last = items_at(tree, ("rounds",))[-1:]
    return items_at(last[0], ("awards", "tiers")) if last else []


def _media(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("media",)
    kinds: Path = ("media", "kinds")

    def kind(here: Path) -> tuple[Part, ...]:
        return (
            Field((*here, "types"), "words", "media-types"),
            Field((*here, "max_mib"), "whole", "max-mib"),
            Field((*here, "most"), "whole", "media-most"),
        )

    return (
        Field((*path, "closes"), "moment", "media-closes"),
        Field((*path, "grace_until"), "moment", "media-grace"),
        Group(
            kinds,
            "media-kinds",
            keyed(tree, kinds, "media-kind", kind),
            adds=(Add((*kinds, next_id(mapping_at(tree, kinds), "kind")), "add-media-kind", FIRST_KIND),),
        ),
    )


def _statistic(tree: Tree, path: Path) -> tuple[Part, ...]:
    of = text_at(tree, (*path, "of"))
    asked = {
        text_at(field, ("id",)): field
        for track in items_at(tree, ("tracks",))
        for field in items_at(track, ("fields",))
        if text_at(field, ("type",)) == "number"
    }
    kinds = tuple(Option(kind, title=kind) for kind in mapping_at(tree, ("media", "kinds")))

    def perhaps_asked(name: str, where: str, field: Field) -> tuple[Field, ...]:
        return (field,) if of == where or value_at(tree, (*path, name)) is not None else ()

    return (
        *named(path),
        Field((*path, "of"), "choice", "statistic-of", options("statistic", get_args(StatisticOf))),
        *perhaps_asked("field", "sum", Field((*path, "field"), "choice", "statistic-field", titled(asked.values()))),
        *perhaps_asked("kinds", "media", Field((*path, "kinds"), "ticks", "statistic-kinds", kinds)),
        Field((*path, "tracks"), "ticks", "only-tracks", titled(known_tracks(tree))),
        Field((*path, "where"), "table", "statistic-where"),
    )


def _recommendation(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("recommendation",)
    levels = [level for level in items_at(tree, (*path, "levels")) if isinstance(level, str)]
    tracks = known_tracks(tree)
    return (
        Field((*path, "levels"), "ticks", "recommending-levels", level_options(reversed(levels_of(tree)))),
        Field((*path, "tracks"), "ticks", "only-tracks", titled(tracks)),
        Field((*path, "resubmit_working_days"), "whole", "resubmit-days", default=("0",)),
        *(
            Group(
                (*path, "windows", level),
                f"level-{level}" if level in LEVELS else "slot",
                (
                    Field((*path, "windows", level, "opens"), "moment", "opens"),
                    Field((*path, "windows", level, "closes"), "moment", "closes"),
                    *(
                        Field(
                            (*path, "quota", level, text_at(track, ("id",))),
                            "whole",
                            "places-in",
                            title=title_of(track),
                            cell=True,
                        )
                        for track in tracks
                    ),
                ),
                title=level,
                layout="row",
            )
            for level in levels
        ),
        Field((*path, "except"), "table", "recommending-except", depth=2),
    )
