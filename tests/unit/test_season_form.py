"""The season file as forms: nothing is lost on the way there and back, every key has its field, names hold together."""

from copy import deepcopy
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from services.registration.adapters.drafts import templates
from services.registration.domain.season_form.editing import act, edit, zone_of
from services.registration.domain.season_form.parts import Field, Part, Posted, fields_of, groups_of, shown, write
from services.registration.domain.season_form.placing import place
from services.registration.domain.season_form.steps import STEPS
from services.registration.domain.season_form.tree import Tree, take, text_at, value_at
from shared.season.faults import Fault
from shared.season.plain_yaml import read_yaml, write_yaml
from shared.season.reading import SeasonRefused, load_season, parse_season
from shared.season.rules import Rule, SeasonRules
from shared.season.text import Text
from shared.season.writing import write_rules
from tests.support.examples import examples

ROOT = Path(__file__).parents[2]
FILES = {
    str(file.relative_to(ROOT)): file.read_text()
    for folder in ("tests/data", "examples")
    for file in sorted((ROOT / folder).rglob("season*.yaml"))
} | {f"template {name}": text for name, text in templates().items()}
FILES |= {f"{name}, written": write_rules(load_season(text)) for name, text in FILES.items()}
GOLDEN = "tests/data/golden/season.yaml"


def posted(tree: Tree, step: str) -> dict[str, list[str]]:
    """What a browser sends of a page on which nobody typed: what stays unchecked is sent as nothing."""
    result: dict[str, list[str]] = {}
    for field in fields_of(STEPS[step](tree)):
        values = shown(field, tree, zone_of(tree))
        if field.many or field.kind == "flag":
            result[field.name] = ["", *values]
        else:
            result |= {name: [value.replace("\n", "\r\n")] for name, value in zip(field.inputs, values, strict=True)}
    return result


def changed(tree: Tree, step: str, **values: str | list[str]) -> Tree:
    sent: dict[str, list[str]] = posted(tree, step)
    for field, value in values.items():
        name = field.replace("__", ".")
        assert name in sent, name
        sent[name] = [value] if isinstance(value, str) else value
    return edit(tree, STEPS[step](tree), sent).tree


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", FILES)
def test_a_page_on_which_nobody_typed_leaves_the_file_as_it_is(name: str, step: str) -> None:
    tree = read_yaml(FILES[name])

    assert edit(tree, STEPS[step](tree), posted(tree, step)).tree == tree


@pytest.mark.parametrize("name", FILES)
def test_every_field_writes_what_it_shows(name: str) -> None:
    """Keeps away: a field that loses or bends its value once it is touched."""
    tree, rules = read_yaml(FILES[name]), load_season(FILES[name])
    for step in STEPS.values():
        for field in fields_of(step(tree)):
            if field.kind != "key" and value_at(tree, field.path) is not None:
                touched = deepcopy(tree)
                take(touched, field.path)
                write(field, touched, shown(field, tree, zone_of(tree)))
                assert parse_season(touched) == rules, field


SCALARS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12) | st.sampled_from(
    ["24:00", "2025-04-26T00:00:00Z", "2025-04-26", "0.5", "true", "a b", ""]
)


@st.composite
def broken_files(draw: st.DrawFn) -> Tree:
    """A season file in which some values are others, and some are gone."""
    tree: Tree = read_yaml(FILES[draw(st.sampled_from(sorted(FILES)))])
    for _ in range(draw(st.integers(1, 6))):
        place: Any = tree
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or draw(st.integers(0, 5)) == 0:
                if draw(st.booleans()):
                    place[key] = draw(SCALARS | st.just({}) | st.just([]) | st.just([{}]))
                else:
                    del place[key]
                break
            place = place[key]
    return tree


@examples(60)
@given(broken_files())
def test_a_file_with_faults_is_shown_kept_and_each_fault_has_a_place(tree: Tree) -> None:
    """Keeps away: a draft that somebody uploaded with a slip and that no page opens, or that a page mends by itself."""
    for step in STEPS:
        assert edit(tree, STEPS[step](tree), posted(tree, step)).tree == tree, step
    faults = faults_of(tree)
    assert len(place(faults, tree)) == len(faults)


