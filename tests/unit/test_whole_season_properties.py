"""What must hold for a whole season whatever is in it: order, repetition, withdrawals, shares, alternates."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.judging.domain.columns import Columns
from services.judging.domain.facts import Appeal, Decisions, Objection, Revocation, Season, Withdrawal
from services.judging.domain.inputs import inputs_hash, plain, season_from
from services.judging.domain.results import Results, compute, compute_rounds
from services.judging.domain.tables import tables
from shared.season.time import to_unix_micros
from shared.states import ResultStage
from tests.conftest import GOLDEN
from tests.support import on_paper
from tests.support.examples import examples


@cache
def golden() -> Season:
    return on_paper.read(GOLDEN).season


@cache
def final() -> Results:
    return compute(golden(), ResultStage.FINAL)


def city_opens() -> int:
    return to_unix_micros(golden().rules.round("city").judging.opens)


def shuffled(season: Season, seed: int) -> Season:
    """The same facts in another order."""
    random = Random(seed)

    def mixed(items: Any) -> list[Any]:
        listed = list(items)
        random.shuffle(listed)
        return listed

    ballots = {}
    for key, columns in mixed(season.ballots.items()):
        order = mixed(range(len(columns.entry)))
        entries = np.array([columns.entries[columns.entry[n]] for n in order])
        judges = np.array([columns.judges[columns.judge[n]] for n in order])
        ballots[key] = Columns.of(entries, judges, columns.scores[order])
    return replace(
        season,
        entries=dict(mixed(season.entries.items())),
        units=dict(mixed(season.units.items())),
        ballots=ballots,
        runs=tuple(mixed(season.runs)),
        tests=tuple(mixed(season.tests)),
    )


@examples(5)
@given(st.integers(0, 2**16))
def test_nothing_depends_on_the_order_of_facts(seed: int) -> None:
    mixed = shuffled(golden(), seed)

    assert tables(mixed, compute(mixed, ResultStage.FINAL)) == tables(golden(), final())
    assert inputs_hash(mixed) == inputs_hash(golden())


def test_an_export_computes_to_the_same_lines() -> None:
    again = season_from(golden().rules, plain(golden()))

    assert tables(again, compute(again, ResultStage.FINAL)) == tables(golden(), final())
    assert inputs_hash(again) == inputs_hash(golden())


FINALISTS = st.sampled_from(sorted(compute_rounds(golden(), golden().decisions)[0].seating.present))  # type: ignore[union-attr]


@examples(15)
@given(FINALISTS)
def test_a_withdrawal_changes_seats_of_its_group_alone_and_no_district_award(entry: str) -> None:
    season = golden()
    leaving = Withdrawal(city_opens() - 1_000_000_000_000, entry, "city")
    before, after = (
        compute_rounds(season, decisions)
        for decisions in (
            season.decisions,
            replace(season.decisions, withdrawals=(*season.decisions.withdrawals, leaving)),
        )
    )
    left, was = after[0].seating, before[0].seating
    assert left
    assert was
    group = (season.entries[entry].track, season.entries[entry].division)
    changed = left.present ^ was.present

    assert entry in changed
    assert {(season.entries[item].track, season.entries[item].division) for item in changed} == {group}
    assert len(left.present - was.present) <= 1, "one alternate at most"
    assert after[0].groups == before[0].groups
    others = [
        [group_result for group_result in rounds[1].groups if (group_result.track, group_result.division) != group]
        for rounds in (before, after)
    ]
    assert others[0] == others[1]


@examples(15)
@given(FINALISTS)
def test_an_upheld_objection_takes_nothing_from_others_and_moves_no_line(entry: str) -> None:
    season = golden()
    upheld = Objection(city_opens() + 10**12, entry, "city", upheld=True)
    after = compute_rounds(season, replace(season.decisions, objections=(*season.decisions.objections, upheld)))

    for old, new in zip(final().rounds, after, strict=True):
        for was, now in zip(old.groups, new.groups, strict=True):
            assert (now.base, now.places) == (was.base, was.places)
            mine = {ranked.entry.entry: ranked for ranked in now.standings}
            for standing in was.standings:
                other = mine[standing.entry.entry]
                if standing.entry.entry == entry and old.round == "city":
                    assert other.rank is None
                elif standing.rank and other.rank:
                    assert other.rank <= standing.rank


@examples(10)
@given(FINALISTS)
def test_a_revocation_changes_no_rank_and_no_award_of_others(entry: str) -> None:
    season = golden()
    back = Revocation(city_opens() + 10**13, entry, ("city",))
    after = compute(
        replace(season, decisions=replace(season.decisions, revocations=(*season.decisions.revocations, back))),
        ResultStage.FINAL,
    )

    assert after.rounds == final().rounds
    assert after.revoked - final().revoked <= {("city", entry)}
    assert [(instructor.instructor, instructor.rank) for instructor in after.instructors] == [
        (instructor.instructor, instructor.rank) for instructor in final().instructors
    ]
    assert [replace(unit, flag="") for unit in after.units] == [replace(unit, flag="") for unit in final().units]


@examples(10)
@given(st.sampled_from(["E0106", "E0025", "E0102"]), st.integers(0, 100))
def test_an_appeal_changes_the_score_of_its_entry_alone(entry: str, percent: int) -> None:
    season = golden()
    scores = tuple(Decimal(c.full) * percent / 100 for c in season.rules.rubrics["application"])
    appeal = Appeal(city_opens() + 10**12, entry, "city", "work", {"CJ-T4-1": tuple(round(s, 2) for s in scores)})
    after = compute_rounds(season, Decisions(withdrawals=season.decisions.withdrawals, appeals=(appeal,)))
    before = compute_rounds(season, Decisions(withdrawals=season.decisions.withdrawals))

    for was, now in zip(before[1].groups, after[1].groups, strict=True):
        old = {standing.entry.entry: standing.score for standing in was.standings}
        assert all(
            standing.score == old[standing.entry.entry] for standing in now.standings if standing.entry.entry != entry
        )


def test_no_tier_exceeds_its_cumulative_share() -> None:
    for round_ in final().rounds:
        awards = golden().rules.round(round_.round).awards
        assert awards
        for group in round_.groups:
            held = 0
            for tier in awards.tiers:
                held += sum(1 for given in group.given.values() if given.tier == tier.id)
                assert held <= max(awards.min_first, int(Fraction(tier.cumulative or 0) * group.base / 100))
