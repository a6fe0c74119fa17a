"""What is said about the lines of awards is what the computation did.

Keeps away: a sentence of its own arithmetic, that says another place than the one behind which an award was not given.
"""

from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.awards import cuts, tiers
from services.judging.domain.ranking import rank_group
from services.judging.entrypoints.explaining import explain_cut
from shared.season.award_lines import tier_cutoffs, tier_lines
from shared.season.text import LANGUAGES
from shared.web.translation import Catalog
from tests.unit.test_scores_and_awards import awards, standings

MODES = ("down", "up", "include")


def tier(id_: str, **values: Any) -> dict[str, Any]:
    return {"id": id_, "title": {"zh": id_}, **values}


def test_a_line_says_what_decided_it() -> None:
    rule = awards(
        tiers=[
            tier("a", cumulative=10),
            tier("b", cumulative=30),
            tier("c", cumulative=50, most=2),
            tier("d", cumulative=50),
            tier("e", places=3),
        ],
        min_first=1,
    )
    lines = tier_lines(rule, 34)
    assert [(line.tier, line.end, line.by, line.exact) for line in lines] == [
        ("a", 3, "share", Fraction("3.4")),
        ("b", 10, "share", Fraction("10.2")),
        ("c", 12, "most", Fraction(17)),
        ("d", 17, "share", Fraction(17)),
        ("e", 20, "places", None),
    ]
    assert [(line.end, line.by) for line in tier_lines(rule, 3)][:2] == [(1, "min_first"), (1, "before")]


def test_a_tie_across_the_first_line_leaves_a_place_vacant() -> None:
    ranked = rank_group(standings([90, 80, 70, 70, *range(60, 30, -1)]))
    rule = awards(tiers=[tier("first", cumulative=10), tier("second", cumulative=30)])

    first, second = cuts(rule, ranked, 34, tiers(rule, ranked, 34))

    assert (first.line.end, first.places, first.entries, first.vacant) == (3, 3, 2, 1)
    assert (first.across, first.into) == ((3, 4), "second")
    assert (second.places, second.entries, second.vacant, second.across) == (7, 8, 0, None)


def test_a_tie_that_is_taken_in_moves_the_line() -> None:
    ranked = rank_group(standings([90, 80, 70, 70, *range(60, 30, -1)]))
    rule = awards(tiers=[tier("first", cumulative=10), tier("second", cumulative=30)], ties_across_line="include")

    first, second = cuts(rule, ranked, 34, tiers(rule, ranked, 34))

    assert (first.line.end, first.end, first.entries, first.across, first.into) == (3, 4, 4, (3, 4), "first")
    assert (second.line.end, second.end) == (10, 11)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=40), st.sampled_from(MODES), st.sampled_from(["0", "4", "6"]))
def test_the_cuts_are_those_of_the_results(scores: list[int], mode: str, least: str) -> None:
    rule = awards(
        tiers=[tier("a", cumulative=20, min_score=least), tier("b", cumulative=45), tier("c", cumulative=70)],
        ties_across_line=mode,
    )
    ranked = rank_group(standings(scores))
    results = tiers(rule, ranked, len(scores))

    said = cuts(rule, ranked, len(scores), results)

    assert [cut.line.end for cut in said] == tier_cutoffs(rule, len(scores))
    assert {cut.line.tier: cut.entries for cut in said if cut.entries} == Counter(
        item.tier for item in results.values()
    )
    for cut in said:
        block = {item.tier for item in results.values() if cut.across == (item.first, item.last)}
        assert block <= {cut.into}, "a block goes into one tier"
        within = [item for item in results.values() if item.by_rule == cut.line.tier]
        assert all(item.first <= cut.end for item in within)
        if mode != "up":
            assert all(item.last <= cut.end for item in within)


@pytest.mark.parametrize("changes", [{"min_entries": 5}, {"rule": "bands", "tiers": [tier("a", min_score=1)]}])
def test_where_no_line_decides_there_is_none(changes: dict[str, Any]) -> None:
    ranked = rank_group(standings([3, 2, 1]))
    rule = awards(**changes)
    assert cuts(rule, ranked, 3, tiers(rule, ranked, 3)) == []


JUDGING = Catalog([Path(__file__).parents[2] / "services" / "judging" / "entrypoints" / "locales"])
TITLES = {"first": "First prize", "second": "Second prize"}
CASES: list[tuple[str, dict[str, Any], list[int], str]] = [
    (
        "down",
        {},
        [90, 80, 70, 70, *range(60, 30, -1)],
        (
            "First prize line: place 3 (34 × 10 % = 3.4, rounded down); "
            "places 3–4 are tied across the line, all Second prize; 2 given, 1 of First prize not awarded"
        ),
    ),
    (
        "include",
        {},
        [90, 80, 70, 70, *range(60, 30, -1)],
        (
            "First prize line: place 3 (34 × 10 % = 3.4, rounded down); "
            "places 3–4 are tied across the line, all First prize, and the line moves to place 4"
        ),
    ),
    ("down", {}, list(range(90, 70, -1)), "First prize line: place 2 (20 × 10 % = 2)"),
    ("down", {"min_first": 1}, [3, 2], "First prize line: place 1 (2 × 10 % = 0.2; at least 1 by the rules)"),
]


@pytest.mark.parametrize(("ties", "changes", "scores", "said"), CASES)
def test_a_line_is_explained_in_words(ties: str, changes: dict[str, Any], scores: list[int], said: str) -> None:
    rule = awards(
        tiers=[tier("first", cumulative=10), tier("second", cumulative=30)],
        ties_across_line=ties,
        **{"min_first": 0, **changes},
    )
    ranked = rank_group(standings(scores))
    first, *_ = cuts(rule, ranked, len(scores), tiers(rule, ranked, len(scores)))
    assert explain_cut(JUDGING.translator("en"), first, len(scores), ties, TITLES) == said


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.sampled_from(MODES), st.sampled_from(LANGUAGES))
def test_there_are_words_for_every_line(scores: list[int], mode: str, language: str) -> None:
    rule = awards(
        tiers=[
            tier("first", cumulative=10, most=2),
            tier("second", cumulative=15, min_score="3"),
            tier("third", cumulative=15),
            tier("fourth", places=2),
        ],
        ties_across_line=mode,
    )
    ranked = rank_group(standings(scores))
    titles = {name: name for name in ("first", "second", "third", "fourth")}
    for cut in cuts(rule, ranked, len(scores), tiers(rule, ranked, len(scores))):
        assert str(cut.line.end) in explain_cut(JUDGING.translator(language), cut, len(scores), mode, titles)
