"""From provisional to final results and from revision to revision: order, time, signatures, numbers, events."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from services.judging.application.explaining import Explanations
from services.judging.application.finalizing import (
    announce,
    announce_part,
    complete_unfinished,
    export,
    finalize,
    propose_revision,
    revise,
    sign,
    verify,
)
from services.judging.application.gathering import load_facts
from services.judging.application.objecting import Filer, confirm_decision, decide, file, proposal_hash
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.rounds import close_round
from services.judging.application.sheets import apply_action
from services.judging.domain.arithmetic import RoundArithmetic
from services.judging.domain.facts import Outcome
from services.judging.domain.inputs import inputs_hash
from services.judging.domain.signatures import Signatory
from shared.errors import InvalidState, LaurelError, NotFound, Unavailable
from shared.events.judging import (
    AwardChangedV1,
    AwardGrantedV1,
    AwardRevokedV1,
    ResultsAnnouncedV1,
    ResultsFinalizedV1,
)
from shared.season.rules import SeasonRules, SpecialAward
from shared.season.text import Text
from shared.season.time import to_unix_micros
from shared.states import ResultStage
from tests.support.fakes.judged_season import AFTER_FINAL, AFTER_HEATS, AFTER_NOTICE, CHIEF, Judged, judged, who
from tests.support.refusals import refused
from tests.support.rules import season_rules, two_rounds

NOTICE_CLOSES = to_unix_micros(two_rounds().window("results_notice").closes)


def tiers(event: ResultsAnnouncedV1 | ResultsFinalizedV1 | AwardGrantedV1 | AwardRevokedV1 | AwardChangedV1) -> Any:
    return [(entry.entry, entry.tier, entry.status) for entry in event.entries]


def with_signatures() -> SeasonRules:
    return two_rounds(sign_off="2")


async def test_results_go_on_notice_when_every_round_is_closed() -> None:
    each_judged = await judged()
    with refused("round-open"):
        await announce(await each_judged.season(), None, CHIEF, each_judged.store)
    await each_judged.heats()
    await each_judged.close()
    with refused("round-open"):
        await announce(await each_judged.season(), None, CHIEF, each_judged.store)
    await each_judged.close("final", AFTER_FINAL)
    each_judged.told.forget()

    await announce(await each_judged.season(), None, CHIEF, each_judged.store)

    season = await each_judged.season()
    assert (season.stage, season.announced_at, season.revision) == ("announced", AFTER_FINAL, 1)
    (told,) = each_judged.told.of(ResultsAnnouncedV1)
    assert (told.revision, told.announced_at, told.notice, told.chunk, told.chunks) == (1, AFTER_FINAL, "results", 1, 1)
    assert tiers(told) == [
        ("E1", "first", "awarded"),
        ("E2", "second", "awarded"),
        ("E5", "first", "awarded"),
        ("E6", "first", "awarded"),
    ]
    await announce(await each_judged.season(), None, CHIEF, each_judged.store)
    assert len(each_judged.told.of(ResultsAnnouncedV1)) == 1, "announcing again changes nothing"


async def test_results_become_final_after_their_notice_and_the_awards_are_granted() -> None:
    each_judged = await judged()
    with refused("not-announced"):
        await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)
    await each_judged.announced()
    each_judged.told.forget()
    each_judged.clock.at = AFTER_NOTICE

    await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)

    season = await each_judged.season()
    assert (season.stage, season.finalized_at, season.revision, season.reasons) == ("final", AFTER_NOTICE, 2, {})
    assert season.settled
    (final,), (granted,) = each_judged.told.of(ResultsFinalizedV1), each_judged.told.of(AwardGrantedV1)
    assert (final.revision, final.finalized_at, final.reason) == (2, AFTER_NOTICE, "")
    assert granted.granted_at == AFTER_NOTICE
    assert tiers(final) == tiers(granted)
    assert [[member.ordinal for member in line.members] for line in granted.entries] == [[1], [2], [3], [4]]
    stored = await each_judged.results.find(each_judged.id, "final")
    assert stored
    assert stored.result_hash == final.result_hash
    assert stored.recipients == {"student": 4, "instructor": 0, "unit": 0}
    await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)
    assert len(each_judged.told.of(ResultsFinalizedV1)) == 1


@pytest.mark.parametrize(("when", "reason", "taken"), [
    (NOTICE_CLOSES - 1, "", False),
    (NOTICE_CLOSES - 1, "no", False),
    (NOTICE_CLOSES - 1, "all agree", True),
    (NOTICE_CLOSES, "", True),
])  # fmt: skip
async def test_ending_the_notice_early_needs_a_reason(when: int, reason: str, taken: bool) -> None:
    each_judged = await judged()
    await each_judged.announced()
    each_judged.clock.at = when
    if taken:
        await finalize(await each_judged.season(), None, reason, CHIEF, each_judged.store)
        assert (await each_judged.season()).reasons == ({"final": reason} if reason else {})
    else:
        with refused("reason-needed"):
            await finalize(await each_judged.season(), None, reason, CHIEF, each_judged.store)
        assert (await each_judged.season()).stage == "announced"


async def test_where_two_sign_a_second_person_makes_final_what_the_first_signed() -> None:
    each_judged = await judged(with_signatures())
    with refused("not-announced"):
        await sign(await each_judged.season(), who("anna"), each_judged.store)
    await each_judged.announced()
    each_judged.clock.at = AFTER_NOTICE

    async def final(by: str) -> None:
        await finalize(await each_judged.season(), None, "", who(by), each_judged.store)

    with refused("signature-needed"):
        await final("ben")
    await sign(await each_judged.season(), who("anna"), each_judged.store)
    signature = (await each_judged.season()).signature
    assert (signature["by"], signature["at"]) == ("anna", AFTER_NOTICE)
    assert signature["inputs_hash"] == inputs_hash(await load_facts(await each_judged.season(), each_judged.store))
    with refused("second-person"):
        await final("anna")
    await each_judged.facts.save_action(
        each_judged.id, "r1", {"type": "revocation", "at": 1, "entry": "E1", "rounds": ["heats"]}
    )
    with refused("signed-otherwise"):
        await final("ben")
    await sign(await each_judged.season(), who("anna"), each_judged.store)
    await final("ben")
    assert (await each_judged.season()).stage == "final"
    each_judged.clock.at += 1
    later = {"type": "revocation", "at": each_judged.clock.at, "entry": "E2", "rounds": ["heats"]}
    await each_judged.facts.save_action(each_judged.id, "r2", later)
    with refused("signed-otherwise"):
        await revised(each_judged, "copied", who("ben"))
    await sign(await each_judged.season(), who("carl"), each_judged.store)
    with refused("second-person"):
        await revised(each_judged, "copied", who("carl"))
    await revised(each_judged, "copied", who("ben"))
    assert (await each_judged.season()).revision == 3


async def test_one_person_is_enough_where_the_season_asks_for_one() -> None:
    each_judged = await judged()
    await each_judged.announced()
    each_judged.clock.at = AFTER_NOTICE
    await finalize(await each_judged.season(), None, "", who("anna"), each_judged.store)
    assert (await each_judged.season()).stage == "final"


PARTS: list[tuple[str, str, type[LaurelError]]] = [
    ("derived", "not-announced", InvalidState),
    ("heats", "round-open", InvalidState),
    ("semis", "no-such-round", NotFound),
]


@pytest.mark.parametrize(("part", "code", "kind"), PARTS)
async def test_a_part_goes_on_notice_when_what_it_follows_from_is_there(
    part: str, code: str, kind: type[LaurelError]
) -> None:
    each_judged = await judged()
    with refused(code, kind):
        await announce_part(await each_judged.season(), part, None, CHIEF, each_judged.store)
    assert each_judged.told.events == []


async def test_the_awards_of_a_closed_round_have_a_notice_of_their_own() -> None:
    each_judged = await judged()
    await each_judged.heats()
    await each_judged.close()
    each_judged.told.forget()

    for _ in range(2):
        await announce_part(await each_judged.season(), "heats", None, CHIEF, each_judged.store)

    (told,) = each_judged.told.of(ResultsAnnouncedV1)
    assert (told.notice, told.announced_at) == ("heats", AFTER_HEATS)
    assert [line.entry for line in told.entries] == ["E1", "E2", "E5", "E6"]
    await each_judged.close("final", AFTER_FINAL)
    with refused("round-without-awards"):
        await announce_part(await each_judged.season(), "final", None, CHIEF, each_judged.store)


async def test_derived_awards_have_a_notice_without_lines_of_entries() -> None:
    award = {"round": "heats", "points": {"first": "5", "second": "3"}, "share": ["1"], "places": "2"}
    each_judged = await judged(two_rounds(instructor_award=award))
    await each_judged.announced()
    await announce_part(await each_judged.season(), "derived", None, CHIEF, each_judged.store)
    told = each_judged.told.of(ResultsAnnouncedV1)[-1]
    assert (told.notice, told.entries) == ("derived", ())
    assert sorted(line.instructor for line in told.instructors) == ["I-E1", "I-E2", "I-E5", "I-E6"]
    result_set = await each_judged.results.find(each_judged.id, "notice-derived")
    assert result_set
    assert result_set.recipients["student"] == 0


async def test_only_final_results_are_revised_and_for_a_reason() -> None:
    each_judged = await judged()
    await each_judged.announced()
    for ask in (
        propose_revision(await each_judged.season(), each_judged.store),
        revised(each_judged, "why so"),
    ):
        with refused("not-final"):
            await ask
    each_judged.clock.at = AFTER_NOTICE
    await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)
    told = len(each_judged.told.events)
    await revised(each_judged, "")
    assert (len(each_judged.told.events), (await each_judged.season()).revision) == (told, 2), (
        "nothing new, nothing happens"
    )
    await revoke(each_judged, "E1")
    with refused("reason-needed"):
        await revised(each_judged, " ")


@pytest.mark.parametrize("step", ["announced", "final", "revised"])
async def test_a_step_that_another_process_carries_on_at_the_same_moment_is_done_once_and_refused_to_nobody(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps away: whoever comes second to the end of a step is told of a conflict although the step is done."""
    each_judged = await judged()
    save = each_judged.results.save
    swept: list[int] = []

    async def save_beside_the_sweeper(*result: Any) -> None:
        if not swept:
            swept.append(1)
            swept.append(await complete_unfinished(each_judged.store))
        await save(*result)

    if step != "announced":
        await each_judged.announced()
        each_judged.clock.at = AFTER_NOTICE
    if step == "revised":
        await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)
        await revoke(each_judged, "E1")
    monkeypatch.setattr(each_judged.results, "save", save_beside_the_sweeper)
    if step == "announced":
        await each_judged.announced()
    elif step == "final":
        await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)
    else:
        await revised(each_judged, "upheld")

    assert swept == [1, 1], "the sweeper carried it on"
    assert (await each_judged.season()).stage == ("announced" if step == "announced" else "final")
    told = {"announced": "ResultsAnnouncedV1", "final": "ResultsFinalizedV1", "revised": "AwardRevokedV1"}[step]
    assert [type(event).__name__ for event in each_judged.told.events].count(told) == 1


