"""The road of an entry.

Keeps away: a child that is told of a step which is over, not theirs, or never comes.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from services.registration.domain.road import RoadStep, Stands, StepName, road_ahead
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.states import EntryStatus, StepState
from shared.web.translation import Catalog
from tests.support.rules import at, season_rules, two_rounds

RULES = season_rules()
UNTIL, NOW = at("2025-03-31T09:00:00"), at("2025-03-10T09:00:00")
DRAFT = Stands(EntryStatus.DRAFT, UNTIL, NOW, waits_for_guardian=True, lacks_files=True)


def names(steps: tuple[RoadStep, ...]) -> list[str]:
    return [step.name.value for step in steps]


def test_a_draft_has_everything_ahead_and_one_thing_to_do_now() -> None:
    steps = road_ahead(RULES, DRAFT)
    before = ["consent", "files", "submit", *(["review"] if RULES.acceptance == "review" else [])]
    assert names(steps) == [*before, "judging", "notice", "certificate"]
    assert [step.state for step in steps] == [StepState.NOW] + [StepState.TODO] * (len(steps) - 1)
    assert {step.closes for step in steps[:3]} == {UNTIL}


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"waits_for_guardian": False}, "files"),
        ({"waits_for_guardian": False, "lacks_files": False}, "submit"),
        ({"standing": EntryStatus.VALID}, "judging"),
        ({"standing": EntryStatus.VALID, "closed_rounds": {RULES.rounds[0].id}}, "notice"),
        ({"standing": EntryStatus.VALID, "closed_rounds": {RULES.rounds[0].id}, "announced": True}, "certificate"),
    ],
)
def test_what_is_done_is_not_ahead(changes: dict[str, object], first: str) -> None:
    assert names(road_ahead(RULES, replace(DRAFT, **changes)))[0] == first  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"standing": EntryStatus.WITHDRAWN},
        {"standing": EntryStatus.REJECTED},
        {"standing": EntryStatus.VALID, "final": True},
        {"now": UNTIL + 1},
    ],
)
def test_who_is_through_or_out_has_nothing_ahead(changes: dict[str, object]) -> None:
    assert road_ahead(RULES, replace(DRAFT, **changes)) == ()  # type: ignore[arg-type]


def test_a_later_round_is_for_those_who_go_on_and_who_only_shows_gets_no_certificate() -> None:
    rules: SeasonRules = two_rounds()
    steps = road_ahead(rules, Stands(EntryStatus.EXHIBITION, UNTIL, NOW))
    assert names(steps) == ["judging", "later"]
    assert steps[1].title == rules.rounds[1].title


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_words(language: str) -> None:
    root = Path(__file__).parents[2]
    catalog = Catalog([root / "services" / "registration" / "entrypoints" / "locales"])
    for name in StepName:
        assert catalog.both(f"road-{name}", title="x")[language]
