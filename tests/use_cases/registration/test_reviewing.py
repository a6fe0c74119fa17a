"""Review by levels with places, nominations in order, opening and amending a season."""

from dataclasses import replace
from typing import Any

import pytest

from services.registration.application.entering import submit, unsubmit_entry
from services.registration.application.nominating import nominated, rank, send_on
from services.registration.application.ports import StoredEntry
from services.registration.application.reviewing import Reviewer, places, review, review_many, verdict_of
from services.registration.application.seasons import amend_season, open_season, season_of
from services.registration.domain.reviewing import Verdict
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound
from shared.events.registration import EntryAcceptedV1, SeasonAmendedV1, SeasonOpenedV1
from shared.season.rules import SeasonRules
from shared.states import EntryStatus
from tests.support.refusals import refused
from tests.support.registered import CLOSES, OPEN, ORGANIZER, UNITS, Registered, registered
from tests.support.rules import at, season_rules

TREE = {unit.unit: unit for unit in UNITS}
SCHOOL, OTHER = Reviewer("head", "P01", "school"), Reviewer("other head", "P02", "school")


def stepwise(**changes: Any) -> SeasonRules:
    """School, then city; a school sends one entry of A-J on."""
    nominations = {"level": "school", "places": {"A": {"J": "1"}}, "except": {"P02": {"A": {"J": "2"}}}}
    return season_rules(review_steps=["school", "city"], nominations=nominations, **changes)


async def decided(
    one: Registered,
    entry: StoredEntry,
    verdict: str = "approved",
    by: Reviewer = ORGANIZER,
    reason: str = "",
    now: int = OPEN,
) -> StoredEntry:
    return await review(await one.season(), entry, verdict_of(verdict), reason, by, TREE, now, one.store)


async def test_one_level_is_enough_where_the_season_says_nothing() -> None:
    one = await registered()
    entry = await decided(one, await one.submitted())
    assert (entry.standing, entry.entry.review, entry.approvals, entry.told) == ("valid", "approved", ("city",), True)
    (told,) = one.told.of(EntryAcceptedV1)
    assert (told.standing, told.version) == ("valid", 3)
    note = (await one.kept(entry)).history[-1]
    assert {name: note[name] for name in ("what", "by", "level", "reason")} == {
        "what": "approved",
        "by": "organizer",
        "level": "city",
        "reason": "",
    }


async def test_levels_approve_in_their_turn_and_the_last_tells() -> None:
    one = await registered(stepwise())
    entry = await one.submitted()
    first = await decided(one, entry, by=SCHOOL)
    assert (first.standing, first.approvals, first.told) == ("pending", ("school",), False)
    assert one.told.of(EntryAcceptedV1) == []
    with refused("not-your-turn", NotAllowed):
        await decided(one, first, by=SCHOOL)
    last = await decided(one, first)
    assert (last.standing, last.approvals) == ("valid", ("school", "city"))
    assert len(one.told.of(EntryAcceptedV1)) == 1


async def test_what_a_school_approved_is_approved_anew_once_it_was_taken_back() -> None:
    one = await registered(stepwise())
    entry = await decided(one, await one.submitted(), by=SCHOOL)
    back = await unsubmit_entry(await one.season(), entry, "acc", OPEN, one.store)
    assert (back.standing, back.approvals) == ("draft", ())
    again = await submit(await one.season(), back, OPEN, one.works, one.store, by="acc")
    assert (again.standing, again.approvals) == ("pending", ())


async def test_a_higher_level_acts_in_place_of_the_lower_ones() -> None:
    one = await registered(stepwise())
    entry = await decided(one, await one.submitted())
    assert (entry.standing, entry.approvals) == ("valid", ("school", "city"))


@pytest.mark.parametrize("verdict", Verdict)
async def test_nobody_reviews_what_is_not_under_their_unit(verdict: str) -> None:
    one = await registered(stepwise())
    with refused("role-needed", NotAllowed):
        await decided(one, await one.submitted(), verdict, OTHER, "because")


REFUSED: list[tuple[str, EntryStatus, str, type[LaurelError], str]] = [
    ("accepted", EntryStatus.PENDING, "because", Invalid, "verdict-unknown"),
    ("returned", EntryStatus.PENDING, "  ", InvalidState, "reason-needed"),
    ("rejected", EntryStatus.PENDING, "", InvalidState, "reason-needed"),
    ("reopened", EntryStatus.REJECTED, "", InvalidState, "reason-needed"),
    ("reopened", EntryStatus.PENDING, "because", InvalidState, "entry-not-pending"),
    ("approved", EntryStatus.REJECTED, "because", InvalidState, "entry-not-pending"),
    ("approved", EntryStatus.DRAFT, "", InvalidState, "entry-not-pending"),
    ("rejected", EntryStatus.VALID, "because", InvalidState, "entry-not-pending"),
]