def faults_of(tree: Tree) -> list[Fault]:
    try:
        parse_season(tree)
    except SeasonRefused as refused:
        return refused.faults
    return []


def everything() -> Tree:
    """A file that states every key."""
    tree: Tree = read_yaml(FILES[GOLDEN])
    text = {"zh": "甲", "en": "A"}
    tree["contacts"] = [{"title": text, "phone": "1", "email": "a@b.c", "address": text}]
    tree["works"] = {"T1": {"files": ["1", "2"], "types": ["pdf"], "max_mib": "5"}}
    tree["nominations"] = {
        "level": "district",
        "places": {"T1": {"P": "1"}, "T2": {}},
        "except": {"ZS": {"T1": {"P": "2"}}},
    }
    tree["review_steps"] = ["school", "district"]
    tree["divisions"].append({"id": "U", "title": text, "unit_levels": ["school"]})
    tree["rounds"][0]["special"] = [{"id": "plan", "title": text}]
    tree["self_assessment"] = {
        "rubric": "programming",
        "component": "city.hidden-set",
        "review": "city.defence",
        "window": {"opens": "2024-03-11T09:00", "closes": "2024-04-12T17:00"},
        "verification": {"opens": "2024-04-13T00:00", "closes": "2024-04-20T24:00"},
        "sample": {"share": "1/3", "seed": "s", "full_from": "85"},
        "rounds": "3",
        "revision_days": "10",
        "flag_over": "7.5",
    }
    asked = {"title": text, "help": text, "required": "true", "judges": "true", "public": "true"}
    choices = [{"id": "a", "title": text}, {"id": "b", "title": text}]
    tree["tracks"][0]["fields"] = [
        {**asked, "id": "place", "type": "text", "max_length": "40"},
        {**asked, "id": "cost", "type": "number", "min": "1", "max": "9.5", "decimals": "1"},
        {**asked, "id": "day", "type": "date", "min": "2024-03-01", "max": "2024-03-31"},
        {**asked, "id": "kind", "type": "choice", "choices": choices, "many": "true"},
        {**asked, "id": "page", "type": "url"},
        {**asked, "id": "own", "type": "yes-no", "must": "true"},
        {**asked, "id": "plan", "type": "file", "types": ["pdf", "docx"]},
    ]
    tree["tracks"][1]["fields"] = [deepcopy(tree["tracks"][0]["fields"][number]) for number in (1, 5)]
    tree["kind"] = "activities"
    window = {"opens": "2024-04-13T00:00:00", "closes": "2024-04-20T17:00:00"}
    picture = {"types": ["jpg"], "max_mib": "10", "most": "2"}
    tree["media"] = {
        "closes": "2024-04-20T17:00:00",
        "grace_until": "2024-04-22T17:00:00",
        "kinds": {"picture": picture},
    }
    tree["statistics"] = [
        {"id": "spent", "title": text, "of": "sum", "field": "cost", "tracks": ["T2"], "where": {"own": "yes"}},
        {"id": "material", "title": text, "of": "media", "kinds": ["picture"], "tracks": ["T1"]},
    ]
    tree["attendance"] = {"opens_minutes_before": "30", "closes_minutes_after": "10"}
    tree["designation"] = {"kind": "base", "tier": tree["rounds"][-1]["awards"]["tiers"][0]["id"]}
    tree["recommendation"] = {
        "levels": ["district"],
        "windows": {"district": window},
        "quota": {"district": {"T1": "3"}},
        "except": {"ZS": {"T1": "4"}},
        "tracks": ["T1"],
        "resubmit_working_days": "3",
    }
    criterion = next(iter(tree["rubrics"].values()))[0]
    criterion["levels"] = [{"points": "10", "title": text, "text": text}, {"points": "0", "text": text}]
    return tree


