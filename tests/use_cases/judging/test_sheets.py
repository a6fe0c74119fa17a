"""Files and dated decisions of a season kept in records, and objective scores that a second person confirms."""

from typing import Any

import pytest

from services.judging.application.entered import confirm, enter
from services.judging.application.rounds import close_round
from services.judging.application.sheets import apply_action, import_judges, import_scores
from services.judging.domain.facts import Judge, JudgeRole
from shared.errors import Invalid, InvalidState, LaurelError, NotFound
from shared.season.csv_rows import UnreadableSheet
from shared.season.time import to_unix_micros
from tests.support.fakes.judged_season import AFTER_HEATS, CHIEF, DURING, Judged, judged, who
from tests.support.refusals import refused
from tests.support.rules import at, two_rounds

JUDGE_FILE = "judge,name_zh,name_en,employer,tracks,conflicts,role,languages\nJ7,甲,,U,A;B,P01,scoring,zh\n"
BALLOTS = """round,component,entry,judge,status,submitted_at,c1,c2,c3,c4,c5
heats,work,E1,J1,submitted,2025-04-08T10:00:00,40,40,10,,
heats,work,E2,J1,submitted,2025-04-08T10:00:00,40.5,40,10,,
final,work,E1,J1,submitted,2025-04-15T10:00:00,40,40,10,,
"""
RUNS = "round,component,entry,run,points,time_s,penalties,mass_g\nheats,flights,E6,1,60,30,,\n"
TESTS = "round,component,entry,score\nheats,quiz,E5,40\n"


async def on_paper() -> Judged:
    return await judged(mode="records")


async def test_judges_of_a_file_are_kept_and_the_same_file_changes_nothing() -> None:
    judged = await on_paper()
    again = JUDGE_FILE + "J8,乙,,U,Z,,scoring,\n"

    report = await import_judges(await judged.season(), again.encode(), judged.store)

    assert (report.file, report.accepted, report.changed) == ("judges.csv", 1, 1)
    assert [(fell.row, fell.column, fell.code) for fell in report.rejected] == [(3, "tracks", "UNKNOWN_TRACK")]
    assert (await import_judges(await judged.season(), JUDGE_FILE.encode(), judged.store)).changed == 0
    assert await judged.facts.judge(judged.id, "J7") == Judge(
        "J7", "U", ("A", "B"), ("P01",), JudgeRole.SCORING, (), ("zh",)
    )
    with refused("file-unreadable", UnreadableSheet):
        await import_judges(await judged.season(), b"judge\n", judged.store)


async def test_scores_of_a_round_are_taken_in_row_by_row() -> None:
    judged = await on_paper()
    season = await judged.season()

    reports = [
        await import_scores(season, "ballots", "heats", BALLOTS.encode(), judged.store),
        await import_scores(season, "runs", "heats", RUNS.encode(), judged.store),
        await import_scores(season, "tests", "heats", TESTS.encode(), judged.store),
    ]

    assert [(report.file, report.accepted, report.changed) for report in reports] == [
        ("ballots.csv", 1, 1),
        ("runs.csv", 1, 1),
        ("tests.csv", 1, 1),
    ]
    assert [(fell.row, fell.column, fell.code) for fell in reports[0].rejected] == [(3, "c1", "SCORE_RANGE")]
    assert (await import_scores(season, "ballots", "heats", BALLOTS.encode(), judged.store)).changed == 0
    assert await judged.scores.count(judged.id, "heats") == 1


async def test_rounds_take_scores_in_their_order() -> None:
    judged = await on_paper()
    season = await judged.season()
    with refused("round-before-open"):
        await import_scores(season, "ballots", "final", BALLOTS.encode(), judged.store)
    with refused("no-such-round", NotFound):
        await import_scores(season, "ballots", "semis", BALLOTS.encode(), judged.store)


@pytest.mark.parametrize(("kind", "content", "more"), [
    ("ballots", BALLOTS, "heats,work,E3,J1,submitted,2025-04-08T10:00:00,40,40,10,,\n"),
    ("runs", RUNS, "heats,flights,E6,2,60,30,,\n"),
    ("tests", TESTS, "heats,quiz,E9,1\n"),
])  # fmt: skip
async def test_a_closed_round_takes_what_it_had_and_nothing_new(kind: Any, content: str, more: str) -> None:
    judged = await on_paper()
    await judged.tell("E9", "B")
    await import_scores(await judged.season(), kind, "heats", content.encode(), judged.store)
    await close_round(await judged.season(), "heats", AFTER_HEATS, "", CHIEF, judged.store)
    season = await judged.season()
    assert (await import_scores(season, kind, "heats", content.encode(), judged.store)).changed == 0
    with refused("round-closed"):
        await import_scores(season, kind, "heats", (content + more).encode(), judged.store)


