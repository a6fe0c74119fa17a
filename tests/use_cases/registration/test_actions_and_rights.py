"""Later actions of a season on paper, and what people may ask for: a right name, and to be forgotten by its term."""

from dataclasses import replace
from typing import Any

import pytest

from services.registration.application.actions import ActionOutcome, apply_action
from services.registration.application.entering import withdraw
from services.registration.application.forms import check_person, enter_instructor, enter_oneself
from services.registration.application.imports import import_entries
from services.registration.application.ports import StoredEntry
from services.registration.application.rights import correct_name, correct_own_name, erase, finish_erasures, retain
from services.registration.application.works import Work
from services.registration.domain.consent import Consent, Method
from services.registration.domain.entries import NEVER_STOOD, Later
from services.registration.domain.erasure import DAY, NOBODY, UNKNOWN_MONTH, Terms
from services.registration.domain.people import Name, instructor_id, student_key
from services.registration.domain.works import WorkFile, WorkVersion
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound
from shared.events.registration import (
    EntryAcceptedV1,
    EntryAmendedV1,
    EntryWithdrawnV1,
    PersonCorrectedV1,
    PersonErasedV1,
    PersonNamedV1,
)
from shared.identity import Grant, Role
from shared.season.time import to_unix_micros
from shared.states import EntryStatus
from tests.support.refusals import invalid, refused
from tests.support.registered import ADULT, CLOSES, JUDGING, OPEN, Registered, mate, registered
from tests.support.rules import LAST_JUDGING, at
from tests.use_cases.registration.test_files import recorded, rows
from tests.use_cases.registration.test_teams_and_consent import two

BEFORE, DURING = "2025-04-06T23:59:59", "2025-04-08T00:00:00"


async def on_paper() -> tuple[Registered, StoredEntry]:
    """An entry in a season of two rounds that stands."""
    one = await registered(two())
    entry = await one.submitted()
    one.told.forget()
    return one, entry


async def act(one: Registered, stored: StoredEntry, kind: str, name: str = "x1", /, **values: Any) -> ActionOutcome:
    action = {"type": kind, "at": BEFORE, "entry": stored.entry.entry, "reason": "as minuted", **values}
    return await apply_action(await one.season(), name, action, one.store)


WRONG: list[tuple[str, dict[str, Any], type[LaurelError], str]] = [
    ("dance", {}, Invalid, "action-unknown"),
    ("withdrawal", {"at": "soon"}, Invalid, "action-field"),
    ("withdrawal", {"entry": "none"}, NotFound, "no-such-entry"),
    ("extension", {"until": "later"}, Invalid, "action-field"),
    ("extension", {"until": "2025-04-07T00:00:00", "reason": " "}, InvalidState, "reason-needed"),
    ("extension", {"until": BEFORE}, InvalidState, "extension-time"),
    ("extension", {"until": "2025-04-07T00:00:00.000001"}, InvalidState, "extension-time"),
    ("name_correction", {"member": "1", "name_zh": "安", "reason": " "}, InvalidState, "reason-needed"),
    ("name_correction", {"member": "1", "name_zh": "x" * 81}, Invalid, "fields-invalid"),
    ("name_correction", {"member": "1", "name_zh": "安\U0001f600"}, Invalid, "fields-invalid"),
    ("withdrawal", {"at": DURING}, InvalidState, "withdrawal-after-judging"),
    ("withdrawal", {"at": DURING, "round": "final"}, InvalidState, "withdrawal-after-judging"),
    ("withdrawal", {"at": "2025-04-07T00:00:00"}, InvalidState, "withdrawal-after-judging"),
    ("consent_withdrawal", {"at": LAST_JUDGING["opens"]}, InvalidState, "withdrawal-after-judging"),
    ("name_correction", {"member": "2", "name_zh": "安"}, NotFound, "no-such-member"),
    ("name_correction", {"member": "0", "name_zh": "安"}, NotFound, "no-such-member"),
    ("name_correction", {"member": "x", "name_zh": "安"}, NotFound, "no-such-member"),
    ("name_correction", {"member": "1", "name_zh": " ", "name_en": ""}, Invalid, "action-field"),
]


