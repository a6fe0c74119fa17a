"""An entry out of competition: the organizer says so until judging opens, and it stays so through edits and sheets."""

from dataclasses import replace

import pytest

from services.registration.application.classes import Answers, ClassRun, Tally
from services.registration.application.entering import edit, unsubmit_entry
from services.registration.application.exhibiting import set_exhibition
from services.registration.application.forms import application_of
from services.registration.application.ports import StoredEntry
from services.registration.domain.messages import HOOKS, HookKind
from shared.events.registration import EntryAmendedV1
from shared.season.csv_rows import Row, Sheet
from shared.states import EntryStatus
from tests.support.refusals import refused
from tests.support.registered import JUDGING, OPEN, UNITS, Registered, registered
from tests.use_cases.registration.test_teams_and_consent import two

HEADER = ("unit", "track", "title", "m1_name_zh", "m1_birth", "m1_grade", "i1_name", "exhibition", "consent")


async def shown(there: Registered, entry: StoredEntry, exhibition: bool = True, now: int = OPEN) -> StoredEntry:
    return await set_exhibition(await there.season(), entry, exhibition, "承办学校的队伍", "host", now, there.store)


async def test_it_takes_no_part_in_the_competition_and_judging_is_told() -> None:
    there = await registered(two())
    entry = await there.submitted()
    there.told.forget()
    after = await shown(there, entry)
    assert (after.standing, after.slots) == ("exhibition", entry.slots)
    (told,) = there.told.of(EntryAmendedV1)
    assert (told.standing, told.version) == ("exhibition", after.version)
    note = (await there.kept(entry)).history[-1]
    assert (note["what"], note["reason"], note["by"]) == ("exhibition", "承办学校的队伍", "host")
    assert await shown(there, after) == after, "the same again changes nothing"
    back = await shown(there, after, exhibition=False)
    assert (back.standing, there.told.of(EntryAmendedV1)[-1].standing) == ("valid", "valid")


async def test_it_stays_so_through_taking_back_and_changing() -> None:
    there = await registered(two())
    who = await there.student()
    season, entry = await there.season(), await there.submitted(who)
    draft = await unsubmit_entry(season, await shown(there, entry), "acc", OPEN, there.store)
    changed = await edit(season, draft, who, replace(application_of(draft, who), title="新题目"), OPEN, there.store)
    assert changed.entry.exhibition


async def test_one_that_waits_for_its_review_waits_on() -> None:
    there = await registered()
    after = await shown(there, await there.submitted())
    assert (after.standing, after.entry.exhibition) == ("pending", True)
    assert there.told.of(EntryAmendedV1) == []


async def test_what_will_not_do_changes_nothing() -> None:
    there = await registered(two())
    entry = await there.submitted()
    with refused("exhibition-after-judging"):
        await shown(there, entry, now=JUDGING)
    with refused("reason-needed"):
        await set_exhibition(await there.season(), entry, True, " ", "host", OPEN, there.store)
    with refused("entry-gone"):
        await shown(there, replace(entry, standing=EntryStatus.WITHDRAWN))
    assert (await there.kept(entry)).version == entry.version


async def run(there: Registered, cell: str, top: str, *, change: bool = False) -> Tally:
    cells = ("P01", "A", "潮汐", "一", "2014-01", "5", "王老师", cell, "yes")
    table = Sheet("class.csv", HEADER, (Row(2, dict(zip(HEADER, cells, strict=True))),))
    units = {unit.unit: unit for unit in UNITS}
    job = ClassRun(await there.season(), table, units, top, "host", there.store, Answers(change=change))
    for chunk in job.chunks:
        await job.chunk(chunk, apply=True)
    return job.tally


async def test_the_organizers_sheet_says_it_and_a_schools_does_not() -> None:
    there = await registered(two())
    fallen = await run(there, "是", "P01")
    assert [(row.row, row.column, row.code) for row in fallen.rejected] == [(2, "exhibition", "ORGANIZER_ONLY")]
    assert (await run(there, "是", "CITY")).entered == 1
    (entry,) = (await there.entries.of(there.id)).values()
    assert (entry.standing, entry.entry.exhibition) == ("exhibition", True)


async def test_a_sheet_sent_again_shows_it_as_a_difference_and_takes_nothing_out() -> None:
    there = await registered(two())
    assert (await run(there, "", "CITY")).entered == 1
    asked = await run(there, "是", "CITY")
    assert [(cell.column, cell.kept, cell.sent) for cell in asked.differences] == [("exhibition", "", "yes")]
    assert (await run(there, "是", "CITY", change=True)).changed == 1
    assert (await run(there, "", "CITY", change=True)).differing == 0
    (entry,) = (await there.entries.of(there.id)).values()
    assert entry.standing == "exhibition"


@pytest.mark.parametrize("kind", sorted(HOOKS.values()))
def test_organizers_systems_can_be_told_whatever_people_are_told(kind: str) -> None:
    """A kind without its word stopped all telling of a season with a webhook."""
    assert HookKind(kind.replace("-", "."))