WITHOUT = {
    "format": "it has one value",
    "serials.check": "it has one value",
    "credits.highest_only_per": "it has one value",
}
"""Keys that no field edits, and why."""
TABLES = ("nominations.except", "unit_award.recommend.except", "recommendation.except", "statistics.*.where")
"""Mappings that are written as lines of an area."""


def keys_of(kind: Any, path: str = "") -> set[str]:
    """The paths of the values that rules may state; whatever the season names itself is a star."""
    if isinstance(kind, type) and issubclass(kind, Text):
        return {f"{path}.zh", f"{path}.en"}
    if isinstance(kind, type) and issubclass(kind, Rule):
        return {
            key
            for name, info in kind.model_fields.items()
            for key in keys_of(info.annotation, f"{path}.{info.alias or name}".removeprefix("."))
        }
    origin, inner = get_origin(kind), get_args(kind)
    if origin is dict:
        return keys_of(inner[1], f"{path}.*")
    if origin is tuple and any(keys_of(item, "x") != {"x"} for item in inner[:1]):
        return keys_of(inner[0], f"{path}.*")
    if origin is tuple:
        return {path}
    inside = {key for item in inner if item is not type(None) for key in keys_of(item, path)}
    return {key for key in inside if key != path} or {path}


def pattern_of(field: Field, keys: set[str]) -> str:
    """The key of the rules that a field edits."""
    parts = list(map(str, field.path))
    for key in sorted(keys):
        wanted = key.split(".")
        if len(wanted) == len(parts) and all(a in (b, "*") for a, b in zip(wanted, parts, strict=True)):
            return key
    return field.name


def test_every_key_of_a_season_file_has_its_field() -> None:
    """Keeps away: a rule that an organizer who does not write YAML cannot state."""
    keys, tree = keys_of(SeasonRules), everything()
    edited = {pattern_of(field, keys) for step in STEPS.values() for field in fields_of(step(tree))}
    tables = {key for key in keys if key.startswith(tuple(f"{table}." for table in TABLES))}

    assert len(keys) > 100
    assert keys - edited - tables == set(WITHOUT)
    assert {table.replace("*", "0") for table in TABLES} <= edited


def test_times_are_those_of_the_season_and_24_00_ends_a_day() -> None:
    """Keeps away: a deadline that moves by the offset of a zone, or by a day at midnight."""
    tree = read_yaml(write_rules(load_season(FILES[GOLDEN])))
    fields = {field.name: shown(field, tree, zone_of(tree)) for field in fields_of(STEPS["dates"](tree))}

    assert fields["timeline.registration.opens"] == ("2024-03-11", "09:00")
    assert fields["timeline.results_notice.opens"] == ("2024-07-15", "00:00")
    assert fields["timeline.results_notice.closes"] == ("2024-07-19", "24:00")
    later = changed(tree, "dates", timeline__results_notice__closes__day="2024-07-21")
    assert str(parse_season(later).window("results_notice").closes) == "2024-07-21 16:00:00+00:00"
    early = changed(tree, "dates", timeline__registration__opens__time="８：30")
    assert text_at(early, ("timeline", "registration", "opens")) == "2024-03-11T08:30"
    alone = changed(tree, "dates", timeline__registration__closes__time="")
    with pytest.raises(SeasonRefused) as refused:
        parse_season(alone)
    assert ("timeline.registration.closes", "NO_TIME") in {(fault.path, fault.code) for fault in refused.value.faults}


def test_another_zone_moves_no_clock_time() -> None:
    tree = read_yaml(write_rules(load_season(FILES[GOLDEN])))
    moved = changed(tree, "basics", time_zone="Europe/London")

    before, after = (
        {field.name: shown(field, file, zone_of(file)) for field in fields_of(STEPS["dates"](file))}
        for file in (tree, moved)
    )
    assert before == after


