"""Review by levels with places, nominations in order, opening and amending a season."""

from dataclasses import replace
from typing import Any

import pytest

from services.registration.application.entering import submit, unsubmit_entry
from services.registration.application.nominating import nominate, rank, send_on
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.reviewing import Reviewer, places, review, review_many, verdict_of
from services.registration.application.seasons import amend_season, open_season, season_of
from services.registration.domain.reviewing import Verdict
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound
from shared.events.registration import EntryAcceptedV1, SeasonAmendedV1, SeasonOpenedV1
from shared.identity import Grant, Principal, Role
from shared.season.reading import load_season
from shared.season.rules import SeasonRules
from shared.states import EntryStatus
from tests.conftest import BEIJING
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
    registered: Registered,
    entry: StoredEntry,
    verdict: str = "approved",
    by: Reviewer = ORGANIZER,
    reason: str = "",
    now: int = OPEN,
) -> StoredEntry:
    return await review(await registered.season(), entry, verdict_of(verdict), reason, by, TREE, now, registered.store)


async def test_one_level_is_enough_where_the_season_says_nothing() -> None:
    each_registered = await registered()
    entry = await decided(each_registered, await each_registered.submitted())
    assert (entry.standing, entry.entry.review, entry.approvals, entry.published) == (
        "valid",
        "approved",
        ("city",),
        True,
    )
    (told,) = each_registered.told.of(EntryAcceptedV1)
    assert (told.standing, told.version) == ("valid", 3)
    note = (await each_registered.kept(entry)).history[-1]
    assert {name: note[name] for name in ("what", "by", "level", "reason")} == {
        "what": "approved",
        "by": "organizer",
        "level": "city",
        "reason": "",
    }


async def test_levels_approve_in_their_turn_and_the_last_tells() -> None:
    each_registered = await registered(stepwise())
    entry = await each_registered.submitted()
    first = await decided(each_registered, entry, by=SCHOOL)
    assert (first.standing, first.approvals, first.published) == ("pending", ("school",), False)
    assert each_registered.told.of(EntryAcceptedV1) == []
    with refused("not-your-turn", NotAllowed):
        await decided(each_registered, first, by=SCHOOL)
    last = await decided(each_registered, first)
    assert (last.standing, last.approvals) == ("valid", ("school", "city"))
    assert len(each_registered.told.of(EntryAcceptedV1)) == 1


async def test_what_a_school_approved_is_approved_anew_once_it_was_taken_back() -> None:
    each_registered = await registered(stepwise())
    entry = await decided(each_registered, await each_registered.submitted(), by=SCHOOL)
    back = await unsubmit_entry(await each_registered.season(), entry, "acc", OPEN, each_registered.store)
    assert (back.standing, back.approvals) == ("draft", ())
    again = await submit(
        await each_registered.season(), back, OPEN, each_registered.works, each_registered.store, by="acc"
    )
    assert (again.standing, again.approvals) == ("pending", ())


async def test_a_higher_level_acts_in_place_of_the_lower_ones() -> None:
    each_registered = await registered(stepwise())
    entry = await decided(each_registered, await each_registered.submitted())
    assert (entry.standing, entry.approvals) == ("valid", ("school", "city"))


@pytest.mark.parametrize("verdict", Verdict)
async def test_nobody_reviews_what_is_not_under_their_unit(verdict: str) -> None:
    each_registered = await registered(stepwise())
    with refused("role-needed", NotAllowed):
        await decided(each_registered, await each_registered.submitted(), verdict, OTHER, "because")


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
    each_registered = await registered()
    entry = replace(await each_registered.submitted(), standing=standing)
    with refused(code, kind):
        await decided(each_registered, entry, verdict, reason=reason)
    assert (await each_registered.kept(entry)).standing == "pending"


async def test_what_was_not_handed_in_is_not_pending() -> None:
    each_registered = await registered()
    entry = await each_registered.submitted()
    with refused("entry-not-pending"):
        await decided(each_registered, replace(entry, entry=replace(entry.entry, submitted_at=None)))


