"""Recommending in a live season: each act through its one use case, the last place once, and what judging is told."""

import asyncio
from dataclasses import replace

import pytest

from services.registration.application.material import media_rows
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.recommending import (
    Acting,
    Wanted,
    act_on,
    outcome_rows,
    recommendation_rows,
    track_desks,
)
from services.registration.application.seasons import open_season
from services.registration.application.statistics import statistic_rows
from services.registration.domain.amendments import not_amendable
from services.registration.domain.entries import Entry, Later, ReviewState, status_of
from services.registration.domain.units import Unit
from shared.errors import LaurelError, NotFound
from shared.events.registration import EntryAmendedV1
from shared.season.rules import SeasonRules
from shared.states import EntryStatus
from tests.support.fakes.registration import Registration
from tests.support.refusals import invalid, refused
from tests.support.rules import at, season_rules

NOW = at("2025-04-01T10:00:00")
OPENS, CLOSES = "2025-03-29T00:00:00", "2025-04-05T17:00:00"
UNITS = (
    Unit("CITY", "", "city", "城", "City", "", 0),
    Unit("D1", "CITY", "district", "一区", "", "", 1),
    Unit("P01", "D1", "school", "一校", "", "", 2),
)
DISTRICT, CITY = Acting("D1", "district", "d", "测试经办人"), Acting("CITY", "city", "c")


def rules(**changes: object) -> SeasonRules:
    return season_rules(
        unit_levels=["city", "district", "school"],
        recommendation={
            "levels": ["district", "city"],
            "windows": {level: {"opens": OPENS, "closes": CLOSES} for level in ("district", "city")},
            "quota": {"district": {"A": 1}},
            "tracks": ["A"],
            **changes,
        },
        statistics=[{"id": "all", "title": {"zh": "报名数"}, "of": "count"}],
    )