@pytest.mark.parametrize(
    ("step", "field", "new"),
    [
        ("groups", "tracks__0__id", "PS"),
        ("groups", "divisions__0__id", "X"),
        ("rubrics", "rubrics__programming__id", "code"),
        ("judging", "panels__split__id", "three"),
        ("judging", "rounds__0__id", "area"),
        ("awards", "rounds__1__awards__tiers__0__id", "gold"),
        ("awards", "rounds__1__awards__otherwise__id", "there"),
    ],
)
def test_a_name_that_changes_changes_wherever_it_is_used(step: str, field: str, new: str) -> None:
    tree = everything()
    renamed = changed(tree, step, **{field: new})

    rules = parse_season(renamed)
    assert rules != parse_season(tree)
    *way, _, last = field.split("__")
    keyed = way in (["rubrics"], ["panels"])
    back = "__".join([*way, new, last]) if keyed else field
    old = field.split("__")[1] if keyed else text_at(tree, tuple(_parts(field)))
    assert parse_season(changed(renamed, step, **{back: old})) == parse_season(tree)


def _parts(field: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in field.split("__")]


def test_a_name_that_is_anothers_is_not_given_and_named() -> None:
    """Keeps away: two panels that become one, with the rules of the second lost."""
    tree = read_yaml(FILES[GOLDEN])
    parts = STEPS["judging"](tree)
    edited = edit(tree, parts, {**posted(tree, "judging"), "panels.split.id": ["common"], "rounds.0.id": [""]})

    assert (edited.tree, edited.taken) == (tree, ("panels.split.id",))


@pytest.mark.parametrize("name", [name for name in FILES if "," not in name])
def test_what_is_added_is_taken_away_again_and_moves(name: str) -> None:
    """Every button of every page, pressed."""
    tree = read_yaml(FILES[name])
    for step, parts_of in STEPS.items():
        for group in groups_of(parts_of(tree)):
            for add in group.adds:
                done = act(tree, parts_of(tree), f"add:{add.name}", add.options[0].value if add.options else "")
                assert done, add.name
                grown, path = done
                assert grown != tree
                after: list[Part] = [*fields_of(parts_of(grown)), *groups_of(parts_of(grown))]
                assert any(part.path[: len(path)] == path for part in after), f"{step} does not show {path}"
            for tool in group.tools:
                done = act(tree, parts_of(tree), f"{tool}:{group.name}")
                assert done
                assert done[0] != tree or tool != "remove"
    assert act(tree, STEPS["groups"](tree), "remove:format") is None
    assert act(tree, STEPS["groups"](tree), "shuffle:tracks.0") is None


def test_a_track_that_goes_leaves_nothing_behind() -> None:
    tree = everything()
    done = act(tree, STEPS["groups"](tree), "remove:tracks.0")
    assert done
    assert "T1" not in {track.id for track in parse_season(done[0]).tracks}


def test_a_new_track_is_scored_like_the_first() -> None:
    tree = read_yaml(templates()["two-rounds"])
    done = act(tree, STEPS["groups"](tree), "add:tracks.1")
    assert done
    grown = changed(done[0], "groups", tracks__1__title__zh="新赛道")

    assert parse_season(grown).rounds[1].scoring["T1"] == parse_season(tree).rounds[1].scoring["A"]


