"""Files of a season on paper, single records, and classes from a sheet."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from services.registration.application import classes
from services.registration.application.classes import ClassRun
from services.registration.application.consenting import decide
from services.registration.application.guardians import Visit
from services.registration.application.imports import (
    IMPORTS,
    RowRejected,
    import_entries,
    import_summaries,
    import_units,
    record_entry,
)
from services.registration.application.ports import StoredEntry
from services.registration.application.signs import Flagged, flag_entries
from services.registration.domain.entry_sheet import COLUMNS, OPTIONAL
from shared.errors import Invalid
from shared.events.registration import (
    ConsentWithdrawnV1,
    EntryAcceptedV1,
    EntryAmendedV1,
    PersonNamedV1,
    SummaryFiledV1,
    UnitRecordedV1,
)
from shared.season.csv_rows import Rejection, Row, Sheet, UnreadableSheet, write_csv
from shared.states import EntryStatus
from tests.support.refusals import refused
from tests.support.registered import CLOSES, OPEN, UNITS, Registered, registered
from tests.support.rules import season_rules

ROW = {
    "entry": "E001",
    "track": "A",
    "unit": "P01",
    "title": "潮汐",
    "registered_at": "2025-03-04T10:00:00",
    "submitted_at": "2025-03-05T10:00:00",
    "review": "approved",
    "consent": "granted",
    "m1_name_zh": "安娜",
    "m1_birth": "2014-01",
    "m1_grade": "5",
    "i1_id": "I1",
    "i1_name": "王老师",
}


def rows(*changes: dict[str, str]) -> bytes:
    listed = [{**ROW, **change} for change in changes]
    columns = [*COLUMNS, *(name for name in OPTIONAL if any(name in item for item in listed))]
    return write_csv(columns, [[item.get(column, "") for column in columns] for item in listed]).encode()


async def on_paper() -> Registered:
    return await registered(mode="records")


async def imported(registered: Registered, *changes: dict[str, str]) -> Any:
    return await import_entries(await registered.season(), rows(*changes), registered.store)


async def test_entries_of_a_file_are_kept_told_and_reported() -> None:
    registered = await on_paper()
    report = await imported(registered, {}, {"entry": "E002", "unit": "P09"})

    assert (report.file, report.accepted, report.changed) == ("entries.csv", 1, 1)
    assert [(fell.row, fell.column, fell.code) for fell in report.rejected] == [(3, "unit", "UNKNOWN_UNIT")]
    (told,) = registered.told.of(EntryAcceptedV1)
    assert (told.entry, told.version, told.standing) == ("E001", 1, "valid")
    assert sorted(event.name.zh for event in registered.told.of(PersonNamedV1)) == ["安娜", "王老师"]
    kept = registered.reports.kept[registered.id, "entries.csv"]
    assert (kept["accepted"], kept["changed"], len(kept["rejected"])) == (1, 1, 1)
    registered.told.forget()
    assert (await imported(registered, {})).changed == 0
    assert registered.told.events == [], "the same file again changes nothing"


async def test_what_changed_in_a_file_is_told_as_amended_and_keeps_its_history() -> None:
    registered = await on_paper()
    await imported(registered, {})
    season = await registered.season()
    entry = (await registered.entries.of(registered.id))["E001"]
    await decide(
        season,
        entry,
        1,
        ["take-part"],
        guardian="g",
        relation="m",
        channel="school",
        visit=Visit(),
        now=OPEN,
        store=registered.store,
    )
    registered.told.forget()

    report = await imported(registered, {"title": "新", "m1_grade": "6"}, {"entry": "E002", "m1_name_zh": "本"})

    assert (report.accepted, report.changed) == (2, 2)
    (amended,), (accepted,) = registered.told.of(EntryAmendedV1), registered.told.of(EntryAcceptedV1)
    assert (amended.entry, amended.title, amended.version) == ("E001", "新", 3)
    assert accepted.entry == "E002"
    after = (await registered.entries.of(registered.id))["E001"]
    assert [consent.guardian for consent in after.consents] == ["g"]
    assert [note["what"] for note in after.history] == ["imported", "consented", "imported-again"]


async def test_limits_count_over_files() -> None:
    registered = await on_paper()
    await imported(registered, {})
    report = await imported(registered, {"entry": "E002"})
    assert [(fell.column, fell.code) for fell in report.rejected] == [("m1_name_zh", "STUDENT_TRACK_LIMIT")]
    again = await imported(registered, {"entry": "E001"}, {"entry": "E002", "track": "B"})
    assert (again.accepted, again.changed) == (2, 1)
    kept = await registered.entries.of(registered.id)
    assert [bool(kept[name].slots) for name in ("E001", "E002")] == [True, True]


async def test_a_file_that_is_no_table_is_refused_whole() -> None:
    registered = await on_paper()
    for content, reason in (
        (b"\xff", "NOT_UTF8"),
        (b"", "NO_HEADER"),
        (b"entry\n", "COLUMN_MISSING"),
        (b'"a', "NOT_CSV"),
    ):
        with refused("file-unreadable", UnreadableSheet, reason=reason):
            await import_entries(await registered.season(), content, registered.store)
    assert registered.reports.kept == {}
    assert set(IMPORTS) == {"units", "entries", "summaries", "media", "recommendations", "self-scores", "verifications"}


async def test_units_and_summaries_are_told_when_they_are_new() -> None:
    fresh = await on_paper()
    season = await fresh.season()
    content = "unit,parent,level,name_zh,name_en\nCITY,,city,城,City\nP07,CITY,school,七校,\nP08,NONE,school,八校,\n"
    report = await import_units(season, content.encode(), fresh.store)
    assert (report.accepted, report.changed, [fell.code for fell in report.rejected]) == (2, 1, ["UNKNOWN_PARENT"])
    assert [event.unit for event in fresh.told.of(UnitRecordedV1)] == ["P07"]
    filed = b"unit,submitted_at,timeliness,completeness\nP07,2025-04-10T09:00:00,40,60\nP07,2025-04-10T09:00:00,1,1\n"
    for changed in (1, 0):
        report = await import_summaries(season, filed, fresh.store)
        assert (report.accepted, report.changed, [fell.code for fell in report.rejected]) == (
            1,
            changed,
            ["DUPLICATE_ID"],
        )
    (told,) = fresh.told.of(SummaryFiledV1)
    assert (told.unit, told.version, sum(told.items.values())) == ("P07", 1, 100)


async def recorded(registered: Registered, **changes: str) -> Any:
    values = {**ROW, **changes}
    return await record_entry(await registered.season(), tuple(values), tuple(values.values()), registered.store)


async def test_a_single_record_is_taken_in_once() -> None:
    registered = await on_paper()
    entry = await recorded(registered, title="  潮汐 ")
    assert (entry.entry.entry, entry.standing, entry.entry.title) == ("E001", "valid", "潮汐")
    assert await recorded(registered) == entry
    assert len(registered.told.of(EntryAcceptedV1)) == 1


@pytest.mark.parametrize(("changes", "column", "code"), [
    ({"title": "另"}, "entry", "DUPLICATE_ID"),
    ({"entry": "E002"}, "m1_name_zh", "STUDENT_TRACK_LIMIT"),
    ({"entry": "E002", "unit": "P09"}, "unit", "UNKNOWN_UNIT"),
    ({"entry": "E002", "consent": "missing", "m1_name_zh": "本"}, "consent", "CONSENT_MISSING"),
])  # fmt: skip
async def test_a_record_that_falls_says_where(changes: dict[str, str], column: str, code: str) -> None:
    registered = await on_paper()
    await recorded(registered)
    with refused("row-rejected", RowRejected, rejected=code, column=column):
        await recorded(registered, **changes)
    assert list(await registered.entries.of(registered.id)) == ["E001"]
    with refused("row-rejected", Invalid, rejected="ROW_SHAPE"):
        await record_entry(await registered.season(), tuple(ROW), tuple(ROW.values())[:-1], registered.store)


HEADER = ("track", "title", "m1_name_zh", "m1_birth", "m1_grade", "i1_name", "consent")


def sheet(*listed: tuple[str, ...]) -> Sheet:
    return Sheet("class.csv", HEADER, tuple(Row(number, dict(zip(HEADER, cells, strict=True))) for number, cells in enumerate(listed, 2)))  # fmt: skip


def pupil(name: str, title: str = "潮汐", consent: str = "yes", track: str = "A") -> tuple[str, ...]:
    return (track, title, name, "2014-01", "5", "王老师", consent)


async def run(registered: Registered, table: Sheet, *, apply: bool, top: str = "P01") -> classes.Tally:
    units = {unit.unit: unit for unit in UNITS}
    job = ClassRun(await registered.season(), table, units, top, "teacher", registered.store)
    for chunk in job.chunks:
        await job.chunk(chunk, apply=apply)
    return job.tally


CLASS = sheet(pupil("一"), pupil("二", ""), pupil("三", consent=""), pupil("一"))


async def test_a_class_is_checked_first_and_what_is_right_goes_in() -> None:
    each_registered = await registered()
    dry = await run(each_registered, CLASS, apply=False)
    assert (dry.done, dry.right, dry.already, dry.entered, dry.fallen) == (4, 2, 0, 0, 2)
    assert [(fell.row, fell.column, fell.code) for fell in dry.rejected] == [
        (3, "title", "REQUIRED"),
        (5, "m1_name_zh", "DUPLICATE_ROW"),
    ]
    assert await each_registered.entries.of(each_registered.id) == {}
    wet = await run(each_registered, CLASS, apply=True)
    assert (wet.entered, wet.right, wet.fallen) == (2, 2, 2)
    standings = {
        entry.entry.members[0].name.zh: entry
        for entry in (await each_registered.entries.of(each_registered.id)).values()
    }
    assert (standings["一"].standing, standings["三"].standing) == ("pending", "draft")
    assert [consent.method for consent in standings["一"].consents] == ["paper"]
    assert (standings["一"].owner, standings["一"].published, standings["三"].entry.submitted_at) == (
        "teacher",
        False,
        None,
    )
    assert all(entry.slots for entry in standings.values())
    again = await run(each_registered, CLASS, apply=True)
    assert (again.entered, again.already, again.right) == (0, 2, 2)


async def test_a_row_that_fell_while_it_was_read_is_counted_and_stays_out() -> None:
    each_registered = await registered()
    fell = Rejection(file="class.csv", row=2, column="m1_name_zh", code="ERROR_CELL")
    table = replace(sheet(pupil("一"), pupil("二", "")), fallen=(fell,))
    tally = await run(each_registered, table, apply=True)
    assert (tally.done, tally.right, tally.entered, tally.fallen) == (3, 1, 1, 2)
    assert [(each.row, each.code) for each in tally.rejected] == [(2, "ERROR_CELL"), (3, "REQUIRED")]


async def test_a_class_is_read_in_its_teachers_words() -> None:
    each_registered = await registered()
    season = await each_registered.season()
    title = next(track.title.zh for track in season.rules.tracks if track.id == "A")
    table = sheet((title, "潮汐", "一", "2014年1月", "五年级", "王老师", "是"), pupil("二"))
    tally = await run(each_registered, table, apply=True)
    assert (tally.entered, tally.fallen) == (2, 0)
    assert {
        entry.entry.members[0].birth for entry in (await each_registered.entries.of(each_registered.id)).values()
    } == {"2014-01"}
    assert {(item.column, item.meant): row for item, row in tally.understood.items()} == {
        ("track", "A"): 2, ("m1_birth", "2014-01"): 2, ("m1_grade", "5"): 2, ("consent", "yes"): 2,
    }  # fmt: skip


async def test_where_handing_in_is_enough_a_class_is_told() -> None:
    each_registered = await registered(season_rules(acceptance="submission"))
    await run(each_registered, CLASS, apply=True)
    assert [event.standing for event in each_registered.told.of(EntryAcceptedV1)] == ["valid"]
    assert each_registered.told.of(ConsentWithdrawnV1) == []


async def test_a_class_in_a_track_with_works_waits_for_its_files() -> None:
    works = {"A": {"files": ["1", "2"], "types": ["pdf"], "max_mib": "2"}}
    each_registered = await registered(season_rules(works=works, acceptance="submission"))
    await run(each_registered, sheet(pupil("一"), pupil("二", track="B")), apply=True)
    entries = {entry.entry.track: entry for entry in (await each_registered.entries.of(each_registered.id)).values()}
    assert [(track, entries[track].standing) for track in "AB"] == [("A", "draft"), ("B", "valid")]
    assert [consent.method for consent in entries["A"].consents] == ["paper"]


async def test_a_pupil_may_be_in_several_classes_as_far_as_the_limits_go() -> None:
    each_registered = await registered()
    await run(each_registered, sheet(pupil("一"), pupil("二")), apply=True)
    tally = await run(each_registered, sheet(pupil("一"), pupil("一", track="B")), apply=True)
    assert (tally.entered, tally.already, tally.fallen) == (1, 1, 0)
    assert len(await each_registered.entries.of(each_registered.id)) == 3


async def test_a_class_falls_over_a_limit_that_is_reached_elsewhere() -> None:
    each_registered = await registered()
    await each_registered.drafted(await each_registered.student("一", "2014-01"), grade=5)
    tally = await run(each_registered, sheet(pupil("一")), apply=True)
    assert [(fell.column, fell.code) for fell in tally.rejected] == [("m1_name_zh", "STUDENT_TRACK_LIMIT")]
    assert (tally.entered, tally.fallen) == (0, 1)


@pytest.mark.parametrize(("now", "open_"), [(CLOSES, True), (CLOSES + 1, False), (OPEN - 10**12, False)])
async def test_a_class_goes_in_while_registration_is_open(now: int, open_: bool) -> None:
    each_registered = await registered(now=now)
    if open_:
        assert (await run(each_registered, CLASS, apply=True)).entered == 2
    else:
        with refused("registration-not-open"):
            await run(each_registered, CLASS, apply=True)
        assert await each_registered.entries.of(each_registered.id) == {}


async def test_somebody_else_may_enter_a_pupil_between_the_check_and_the_writing() -> None:
    each_registered = await registered()
    units = {unit.unit: unit for unit in UNITS}
    job = ClassRun(await each_registered.season(), sheet(pupil("一")), units, "P01", "teacher", each_registered.store)
    holders = each_registered.entries.holders
    asked = 0

    async def contended(slots: Any) -> dict[str, str]:
        nonlocal asked
        asked += 1
        listed = list(slots)
        return dict.fromkeys(listed, "OTHER") if asked == 2 else await holders(listed)

    each_registered.entries.holders = contended  # type: ignore[method-assign]
    await job.chunk(job.chunks[0], apply=True)
    assert (job.tally.entered, job.tally.fallen) == (0, 1)


async def test_rejected_rows_are_listed_to_an_end_and_counted_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "MOST_LISTED", 3)
    monkeypatch.setattr(classes, "CHUNK", 2)
    each_registered = await registered()
    tally = await run(each_registered, sheet(*[pupil(str(number), "") for number in range(5)]), apply=False)
    assert (tally.done, tally.fallen, len(tally.rejected)) == (5, 5, 3)


async def test_a_row_with_a_sign_that_no_font_has_is_taken_in_and_flagged() -> None:
    """Keeps away: a child left out, or a certificate that nobody sees to, because of a rare sign."""
    registered = await on_paper()
    rare = "王\U0002ee5d"

    report = await imported(
        registered,
        {"m1_name_zh": rare, "title": "小浪"},
        {"entry": "E002", "m1_name_zh": "安妮", "i1_name": f"{rare}老师"},
        {"entry": "E003", "unit": "P09", "title": rare},
    )

    assert (report.accepted, len(report.rejected)) == (2, 1)
    assert [(row.row, row.column, row.code) for row in report.flagged] == [
        (2, "m1_name_zh", "NO_GLYPH"),
        (3, "i1_name", "NO_GLYPH"),
    ]
    stored = await registered.entries.of(registered.id)

    async def every() -> AsyncIterator[StoredEntry]:
        for entry in stored.values():
            yield entry

    assert await flag_entries(every()) == [
        Flagged("E001", "P01", "\U0002ee5d", (rare,)),
        Flagged("E002", "P01", "\U0002ee5d", (f"{rare}老师",)),
    ]


async def entries_of(registered: Registered) -> list[StoredEntry]:
    return sorted((await registered.entries.of(registered.id)).values(), key=lambda stored: stored.entry.title)


async def answered(registered: Registered, table: Sheet, **answers: bool) -> classes.Tally:
    units = {unit.unit: unit for unit in UNITS}
    job = ClassRun(
        await registered.season(), table, units, "P01", "teacher", registered.store, classes.Answers(**answers)
    )
    for chunk in job.chunks:
        await job.chunk(chunk, apply=True)
    return job.tally


async def test_a_sheet_sent_again_shows_what_differs_and_changes_it_when_asked_to() -> None:
    """Keeps away: a corrected title or instructor is counted as "there already" and lost without a word."""
    each_registered = await registered()
    await run(each_registered, sheet(pupil("安一"), pupil("贝二", consent="")), apply=True)
    corrected = sheet(("A", "新潮汐", "安一", "2014-01", "6", "李老师", "yes"), pupil("贝二", consent=""))

    dry = await run(each_registered, corrected, apply=False)
    assert (dry.already, dry.differing, dry.changed, dry.entered) == (2, 1, 0, 0)
    assert [(each.row, each.column, each.kept, each.sent) for each in dry.differences] == [
        (2, "title", "潮汐", "新潮汐"),
        (2, "m1_grade", "5", "6"),
        (2, "i1_name", "王老师", "李老师"),
    ]
    unasked = await run(each_registered, corrected, apply=True)
    assert (unasked.differing, unasked.changed) == (1, 0)
    assert {stored.entry.title for stored in await entries_of(each_registered)} == {"潮汐"}

    changed = await answered(each_registered, corrected, change=True)
    after, _ = await entries_of(each_registered)
    assert (changed.differing, changed.changed, changed.entered) == (1, 1, 0)
    assert (after.entry.title, after.entry.members[0].grade, after.entry.instructors[0].name) == ("新潮汐", 6, "李老师")
    assert (after.standing, [consent.method for consent in after.consents]) == ("pending", ["paper"])
    again = await answered(each_registered, corrected, change=True)
    assert (again.already, again.differing, again.changed) == (2, 0, 0)


PAIRED = ("track", "title", "m1_name_zh", "m1_birth", "m1_grade", "m2_name_zh", "m2_birth", "m2_grade", "i1_name", "consent")  # fmt: skip


def pair(mate: str, consent: str = "yes") -> Sheet:
    cells = ("A", "潮汐", "安一", "2014-01", "5", mate, "2014-03", "5", "王老师", consent)
    return Sheet("class.csv", PAIRED, (Row(2, dict(zip(PAIRED, cells, strict=True))),))


@pytest.mark.parametrize("limits", [{}, {"entries_per_student_and_track": 3}])
async def test_another_mate_is_a_change_of_the_entry_and_not_a_second_one(limits: dict[str, int]) -> None:
    rules = season_rules(limits=limits)
    tracks = tuple(track.model_copy(update={"members": (1, 3)}) for track in rules.tracks)
    each_registered = await registered(rules.model_copy(update={"tracks": tracks}))
    await run(each_registered, pair("贝二"), apply=True)

    dry = await run(each_registered, pair("陈三"), apply=True)
    assert [(each.column, each.kept, each.sent) for each in dry.differences] == [("m2_name_zh", "贝二", "陈三")]
    assert (dry.already, dry.entered, dry.fallen) == (1, 0, 0)
    changed = await answered(each_registered, pair("陈三"), change=True)

    (after,) = await entries_of(each_registered)
    assert (changed.changed, [member.name.zh for member in after.entry.members]) == (1, ["安一", "陈三"])
    assert (after.standing, len(after.consents)) == ("pending", 2)
    assert (await run(each_registered, pair("陈三"), apply=True)).differing == 0
    await answered(each_registered, pair("戴四", consent=""), change=True)
    (after,) = await entries_of(each_registered)
    assert (after.standing, after.entry.submitted_at) == ("draft", None), "nobody has agreed for the new mate yet"


async def test_what_is_decided_is_not_changed_by_a_sheet() -> None:
    each_registered = await registered()
    await run(each_registered, sheet(pupil("安一")), apply=True)
    (stored,) = await entries_of(each_registered)
    await each_registered.entries.save(
        replace(stored, version=stored.version + 1, standing=EntryStatus.REJECTED), [], {"what": "rejected", "at": 1}
    )
    tally = await answered(each_registered, sheet(pupil("安一", "新潮汐")), change=True)
    assert (tally.differing, tally.changed) == (1, 0)
    assert (await entries_of(each_registered))[0].entry.title == "潮汐"


async def test_a_name_that_differs_by_one_sign_is_asked_about_before_it_is_a_second_child() -> None:
    """Keeps away: 陈志明 becomes a second child as 陈志名, because somebody typed the sheet anew."""
    each_registered = await registered()
    await run(each_registered, sheet(pupil("陈志明")), apply=True)
    typed = sheet(pupil("陈志名"), pupil("林小雨"))

    tally = await run(each_registered, typed, apply=True)
    assert [(each.row, each.column, each.kept, each.sent) for each in tally.near] == [
        (2, "m1_name_zh", "陈志明", "陈志名")
    ]
    assert (tally.right, tally.asked, tally.entered) == (2, 1, 1)

    both = await run(each_registered, sheet(pupil("陈志明"), pupil("陈志名")), apply=False)
    assert both.asked == 0, "a sheet that names both says that they are two"
    answer = await answered(each_registered, typed, others=True)
    assert (answer.entered, answer.already, answer.asked) == (1, 1, 0)
    later = await run(each_registered, sheet(("A", "x", "陈志民", "2014-02", "5", "王老师", "yes")), apply=False)
    assert later.asked == 0, "another month, another child"


async def test_a_row_of_a_class_with_a_sign_that_no_font_has_is_right_and_flagged() -> None:
    """Keeps away: a class that is sent back, or an organizer who learns of a rare sign from the printer."""
    each_registered = await registered()
    tally = await run(
        each_registered, sheet(pupil("安妮"), pupil("王\U0002ee5d"), pupil("王\U0002ee5d", "")), apply=True
    )

    assert (tally.right, tally.entered, tally.fallen) == (2, 2, 1)
    assert [(row.row, row.column, row.code) for row in tally.flagged] == [(3, "m1_name_zh", "NO_GLYPH")]