async def revised(judged: Judged, reason: str, by: Signatory = CHIEF) -> None:
    """A revision as it was previewed just now."""
    season = await judged.season()
    preview = (await propose_revision(season, judged.store)).hash if season.stage == "final" else ""
    await revise(season, None, reason, preview, by, judged.store)


async def test_a_revision_applies_what_was_previewed_and_nothing_else() -> None:
    """Keeps away: what was decided between looking and applying goes out with what was looked at."""
    each_judged = await judged()
    await each_judged.finished()
    await revoke(each_judged, "E1")
    looked_at = await propose_revision(await each_judged.season(), each_judged.store)
    await revoke(each_judged, "E2", "r2")
    with refused("previewed-otherwise"):
        await revise(await each_judged.season(), None, "upheld", looked_at.hash, CHIEF, each_judged.store)
    assert (await each_judged.season()).revision == 2

    anew = await propose_revision(await each_judged.season(), each_judged.store)
    assert anew.hash != looked_at.hash
    await revise(await each_judged.season(), None, "upheld", anew.hash, CHIEF, each_judged.store)
    await revise(await each_judged.season(), None, "upheld", anew.hash, CHIEF, each_judged.store)
    assert (await each_judged.season()).revision == 3, "the same again changes nothing"


async def test_a_preview_names_every_line_that_comes_or_goes() -> None:
    """Keeps away: a table that is there only before, or only after, and whose lines nobody sees."""
    rules = two_rounds()
    award = SpecialAward(id="best", title=Text(zh="最佳", en="Best"), tracks=("A",), min_score=Decimal(85))
    heats = rules.rounds[0].model_copy(update={"special": (award,)})
    each_judged = await judged(rules.model_copy(update={"rounds": (heats, rules.rounds[1])}))
    await each_judged.announced()
    await appeal(each_judged, "E1", ("0", "0", "0"))
    each_judged.clock.at = AFTER_NOTICE
    await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)
    later = {"type": "appeal", "at": AFTER_NOTICE, "entry": "E1", "round": "heats", "component": "work"}
    scores = {"upheld": True, "ballots": {"J1": ["40", "40", "20"]}}
    await each_judged.facts.save_action(each_judged.id, "appeal-later", later | scores)

    comes = await propose_revision(await each_judged.season(), each_judged.store)

    assert ("special-awards", True, "E1") in [(item.table, item.comes, item.row[3]) for item in comes.changes]
    await revise(await each_judged.season(), None, "upheld", comes.hash, CHIEF, each_judged.store)
    await each_judged.facts.save_action(
        each_judged.id, "appeal-last", {**later, "at": AFTER_NOTICE + 1, "upheld": True, "ballots": {"J1": ["1"] * 3}}
    )
    goes = await propose_revision(await each_judged.season(), each_judged.store)
    assert "special-awards" not in goes.after
    assert ("special-awards", False, "E1") in [(item.table, item.comes, item.row[3]) for item in goes.changes]


