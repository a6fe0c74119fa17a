"""Self-assessment: which items are verified, where each stands, and what a row falls with."""

import hashlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain import self_assessment as assessment
from services.registration.domain.self_assessment import (
    SCORE_COLUMNS,
    VERIFICATION_COLUMNS,
    Acts,
    Known,
    Outcome,
    SelfScore,
    Verification,
    assess,
    revision_end,
    sample,
)
from shared.season.csv_rows import Row, Sheet
from shared.season.plain_yaml import read_yaml
from shared.season.reading import SeasonRefused, load_season, parse_season
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment, to_unix_micros
from shared.states import ItemState
from tests.conftest import BEIJING
from tests.support.examples import examples

FOLDER = BEIJING
RULES = load_season((FOLDER / "season.yaml").read_text(encoding="utf-8"))
ITEMS = tuple(item.id for item in RULES.items)
FULL = {item.id: item.full for item in RULES.items}
DAY_OF_OPENING = date(2021, 2, 1)


def at(text: str) -> int:
    moment = parse_moment(text, RULES.zone)
    assert moment is not None
    return moment


def with_sample(rules: SeasonRules, **values: Any) -> SeasonRules:
    rule = assessment.rule_of(rules)
    return rules.model_copy(
        update={"self_assessment": rule.model_copy(update={"sample": rule.sample.model_copy(update=values)})}
    )


@examples(200)
@given(
    entry=st.text("ABC0123-", min_size=1, max_size=6),
    seed=st.text(min_size=1, max_size=9),
    share=st.sampled_from(["1/3", "0.5", "1", "0", "7/9", "1/20"]),
    own=st.decimals(0, 100, places=2),
    full_from=st.none() | st.just(Decimal(85)),
)
def test_anybody_who_knows_the_seed_finds_the_same_sample(
    entry: str, seed: str, share: str, own: Decimal, full_from: Decimal | None
) -> None:
    rule = assessment.rule_of(with_sample(RULES, seed=seed, share=share, full_from=full_from))

    drawn = sample(rule, entry, ITEMS, own)

    hashes = {hashlib.sha256(f"{seed}|{entry}|{item}".encode()).hexdigest(): item for item in ITEMS}
    count = len(ITEMS) if full_from is not None and own >= full_from else ceil(Fraction(share) * len(ITEMS))
    assert drawn == {hashes[digest] for digest in sorted(hashes)[:count]}
    assert sample(rule, entry, tuple(reversed(ITEMS)), own) == drawn


def test_a_revision_may_come_until_the_end_of_its_last_day_in_the_zone_of_the_season() -> None:
    rule = assessment.rule_of(RULES)

    assert revision_end(rule, at("2021-02-05T00:00:00"), RULES.zone) == at("2021-02-15T23:59:59.999999")
    assert revision_end(rule, at("2021-02-05T23:59:59.999999"), RULES.zone) == at("2021-02-15T23:59:59.999999")


class Naive:
    """The same, gone through day by day for one item, as a clerk with a card would."""

    def __init__(self, rounds: int, days: int, *, sampled: bool) -> None:
        self.rounds, self.days, self.sampled = rounds, days, sampled
        self.state = "to_verify" if sampled else "not_sampled"
        self.score, self.returns, self.last_day = Decimal(0), 0, -1

    def act(self, day: int, what: str, score: Decimal, *, verifying: bool) -> str:
        if self.state == "returned" and day > self.last_day:
            self.state = "too late"
        if what == "score":
            if self.state != "returned":
                return "OUTSIDE_WINDOW"
            self.state, self.score = "revised", score
            return ""
        if not self.sampled:
            return "NOT_SAMPLED"
        if self.state not in ("to_verify", "revised"):
            return "WRONG_STEP"
        if not verifying:
            return "OUTSIDE_WINDOW"
        if what == "returned":
            if self.returns == self.rounds:
                return "ROUNDS_EXHAUSTED"
            self.returns += 1
            self.state, self.last_day = "returned", day + self.days
            return ""
        self.state = what
        if what == "set":
            self.score = score
        return ""

    def end(self) -> tuple[str, Decimal]:
        if self.state in ("returned", "too late"):
            return "not_pursued", Decimal(0)
        return ("unchecked" if self.state in ("to_verify", "revised") else self.state), self.score