async def test_returned_entries_are_the_entrants_again_and_rejected_ones_free_their_places() -> None:
    each_registered = await registered(season_rules(limits={"entries_per_student_and_track": "1"}))
    who = await each_registered.student()
    returned = await decided(each_registered, await each_registered.submitted(who), "returned", reason=" unclear ")
    assert (returned.standing, returned.entry.review, returned.approvals) == ("returned", "returned", ())
    assert returned.slots
    assert (await each_registered.kept(returned)).history[-1]["reason"] == "unclear"
    other = await each_registered.submitted(await each_registered.student("本"))
    rejected = await decided(each_registered, other, "rejected", reason="not own work")
    assert (rejected.standing, rejected.slots) == ("rejected", ())
    assert (await each_registered.kept(rejected)).slots == ()
    reopened = await decided(each_registered, rejected, "reopened", reason="a mistake")
    assert (reopened.standing, reopened.entry.review) == ("pending", "")
    assert reopened.slots, "its places are taken again"
    assert each_registered.told.of(EntryAcceptedV1) == []


async def test_what_is_reopened_needs_its_places() -> None:
    each_registered = await registered(season_rules(limits={"entries_per_student_and_track": "1"}))
    who = await each_registered.student()
    rejected = await decided(each_registered, await each_registered.submitted(who), "rejected", reason="not own work")
    await each_registered.submitted(who)
    with refused("limit-track"):
        await decided(each_registered, rejected, "reopened", reason="a mistake")


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
    each_registered = await registered(stepwise(timeline=TIMED))
    entry = await each_registered.submitted()
    if taken:
        assert (await decided(each_registered, entry, by=by, now=now)).approvals
    else:
        with refused("review-closed"):
            await decided(each_registered, entry, by=by, now=now)


async def test_a_unit_sends_on_as_many_as_it_has_places() -> None:
    each_registered = await registered(stepwise())
    first, second = (
        await each_registered.submitted(),
        await each_registered.submitted(await each_registered.student("本")),
    )
    other = [await each_registered.submitted(await each_registered.student(name, unit="P02")) for name in ("三", "四")]
    first = await decided(each_registered, first, by=SCHOOL)
    with refused("limit-nominations", limit=1):
        await decided(each_registered, second, by=SCHOOL)
    for entry in other:
        assert (await decided(each_registered, entry, by=OTHER)).approvals == ("school",), "this unit has two"
    assert {group: (stored_places.cap, stored_places.used, stored_places.left) for group, stored_places in (await places(await each_registered.season(), "P01", each_registered.store)).items()} == {
        ("A", "J"): (1, 1, 0)
    }  # fmt: skip
    with refused("limit-nominations"):
        await decided(each_registered, second)  # also for a higher level
    await decided(each_registered, first, "returned", reason="unclear")
    assert (await decided(each_registered, second, by=SCHOOL)).approvals == ("school",), "the place is free again"


async def test_without_nominations_there_are_no_places() -> None:
    each_registered = await registered()
    assert await places(await each_registered.season(), "P01", each_registered.store) == {}


async def test_many_are_reviewed_one_by_one_each_with_what_kept_it_back() -> None:
    each_registered = await registered(stepwise())
    entries = [await each_registered.submitted(), await each_registered.submitted(await each_registered.student("本"))]
    entries.append(await each_registered.submitted(await each_registered.student("三", unit="P02")))
    outcome = await review_many(
        await each_registered.season(), entries, Verdict.APPROVED, "", SCHOOL, TREE, OPEN, each_registered.store
    )
    assert [error.code if error else "" for _, error in outcome] == ["", "limit-nominations", "role-needed"]
    assert outcome[1][0] == entries[1]


