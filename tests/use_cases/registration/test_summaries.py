"""A unit's summary of its season's work: drafted, filed until the deadline, scored by the organizer, told to judging."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.registration.application.imports import import_summaries
from services.registration.application.summarizing import score_summary, summary_of, write_summary
from services.registration.domain.summaries import MOST_TEXT
from shared.errors import Invalid, NotFound
from shared.events.registration import SummaryFiledV1
from shared.mongo import VersionConflict
from shared.season.rules import SeasonRules
from tests.support.refusals import refused
from tests.support.registered import OPEN, Registered, registered
from tests.support.rules import at, season_rules

BY = "2025-04-18T17:00:00"
AWARD: dict[str, Any] = {
    "round": "final",
    "level": "school",
    "points": {"first": "5"},
    "summary": [{"id": "timeliness", "max": "40"}, {"id": "completeness", "max": "60"}],
    "eligible": {"summary_by": BY},
    "value": [{"of": "summary", "weight": "20"}],
    "places": "1",
}
SCORES = {"timeliness": "40", "completeness": "52.5"}


def rules(**changes: Any) -> SeasonRules:
    return season_rules(unit_award={**AWARD, **changes})


async def opened(**changes: Any) -> Registered:
    return await registered(rules(**changes))


async def files(there: Registered, text: str = "全校参加。", *, filing: bool = True, unit: str = "P01") -> Any:
    now = there.clock.at
    return await write_summary(await there.season(), unit, text, filing=filing, by="head", now=now, store=there.store)


async def scores(there: Registered, cells: dict[str, str], reason: str = "", unit: str = "P01") -> Any:
    return await score_summary(
        await there.season(),
        unit,
        cells,
        reason,
        by="host",
        now=there.clock.at,
        store=there.store,
        audit=there.audit,
    )


async def test_a_draft_is_told_to_nobody_and_what_is_filed_is_told_at_once() -> None:
    there = await opened()
    await files(there, "先写一点", filing=False)
    await files(there, "", filing=False)
    assert there.told.events == []
    stored = await files(there)
    (told,) = there.told.of(SummaryFiledV1)
    assert (told.unit, told.submitted_at, told.items, told.version) == ("P01", OPEN, {}, stored.version)
    assert [note["what"] for note in (await summary_of(await there.season(), "P01", there.store)).history] == [
        "summary-written",
        "summary-written",
        "summary-filed",
    ]


async def test_until_the_deadline_a_filed_summary_is_filed_anew_and_sent_twice_it_is_one() -> None:
    there = await opened()
    await files(there)
    there.clock.at += 1
    await files(there)
    assert len(there.told.of(SummaryFiledV1)) == 1
    with refused("summary-filed"):
        await files(there, "又改", filing=False)
    await files(there, "全校参加，另有家长。")
    assert [told.submitted_at for told in there.told.of(SummaryFiledV1)] == [OPEN, OPEN + 1]


async def test_the_deadline_counts_to_the_microsecond_and_inside_the_write() -> None:
    there = await opened()
    there.clock.at = at(BY)
    there.clock.passes = 1
    with refused("deadline-passed"):
        await files(there)
    there.clock.passes = 0
    await files(there)
    there.clock.at += 1
    with refused("deadline-passed"):
        await files(there, "已按时提交的，不能改成逾期的")
    there.clock.at = at("2025-02-01T00:00:00")
    with refused("summaries-not-open"):
        await files(there, "太早了")


async def test_who_filed_none_in_time_files_one_that_is_late_until_results_go_on_notice() -> None:
    """Keeps away: a late summary that has its scores from a file, and that nobody can file on the page."""
    there = await opened()
    there.clock.at = at(BY) + 1
    await files(there)
    there.clock.at = at("2025-04-21T00:00:00")
    await files(there, "逾期补交，再改一次。")
    there.clock.at += 1
    with refused("deadline-passed"):
        await files(there, "x")


async def test_the_timeline_may_give_summaries_a_window_of_their_own() -> None:
    window = {"opens": "2025-04-10T00:00:00", "closes": "2025-04-12T00:00:00"}
    timeline = {name: slot.model_dump(mode="json", exclude_none=True) for name, slot in season_rules().timeline.items()}
    there = await registered(season_rules(unit_award=AWARD, timeline={**timeline, "unit_summaries": window}))
    with refused("summaries-not-open"):
        await files(there)
    there.clock.at = at("2025-04-12T00:00:00")
    await files(there)
    there.clock.at += 1
    with refused("deadline-passed"):
        await files(there, "x")


async def test_a_filed_summary_says_something_and_not_too_much() -> None:
    there = await opened()
    for text, filing in ((" ", True), ("长" * (MOST_TEXT + 1), True), ("长" * (MOST_TEXT + 1), False)):
        with refused("fields-invalid", Invalid):
            await files(there, text, filing=filing)


async def test_scores_are_complete_and_within_their_maxima_and_freeze_what_was_filed() -> None:
    there = await opened()
    with refused("summary-not-filed"):
        await scores(there, SCORES)
    await files(there)
    for wrong in ({"timeliness": "40"}, {**SCORES, "timeliness": "40.01"}, {**SCORES, "completeness": "-1"}):
        with refused("fields-invalid", Invalid):
            await scores(there, wrong)
    with refused("fields-invalid", Invalid):
        await scores(there, {**SCORES, "style": "1"})
    scored = await scores(there, SCORES)
    assert scored.total == Decimal("92.5")
    told = there.told.of(SummaryFiledV1)[-1]
    assert (told.submitted_at, told.items) == (OPEN, {"timeliness": Decimal(40), "completeness": Decimal("52.5")})
    with refused("summary-scored"):
        await files(there, "改一改")
    (line,) = there.audit.lines
    assert (line.what, line.account, line.facts["unit"]) == ("summary-scored", "host", "P01")


async def test_another_score_states_why_and_the_same_again_changes_nothing() -> None:
    there = await opened()
    await files(there)
    await scores(there, SCORES)
    await scores(there, {**SCORES, "completeness": "52.50"})
    assert len(there.audit.lines) == 1
    with refused("reason-needed"):
        await scores(there, {**SCORES, "timeliness": "30"})
    await scores(there, {**SCORES, "timeliness": "30"}, "按时一项登记错了")
    assert there.told.of(SummaryFiledV1)[-1].items["timeliness"] == 30
    assert there.audit.lines[-1].facts["before"]["timeliness"] == "40"


@pytest.mark.parametrize(
    ("changes", "unit", "code"),
    [
        ({}, "CITY", "no-such-unit"),
        ({}, "P99", "no-such-unit"),
        (
            {"summary": [], "eligible": {}, "value": [{"of": "points", "full_at": "5", "weight": "1"}]},
            "P01",
            "no-summaries",
        ),
    ],
)
async def test_only_units_of_the_level_file_and_only_where_the_season_asks(
    changes: dict[str, Any], unit: str, code: str
) -> None:
    there = await opened(**changes)
    with refused(code, NotFound):
        await files(there, unit=unit)


async def test_two_of_a_unit_who_write_at_once_do_not_write_over_each_other() -> None:
    there = await opened()
    before = await summary_of(await there.season(), "P01", there.store)
    await files(there)
    with pytest.raises(VersionConflict):
        await there.summaries.keep(replace(before, version=1, text="x"), [], {"what": "x"})


async def test_what_is_filed_and_scored_live_is_told_as_a_file_tells_it() -> None:
    """The same unit, time and scores are the same fact, whichever way they came."""
    live, recorded = await opened(), await registered(rules(), mode="records")
    live.clock.at = at("2025-04-10T09:00:00")
    await files(live)
    await scores(live, SCORES)
    row = b"unit,submitted_at,timeliness,completeness\nP01,2025-04-10T09:00:00,40,52.5\n"
    await import_summaries(await recorded.season(), row, recorded.store)
    told = [there.told.of(SummaryFiledV1)[-1].model_dump(exclude={"version"}) for there in (live, recorded)]
    assert told[0] == told[1]