@pytest.mark.parametrize(
    ("path", "step", "field"),
    [
        ("time_zone", "basics", "time_zone"),
        ("approval", "basics", "approval"),
        ("sponsors.0", "basics", "sponsors.0"),
        ("timeline.registration.closes", "dates", "timeline.registration.closes"),
        ("timeline.results_notice", "dates", "timeline.results_notice"),
        ("rounds.city.judging.closes", "dates", "rounds.1.judging.closes"),
        ("rounds.0.judging", "dates", "rounds.0.judging"),
        ("divisions", "groups", "divisions"),
        ("divisions.1.grades.0", "groups", "divisions.1.grades"),
        ("tracks.T4.divisions", "groups", "tracks.3.divisions"),
        ("works.T1.types.0", "groups", "works.T1"),
        ("rubrics.defence.1.weight", "rubrics", "rubrics.defence.1.weight"),
        ("rubrics.creation", "rubrics", "rubrics.creation"),
        ("panels.split", "judging", "panels.split"),
        ("panels.split.[key]", "judging", "panels.split.id"),
        ("panels.split.center", "judging", "panels.split.center"),
        ("rounds.city.scoring.T3.defence.panel", "judging", "rounds.1.scoring.T3.components.1.panel"),
        ("rounds.city.scoring.T3.ties", "judging", "rounds.1.scoring.T3.ties"),
        ("rounds.district.advance.places.T9", "judging", "rounds.0.advance"),
        ("rounds.0.awards", "awards", "rounds.0.awards"),
        ("rounds.0.awards.tiers.1.cumulative", "awards", "rounds.0.awards.tiers.1.cumulative"),
        ("unit_award", "awards", "unit_award"),
        ("credits.rounds.city", "awards", "credits.rounds.city"),
        ("serials.prefix", "certificates", "serials.prefix"),
        ("approval.statement", "certificates", "approval.statement"),
        ("nobody.knows", "basics", "season"),
    ],
)
def test_a_fault_is_placed_at_the_field_that_mends_it(path: str, step: str, field: str) -> None:
    (placed,) = place([Fault(path=path, code="REQUIRED")], read_yaml(FILES[GOLDEN]))

    assert (placed.step, placed.part.name) == (step, field)


def test_what_the_forms_write_is_read_again() -> None:
    tree = changed(everything(), "groups", nominations__except="ZS T1 P 3\nGX T1 P ４")

    again = read_yaml(write_yaml(tree))
    assert again == tree
    nominations = parse_season(again).nominations
    assert nominations
    assert nominations.places_of("GX", "T1", "P") == 4


def test_posted_values_of_no_field_change_nothing() -> None:
    tree = read_yaml(FILES[GOLDEN])
    stray: Posted = {"format": ["season/9"], "tracks.99.id": ["X"], "__class__": ["x"]}

    assert edit(tree, STEPS["groups"](tree), stray).tree == tree
    assert issubclass(SeasonRules, BaseModel)


def test_another_type_of_field_leaves_nothing_of_the_former_one_behind() -> None:
    """Keeps away: a draft that cannot be opened for a key that no page shows."""
    tree = everything()
    for position, kind in enumerate(["choice", "text", "text", "number", "yes-no", "file", "date"]):
        tree = changed(tree, "form", **{f"tracks__0__fields__{position}__type": kind})

    assert [field.type for field in parse_with_choices(tree).tracks[0].fields] == [
        "choice", "text", "text", "number", "yes-no", "file", "date",
    ]  # fmt: skip


def parse_with_choices(tree: Tree) -> SeasonRules:
    for choice in tree["tracks"][0]["fields"][0]["choices"]:
        choice["title"] = {"zh": "甲"}
    return parse_season(tree)


def test_faults_of_fields_and_levels_are_placed_at_what_mends_them() -> None:
    """Keeps away: a fault that points to the whole track, where twenty things are asked."""
    tree = everything()
    fields, (rubric, criteria) = tree["tracks"][0]["fields"], next(iter(tree["rubrics"].items()))
    fields[0]["max_length"] = "many"
    fields[1]["max"] = "0"
    fields[2]["max"] = "2023-01-01"
    fields[3]["choices"] = fields[3]["choices"][:1]
    fields[4]["type"] = "phone"
    criteria[0]["levels"][1]["points"] = "11"
    placed = {(item.step, item.part.name) for item in place(faults_of(tree), tree)}
    assert placed == {
        ("form", "tracks.0.fields.0.max_length"),
        ("form", "tracks.0.fields.1.max"),
        ("form", "tracks.0.fields.2.max"),
        ("form", "tracks.0.fields.3.choices"),
        ("form", "tracks.0.fields.4.type"),
        ("rubrics", f"rubrics.{rubric}.0.levels"),
    }
    tree = everything()
    tree["tracks"][0]["fields"][1]["id"] = "place"
    assert [(item.step, item.part.name) for item in place(faults_of(tree), tree)] == [("form", "tracks.0.fields")]