@pytest.mark.parametrize(("kind", "values", "error", "code"), WRONG)
async def test_an_action_that_will_not_do_changes_nothing(
    kind: str, values: dict[str, Any], error: type[LaurelError], code: str
) -> None:
    one, entry = await on_paper()
    with refused(code, error):
        await act(one, entry, kind, **values)
    assert await one.kept(entry) == replace(entry, history=(await one.kept(entry)).history)
    assert one.told.events == []


@pytest.mark.parametrize(
    ("kind", "standing"), [("withdrawal", "withdrawn"), ("consent_withdrawal", "consent_withdrawn")]
)
async def test_leaving_before_judging_takes_the_entry_out(kind: str, standing: str) -> None:
    one, entry = await on_paper()
    assert await act(one, entry, kind) == {"entry": entry.entry.entry, "standing": standing}
    kept = await one.kept(entry)
    assert (kept.standing, kept.later.left) == (standing, (standing, at(BEFORE)))
    note = kept.history[-1]
    assert (note["action"], note["what"], note["at"], note["reason"]) == ("x1", kind, at(BEFORE), "as minuted")
    assert [event.standing for event in one.told.of(EntryAmendedV1)] == [standing]
    assert one.told.of(EntryWithdrawnV1) == []
    await act(one, entry, kind)
    assert (await one.kept(entry)).version == kept.version, "the same action again changes nothing"


@pytest.mark.parametrize(("kind", "values"), [("withdrawal", {"round": "last"}), ("consent_withdrawal", {})])
async def test_leaving_afterwards_is_from_a_later_round(kind: str, values: dict[str, str]) -> None:
    one, entry = await on_paper()
    assert (await act(one, entry, kind, at=DURING, **values))["standing"] == "valid"
    (left,) = one.told.of(EntryWithdrawnV1)
    assert (left.entry, left.round, left.at, left.cause) == (entry.entry.entry, "last", at(DURING), kind)
    assert (await one.kept(entry)).later.left is None


async def test_an_extension_counts_for_what_came_late() -> None:
    one = await registered(two())
    entry = await one.submitted()
    late = replace(
        entry, version=entry.version + 1, entry=replace(entry.entry, submitted_at=CLOSES + 5), standing=EntryStatus.LATE
    )
    await one.entries.save(late, [], {"what": "test"})
    one.told.forget()
    extension = {"at": "2025-03-29T12:00:00", "until": "2025-03-30T00:00:00"}
    assert (await act(one, late, "extension", **extension))["standing"] == "valid"
    assert (await one.kept(late)).later == Later(at("2025-03-30T00:00:00"))
    assert len(one.told.of(EntryAmendedV1)) == 1


async def test_a_transfer_is_noted_and_changes_no_standing() -> None:
    one, entry = await on_paper()
    assert (await act(one, entry, "transfer"))["standing"] == "valid"
    assert (await one.kept(entry)).history[-1]["what"] == "transfer"
    assert one.told.events == []


async def test_a_corrected_name_is_told_to_whoever_prints_it() -> None:
    one, entry = await on_paper()
    outcome = await act(one, entry, "name_correction", member="1", name_zh=" 安妮 ", name_en="Annie")
    assert outcome == {"entry": entry.entry.entry, "standing": "valid", "person": entry.members[0], "name_version": 2}
    person = await one.people.find(entry.members[0])
    assert person
    assert person.name == Name("安妮", "Annie")
    (named,), (corrected,) = one.told.of(PersonNamedV1), one.told.of(PersonCorrectedV1)
    assert (named.version, named.name.zh, named.replaces_earlier) == (2, "安妮", True)
    assert (corrected.version, corrected.entry, corrected.corrected_at, corrected.reason) == (
        2,
        entry.entry.entry,
        at(BEFORE),
        "as minuted",
    )
    await act(one, entry, "name_correction", "x2", member="1", name_zh="安妮", name_en="Annie")
    assert len(one.told.of(PersonNamedV1)) == 1, "the name is right already"


