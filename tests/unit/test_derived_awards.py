"""What follows from awards: units with their summaries, instructors, credits; and what the disqualified lose."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.judging.domain.credit_lines import credit_lines
from services.judging.domain.facts import (
    Decisions,
    Entry,
    InstructorRef,
    Judge,
    JudgeRole,
    Member,
    Objection,
    Revocation,
    Season,
    Summary,
    TestScore,
    Unit,
    above,
    at_level,
    must_recuse,
)
from services.judging.domain.instructors import Won
from services.judging.domain.results import compute
from services.judging.domain.tables import tables, totals
from services.judging.domain.unit_awards import RankedUnit, flag_revoked, rank_units
from shared.season.rules import Credits, InstructorAward, UnitAward
from shared.season.time import to_unix_micros
from shared.states import EntryStatus, ResultStage
from tests.support.rules import at, season_rules, two_rounds

SUMMARY_BY = at("2025-04-18T17:00:00")
UNITS = {
    unit.unit: unit
    for unit in (
        Unit("CITY", "", "city", 0),
        Unit("D1", "CITY", "district", 1),
        Unit("S1", "D1", "school", 2),
        Unit("S2", "D1", "school", 3),
        Unit("D2", "CITY", "district", 4),
        Unit("S3", "D2", "school", 5),
    )
}


def entry(
    name: str,
    unit: str = "S1",
    track: str = "A",
    standing: EntryStatus = EntryStatus.VALID,
    grade: int = 5,
    person: str = "",
) -> Entry:
    members = (Member(person or f"p-{name}", grade),)
    return Entry(
        name, standing, track, "P", unit, "t", 5, members, (InstructorRef("I1", "t1"), InstructorRef("I2", "t2"))
    )


def season(*entries: Entry, summaries: dict[str, Summary] | None = None, **more: Any) -> Season:
    rules = more.pop("rules", two_rounds())
    return Season(rules, UNITS, {entry.entry: entry for entry in entries}, {}, summaries=summaries or {}, **more)


def award(**changes: Any) -> UnitAward:
    values: dict[str, Any] = {
        "round": "heats", "level": "school", "points": {"first": "5", "second": "3"},
        "summary": [{"id": "x", "max": "40"}, {"id": "y", "max": "60"}],
        "value": [
            {"of": "entries", "full_at": "4", "weight": "40"},
            {"of": "points", "full_at": "10", "weight": "40"},
            {"of": "summary", "weight": "20"},
        ],
        "places": 1,
    }  # fmt: skip
    return UnitAward.model_validate({**values, **changes})


def filed(unit: str = "S1", when: int = SUMMARY_BY, x: str = "40", y: str = "60") -> dict[str, Summary]:
    return {unit: Summary(unit, when, {"x": Decimal(x), "y": Decimal(y)})}


def ranked(
    rule: UnitAward, facts: Season, won: tuple[Won, ...] = (), violations: frozenset[str] = frozenset()
) -> list[RankedUnit]:
    return rank_units(rule, facts, list(facts.entries.values()), won, violations)


@pytest.mark.parametrize(("when", "reasons"), [
    (SUMMARY_BY - 1, ()), (SUMMARY_BY, ()), (SUMMARY_BY + 1, ("summary_late",)), (None, ("summary_missing",)),
])  # fmt: skip
def test_a_summary_is_in_time_to_the_microsecond(when: int | None, reasons: tuple[str, ...]) -> None:
    rule = award(eligible={"summary_by": "2025-04-18T09:00:00Z"})
    facts = season(entry("E1"), summaries=filed(when=when) if when else {})
    (line,) = ranked(rule, facts)
    assert line.reasons == reasons
    assert (line.status, line.rank) == (("not_eligible", None) if reasons else ("named", 1))


def test_without_a_deadline_a_missing_summary_is_no_reason() -> None:
    (line,) = ranked(award(), season(entry("E1")))
    assert line.reasons == ()
    assert line.summary == 0


@pytest.mark.parametrize(("eligible", "reasons"), [
    ({"min_entries": 3}, ("min_entries",)), ({"min_entries": 2}, ()),
    ({"min_tracks": 3}, ("min_tracks",)), ({"min_tracks": 2}, ()),
    ({"no_violation": True}, ("violation",)), ({}, ()),
    ({"min_entries": 9, "min_tracks": 9}, ("min_entries", "min_tracks")),
])  # fmt: skip
def test_why_a_unit_is_not_eligible_is_named(eligible: dict[str, Any], reasons: tuple[str, ...]) -> None:
    facts = season(entry("E1"), entry("E2", track="B"))
    (line,) = ranked(award(eligible=eligible), facts, violations=frozenset({"S1"}))
    assert (line.reasons, line.entries, line.tracks) == (reasons, 2, 2)


def test_the_value_of_a_unit_is_the_weighted_sum_of_what_it_reached_each_at_most_full() -> None:
    facts = season(entry("E1"), entry("E2"), summaries=filed(x="10", y="15"))
    won = (
        Won(facts.entries["E1"], "first", 1, 9),
        Won(facts.entries["E2"], "second", 2, 8),
        Won(facts.entries["E2"], "x", 2, 8),
    )
    (line,) = ranked(award(), facts, won)
    assert line.points == 8
    assert line.summary == 25
    assert line.value == 40 * 5000 + 40 * 8000 + 20 * 2500
    many = season(*(entry(f"E{number}") for number in range(9)), summaries=filed())
    (full,) = ranked(award(), many, tuple(Won(entry, "first", 1, 9) for entry in many.entries.values()))
    assert full.value == 100 * 10_000


def test_units_are_named_by_value_in_whole_blocks() -> None:
    facts = season(entry("E1"), entry("E2", "S2"), entry("E3", "S3"), entry("E4", "S3"))
    assert [
        (ranked_unit.unit, ranked_unit.rank, ranked_unit.status) for ranked_unit in ranked(award(places=2), facts)
    ] == [
        ("S1", 2, "eligible"),
        ("S2", 2, "eligible"),
        ("S3", 1, "named"),
    ]
    assert [ranked_unit.status for ranked_unit in ranked(award(places=3), facts)] == ["named"] * 3
    assert [ranked_unit.status for ranked_unit in ranked(award(places=0), facts)] == ["eligible"] * 3


def test_a_unit_without_a_valid_entry_is_not_listed() -> None:
    facts = season(entry("E1", standing=EntryStatus.WITHDRAWN), entry("E2", "S2"))
    assert [line.unit for line in ranked(award(), facts)] == ["S2"]


def test_each_district_recommends_its_best_and_only_those_compete() -> None:
    facts = season(*(entry(f"E{number}", unit) for number, unit in enumerate(["S1", "S1", "S2", "S3"])))
    rule = award(recommend={"level": "district", "places": 1, "except": {"D2": 0}}, places=5)
    assert [
        (ranked_unit.unit, ranked_unit.rank_in_parent, ranked_unit.status, ranked_unit.rank)
        for ranked_unit in ranked(rule, facts)
    ] == [
        ("S1", 1, "named", 1),
        ("S2", 2, "eligible", None),
        ("S3", 1, "eligible", None),
    ]


def test_bodies_are_ranked_by_the_mean_of_their_eligible_units() -> None:
    facts = season(*(entry(f"E{number}", unit) for number, unit in enumerate(["S1", "S1", "S1", "S2", "S3", "S3"])))
    rule = award(bodies={"level": "district", "places": 1, "min_eligible": 1})
    lines = {ranked_unit.unit: ranked_unit for ranked_unit in ranked(rule, facts) if ranked_unit.level == "district"}
    assert {unit: (ranked_unit.value, ranked_unit.rank, ranked_unit.status) for unit, ranked_unit in lines.items()} == {
        "D1": (200_000, 1, "eligible"),
        "D2": (200_000, 1, "eligible"),
    }, "two are equal for one place"
    few = award(bodies={"level": "district", "places": 1, "min_eligible": 2})
    assert [ranked_unit.unit for ranked_unit in ranked(few, facts) if ranked_unit.level == "district"] == ["D1"]
    strict = award(bodies={"level": "district", "places": 1}, eligible={"min_entries": 2})
    assert [
        (ranked_unit.unit, ranked_unit.value, ranked_unit.status)
        for ranked_unit in ranked(strict, facts)
        if ranked_unit.level == "district"
    ] == [
        ("D1", 300_000, "named"),
        ("D2", 200_000, "eligible"),
    ]


def test_a_unit_whose_award_was_taken_back_is_flagged() -> None:
    facts = season(entry("E1"), entry("E2", "S2"))
    lines = [*ranked(award(), facts), RankedUnit("D1", "district", 0)]
    assert [ranked_unit.flag for ranked_unit in flag_revoked(lines, facts, frozenset({"E2"}), "school")] == [
        "",
        "review",
        "",
    ]


CREDITS = Credits.model_validate(
    {"units": ["D1"], "grades": [4, 6], "rounds": {"heats": {"first": "3", "second": "2"}, "final": {"first": "3"}}}
    | {"participation": "1", "cap": "4"}
)


def credited(
    facts: Season, tiers: dict[tuple[str, str], str], out: frozenset[str] = frozenset()
) -> list[tuple[Any, ...]]:
    return [
        (line.label, line.track, line.entry, line.source, line.credit, line.total)
        for line in credit_lines(CREDITS, facts, tiers, out)
    ]


def test_per_track_counts_the_highest_and_over_all_the_cap() -> None:
    facts = season(entry("E1", person="a"), entry("E2", person="a"), entry("E3", track="B", person="a"))
    tiers = {("heats", "E1"): "second", ("heats", "E2"): "first", ("final", "E2"): "first", ("heats", "E3"): "third"}
    assert credited(facts, tiers) == [
        ("E1#1", "A", "E2", "heats.first", 3, 4),
        ("E1#1", "B", "E3", "participation", 1, 4),
    ]
    assert credited(facts, {**tiers, ("heats", "E3"): "first"})[1] == ("E1#1", "B", "E3", "heats.first", 3, 4)


def test_the_disqualified_get_no_credits_and_the_others_keep_theirs() -> None:
    facts = season(entry("E1", person="a"), entry("E2", track="B", person="a"), entry("E3", person="b"))
    tiers = {("heats", "E1"): "first"}
    assert credited(facts, tiers, frozenset({"E1", "E3"})) == [("E1#1", "B", "E2", "participation", 1, 1)]


@pytest.mark.parametrize(("changes", "counts"), [
    ({}, True), ({"unit": "S3"}, False), ({"grade": 3}, False), ({"grade": 4}, True), ({"grade": 6}, True),
    ({"grade": 7}, False), ({"standing": "exhibition"}, False), ({"standing": "withdrawn"}, False),
])  # fmt: skip
def test_credits_are_for_some_units_and_grades_and_for_valid_entries(changes: dict[str, Any], counts: bool) -> None:
    assert bool(credited(season(entry("E1", **changes)), {})) is counts


def test_lines_stand_in_the_order_of_units_persons_and_tracks() -> None:
    facts = season(
        entry("E1", "S2", "B", person="a"), entry("E2", "S1", person="b"), entry("E3", "S2", person="a"), entry("E4", "S1", person="c"),
    )  # fmt: skip
    assert [(label, track) for label, track, *_ in credited(facts, {})] == [
        ("E2#1", "A"),
        ("E4#1", "A"),
        ("E1#1", "A"),
        ("E1#1", "B"),
    ]


def judged(decisions: Decisions) -> Any:
    """Three entries with a test: 40, 30 and 20 of 50 points; awards for two, instructors, units and credits."""
    rules = two_rounds().model_copy(
        update={
            "credits": CREDITS,
            "instructor_award": InstructorAward.model_validate(
                {"round": "heats", "points": {"first": "5", "second": "3"}, "share": ["1", "0.5"], "places": 1}
            ),
            "unit_award": award(eligible={"no_violation": True}, places=5),
        }
    )
    listed = [entry("E1", "S1", "B"), entry("E2", "S2", "B"), entry("E3", "S1", "B")]
    scores = [
        TestScore("heats", "quiz", entry.entry, Decimal(score))
        for entry, score in zip(listed, (40, 30, 20), strict=True)
    ]
    facts = replace(season(*listed, rules=rules), tests=tuple(scores), decisions=decisions)
    return facts, compute(facts, ResultStage.FINAL)


def test_an_upheld_objection_takes_rank_award_points_and_credits_and_moves_no_line() -> None:
    facts, results = judged(
        Decisions(objections=(Objection(5, "E1", "heats", True), Objection(6, "E2", "heats", False)))
    )
    (group,) = (group for group in results.groups if group.round == "heats")
    assert [(standing.entry.entry, standing.rank, standing.notes) for standing in group.standings] == [
        ("E2", 1, ()),
        ("E3", 2, ()),
        ("E1", None, ("disqualified",)),
    ]
    assert (group.base, group.tier("E1"), group.tier("E2"), group.tier("E3")) == (3, "", "first", "second")
    assert (results.disqualified, results.revoked) == (frozenset({"E1"}), frozenset())
    lines = {unit.unit: unit for unit in results.units}
    assert (lines["S1"].reasons, lines["S1"].entries) == (("violation",), 1)
    assert [credit.entry for credit in results.credits] == ["E3", "E2"]
    stated = totals(facts, results)
    assert (stated["disqualified"], stated["students"], stated["seats"]) == (1, 2, 2)
    assert tables(facts, results)["eligibility"] == [("E1", "disqualified")]


def test_an_objection_to_a_later_round_takes_back_the_awards_of_earlier_ones() -> None:
    _, results = judged(Decisions(objections=(Objection(5, "E1", "final", True),)))
    (heats,) = (group for group in results.groups if group.round == "heats")
    assert (heats.tier("E1"), heats.tier("E2"), heats.tier("E3")) == ("first", "second", ""), "nobody moves up"
    assert results.revoked == frozenset({("heats", "E1")})
    assert [(credit.entry, credit.credit) for credit in results.credits] == [("E3", 1), ("E2", 2)]
    assert [(instructor.instructor, instructor.points) for instructor in results.instructors] == [
        ("I1", 3),
        ("I2", Fraction(3, 2)),
    ]


def test_a_revocation_takes_points_back_and_changes_no_rank() -> None:
    facts, results = judged(Decisions(revocations=(Revocation(5, "E1", ("heats", "final")),)))
    assert results.revoked == frozenset({("heats", "E1")}), "in the last round it held nothing"
    (group,) = (group for group in results.groups if group.round == "heats")
    assert [standing.rank for standing in group.standings] == [1, 2, 3]
    assert [(instructor.instructor, instructor.points, instructor.status) for instructor in results.instructors] == [
        ("I1", 3, "awarded"),
        ("I2", Fraction(3, 2), "not_awarded"),
    ]
    assert {unit.unit: unit.flag for unit in results.units} == {"S1": "review", "S2": ""}
    assert next(row for row in tables(facts, results)["awards"] if row[3] == "E1")[-1] == "revoked"
    assert totals(facts, results)["rounds"]["heats"]["revoked"] == {"first": 1}


def test_units_above_are_found_up_to_a_level() -> None:
    assert above("S1", UNITS) == ["S1", "D1", "CITY"]
    assert above("none", UNITS) == []
    assert at_level("S1", "district", UNITS) == "D1"
    assert at_level("S1", "none", UNITS) == ""
    loop = {"a": Unit("a", "b", "x", 0), "b": Unit("b", "a", "x", 1)}
    assert above("a", loop) == ["a", "b"]


def test_a_judge_recuses_by_the_employer_of_that_day() -> None:
    judge = Judge("J1", "S1", ("A",), (), JudgeRole.SCORING, ((10, "S2"), (20, "S3")))
    results = [
        [must_recuse(judge, entry("E1", unit), UNITS, when) for unit in ("S1", "S2", "S3")] for when in (9, 10, 20)
    ]
    assert results == [[True, False, False], [False, True, False], [False, False, True]]


def test_the_deadline_of_the_example_is_what_these_tests_say() -> None:
    rule = season_rules().unit_award
    assert rule
    assert rule.eligible.summary_by
    assert to_unix_micros(rule.eligible.summary_by) == SUMMARY_BY