ACTS = st.lists(
    st.tuples(
        st.integers(0, 70), st.sampled_from(["score", "returned", "confirmed", "set"]), st.integers(0, 8).map(Decimal)
    ),
    max_size=12,
)


@examples(300)
@given(acts=ACTS, rounds=st.integers(0, 3), days=st.integers(1, 12), first=st.integers(0, 8), shuffled=st.randoms())
def test_an_item_stands_where_a_clerk_with_a_card_finds_it(
    acts: list[tuple[int, str, Decimal]], rounds: int, days: int, first: int, shuffled: Any
) -> None:
    rule = assessment.rule_of(RULES).model_copy(update={"rounds": rounds, "revision_days": days})
    rules = RULES.model_copy(update={"self_assessment": rule})
    item = "publicity"
    sampled = item in sample(rule, "S", ITEMS, Decimal(first))
    naive = Naive(rounds, days, sampled=sampled)
    naive.score = Decimal(first)
    closing = date(2021, 3, 20)
    expected: dict[int, str] = {}
    done: list[SelfScore | Verification] = []
    ordered = sorted(enumerate(acts), key=lambda pair: (pair[1][0], pair[1][1] != "score", pair[0]))
    for row, (offset, what, score) in ordered:
        day = DAY_OF_OPENING + timedelta(days=offset)
        moment = to_unix_micros(datetime(day.year, day.month, day.day, 12, tzinfo=RULES.zone))
        expected[row] = naive.act(offset, what, score, verifying=day <= closing)
        if what == "score":
            done.append(SelfScore(item, score, ("m",), moment, row))
        else:
            done.append(Verification(f"V{row}", item, Outcome(what), score, "why", "CITY", moment, row))
    shuffled.shuffle(done)
    opening = SelfScore(item, Decimal(first), ("m",), at("2021-01-20T00:00:00"))
    result = assess(
        rules,
        "S",
        Acts(
            (opening, *(act for act in done if isinstance(act, SelfScore))),
            tuple(act for act in done if isinstance(act, Verification)),
        ),
    )

    assert {fallen.act.row: fallen.code for fallen in result.fallen} == {
        row: code for row, code in expected.items() if code
    }
    stands = next(each for each in result.items if each.item == item)
    assert (stands.state, stands.verified) == naive.end()
    assert (stands.own, stands.returns, stands.sampled) == (Decimal(first), naive.returns, sampled)
    assert result.verified == stands.verified


def test_a_later_score_of_the_window_replaces_an_earlier_one() -> None:
    rows = [
        SelfScore("team", Decimal(9), ("m",), at("2021-01-31T18:00:00"), 2),
        SelfScore("team", Decimal(4), ("m",), at("2021-01-31T18:00:00"), 3),
        SelfScore("team", Decimal(8), ("m",), at("2021-01-04T00:00:00"), 4),
        SelfScore("team", Decimal(1), ("m",), at("2021-01-31T18:00:00.000001"), 5),
    ]

    result = assess(RULES, "S", Acts(tuple(rows)))

    assert result.own == Decimal(4)
    assert [(fallen.act.row, fallen.column, fallen.code) for fallen in result.fallen] == [
        (5, "submitted_at", "OUTSIDE_WINDOW")
    ]


def test_what_is_at_a_moment_counts_until_then() -> None:
    item = next(iter(sample(assessment.rule_of(RULES), "S", ITEMS, Decimal(5))))
    returned = Verification("V1", item, Outcome.RETURNED, None, "why", "CITY", at("2021-02-05T10:00:00"))
    acts = Acts((SelfScore(item, Decimal(5), ("m",), at("2021-01-20T00:00:00")),), (returned,))

    def state(now: str, acts: Acts = acts) -> tuple[ItemState, Decimal]:
        stands = next(each for each in assess(RULES, "S", acts, now=at(now)).items if each.item == item)
        return stands.state, stands.verified

    assert state("2021-02-02T00:00:00", replace(acts, verifications=())) == (ItemState.TO_VERIFY, Decimal(5))
    assert state("2021-02-15T23:59:59") == (ItemState.RETURNED, Decimal(5))
    assert state("2021-02-16T00:00:00") == (ItemState.NOT_PURSUED, Decimal(0))
    assert state("2021-03-20T18:00:00.000001", replace(acts, verifications=())) == (ItemState.UNCHECKED, Decimal(5))


