"""Closing rounds, seats in the next one, and what the rules leave open."""

from dataclasses import replace
from typing import Any

import pytest

from services.judging.application.rounds import (
    close_round,
    early,
    entry_left,
    give_seats,
    moment_of,
    open_decisions,
    settle,
    stated_reason,
)
from shared.errors import Invalid, InvalidState, LaurelError, NotFound, Unavailable
from shared.events.judging import AdvancementDecidedV1, RoundClosedV1, SeatsGivenV1
from shared.season.rules import SeasonRules
from shared.season.time import to_unix_micros
from tests.support.fakes.judged_season import AFTER_HEATS, CHIEF, DURING, DURING_FINAL, Judged, judged
from tests.support.refusals import refused
from tests.support.rules import two_rounds

CLOSES = to_unix_micros(two_rounds().rounds[0].judging.closes)


def seated(judged: Judged) -> list[tuple[str, str, bool]]:
    """The seats that were told last."""
    return [(seat.entry, seat.via, seat.left) for seat in judged.told.of(AdvancementDecidedV1)[-1].seats]


@pytest.mark.parametrize(("when", "reason", "taken"), [
    (CLOSES - 1, "", False),
    (CLOSES - 1, " abc ", False),
    (CLOSES - 1, " abcd ", True),
    (CLOSES, "", True),
])  # fmt: skip
async def test_closing_before_the_end_of_judging_needs_a_reason(when: int, reason: str, taken: bool) -> None:
    each_judged = await judged(now=when)
    if not taken:
        with refused("reason-needed"):
            await close_round(await each_judged.season(), "heats", None, reason, CHIEF, each_judged.store)
        assert each_judged.told.events == []
        return
    await close_round(await each_judged.season(), "heats", None, reason, CHIEF, each_judged.store)

    season = await each_judged.season()
    assert (season.closings, season.stage) == ({"heats": when}, "open")
    assert season.reasons == ({"closed-heats": reason.strip()} if reason else {})


async def test_closing_tells_the_round_and_its_seats() -> None:
    each_judged = await judged()
    await each_judged.heats()
    each_judged.told.forget()
    await each_judged.close()

    closed = each_judged.told.of(RoundClosedV1)[0]
    assert (closed.season, closed.round, closed.closed_at) == (each_judged.id, "heats", AFTER_HEATS)
    assert (closed.entries, closed.ballots) == (5, 3)
    assert each_judged.told.subjects() == [RoundClosedV1.SUBJECT, SeatsGivenV1.SUBJECT]
    told = each_judged.told.of(AdvancementDecidedV1)[0]
    assert (told.round, told.to, told.given_at) == ("heats", "final", AFTER_HEATS)
    assert seated(each_judged) == [("E1", "quota", False), ("E2", "quota", False)]


async def test_closing_again_changes_nothing() -> None:
    each_judged = await judged()
    await each_judged.heats()
    await each_judged.close()
    told, season = len(each_judged.told.events), await each_judged.season()
    await each_judged.close(when=DURING_FINAL)
    assert len(each_judged.told.events) == told
    assert await each_judged.season() == season


async def test_rounds_are_closed_in_their_order_and_the_last_closes_the_season() -> None:
    each_judged = await judged()
    with refused("round-before-open"):
        await close_round(await each_judged.season(), "final", None, "at once", CHIEF, each_judged.store)
    with refused("no-such-round", NotFound):
        await close_round(await each_judged.season(), "semis", None, "at once", CHIEF, each_judged.store)
    await each_judged.heats()
    await each_judged.close()
    await each_judged.close("final", DURING_FINAL + 10**12)
    season = await each_judged.season()
    assert (season.stage, list(season.closings)) == ("closed", ["heats", "final"])
    assert season.current is None
    assert season.shown.id == "final"
    assert each_judged.told.of(RoundClosedV1)[1].entries == 2, "those with a seat"


async def test_whoever_closes_at_the_same_moment_hears_of_it() -> None:
    each_judged = await judged()
    read = await each_judged.season()
    await each_judged.close()
    with refused("changed-meanwhile", Unavailable):
        await close_round(read, "heats", None, "", CHIEF, each_judged.store)


@pytest.mark.parametrize(("mode", "stated", "kind", "code"), [
    ("live", 5, InvalidState, "live-season"),
    ("records", None, Invalid, "action-field"),
])  # fmt: skip
async def test_the_time_is_the_clocks_or_what_a_record_states(
    mode: str, stated: int | None, kind: type[LaurelError], code: str
) -> None:
    each_judged = await judged(mode=mode)
    with refused(code, kind):
        await moment_of(await each_judged.season(), stated, each_judged.store)


async def test_records_state_their_time_and_live_seasons_read_the_clock() -> None:
    on_paper, live = await judged(mode="records"), await judged()
    assert await moment_of(await on_paper.season(), 5, on_paper.store) == 5
    assert await moment_of(await live.season(), None, live.store) == DURING