async def test_an_action_renames_the_entries_as_the_page_does() -> None:
    one = await registered(two())
    who = await one.student()
    entry, other = await one.submitted(who), await one.submitted(who, track="B")
    await act(one, entry, "name_correction", member="1", name_zh="安妮", name_en="")
    for stored in (entry, other):
        kept = await one.kept(stored)
        assert kept.entry.members[0].name == Name("安妮", "")
        assert [note["action"] for note in kept.history if note["what"] == "name_correction"] == ["x1"]
    version = (await one.kept(entry)).version
    await act(one, entry, "name_correction", member="1", name_zh="安妮", name_en="")
    assert (await one.kept(entry)).version == version, "the same action again changes nothing"


async def test_an_action_makes_nobody_somebody_else() -> None:
    for mode in ("live", "records"):
        one = await registered(two(), mode=mode)
        entry, _ = await imported_or_submitted(one), await one.student("安妮")
        with refused("person-taken"):
            await act(one, entry, "name_correction", member="1", name_zh="安妮", name_en="")


async def imported_or_submitted(one: Registered) -> StoredEntry:
    """An entry of 安娜; a season on paper takes it in from a file."""
    if (await one.season()).mode == "live":
        return await one.submitted()
    await import_entries(await one.season(), rows({"m1_birth": ADULT}), one.store)
    return (await one.entries.of(one.id))["E001"]


async def test_a_file_that_comes_again_leaves_a_corrected_name() -> None:
    one = await registered(two(), mode="records")
    entry = await imported_or_submitted(one)
    await act(one, entry, "name_correction", member="1", name_zh="安妮", name_en="")
    corrected = await one.kept(entry)
    season, content = await one.season(), rows({"m1_birth": ADULT})

    assert (await import_entries(season, content, one.store)).changed == 0
    assert await recorded(one, m1_birth=ADULT) == corrected
    assert await one.kept(entry) == corrected
    assert len(one.people.kept.values()) == 2, "the student and the instructor"
    changed = rows({"m1_birth": ADULT, "title": "新"})
    assert (await import_entries(season, changed, one.store)).changed == 1
    kept = await one.kept(entry)
    assert (kept.entry.title, kept.entry.members[0].name.zh, kept.members) == ("新", "安妮", entry.members)


async def test_whoever_has_left_is_not_withdrawn_again_and_stays_as_they_left() -> None:
    one, entry = await on_paper()
    await act(one, entry, "withdrawal")
    gone = await one.kept(entry)
    with refused("entry-gone"):
        await act(one, gone, "withdrawal", "x2")
    await act(one, gone, "consent_withdrawal", "x3")
    assert (await one.kept(entry)).later == gone.later


async def test_ones_own_name_stays_once_results_are_final() -> None:
    one, entry = await on_paper()
    season, person = await one.season(), entry.members[0]
    with refused("name-after-results", NotAllowed):
        await correct_own_name(season, person, RIGHT, "", OPEN, one.store, late=True)
    assert (await correct_own_name(season, person, RIGHT, "", OPEN, one.store, late=False)).name == RIGHT


async def test_a_correction_that_stopped_is_finished() -> None:
    one, entry = await on_paper()
    person = await one.people.find(entry.members[0])
    assert person
    await one.people.rename(person, RIGHT, [], key=student_key("P01", RIGHT, ADULT))
    await renamed(one, entry.members[0])
    assert (await one.kept(entry)).entry.members[0].name == RIGHT


async def test_a_member_who_is_not_known_is_not_corrected() -> None:
    one, entry = await on_paper()
    one.people.kept.remove(entry.members[0])
    with refused("no-such-member", NotFound):
        await act(one, entry, "name_correction", member="1", name_zh="安")


RIGHT = Name("安妮", "Annie")


async def renamed(one: Registered, person: str, name: Name = RIGHT, reason: str = "a slip") -> Any:
    return await correct_name(await one.season(), person, name, reason, OPEN, one.store)