def test_whoever_does_not_take_part_is_refused_at_the_entry() -> None:
    result = assess(RULES, "S", Acts((SelfScore("team", Decimal(1), ("m",), 0, 7),)), takes_part=False)

    assert [(fallen.column, fallen.code) for fallen in result.fallen] == [("entry", "ENTRY_NOT_VALID")]
    assert result.items == ()


KNOWN = Known(RULES, {"S1", "S2"}, {"S1": {"M1", "M2"}})
SCORE = {
    "entry": "S1",
    "item": "team",
    "score": "9.5",
    "evidence": "M1; M2",
    "submitted_at": "2021-01-20T09:00:00",
}
VERIFIED = {
    "record": "V1",
    "entry": "S1",
    "item": "team",
    "outcome": "set",
    "score": "2",
    "reason": "why",
    "by": "CITY",
    "at": "2021-02-03T09:00:00",
}


def sheet(columns: tuple[str, ...], *rows: dict[str, str], cut: bool = False) -> Sheet:
    return Sheet("f.csv", columns, tuple(Row(number, row, whole=not cut) for number, row in enumerate(rows, 2)))


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        *(({name: ""}, name, "REQUIRED") for name in ("entry", "item", "score", "submitted_at")),
        ({"entry": "S9"}, "entry", "UNKNOWN_ENTRY"),
        ({"item": "honours"}, "item", "UNKNOWN_ITEM"),
        ({"score": "6.125"}, "score", "BAD_SCORE"),
        ({"score": "-1"}, "score", "BAD_SCORE"),
        ({"score": "15.01"}, "score", "SCORE_RANGE"),
        ({"submitted_at": "soon"}, "submitted_at", "BAD_TIME"),
        ({"evidence": "M1;M3"}, "evidence", "UNKNOWN_EVIDENCE"),
        ({"entry": "S2"}, "evidence", "UNKNOWN_EVIDENCE"),
        ({"evidence": "", "score": "0.01"}, "evidence", "EVIDENCE_MISSING"),
        ({"score": "x", "submitted_at": "x"}, "score", "BAD_SCORE"),
    ],
)
def test_a_self_score_falls_with_its_code_at_its_column(change: dict[str, str], column: str, code: str) -> None:
    accepted, rejected = assessment.check_self_scores(sheet(SCORE_COLUMNS, SCORE, {**SCORE, **change}), KNOWN)

    assert [(rejection.row, rejection.column, rejection.code) for rejection in rejected] == [(3, column, code)]
    assert [score.evidence for score in accepted["S1"]] == [("M1", "M2")]


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        *(({name: ""}, name, "REQUIRED") for name in ("record", "entry", "item", "outcome", "at")),
        ({"record": "a/b"}, "record", "BAD_ID"),
        ({"record": "V1"}, "record", "DUPLICATE_ID"),
        ({"entry": "S9"}, "entry", "UNKNOWN_ENTRY"),
        ({"item": "honours"}, "item", "UNKNOWN_ITEM"),
        ({"outcome": "maybe"}, "outcome", "BAD_VALUE"),
        ({"at": "2021-02-30T00:00:00"}, "at", "BAD_TIME"),
        ({"score": ""}, "score", "BAD_SCORE"),
        ({"score": "16"}, "score", "SCORE_RANGE"),
        ({"reason": ""}, "reason", "REASON_MISSING"),
        ({"outcome": "returned", "score": "", "reason": ""}, "reason", "REASON_MISSING"),
        ({"reason": "x" * 2001}, "reason", "TOO_LONG"),
    ],
)
def test_a_verification_falls_with_its_code_at_its_column(change: dict[str, str], column: str, code: str) -> None:
    rows = (VERIFIED, {**VERIFIED, "record": "V2", **change})
    accepted, rejected = assessment.check_verifications(sheet(VERIFICATION_COLUMNS, *rows), KNOWN)

    assert [(rejection.row, rejection.column, rejection.code) for rejection in rejected] == [(3, column, code)]
    assert [act.score for act in accepted["S1"]] == [Decimal(2)]


