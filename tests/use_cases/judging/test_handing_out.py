"""Handing out works: panels that move nothing without need, recusal, and judges who change."""

from dataclasses import replace
from typing import Any

import pytest

from services.judging.application.handing_out import (
    PanelWishes,
    entries_in,
    hand_out,
    judges_needed,
    meanings,
    plan_panels,
    record_judge,
    recuse,
)
from services.judging.application.ports import JudgedSeason
from services.judging.application.scoring import tasks
from services.judging.domain.facts import Judge, JudgeRole
from shared.errors import InvalidState, LaurelError, NotFound
from shared.events.judging import PanelAssignedV1
from shared.season.rules import Panel
from tests.support.fakes.judged_season import CHIEF, DURING, JUDGES, Judged, judged, who
from tests.support.refusals import invalid, refused
from tests.support.rules import two_rounds

J1, J2 = JUDGES
J3 = Judge("J3", "", ("A",), (), JudgeRole.RESERVE)


AUTO = Judge("JA", "", ("A", "B"), (), JudgeRole.AUTOMATIC)
SHADOW = Judge("JS", "", ("A",), (), JudgeRole.SHADOW)


async def test_works_are_handed_out_by_panels_and_automatic_and_shadow_judges_have_theirs() -> None:
    """Keeps away: handing out that gives every work to every judge, and an assignment that takes the tests away."""
    each_judged = await judged()
    await each_judged.facts.save_judges(each_judged.id, [J3, AUTO, SHADOW])

    first = await each_judged.hand_out()

    loads = first.loads
    assert (sorted((loads["J1"], loads["J2"])), loads["JA"], loads["JS"]) == ([1, 2], 1, 3)
    assert first.moved == sum(first.loads.values())
    told = {told.judge: told.entries for told in each_judged.told.of(PanelAssignedV1)}
    assert (told["JA"], told["JS"]) == (("E5",), ("E1", "E2", "E3"))
    assert [line.what for line in each_judged.audit.lines] == ["works-handed-out"]
    each_judged.told.forget()
    await each_judged.tell("E4", unit="P02")
    await each_judged.tell("E1", version=2, standing="withdrawn")
    again = await each_judged.hand_out()
    assert sum(again.loads[judge] for judge in ("J1", "J2")) == 3
    assert again.loads["JA"] == 1, "nothing of the tests moves"
    assert {told.judge for told in each_judged.told.of(PanelAssignedV1)} == {share.judge for share in again.changes}
    assert (await each_judged.hand_out()).changes == []


async def test_only_what_was_previewed_is_handed_out() -> None:
    each_judged = await judged()
    season, wishes = await each_judged.season(), PanelWishes()
    plan = await plan_panels(season, wishes, each_judged.store)
    assert await held(each_judged) == {}, "a preview changes nothing"
    await each_judged.tell("E4", unit="P02")
    with refused("panels-otherwise"):
        await hand_out(season, wishes, plan.hash, CHIEF, each_judged.store)
    with refused("panels-otherwise"):
        await hand_out(season, wishes, "", CHIEF, each_judged.store)
    assert await held(each_judged) == {}
    fresh = await plan_panels(season, wishes, each_judged.store)
    assert {share.judge: (share.gains, share.loses) for share in fresh.changes} == {
        share.judge: (list(share.after), []) for share in fresh.shares
    }
    await hand_out(season, wishes, fresh.hash, CHIEF, each_judged.store)
    later = await plan_panels(season, PanelWishes(absent=["J1"]), each_judged.store)
    losing = next(share for share in later.changes if share.judge == "J1")
    assert (losing.gains, losing.loses) == ([], (await held(each_judged))["J1"])
    with refused("records-season"):
        await plan_panels(replace(season, mode="records"), wishes, each_judged.store)


async def test_wishes_name_judges_and_tracks_that_there_are() -> None:
    each_judged = await judged()
    with invalid(
        "fields-invalid", ("absent", "panels-unknown"), ("reserves", "panels-unknown"), ("judges", "panels-unknown")
    ):
        await each_judged.hand_out(absent=["J9"], reserves=["J8"], needed={"Z": 1})


def test_an_entry_needs_as_many_judges_as_its_largest_panel() -> None:
    rules = two_rounds()
    component = rules.rounds[0].scoring["A"].components[0]
    talk = component.model_copy(update={"id": "talk", "panel": "three"})
    scoring = rules.rounds[0].scoring | {
        "A": rules.rounds[0].scoring["A"].model_copy(update={"components": (component, talk)})
    }
    round_ = rules.rounds[0].model_copy(update={"scoring": scoring})
    panels = {**rules.panels, "three": Panel(ballots=3, method="mean")}
    season = JudgedSeason("s", 1, "live", rules.model_copy(update={"panels": panels}))

    assert judges_needed(round_, season) == {"A": 3}
    assert judges_needed(rules.rounds[0], season) == {"A": 1}


