"""What a step that cannot be undone is about, in counts, before it is taken."""

import pytest

from services.judging.application.entered import enter
from services.judging.application.finalizing import DERIVED
from services.judging.application.objecting import Filer, file
from services.judging.application.stepping import Step, StepName, check_looked_at, look_at_step
from shared.errors import NotFound
from shared.season.time import to_unix_micros
from tests.support.fakes.judged_season import AFTER_NOTICE, JUDGES, Judged, judged, who
from tests.support.refusals import refused

TESTS = b"round,component,entry,score\nheats,quiz,E5,40\n"


async def look(each: Judged, name: StepName, part: str = "") -> Step:
    return await look_at_step(await each.season(), name, part, each.store, each.objections, each.sheets)


async def test_closing_says_what_is_missing_and_what_waits() -> None:
    each = await judged()
    await each.hand_out()
    held = await each.panels.all(each.id, "heats")
    judge = next(judge for judge in JUDGES if held[judge.judge])
    await each.score(held[judge.judge][0], 50, judge)
    await enter(await each.season(), "heats", "tests", TESTS, who("anna"), each.store, each.sheets)

    step = await look(each, "closing")

    assert dict(step.counts) == {"entries": 5, "ballots": 1, "missing": 2, "drafts": 0, "sheets": 1, "ties": 0}
    assert (step.part, step.due) == ("heats", to_unix_micros(each.rules.rounds[0].judging.closes))
    await each.score(held[judge.judge][0], 60, judge)
    check_looked_at(await look(each, "closing"), step.hash)
    await each.tell("E4", unit="P02")
    with refused("step-otherwise"):
        check_looked_at(await look(each, "closing"), step.hash)
    with refused("step-otherwise"):
        check_looked_at(step, "")


async def test_each_step_has_its_turn_and_its_counts() -> None:
    each = await judged()
    with refused("round-open"):
        await look(each, "announcement")
    with refused("not-announced"):
        await look(each, "finalization")
    await each.announced()
    with refused("round-closed"):
        await look(each, "closing")
    with refused("announced"):
        await look(each, "announcement")
    values = {"entry": "E1", "round": "heats", "ground": "other", "text": "x" * 20}
    await file(await each.season(), "objection", values, Filer("Li Hua", "138 0000"), each.store, each.objections)

    final = await look(each, "finalization")

    told = await each.results.find(each.id, "provisional")
    assert told
    assert final.counts["objections"] == 1
    assert {k: v for k, v in final.counts.items() if k.startswith("documents-")} == {
        f"documents-{kind}": count for kind, count in told.recipients.items()
    }
    assert final.due is not None
    each.clock.at = AFTER_NOTICE
    assert (await look(each, "finalization")).due is None, "the notice has ended"


@pytest.mark.parametrize("part", ["heats", DERIVED])
async def test_a_notice_of_its_own_says_how_many_awards(part: str) -> None:
    each = await judged()
    await each.announced()
    assert set((await look(each, "notice", part)).counts) == {"awards"}
    with refused("no-such-round", NotFound):
        await look(each, "notice", "semis")