def test_a_row_of_another_shape_falls_at_its_first_column() -> None:
    for check, columns, row in (
        (assessment.check_self_scores, SCORE_COLUMNS, SCORE),
        (assessment.check_verifications, VERIFICATION_COLUMNS, VERIFIED),
    ):
        accepted, rejected = check(sheet(columns, row, cut=True), KNOWN)
        assert [(rejection.column, rejection.code) for rejection in rejected] == [(columns[0], "ROW_SHAPE")]
        assert not accepted


def test_a_record_of_a_row_that_fell_is_taken() -> None:
    """Keeps away: a second row of the same number that counts because the first one fell."""
    rows = (sheet(VERIFICATION_COLUMNS, {**VERIFIED, "entry": "S9"}, VERIFIED), KNOWN)

    assert [rejection.code for rejection in assessment.check_verifications(*rows)[1]] == [
        "UNKNOWN_ENTRY",
        "DUPLICATE_ID",
    ]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"rubric": "other"}, "self_assessment.rubric", "UNKNOWN_REFERENCE"),
        ({"component": "committee.review"}, "self_assessment.component", "UNKNOWN_REFERENCE"),
        ({"component": "final.verified"}, "self_assessment.component", "UNKNOWN_REFERENCE"),
        ({"component": "verified"}, "self_assessment.component", "BAD_VALUE"),
        ({"review": "committee.verified"}, "self_assessment.review", "UNKNOWN_REFERENCE"),
        ({"sample": {"share": "4/3", "seed": "s"}}, "self_assessment.sample.share", "BAD_VALUE"),
        ({"sample": {"share": "1/0", "seed": "s"}}, "self_assessment.sample.share", "BAD_VALUE"),
        ({"sample": {"share": "1/3"}}, "self_assessment.sample.seed", "REQUIRED"),
        ({"rounds": "-1"}, "self_assessment.rounds", "BAD_VALUE"),
        ({"surprise": "1"}, "self_assessment.surprise", "UNKNOWN_KEY"),
        (
            {"verification": {"opens": "2021-01-31T17:59:59", "closes": "2021-03-20T18:00:00"}},
            "self_assessment.verification.opens",
            "TOO_EARLY",
        ),
        (
            {"verification": {"opens": "2021-02-01T00:00:00", "closes": "2021-04-20T18:00:00"}},
            "rounds.committee.judging.closes",
            "TOO_EARLY",
        ),
    ],
)
def test_rules_of_a_self_assessment_that_do_not_fit_are_refused_at_their_place(
    change: dict[str, Any], path: str, code: str
) -> None:
    tree = read_yaml((FOLDER / "season.yaml").read_text(encoding="utf-8"))
    tree["self_assessment"] |= change

    with pytest.raises(SeasonRefused) as refused:
        parse_season(tree)

    assert [(fault.path, fault.code) for fault in refused.value.faults] == [(path, code)]


def test_items_are_out_of_a_hundred_together_at_most_and_their_test_out_of_a_hundred() -> None:
    tree = read_yaml((FOLDER / "season.yaml").read_text(encoding="utf-8"))
    tree["rubrics"]["year"][0]["max"] = "15.5"
    tree["rounds"][0]["scoring"]["YEAR"]["components"][0]["test"]["max"] = "90"

    with pytest.raises(SeasonRefused) as refused:
        parse_season(tree)

    assert [(fault.path, fault.code) for fault in refused.value.faults] == [
        ("self_assessment.rubric", "BAD_VALUE"),
        ("self_assessment.component", "BAD_VALUE"),
    ]