async def held(judged: Judged) -> dict[str, list[str]]:
    return {judge: entries for judge, entries in (await judged.panels.all(judged.id, "heats")).items() if entries}


async def test_panels_are_even_and_moved_only_where_they_must() -> None:
    each_judged = await judged()
    await each_judged.facts.save_judges(each_judged.id, [J3])
    await each_judged.tell("E4", unit="P02")

    first = await each_judged.hand_out()

    assert (first.loads, first.moved) == ({"J1": 2, "J2": 2}, 4)
    before = await held(each_judged)
    again = await each_judged.hand_out(seed=7)
    assert (again.loads, again.moved) == (first.loads, 0)
    assert await held(each_judged) == before
    absent = await each_judged.hand_out(absent=["J2"], reserves=["J3"])
    assert (absent.loads, absent.moved) == ({"J1": 2, "J2": 0, "J3": 2}, 2)
    after = await held(each_judged)
    assert after == {"J1": before["J1"], "J3": before["J2"]}


async def test_submitted_ballots_stay_with_whoever_wrote_them() -> None:
    each_judged = await judged()
    await each_judged.hand_out()
    mine = (await held(each_judged))["J1"]
    await each_judged.score(mine[0], 50)
    handed = await each_judged.hand_out(absent=["J1"])
    assert (await held(each_judged))["J1"] == [mine[0]]
    assert handed.moved == len(mine) - 1


async def test_more_judges_an_entry_may_be_asked_for() -> None:
    each_judged = await judged()
    handed = await each_judged.hand_out(needed={"A": 2})
    assert (handed.loads, handed.moved) == ({"J1": 3, "J2": 3}, 6)


async def test_where_judges_are_missing_the_causes_are_named() -> None:
    each_judged = await judged()
    await each_judged.facts.save_judges(each_judged.id, [replace(J2, conflicts=("P01",))])
    with refused("judges-missing", causes="A P01: 1/2"):
        await each_judged.hand_out(needed={"A": 2})
    assert await held(each_judged) == {}
    with refused("judges-missing", causes="A P01: 0/1; A P02: 0/1; A P03: 0/1"):
        await each_judged.hand_out(absent=["J1", "J2"])


async def test_a_chief_judge_gets_no_works() -> None:
    each_judged = await judged()
    await each_judged.facts.save_judges(each_judged.id, [replace(J2, role=JudgeRole.CHIEF)])
    assert (await each_judged.hand_out()).loads == {"J1": 3}


async def test_exhibition_entries_are_in_every_round_and_others_by_their_seats() -> None:
    each_judged = await judged()
    await each_judged.tell("E8", standing="exhibition")
    await each_judged.heats()
    await each_judged.close()
    season = await each_judged.season()
    assert sorted(entry.entry for entry in await entries_in(season, season.shown, each_judged.store)) == [
        "E1",
        "E2",
        "E8",
    ]


REFUSED: list[tuple[str, str, type[LaurelError], str]] = [
    ("E1", " abc ", InvalidState, "reason-needed"),
    ("E9", "my own pupil", NotFound, "no-such-task"),
    ("E5", "my own pupil", NotFound, "no-such-task"),
]


@pytest.mark.parametrize(("entry", "reason", "kind", "code"), REFUSED)
async def test_recusal_is_from_ones_own_entries_and_for_a_reason(
    entry: str, reason: str, kind: type[LaurelError], code: str
) -> None:
    each_judged = await judged()
    with refused(code, kind):
        await recuse(await each_judged.season(), J1, entry, reason, who("J1"), each_judged.store)
    assert each_judged.facts.actions.values() == []


async def test_whoever_steps_back_keeps_nothing_of_the_entry() -> None:
    each_judged = await judged()
    await each_judged.hand_out(needed={"A": 2})
    await each_judged.score("E1", 50)
    await each_judged.score("E2", 50)

    await recuse(await each_judged.season(), J1, "E1", " my own pupil ", who("J1"), each_judged.store)

    kept = each_judged.facts.actions.find(f"{each_judged.id}/recusal-J1-E1")
    assert kept == {"type": "recusal", "judge": "J1", "entry": "E1", "at": DURING, "reason": "my own pupil"}
    judge = await each_judged.facts.judge(each_judged.id, "J1")
    assert judge
    assert judge.conflicts == ("E1",)
    assert (await held(each_judged))["J1"] == ["E2", "E3"]
    assert await each_judged.scores.tally(each_judged.id, "heats") == {("J1", "void"): 1, ("J1", "submitted"): 1}
    assert [task.entry.entry for task in await tasks(await each_judged.season(), judge, each_judged.store)] == [
        "E2",
        "E3",
    ]