WHEN = {"at": "2025-05-01T08:00:00", "reason": "as minuted"}
KEPT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "objection", "entry": "E1", "round": "heats", "outcome": "upheld"},
        {"entry": "E1", "round": "heats", "upheld": True},
    ),
    (
        {"type": "objection", "entry": "E1", "round": "heats", "outcome": "dismissed"},
        {"entry": "E1", "round": "heats", "upheld": False},
    ),
    (
        {"type": "appeal", "entry": "E1", "round": "heats", "component": "work", "outcome": "dismissed"},
        {"entry": "E1", "round": "heats", "component": "work", "upheld": False},
    ),
    (
        {"type": "appeal", "entry": "E5", "round": "heats", "component": "quiz", "outcome": "upheld", "score": 50},
        {"entry": "E5", "round": "heats", "component": "quiz", "upheld": True, "score": "50"},
    ),
    (
        {"type": "appeal", "entry": "E1", "round": "heats", "component": "work", "outcome": "upheld"}
        | {"ballots": [{"judge": "J1", "scores": [40, 39.5, "20"]}]},
        {"entry": "E1", "round": "heats", "component": "work", "upheld": True, "ballots": {"J1": ["40", "39.5", "20"]}},
    ),
    ({"type": "revocation", "entry": "E1", "rounds": ["heats"]}, {"entry": "E1", "rounds": ["heats"]}),
    ({"type": "judge_employer", "judge": "J1", "employer": "P01"}, {"judge": "J1", "employer": "P01"}),
]


@pytest.mark.parametrize(("action", "kept"), KEPT)
async def test_a_dated_decision_is_kept_once(action: dict[str, Any], kept: dict[str, Any]) -> None:
    judged = await on_paper()
    assert await apply_action(await judged.season(), "a1", {**action, **WHEN}, judged.store)
    assert not await apply_action(await judged.season(), "a1", {**action, **WHEN}, judged.store)
    expected = {**kept, "type": action["type"], "at": at("2025-05-01T08:00:00"), "reason": "as minuted"}
    assert judged.facts.actions.find(f"{judged.id}/a1") == expected


def appealing(**changes: Any) -> dict[str, Any]:
    base = {"type": "appeal", "entry": "E1", "round": "heats", "component": "work", "outcome": "upheld"}
    return {**base, "ballots": [{"judge": "J1", "scores": [40, 40, 20]}], **changes}


TEST = {"entry": "E5", "component": "quiz"}
WRONG: list[tuple[dict[str, Any], type[LaurelError], str, str]] = [
    ({"type": "extension"}, InvalidState, "action-unsupported", ""),
    ({**appealing(), "at": "soon"}, Invalid, "action-field", "at"),
    (appealing(entry="E9"), NotFound, "no-such-entry", ""),
    (appealing(entry="E4"), NotFound, "no-such-entry", ""),
    (appealing(round="semis"), NotFound, "no-such-round", ""),
    (appealing(outcome="perhaps"), Invalid, "action-field", "outcome"),
    (appealing(component="quiz"), Invalid, "action-field", "component"),
    (appealing(ballots=[]), Invalid, "action-field", "ballots"),
    (appealing(ballots={}), Invalid, "action-field", "ballots"),
    (appealing(ballots=["J1"]), Invalid, "action-field", "ballots"),
    (appealing(ballots=[{"judge": "J9", "scores": [1, 1, 1]}]), Invalid, "action-field", "ballots"),
    (appealing(ballots=[{"judge": "J1", "scores": [1, 1]}]), Invalid, "action-field", "ballots"),
    (appealing(ballots=[{"judge": "J1", "scores": "111"}]), Invalid, "action-field", "ballots"),
    (appealing(ballots=[{"judge": "J1", "scores": [41, 1, 1]}]), Invalid, "scores-invalid", ""),
    (appealing(ballots=[{"judge": "J1", "scores": [40.001, 1, 1]}]), Invalid, "scores-invalid", ""),
    (appealing(entry="E6", component="flights"), Invalid, "action-field", "ballots"),
    (appealing(**TEST, score="50.01"), Invalid, "action-field", "score"),
    (appealing(**TEST, score="-1"), Invalid, "action-field", "score"),
    (appealing(**TEST), Invalid, "action-field", "score"),
    ({"type": "objection", "entry": "E1", "round": "heats"}, Invalid, "action-field", "outcome"),
    ({"type": "revocation", "entry": "E1"}, Invalid, "action-field", "rounds"),
    ({"type": "revocation", "entry": "E1", "rounds": []}, Invalid, "action-field", "rounds"),
    ({"type": "revocation", "entry": "E1", "rounds": ["semis"]}, NotFound, "no-such-round", ""),
    ({"type": "judge_employer", "judge": "J9"}, NotFound, "no-such-judge", ""),
]


@pytest.mark.parametrize(("action", "kind", "code", "field"), WRONG)
async def test_a_decision_that_will_not_do_is_refused_by_its_field(
    action: dict[str, Any], kind: type[LaurelError], code: str, field: str
) -> None:
    judged = await on_paper()
    await judged.tell("E4", standing="withdrawn")
    values = {"field": field} if field else {}
    with refused(code, kind, **values):
        await apply_action(await judged.season(), "a1", {**WHEN, **action}, judged.store)
    assert judged.facts.actions.values() == []


