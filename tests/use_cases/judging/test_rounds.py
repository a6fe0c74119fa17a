"""Closing rounds, seats in the next one, and what the rules leave open."""

from dataclasses import replace
from typing import Any

import pytest

from services.judging.application.rounds import close_round, early, entry_left, moment_of, settle, stated_reason
from shared.errors import Invalid, InvalidState, LaurelError, NotFound, Unavailable
from shared.events.judging import AdvancementDecidedV1, RoundClosedV1
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
    assert each_judged.told.subjects() == [RoundClosedV1.SUBJECT, AdvancementDecidedV1.SUBJECT]
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
