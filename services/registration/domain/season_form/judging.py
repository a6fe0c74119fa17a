"""Panels, rounds, scores and who goes on."""

from typing import Any

from services.registration.domain.season_form.builders import (
    add_another,
    group_places,
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
from shared.season.rules import TIE_KEYS


def judging(tree: Tree) -> tuple[Part, ...]:
    rounds = items_at(tree, ("rounds",))

    def panel(path: Path) -> tuple[Part, ...]:
        method = options("method", ("mean", "trimmed-mean", "z-score"))
        return (
            Field((*path, "ballots"), "whole", "ballots"),
            Field((*path, "min_ballots"), "whole", "min-ballots", default=("1",)),
            Field((*path, "method"), "choice", "method", method),
            Field((*path, "drop_high"), "whole", "drop-high", default=("0",)),
            Field((*path, "drop_low"), "whole", "drop-low", default=("0",)),
            Field((*path, "spread_review"), "number", "spread-review"),
            Field((*path, "center"), "number", "center"),
            Field((*path, "scale"), "number", "scale"),
            Field((*path, "without_severity"), "flag", "without-severity"),
        )

    def round_(path: Path) -> tuple[Part, ...]:
        position = int(path[-1])
        following = rounds[position + 1 :]
        goes_on = bool(following) or value_at(tree, (*path, "advance")) is not None
        advance = {"to": text_at(following[0], ("id",)) if following else "", "places": {}}
        return (
            *named(path),
            Field(
                (*path, "heats"), "choice", "heats", (Option("", "edit-heats-none"), *level_options(levels_of(tree)))
            ),
            Field((*path, "new_judges"), "flag", "new-judges"),
            *(_scoring(tree, (*path, "scoring", text_at(track, ("id",))), track) for track in known_tracks(tree)),
            *(
                (perhaps(tree, (*path, "advance"), "advance", advance, lambda: _advance(tree, path)),)
                if goes_on
                else ()
            ),
        )

    scoring = mapping_at(rounds[-1], ("scoring",)) if rounds else {}
    new_round = {"id": next_id(ids_of(rounds), "round"), "scoring": scoring}
    return (
        Group(
            ("panels",),
            "panels",
            keyed(tree, ("panels",), "panel", panel),
            adds=(
                Add(
                    ("panels", next_id(mapping_at(tree, ("panels",)), "panel")),
                    "add-panel",
                    {"ballots": "3", "method": "mean", "min_ballots": "3"},
                ),
            ),
        ),
        Group(
            ("rounds",),
            "rounds",
            numbered(tree, ("rounds",), "round", round_),
            adds=(add_another(tree, ("rounds",), "add-round", new_round),),
        ),
        Group(
            (),
            "confirming",
            (
                Field(("sign_off",), "choice", "sign-off", options("sign-off", ("1", "2")), ("1",)),
                Field(("scores_by_one",), "flag", "scores-by-one"),
                Field(("exclusions_by_one",), "flag", "exclusions-by-one"),
                Field(("second_person",), "flag", "second-person"),
            ),
        ),
        perhaps(
            tree,
            ("self_assessment",),
            "self-assessment",
            _new_self_assessment(tree),
            lambda: _self_assessment(tree),
        ),
    )


def _components_with(tree: Tree, key: str) -> tuple[Option, ...]:
    """Every component of any round that has this key, as `ROUND.ID`."""
    placed = (
        f"{text_at(round_, ('id',))}.{text_at(component, ('id',))}"
        for round_ in items_at(tree, ("rounds",))
        for track in mapping_at(round_, ("scoring",))
        for component in items_at(round_, ("scoring", track, "components"))
        if key in mapping_at(component, ())
    )
    return tuple(Option(value, title=value) for value in dict.fromkeys(placed))


def _new_self_assessment(tree: Tree) -> Tree:
    registration = dict(mapping_at(tree, ("timeline", "registration")))
    tests, panels = _components_with(tree, "test"), _components_with(tree, "panel")
    return {
        "rubric": next(iter(mapping_at(tree, ("rubrics",))), ""),
        "component": tests[0].value if tests else "",
        "review": panels[0].value if panels else "",
        "window": registration,
        "verification": {},
        "sample": {"share": "1/3", "seed": text_at(tree, ("season", "id"))},
        "revision_days": "10",
        "flag_over": "10",
    }


def _self_assessment(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("self_assessment",)
    rubric_ids = tuple(Option(key, title=key) for key in mapping_at(tree, ("rubrics",)))
    windows = (
        Group(
            (*path, name),
            f"self-assessment-{name}",
            tuple(Field((*path, name, end), "moment", end) for end in ("opens", "closes")),
            layout="row",
        )
        for name in ("window", "verification")
    )
    return (
        Field((*path, "rubric"), "choice", "assessed-rubric", rubric_ids),
        Field((*path, "component"), "choice", "assessed-component", _components_with(tree, "test")),
        Field((*path, "review"), "choice", "assessed-review", _components_with(tree, "panel")),
        *windows,
        Field((*path, "sample", "share"), "line", "sample-share"),
        Field((*path, "sample", "seed"), "line", "sample-seed"),
        Field((*path, "sample", "full_from"), "number", "sample-full-from"),
        Field((*path, "rounds"), "whole", "revision-rounds", default=("2",)),
        Field((*path, "revision_days"), "whole", "revision-days"),
        Field((*path, "flag_over"), "number", "flag-over"),
    )


def _scoring(tree: Tree, path: Path, track: Any) -> Group:
    components = items_at(tree, (*path, "components"))
    ids = [identity for identity in ids_of(components) if identity]
    named_keys = [
        *(Option(f"criteria:{identity}", "edit-tie-criteria", identity) for identity in ids),
        *(Option(f"component:{identity}", "edit-tie-component", identity) for identity in ids),
    ]
    panels = tuple(Option(key, title=key) for key in mapping_at(tree, ("panels",)))
    rubric_ids = tuple(Option(key, title=key) for key in mapping_at(tree, ("rubrics",)))

    def component(here: Path) -> tuple[Part, ...]:
        stated = mapping_at(tree, here)
        fields = [Field((*here, "weight"), "number", "component-weight")]
        if "runs" in stated:
            take_ = options("runs", ("best", "sum", "mean"))
            fields += [
                Field((*here, "runs", "count"), "whole", "runs-count"),
                Field((*here, "runs", "take"), "choice", "runs-take", take_),
                Field((*here, "runs", "max"), "number", "runs-max"),
            ]
        if "test" in stated:
            fields.append(Field((*here, "test", "max"), "number", "test-max"))
        if "panel" in stated or "rubric" in stated or not {"runs", "test"} & set(stated):
            fields += [
                Field((*here, "panel"), "choice", "component-panel", panels),
                Field((*here, "rubric"), "choice", "component-rubric", rubric_ids),
            ]
        return (*fields, Field((*here, "id"), "id", "id"))

    def new(name: str, **more: Any) -> Add:
        taken = set(ids)
        identity = name if name not in taken else next_id(taken, name)
        return add_another(
            tree, (*path, "components"), f"add-{name}", {"id": identity, "weight": "0" if ids else "100", **more}
        )

    ballots = {"panel": panels[0].value if panels else "", "rubric": rubric_ids[0].value if rubric_ids else ""}
    return Group(
        path,
        "scoring",
        (
            *numbered(tree, (*path, "components"), "component", component),
            Field((*path, "ties"), "order", "ties", (*named_keys, *options("tie", TIE_KEYS))),
        ),
        title=title_of(track),
        adds=(
            new("work", **ballots),
            new("run", runs={"count": "2", "take": "best", "max": "100"}),
            new("test", test={"max": "100"}),
        ),
        layout="item",
    )


def _advance(tree: Tree, round_path: Path) -> tuple[Part, ...]:
    path = (*round_path, "advance")
    others = [item for item in items_at(tree, ("rounds",)) if item is not value_at(tree, round_path)]
    ties = options("at-line", ("earliest-submission", "include"))
    remainders = options("remainder", ("entries", "schools", "draw"))
    levels = (Option("", "edit-share-none"), *level_options(levels_of(tree)))
    return (
        Field((*path, "to"), "choice", "advance-to", titled(others)),
        *group_places(tree, (*path, "places")),
        Field((*path, "per_school"), "whole", "per-school"),
        Field((*path, "ties_at_line"), "choice", "ties-at-line", ties, ("earliest-submission",)),
        Field((*path, "share_among"), "choice", "share-among", levels),
        Field((*path, "base"), "whole", "advance-base", default=("0",)),
        Field((*path, "remainder_ties"), "order", "remainder-ties", remainders),
        Field((*path, "draw"), "words", "draw"),
    )
