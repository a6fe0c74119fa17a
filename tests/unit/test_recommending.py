"""Recommendation level by level: which act falls with which code, and ranks, places and terms against a plain model."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.recommending import (
    OPTIONAL,
    REQUIRED,
    Acted,
    Acts,
    Candidate,
    check_recommendations,
    is_recommended,
    position_of,
    standing_forwards,
)
from services.registration.domain.reviewing import units_above
from services.registration.domain.units import Unit
from shared.season.csv_rows import Row, Sheet
from shared.season.reading import load_season
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment
from tests.conftest import LOUDI
from tests.support.examples import examples

RULES = load_season((LOUDI / "season.yaml").read_text())
UNITS = {
    unit.unit: unit
    for number, (name, parent, level) in enumerate(
        (
            ("PROV", "", "province"),
            ("CITY", "PROV", "city"),
            ("K1", "CITY", "county"),
            ("K2", "CITY", "county"),
            ("K1A", "K1", "unit"),
            ("K2A", "K2", "unit"),
            ("SOC", "CITY", "unit"),
        )
    )
    for unit in (Unit(name, parent, level, name, "", "", number),)
}
FORWARD = {
    **dict.fromkeys(OPTIONAL, ""),
    "record": "R1",
    "entry": "A1",
    "level": "county",
    "unit": "K1",
    "action": "forward",
    "rank": "1",
    "at": "2018-09-26T09:00:00",
}
UP = {**FORWARD, "record": "R2", "level": "city", "unit": "CITY", "at": "2018-10-12T09:00:00"}
BACK = {**UP, "record": "R3", "action": "return", "rank": "", "opinion_zh": "请补充"}


def entries(count: int = 4, unit: str = "K1A") -> dict[str, Candidate]:
    return {f"A{number}": Candidate(f"A{number}", "SITE", unit, True) for number in range(1, count + 1)}


def checked(
    *rows: dict[str, str], of: dict[str, Candidate] | None = None, rules: SeasonRules = RULES, cut: bool = False
) -> tuple[dict[str, Acts], list[tuple[int, str, str]]]:
    listed = Sheet(
        "recommendations.csv", tuple(rows[0]), tuple(Row(n, row, whole=not cut) for n, row in enumerate(rows, 2))
    )
    assert rules.recommendation
    acts, rejected = check_recommendations(listed, rules, rules.recommendation, UNITS, entries() if of is None else of)
    return acts, [(fall.row, fall.column, fall.code) for fall in rejected]


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        *(({name: ""}, name, "REQUIRED") for name in REQUIRED),
        ({"record": "a/b"}, "record", "BAD_ID"),
        ({"entry": "Z9"}, "entry", "UNKNOWN_ENTRY"),
        ({"level": "unit"}, "level", "BAD_VALUE"),
        ({"unit": "K9"}, "unit", "UNKNOWN_UNIT"),
        ({"unit": "CITY"}, "unit", "UNIT_LEVEL"),
        ({"action": "approve"}, "action", "BAD_VALUE"),
        ({"at": "soon"}, "at", "BAD_TIME"),
        *(({"rank": rank}, "rank", "BAD_RANK") for rank in ("", "0", "10000", "1.5", "-1", "二")),
        ({"action": "reject", "opinion_zh": "不足"}, "rank", "BAD_RANK"),
        ({"action": "reject", "rank": ""}, "opinion_zh", "OPINION_MISSING"),
        ({"action": "return", "rank": ""}, "opinion_zh", "OPINION_MISSING"),
        ({"opinion_zh": "好" * 1001}, "opinion_zh", "TOO_LONG"),
        ({"opinion_en": "x" * 1001}, "opinion_en", "TOO_LONG"),
        ({"by": "x" * 81}, "by", "TOO_LONG"),
        ({"unit": "K2"}, "unit", "NOT_IN_CHAIN"),
        ({"level": "city", "unit": "CITY"}, "level", "WRONG_STEP"),
        ({"action": "return", "rank": "", "opinion_zh": "退"}, "level", "WRONG_STEP"),
        ({"at": "2018-09-24T23:59:59.999999"}, "at", "OUTSIDE_WINDOW"),
        ({"at": "2018-10-10T18:00:00.000001"}, "at", "OUTSIDE_WINDOW"),
    ],
)
def test_a_row_falls_with_its_code_at_its_column(change: dict[str, str], column: str, code: str) -> None:
    assert checked(FORWARD)[1] == []
    assert checked({**FORWARD, **change})[1] == [(2, column, code)]


def test_a_row_of_another_shape_falls_at_the_first_column() -> None:
    assert checked(FORWARD, cut=True)[1] == [(2, next(iter(FORWARD)), "ROW_SHAPE")]


def test_an_id_is_taken_by_any_earlier_row_that_had_its_required_cells() -> None:
    rows = ({**FORWARD, "unit": "K9"}, FORWARD)
    assert checked(*rows)[1] == [(2, "unit", "UNKNOWN_UNIT"), (3, "record", "DUPLICATE_ID")]


def test_whoever_does_not_take_part_is_not_recommended() -> None:
    of = {"A1": replace(entries()["A1"], takes_part=False)}
    assert checked(FORWARD, of=of)[1] == [(2, "entry", "ENTRY_NOT_VALID")]


def test_a_rank_is_taken_and_free_again_once_its_entry_was_returned() -> None:
    other = {**FORWARD, "record": "R4", "entry": "A2", "at": "2018-09-27T09:00:00"}
    assert checked(FORWARD, other)[1] == [(3, "rank", "RANK_TAKEN")]
    early = {**RULES.model_dump(mode="json", by_alias=True)}
    early["recommendation"]["windows"]["city"]["opens"] = "2018-09-25T00:00:00+08:00"
    rules = SeasonRules.model_validate(early)
    again = {**other, "at": "2018-10-01T09:00:00"}
    up, back = ({**row, "at": f"2018-09-2{day}T09:00:00"} for row, day in ((UP, 7), (BACK, 8)))
    assert checked(FORWARD, back, again, rules=rules)[1] == []
    assert checked(FORWARD, up, {**back, "level": "province", "unit": "PROV"}, again, rules=rules)[1] == [
        (4, "at", "OUTSIDE_WINDOW"),
        (5, "rank", "RANK_TAKEN"),
    ]


def test_a_quota_is_full_whatever_the_ranks_are() -> None:
    rows = [{**FORWARD, "record": f"R{n}", "entry": f"A{n}", "rank": str(n * 7)} for n in range(1, 5)]
    assert checked(*rows)[1] == [(5, "entry", "QUOTA_FULL")]
    below = [{**row, "unit": "K2"} for row in rows]
    assert [code for _, _, code in checked(*below, of=entries(unit="K2A"))[1]] == ["QUOTA_FULL"] * 2


def test_what_comes_again_may_be_acted_upon_until_the_end_of_its_working_days() -> None:
    """Returned on Friday 12 October, three working days: to the last microsecond of Wednesday."""
    back = {**BACK, "at": "2018-10-12T16:30:00"}
    again = {**FORWARD, "record": "R4", "at": "2018-10-17T23:59:59.999999"}
    assert checked(FORWARD, back, again)[1] == []
    late = {**again, "at": "2018-10-18T00:00:00"}
    assert checked(FORWARD, back, late)[1] == [(4, "at", "OUTSIDE_WINDOW")]
    other = {**again, "entry": "A2"}
    assert checked(FORWARD, back, other)[1] == [(4, "at", "OUTSIDE_WINDOW")], "it has no right to the term of another"


def test_a_unit_directly_below_the_city_begins_there() -> None:
    of = entries(1, "SOC")
    assert checked({**UP, "record": "R1"}, of=of)[1] == []
    assert checked(FORWARD, of=of)[1] == [(2, "unit", "NOT_IN_CHAIN")]
    assert RULES.recommendation
    assert position_of(RULES.recommendation, units_above(UNITS, "SOC"), ()).state == "at:city"


STEP = st.tuples(
    st.sampled_from(["A1", "A2", "A3", "A4", "A5"]),
    st.sampled_from(["county", "city", "province"]),
    st.sampled_from(["forward", "forward", "forward", "return", "reject"]),
    st.integers(1, 4),
)


def always_open() -> SeasonRules:
    rules = RULES.model_dump(mode="json", by_alias=True)
    for window in rules["recommendation"]["windows"].values():
        window |= {"opens": "2018-09-01T00:00:00Z", "closes": "2018-10-31T00:00:00Z"}
    return SeasonRules.model_validate(rules)


OPEN = always_open()
ACTING = {"county": "K1", "city": "CITY", "province": "PROV"}


def naive(steps: list[tuple[str, str, str, int]]) -> tuple[list[str], dict[str, Any]]:
    """The same told as in the rules, with nothing but lists: who holds which rank where, and who stands where."""
    levels, quota = ["county", "city", "province"], {"county": 3, "city": 3}
    at: dict[str, str] = defaultdict(lambda: "county")
    lists: dict[str, list[tuple[int, str]]] = defaultdict(list)
    codes = []
    for entry, level, act, rank in steps:
        held, where = lists[level], at[entry]
        if where != level or (act == "return" and level == "county"):
            codes.append("WRONG_STEP")
        elif act == "reject":
            at[entry] = f"rejected:{level}"
            codes.append("")
        elif act == "return":
            below = levels[levels.index(level) - 1]
            lists[below] = [pair for pair in lists[below] if pair[1] != entry]
            at[entry] = below
            codes.append("")
        elif any(taken == rank for taken, _ in held):
            codes.append("RANK_TAKEN")
        elif len(held) >= quota.get(level, 99):
            codes.append("QUOTA_FULL")
        else:
            held.append((rank, entry))
            at[entry] = [*levels, "recommended"][levels.index(level) + 1]
            codes.append("")
    return codes, {"lists": {level: sorted(held) for level, held in lists.items() if held}, "at": dict(at)}


@given(st.lists(STEP, max_size=40))
@examples(300)
def test_every_run_of_acts_ends_as_the_plain_model_says(steps: list[tuple[str, str, str, int]]) -> None:
    rows = [
        {
            **FORWARD,
            "record": f"R{number:03}",
            "entry": entry,
            "level": level,
            "unit": ACTING[level],
            "action": act,
            "rank": str(rank) if act == "forward" else "",
            "opinion_zh": "意见",
            "at": f"2018-09-20T{number // 60:02}:{number % 60:02}:00",
        }
        for number, (entry, level, act, rank) in enumerate(steps)
    ]
    codes, wanted = naive(steps)
    acts, rejected = checked(*rows, of=entries(5), rules=OPEN) if rows else ({}, [])
    by_row = {row: code for row, _, code in rejected}
    assert [by_row.get(number, "") for number in range(2, len(rows) + 2)] == codes

    recommendation = OPEN.recommendation
    assert recommendation
    lists: dict[str, list[tuple[int, str]]] = defaultdict(list)
    places: dict[str, list[int]] = defaultdict(list)
    for entry, done in acts.items():
        for acted in standing_forwards(done):
            lists[acted.level].append((acted.rank, entry))
            places[acted.level].append(acted.place)
        position = position_of(recommendation, units_above(UNITS, "K1A"), done)
        stands = wanted["at"][entry]
        assert position.state == (stands if stands.startswith(("rejected", "recommended")) else f"at:{stands}")
        assert is_recommended(recommendation, done) == (stands == "recommended")
        assert (position.forwarded, position.returned) == tuple(
            sum(acted.act == act for acted in done) for act in ("forward", "return")
        )
    assert {level: sorted(held) for level, held in lists.items()} == wanted["lists"]
    for level, held in places.items():
        limited = level in recommendation.quota
        assert len(set(held)) == len(held) if limited else set(held) == {0}
        assert not limited or set(held) <= set(range(1, 4)), "a place is one of those that there are"


def test_the_order_of_rows_does_not_matter_but_at_one_moment() -> None:
    rows = [{**FORWARD, "record": f"R{n}", "entry": f"A{n}", "at": f"2018-09-2{9 - n}T09:00:00"} for n in (1, 2)]
    assert checked(*rows)[1] == [(2, "rank", "RANK_TAKEN")]
    assert checked(*reversed(rows))[1] == [(3, "rank", "RANK_TAKEN")]
    together = [{**row, "at": "2018-09-26T09:00:00"} for row in rows]
    assert checked(*together)[1] == [(3, "rank", "RANK_TAKEN")]


def test_acts_that_a_file_does_not_name_stay() -> None:
    acts, _ = checked(FORWARD)
    of = {**entries(), "A1": replace(entries()["A1"], acts=acts["A1"])}
    after, rejected = checked({**UP, "rank": "5"}, of=of)
    assert rejected == []
    assert [acted.record for acted in after["A1"]] == ["R1", "R2"]
    assert checked(FORWARD, of=of)[0] == acts, "the same file again changes nothing"
    assert isinstance(acts["A1"][0], Acted)
    assert parse_moment("2018-09-26T09:00:00", RULES.zone) == acts["A1"][0].at