async def test_a_reason_is_kept_beside_the_others() -> None:
    season = replace(await (await judged()).season(), reasons={"a": "first"})
    assert early(season, "b", 1, 2, " second ") == {"reasons": {"a": "first", "b": "second"}}
    assert early(season, "b", 2, 2, "second") == {}
    assert stated_reason(" four ") == "four"


async def test_an_entry_that_leaves_gives_its_seat_to_the_next() -> None:
    each_judged = await judged()
    await each_judged.heats()
    await each_judged.close()
    await each_judged.leaves("E1", "final", AFTER_HEATS + 5)
    await entry_left(await each_judged.season(), "final", each_judged.store)
    assert seated(each_judged) == [("E1", "quota", True), ("E2", "quota", False), ("E3", "alternate", False)]
    told = len(each_judged.told.events)
    await entry_left(await each_judged.season(), "final", each_judged.store)
    await entry_left(await each_judged.season(), "heats", each_judged.store)
    assert len(each_judged.told.events) == told, "nothing new is not told"


async def test_who_leaves_before_the_round_is_closed_waits_for_the_closing() -> None:
    each_judged = await judged()
    await each_judged.leaves("E1", "final", DURING)
    await entry_left(await each_judged.season(), "final", each_judged.store)
    assert each_judged.told.of(AdvancementDecidedV1) == []


def with_seats(**changes: Any) -> SeasonRules:
    """Two rounds whose first one gives its seats otherwise."""
    rules = two_rounds()
    advance = rules.rounds[0].advance
    assert advance
    heats = rules.rounds[0].model_copy(update={"advance": advance.model_copy(update=changes)})
    return rules.model_copy(update={"rounds": (heats, rules.rounds[1])})


async def equals(rules: SeasonRules, units: tuple[str, str, str], points: tuple[int, int, int]) -> Judged:
    """Three entries of these schools that were handed in at one moment, and their scores."""
    each_judged = await judged(rules)
    for number, unit in enumerate(units, 1):
        await each_judged.tell(f"E{number}", version=2, unit=unit, submitted_at=7)
    await each_judged.heats(points)
    await each_judged.close()
    return each_judged


OPEN_TIES: list[tuple[dict[str, Any], tuple[str, str, str], tuple[int, int, int], list[str], tuple[str, ...], int]] = [
    # one school with one place: either of its two equal entries
    ({"per_school": 1}, ("P01", "P02", "P02"), (90, 80, 80), ["E1"], ("E2", "E3"), 1),
    ({"per_school": 1}, ("P02", "P02", "P01"), (90, 90, 80), ["E3"], ("E1", "E2"), 1),
    ({"per_school": 1, "ties_at_line": "include"}, ("P02", "P02", "P01"), (90, 90, 80), ["E3"], ("E1", "E2"), 1),
    # equal across the line, two of them of one school: all three may be chosen
    ({"per_school": 1, "places": {"A": {"P": 1}}}, ("P02", "P02", "P01"), (80, 80, 80), [], ("E1", "E2", "E3"), 1),
    ({"places": {"A": {"P": 2}}}, ("P01", "P02", "P03"), (90, 80, 80), ["E1"], ("E2", "E3"), 1),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "units", "points", "given", "options", "count"), OPEN_TIES)
async def test_no_seat_goes_by_number_where_entries_are_equal(
    changes: dict[str, Any],
    units: tuple[str, str, str],
    points: tuple[int, int, int],
    given: list[str],
    options: tuple[str, ...],
    count: int,
) -> None:
    """Keeps away: of two equal entries of a school that has one place left, the one with the lower number goes on."""
    judged = await equals(with_seats(**changes), units, points)
    season = await judged.season()
    seating = await give_seats(season, season.rules.rounds[0], judged.store)
    assert [(item.options, item.seats) for item in seating.open] == [(options, count)]
    assert [name for name, _, _ in seated(judged)] == given

    await settle(season, "heats", [options[-1]], "drawn in public", CHIEF, judged.store)

    assert [name for name, _, _ in seated(judged)] == sorted([*given, options[-1]])
    assert (await give_seats(season, season.rules.rounds[0], judged.store)).open == ()


async def test_the_pool_ends_at_no_number_either() -> None:
    """Keeps away: a seat that a school cannot fill goes to the lower number of two equal entries."""
    judged = await judged_with_a_pool()
    assert seated(judged) == []
    await settle(await judged.season(), "heats", ["E3"], "drawn in public", CHIEF, judged.store)
    assert seated(judged) == [("E3", "pool", False)]


async def judged_with_a_pool() -> Judged:
    """One seat, of a school without scores; entries 2 and 3 are equal for it."""
    each_judged = await judged(with_seats(share_among="school", places={"A": {"P": 1}}))
    for number, unit in ((1, "P02"), (2, "P02"), (3, "P03"), (7, "P01"), (8, "P01"), (9, "P01")):
        await each_judged.tell(f"E{number}", version=2, unit=unit, submitted_at=7)
    await each_judged.heats((60, 80, 80))
    await each_judged.close()
    return each_judged