class Recommending(Registration):
    """A live season with accepted entries of one school."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.rules = rules()

    async def begin(self, count: int) -> Season:
        season = await open_season(self.rules, "live", 1, self.store)
        await self.units.save(season.id, UNITS)
        for number in range(1, count + 1):
            entry = Entry(f"E{number:02}", "A", "P", "P01", "作品", False, 5, 6, ReviewState.APPROVED, (), ())
            standing = status_of(entry, self.rules, Later())
            stored = StoredEntry(season.id, entry, 1, standing, (), ())
            assert await self.entries.enter(stored, [], until=None)
        return season

    async def act(self, entry: str, act: str, rank: str = "", by: Acting = DISTRICT, opinion: str = "") -> StoredEntry:
        season = await self.seasons.find(self.rules.id)
        assert season
        units = await self.units.of(season.id)
        return await act_on(season, entry, Wanted(act, rank, opinion), by, units, await self.clock.now(), self.store)


async def test_an_entry_is_judged_once_every_level_has_forwarded_it() -> None:
    there = Recommending()
    season = await there.begin(1)
    first = await there.entries.find(season.id, "E01")
    assert first
    assert first.standing == "not_recommended"

    assert (await there.act("E01", "forward", "3")).standing == "not_recommended"
    assert there.told.of(EntryAmendedV1) == [], "nothing changed for judging"
    assert (await there.act("E01", "forward", "1", CITY)).standing == "valid"

    (told,) = there.told.of(EntryAmendedV1)
    assert (told.stands, told.standing, told.not_recommended) == ("valid", "valid", False)
    assert await outcome_rows(season, there.store) == [("E01", "recommended", "2", "0")]
    assert await recommendation_rows(season, there.store) == [
        ("district", "D1", "A", "1", "3", "E01", "recommended"),
        ("city", "CITY", "A", "1", "1", "E01", "recommended"),
    ]
    assert await statistic_rows(season, there.store) == [(unit, "all", "1.00") for unit in ("CITY", "D1", "P01")]


async def test_fifty_forward_for_the_last_place_and_one_gets_it() -> None:
    there = Recommending()
    season = await there.begin(50)

    async def forward(number: int) -> str:
        try:
            await there.act(f"E{number:02}", "forward", str(number))
        except LaurelError as error:
            return error.code
        return ""

    outcome = await asyncio.gather(*(forward(number) for number in range(1, 51)))

    assert sorted(outcome) == ["", *["recommend-quota-full"] * 49]
    assert len(await recommendation_rows(season, there.store)) == 1


async def test_a_place_is_free_once_its_entry_is_returned() -> None:
    there = Recommending()
    season = await there.begin(2)
    await there.act("E01", "forward", "1")
    with refused("recommend-quota-full"):
        await there.act("E02", "forward", "2")
    await there.act("E01", "return", by=CITY, opinion="请补充照片")
    await there.act("E02", "forward", "1")
    with refused("recommend-rank-taken"):
        await there.act("E01", "forward", "1")
    assert await outcome_rows(season, there.store) == [("E01", "at:district", "1", "1"), ("E02", "at:city", "1", "0")]


@pytest.mark.parametrize(
    ("entry", "act", "rank", "opinion", "by", "code"),
    [
        ("E01", "forward", "1", "", CITY, "recommend-wrong-step"),
        ("E01", "return", "", "退", DISTRICT, "recommend-wrong-step"),
        ("E01", "forward", "1", "", Acting("D9", "district", "x"), "recommend-other-unit"),
    ],
)
async def test_an_act_that_is_not_possible_is_refused(
    entry: str, act: str, rank: str, opinion: str, by: Acting, code: str
) -> None:
    there = Recommending()
    await there.begin(1)
    with refused(code):
        await there.act(entry, act, rank, by, opinion)


@pytest.mark.parametrize(
    ("act", "rank", "opinion", "fault"),
    [
        ("forward", "", "", ("rank", "field-rank")),
        ("forward", "10000", "", ("rank", "field-rank")),
        ("reject", "2", "不足", ("rank", "field-rank")),
        ("reject", "", " ", ("opinion_zh", "field-opinion")),
        ("return", "", "长" * 1001, ("opinion_zh", "field-opinion-long")),
        ("approve", "", "", ("action", "field-act")),
    ],
)
async def test_an_act_that_will_not_do_is_named_at_its_field(
    act: str, rank: str, opinion: str, fault: tuple[str, str]
) -> None:
    there = Recommending()
    await there.begin(1)
    with invalid("fields-invalid", fault):
        await there.act("E01", act, rank, DISTRICT, opinion)


async def test_an_entry_that_there_is_not_is_not_recommended() -> None:
    there = Recommending()
    await there.begin(1)
    with pytest.raises(NotFound, match="no-such-entry"):
        await there.act("E99", "forward", "1")


async def test_nobody_recommends_outside_the_window_or_what_does_not_take_part() -> None:
    there = Recommending()
    season = await there.begin(1)
    there.clock.at = at(CLOSES) + 1
    with refused("recommend-not-now"):
        await there.act("E01", "forward", "1")
    there.clock.at = NOW
    stored = await there.entries.find(season.id, "E01")
    assert stored
    draft = replace(stored, version=2, entry=replace(stored.entry, submitted_at=None), standing=EntryStatus.DRAFT)
    await there.entries.save(draft, [], {"what": "taken-back", "at": NOW})
    with refused("recommend-not-valid"):
        await there.act("E01", "forward", "1")


async def test_a_unit_sees_what_waits_for_it_what_it_forwarded_and_what_came_back() -> None:
    there = Recommending()
    season = await there.begin(2)
    await there.act("E01", "forward", "7")
    units, entries = await there.units.of(season.id), await there.entries.of(season.id)

    (desk,) = track_desks(season, "D1", "district", units, entries.values(), NOW)

    assert (desk.track, desk.quota, desk.left) == ("A", 1, 0)
    assert [(line.stored.entry.entry, line.rank, line.position.state) for line in desk.forwarded] == [
        ("E01", 7, "at:city")
    ]
    assert [(line.stored.entry.entry, line.open, line.until) for line in desk.waiting] == [("E02", True, at(CLOSES))]
    (above,) = track_desks(season, "CITY", "city", units, entries.values(), NOW)
    assert (above.quota, above.left, [line.stored.entry.entry for line in above.waiting]) == (None, None, ["E01"])
    assert track_desks(season, "P01", "school", units, entries.values(), NOW) == []


async def test_what_a_season_does_not_ask_for_is_not_there() -> None:
    there = Registration(NOW)
    season = await open_season(season_rules(), "live", 1, there.store)
    with pytest.raises(NotFound, match="no-recommendation"):
        await outcome_rows(season, there.store)
    with pytest.raises(NotFound, match="no-statistics"):
        await statistic_rows(season, there.store)
    with pytest.raises(NotFound, match="no-media"):
        await media_rows(season, there.store)


async def test_a_live_season_takes_no_material_yet() -> None:
    there = Registration(NOW)
    asking = season_rules(media={"closes": CLOSES, "kinds": {"news": {}}})
    with refused("media-not-live"):
        await open_season(asking, "live", 1, there.store)
    assert (await open_season(asking, "records", 1, there.store)).rules.media


AMENDED: list[tuple[dict[str, object], list[str]]] = [
    ({"quota": {"district": {"A": 5}}}, []),
    ({"resubmit_working_days": 5}, []),
    (
        {"levels": ["district"], "windows": {"district": {"opens": OPENS, "closes": CLOSES}}},
        ["recommendation.levels"],
    ),
    ({"tracks": []}, ["recommendation.tracks"]),
]


@pytest.mark.parametrize(("change", "fixed"), AMENDED)
def test_levels_and_tracks_that_recommend_are_fixed_and_quotas_are_not(
    change: dict[str, object], fixed: list[str]
) -> None:
    before, after = rules(), rules(**change)
    paths = [difference.path for difference in not_amendable(before, after, NOW)]
    assert paths == fixed


def test_a_window_that_is_over_stays_as_it_was() -> None:
    windows = {level: {"opens": OPENS, "closes": CLOSES} for level in ("district", "city")}
    longer = {**windows, "district": {"opens": OPENS, "closes": "2025-04-06T17:00:00"}}
    before, after = rules(windows=windows), rules(windows=longer)
    assert not_amendable(before, after, at(CLOSES)) == []
    (refused_change,) = not_amendable(before, after, at(CLOSES) + 1)
    assert refused_change.path == "recommendation.windows.district.closes"
    without = season_rules(unit_levels=["city", "district", "school"])
    assert [difference.path for difference in not_amendable(without, before, NOW)] == ["recommendation"]