async def test_a_name_is_put_right_in_lists_entries_and_on_certificates() -> None:
    one, entry = await on_paper()
    person = await renamed(one, entry.members[0])
    assert (person.name, person.version, person.key) == (
        Name("安妮", "Annie"),
        2,
        student_key("P01", Name("安妮", "Annie"), ADULT),
    )
    kept = await one.kept(entry)
    assert kept.entry.members[0].name == Name("安妮", "Annie")
    assert (kept.history[-1]["what"], kept.history[-1]["reason"]) == ("name_correction", "a slip")
    assert one.told.of(PersonCorrectedV1)[0].entry == entry.entry.entry
    assert await renamed(one, entry.members[0]) == person
    assert len(one.told.of(PersonNamedV1)) == 1


async def test_the_name_of_an_instructor_is_put_right_on_every_entry() -> None:
    one, entry = await on_paper()
    await renamed(one, entry.instructors[0])
    assert (await one.kept(entry)).entry.instructors[0].name == "安妮"
    person = await one.people.find(entry.instructors[0])
    assert person
    assert person.key == instructor_id("P01", "王老师"), "who an instructor is does not change"


async def test_where_nothing_is_told_yet_only_the_name_is() -> None:
    one = await registered()
    entry = await one.drafted()
    one.told.forget()
    await renamed(one, entry.members[0])
    assert one.told.subjects() == [PersonNamedV1.SUBJECT]


NAMES: list[tuple[Name, str, str]] = [
    (Name("", " "), "field-name", "name_zh"),
    (Name("x" * 81, ""), "field-name", "name_zh"),
    (Name("安", "x" * 81), "field-name", "name_en"),
    (Name("安\U0001f600", ""), "field-glyph", "name_zh"),
    (Name("安", "A\U0001f600"), "field-glyph", "name_en"),
]


@pytest.mark.parametrize(("name", "code", "field"), NAMES)
async def test_a_right_name_can_be_printed(name: Name, code: str, field: str) -> None:
    one, entry = await on_paper()
    with invalid("fields-invalid", (field, code)):
        await renamed(one, entry.members[0], name)
    assert one.told.events == []


async def test_nobody_is_renamed_who_is_not_of_the_season_or_into_somebody_else() -> None:
    one, entry = await on_paper()
    with refused("no-such-person", NotFound):
        await renamed(one, "nobody")
    foreign = (await one.people.settle("other", {("student", "k"): Name("本", "")}))["student", "k"]
    with refused("no-such-person", NotFound):
        await renamed(one, foreign)
    await one.student("安妮")
    with refused("person-taken"):
        await renamed(one, entry.members[0], Name("安妮", ""))
    assert (await one.kept(entry)).entry.members[0].name.zh == "安娜"


async def test_a_right_name_may_be_as_long_as_a_form_takes() -> None:
    one, entry = await on_paper()
    assert (await renamed(one, entry.members[0], Name("x" * 80, "y" * 80))).version == 2


async def forget(one: Registered, person: str, now: int = OPEN) -> None:
    await erase(person, now, one.erasures, one.works, one.remains, one.store)


async def with_a_work(one: Registered, entry: StoredEntry, upload: str = "u1") -> None:
    file = WorkFile("a.pdf", upload, 3, "0" * 64, "application/pdf", OPEN, True)
    await one.works.save(Work(one.id, entry.entry.entry), WorkVersion(1, OPEN, (file,), True), [], until=None)


async def test_whoever_is_erased_leaves_no_name_anywhere() -> None:
    one = await registered(two())
    who = await one.student()
    entry = await one.submitted(who)
    await with_a_work(one, entry)
    account = await one.accounts.register("anna", "four calm herons", [Grant(Role.STUDENT, one.id)], person=who.person)
    one.told.forget()

    await forget(one, who.person)

    person = await one.people.find(who.person)
    assert person
    assert (person.name, person.key) == (NOBODY, f"erased\x1f{who.person}")
    kept = await one.kept(entry)
    assert (kept.entry.members[0].name, kept.entry.members[0].birth, kept.entry.members[0].grade) == (
        NOBODY,
        UNKNOWN_MONTH,
        9,
    )
    assert (kept.standing, kept.slots, kept.later.left) == ("withdrawn", (), ("withdrawn", OPEN))
    assert kept.history[-1]["what"] == "erased"
    assert await one.accounts.find(account.id) is None
    assert one.remains.removed == ["u1"]
    (named,), (erased,), (left,) = one.told.of(PersonNamedV1), one.told.of(PersonErasedV1), one.told.of(EntryAmendedV1)
    assert (named.version, named.name.zh, named.name.en) == (2, "*", "*")
    assert (erased.person, erased.season, erased.erased_at) == (who.person, one.id, OPEN)
    assert left.standing == "withdrawn"
    version = kept.version
    await forget(one, who.person)
    assert (await one.kept(entry)).version == version, "again changes nothing"
    with refused("no-such-person", NotFound):
        await forget(one, "nobody")