@pytest.mark.parametrize(("verdict", "standing", "reason", "kind", "code"), REFUSED)
async def test_a_verdict_fits_where_the_entry_stands_and_states_its_reason(
    verdict: str, standing: EntryStatus, reason: str, kind: type[LaurelError], code: str
) -> None:
    one = await registered()
    entry = replace(await one.submitted(), standing=standing)
    with refused(code, kind):
        await decided(one, entry, verdict, reason=reason)
    assert (await one.kept(entry)).standing == "pending"


async def test_what_was_not_handed_in_is_not_pending() -> None:
    one = await registered()
    entry = await one.submitted()
    with refused("entry-not-pending"):
        await decided(one, replace(entry, entry=replace(entry.entry, submitted_at=None)))


async def test_returned_entries_are_the_entrants_again_and_rejected_ones_free_their_places() -> None:
    one = await registered(season_rules(limits={"entries_per_student_and_track": "1"}))
    who = await one.student()
    returned = await decided(one, await one.submitted(who), "returned", reason=" unclear ")
    assert (returned.standing, returned.entry.review, returned.approvals) == ("returned", "returned", ())
    assert returned.slots
    assert (await one.kept(returned)).history[-1]["reason"] == "unclear"
    other = await one.submitted(await one.student("本"))
    rejected = await decided(one, other, "rejected", reason="not own work")
    assert (rejected.standing, rejected.slots) == ("rejected", ())
    assert (await one.kept(rejected)).slots == ()
    reopened = await decided(one, rejected, "reopened", reason="a mistake")
    assert (reopened.standing, reopened.entry.review) == ("pending", "")
    assert reopened.slots, "its places are taken again"
    assert one.told.of(EntryAcceptedV1) == []


async def test_what_is_reopened_needs_its_places() -> None:
    one = await registered(season_rules(limits={"entries_per_student_and_track": "1"}))
    who = await one.student()
    rejected = await decided(one, await one.submitted(who), "rejected", reason="not own work")
    await one.submitted(who)
    with refused("limit-track"):
        await decided(one, rejected, "reopened", reason="a mistake")


TIMED = {
    "registration": {"opens": "2025-03-03T09:00:00", "closes": "2025-03-28T17:00:00"},
    "results_notice": {"opens": "2025-04-21T00:00:00", "closes": "2025-04-26T00:00:00"},
    "school_review": {"closes": "2025-03-29T00:00:00"},
    "city_review": {"closes": "2025-03-30T00:00:00"},
}
SCHOOL_CLOSES, CITY_CLOSES = at("2025-03-29T00:00:00"), at("2025-03-30T00:00:00")


@pytest.mark.parametrize(("by", "now", "taken"), [
    (SCHOOL, SCHOOL_CLOSES, True), (SCHOOL, SCHOOL_CLOSES + 1, False),
    (ORGANIZER, SCHOOL_CLOSES + 1, True), (ORGANIZER, CITY_CLOSES + 1, True),
])  # fmt: skip
async def test_each_level_reviews_until_its_time_and_the_top_longer(by: Reviewer, now: int, taken: bool) -> None:
    one = await registered(stepwise(timeline=TIMED))
    entry = await one.submitted()
    if taken:
        assert (await decided(one, entry, by=by, now=now)).approvals
    else:
        with refused("review-closed"):
            await decided(one, entry, by=by, now=now)


async def test_a_unit_sends_on_as_many_as_it_has_places() -> None:
    one = await registered(stepwise())
    first, second = await one.submitted(), await one.submitted(await one.student("本"))
    other = [await one.submitted(await one.student(name, unit="P02")) for name in ("三", "四")]
    first = await decided(one, first, by=SCHOOL)
    with refused("limit-nominations", limit=1):
        await decided(one, second, by=SCHOOL)
    for entry in other:
        assert (await decided(one, entry, by=OTHER)).approvals == ("school",), "this unit has two"
    assert {group: (found.cap, found.used, found.left) for group, found in (await places(await one.season(), "P01", one.store)).items()} == {
        ("A", "J"): (1, 1, 0)
    }  # fmt: skip
    with refused("limit-nominations"):
        await decided(one, second)  # also for a higher level
    await decided(one, first, "returned", reason="unclear")
    assert (await decided(one, second, by=SCHOOL)).approvals == ("school",), "the place is free again"


