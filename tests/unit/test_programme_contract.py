"""`programme.yaml` is refused as a whole, with every fault at its place."""

from copy import deepcopy
from typing import Any

import pytest

from shared.programme.consistency import unknown_in_seasons, unknown_units
from shared.programme.reading import ProgrammeRefused, load_programme, parse_programme
from shared.season.plain_yaml import read_yaml
from shared.season.reading import SeasonRefused, load_season
from shared.season.time import to_unix_micros
from tests.support.programmes import PROGRAMMES

CREDITS = read_yaml((PROGRAMMES / "guangming-credits" / "programme.yaml").read_text())
CEREMONY = read_yaml((PROGRAMMES / "dalian-ceremony" / "programme.yaml").read_text())
SHOWCASE = read_yaml((PROGRAMMES / "tianjin-showcase-indicators" / "programme.yaml").read_text())


def faults(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(ProgrammeRefused) as refused:
        parse_programme(data)
    return [(fault.path, fault.code, fault.detail) for fault in refused.value.faults]


def changed(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    result: Any = deepcopy(data)
    place = result
    *parents, key = path.split(".")
    for parent in parents:
        place = place[int(parent) if isinstance(place, list) else parent]
    if isinstance(place, list):
        place[int(key)] = value
    else:
        place[key] = value
    return dict(result)


@pytest.mark.parametrize(
    ("data", "path", "value", "place", "code"),
    [
        (CREDITS, "credit", {}, "credit", "UNKNOWN_KEY"),
        (CREDITS, "credits.caps", "5", "credits.caps", "UNKNOWN_KEY"),
        (CREDITS, "format", "programme/2", "format", "BAD_VALUE"),
        (CREDITS, "time_zone", "Asia/Nowhere", "time_zone", "BAD_VALUE"),
        (CREDITS, "credits.grades", ["8", "5"], "credits.grades", "BAD_VALUE"),
        (CREDITS, "credits.years.0.until", "2022-08-31", "credits.years.0", "BAD_VALUE"),
        (CREDITS, "credits.years.1.from", "2023-08-31", "credits.years.2023-2024", "SAME_DAYS"),
        (
            CREDITS,
            "credits.years.0.lines.0.category",
            "sport",
            "credits.years.2022-2023.lines.0.category",
            "UNKNOWN_REFERENCE",
        ),
        (
            CREDITS,
            "credits.years.0.lines.0.level",
            "county",
            "credits.years.2022-2023.lines.0.level",
            "UNKNOWN_REFERENCE",
        ),
        (
            CREDITS,
            "credits.years.0.lines.3.designation",
            "hub",
            "credits.years.2022-2023.lines.3.designation",
            "UNKNOWN_REFERENCE",
        ),
        (
            CREDITS,
            "credits.years.0.lines.2",
            {"event": "participation", "category": "practice"},
            "credits.years.0.lines.2",
            "BAD_VALUE",
        ),
        (CREDITS, "credits.years.0.cap", "5.001", "credits.years.0.cap", "BAD_VALUE"),
        (CREDITS, "credits.at.0", "2023-05-10", "credits.at.0", "NO_TIME"),
        (CREDITS, "seasons.1.folder", "maker-2023", "seasons", "DUPLICATE_ID"),
        (
            CREDITS,
            "designations.kinds.0.unit_levels",
            ["county"],
            "designations.kinds.base.unit_levels",
            "UNKNOWN_REFERENCE",
        ),
        (
            CREDITS,
            "designations.kinds.0.annual_review.opens",
            "13-01",
            "designations.kinds.0.annual_review.opens",
            "BAD_VALUE",
        ),
        (
            CREDITS,
            "designations.kinds.0.annual_review.opens",
            "12-31",
            "designations.kinds.0.annual_review",
            "BAD_VALUE",
        ),
        (CREDITS, "designations.kinds.1.id", "base", "designations.kinds", "DUPLICATE_ID"),
        (CEREMONY, "ceremony.season", "other", "ceremony.season", "UNKNOWN_REFERENCE"),
        (CEREMONY, "ceremony.honour_roll_at", "2024-11-21", "ceremony.honour_roll_at", "NO_TIME"),
        (CEREMONY, "ceremony.blocks.2.round", "final", "ceremony.blocks.2", "BAD_VALUE"),
        (CEREMONY, "ceremony.blocks.1.id", "third", "ceremony.blocks", "DUPLICATE_ID"),
        (
            CEREMONY,
            "appointments.kinds.0.unit_levels",
            ["county"],
            "appointments.kinds.science_vice_principal.unit_levels",
            "UNKNOWN_REFERENCE",
        ),
        (CEREMONY, "appointments.kinds.0.most_units", "0", "appointments.kinds.0.most_units", "BAD_VALUE"),
        (CEREMONY, "agreements", {}, "agreements.at", "REQUIRED"),
        (SHOWCASE, "indicators.levels", ["county"], "indicators.levels", "UNKNOWN_REFERENCE"),
        (SHOWCASE, "indicators.seasons.0.folder", "show-1999", "indicators.seasons.0.folder", "UNKNOWN_REFERENCE"),
        (SHOWCASE, "indicators.prior", "-1", "indicators.prior", "BAD_VALUE"),
        (SHOWCASE, "showcase.tags.1.id", "ai", "showcase.tags", "DUPLICATE_ID"),
    ],
)
def test_a_fault_is_told_at_its_place(data: dict[str, Any], path: str, value: Any, place: str, code: str) -> None:
    assert [fault[:2] for fault in faults(changed(data, path, value))] == [(place, code)]


def test_all_faults_are_told_at_once() -> None:
    data = changed(changed(CEREMONY, "ceremony.season", "other"), "seasons.0.folder", "x")

    assert {path for path, _, _ in faults({**data, "unit_levels": ["city"]})} == {
        "ceremony.season",
        "appointments.kinds.science_vice_principal.unit_levels",
    }


@pytest.mark.parametrize("text", ["[", "- a", "a: 1\na: 2", "a: &x 1\nb: *x"])
def test_what_is_no_mapping_in_yaml_is_refused(text: str) -> None:
    with pytest.raises(ProgrammeRefused) as refused:
        load_programme(text)

    assert [fault.code for fault in refused.value.faults] == ["NOT_YAML"]


def test_a_time_without_an_offset_is_in_the_zone_of_the_programme() -> None:
    rules = parse_programme(CEREMONY)

    assert rules.ceremony
    assert to_unix_micros(rules.ceremony.honour_roll_at) == 1732168800 * 1_000_000


def test_rounds_and_tiers_are_those_of_the_seasons() -> None:
    season = load_season((PROGRAMMES / "dalian-ceremony/seasons/seedling-2024/season.yaml").read_text())
    data = changed(CEREMONY, "ceremony.blocks.0.tiers", ["fourth"])
    data = changed(changed(data, "ceremony.blocks.1.round", "semi"), "seasons.0.levels", {"district": "district"})

    assert [
        (fault.path, fault.detail) for fault in unknown_in_seasons(parse_programme(data), {"seedling-2024": season})
    ] == [
        ("seasons.seedling-2024.levels", "district"),
        ("ceremony.blocks.third.tiers", "fourth"),
        ("ceremony.blocks.top.round", "semi"),
        ("ceremony.blocks.top.tiers", "second"),
        ("ceremony.blocks.top.tiers", "first"),
    ]
    assert not list(unknown_in_seasons(parse_programme(CEREMONY), {"seedling-2024": season}))


def test_what_a_season_names_is_a_kind_of_its_programme_and_a_tier_of_its_last_round() -> None:
    folder = PROGRAMMES / "guangming-designations"
    text = (folder / "seasons/bases-2022/season.yaml").read_text()
    rules = load_programme((folder / "programme.yaml").read_text())
    season = load_season(text.replace("kind: base, tier: named", "kind: hub, tier: named"))

    assert [(each.path, each.detail) for each in unknown_in_seasons(rules, {"bases-2022": season})] == [
        ("seasons.bases-2022", "hub")
    ]
    with pytest.raises(SeasonRefused) as refused:
        load_season(text.replace("tier: named", "tier: gold"))
    assert [(each.path, each.code) for each in refused.value.faults] == [("designation.tier", "UNKNOWN_REFERENCE")]


def test_units_that_give_credits_are_those_of_the_programme() -> None:
    assert [fault.detail for fault in unknown_units(parse_programme(CREDITS), ["SZ"])] == ["GM"]