async def test_who_moves_up_is_decided_where_the_next_in_line_are_equal() -> None:
    """Keeps away: an alternate by number, and a second decision that undoes the first."""
    rules = with_seats(places={"A": {"P": 1}})
    judged = await equals(rules, ("P01", "P02", "P03"), (90, 80, 80))
    season = await judged.season()
    await judged.leaves("E1", "final", AFTER_HEATS + 5)
    await entry_left(season, "final", judged.store)
    assert seated(judged) == [("E1", "quota", True)]

    await settle(season, "heats", ["E3"], "drawn in public", CHIEF, judged.store)
    assert seated(judged) == [("E1", "quota", True), ("E3", "alternate", False)]

    await judged.leaves("E3", "final", AFTER_HEATS + 6)
    await entry_left(season, "final", judged.store)
    assert seated(judged)[1:] == [("E2", "alternate", False), ("E3", "alternate", True)], "nobody is equal to E2 now"


async def test_what_is_open_is_told_as_it_is_now() -> None:
    """Keeps away: a decision that was taken still asked for, or one that came up since not asked for, while the seats stay."""
    judged = await judged_with_a_pool()
    season = await judged.season()
    heats = season.rules.rounds[0]
    assert [item.options for item in await open_decisions(season, heats, judged.store)] == [("E2", "E3")]
    await judged.tell("E3", version=3, unit="P03", submitted_at=8)
    assert await open_decisions(season, heats, judged.store) == ()


async def test_a_second_decision_goes_behind_the_first() -> None:
    judged = await equals(with_seats(places={"A": {"P": 1}}), ("P01", "P02", "P03"), (80, 80, 80))
    season = await judged.season()
    await settle(season, "heats", ["E3"], "drawn in public", CHIEF, judged.store)
    await judged.leaves("E3", "final", AFTER_HEATS + 5)
    await entry_left(season, "final", judged.store)
    assert seated(judged) == [("E3", "quota", True)]
    await settle(season, "heats", ["E2"], "drawn again", CHIEF, judged.store)
    assert seated(judged) == [("E2", "alternate", False), ("E3", "quota", True)]


async def equal_at_the_line() -> Judged:
    """Entries 2 and 3 have one score and handed in at one moment; one seat is left for them."""
    each_judged = await judged()
    for entry in ("E2", "E3"):
        await each_judged.tell(entry, version=2, unit="P02", submitted_at=7)
    await each_judged.heats((90, 80, 80))
    await each_judged.close()
    return each_judged


async def test_a_seat_that_the_rules_leave_open_waits_for_a_decision() -> None:
    judged = await equal_at_the_line()
    assert seated(judged) == [("E1", "quota", False)]

    await settle(await judged.season(), "heats", ["E3"], " drawn in public ", CHIEF, judged.store)

    assert seated(judged) == [("E1", "quota", False), ("E3", "quota", False)]
    kept = next(value for key, value in judged.facts.actions.items().items() if "/preference-heats-" in key)
    assert kept == {
        "type": "preference",
        "at": AFTER_HEATS,
        "round": "heats",
        "first": ["E3"],
        "options": ["E2", "E3"],
        "reason": "drawn in public",
        "by": "chief",
    }


@pytest.mark.parametrize(("first", "reason", "code"), [
    (["E1"], "drawn in public", "nothing-open"),
    (["E2", "E3"], "drawn in public", "nothing-open"),
    ([], "drawn in public", "nothing-open"),
    (["E2"], "  x ", "reason-needed"),
])  # fmt: skip
async def test_only_what_is_open_is_settled_and_for_a_reason(first: list[str], reason: str, code: str) -> None:
    judged = await equal_at_the_line()
    with refused(code):
        await settle(await judged.season(), "heats", first, reason, CHIEF, judged.store)


async def test_in_a_season_on_paper_seats_are_given_at_the_stated_time() -> None:
    each_judged = await judged(mode="records")
    await each_judged.scores.save_tests(each_judged.id, [], may_add=True)
    await close_round(await each_judged.season(), "heats", CLOSES, "", CHIEF, each_judged.store)
    assert each_judged.told.of(AdvancementDecidedV1)[0].given_at == CLOSES


async def test_units_that_are_equal_for_a_seat_wait_together() -> None:
    shared: dict[str, Any] = {"share_among": "school", "places": {"A": {"P": 2}}}
    rules = two_rounds()
    advance = rules.rounds[0].advance
    assert advance
    heats = rules.rounds[0].model_copy(update={"advance": advance.model_copy(update=shared)})
    each_judged = await judged(rules.model_copy(update={"rounds": (heats, rules.rounds[1])}))
    await each_judged.heats()
    await each_judged.close()
    assert seated(each_judged) == [], "three schools are equal for two seats"

    await settle(await each_judged.season(), "heats", ["P03", "P01"], "drawn in public", CHIEF, each_judged.store)

    assert [name for name, _, _ in seated(each_judged)] == ["E1", "E3"]
