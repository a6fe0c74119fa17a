"""Awards of rounds, of instructors and of units, and credits."""

from typing import Any

from services.registration.domain.season_form.builders import (
    GRADES,
    add_another,
    ids_of,
    level_options,
    levels_of,
    named,
    next_id,
    numbered,
    options,
    perhaps,
    texts,
    title_of,
    titled,
)
from services.registration.domain.season_form.parts import Field, Group, Option, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, mapping_at, text_at, value_at
from shared.season.rules import TIE_KEYS


def awards(tree: Tree) -> tuple[Part, ...]:
    rounds = items_at(tree, ("rounds",))
    last = text_at(rounds[-1], ("id",)) if rounds else ""
    return (
        *(
            Group(("rounds", position), "awards-of", _awards(tree, ("rounds", position)), title=title_of(round_))
            for position, round_ in enumerate(rounds)
        ),
        perhaps(
            tree,
            ("instructor_award",),
            "instructor_award",
            {"round": last, "points": {}, "share": ["1", "0.5"], "places": "10"},
            lambda: _instructor_award(tree),
        ),
        perhaps(
            tree,
            ("unit_award",),
            "unit_award",
            {
                "round": last,
                "level": levels_of(tree)[-1] if levels_of(tree) else "",
                "points": {},
                "value": [{"of": "entries", "full_at": "10", "weight": "50"}],
                "places": "3",
            },
            lambda: _unit_award(tree),
        ),
        perhaps(
            tree,
            ("credits",),
            "credits",
            {"units": [], "grades": ["1", "12"], "rounds": {}, "cap": "10"},
            lambda: _credits(tree),
        ),
    )


def _awards(tree: Tree, round_path: Path) -> tuple[Part, ...]:
    path = (*round_path, "awards")
    tiers = items_at(tree, (*path, "tiers"))

    def tier(here: Path) -> tuple[Part, ...]:
        return (
            *texts((*here, "title"), "tier-title"),
            Field((*here, "id"), "id", "id"),
            Field((*here, "cumulative"), "number", "cumulative"),
            Field((*here, "places"), "whole", "tier-places"),
            Field((*here, "most"), "whole", "tier-most"),
            Field((*here, "min_score"), "number", "min-score"),
        )

    def stated() -> tuple[Part, ...]:
        ties = options("across", ("down", "up", "include"))
        new_tier = {
            "id": next_id(ids_of(tiers), "tier"),
            "cumulative": text_at(tiers[-1], ("cumulative",)) if tiers else "10",
        }
        return (
            Group(
                (*path, "tiers"),
                "tiers",
                numbered(tree, (*path, "tiers"), "tier", tier),
                adds=(add_another(tree, (*path, "tiers"), "add-tier", new_tier),),
                layout="row",
            ),
            Field((*path, "rule"), "choice", "award-rule", options("rule", ("shares", "bands")), ("shares",)),
            Field((*path, "base"), "choice", "award-base", options("base", ("scored", "valid")), ("scored",)),
            Field((*path, "ties_across_line"), "choice", "ties-across", ties, ("down",)),
            Field((*path, "min_first"), "whole", "min-first", default=("0",)),
            Field((*path, "min_entries"), "whole", "award-min-entries", default=("0",)),
            perhaps(tree, (*path, "otherwise"), "otherwise", {"id": "finalist"}, lambda: named((*path, "otherwise"))),
        )

    return (
        perhaps(tree, path, "awards", {"tiers": [{"id": "first", "cumulative": "10"}]}, stated),
        _specials(tree, round_path, [*tiers, *([value_at(tree, (*path, "otherwise"))])]),
    )


def _specials(tree: Tree, round_path: Path, held: list[Any]) -> Group:
    path = (*round_path, "special")
    specials = items_at(tree, path)
    tracks, divisions = titled(items_at(tree, ("tracks",))), titled(items_at(tree, ("divisions",)))
    components = dict.fromkeys(
        identity
        for scoring in mapping_at(tree, (*round_path, "scoring")).values()
        for identity in ids_of(items_at(scoring, ("components",)))
        if identity
    )
    measures = (
        Option("score", "edit-by-score"),
        *(Option(f"component:{identity}", "edit-tie-component", identity) for identity in components),
        *(Option(f"criteria:{identity}", "edit-tie-criteria", identity) for identity in components),
        *options("tie", TIE_KEYS),
    )

    def special(here: Path) -> tuple[Part, ...]:
        earlier = [*held, *specials[: int(here[-1])]]
        return (
            *named(here),
            Field((*here, "by"), "choice", "special-by", measures, ("score",)),
            Field((*here, "per"), "choice", "special-per", options("per", ("round", "track", "group")), ("round",)),
            Field((*here, "places"), "whole", "special-places", default=("1",)),
            Field((*here, "min_score"), "number", "special-min-score"),
            Field(
                (*here, "ties_across_line"),
                "choice",
                "special-ties",
                options("special-tie", ("include", "down")),
                ("include",),
            ),
            Field((*here, "tracks"), "ticks", "special-tracks", tracks),
            Field((*here, "divisions"), "ticks", "special-divisions", divisions),
            Field((*here, "not_with"), "ticks", "not-with", titled(earlier)),
        )

    new = {"id": next_id(ids_of(specials), "special")}
    return Group(
        path,
        "special",
        numbered(tree, path, "special-award", special),
        adds=(add_another(tree, path, "add-special", new),),
        layout="row",
    )