async def test_a_unit_ranks_and_sends_on_the_first() -> None:
    each_registered = await registered(stepwise())
    season = await each_registered.season()
    entries = [await each_registered.submitted(await each_registered.student(name)) for name in ("一", "二", "三")]
    ids = [entry.entry.entry for entry in entries]

    async def now() -> Any:
        present = list((await each_registered.entries.of(each_registered.id)).values())
        return await nominate(season, "P01", "A", "J", present, each_registered.rankings)

    group = await now()
    assert (group.cap, group.left, group.sent) == (1, 1, ())
    assert [result.entry.entry for result in group.ready] == sorted(ids), "equal in time: by number"
    await rank(season, "P01", "A", "J", group, [ids[2], ids[0]], each_registered.rankings)
    group = await now()
    assert [result.entry.entry for result in group.ready] == [ids[2], ids[0], ids[1]]

    outcome = await send_on(season, group, SCHOOL, TREE, OPEN, each_registered.store)

    assert [(entry.entry.entry, error) for entry, error in outcome] == [(ids[2], None)]
    group = await now()
    assert ([result.entry.entry for result in group.sent], group.left) == ([ids[2]], 0)
    assert await send_on(season, group, SCHOOL, TREE, OPEN, each_registered.store) == []
    await rank(season, "P01", "A", "J", group, [ids[0], ids[2], ids[1]], each_registered.rankings)
    assert [result.entry.entry for result in (await now()).sent] == [ids[2]], "those sent on stay in front"
    with refused("role-needed", NotAllowed):
        await send_on(season, group, OTHER, TREE, OPEN, each_registered.store)


async def test_whoever_leaves_gives_the_place_to_the_next_in_line() -> None:
    each_registered = await registered(stepwise())
    season = await each_registered.season()
    entries = [await each_registered.submitted(await each_registered.student(name)) for name in ("一", "二")]
    sent = await decided(each_registered, entries[0], by=SCHOOL)
    await decided(each_registered, sent, "returned", reason="unclear")
    present = list((await each_registered.entries.of(each_registered.id)).values())
    group = await nominate(season, "P01", "A", "J", present, each_registered.rankings)
    assert ([entry.entry.entry for entry in group.ready], group.sent) == ([entries[1].entry.entry], ())
    outcome = await send_on(season, group, SCHOOL, TREE, CLOSES, each_registered.store)
    assert [entry.approvals for entry, _ in outcome] == [("school",)]


async def test_a_season_is_opened_once_with_its_rules() -> None:
    each_registered = await registered()
    rules = season_rules(season={"id": "2026", "title": {"zh": "明年"}}, serials=None)
    opened = await open_season(rules, "live", 9, each_registered.store)
    assert (opened.id, opened.version, opened.mode, opened.opened_at) == ("campus-ai-2026", 1, "live", 9)
    assert [event.season for event in each_registered.told.of(SeasonOpenedV1)] == [opened.id]
    assert await open_season(rules, "live", 99, each_registered.store) == opened
    assert len(each_registered.told.of(SeasonOpenedV1)) == 1
    other = season_rules(season={"id": "2026", "title": {"zh": "后年"}}, serials=None)
    for ask in (
        open_season(other, "live", 9, each_registered.store),
        open_season(rules, "records", 9, each_registered.store),
    ):
        with refused("season-frozen", season=opened.id):
            await ask


async def test_a_live_season_has_no_self_assessment_yet() -> None:
    """Keeps away: a season that opens with scores that nobody could ever send."""
    rules = load_season((BEIJING / "season.yaml").read_text(encoding="utf-8"))
    each_registered = await registered()

    with refused("self-assessment-by-records"):
        await open_season(rules, "live", 9, each_registered.store)
    assert (await open_season(rules, "records", 9, each_registered.store)).mode == "records"