async def revoke(judged: Judged, entry: str, name: str = "r1") -> None:
    action = {
        "type": "revocation",
        "at": "2025-05-01T00:00:00",
        "entry": entry,
        "rounds": ["heats"],
        "reason": "copied",
    }
    assert await apply_action(await judged.season(), name, action, judged.store)


async def appeal(judged: Judged, entry: str, given: tuple[str, str, str]) -> None:
    """Appeal within the notice; decided after results are final."""
    season = await judged.season()
    values = {"entry": entry, "round": "heats", "component": "work", "ground": "score", "text": "x" * 20}
    filed = await file(season, "appeal", values, Filer(account="a"), judged.store, judged.objections)
    scores = {"J1": dict(zip(("theme", "originality", "process"), given, strict=True))}
    judged.clock.at += 1
    await decide(season, filed.id, Outcome.UPHELD, "judged anew", scores, "", CHIEF, judged.store, judged.objections)
    waiting = await judged.objections.find(judged.id, filed.id)
    assert waiting
    second = who("second")
    await confirm_decision(season, filed.id, proposal_hash(waiting), second, judged.store, judged.objections)


async def test_a_revision_tells_what_changed_and_gives_no_number_twice() -> None:
    each_judged = await judged()
    await each_judged.announced()
    await finalize(await each_judged.season(), None, "all agree", CHIEF, each_judged.store)
    each_judged.told.forget()
    await revoke(each_judged, "E1")
    await appeal(each_judged, "E3", ("40", "40", "8"))  # from 70 to 88: before E2, behind E1
    proposal = await propose_revision(await each_judged.season(), each_judged.store)
    assert (len(proposal.difference.granted.entries), len(proposal.difference.revoked.entries)) == (1, 2)
    assert proposal.before["awards"] != proposal.after["awards"]
    each_judged.clock.at += 1

    await revised(each_judged, " upheld ")

    season = await each_judged.season()
    assert (season.stage, season.revision, season.revised_at) == ("final", 3, each_judged.clock.at)
    assert season.reasons["revision-3"] == "upheld"
    (final,), (granted,), (lost,) = (
        each_judged.told.of(ResultsFinalizedV1),
        each_judged.told.of(AwardGrantedV1),
        each_judged.told.of(AwardRevokedV1),
    )
    assert (final.revision, final.finalized_at, final.reason) == (3, season.revised_at, "upheld")
    assert [(line.entry, line.members[0].ordinal) for line in granted.entries] == [("E3", 5)], "1 to 4 were given"
    assert sorted(line.entry for line in lost.entries) == ["E1", "E2"]
    assert [line.status for line in lost.entries] == ["revoked", "revoked"]
    assert (lost.revoked_at, lost.reason, granted.granted_at) == (season.revised_at, "upheld", season.revised_at)
    before = {"E5": 3, "E6": 4}
    kept = {line.entry: line.members[0].ordinal for line in final.entries if line.entry in before}
    assert kept == before, "who had a number keeps it"
    each_judged.told.forget()

    await revoke(each_judged, "E3", "r2")
    await revised(each_judged, "copied too")

    (granted_now,) = each_judged.told.of(AwardRevokedV1)
    assert [line.entry for line in granted_now.entries] == ["E3"]
    assert each_judged.told.of(AwardGrantedV1) == []
    assert (await each_judged.season()).revision == 4


