"""Level descriptions: what a score means, for people to read; they are in no computation."""

from decimal import Decimal

import pytest

from services.judging.domain.inputs import rules_as_json
from shared.season.reading import SeasonRefused
from shared.season.rules import Criterion
from tests.support.rules import season_rules, title

LEVELS = [
    {"points": "25", "text": title("好")},
    {"points": "12.5", "text": title("中")},
    {"points": "5", "text": title("差")},
]


def criterion(*levels: dict[str, object]) -> Criterion:
    return Criterion.model_validate({"id": "c", "title": title("主题"), "weight": "30", "levels": levels or LEVELS})


@pytest.mark.parametrize(
    ("score", "level"),
    [
        ("30", "好"),
        ("25", "好"),
        ("24.99", "中"),
        ("12.5", "中"),
        ("12.49", "差"),
        ("5", "差"),
        ("4.99", ""),
        ("30.01", ""),
    ],
)
def test_a_score_has_the_level_whose_points_it_reaches(score: str, level: str) -> None:
    """Keeps away: a judge who reads a lower level beside the score that reaches a higher one."""
    reached = criterion().level_at(Decimal(score))
    assert (reached.text.zh if reached else "") == level


def test_levels_fall_and_begin_within_the_maximum() -> None:
    rubrics = season_rules().model_dump(mode="json")["rubrics"]
    story = rubrics["story"]
    for levels in (LEVELS[::-1], [LEVELS[0], LEVELS[0]], [{**LEVELS[0], "points": "40.5"}]):
        with pytest.raises(SeasonRefused) as refused:
            season_rules(rubrics={**rubrics, "story": [{**story[0], "levels": levels}, *story[1:]]})
        assert [(fault.path, fault.code) for fault in refused.value.faults] == [("rubrics.story.0", "BAD_VALUE")]


def test_a_season_without_levels_and_fields_is_hashed_as_before() -> None:
    """Keeps away: results of last year whose hash no longer agrees."""
    stated = rules_as_json(season_rules())
    assert all("levels" not in line for rubric in stated["rubrics"].values() for line in rubric)
    assert all("fields" not in track for track in stated["tracks"])
