"""An entry goes to another school: before judging it is of that school, afterwards it is on record, as in a season folder."""

from dataclasses import replace
from typing import Any

from services.registration.application.entering import edit, unsubmit_entry
from services.registration.application.forms import application_of
from services.registration.application.ports import StoredEntry
from services.registration.application.reviewing import review
from services.registration.application.transferring import transfer
from services.registration.domain.entries import ReviewState
from services.registration.domain.reviewing import Verdict
from shared.errors import Invalid
from shared.events.registration import EntryAmendedV1
from shared.states import EntryStatus
from tests.support.refusals import refused
from tests.support.registered import JUDGING, OPEN, ORGANIZER, UNITS, Registered, registered
from tests.use_cases.registration.test_statements import DISTRICT, united
from tests.use_cases.registration.test_teams_and_consent import two


async def goes(
    there: Registered, entry: StoredEntry, unit: str = "P02", reason: str = "学校合并", **more: Any
) -> StoredEntry:
    now = more.get("now", OPEN)
    return await transfer(await there.season(), entry, unit, reason, "host", now, there.store)


async def test_before_judging_it_is_of_the_new_school_and_judging_is_told() -> None:
    there = await registered(two())
    entry = await there.submitted()
    there.told.forget()
    after = await goes(there, entry)
    assert (after.entry.unit, after.standing, after.slots) == ("P02", "valid", entry.slots)
    (told,) = there.told.of(EntryAmendedV1)
    assert (told.unit, told.members[0].person) == ("P02", entry.members[0])
    note = (await there.kept(entry)).history[-1]
    assert (note["what"], note["units"], note["reason"]) == ("transfer", ["P01", "P02"], "学校合并")


async def test_whoever_keeps_it_edits_it_afterwards_and_it_stays_with_the_new_school() -> None:
    there = await registered(two())
    who = await there.student()
    season, entry = await there.season(), await there.submitted(who)
    after = await unsubmit_entry(season, await goes(there, entry), "acc", OPEN, there.store)
    changed = await edit(season, after, who, replace(application_of(after, who), title="新题目"), OPEN, there.store)
    assert (changed.entry.unit, changed.entry.title, changed.members) == ("P02", "新题目", entry.members)


async def test_once_judging_has_opened_it_is_on_record_and_nothing_changes() -> None:
    there = await registered(two())
    entry = await there.submitted()
    there.told.forget()
    after = await goes(there, entry, now=JUDGING)
    assert (after.entry, after.standing) == (entry.entry, entry.standing)
    assert there.told.events == []
    assert (await there.kept(entry)).history[-1]["units"] == ["P01", "P02"]


async def test_where_the_top_level_alone_reviewed_its_verdict_stays() -> None:
    there = await registered()
    entry = await there.submitted()
    units = {unit.unit: unit for unit in UNITS}
    approved = await review(await there.season(), entry, Verdict.APPROVED, "", ORGANIZER, units, OPEN, there.store)
    after = await goes(there, approved)
    assert (after.standing, after.approvals, after.entry.review) == ("valid", approved.approvals, ReviewState.APPROVED)


async def test_what_will_not_do_changes_nothing() -> None:
    there = await registered(two())
    entry = await there.submitted()
    for unit in ("P01", "CITY", "P99", ""):
        with refused("fields-invalid", Invalid):
            await goes(there, entry, unit)
    with refused("reason-needed"):
        await goes(there, entry, reason=" ")
    with refused("entry-gone"):
        await goes(there, replace(entry, standing=EntryStatus.WITHDRAWN))
    assert (await there.kept(entry)).version == entry.version
    united_there = await united()
    own = await united_there.drafted(DISTRICT, track="B", mates=(), instructors=(), grade=None)
    with refused("transfer-of-unit"):
        await goes(united_there, own)
