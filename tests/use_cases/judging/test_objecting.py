"""Objections and appeals: when they are taken, what they must say, and what deciding them does."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.judging.application.evidence import MOST_BYTES, Attachment
from services.judging.application.objecting import Filed, Filer, decide, file, takes_objections, window
from services.judging.domain.facts import Outcome
from shared.errors import LaurelError, NotFound
from shared.season.time import to_unix_micros
from tests.support.fakes.judged_season import AFTER_FINAL, CHIEF, Judged, judged
from tests.support.refusals import invalid, refused
from tests.support.rules import at, two_rounds

NOTICE = two_rounds().window("results_notice")
OBJECTION = {"entry": "E1", "round": "heats", "ground": "plagiarism", "text": "seen before, in a book of 2019"}
APPEAL = {**OBJECTION, "component": "work", "ground": "score"}
SOMEBODY = Filer("Li Hua", "138 0000", "")
ENTRANT = Filer(account="a1")
PDF, PNG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n" + bytes(16)


async def on_notice() -> Judged:
    one = await judged()
    await one.announced()
    return one


async def filed(
    one: Judged, values: dict[str, str], filer: Filer = SOMEBODY, attachments: Sequence[Attachment] = (), kind: Any = ""
) -> Filed:
    kind = kind or ("appeal" if "component" in values else "objection")
    return await file(await one.season(), kind, values, filer, one.store, one.objections, attachments)


async def test_an_objection_is_taken_in_with_its_term() -> None:
    one = await on_notice()
    one.clock.at = at("2025-04-21T10:00:00")

    found = await filed(one, {**OBJECTION, "text": f"  {OBJECTION['text']} "}, attachments=[Attachment("n" * 200, PDF)])

    assert found == Filed(
        found.id, one.id, "objection", "E1", "heats", "", "plagiarism", OBJECTION["text"], SOMEBODY,
        one.clock.at, at("2025-05-05T23:59:59.999999"), evidence=found.evidence,
    )  # fmt: skip
    assert [(len(one.name), one.media_type, one.size) for one in found.evidence] == [(100, "application/pdf", len(PDF))]
    assert await one.objections.find(one.id, found.id) == found
    assert await one.objections.evidence(one.id, found.id, 1) == PDF


async def test_the_season_may_give_another_term() -> None:
    timeline = {
        "registration": {"opens": "2025-03-03T09:00:00", "closes": "2025-03-28T17:00:00"},
        "results_notice": {"opens": "2025-04-21T00:00:00", "closes": "2025-04-26T00:00:00"},
        "objections": {"decided_within_working_days": "1"},
    }
    one = await judged(two_rounds(timeline=timeline))
    await one.announced()
    one.clock.at = at("2025-04-25T10:00:00")  # a Friday
    assert (await filed(one, OBJECTION)).due_at == at("2025-04-28T23:59:59.999999")


@pytest.mark.parametrize(("when", "taken"), [
    (AFTER_FINAL, True),
    (to_unix_micros(NOTICE.closes), True),
    (to_unix_micros(NOTICE.closes) + 1, False),
])  # fmt: skip
async def test_objections_are_taken_from_the_notice_to_its_end(when: int, taken: bool) -> None:
    one = await judged()
    with refused("objections-not-open"):
        await filed(one, OBJECTION)
    assert not takes_objections(await one.season(), when), "nothing is on notice"
    await one.announced()
    one.clock.at = when
    assert window(await one.season()) == (AFTER_FINAL, to_unix_micros(NOTICE.closes))
    assert takes_objections(await one.season(), when) is taken
    if taken:
        assert (await filed(one, OBJECTION)).received_at == when
    else:
        with refused("objections-not-open"):
            await filed(one, OBJECTION)


async def test_before_the_notice_its_planned_beginning_counts() -> None:
    assert window(await (await judged()).season()) == (to_unix_micros(NOTICE.opens), to_unix_micros(NOTICE.closes))


WRONG: list[tuple[dict[str, str], Filer, Sequence[Attachment], list[tuple[str, str]]]] = [
    ({**OBJECTION, "entry": "E99"}, SOMEBODY, (), [("entry", "objection-entry")]),
    ({**OBJECTION, "entry": "E4"}, SOMEBODY, (), [("entry", "objection-entry")]),
    ({**OBJECTION, "ground": "envy"}, SOMEBODY, (), [("ground", "objection-ground")]),
    ({**OBJECTION, "text": " " * 20 + "x" * 19}, SOMEBODY, (), [("text", "objection-text")]),
    (OBJECTION, replace(SOMEBODY, name=" L "), (), [("name", "objection-name")]),
    (OBJECTION, replace(SOMEBODY, contact="1234 "), (), [("contact", "objection-contact")]),
    ({}, Filer(), (), [(field, f"objection-{field}") for field in ("entry", "ground", "text", "name", "contact")]),
    ({**APPEAL, "component": "quiz"}, ENTRANT, (), [("component", "objection-component")]),
    (OBJECTION, SOMEBODY, [Attachment("a", PDF)] * 4, [("evidence", "evidence-many")]),
    (OBJECTION, SOMEBODY, [Attachment("a", b"MZ")], [("evidence", "evidence-kind")]),
    (OBJECTION, SOMEBODY, [Attachment("a", PDF + bytes(MOST_BYTES))], [("evidence", "evidence-large")]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "filer", "attachments", "wrong"), WRONG)
async def test_every_field_is_named_that_has_to_change(
    values: dict[str, str], filer: Filer, attachments: Sequence[Attachment], wrong: list[tuple[str, str]]
) -> None:
    one = await on_notice()
    await one.tell("E4", standing="withdrawn")
    with invalid("fields-invalid", *wrong):
        await filed(one, values, filer, attachments)


async def test_what_is_just_enough_is_taken() -> None:
    one = await on_notice()
    least = replace(SOMEBODY, name="Li", contact="12345")
    kept = [Attachment("a", PDF + bytes(MOST_BYTES - len(PDF))), Attachment("b", PNG), Attachment("c", PNG)]
    found = await filed(one, {**OBJECTION, "text": "x" * 20}, least, kept)
    assert [one.media_type for one in found.evidence] == ["application/pdf", "image/png", "image/png"]
    assert (await filed(one, APPEAL, ENTRANT)).component == "work"
    assert (await filed(one, {**OBJECTION, "round": "unknown"})).round == "final", "the last round, where none is named"


async def decided(
    one: Judged, found: Filed, outcome: Outcome = Outcome.UPHELD, answer: str = "we looked again", **how: Any
) -> None:
    given: dict[str, Any] = {"scores": {}, "test_score": "", "by": CHIEF, **how}
    await decide(await one.season(), found.id, outcome, answer, store=one.store, objections=one.objections, **given)


async def test_an_upheld_objection_becomes_a_dated_decision() -> None:
    one = await on_notice()
    found = await filed(one, OBJECTION)
    one.clock.at += 7

    await decided(one, found, answer="  we looked again ")

    assert one.facts.actions.find(f"{one.id}/objection-{found.id}") == {
        "type": "objection",
        "at": one.clock.at,
        "entry": "E1",
        "round": "heats",
        "upheld": True,
        "reason": "we looked again",
        "by": "chief",
    }
    kept = await one.objections.find(one.id, found.id)
    assert kept
    assert (kept.outcome, kept.answer, kept.decided_at, kept.decided_by) == (
        "upheld",
        "we looked again",
        one.clock.at,
        "chief",
    )
    with refused("objection-decided"):
        await decided(one, found)


async def test_what_is_dismissed_counts_nowhere() -> None:
    one = await on_notice()
    await decided(one, await filed(one, APPEAL, ENTRANT), Outcome.DISMISSED)
    await decided(one, await filed(one, OBJECTION), Outcome.DISMISSED)
    decisions = await one.facts.decisions(one.id)
    assert decisions.appeals == ()
    assert [found.upheld for found in decisions.objections] == [False]


async def test_two_who_decide_at_once_leave_one_decision_that_is_told_as_it_counts() -> None:
    one = await on_notice()
    found = await filed(one, OBJECTION)

    class Slow:
        """Somebody else decides between what the first writes for the results and what it writes for people."""

        asked = False

        async def find(self, season: str, name: str) -> Filed | None:
            return await one.objections.find(season, name)

        async def decide(self, *given: Any) -> bool:
            if not self.asked:
                self.asked = True
                with refused("objection-decided"):
                    await decided(one, found, Outcome.DISMISSED, "nothing in it")
            return await one.objections.decide(*given)

    slow: Any = Slow()
    await decide(await one.season(), found.id, Outcome.UPHELD, "we looked again", {}, "", CHIEF, one.store, slow)

    await agree(one, found, Outcome.UPHELD, "we looked again")


async def test_a_decision_that_stopped_half_way_is_told_as_it_counts() -> None:
    one = await on_notice()
    found = await filed(one, OBJECTION)
    begun = {"type": "objection", "at": 5, "entry": "E1", "round": "heats", "upheld": True, "reason": "so", "by": "x"}
    await one.facts.save_action(one.id, f"objection-{found.id}", begun)
    with refused("objection-decided"):
        await decided(one, found, Outcome.DISMISSED, "nothing in it")
    await agree(one, found, Outcome.UPHELD, "so")


async def agree(one: Judged, found: Filed, outcome: Outcome, answer: str) -> None:
    """What counts for the results is what people are told."""
    kept = await one.objections.find(one.id, found.id)
    assert kept
    assert (kept.outcome, kept.answer) == (outcome, answer)
    assert [objection.upheld for objection in (await one.facts.decisions(one.id)).objections] == [
        outcome == Outcome.UPHELD
    ]


SCORES = {"J1": {"theme": "40", "originality": "40", "process": "20"}}
DECIDING: list[tuple[dict[str, str], dict[str, Any], str, list[tuple[str, str]]]] = [
    (OBJECTION, {"outcome": "perhaps"}, "fields-invalid", [("outcome", "objection-outcome")]),
    (OBJECTION, {"answer": " no "}, "fields-invalid", [("answer", "objection-answer")]),
    (APPEAL, {}, "fields-invalid", [("scores", "objection-scores")]),
    (APPEAL, {"scores": {"J1": {"theme": " "}}}, "fields-invalid", [("scores", "objection-scores")]),
    (APPEAL, {"scores": {"J99": SCORES["J1"]}}, "fields-invalid", [("scores", "objection-scores")]),
    (APPEAL, {"scores": {"J1": {"theme": "1", "originality": "1"}}}, "scores-invalid", [("process", "score-missing")]),
    (APPEAL, {"scores": {"J1": {**SCORES["J1"], "theme": "40.01"}}}, "scores-invalid", [("theme", "score-range")]),
    ({**APPEAL, "entry": "E5", "component": "quiz"}, {"test_score": "50.01"}, "fields-invalid", [("score", "score-range")]),
    ({**APPEAL, "entry": "E5", "component": "quiz"}, {"test_score": "x"}, "fields-invalid", [("score", "score-range")]),
    ({**APPEAL, "entry": "E6", "component": "flights"}, {"scores": SCORES}, "fields-invalid", [("scores", "objection-scores")]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "how", "code", "wrong"), DECIDING)
async def test_a_decision_that_will_not_do_leaves_it_open(
    values: dict[str, str], how: dict[str, Any], code: str, wrong: list[tuple[str, str]]
) -> None:
    one = await on_notice()
    found = await filed(one, values)
    with invalid(code, *wrong):
        await decided(one, found, **how)
    kept = await one.objections.find(one.id, found.id)
    assert kept == found
    assert one.facts.actions.values() == []


@pytest.mark.parametrize(("values", "how", "kept"), [
    (APPEAL, {"scores": SCORES}, {"component": "work", "ballots": {"J1": ["40", "40", "20"]}}),
    ({**APPEAL, "entry": "E5", "component": "quiz"}, {"test_score": " 50 "}, {"component": "quiz", "score": "50"}),
    (APPEAL, {"outcome": Outcome.DISMISSED}, {"component": "work"}),
])  # fmt: skip
async def test_an_upheld_appeal_states_the_new_scores(
    values: dict[str, str], how: dict[str, Any], kept: dict[str, Any]
) -> None:
    one = await on_notice()
    found = await filed(one, values, ENTRANT)
    await decided(one, found, **how)
    action = dict(one.facts.actions.find(f"{one.id}/appeal-{found.id}") or {})
    assert {name: action[name] for name in action if name in ("component", "ballots", "score")} == kept


@pytest.mark.parametrize("stage", ["announcing", "finalizing", "revising"])
async def test_nothing_is_decided_while_results_are_stated(stage: str) -> None:
    one = await on_notice()
    found = await filed(one, OBJECTION)
    season = await one.season()
    await one.seasons.advance(season, {"stage": stage}, [])
    with refused("results-final"):
        await decided(one, found)


MISSING: list[tuple[str, type[LaurelError], str]] = [
    ("objection", NotFound, "no-such-objection"),
    ("entry", NotFound, "no-such-entry"),
]


@pytest.mark.parametrize(("what", "kind", "code"), MISSING)
async def test_what_is_not_there_is_not_decided(what: str, kind: type[LaurelError], code: str) -> None:
    one = await on_notice()
    found = await filed(one, OBJECTION)
    if what == "objection":
        found = replace(found, id="other")
    else:
        await one.objections.add(replace(found, id="o9", entry="E99"))
        found = replace(found, id="o9")
    with refused(code, kind):
        await decided(one, found)
