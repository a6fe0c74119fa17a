"""Numbers of certificates where a season states no rule for them."""

from typing import Any

import pytest

from services.certificates.domain.serials import OTHERS, letter, rules_of, serial, well_formed
from services.judging.application.award_events import Ordinals
from shared.events.judging import AwardGrantedV1
from shared.season.rules import Serials
from tests.support.rules import season_rules, title, two_rounds


def test_a_season_without_a_rule_has_one_made_from_its_id() -> None:
    rules = two_rounds(season={"id": "spring-2025", "title": title("春")})
    made = rules_of(rules)
    assert (made.prefix, made.rounds, made.digits) == ("AISPRING2025", {"heats": "A", "final": "B"}, 6)
    assert made.kinds == {"student": "S", "instructor": "T", "unit": "U"}
    number = serial(rules, "final", "instructor", 7)
    assert number.startswith("AISPRING2025-BT-000007-")
    assert well_formed(number)
    assert not well_formed(number.lower())
    assert rules_of(season_rules()).prefix == "LHAI25"


def test_kinds_by_list_have_letters_that_the_season_does_not_use() -> None:
    usual = rules_of(season_rules())
    assert {kind: letter(usual, kind) for kind in OTHERS} == OTHERS
    taken = Serials.model_validate(usual.model_dump() | {"kinds": {"student": "F", "instructor": "J", "unit": "A"}})
    assert {kind: letter(taken, kind) for kind in OTHERS} == {
        "finalist": "B",
        "judge": "C",
        "appointment": "D",
        "plaque": "P",
    }


@pytest.mark.parametrize("number", [0, 1])
def test_numbers_that_were_given_stay_and_the_next_follow_by_round_and_kind(number: int) -> None:
    line: dict[str, Any] = {
        "award": "r/entry/E1",
        "round": "r",
        "track": "A",
        "division": "P",
        "entry": "E1",
        "title": "t",
        "unit": "P01",
    }
    line |= {"tier": "first", "tier_title": {"zh": "一"}, "rank": 1, "score": "1", "unit_ordinal": 4}
    entry = {**line, "members": [{"person": "a", "ordinal": 3}, {"person": "b", "ordinal": None}]}
    unit = {
        "award": "r/unit/P02",
        "round": "r",
        "level": "school",
        "unit": "P02",
        "rank": 1,
        "value": "1",
        "ordinal": 9,
    }
    told = {"season": "s", "revision": 2, "chunk": 1, "chunks": 1, "granted_at": 5, "entries": [entry], "units": [unit]}
    ordinals = Ordinals([AwardGrantedV1.model_validate(told)] * (number + 1))
    assert ordinals.of("r/entry/E1", "a", "r", "student") == 3
    assert ordinals.of("r/entry/E1", "b", "r", "student") == 4
    assert ordinals.of("r/entry/E1", "b", "r", "student") == 4
    assert ordinals.of("r/entry/E1", "P01", "r", "unit") == 4
    assert ordinals.of("r/unit/P02", "P02", "r", "unit") == 9
    assert ordinals.of("r/unit/P03", "P03", "r", "unit") == 10
    assert ordinals.of("q/unit/P03", "P03", "q", "unit") == 1
    assert ordinals.of("r/instructor/I", "i", "r", "instructor") == 1
