"""A judging day, and what the chief judge sees of a round."""

from typing import Any

import pytest

from services.judging.application import scheduling
from services.judging.application.overseeing import oversee, progress
from services.judging.application.scheduling import MINUTE, plan_day
from services.judging.application.scoring import write_ballot
from services.judging.domain.facts import Judge, JudgeRole
from shared.errors import Invalid, InvalidState, LaurelError
from shared.season.rules import Panel
from tests.support.fakes.judged_season import JUDGES, Judged, judged
from tests.support.refusals import refused
from tests.support.rules import at, two_rounds

NINE = at("2025-04-09T09:00:00")


async def planned(judged: Judged, track: str = "A", **changes: Any) -> scheduling.Day:
    frame: dict[str, Any] = {"minutes": 20, "slots": 3, "rooms": ["r1", " r2 ", "r1", ""], **changes}
    return await plan_day(await judged.season(), track, NINE, store=judged.store, days=judged.days, **frame)


async def test_a_day_has_room_for_everybody_and_nobody_is_in_two_places() -> None:
    each_judged = await judged()
    await each_judged.tell("E2", version=2, unit="P02", instructors=[{"instructor": "I-E1", "person": "t-E1"}])

    day = await planned(each_judged)

    assert (day.season, day.round, day.track, day.rooms) == (each_judged.id, "heats", "A", ("r1", "r2"))
    slots = {place.entry: place.slot for place in day.places}
    assert slots["E1"] != slots["E2"], "they have one instructor"
    assert max(slots.values()) == 1
    assert day.at(2) == NINE + 40 * MINUTE
    assert await each_judged.days.of(each_judged.id, "heats") == [day]


@pytest.mark.parametrize(
    "frame",
    [
        {"rooms": []},
        {"rooms": [" "]},
        {"slots": 0},
        {"slots": 201},
        {"minutes": 0},
        {"minutes": 481},
        {"rooms": [str(number) for number in range(101)]},
    ],
)
async def test_a_day_needs_rooms_slots_and_minutes(frame: dict[str, Any]) -> None:
    with refused("schedule-frame", Invalid):
        await planned(await judged(), **frame)


@pytest.mark.parametrize(
    "frame", [{"slots": 200, "minutes": 480}, {"slots": 1, "rooms": ["a", "b", "c"]}, {"minutes": 1}]
)
async def test_the_ends_of_what_is_possible_are_possible(frame: dict[str, Any]) -> None:
    assert len((await planned(await judged(), **frame)).places) == 3


REFUSED: list[tuple[str, dict[str, Any], type[LaurelError], str, dict[str, object]]] = [
    ("Z", {}, InvalidState, "schedule-nobody", {}),
    ("A", {"slots": 1}, InvalidState, "schedule-impossible", {"causes": "-: 2; J1: 3"}),
    ("A", {"slots": 2, "rooms": ["r1", "r2", "r3"]}, InvalidState, "schedule-impossible", {"causes": "J1: 3"}),
]


@pytest.mark.parametrize(("track", "frame", "kind", "code", "values"), REFUSED)
async def test_who_is_needed_too_often_is_named(
    track: str, frame: dict[str, Any], kind: type[LaurelError], code: str, values: dict[str, object]
) -> None:
    each_judged = await judged()
    await each_judged.hand_out(absent=["J2"])
    with refused(code, kind, **values):
        await planned(each_judged, track, **frame)


async def test_people_who_are_no_judges_are_not_named() -> None:
    each_judged = await judged()
    for entry in ("E1", "E2"):
        await each_judged.tell(entry, version=2, instructors=[{"instructor": "I", "person": "t"}])
    with refused("schedule-impossible", causes="*: 2"):
        await planned(each_judged, slots=1, rooms=["r1", "r2", "r3"])


async def test_a_day_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "MOST", 2)
    with refused("schedule-too-many", most=2):
        await planned(await judged())