async def test_whoever_gets_an_award_back_gets_their_number_back() -> None:
    each_judged = await judged()
    await each_judged.announced()
    await finalize(await each_judged.season(), None, "all agree", CHIEF, each_judged.store)
    await appeal(each_judged, "E3", ("40", "40", "8"))
    await revised(each_judged, "first appeal")
    await each_judged.facts.save_action(
        each_judged.id,
        "appeal-later",
        {"type": "appeal", "at": each_judged.clock.at + 1, "entry": "E2", "round": "heats", "component": "work"}
        | {"upheld": True, "ballots": {"J1": ["40", "40", "9"]}},
    )
    each_judged.told.forget()
    await revised(each_judged, "second appeal")
    (granted,) = each_judged.told.of(AwardGrantedV1)
    assert [(line.entry, line.members[0].ordinal) for line in granted.entries] == [("E2", 2)]


async def test_a_change_of_rank_alone_is_told_as_a_change() -> None:
    each_judged = await judged()
    await each_judged.announced()
    await finalize(await each_judged.season(), None, "all agree", CHIEF, each_judged.store)
    each_judged.told.forget()
    await appeal(each_judged, "E2", ("40", "40", "5"))
    await revised(each_judged, "an appeal")
    (changed,) = each_judged.told.of(AwardChangedV1)
    assert [(line.entry, line.score) for line in changed.entries] == [("E2", "85.0000")]
    assert (changed.changed_at, changed.reason) == (each_judged.clock.at, "an appeal")
    assert each_judged.told.of(AwardGrantedV1) == []
    assert each_judged.told.of(AwardRevokedV1) == []


