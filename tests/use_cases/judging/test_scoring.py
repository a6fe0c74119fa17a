"""A judge at work: what is theirs to score, what a ballot must hold, and until when it is taken."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.judging.application.gathering import load_facts
from services.judging.application.reopening import reopen
from services.judging.application.rounds import close_round
from services.judging.application.scoring import (
    entries_to_score,
    next_task,
    read_scores,
    task,
    tasks,
    value_of,
    write_ballot,
)
from services.judging.domain.facts import Ballot, Judge, JudgeRole, TestScore
from services.judging.entrypoints.http.ballots import task_out
from services.judging.entrypoints.pages import chief
from shared.errors import InvalidState, LaurelError, NotFound
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import require_user
from shared.season.time import to_unix_micros
from shared.web.pages import Pages
from tests.support.fakes.judged_season import AFTER_HEATS, CHIEF, DURING, DURING_FINAL, JUDGES, Judged, judged
from tests.support.refusals import invalid, refused
from tests.support.rules import at, two_rounds

J1 = JUDGES[0]
WHOLE = {"theme": "30", "originality": "30.5", "process": "0"}


async def write(
    judged: Judged, judge: Judge = J1, entry: str = "E1", given: dict[str, str] | None = None, **how: Any
) -> Ballot:
    values: dict[str, Any] = {
        "account": f"account-{judge.judge}",
        "submit": True,
        "comment": "",
        "note": "",
        "store": judged.store,
        **how,
    }
    component = values.pop("component", "work")
    season = values.pop("season", None) or await judged.season()
    values.setdefault("round_id", season.shown.id)
    ballot, _ = await write_ballot(season, judge, entry, component, WHOLE if given is None else given, **values)
    return ballot


async def version_of(judged: Judged, ballot: Ballot) -> int:
    return (await judged.store.scores.texts(judged.id, ballot))[2]  # type: ignore[attr-defined,no-any-return]


async def test_what_waited_on_a_device_is_written_over_what_it_was_written_on_alone() -> None:
    """Keeps away: a draft that was kept while the network was gone takes the place of what was typed elsewhere since."""
    each_judged = await judged()
    ballot = await write(each_judged, given={"theme": "3"}, submit=False, seen=0)
    assert await version_of(each_judged, ballot) == 1

    with refused("ballot-changed"):
        await write(each_judged, given={"theme": "4"}, submit=False, seen=0)
    ballot = await write(each_judged, given={"theme": "4"}, submit=False, seen=1)

    assert await version_of(each_judged, ballot) == 2
    assert ballot.scores[0] == 4


@pytest.mark.parametrize("submitted", [False, True])
async def test_what_is_sent_twice_is_written_once(*, submitted: bool) -> None:
    """Keeps away: an answer that was lost, after which the same is sent again and is taken for a conflict."""
    each_judged = await judged()
    first = await write(each_judged, submit=submitted, comment="c", seen=0)
    again = await write(each_judged, submit=False, comment="c", seen=0)
    assert (again.scores, await version_of(each_judged, first)) == (first.scores, 1)

    with refused("ballot-submitted" if submitted else "ballot-changed"):
        await write(each_judged, submit=False, comment="another", seen=0)
    other = await write(each_judged, submit=True, comment="another", seen=1)
    assert await version_of(each_judged, other) == 2


async def test_a_program_that_names_no_version_has_the_newest_word() -> None:
    each_judged = await judged()
    await write(each_judged, given={"theme": "3"}, submit=False)
    ballot = await write(each_judged, given={"theme": "3"}, submit=False)
    assert await version_of(each_judged, ballot) == 2


@pytest.mark.parametrize(
    ("changes", "listed"),
    [
        ({}, ["E1", "E2", "E3"]),
        ({"tracks": ("B",)}, []),
        ({"tracks": ("A", "B"), "role": "automatic"}, ["E5"]),
        ({"employer": "P01"}, ["E2", "E3"]),
        ({"employer": "CITY"}, ["E1", "E2", "E3"]),
        ({"conflicts": ("P02",)}, ["E1", "E3"]),
        ({"conflicts": ("CITY",)}, []),
        ({"conflicts": ("E3",)}, ["E1", "E2"]),
        ({"conflicts": ("p-E1", "I-E2", "t-E3")}, []),
        ({"employer": "P01", "moves": ((DURING, "P02"),)}, ["E1", "E3"]),
        ({"employer": "P01", "moves": ((DURING + 1, "P02"),)}, ["E2", "E3"]),
        ({"languages": ("en",)}, ["E1", "E2", "E3"]),
    ],
)
async def test_a_judge_scores_what_is_of_their_tracks_and_no_conflict(
    changes: dict[str, Any], listed: list[str]
) -> None:
    each_judged = await judged()
    judge = replace(J1, **changes)

    assert [task.entry.entry for task in await tasks(await each_judged.season(), judge, each_judged.store)] == listed
    assert await entries_to_score(await each_judged.season(), judge, each_judged.store) == listed


@pytest.mark.parametrize(
    ("changes", "is_there"),
    [
        ({"standing": "exhibition"}, True),
        ({"standing": "withdrawn"}, False),
        ({"standing": "pending"}, False),
        ({"language": "zh"}, False),
        ({"language": "en"}, True),
        ({"language": ""}, True),
    ],
)
async def test_only_entries_that_stand_and_that_the_judge_can_read_are_tasks(
    changes: dict[str, Any], is_there: bool
) -> None:
    each_judged = await judged()
    await each_judged.tell("E9", version=2, **changes)
    judge = replace(J1, languages=("en",))

    listed = [task.entry.entry for task in await tasks(await each_judged.season(), judge, each_judged.store)]

    assert ("E9" in listed) is is_there


async def test_once_works_are_assigned_a_judge_sees_only_their_own() -> None:
    each_judged = await judged()
    await each_judged.panels.assign(each_judged.id, "heats", "J1", ["E2"])
    season = await each_judged.season()
    assert [task.entry.entry for task in await tasks(season, J1, each_judged.store)] == ["E2"]
    assert await tasks(season, JUDGES[1], each_judged.store) == []
    assert (await task(season, J1, "E2", "work", each_judged.store)).ballot is None
    await each_judged.score("E2", 50)
    assert (await task(season, J1, "E2", "work", each_judged.store)).ballot
    with refused("no-such-task", NotFound):
        await task(season, J1, "E1", "work", each_judged.store)


async def test_what_a_test_asks_of_an_automatic_judge_is_a_task_without_criteria() -> None:
    """Keeps away: a list of tasks that fails because a test has no rubric, and a ballot where a sheet is wanted."""
    each_judged = await judged()
    judge = replace(J1, judge="AUTO", tracks=("B",), role=JudgeRole.AUTOMATIC)
    season = await each_judged.season()
    (waiting,) = await tasks(season, judge, each_judged.store)
    told = task_out(season, waiting)
    assert (told.entry, told.component, told.rubric, told.status, told.value) == ("E5", "quiz", [], "open", None)
    with refused("test-by-sheet"):
        await write(each_judged, judge, "E5", {}, component="quiz")

    await each_judged.store.scores.save_tests(
        each_judged.id, [TestScore("heats", "quiz", "E5", Decimal("40.5"))], may_add=True
    )

    (done,) = await tasks(season, judge, each_judged.store)
    told = task_out(season, done)
    assert (told.status, told.value) == ("submitted", "81.00")
    assert await task(season, judge, "E5", "quiz", each_judged.store) == done


async def test_in_a_round_with_new_judges_nobody_scores_an_entry_twice() -> None:
    rules = two_rounds()
    final = rules.rounds[1].model_copy(update={"new_judges": True})
    each_judged = await judged(rules.model_copy(update={"rounds": (rules.rounds[0], final)}))
    await each_judged.heats()
    other = replace(JUDGES[1], conflicts=())
    await write(each_judged, other, "E3", submit=False)
    await each_judged.close()
    each_judged.clock.at = DURING_FINAL
    season = await each_judged.season()

    assert await tasks(season, J1, each_judged.store) == []
    assert [task.entry.entry for task in await tasks(season, other, each_judged.store)] == ["E1", "E2"]
    assert await entries_to_score(season, J1, each_judged.store) == []
    with refused("no-such-task", NotFound):
        await task(season, J1, "E1", "work", each_judged.store)


@pytest.mark.parametrize(
    ("entry", "component", "changes"),
    [
        ("E9", "work", {}),
        ("E1", "quiz", {}),
        ("E5", "quiz", {"tracks": ("A", "B")}),
        ("E1", "work", {"conflicts": ("E1",)}),
        ("E1", "work", {"tracks": ("B",)}),
        ("E1", "work", {"role": "automatic"}),
    ],
)
async def test_what_is_not_theirs_to_score_does_not_exist_for_a_judge(
    entry: str, component: str, changes: dict[str, Any]
) -> None:
    each_judged = await judged()
    with refused("no-such-task", NotFound):
        await write(each_judged, replace(J1, **changes), entry, component=component)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, [("theme", "score-missing"), ("originality", "score-missing"), ("process", "score-missing")]),
        ({**WHOLE, "theme": " "}, [("theme", "score-missing")]),
        ({**WHOLE, "theme": "x"}, [("theme", "score-form")]),
        ({**WHOLE, "theme": "-1"}, [("theme", "score-form")]),
        ({**WHOLE, "theme": "1.005"}, [("theme", "score-form")]),
        ({**WHOLE, "theme": "40.01"}, [("theme", "score-range")]),
        ({**WHOLE, "process": "20.01", "theme": "41"}, [("theme", "score-range"), ("process", "score-range")]),
        ({**WHOLE, "taste": "1", "art": "1"}, [("art", "score-unknown"), ("taste", "score-unknown")]),
    ],
)
async def test_every_score_of_a_ballot_is_named_that_will_not_do(
    given: dict[str, str], wrong: list[tuple[str, str]]
) -> None:
    each_judged = await judged()
    with invalid("scores-invalid", *wrong):
        await write(each_judged, given=given)
    assert await each_judged.scores.of_round(each_judged.id, "heats") == []


async def test_a_score_at_its_maximum_and_blanks_around_it_are_right() -> None:
    each_judged = await judged()
    written = await write(each_judged, given={"theme": " 40 ", "originality": "40", "process": "20.00"})
    assert written.scores == (Decimal(40), Decimal(40), Decimal(20))
    assert (
        value_of(await each_judged.season(), each_judged.rules.rounds[0].scoring["A"].components[0], written)
        == "100.00"
    )


async def test_a_draft_may_lack_scores_but_not_hold_wrong_ones() -> None:
    each_judged = await judged()
    draft = await write(each_judged, given={"theme": "3"}, submit=False)
    component = each_judged.rules.rounds[0].scoring["A"].components[0]
    assert (draft.status, draft.scores) == ("draft", (Decimal(3), Decimal(-1), Decimal(-1)))
    assert value_of(await each_judged.season(), component, draft) is None
    assert value_of(await each_judged.season(), component, replace(draft, scores=())) is None
    with invalid("scores-invalid", ("theme", "score-range")):
        await write(each_judged, given={"theme": "41"}, submit=False)
    assert list(read_scores(each_judged.rules.rubrics["story"], {"theme": "1"}, whole=False)) == [1, None, None]


@pytest.mark.parametrize(
    ("role", "submit", "status"),
    [(JudgeRole.SCORING, True, "submitted"), (JudgeRole.SHADOW, True, "shadow"), (JudgeRole.SHADOW, False, "draft")],
)
async def test_ballots_of_a_shadow_judge_are_kept_and_do_not_count(role: JudgeRole, submit: bool, status: str) -> None:
    each_judged = await judged()
    written = await write(each_judged, replace(J1, role=role), submit=submit)
    assert written.status == status
    assert written.submitted_at == DURING
    assert len((await load_facts(await each_judged.season(), each_judged.store)).ballots) == (status == "submitted")


OPENS = to_unix_micros(two_rounds().rounds[0].judging.opens)
CLOSES = to_unix_micros(two_rounds().rounds[0].judging.closes)


@pytest.mark.parametrize(("when", "taken"), [(OPENS - 1, False), (OPENS, True), (CLOSES, True), (CLOSES + 1, False)])
async def test_the_window_of_judging_counts_to_the_microsecond(when: int, taken: bool) -> None:
    each_judged = await judged(now=when)
    if taken:
        assert (await write(each_judged)).submitted_at == when
    else:
        with refused("judging-not-open"):
            await write(each_judged)


async def test_the_write_itself_looks_at_the_clock() -> None:
    each_judged = await judged(now=CLOSES)
    each_judged.clock.passes = 1
    with refused("judging-not-open"):
        await write(each_judged)
    assert await each_judged.scores.of_round(each_judged.id, "heats") == []


async def test_a_draft_takes_no_submitted_ballots_place_and_scoring_again_does() -> None:
    each_judged = await judged()
    await write(each_judged)
    with refused("ballot-submitted"):
        await write(each_judged, submit=False)
    again = await write(each_judged, given={**WHOLE, "theme": "1"})
    assert again.scores[0] == 1
    assert len(each_judged.scores.versions(each_judged.id, again)) == 2


async def test_a_season_on_paper_takes_no_ballots_by_page() -> None:
    each_judged = await judged(mode="records")
    with refused("records-season"):
        await write(each_judged)


async def test_a_ballot_that_comes_after_closing_is_refused_and_does_not_count() -> None:
    each_judged = await judged()
    before = await each_judged.season()
    await close_round(before, "heats", None, "all are in", CHIEF, each_judged.store)
    closed_at = each_judged.clock.at
    await write(each_judged, entry="E1", season=before)  # at the very moment of closing: in time
    each_judged.clock.at = closed_at + 1
    with refused("round-closed"):
        await write(each_judged, entry="E2", season=before)

    counted = (await load_facts(await each_judged.season(), each_judged.store)).ballots["heats", "work", "A"]
    assert list(counted.entries) == ["E1"]


async def test_when_every_round_is_closed_nothing_is_scored() -> None:
    each_judged = await judged()
    await each_judged.announced()
    with refused("round-closed"):
        await write(each_judged)


async def test_in_a_later_round_only_those_with_a_seat_are_scored() -> None:
    each_judged = await judged()
    await each_judged.tell("E8", standing="exhibition")
    await each_judged.heats()
    await each_judged.close()
    each_judged.clock.at = DURING_FINAL
    season = await each_judged.season()
    assert [task.entry.entry for task in await tasks(season, J1, each_judged.store)] == ["E1", "E2", "E8"]
    with refused("no-such-task", NotFound):
        await write(each_judged, entry="E3")


async def test_a_ballot_counts_in_the_round_it_was_written_for() -> None:
    """Keeps away: scores that were typed for the first round and sent after it was closed count in the last one."""
    each_judged = await judged()
    await each_judged.heats()
    (first, *_) = await tasks(await each_judged.season(), J1, each_judged.store)
    await each_judged.close()
    each_judged.clock.at = DURING_FINAL
    season = await each_judged.season()
    (second, *_) = await tasks(season, J1, each_judged.store)
    assert (first.round, second.round) == ("heats", "final")
    assert task_out(season, second).round == "final"

    with refused("round-closed"):
        await write(each_judged, round_id="heats")
    with refused("no-such-round", NotFound):
        await write(each_judged, round_id="semis")
    assert await each_judged.scores.of_round(each_judged.id, "final") == []
    assert (await write(each_judged, round_id="final")).round == "final"


async def test_no_ballot_is_written_for_a_round_that_is_not_on_yet() -> None:
    each_judged = await judged()
    with refused("judging-not-open"):
        await write(each_judged, round_id="final")


async def test_after_a_ballot_comes_the_next_work_that_is_not_scored() -> None:
    each_judged = await judged()

    async def following(entry: str) -> str:
        listed = await tasks(await each_judged.season(), J1, each_judged.store)
        task = next_task(listed, entry, "work")
        return task.entry.entry if task else ""

    assert [await following(entry) for entry in ("E1", "E2", "E3")] == ["E2", "E3", "E1"]
    await write(each_judged, entry="E2")
    await write(each_judged, entry="E3", submit=False)
    assert [await following(entry) for entry in ("E1", "E2", "E3", "E9")] == ["E3", "E3", "E1", "E1"]
    await write(each_judged, entry="E3")
    await write(each_judged, entry="E1")
    assert await following("E1") == "", "nothing is left"


REOPENING: list[tuple[dict[str, str], type[LaurelError], str]] = [
    ({"round_id": "semis"}, NotFound, "no-such-round"),
    ({"reason": "  no "}, InvalidState, "reason-needed"),
    ({"entry": "E2"}, NotFound, "no-such-ballot"),
    ({"entry": "E3"}, InvalidState, "ballot-not-submitted"),
]


@pytest.mark.parametrize(("changes", "kind", "code"), REOPENING)
async def test_a_ballot_is_reopened_for_a_reason_while_its_round_is_open(
    changes: dict[str, str], kind: type[LaurelError], code: str
) -> None:
    each_judged = await judged()
    written = await write(each_judged)
    await write(each_judged, entry="E3", submit=False)
    asked: dict[str, Any] = {"round_id": "heats", "entry": "E1", "component": "work", "judge": "J1"}
    asked |= {"by": CHIEF, "chief": True}
    with refused(code, kind):
        await reopen(await each_judged.season(), store=each_judged.store, **{**asked, "reason": "slip", **changes})
    await reopen(await each_judged.season(), store=each_judged.store, **{**asked, "reason": " slip "})

    kept = each_judged.scores.versions(each_judged.id, written)[-1]
    assert (kept["status"], kept["reopened_by"], kept["reason"]) == ("draft", "chief", "slip")
    assert await each_judged.scores.count(each_judged.id, "heats") == 0


async def test_no_ballot_is_reopened_in_a_closed_round() -> None:
    each_judged = await judged()
    await each_judged.heats()
    await each_judged.close(when=AFTER_HEATS)
    with refused("round-closed"):
        await reopen(
            await each_judged.season(), "heats", "E1", "work", "J1", "a slip", CHIEF, each_judged.store, chief=True
        )
    assert at("2025-04-12T00:00:00") < AFTER_HEATS


async def test_on_the_page_a_ballot_is_reopened_as_it_was_looked_at() -> None:
    """Keeps away: a slip of the pen in an id that opens a ballot nobody meant, and one that was submitted anew meanwhile."""
    each_judged = await judged()
    written = await write(each_judged)
    app = FastAPI()
    app.include_router(chief.router)
    pages = Pages("judging", Path(chief.__file__).parents[1], "http://test")
    app.state.context = SimpleNamespace(season=lambda _: each_judged.season(), store=each_judged.store, pages=pages)
    host = Principal("host", "s", "host", "", (Grant(Role.CITY_ORGANIZER, each_judged.id),), 0, 2**60)
    app.dependency_overrides[require_user] = lambda: host
    address, asked = f"/judging/seasons/{each_judged.id}/chief/reopening", {"entry": "E1", "component": "work"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:

        async def send(**more: str) -> httpx.Response:
            return await client.post(address, data={**asked, "judge": "J1", **more}, headers={"accept-language": "en"})

        looked = await send()
        (about,) = re.findall(r'name="about" value="(\w+)"', looked.text)
        assert (looked.status_code, await each_judged.scores.count(each_judged.id, "heats")) == (200, 1)
        assert (await send(about=about)).status_code == 409, "it takes a reason"
        each_judged.clock.at += 5
        await write(each_judged, given={"theme": "1", "originality": "1", "process": "1"})
        changed = await send(about=about, reason="a slip")
        assert (changed.status_code, "Something changed" in changed.text) == (409, True)
        (now,) = re.findall(r'name="about" value="(\w+)"', changed.text)
        assert (await send(about=now, reason="a slip")).status_code == 303
    assert each_judged.scores.versions(each_judged.id, written)[-1]["reason"] == "a slip"