async def test_progress_counts_what_is_assigned_submitted_and_begun() -> None:
    each_judged = await judged()
    await each_judged.facts.save_judges(
        each_judged.id, [Judge("J9", "", ("A",), (), JudgeRole.CHIEF), Judge("K1", "", ("B",), (), JudgeRole.SCORING)]
    )
    await each_judged.score("E1", 50)
    await write_ballot(
        await each_judged.season(),
        JUDGES[0],
        "E2",
        "work",
        {},
        round_id="heats",
        account="account-J1",
        submit=False,
        comment="",
        note="",
        store=each_judged.store,
    )

    async def seen() -> list[tuple[str, int, int, int]]:
        season = await each_judged.season()
        progresses = await progress(season, season.shown, each_judged.store)
        return [(judge.judge, judge.assigned, judge.submitted, judge.drafts) for judge in progresses]

    assert await seen() == [("J1", 3, 1, 1), ("J2", 3, 0, 0)]
    await each_judged.panels.assign(each_judged.id, "heats", "J2", ["E3"])
    assert await seen() == [("J1", 1, 1, 1), ("J2", 1, 0, 0)]


async def overseen() -> tuple[Judged, Any]:
    """Six works by two judges, of whom the second gives ten points less; the spread of E6 is looked at."""
    rules = two_rounds()
    pair = Panel.model_validate(
        {"ballots": 2, "method": "trimmed-mean", "drop_high": 0, "drop_low": 1, "min_ballots": 2, "spread_review": 15}
    )
    each_judged = await judged(rules.model_copy(update={"panels": {"one": pair}}))
    points = {"E1": (90, 80), "E2": (80, 70), "E3": (70, 60), "E7": (60, 50), "E8": (50, 40), "E9": (40, 30)}
    for entry in ("E7", "E8", "E9"):
        await each_judged.tell(entry, unit="P02")
    for entry, given in points.items():
        each_judged.clock.at += 60_000_000
        for judge, value in zip(JUDGES, given, strict=True):
            await each_judged.score(entry, value, judge)
    season = await each_judged.season()
    return each_judged, await oversee(season, season.shown, each_judged.store)


async def test_the_chief_judge_sees_who_is_strict_and_how_far_judges_agree() -> None:
    _, result = await overseen()
    (quality,) = result.qualities
    assert (quality.track, quality.component, quality.connected) == ("A", "work", True)
    assert [(mark.judge, mark.count, round(mark.severity, 6), mark.stands_out) for mark in quality.marks] == [
        ("J1", 6, 5.0, True),
        ("J2", 6, -5.0, True),
    ]
    assert [mark.seconds for mark in quality.marks] == [60.0, 60.0]
    assert quality.intraclass
    assert round(quality.intraclass.fixed, 6) == 1.0
    assert quality.alpha is not None
    assert (result.expected, result.submitted, result.apart, result.open) == (12, 12, (), ())


async def test_ballots_that_lie_apart_are_shown_the_widest_first() -> None:
    judged, _ = await overseen()
    await judged.score("E1", 60, JUDGES[1])
    await judged.score("E2", 64, JUDGES[1])
    await judged.score("E3", 55, JUDGES[1])
    season = await judged.season()
    overview = await oversee(season, season.shown, judged.store)
    assert [(apart.entry, apart.values, apart.limit) for apart in overview.apart] == [
        ("E1", (60.0, 90.0), 15.0),
        ("E2", (64.0, 80.0), 15.0),
    ], "fifteen is not apart yet"


async def test_what_another_way_of_counting_would_change_is_shown() -> None:
    judged, before = await overseen()
    assert (before.raw, before.calibrated) == ((), ())
    await judged.score("E2", 78, JUDGES[1])
    await judged.score("E1", 76, JUDGES[1])
    await judged.score("E2", 90, JUDGES[0])
    await judged.score("E1", 100, JUDGES[0])
    season = await judged.season()
    overview = await oversee(season, season.shown, judged.store)
    # By the season's panel E2 has 90 (the lower is dropped) and E1 the median 88; by plain means E1 has 88 and E2 84.
    swapped = {("E1", "A-P", "second", "first"), ("E2", "A-P", "first", "second")}
    assert {(change.entry, change.group, change.now, change.other) for change in overview.raw} == swapped
    assert {(change.entry, change.group, change.now, change.other) for change in overview.calibrated} == swapped