async def test_provisional_results_know_nothing_decided_since_their_notice_began() -> None:
    each_judged = await judged()
    opens = to_unix_micros(each_judged.rules.window("results_notice").opens)
    for name, when in (("o1", opens - 1), ("o2", opens)):
        entry = "E1" if name == "o1" else "E5"
        await each_judged.facts.save_action(
            each_judged.id, name, {"type": "objection", "at": when, "entry": entry, "round": "heats", "upheld": True}
        )
    await each_judged.announced()
    assert [line.entry for line in each_judged.told.of(ResultsAnnouncedV1)[0].entries] == ["E2", "E3", "E5", "E6"]
    each_judged.clock.at = AFTER_NOTICE
    await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)
    assert [line.entry for line in each_judged.told.of(ResultsFinalizedV1)[0].entries] == ["E2", "E3", "E6"]


async def fails(store: Store, season: JudgedSeason, step: Callable[[JudgedSeason, Store], Awaitable[None]]) -> None:
    """Do the step, but the process stops before results are stored."""

    class Stopped(Exception):
        pass

    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(store.results, name)

        async def save(self, *_: Any, **__: Any) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        await step(season, replace(store, results=Broken()))


async def revises(season: JudgedSeason, store: Store) -> None:
    preview = (await propose_revision(season, store)).hash if season.stage == "final" else ""
    await revise(season, None, "upheld", preview, CHIEF, store)