async def test_nobody_steps_back_when_every_round_is_closed() -> None:
    each_judged = await judged()
    await each_judged.announced()
    with refused("round-closed"):
        await recuse(await each_judged.season(), J1, "E1", "my own pupil", who("J1"), each_judged.store)


@pytest.mark.parametrize(("changes", "code", "fields"), [
    ({"judge": "评委1"}, "fields-invalid", [("judge", "field-judge")]),
    ({"judge": ".J1"}, "fields-invalid", [("judge", "field-judge")]),
    ({"judge": "J" * 65}, "fields-invalid", [("judge", "field-judge")]),
    ({"tracks": ("A", "Z")}, "judge-tracks", [("tracks", "field-tracks")]),
    ({"tracks": ()}, "judge-tracks", [("tracks", "field-tracks")]),
    ({"judge": "", "tracks": ()}, "fields-invalid", [("judge", "field-judge"), ("tracks", "field-tracks")]),
])  # fmt: skip
async def test_a_judge_has_an_id_for_addresses_and_tracks_that_there_are(
    changes: dict[str, Any], code: str, fields: list[tuple[str, str]]
) -> None:
    each_judged = await judged()
    with invalid(code, *fields):
        await record_judge(await each_judged.season(), replace(J1, **changes), CHIEF, each_judged.store)
    with refused("records-season"):
        await record_judge(replace(await each_judged.season(), mode="records"), J1, CHIEF, each_judged.store)
    await record_judge(await each_judged.season(), replace(J3, judge="J" * 64), CHIEF, each_judged.store)


UNKNOWN: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"employer": "Lanxin Primary School"}, [("employer", "judge-employer")]),
    ({"employer": "E1"}, [("employer", "judge-employer")]),
    ({"conflicts": ("P01", "Teacher Wang")}, [("conflicts", "judge-conflict")]),
    ({"conflicts": ("P99",), "employer": "P99"}, [("employer", "judge-employer"), ("conflicts", "judge-conflict")]),
]


@pytest.mark.parametrize(("changes", "fields"), UNKNOWN)
async def test_a_conflict_that_means_nobody_is_refused(changes: dict[str, Any], fields: list[tuple[str, str]]) -> None:
    """Keeps away: a judge who scores their own school because its name was typed where an id counts."""
    each_judged = await judged()
    with invalid("fields-invalid", *fields):
        await record_judge(await each_judged.season(), replace(J3, **changes), CHIEF, each_judged.store)
    assert await each_judged.facts.judge(each_judged.id, "J3") is None


async def test_a_conflict_is_a_unit_an_entry_an_instructor_or_a_person() -> None:
    each_judged = await judged()
    conflicts = ("CITY", "E1", "I-E2", "t-E2", "p-E3")
    judge = replace(J3, employer="P02", conflicts=conflicts)
    await record_judge(await each_judged.season(), judge, CHIEF, each_judged.store)
    assert await each_judged.facts.judge(each_judged.id, "J3") == judge
    assert await meanings(each_judged.id, [*conflicts, "P02", "nobody"], each_judged.store) == {
        "CITY": "unit",
        "P02": "unit",
        "E1": "entry",
        "I-E2": "instructor",
        "t-E2": "instructor",
        "p-E3": "student",
    }


async def test_a_new_conflict_takes_works_back_and_leaves_what_was_submitted() -> None:
    each_judged = await judged()
    await each_judged.hand_out(needed={"A": 2})
    await each_judged.score("E1", 50)
    own = replace(J1, employer="", conflicts=("P01",))
    await record_judge(await each_judged.season(), own, CHIEF, each_judged.store)
    assert (await held(each_judged))["J1"] == ["E2", "E3"]
    assert await each_judged.scores.count(each_judged.id, "heats") == 1
    await record_judge(await each_judged.season(), replace(own, tracks=("B",)), CHIEF, each_judged.store)
    assert await each_judged.panels.assigned(each_judged.id, "heats", "J1") == []
    await record_judge(await each_judged.season(), J3, CHIEF, each_judged.store)
    assert "J3" not in await each_judged.panels.all(each_judged.id, "heats"), "nothing was assigned to them"
    assert await each_judged.facts.judge(each_judged.id, "J3") == J3