OVERLAPS: list[tuple[dict[str, Any], str]] = [
    ({"season": {"id": "2026", "title": {"zh": "明年"}}}, "serial-prefix-taken"),
    ({"series": {"id": "campus", "title": {"zh": "校园"}}, "serials": None}, "series-overlaps"),
    ({"series": {"id": "campus-ai-junior", "title": {"zh": "校园"}}, "serials": None}, "series-overlaps"),
    ({"series": {"id": "campus-air", "title": {"zh": "校园"}}, "serials": None}, ""),
]


@pytest.mark.parametrize(("changes", "code"), OVERLAPS)
async def test_seasons_share_no_numbers_and_hosts_no_beginning_of_a_name(changes: dict[str, Any], code: str) -> None:
    each_registered = await registered()
    if code:
        with refused(code):
            await open_season(season_rules(**changes), "live", 9, each_registered.store)
        assert each_registered.told.events == []
    else:
        assert await open_season(season_rules(**changes), "live", 9, each_registered.store)


@pytest.mark.parametrize(("mode", "wanted", "code"), [
    ("records", "live", "records-season"), ("live", "records", "live-season"), ("live", "live", ""), ("live", None, ""),
])  # fmt: skip
async def test_a_season_is_asked_for_in_its_mode(mode: str, wanted: Any, code: str) -> None:
    each_registered = await registered(mode=mode)
    with refused("no-such-season", NotFound):
        await season_of("other", each_registered.store)
    if code:
        with refused(code):
            await season_of(each_registered.id, each_registered.store, mode=wanted)
    else:
        assert (await season_of(each_registered.id, each_registered.store, mode=wanted)).id == each_registered.id


HOST = Principal("host", "s", "host", "", (Grant(Role.CITY_ORGANIZER, "*"),), 0, 0)


async def amended(each: Registered, rules: SeasonRules, reason: str, now: int = OPEN) -> Season:
    return await amend_season(await each.season(), rules, reason, HOST, now, each.store, each.audit)


async def test_rules_are_amended_for_a_reason_and_told() -> None:
    each_registered = await registered()
    season = await each_registered.season()
    rules = season_rules(sponsors=[{"zh": "另一个"}])
    assert await amended(each_registered, season.rules, "") == season
    with refused("reason-needed"):
        await amended(each_registered, rules, " ")

    result = await amended(each_registered, rules, " a new sponsor ")

    assert (result.version, result.rules) == (2, rules)
    (amendment,) = result.amendments
    assert (amendment.version, amendment.at, amendment.reason) == (2, OPEN, "a new sponsor")
    assert all(path.startswith("sponsors") for path, _, _ in amendment.changes)
    assert await each_registered.season() == result
    (told,) = each_registered.told.of(SeasonAmendedV1)
    assert (told.version, told.reason, told.amended_at, told.rules) == (2, "a new sponsor", OPEN, rules)
    (line,) = [line for line in each_registered.audit.lines if line.what == "season-amended"]
    assert (line.account, line.facts["version"], line.facts["reason"]) == ("host", 2, "a new sponsor")


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
    each_registered = await registered()
    with pytest.raises(InvalidState) as caught:
        await amended(each_registered, season_rules(**changes), "because", now)
    assert caught.value.code == "not-amendable"
    assert path in caught.value.values["paths"]
    assert (await each_registered.season()).version == 1


@pytest.mark.parametrize(("changes", "now"), [
    ({"tracks": [{**EXAMPLE["tracks"][0], "members": [1, 2]}, EXAMPLE["tracks"][1]]}, JUDGED - 1),
    (LIMITS, JUDGED - 1),
    ({"timeline": {**EXAMPLE["timeline"], "registration": {**EXAMPLE["timeline"]["registration"], "closes": "2025-04-01T17:00:00"}}}, OPEN),
    ({"contacts": [{"title": {"zh": "办公室"}}]}, JUDGED),
])  # fmt: skip
async def test_what_lies_ahead_may_be_amended(changes: dict[str, Any], now: int) -> None:
    each_registered = await registered()
    assert (await amended(each_registered, season_rules(**changes), "because", now)).version == 2
