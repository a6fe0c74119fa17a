"""Rules of a season for tests: those of the small example, with what a test wants changed."""

from copy import deepcopy
from functools import cache
from typing import Any

import yaml

from shared.season.reading import parse_season
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment
from tests.conftest import EXAMPLE


@cache
def _example() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((EXAMPLE / "season.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - builds only text, lists and dicts
    return loaded


def season_rules(**changes: Any) -> SeasonRules:
    """The example's rules with these top keys instead of its own. None takes a key away."""
    data = deepcopy(_example()) | changes
    return parse_season({name: value for name, value in data.items() if value is not None})


def at(text: str) -> int:
    """Microseconds of a time as season files write it, in the example's zone."""
    moment = parse_moment(text, season_rules().zone)
    assert moment is not None, text
    return moment


def title(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def panel_part(**changes: Any) -> dict[str, Any]:
    """A component that one judge scores by the rubric `story`."""
    return {"id": "work", "panel": "one", "rubric": "story", "weight": "100", **changes}


ONE_JUDGE = {"one": {"ballots": "1", "method": "mean"}}
TIERS = [
    {"id": "first", "title": title("一等奖"), "places": "1"},
    {"id": "second", "title": title("二等奖"), "places": "1"},
]
AWARDS = {"tiers": TIERS}
FIRST_JUDGING = {"opens": "2025-04-07T00:00:00", "closes": "2025-04-12T00:00:00"}
LAST_JUDGING = {"opens": "2025-04-14T00:00:00", "closes": "2025-04-18T00:00:00"}


def two_rounds(**changes: Any) -> SeasonRules:
    """A first round that one judge scores, two places of track A in the last round; track B has a test of 50 points."""
    test = {"id": "quiz", "test": {"max": "50"}, "weight": "100"}
    runs = {"id": "flights", "runs": {"count": "2", "take": "best", "max": "100"}, "weight": "100"}
    rounds: list[dict[str, Any]] = [
        {
            "id": "heats",
            "title": title("初评"),
            "judging": FIRST_JUDGING,
            "scoring": {
                "A": {"components": [panel_part()]},
                "B": {"components": [test]},
                "C": {"components": [runs]},
            },
            "awards": AWARDS,
            "advance": {"to": "final", "places": {"A": {"P": "2"}}, "ties_at_line": "earliest-submission"},
        },
        {
            "id": "final",
            "title": title("终评"),
            "judging": LAST_JUDGING,
            "scoring": {
                "A": {"components": [panel_part()]},
                "B": {"components": [test]},
                "C": {"components": [runs]},
            },
        },
    ]
    tracks = [
        {"id": "A", "title": title("绘本"), "divisions": ["P", "J"], "members": ["1", "2"], "instructors": ["0", "2"]},
        {"id": "B", "title": title("测验"), "divisions": ["P", "J"]},
        {"id": "C", "title": title("飞行"), "divisions": ["P", "J"]},
    ]
    data: dict[str, Any] = {
        "panels": ONE_JUDGE,
        "rounds": rounds,
        "tracks": tracks,
        "instructor_award": None,
        "unit_award": None,
        "serials": None,
    }
    return season_rules(**{**data, **changes})
