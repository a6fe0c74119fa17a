"""An entry goes to another school: before judging it is of that school, afterwards it is on record, as in a season folder."""

from dataclasses import replace
from typing import Any

from services.registration.application.children import look_alike
from services.registration.application.entering import edit, unsubmit_entry
from services.registration.application.forms import Applicant, application_of
from services.registration.application.identity import Account
from services.registration.application.ports import StoredEntry
from services.registration.application.reviewing import review
from services.registration.application.transferring import transfer
from services.registration.domain.entries import ReviewState
from services.registration.domain.people import unit_of
from services.registration.domain.reviewing import Verdict
from shared.errors import Invalid
from shared.events.registration import EntryAmendedV1
from shared.identity import Grant, Role
from shared.states import EntryStatus
from tests.support.refusals import refused
from tests.support.registered import ADULT, JUDGING, OPEN, ORGANIZER, UNITS, Registered, mate, registered
from tests.use_cases.registration.test_files import pupil, run, sheet
from tests.use_cases.registration.test_statements import DISTRICT, united
from tests.use_cases.registration.test_teams_and_consent import two


async def goes(
    there: Registered, entry: StoredEntry, unit: str = "P02", reason: str = "学校合并", **more: Any
) -> StoredEntry:
    now = more.get("now", OPEN)
    return await transfer(await there.season(), entry, unit, reason, "host", now, there.store, there.account_store)


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


async def account(there: Registered, login: str, grant: Grant, person: str = "") -> str:
    await there.account_store.add(Account(login, login, "", (grant,), person))
    return login


async def school_of(there: Registered, person: str) -> str:
    known = await there.people.find(person)
    assert known
    return unit_of(known.key)


async def test_its_makers_go_to_the_new_school_with_their_accounts() -> None:
    there = await registered(two())
    who = await there.student()
    await account(there, "pupil", Grant(Role.STUDENT, there.id, "P01"), who.person)
    entry = await there.drafted(who, track="B", mates=(mate("友", ADULT, 9),))
    await goes(there, entry)
    assert {await school_of(there, person) for person in entry.members} == {"P02"}
    pupil = await there.account_store.find("pupil")
    assert pupil
    assert [grant.unit for grant in pupil.grants] == ["P02"]
    assert {person.id for person in await there.people.of_school(there.id, "P02")} == set(entry.members)
    assert await there.people.of_school(there.id, "P01") == []


async def test_whoever_has_another_entry_at_the_former_school_goes_with_the_last() -> None:
    there = await registered(two())
    who = await there.student()
    entry, other = await there.submitted(who), await there.drafted(who, track="B", mates=(mate("友", ADULT, 9),))
    await goes(there, entry)
    assert await school_of(there, who.person) == "P01"
    await goes(there, other)
    assert await school_of(there, who.person) == "P02"


async def test_whoever_is_told_apart_like_somebody_there_stays_apart_until_the_school_says_who_they_are() -> None:
    there = await registered(two())
    await there.student(unit="P02")
    entry = await there.submitted(await there.student())
    await goes(there, entry)
    (group,) = look_alike(await there.people.of_school(there.id, "P02"))
    assert entry.members[0] in [person.id for person in group]
    assert len(group) == 2


async def test_the_new_school_keeps_what_somebody_kept_for_the_former_one() -> None:
    there = await registered(two())
    await account(there, "head of one", Grant(Role.SCHOOL_ADMIN, there.id, "P01"))
    first = await there.drafted(Applicant("head of one", "", "P01", for_school=True), mates=(mate(),), grade=None)
    assert (await goes(there, first)).owner == "host", "nobody administers the new school yet"
    await account(there, "head of two", Grant(Role.SCHOOL_ADMIN, there.id, "P02"))
    second = await there.drafted(
        Applicant("head of one", "", "P01", for_school=True), mates=(mate("丙"),), grade=None, instructors=("李老师",)
    )
    assert (await goes(there, second)).owner == "head of two"
    own = await there.submitted()
    assert (await goes(there, own)).owner == own.owner, "a student keeps it on"


async def test_an_instructor_who_stays_is_who_they_were() -> None:
    there = await registered(two())
    who = await there.student()
    season, entry = await there.season(), await there.submitted(who)
    after = await unsubmit_entry(season, await goes(there, entry), "acc", OPEN, there.store)
    changed = await edit(season, after, who, replace(application_of(after, who), title="新题目"), OPEN, there.store)
    assert (changed.entry.instructors, changed.instructors) == (entry.entry.instructors, entry.instructors)


async def test_a_sheet_of_the_former_school_says_nothing_about_it() -> None:
    there = await registered(two())
    assert (await run(there, sheet(pupil("一")), apply=True)).entered == 1
    (entry,) = (await there.entries.of(there.id)).values()
    await goes(there, entry)
    again = await run(there, sheet(pupil("一", title="别的题目")), apply=True)
    assert [(row.column, row.code) for row in again.rejected] == [("m1_name_zh", "TRANSFERRED")]
    assert (again.already, again.differing, again.changed, again.fallen) == (0, 0, 0, 1)
    assert (await there.kept(entry)).entry.title == "潮汐"


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
