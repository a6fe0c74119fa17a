"""Objections and appeals: when they are taken, what they must say, and what deciding them does."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.judging.application.evidence import MOST_BYTES, Attachment
from services.judging.application.objecting import (
    Filed,
    Filer,
    by_receipt,
    confirm_decision,
    decide,
    file,
    proposal_hash,
    receipt_of,
    takes_objections,
    window,
)
from services.judging.domain.facts import Outcome
from services.judging.domain.signatures import Signatory
from shared.errors import LaurelError, NotFound
from shared.season.time import to_unix_micros
from tests.support.fakes.judged_season import AFTER_FINAL, CHIEF, Judged, judged, who
from tests.support.refusals import invalid, refused
from tests.support.rules import at, two_rounds

NOTICE = two_rounds().window("results_notice")
OBJECTION = {"entry": "E1", "round": "heats", "ground": "plagiarism", "text": "seen before, in a book of 2019"}
APPEAL = {**OBJECTION, "component": "work", "ground": "score"}
SOMEBODY = Filer("Li Hua", "138 0000", "")
ENTRANT = Filer(account="a1")
PDF, PNG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n" + bytes(16)


async def on_notice() -> Judged:
    each_judged = await judged()
    await each_judged.announced()
    return each_judged


async def filed(
    judged: Judged,
    values: dict[str, str],
    filer: Filer = SOMEBODY,
    attachments: Sequence[Attachment] = (),
    kind: Any = "",
) -> Filed:
    kind = kind or ("appeal" if "component" in values else "objection")
    return await file(await judged.season(), kind, values, filer, judged.store, judged.objections, attachments)


async def test_an_objection_is_taken_in_with_its_term() -> None:
    judged = await on_notice()
    judged.clock.at = at("2025-04-21T10:00:00")

    stored_filed = await filed(
        judged, {**OBJECTION, "text": f"  {OBJECTION['text']} "}, attachments=[Attachment("n" * 200, PDF)]
    )

    assert stored_filed == Filed(
        stored_filed.id, judged.id, "objection", "E1", "heats", "", "plagiarism", OBJECTION["text"], SOMEBODY,
        judged.clock.at, at("2025-05-05T23:59:59.999999"), evidence=stored_filed.evidence,
    )  # fmt: skip
    assert [(len(evidence.name), evidence.media_type, evidence.size) for evidence in stored_filed.evidence] == [
        (100, "application/pdf", len(PDF))
    ]
    assert await judged.objections.find(judged.id, stored_filed.id) == stored_filed
    assert await judged.objections.evidence(judged.id, stored_filed.id, 1) == PDF


async def test_the_same_sent_again_is_the_one_that_is_there() -> None:
    """Keeps away: two objections of somebody whose first answer got lost, each with a term of its own."""
    judged = await on_notice()
    first = await filed(judged, OBJECTION, attachments=[Attachment("n", PDF)])
    judged.clock.at += 5

    assert await filed(judged, OBJECTION, attachments=[Attachment("n", PDF)]) == first
    others = [
        await filed(judged, OBJECTION),
        await filed(judged, OBJECTION, attachments=[Attachment("n", PNG)]),
        await filed(judged, OBJECTION | {"text": OBJECTION["text"] + "!"}, attachments=[Attachment("n", PDF)]),
        await filed(judged, OBJECTION, Filer("Wang Wu", "138 0001", ""), [Attachment("n", PDF)]),
    ]
    assert len({first.id, *(other.id for other in others)}) == 5


async def test_the_season_may_give_another_term() -> None:
    timeline = {
        "registration": {"opens": "2025-03-03T09:00:00", "closes": "2025-03-28T17:00:00"},
        "results_notice": {"opens": "2025-04-21T00:00:00", "closes": "2025-04-26T00:00:00"},
        "objections": {"decided_within_working_days": "1"},
    }
    each_judged = await judged(two_rounds(timeline=timeline))
    await each_judged.announced()
    each_judged.clock.at = at("2025-04-25T10:00:00")  # a Friday
    assert (await filed(each_judged, OBJECTION)).due_at == at("2025-04-28T23:59:59.999999")


@pytest.mark.parametrize(("when", "taken"), [
    (AFTER_FINAL, True),
    (to_unix_micros(NOTICE.closes), True),
    (to_unix_micros(NOTICE.closes) + 1, False),
])  # fmt: skip
async def test_objections_are_taken_from_the_notice_to_its_end(when: int, taken: bool) -> None:
    each_judged = await judged()
    with refused("objections-not-open"):
        await filed(each_judged, OBJECTION)
    assert not takes_objections(await each_judged.season(), when), "nothing is on notice"
    await each_judged.announced()
    each_judged.clock.at = when
    assert window(await each_judged.season()) == (AFTER_FINAL, to_unix_micros(NOTICE.closes))
    assert takes_objections(await each_judged.season(), when) is taken
    if taken:
        assert (await filed(each_judged, OBJECTION)).received_at == when
    else:
        with refused("objections-not-open"):
            await filed(each_judged, OBJECTION)


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
    judged = await on_notice()
    await judged.tell("E4", standing="withdrawn")
    with invalid("fields-invalid", *wrong):
        await filed(judged, values, filer, attachments)


async def test_what_is_just_enough_is_taken() -> None:
    judged = await on_notice()
    least = replace(SOMEBODY, name="Li", contact="12345")
    kept = [Attachment("a", PDF + bytes(MOST_BYTES - len(PDF))), Attachment("b", PNG), Attachment("c", PNG)]
    stored_filed = await filed(judged, {**OBJECTION, "text": "x" * 20}, least, kept)
    assert [evidence.media_type for evidence in stored_filed.evidence] == ["application/pdf", "image/png", "image/png"]
    assert (await filed(judged, APPEAL, ENTRANT)).component == "work"
    assert (await filed(judged, {**OBJECTION, "round": "unknown"})).round == "final", (
        "the last round, where none is named"
    )


async def decided(
    judged: Judged, filed: Filed, outcome: Outcome = Outcome.UPHELD, answer: str = "we looked again", **how: Any
) -> None:
    given: dict[str, Any] = {"scores": {}, "test_score": "", "by": CHIEF, **how}
    await decide(
        await judged.season(), filed.id, outcome, answer, store=judged.store, objections=judged.objections, **given
    )


async def test_an_upheld_objection_becomes_a_dated_decision() -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, OBJECTION)
    judged.clock.at += 7

    await decided(judged, stored_filed, answer="  we looked again ")

    assert judged.facts.actions.find(f"{judged.id}/objection-{stored_filed.id}") == {
        "type": "objection",
        "at": judged.clock.at,
        "entry": "E1",
        "round": "heats",
        "upheld": True,
        "reason": "we looked again",
        "by": "chief",
    }
    kept = await judged.objections.find(judged.id, stored_filed.id)
    assert kept
    assert (kept.outcome, kept.answer, kept.decided_at, kept.decided_by) == (
        "upheld",
        "we looked again",
        judged.clock.at,
        "chief",
    )
    with refused("objection-decided"):
        await decided(judged, stored_filed)


async def test_whoever_objects_reads_the_answer_by_their_receipt() -> None:
    """Keeps away: an answer that whoever asked never gets, and a receipt that is guessed from what was said."""
    judged = await on_notice()
    own, other = await filed(judged, OBJECTION), await filed(judged, {**OBJECTION, "entry": "E2"})
    receipt = await receipt_of(own, judged.objections)

    assert await by_receipt(judged.id, own.id, receipt, judged.objections) == own
    await decided(judged, own, Outcome.DISMISSED, "nothing in it")
    answered = await by_receipt(judged.id, own.id, receipt, judged.objections)
    assert (answered.outcome, answered.answer) == ("dismissed", "nothing in it")

    assert await receipt_of(answered, judged.objections) == receipt, "the link stays"
    assert await receipt_of(own, (await on_notice()).objections) != receipt, "another installation has other receipts"
    for name, secret in (
        (own.id, ""),
        (own.id, own.id),
        (own.id, receipt[:-1]),
        (own.id, await receipt_of(other, judged.objections)),
        (other.id, receipt),
        ("o9", receipt),
    ):
        with refused("no-such-objection", NotFound):
            await by_receipt(judged.id, name, secret, judged.objections)


async def test_what_is_dismissed_counts_nowhere() -> None:
    judged = await on_notice()
    await decided(judged, await filed(judged, APPEAL, ENTRANT), Outcome.DISMISSED)
    await decided(judged, await filed(judged, OBJECTION), Outcome.DISMISSED)
    decisions = await judged.facts.decisions(judged.id)
    assert decisions.appeals == ()
    assert [objection.upheld for objection in decisions.objections] == [False]


async def test_two_who_decide_at_once_leave_one_decision_that_is_told_as_it_counts() -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, OBJECTION)

    class Slow:
        """Somebody else decides between what the first writes for the results and what it writes for people."""

        asked = False

        async def find(self, season: str, name: str) -> Filed | None:
            return await judged.objections.find(season, name)

        async def decide(self, *given: Any) -> bool:
            if not self.asked:
                self.asked = True
                with refused("objection-decided"):
                    await decided(judged, stored_filed, Outcome.DISMISSED, "nothing in it")
            return await judged.objections.decide(*given)

    slow: Any = Slow()
    await decide(
        await judged.season(), stored_filed.id, Outcome.UPHELD, "we looked again", {}, "", CHIEF, judged.store, slow
    )

    await agree(judged, stored_filed, Outcome.UPHELD, "we looked again")


async def test_a_decision_that_stopped_half_way_is_told_as_it_counts() -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, OBJECTION)
    begun = {"type": "objection", "at": 5, "entry": "E1", "round": "heats", "upheld": True, "reason": "so", "by": "x"}
    await judged.facts.save_action(judged.id, f"objection-{stored_filed.id}", begun)
    with refused("objection-decided"):
        await decided(judged, stored_filed, Outcome.DISMISSED, "nothing in it")
    await agree(judged, stored_filed, Outcome.UPHELD, "so")


async def agree(judged: Judged, filed: Filed, outcome: Outcome, answer: str) -> None:
    """What counts for the results is what people are told."""
    kept = await judged.objections.find(judged.id, filed.id)
    assert kept
    assert (kept.outcome, kept.answer) == (outcome, answer)
    assert [objection.upheld for objection in (await judged.facts.decisions(judged.id)).objections] == [
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
    judged = await on_notice()
    stored_filed = await filed(judged, values)
    with invalid(code, *wrong):
        await decided(judged, stored_filed, **how)
    kept = await judged.objections.find(judged.id, stored_filed.id)
    assert kept == stored_filed
    assert judged.facts.actions.values() == []


async def confirmed(judged: Judged, filed: Filed, by: str = "second", preview: str = "") -> None:
    """Somebody else confirms what waits, as they see it."""
    waiting = await judged.objections.find(judged.id, filed.id)
    assert waiting
    shown = preview or proposal_hash(waiting)
    await confirm_decision(await judged.season(), filed.id, shown, who(by), judged.store, judged.objections)


async def test_new_scores_of_an_appeal_count_once_a_second_person_has_confirmed_them() -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, APPEAL, ENTRANT)
    with refused("proposed-otherwise"):
        await confirmed(judged, stored_filed)

    await decided(judged, stored_filed, scores=SCORES)

    assert judged.facts.actions.values() == [], "nothing counts yet"
    waiting = await judged.objections.find(judged.id, stored_filed.id)
    assert waiting
    assert (waiting.outcome, waiting.decided_by) == (Outcome.OPEN, "")
    assert (waiting.proposal["new"]["ballots"], waiting.proposal["who"]["login"]) == (
        {"J1": ["40", "40", "20"]},
        "chief",
    )
    with refused("second-person"):
        await confirmed(judged, stored_filed, "chief")
    late = Signatory("account-late", "late", by=CHIEF.account, since=judged.clock.at)
    with refused("second-unknown"):
        await confirm_decision(
            await judged.season(), stored_filed.id, proposal_hash(waiting), late, judged.store, judged.objections
        )
    await decided(judged, stored_filed, scores={"J1": {**SCORES["J1"], "theme": "39"}})
    with refused("proposed-otherwise"):
        await confirmed(judged, stored_filed, preview=proposal_hash(waiting))
    assert (await filed(judged, APPEAL, ENTRANT)).id == stored_filed.id, "the same sent again is the one that waits"
    judged.clock.at += 9
    await confirmed(judged, stored_filed)
    (action,) = judged.facts.actions.values()
    assert (action["ballots"], action["by"], action["at"]) == ({"J1": ["39", "40", "20"]}, "second", judged.clock.at)
    assert judged.audit.whats()[-3:] == ["appeal-proposed", "appeal-proposed", "appeal-decided"]
    assert judged.audit.lines[-1].facts["stated_by"] == CHIEF.account
    with refused("objection-decided"):
        await confirmed(judged, stored_filed)
    with refused("no-such-objection", NotFound):
        await confirm_decision(await judged.season(), "other", "x", who("x"), judged.store, judged.objections)


async def test_whoever_disagrees_with_new_scores_dismisses_the_appeal() -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, APPEAL, ENTRANT)
    await decided(judged, stored_filed, scores=SCORES)
    await decided(judged, stored_filed, Outcome.DISMISSED, "nothing in it", by=who("second"))
    assert [action["upheld"] for action in judged.facts.actions.values()] == [False]


@pytest.mark.parametrize(("rules", "mode"), [({"scores_by_one": "true"}, "live"), ({}, "records")])
async def test_one_person_is_enough_in_records_and_where_the_rules_say_so(rules: dict[str, str], mode: Any) -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, APPEAL, ENTRANT)
    season = replace(await judged.season(), rules=two_rounds(**rules), mode=mode)
    await decide(
        season, stored_filed.id, Outcome.UPHELD, "we looked", SCORES, "", CHIEF, judged.store, judged.objections
    )
    assert [action["upheld"] for action in judged.facts.actions.values()] == [True]


@pytest.mark.parametrize(("values", "how", "kept"), [
    (APPEAL, {"scores": SCORES}, {"component": "work", "ballots": {"J1": ["40", "40", "20"]}}),
    ({**APPEAL, "entry": "E5", "component": "quiz"}, {"test_score": " 50 "}, {"component": "quiz", "score": "50"}),
    (APPEAL, {"outcome": Outcome.DISMISSED}, {"component": "work"}),
])  # fmt: skip
async def test_an_upheld_appeal_states_the_new_scores(
    values: dict[str, str], how: dict[str, Any], kept: dict[str, Any]
) -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, values, ENTRANT)
    await decided(judged, stored_filed, **how)
    if "outcome" not in how:
        await confirmed(judged, stored_filed)
    action = dict(judged.facts.actions.find(f"{judged.id}/appeal-{stored_filed.id}") or {})
    assert {name: action[name] for name in action if name in ("component", "ballots", "score")} == kept


@pytest.mark.parametrize("stage", ["announcing", "finalizing", "revising"])
async def test_nothing_is_decided_while_results_are_stated(stage: str) -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, OBJECTION)
    season = await judged.season()
    await judged.seasons.advance(season, {"stage": stage}, [])
    with refused("results-final"):
        await decided(judged, stored_filed)


MISSING: list[tuple[str, type[LaurelError], str]] = [
    ("objection", NotFound, "no-such-objection"),
    ("entry", NotFound, "no-such-entry"),
]


@pytest.mark.parametrize(("what", "kind", "code"), MISSING)
async def test_what_is_not_there_is_not_decided(what: str, kind: type[LaurelError], code: str) -> None:
    judged = await on_notice()
    stored_filed = await filed(judged, OBJECTION)
    if what == "objection":
        stored_filed = replace(stored_filed, id="other")
    else:
        await judged.objections.add(replace(stored_filed, id="o9", entry="E99"))
        stored_filed = replace(stored_filed, id="o9")
    with refused(code, kind):
        await decided(judged, stored_filed)