def _round_options(tree: Tree) -> tuple[Option, ...]:
    return titled(items_at(tree, ("rounds",)))


def _tiers_of(tree: Tree, round_id: str) -> list[Any]:
    """The tiers of a round, and what it gives otherwise."""
    for round_ in items_at(tree, ("rounds",)):
        if text_at(round_, ("id",)) == round_id:
            held = [*items_at(round_, ("awards", "tiers")), value_at(round_, ("awards", "otherwise"))]
            return [tier for tier in held if text_at(tier, ("id",))]
    return []


def _points(tree: Tree, path: Path, round_id: str) -> tuple[Field, ...]:
    """A number for each tier of a round, and for what else is written there."""
    tiers = {text_at(tier, ("id",)): title_of(tier) for tier in _tiers_of(tree, round_id)}
    titles = {**{key: key for key in mapping_at(tree, path)}, **tiers}
    return tuple(
        Field((*path, key), "number", "points-of", title=titles[key]) for key in dict.fromkeys([*tiers, *titles])
    )


def _instructor_award(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("instructor_award",)
    round_id = text_at(tree, (*path, "round"))
    return (
        Field((*path, "round"), "choice", "award-round", _round_options(tree)),
        Field((*path, "places"), "whole", "award-places"),
        Field((*path, "share"), "words", "share"),
        *_points(tree, (*path, "points"), round_id),
        Field((*path, "automatic"), "ticks", "automatic", titled(_tiers_of(tree, round_id))),
    )


def _unit_award(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("unit_award",)
    levels = level_options(levels_of(tree))
    items = items_at(tree, (*path, "summary"))

    def item(here: Path) -> tuple[Part, ...]:
        return (
            *texts((*here, "title"), "summary-title"),
            Field((*here, "id"), "id", "id"),
            Field((*here, "max"), "number", "summary-max"),
        )

    def part(here: Path) -> tuple[Part, ...]:
        return (
            Field((*here, "of"), "choice", "value-of", options("value", ("entries", "points", "summary"))),
            Field((*here, "weight"), "number", "value-weight"),
            Field((*here, "full_at"), "number", "full-at"),
        )

    top = levels_of(tree)[-2] if len(levels_of(tree)) > 1 else ""
    return (
        Field((*path, "round"), "choice", "award-round", _round_options(tree)),
        Field((*path, "level"), "choice", "award-level", levels),
        Field((*path, "places"), "whole", "award-places"),
        *_points(tree, (*path, "points"), text_at(tree, (*path, "round"))),
        Group(
            (*path, "value"),
            "value",
            numbered(tree, (*path, "value"), "value-part", part),
            adds=(add_another(tree, (*path, "value"), "add-value", {"of": "points", "full_at": "10", "weight": "50"}),),
            layout="row",
        ),
        Group(
            (*path, "summary"),
            "summary",
            numbered(tree, (*path, "summary"), "summary-item", item),
            adds=(
                add_another(
                    tree, (*path, "summary"), "add-summary", {"id": next_id(ids_of(items), "item"), "max": "20"}
                ),
            ),
            layout="row",
        ),
        Field((*path, "eligible", "min_entries"), "whole", "eligible-entries", default=("0",)),
        Field((*path, "eligible", "min_tracks"), "whole", "eligible-tracks", default=("0",)),
        Field((*path, "eligible", "no_violation"), "flag", "no-violation"),
        perhaps(
            tree,
            (*path, "recommend"),
            "recommend",
            {"level": top, "places": "2"},
            lambda: (
                Field((*path, "recommend", "level"), "choice", "award-level", levels),
                Field((*path, "recommend", "places"), "whole", "recommend-places"),
                Field((*path, "recommend", "except"), "table", "recommend-except"),
            ),
        ),
        perhaps(
            tree,
            (*path, "bodies"),
            "bodies",
            {"level": top, "places": "1"},
            lambda: (
                Field((*path, "bodies", "level"), "choice", "award-level", levels),
                Field((*path, "bodies", "places"), "whole", "award-places"),
                Field((*path, "bodies", "min_eligible"), "whole", "min-eligible", default=("1",)),
            ),
        ),
    )


def _credits(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("credits",)
    return (
        Field((*path, "units"), "words", "credit-units"),
        Field((*path, "grades"), "pair", "credit-grades", GRADES),
        Field((*path, "participation"), "number", "participation", default=("0",)),
        Field((*path, "cap"), "number", "cap"),
        *(
            Group(
                (*path, "rounds", text_at(round_, ("id",))),
                "credits-of",
                _points(tree, (*path, "rounds", text_at(round_, ("id",))), text_at(round_, ("id",))),
                title=title_of(round_),
                layout="row",
            )
            for round_ in items_at(tree, ("rounds",))
            if _tiers_of(tree, text_at(round_, ("id",)))
        ),
    )