STEPS: list[tuple[str, str, Callable[[JudgedSeason, Store], Awaitable[None]]]] = [
    ("announcing", "announced", lambda season, store: announce(season, None, CHIEF, store)),
    ("finalizing", "final", lambda season, store: finalize(season, None, "all agree", CHIEF, store)),
    ("revising", "final", revises),
]


@pytest.mark.parametrize("again", ["sweeper", "request"])
@pytest.mark.parametrize("number", range(3), ids=[stage for stage, _, _ in STEPS])
async def test_what_stopped_in_the_middle_is_carried_on_with_the_same_time(number: int, again: str) -> None:
    each_judged = await judged()
    stage, after, step = STEPS[number]
    await each_judged.heats()
    await each_judged.close()
    await each_judged.close("final", AFTER_FINAL)
    for _, _, earlier in STEPS[:number]:
        await earlier(await each_judged.season(), each_judged.store)
    if stage == "revising":
        await revoke(each_judged, "E1")
    await fails(each_judged.store, await each_judged.season(), step)
    begun = await each_judged.season()
    assert begun.stage == stage
    each_judged.clock.at += 10**9

    if again == "sweeper":
        assert await complete_unfinished(each_judged.store) == 1
        assert await complete_unfinished(each_judged.store) == 0
    else:
        await step(begun, each_judged.store)

    done = await each_judged.season()
    assert (done.stage, done.announced_at, done.finalized_at, done.revised_at) == (
        after,
        begun.announced_at,
        begun.finalized_at,
        begun.revised_at,
    )
    result_set = await each_judged.results.find(each_judged.id, "provisional" if stage == "announcing" else "final")
    assert result_set
    assert result_set.revision == begun.revision
    assert result_set.reason == ("upheld" if stage == "revising" else "")


async def test_whoever_announces_at_the_same_moment_hears_of_it() -> None:
    each_judged = await judged()
    await each_judged.heats()
    await each_judged.close()
    await each_judged.close("final", AFTER_FINAL)
    read = await each_judged.season()
    await announce(read, None, CHIEF, each_judged.store)
    with refused("changed-meanwhile", Unavailable):
        await announce(read, None, CHIEF, each_judged.store)


async def test_nothing_is_stated_while_something_that_was_told_is_missing() -> None:
    """Keeps away: results without the entries that a lost stream has yet to bring again."""
    each_judged = await judged()
    store = each_judged.store

    async def refuses(act: Callable[[JudgedSeason], Awaitable[None]]) -> None:
        before = await each_judged.season()
        each_judged.streams.lost = "REGISTRATION"
        with refused("events-missing", Unavailable):
            await act(before)
        each_judged.streams.lost = ""
        assert await each_judged.season() == before

    await each_judged.heats()
    await refuses(lambda season: close_round(season, "heats", None, "", CHIEF, store))
    await each_judged.close()
    await refuses(lambda season: announce_part(season, "heats", None, CHIEF, store))
    await each_judged.close("final", AFTER_FINAL)
    await refuses(lambda season: announce(season, None, CHIEF, store))
    await announce(await each_judged.season(), None, CHIEF, store)
    each_judged.clock.at = AFTER_NOTICE
    await refuses(lambda season: finalize(season, None, "", CHIEF, store))
    await finalize(await each_judged.season(), None, "", CHIEF, store)
    await refuses(lambda season: revises(season, store))