async def test_without_nominations_there_are_no_places() -> None:
    one = await registered()
    assert await places(await one.season(), "P01", one.store) == {}


async def test_many_are_reviewed_one_by_one_each_with_what_kept_it_back() -> None:
    one = await registered(stepwise())
    entries = [await one.submitted(), await one.submitted(await one.student("本"))]
    entries.append(await one.submitted(await one.student("三", unit="P02")))
    outcome = await review_many(await one.season(), entries, Verdict.APPROVED, "", SCHOOL, TREE, OPEN, one.store)
    assert [error.code if error else "" for _, error in outcome] == ["", "limit-nominations", "role-needed"]
    assert outcome[1][0] == entries[1]


async def test_a_unit_ranks_and_sends_on_the_first() -> None:
    one = await registered(stepwise())
    season = await one.season()
    entries = [await one.submitted(await one.student(name)) for name in ("一", "二", "三")]
    ids = [entry.entry.entry for entry in entries]

    async def now() -> Any:
        present = list((await one.entries.of(one.id)).values())
        return await nominated(season, "P01", "A", "J", present, one.rankings)

    group = await now()
    assert (group.cap, group.left, group.sent) == (1, 1, ())
    assert [found.entry.entry for found in group.ready] == sorted(ids), "equal in time: by number"
    await rank(season, "P01", "A", "J", group, [ids[2], ids[0]], one.rankings)
    group = await now()
    assert [found.entry.entry for found in group.ready] == [ids[2], ids[0], ids[1]]

    outcome = await send_on(season, group, SCHOOL, TREE, OPEN, one.store)

    assert [(entry.entry.entry, error) for entry, error in outcome] == [(ids[2], None)]
    group = await now()
    assert ([found.entry.entry for found in group.sent], group.left) == ([ids[2]], 0)
    assert await send_on(season, group, SCHOOL, TREE, OPEN, one.store) == []
    await rank(season, "P01", "A", "J", group, [ids[0], ids[2], ids[1]], one.rankings)
    assert [found.entry.entry for found in (await now()).sent] == [ids[2]], "those sent on stay in front"
    with refused("role-needed", NotAllowed):
        await send_on(season, group, OTHER, TREE, OPEN, one.store)


async def test_whoever_leaves_gives_the_place_to_the_next_in_line() -> None:
    one = await registered(stepwise())
    season = await one.season()
    entries = [await one.submitted(await one.student(name)) for name in ("一", "二")]
    sent = await decided(one, entries[0], by=SCHOOL)
    await decided(one, sent, "returned", reason="unclear")
    present = list((await one.entries.of(one.id)).values())
    group = await nominated(season, "P01", "A", "J", present, one.rankings)
    assert ([found.entry.entry for found in group.ready], group.sent) == ([entries[1].entry.entry], ())
    outcome = await send_on(season, group, SCHOOL, TREE, CLOSES, one.store)
    assert [entry.approvals for entry, _ in outcome] == [("school",)]


async def test_a_season_is_opened_once_with_its_rules() -> None:
    one = await registered()
    rules = season_rules(season={"id": "2026", "title": {"zh": "明年"}}, serials=None)
    opened = await open_season(rules, "live", 9, one.store)
    assert (opened.id, opened.version, opened.mode, opened.opened_at) == ("campus-ai-2026", 1, "live", 9)
    assert [event.season for event in one.told.of(SeasonOpenedV1)] == [opened.id]
    assert await open_season(rules, "live", 99, one.store) == opened
    assert len(one.told.of(SeasonOpenedV1)) == 1
    other = season_rules(season={"id": "2026", "title": {"zh": "后年"}}, serials=None)
    for ask in (open_season(other, "live", 9, one.store), open_season(rules, "records", 9, one.store)):
        with refused("season-frozen", season=opened.id):
            await ask


OVERLAPS: list[tuple[dict[str, Any], str]] = [
    ({"season": {"id": "2026", "title": {"zh": "明年"}}}, "serial-prefix-taken"),
    ({"series": {"id": "campus", "title": {"zh": "校园"}}, "serials": None}, "series-overlaps"),
    ({"series": {"id": "campus-ai-junior", "title": {"zh": "校园"}}, "serials": None}, "series-overlaps"),
    ({"series": {"id": "campus-air", "title": {"zh": "校园"}}, "serials": None}, ""),
]


@pytest.mark.parametrize(("changes", "code"), OVERLAPS)
async def test_seasons_share_no_numbers_and_hosts_no_beginning_of_a_name(changes: dict[str, Any], code: str) -> None:
    one = await registered()
    if code:
        with refused(code):
            await open_season(season_rules(**changes), "live", 9, one.store)
        assert one.told.events == []
    else:
        assert await open_season(season_rules(**changes), "live", 9, one.store)


