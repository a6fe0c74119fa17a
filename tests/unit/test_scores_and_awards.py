"""From ballots to tiers: worked examples of the season folder's description, and what must hold for any input."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.awards import tiers as given_tiers
from services.judging.domain.columns import Columns, hundredths
from services.judging.domain.facts import Entry, InstructorRef
from services.judging.domain.instructors import Won, rank_instructors
from services.judging.domain.ranking import RankedEntry, rank_group
from services.judging.domain.rounding import ONE, format_kept, to_kept
from services.judging.domain.scores import ballot_value, judge_scales, panel_values
from services.judging.domain.special_awards import specials
from shared.season.award_lines import tier_cutoffs
from shared.season.rules import Awards, Criterion, InstructorAward, Panel, SpecialAward
from shared.states import EntryStatus

COMMON = Panel(ballots=5, method="trimmed-mean", drop_high=1, drop_low=1, min_ballots=5)
TIERS = [
    {"id": "first", "title": {"zh": "一"}, "cumulative": "10"},
    {"id": "second", "title": {"zh": "二"}, "cumulative": "30"},
    {"id": "third", "title": {"zh": "三"}, "cumulative": "60"},
]


def awards(**changes: object) -> Awards:
    return Awards.model_validate({"tiers": TIERS, "min_first": 1, **changes})


def entry(number: int, *instructors: str) -> Entry:
    references = tuple(InstructorRef(instructor, f"p-{instructor}") for instructor in instructors)
    return Entry(f"E{number:03d}", EntryStatus.VALID, "A", "P", "P01", "work", 0, (), references)


def standings(scores: list[int]) -> list[RankedEntry]:
    return [RankedEntry(entry(number), score * ONE) for number, score in enumerate(scores)]


def tiers(rule: Awards, ranked: list[RankedEntry], base: int) -> dict[str, str]:
    return {item: given.tier for item, given in given_tiers(rule, ranked, base).items()}


RUBRIC = [Criterion.model_validate({"id": "a", "title": {"zh": "甲"}, "weight": "100"})]
SPLIT = Panel(ballots=3, method="z-score", center=Decimal(75), scale=Decimal(10), min_ballots=5)


def given_by(judges: Mapping[str, Mapping[str, str]]) -> Columns:
    """Ballots of one criterion, by judge and entry."""
    rows = [(entry, judge, score) for judge, scores in judges.items() for entry, score in scores.items()]
    return Columns.of(
        np.array([entry for entry, _, _ in rows]),
        np.array([judge for _, judge, _ in rows]),
        np.array([[hundredths(Decimal(score))] for _, _, score in rows], dtype=np.int64),
    )


def panel(judges: Mapping[str, Mapping[str, str]], rule: Panel, without: str = "") -> dict[str, str]:
    """What a panel gives each entry; those whose ids begin with `without` are exhibited."""
    columns = given_by(judges)
    competing = {entry for entry in columns.entries if not (without and entry.startswith(without))}
    scales = judge_scales(columns, RUBRIC, competing, model=rule.without_severity)
    values = panel_values(columns, RUBRIC, rule, scales)
    return dict(zip(columns.entries, map(format_kept, values.kept.tolist()), strict=True))


def each(scores: str) -> dict[str, dict[str, str]]:
    """One entry, a judge for each score."""
    return {f"J{number}": {"E": score} for number, score in enumerate(scores.split())}


def test_the_published_trimmed_mean() -> None:
    assert panel(each("88.5 91 86 79.5 90"), COMMON) == {"E": "88.1667"}


def test_fewer_ballots_than_the_minimum_give_the_plain_mean() -> None:
    assert panel(each("80 90"), COMMON) == {"E": "85.0000"}


def test_ballots_far_apart_give_the_median_of_all() -> None:
    wide = COMMON.model_copy(update={"spread_review": Decimal(20)})

    assert panel(each("60 70.5 72 80 80.01"), wide) == {"E": "72.0000"}
    assert panel(each("60 70.5 72 80"), wide) == {"E": "70.6250"}, "20 is not greater than 20"
    assert panel(each("60 70.5 72 80.01"), wide) == {"E": "71.2500"}, "the mean of the two in the middle"


def test_the_published_z_score() -> None:
    """A {60,70,80,90,100} gave 90, B {85,88,90,92,95} gave 92: 75 + 10 × (0.70711 + 0.58722)/2 = 81.4716."""
    judges = {
        "A": {"E1": "60", "E2": "70", "E3": "80", "E": "90", "E4": "100"},
        "B": {"E5": "85", "E6": "88", "E7": "90", "E": "92", "E8": "95"},
    }

    assert panel(judges, SPLIT)["E"] == "81.4716"


def test_a_judge_with_few_ballots_or_without_variation_is_only_shifted() -> None:
    few = {"A": {"E1": "60", "E": "90"}}
    flat = {"A": {f"E{n}": "80" for n in range(6)}}

    assert panel(few, SPLIT)["E"] == "90.0000", "75 + 10 × (90 − 75)/10"
    assert set(panel(flat, SPLIT).values()) == {"75.0000"}


def test_exhibition_entries_take_no_part_in_how_a_judge_is_measured() -> None:
    judges = {"A": {"E1": "60", "E2": "70", "E3": "80", "E4": "90", "E5": "100", "X": "0"}}

    assert panel(judges, SPLIT, without="X")["E4"] == "82.0711"
    assert panel({"A": {"X": "10"}}, SPLIT, without="X") == {"X": "75.0000"}, "no ballots on competing entries: 0"


def test_severities_are_taken_out_before_the_mean() -> None:
    """J1 is 10 stricter than J2 on the same works: severities −5 and +5, so a work of J1 alone gains 5."""
    fair = Panel(ballots=2, method="mean", without_severity=True)
    judges = {"J1": {"E1": "70", "E2": "80", "E3": "60"}, "J2": {"E1": "80", "E2": "90"}}

    assert panel(judges, fair) == {"E1": "75.0000", "E2": "85.0000", "E3": "65.0000"}


def test_values_stay_between_0_and_100() -> None:
    steep = SPLIT.model_copy(update={"scale": Decimal(40)})
    judges = {"A": {f"E{n}": str(n) for n in (0, 45, 50, 55, 100)}}

    assert panel(judges, steep)["E100"] == "100.0000"
    assert panel(judges, steep)["E0"] == "12.0683"


SCORES = st.lists(st.integers(0, 2000), min_size=2, max_size=8)


@given(st.lists(SCORES, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_ballots_does_not_matter(scores: list[list[int]], random: Any) -> None:
    rows = [(f"E{e}", f"J{j}", value) for j, mine in enumerate(scores) for e, value in enumerate(mine)]

    def values(ordered: list[tuple[str, str, int]]) -> list[list[int]]:
        columns = Columns.of(
            np.array([row[0] for row in ordered]),
            np.array([row[1] for row in ordered]),
            np.array([[row[2]] for row in ordered], dtype=np.int64),
        )
        scales = judge_scales(columns, RUBRIC, set(columns.entries))
        return [panel_values(columns, RUBRIC, rule, scales).kept.tolist() for rule in (SPLIT, COMMON)]

    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert values(rows) == values(shuffled)


@given(st.lists(SCORES, min_size=1, max_size=5), st.integers(0, 2000))
def test_a_constant_added_to_one_judges_scores_changes_no_normalised_value(
    scores: list[list[int]], constant: int
) -> None:
    def values(added: int) -> dict[str, str]:
        return panel(
            {
                f"J{j}": {f"E{e}": f"{Decimal(value + added * (j == 0)) / 100}" for e, value in enumerate(mine)}
                for j, mine in enumerate(scores)
            },
            SPLIT,
        )

    assert values(0) == values(constant)


@given(st.lists(st.lists(st.integers(0, 10000), min_size=5, max_size=9), min_size=1, max_size=6))
def test_vectors_give_what_exact_arithmetic_gives(scores: list[list[int]]) -> None:
    judges = {
        f"J{j}": {f"E{e}": f"{Decimal(mine[j]) / 100}" for e, mine in enumerate(scores) if j < len(mine)}
        for j in range(9)
    }
    result = panel({judge: theirs for judge, theirs in judges.items() if theirs}, COMMON)

    for number, mine in enumerate(scores):
        inner = sorted(mine)[1:-1]
        assert result[f"E{number}"] == format_kept(to_kept(Fraction(sum(inner), 100 * len(inner))))


def test_a_ballot_is_weighted_by_criterion() -> None:
    rubric = [
        Criterion.model_validate({"id": "a", "title": {"zh": "甲"}, "weight": "60", "max": "10"}),
        Criterion.model_validate({"id": "b", "title": {"zh": "乙"}, "weight": "40"}),
    ]

    assert ballot_value((Decimal(5), Decimal(40)), rubric) == 70


def test_ranks_are_joint_and_leave_a_gap() -> None:
    assert [ranked.rank for ranked in rank_group(standings([70, 90, 80, 80]))] == [1, 2, 2, 4]


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
    assert tier_cutoffs(awards(min_entries=3), 2) == []


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60))
def test_a_tier_never_exceeds_its_share(scores: list[int]) -> None:
    ranked = rank_group(standings(scores))
    ends = tier_cutoffs(awards(), len(scores))
    results = list(tiers(awards(), ranked, len(scores)).values())

    for count, end in zip(range(1, 4), ends, strict=True):
        names = [tier["id"] for tier in TIERS[:count]]
        assert sum(1 for tier in results if tier in names) <= end


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40), st.randoms())
def test_ranking_does_not_depend_on_the_order_of_entries(scores: list[int], random: object) -> None:
    original = standings(scores)
    shuffled = original.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert rank_group(original) == rank_group(shuffled)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=40))
def test_a_disqualified_entry_moves_later_ranks_up_and_nothing_else(scores: list[int]) -> None:
    everything = standings(scores)
    out = RankedEntry(everything[0].entry, everything[0].score, notes=("disqualified",))

    before = {ranked.entry.entry: ranked.rank or 0 for ranked in rank_group(everything)}
    after = {ranked.entry.entry: ranked.rank for ranked in rank_group([out, *everything[1:]])}

    assert after.pop("E000") is None
    for name, rank in after.items():
        assert rank == before[name] - (before[name] > before["E000"])


def test_first_prize_as_first_and_second_prize_as_second_instructor_give_six_and_a_half() -> None:
    rule = InstructorAward.model_validate(
        {"round": "final", "points": {"first": 5, "second": 3, "third": 1}, "share": [1, "0.5"], "places": 1}
    )
    won = [Won(entry(1, "I1"), "first", 1, 90 * ONE), Won(entry(2, "I2", "I1"), "second", 2, 80 * ONE)]

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
        Won(entry(1, "I1"), "second", 1, 90 * ONE),
        Won(entry(2, "I2"), "third", 2, 80 * ONE),
        Won(entry(3, "I3"), "third", 3, 70 * ONE),
    ]

    named = [line.instructor for line in rank_instructors(rule, ["first", "second", "third"], won) if line.awarded]

    assert named == ["I1"]


def test_a_tier_may_have_places_of_its_own_and_no_tier_exceeds_its_most() -> None:
    tiers_ = [{"id": "a", "places": 2}, {"id": "b", "cumulative": 50, "most": 3}, {"id": "c", "places": 4}]
    rule = Awards.model_validate({"tiers": [{**tier, "title": {"zh": tier["id"]}} for tier in tiers_]})

    assert tier_cutoffs(rule, 100) == [2, 5, 9]
    assert tier_cutoffs(rule, 8) == [2, 4, 8]


def _special(**values: Any) -> SpecialAward:
    return SpecialAward.model_validate({"id": "best", "title": {"zh": "最佳"}, **values})


def _held(award: SpecialAward, scores: list[int], tiers: Mapping[str, str] | None = None) -> list[tuple[str, int, int]]:
    ranked = rank_group(standings(scores))
    simple_namespace = SimpleNamespace(id="final", special=(award,), scoring={})
    stored_specials = specials(simple_namespace, ranked, tiers or {})  # type: ignore[arg-type]
    return [(special.standing.entry.entry, special.first, special.last) for special in stored_specials]


def test_a_special_award_goes_to_a_whole_tie_block_or_to_nobody_of_it() -> None:
    first, second, third = (standing.entry.entry for standing in standings([90, 80, 80]))

    assert _held(_special(places=2), [90, 80, 80]) == [(first, 1, 1), (second, 2, 3), (third, 2, 3)]
    assert _held(_special(places=2, ties_across_line="down"), [90, 80, 80]) == [(first, 1, 1)]


def test_holders_of_excluded_tiers_and_entries_below_the_minimum_are_passed_over() -> None:
    first, second, _ = (standing.entry.entry for standing in standings([90, 80, 70]))

    assert _held(_special(not_with=["gold"]), [90, 80, 70], tiers={first: "gold"}) == [(second, 1, 1)]
    assert _held(_special(min_score=95), [90, 80, 70]) == []