async def test_a_season_that_is_judged_keeps_an_anonymous_row() -> None:
    one, entry = await on_paper()
    await forget(one, entry.members[0], JUDGING)
    kept = await one.kept(entry)
    assert (kept.standing, kept.later.left) == ("valid", None)
    assert kept.slots == entry.slots
    assert one.told.of(EntryAmendedV1) == []


async def test_of_a_team_one_is_erased_and_the_files_stay() -> None:
    one = await registered()
    entry = await one.drafted(track="B", mates=(mate("友", ADULT, 9),))
    consents = (Consent(1, "g", "m", OPEN, "v", Method.LINK), Consent(2, "h", "f", OPEN, "v", Method.LINK))
    entry = replace(entry, version=2, consents=consents)
    await one.entries.save(entry, [], {"what": "test"})
    await with_a_work(one, entry)

    await forget(one, entry.members[1])

    kept = await one.kept(entry)
    assert [member.name.zh for member in kept.entry.members] == ["安娜", "*"]
    assert [(found.guardian, found.relation) for found in kept.consents] == [("g", "m"), ("*", "")]
    assert one.remains.removed == []
    await forget(one, entry.members[0])
    assert one.remains.removed == ["u1"], "nobody is left"


async def test_an_instructor_is_erased_and_the_entry_stays() -> None:
    one, entry = await on_paper()
    await forget(one, entry.instructors[0])
    kept = await one.kept(entry)
    assert (kept.entry.instructors[0].name, kept.standing) == ("*", "valid")
    assert kept.entry.members[0].name.zh == "安娜"


async def test_an_erasure_that_stopped_is_finished() -> None:
    one, entry = await on_paper()
    person = await one.people.find(entry.members[0])
    assert person
    await one.erasures.begin(person, OPEN, [])
    assert await finish_erasures(one.erasures, one.works, one.remains, one.store) == 1
    assert (await one.kept(entry)).entry.members[0].name == NOBODY
    assert await finish_erasures(one.erasures, one.works, one.remains, one.store) == 0


TERMS = Terms(never_stood=10, works=20)
STOOD_DUE = CLOSES + 10 * DAY


async def swept(one: Registered, now: int) -> int:
    return await retain(TERMS, one.erasures, one.works, one.remains, one.store, now=now)


@pytest.mark.parametrize("standing", [*NEVER_STOOD, EntryStatus.VALID, EntryStatus.EXHIBITION])
async def test_what_gave_no_result_is_erased_after_its_term(standing: EntryStatus) -> None:
    one = await registered()
    entry = replace(await one.drafted(), standing=standing, version=2)
    await one.entries.save(entry, [], {"what": "test"})
    assert await swept(one, STOOD_DUE) == 0
    assert (await one.kept(entry)).entry.members[0].name.zh == "安娜"
    gone = standing in NEVER_STOOD
    assert await swept(one, STOOD_DUE + 1) == gone
    assert (await one.kept(entry)).entry.members[0].name.zh == ("*" if gone else "安娜")
    person = await one.people.find(entry.members[0])
    assert person
    assert (person.name == NOBODY) is gone
    assert await swept(one, STOOD_DUE + 1) == 0


async def test_whoever_has_a_result_keeps_their_name_and_loses_the_draft() -> None:
    one = await registered()
    who = await one.student()
    draft = await one.drafted(who)
    stands = replace(await one.drafted(who, track="B"), standing=EntryStatus.VALID, version=2)
    await one.entries.save(stands, [], {"what": "test"})
    assert await swept(one, STOOD_DUE + 1) == 1
    person = await one.people.find(who.person)
    assert person
    assert person.name.zh == "安娜"
    assert (await one.kept(draft)).entry.members[0].name == NOBODY
    assert (await one.kept(stands)).entry.members[0].name.zh == "安娜"