async def test_an_export_is_verified_anywhere_and_every_difference_is_named() -> None:
    each_judged = await judged()
    with refused("no-such-stage"):
        await export(await each_judged.season(), ResultStage.PROVISIONAL, each_judged.store)
    await each_judged.finished()
    exported = await export(await each_judged.season(), ResultStage.FINAL, each_judged.store)
    assert exported["season"] == each_judged.id
    assert (exported["stage"], exported["revision"]) == ("final", 2)
    assert verify(exported) == []
    assert verify(await export(await each_judged.season(), ResultStage.PROVISIONAL, each_judged.store)) == []
    assert verify({**exported, "algorithm": "other/1"})[0].startswith("algorithm: other/1 / ")
    assert verify({**exported, "inputs_hash": "0"}) == ["inputs_hash"]
    assert verify({**exported, "result_hash": "0"}) == ["result_hash"]
    tables = exported["tables"]
    first, *rest = tables["awards"]
    assert verify({**exported, "tables": {**tables, "awards": [first, ("x",), *rest[1:]]}}) == ["awards.csv:3"]
    assert verify({**exported, "tables": {**tables, "awards": tables["awards"][:-1]}}) == ["awards.csv:5"]


async def test_what_was_decided_since_keeps_an_export_back() -> None:
    each_judged = await judged()
    await each_judged.finished()
    await revoke(each_judged, "E1")
    with refused("decided-since"):
        await export(await each_judged.season(), ResultStage.FINAL, each_judged.store)
    await revised(each_judged, "a revocation")
    assert verify(await export(await each_judged.season(), ResultStage.FINAL, each_judged.store)) == []


async def test_in_a_season_on_paper_every_step_states_its_time() -> None:
    each_judged = await judged(with_signatures(), mode="records")
    await close_round(await each_judged.season(), "heats", AFTER_HEATS, "", CHIEF, each_judged.store)
    await close_round(await each_judged.season(), "final", AFTER_FINAL, "", CHIEF, each_judged.store)
    await announce(await each_judged.season(), AFTER_FINAL + 1, CHIEF, each_judged.store)
    await finalize(await each_judged.season(), AFTER_NOTICE, "", CHIEF, each_judged.store)
    season = await each_judged.season()
    assert (season.announced_at, season.finalized_at) == (AFTER_FINAL + 1, AFTER_NOTICE), "and nobody signs"


@pytest.mark.parametrize(("wanted", "expected"), [(True, ("t-E1",)), (False, ())])
async def test_awards_name_the_instructors_where_the_season_wants_them_printed(
    wanted: bool, expected: tuple[str, ...]
) -> None:
    """Keeps away: ids of instructors in the events of a season that does not print them, or none where it does."""
    serials = season_rules().serials
    assert serials
    wish = serials.model_copy(update={"instructors": wanted})
    each_judged = await judged(two_rounds().model_copy(update={"serials": wish}))
    await each_judged.announced()
    each_judged.clock.at = AFTER_NOTICE

    await finalize(await each_judged.season(), None, "", CHIEF, each_judged.store)

    (granted,) = each_judged.told.of(AwardGrantedV1)
    assert {line.entry: line.instructors for line in granted.entries}["E1"] == expected


async def test_the_arithmetic_is_that_of_the_stated_results_until_a_revision_states_others() -> None:
    """Keeps away: figures of an entrant's page that do not sum to the score that stands above them."""
    each_judged = await judged()
    await each_judged.announced()
    await finalize(await each_judged.season(), None, "all agree", CHIEF, each_judged.store)
    explanations = Explanations()

    async def heats(entry: str) -> RoundArithmetic:
        stored = await each_judged.facts.entry(each_judged.id, entry)
        assert stored
        rounds = await explanations.of(await each_judged.season(), stored, each_judged.store)
        return next(part for part in rounds if part.round == "heats")

    before = await heats("E3")
    assert (before.score, before.rank, [len(line.ballots) for line in before.components]) == (700_000, 3, [1])
    await appeal(each_judged, "E3", ("40", "40", "8"))
    assert await heats("E3") == before, "what is decided counts by the next revision"
    await revised(each_judged, "an appeal")
    after = await heats("E3")
    assert (after.score, after.rank, after.components[0].ballots[0].value) == (880_000, 2, Fraction(88))