@pytest.mark.parametrize(("stage", "taken"), [
    ("open", True), ("closed", True), ("announcing", False), ("announced", True), ("finalizing", False),
    ("final", True), ("revising", False),
])  # fmt: skip
async def test_nothing_is_decided_while_results_are_stated(stage: str, taken: bool) -> None:
    judged = await on_paper()
    await judged.seasons.advance(await judged.season(), {"stage": stage}, [])
    action = {**WHEN, "type": "revocation", "entry": "E1", "rounds": ["heats"]}
    if taken:
        assert await apply_action(await judged.season(), "a1", action, judged.store)
    else:
        with refused("results-final"):
            await apply_action(await judged.season(), "a1", action, judged.store)


OPENS = to_unix_micros(two_rounds().rounds[0].judging.opens)
CLOSES = to_unix_micros(two_rounds().rounds[0].judging.closes)


@pytest.mark.parametrize(("round_id", "when", "taken"), [
    ("heats", OPENS - 1, False), ("heats", OPENS, True), ("heats", CLOSES, True), ("heats", CLOSES + 1, False),
    ("final", DURING, False),
])  # fmt: skip
async def test_sheets_are_entered_while_their_round_is_judged(round_id: str, when: int, taken: bool) -> None:
    each_judged = await judged(two_rounds(scores_by_one="true"), now=when)
    ask = enter(
        await each_judged.season(),
        round_id,
        "tests",
        TESTS.encode(),
        who("anna"),
        each_judged.store,
        each_judged.sheets,
    )
    if taken:
        entered, rejected = await ask
        assert (entered.entered_by, entered.entered_at, rejected) == ("anna", when, [])
        assert len(await each_judged.scores.tests(each_judged.id)) == 1, "one person is enough in this season"
        kept = await each_judged.sheets.find(each_judged.id, entered.id)
        assert kept
        assert (kept.confirmed_by, kept.confirmed_at) == ("", when)
    else:
        with refused("judging-not-open"):
            await ask
    if round_id == "heats":
        with refused("no-such-round", NotFound):
            await enter(
                await each_judged.season(), "semis", "tests", b"", who("anna"), each_judged.store, each_judged.sheets
            )


@pytest.mark.parametrize(("kind", "content"), [("runs", RUNS), ("tests", TESTS)])
async def test_a_second_person_lets_scores_count_that_somebody_entered(kind: Any, content: str) -> None:
    each_judged = await judged()
    wrong = content + content.splitlines()[1].replace("heats", "final", 1) + "\nheats,x,E1,1\n"
    entered, rejected = await enter(
        await each_judged.season(), "heats", kind, wrong.encode(), who("anna"), each_judged.store, each_judged.sheets
    )
    assert [fell.code for fell in rejected] == ["UNKNOWN_COMPONENT"] if kind == "tests" else ["ROW_SHAPE"]

    async def counted() -> int:
        return len(await each_judged.scores.runs(each_judged.id)) + len(await each_judged.scores.tests(each_judged.id))

    assert await counted() == 0
    season = await each_judged.season()
    with refused("no-such-sheet", NotFound):
        await confirm(season, "other", who("ben"), each_judged.store, each_judged.sheets)
    with refused("second-person"):
        await confirm(season, entered.id, who("anna"), each_judged.store, each_judged.sheets)
    assert await counted() == 0
    each_judged.clock.at += 5
    await confirm(season, entered.id, who("ben"), each_judged.store, each_judged.sheets)
    assert await counted() == 1
    kept = await each_judged.sheets.find(each_judged.id, entered.id)
    assert kept
    assert (kept.confirmed_by, kept.confirmed_at) == ("ben", DURING + 5)
    with refused("sheet-confirmed"):
        await confirm(season, entered.id, who("carl"), each_judged.store, each_judged.sheets)


async def test_what_waits_for_confirmation_when_its_round_closes_does_not_count() -> None:
    each_judged = await judged()
    entered, _ = await enter(
        await each_judged.season(), "heats", "tests", TESTS.encode(), who("anna"), each_judged.store, each_judged.sheets
    )
    await each_judged.close()
    with refused("round-closed"):
        await confirm(await each_judged.season(), entered.id, who("ben"), each_judged.store, each_judged.sheets)
    assert await each_judged.scores.tests(each_judged.id) == []


@pytest.mark.parametrize(
    ("rules", "counted"), [({}, 1), ({"scores_by_one": "true"}, 1), ({"second_person": "true"}, 0)]
)
async def test_an_automatic_judge_waits_for_nobody_unless_the_rules_ask_for_it(
    rules: dict[str, str], counted: int
) -> None:
    each_judged = await judged(two_rounds(**rules))
    season, content = await each_judged.season(), TESTS.encode()
    await enter(season, "heats", "tests", content, who("auto"), each_judged.store, each_judged.sheets, automatic=True)
    assert len(await each_judged.scores.tests(each_judged.id)) == counted