async def test_files_of_works_are_removed_after_their_term() -> None:
    one, entry = await on_paper()
    due = to_unix_micros(one.rules.rounds[-1].judging.closes) + 20 * DAY
    await with_a_work(one, entry)
    assert await swept(one, due) == 0
    assert one.remains.removed == []
    assert await swept(one, due + 1) == 1
    assert one.remains.removed == ["u1"]


async def test_the_terms_of_a_season_on_paper_are_the_organizers() -> None:
    one = await registered(mode="records")
    entry = await one.drafted()
    assert await swept(one, STOOD_DUE * 2) == 0
    assert (await one.kept(entry)).entry.members[0].name.zh == "安娜"


async def test_the_sweeper_reads_the_databases_clock() -> None:
    one = await registered()
    entry = await one.drafted()
    one.clock.at = STOOD_DUE + 1
    assert await retain(TERMS, one.erasures, one.works, one.remains, one.store) == 1
    assert (await one.kept(entry)).entry.members[0].name == NOBODY


PERSONS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"unit": "CITY"}, [("unit", "field-school")]),
    ({"unit": "none"}, [("unit", "field-school")]),
    ({"name": Name("", "")}, [("name_zh", "field-name")]),
    ({"name": Name("安", "x" * 81)}, [("name_en", "field-name")]),
    ({"name": Name("安\U0001f600", "")}, [("name_zh", "field-glyph")]),
    ({"birth": "2014-1"}, [("birth", "field-birth")]),
    ({"birth": "1989-12"}, [("birth", "field-birth")]),
    ({"birth": "2101-01"}, [("birth", "field-birth")]),
    ({"birth": "1990-01"}, []),
    ({"birth": "2100-12", "name": Name("x" * 80, "")}, []),
]


@pytest.mark.parametrize(("changes", "wrong"), PERSONS)
async def test_a_student_has_a_school_a_name_and_a_month(changes: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    one = await registered()
    given = {"unit": "P01", "name": Name("安", ""), "birth": "2014-01", **changes}
    ask = check_person(await one.season(), store=one.store, **given)
    if wrong:
        with invalid("fields-invalid", *wrong):
            await ask
    else:
        await ask


async def test_whoever_signs_up_is_somebody_of_their_own() -> None:
    one = await registered()
    season = await one.season()

    async def oneself(key: str) -> str:
        return await enter_oneself(season, "P01", Name("安娜", ""), ADULT, one.command(key), one.store)

    known = await one.student("安娜", ADULT)
    first = await oneself("first")
    assert await oneself("first") == first, "the same request"
    assert len({known.person, first, await oneself("second")}) == 3
    with invalid("fields-invalid", ("unit", "field-school")):
        await enter_oneself(season, "CITY", Name("安娜", ""), ADULT, one.command(), one.store)


async def test_an_instructor_is_known_by_school_and_name() -> None:
    one = await registered()
    season = await one.season()
    entry = await one.drafted(instructors=("王 老师",))
    assert await enter_instructor(season, "P01", " 王老师 ", one.store) == entry.instructors[0]
    assert await enter_instructor(season, "P02", "王老师", one.store) != entry.instructors[0]
    latin = await enter_instructor(season, "P01", "Ms Wang", one.store)
    found = await one.people.find(latin)
    assert found
    assert found.name == Name("", "Ms Wang")
    for name, code in (("  ", "field-name"), ("x" * 81, "field-name"), ("王\U0001f600", "field-glyph")):
        with invalid("fields-invalid", ("name", code)):
            await enter_instructor(season, "P01", name, one.store)


async def test_who_withdrew_is_not_withdrawn_again_by_erasure() -> None:
    one, entry = await on_paper()
    gone = await withdraw(await one.season(), entry, "", "acc", OPEN, one.store)
    one.told.forget()
    await forget(one, entry.members[0], OPEN + 9)
    assert (await one.kept(entry)).later.left == gone.later.left
    assert one.told.of(EntryAmendedV1) == []
    assert one.told.of(EntryAcceptedV1) == []