@pytest.mark.parametrize(("mode", "wanted", "code"), [
    ("records", "live", "records-season"), ("live", "records", "live-season"), ("live", "live", ""), ("live", None, ""),
])  # fmt: skip
async def test_a_season_is_asked_for_in_its_mode(mode: str, wanted: Any, code: str) -> None:
    one = await registered(mode=mode)
    with refused("no-such-season", NotFound):
        await season_of("other", one.store)
    if code:
        with refused(code):
            await season_of(one.id, one.store, mode=wanted)
    else:
        assert (await season_of(one.id, one.store, mode=wanted)).id == one.id


async def test_rules_are_amended_for_a_reason_and_told() -> None:
    one = await registered()
    season = await one.season()
    rules = season_rules(sponsors=[{"zh": "另一个"}])
    assert await amend_season(season, season.rules, "", OPEN, one.store) == season
    with refused("reason-needed"):
        await amend_season(season, rules, " ", OPEN, one.store)

    amended = await amend_season(season, rules, " a new sponsor ", OPEN, one.store)

    assert (amended.version, amended.rules) == (2, rules)
    (amendment,) = amended.amendments
    assert (amendment.version, amendment.at, amendment.reason) == (2, OPEN, "a new sponsor")
    assert all(path.startswith("sponsors") for path, _, _ in amendment.changes)
    assert await one.season() == amended
    (told,) = one.told.of(SeasonAmendedV1)
    assert (told.version, told.reason, told.amended_at, told.rules) == (2, "a new sponsor", OPEN, rules)


def amended_by(**changes: Any) -> SeasonRules:
    return season_rules(**changes)


JUDGED = at("2025-04-07T00:00:00")
EXAMPLE = season_rules().model_dump(mode="json")
LIMITS = {"limits": {"entries_per_student": "3"}}
FROZEN: list[tuple[dict[str, Any], int, str]] = [
    ({"unit_levels": ["city", "district", "school"]}, OPEN, "unit_levels"),
    ({"time_zone": "UTC"}, OPEN, "time_zone"),
    ({"jurisdiction": "EU"}, OPEN, "jurisdiction"),
    ({"tracks": [*EXAMPLE["tracks"], {"id": "C", "title": {"zh": "丙"}, "divisions": ["P"]}],
      "rounds": [{**EXAMPLE["rounds"][0], "scoring": {**EXAMPLE["rounds"][0]["scoring"], "C": EXAMPLE["rounds"][0]["scoring"]["A"]}}]},
     OPEN, "tracks.C"),
    ({"tracks": [{**EXAMPLE["tracks"][0], "divisions": ["P"]}, EXAMPLE["tracks"][1]]}, OPEN, "tracks.A.divisions"),
    ({"tracks": [{**EXAMPLE["tracks"][0], "members": [1, 2]}, EXAMPLE["tracks"][1]]}, JUDGED, "tracks.A.members"),
    (LIMITS, JUDGED, "limits"),
    ({"timeline": {**EXAMPLE["timeline"], "registration": {**EXAMPLE["timeline"]["registration"], "opens": "2025-03-02T09:00:00"}}},
     OPEN, "timeline.registration.opens"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "now", "path"), FROZEN)
async def test_nothing_is_amended_that_was_filed_applied_or_has_passed(
    changes: dict[str, Any], now: int, path: str
) -> None:
    one = await registered()
    with pytest.raises(InvalidState) as caught:
        await amend_season(await one.season(), season_rules(**changes), "because", now, one.store)
    assert caught.value.code == "not-amendable"
    assert path in caught.value.values["paths"]
    assert (await one.season()).version == 1


@pytest.mark.parametrize(("changes", "now"), [
    ({"tracks": [{**EXAMPLE["tracks"][0], "members": [1, 2]}, EXAMPLE["tracks"][1]]}, JUDGED - 1),
    (LIMITS, JUDGED - 1),
    ({"timeline": {**EXAMPLE["timeline"], "registration": {**EXAMPLE["timeline"]["registration"], "closes": "2025-04-01T17:00:00"}}}, OPEN),
    ({"contacts": [{"title": {"zh": "办公室"}}]}, JUDGED),
])  # fmt: skip
async def test_what_lies_ahead_may_be_amended(changes: dict[str, Any], now: int) -> None:
    one = await registered()
    assert (await amend_season(await one.season(), season_rules(**changes), "because", now, one.store)).version == 2
