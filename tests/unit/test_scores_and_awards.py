"""From ballots to tiers: worked examples of the season folder's description, and what must hold for any input."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.awards import lines, tiers
from services.judging.domain.facts import Ballot, Entry, InstructorRef
from services.judging.domain.instructors import Won, rank_instructors
from services.judging.domain.ranking import Standing, rank_group
from services.judging.domain.rounding import fixed, kept
from services.judging.domain.scores import ballot_value, panel_value
from shared.season.rules import Awards, Criterion, InstructorAward, Panel

COMMON = Panel(ballots=5, method="trimmed-mean", drop_high=1, drop_low=1, min_ballots=5)
TIERS = [
    {"id": "first", "title": {"zh": "一"}, "cumulative": "10"},
    {"id": "second", "title": {"zh": "二"}, "cumulative": "30"},
    {"id": "third", "title": {"zh": "三"}, "cumulative": "60"},
]


def awards(**changes: object) -> Awards:
    return Awards.model_validate({"tiers": TIERS, "min_first": 1, **changes})


def entry(number: int, *instructors: str) -> Entry:
    references = tuple(InstructorRef(one, f"p-{one}") for one in instructors)
    return Entry(f"E{number:03d}", "valid", "A", "P", "P01", "work", 0, (), references)


def standings(scores: list[int]) -> list[Standing]:
    return [Standing(entry(number), Fraction(score)) for number, score in enumerate(scores)]


def test_the_published_trimmed_mean() -> None:
    values = [Fraction(value) for value in ("88.5", "91", "86", "79.5", "90")]

    assert fixed(kept(panel_value(values, COMMON)), 4) == "88.1667"


def test_fewer_ballots_than_the_minimum_give_the_plain_mean() -> None:
    assert panel_value([Fraction(80), Fraction(90)], COMMON) == 85


def test_a_panel_method_that_is_not_computed_yet_is_never_computed_wrongly() -> None:
    panel = Panel(ballots=3, method="z-score", center=Decimal(75), scale=Decimal(10))

    with pytest.raises(NotImplementedError):
        panel_value([Fraction(80)], panel)


def test_a_ballot_is_weighted_by_criterion() -> None:
    rubric = [
        Criterion.model_validate({"id": "a", "title": {"zh": "甲"}, "weight": "60", "max": "10"}),
        Criterion.model_validate({"id": "b", "title": {"zh": "乙"}, "weight": "40"}),
    ]
    ballot = Ballot("final", "work", "E1", "J1", "submitted", 0, (Decimal(5), Decimal(40)))

    assert ballot_value(ballot, rubric) == 70


def test_ranks_are_joint_and_leave_a_gap() -> None:
    assert [one.rank for one in rank_group(standings([70, 90, 80, 80]))] == [1, 2, 2, 4]


def test_a_tie_across_the_line_goes_down() -> None:
    ranked = rank_group(standings([95, 90, 90, 80, 70, 60, 50, 40, 30, 20]))

    given = tiers(awards(), ranked, 10)

    assert given == {
        "E000": "first",
        "E001": "second",
        "E002": "second",
        "E003": "third",
        "E004": "third",
        "E005": "third",
    }


def test_a_block_across_the_first_line_leaves_the_tier_empty() -> None:
    ranked = rank_group(standings([90, 90, 80, 70, 60, 50, 40, 30, 20, 10]))

    assert "first" not in tiers(awards(), ranked, 10).values()


def test_a_score_below_the_minimum_falls_and_nobody_moves_up() -> None:
    with_minimum = awards(tiers=[{**TIERS[0], "min_score": "80"}, *TIERS[1:]])
    ranked = rank_group(standings([75, 74, 73, 72, 71, 70, 69, 68, 67, 66]))

    given = tiers(with_minimum, ranked, 10)

    assert given["E000"] == "second"
    assert sorted(given.values()) == ["second"] * 3 + ["third"] * 3


def test_too_few_entries_give_no_awards() -> None:
    assert lines(awards(min_entries=3), 2) == []


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60))
def test_a_tier_never_exceeds_its_share(scores: list[int]) -> None:
    ranked = rank_group(standings(scores))
    ends = lines(awards(), len(scores))
    given_tiers = list(tiers(awards(), ranked, len(scores)).values())

    for count, end in zip(range(1, 4), ends, strict=True):
        names = [tier["id"] for tier in TIERS[:count]]
        assert sum(1 for tier in given_tiers if tier in names) <= end


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.randoms())
def test_ranking_does_not_depend_on_the_order_of_entries(scores: list[int], random: object) -> None:
    original = standings(scores)
    shuffled = original.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert rank_group(original) == rank_group(shuffled)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=40))
def test_a_disqualified_entry_moves_later_ranks_up_and_nothing_else(scores: list[int]) -> None:
    everything = standings(scores)
    out = Standing(everything[0].entry, everything[0].score, notes=("disqualified",))

    before = {one.entry.entry: one.rank or 0 for one in rank_group(everything)}
    after = {one.entry.entry: one.rank for one in rank_group([out, *everything[1:]])}

    assert after.pop("E000") is None
    for name, rank in after.items():
        assert rank == before[name] - (before[name] > before["E000"])


def test_first_prize_as_first_and_second_prize_as_second_instructor_give_six_and_a_half() -> None:
    rule = InstructorAward.model_validate(
        {"round": "final", "points": {"first": 5, "second": 3, "third": 1}, "share": [1, "0.5"], "places": 1}
    )
    won = [Won(entry(1, "I1"), "first", 1, Fraction(90)), Won(entry(2, "I2", "I1"), "second", 2, Fraction(80))]

    ranked = rank_instructors(rule, ["first", "second", "third"], won)

    assert [(line.instructor, line.points, line.basis) for line in ranked] == [
        ("I1", Fraction("6.5"), "points"),
        ("I2", Fraction(3), ""),
    ]


def test_a_tie_block_that_does_not_fit_stops_the_places() -> None:
    rule = InstructorAward.model_validate(
        {"round": "final", "points": {"second": 3, "third": 1}, "share": [1], "places": 2}
    )
    won = [
        Won(entry(1, "I1"), "second", 1, Fraction(90)),
        Won(entry(2, "I2"), "third", 2, Fraction(80)),
        Won(entry(3, "I3"), "third", 3, Fraction(70)),
    ]

    named = [line.instructor for line in rank_instructors(rule, ["first", "second", "third"], won) if line.awarded]

    assert named == ["I1"]
