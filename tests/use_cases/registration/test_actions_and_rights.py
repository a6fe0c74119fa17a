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
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound, Unavailable
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
    each_registered = await registered(two())
    entry = await each_registered.submitted()
    each_registered.told.forget()
    return each_registered, entry


async def act(
    registered: Registered, stored: StoredEntry, kind: str, name: str = "x1", /, **values: Any
) -> ActionOutcome:
    action = {"type": kind, "at": BEFORE, "entry": stored.entry.entry, "reason": "as minuted", **values}
    return await apply_action(await registered.season(), name, action, registered.store)


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
    registered, entry = await on_paper()
    with refused(code, error):
        await act(registered, entry, kind, **values)
    assert await registered.kept(entry) == replace(entry, history=(await registered.kept(entry)).history)
    assert registered.told.events == []


@pytest.mark.parametrize(
    ("kind", "standing"), [("withdrawal", "withdrawn"), ("consent_withdrawal", "consent_withdrawn")]
)
async def test_leaving_before_judging_takes_the_entry_out(kind: str, standing: str) -> None:
    registered, entry = await on_paper()
    assert await act(registered, entry, kind) == {"entry": entry.entry.entry, "standing": standing}
    kept = await registered.kept(entry)
    assert (kept.standing, kept.later.exit) == (standing, (standing, at(BEFORE)))
    note = kept.history[-1]
    assert (note["action"], note["what"], note["at"], note["reason"]) == ("x1", kind, at(BEFORE), "as minuted")
    assert [event.standing for event in registered.told.of(EntryAmendedV1)] == [standing]
    assert registered.told.of(EntryWithdrawnV1) == []
    await act(registered, entry, kind)
    assert (await registered.kept(entry)).version == kept.version, "the same action again changes nothing"


@pytest.mark.parametrize(("kind", "values"), [("withdrawal", {"round": "last"}), ("consent_withdrawal", {})])
async def test_leaving_afterwards_is_from_a_later_round(kind: str, values: dict[str, str]) -> None:
    registered, entry = await on_paper()
    assert (await act(registered, entry, kind, at=DURING, **values))["standing"] == "valid"
    (left,) = registered.told.of(EntryWithdrawnV1)
    assert (left.entry, left.round, left.at, left.cause) == (entry.entry.entry, "last", at(DURING), kind)
    assert (await registered.kept(entry)).later.exit is None


async def test_an_extension_counts_for_what_came_late() -> None:
    each_registered = await registered(two())
    entry = await each_registered.submitted()
    late = replace(
        entry, version=entry.version + 1, entry=replace(entry.entry, submitted_at=CLOSES + 5), standing=EntryStatus.LATE
    )
    await each_registered.entries.save(late, [], {"what": "test"})
    each_registered.told.forget()
    extension = {"at": "2025-03-29T12:00:00", "until": "2025-03-30T00:00:00"}
    assert (await act(each_registered, late, "extension", **extension))["standing"] == "valid"
    assert (await each_registered.kept(late)).later == Later(at("2025-03-30T00:00:00"))
    assert len(each_registered.told.of(EntryAmendedV1)) == 1


async def test_a_transfer_is_noted_and_changes_no_standing() -> None:
    registered, entry = await on_paper()
    assert (await act(registered, entry, "transfer"))["standing"] == "valid"
    assert (await registered.kept(entry)).history[-1]["what"] == "transfer"
    assert registered.told.events == []


async def test_a_corrected_name_is_told_to_whoever_prints_it() -> None:
    registered, entry = await on_paper()
    outcome = await act(registered, entry, "name_correction", member="1", name_zh=" 安妮 ", name_en="Annie")
    assert outcome == {"entry": entry.entry.entry, "standing": "valid", "person": entry.members[0], "name_version": 2}
    person = await registered.people.find(entry.members[0])
    assert person
    assert person.name == Name("安妮", "Annie")
    (named,), (corrected,) = registered.told.of(PersonNamedV1), registered.told.of(PersonCorrectedV1)
    assert (named.version, named.name.zh, named.replaces_earlier) == (2, "安妮", True)
    assert (corrected.version, corrected.entry, corrected.corrected_at, corrected.reason) == (
        2,
        entry.entry.entry,
        at(BEFORE),
        "as minuted",
    )
    await act(registered, entry, "name_correction", "x2", member="1", name_zh="安妮", name_en="Annie")
    assert len(registered.told.of(PersonNamedV1)) == 1, "the name is right already"


async def test_an_action_renames_the_entries_as_the_page_does() -> None:
    each_registered = await registered(two())
    who = await each_registered.student()
    entry, other = await each_registered.submitted(who), await each_registered.submitted(who, track="B")
    await act(each_registered, entry, "name_correction", member="1", name_zh="安妮", name_en="")
    for stored in (entry, other):
        kept = await each_registered.kept(stored)
        assert kept.entry.members[0].name == Name("安妮", "")
        assert [note["action"] for note in kept.history if note["what"] == "name_correction"] == ["x1"]
    version = (await each_registered.kept(entry)).version
    await act(each_registered, entry, "name_correction", member="1", name_zh="安妮", name_en="")
    assert (await each_registered.kept(entry)).version == version, "the same action again changes nothing"


async def test_an_action_makes_nobody_somebody_else() -> None:
    for mode in ("live", "records"):
        each_registered = await registered(two(), mode=mode)
        entry, _ = await imported_or_submitted(each_registered), await each_registered.student("安妮")
        with refused("person-taken"):
            await act(each_registered, entry, "name_correction", member="1", name_zh="安妮", name_en="")


async def imported_or_submitted(registered: Registered) -> StoredEntry:
    """An entry of 安娜; a season on paper takes it in from a file."""
    if (await registered.season()).mode == "live":
        return await registered.submitted()
    await import_entries(await registered.season(), rows({"m1_birth": ADULT}), registered.store)
    return (await registered.entries.of(registered.id))["E001"]


async def test_a_file_that_comes_again_leaves_a_corrected_name() -> None:
    each_registered = await registered(two(), mode="records")
    entry = await imported_or_submitted(each_registered)
    await act(each_registered, entry, "name_correction", member="1", name_zh="安妮", name_en="")
    corrected = await each_registered.kept(entry)
    season, content = await each_registered.season(), rows({"m1_birth": ADULT})

    assert (await import_entries(season, content, each_registered.store)).changed == 0
    assert await recorded(each_registered, m1_birth=ADULT) == corrected
    assert await each_registered.kept(entry) == corrected
    assert len(each_registered.people.kept.values()) == 2, "the student and the instructor"
    changed = rows({"m1_birth": ADULT, "title": "新"})
    assert (await import_entries(season, changed, each_registered.store)).changed == 1
    kept = await each_registered.kept(entry)
    assert (kept.entry.title, kept.entry.members[0].name.zh, kept.members) == ("新", "安妮", entry.members)


async def test_whoever_has_left_is_not_withdrawn_again_and_stays_as_they_left() -> None:
    registered, entry = await on_paper()
    await act(registered, entry, "withdrawal")
    gone = await registered.kept(entry)
    with refused("entry-gone"):
        await act(registered, gone, "withdrawal", "x2")
    await act(registered, gone, "consent_withdrawal", "x3")
    assert (await registered.kept(entry)).later == gone.later


async def test_ones_own_name_stays_once_results_are_final() -> None:
    registered, entry = await on_paper()
    season, person = await registered.season(), entry.members[0]
    with refused("name-after-results", NotAllowed):
        await correct_own_name(season, person, RIGHT, "", OPEN, registered.store, late=True)
    assert (await correct_own_name(season, person, RIGHT, "", OPEN, registered.store, late=False)).name == RIGHT


async def test_a_correction_that_stopped_is_finished() -> None:
    registered, entry = await on_paper()
    person = await registered.people.find(entry.members[0])
    assert person
    await registered.people.rename(person, RIGHT, [], key=student_key("P01", RIGHT, ADULT))
    await renamed(registered, entry.members[0])
    assert (await registered.kept(entry)).entry.members[0].name == RIGHT


async def test_a_member_who_is_not_known_is_not_corrected() -> None:
    registered, entry = await on_paper()
    registered.people.kept.remove(entry.members[0])
    with refused("no-such-member", NotFound):
        await act(registered, entry, "name_correction", member="1", name_zh="安")


RIGHT = Name("安妮", "Annie")


async def renamed(registered: Registered, person: str, name: Name = RIGHT, reason: str = "a slip") -> Any:
    return await correct_name(await registered.season(), person, name, reason, OPEN, registered.store)


async def test_a_name_is_put_right_in_lists_entries_and_on_certificates() -> None:
    registered, entry = await on_paper()
    person = await renamed(registered, entry.members[0])
    assert (person.name, person.version, person.key) == (
        Name("安妮", "Annie"),
        2,
        student_key("P01", Name("安妮", "Annie"), ADULT),
    )
    kept = await registered.kept(entry)
    assert kept.entry.members[0].name == Name("安妮", "Annie")
    assert (kept.history[-1]["what"], kept.history[-1]["reason"]) == ("name_correction", "a slip")
    assert registered.told.of(PersonCorrectedV1)[0].entry == entry.entry.entry
    assert await renamed(registered, entry.members[0]) == person
    assert len(registered.told.of(PersonNamedV1)) == 1


async def test_the_name_of_an_instructor_is_put_right_on_every_entry() -> None:
    registered, entry = await on_paper()
    await renamed(registered, entry.instructors[0])
    assert (await registered.kept(entry)).entry.instructors[0].name == "安妮"
    person = await registered.people.find(entry.instructors[0])
    assert person
    assert person.key == instructor_id("P01", "王老师"), "who an instructor is does not change"


async def test_where_nothing_is_told_yet_only_the_name_is() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted()
    each_registered.told.forget()
    await renamed(each_registered, entry.members[0])
    assert each_registered.told.subjects() == [PersonNamedV1.SUBJECT]


NAMES: list[tuple[Name, str, str]] = [
    (Name("", " "), "field-name", "name_zh"),
    (Name("x" * 81, ""), "field-name", "name_zh"),
    (Name("安", "x" * 81), "field-name", "name_en"),
    (Name("安\U0001f600", ""), "field-sign", "name_zh"),
    (Name("安", "A\U0001f600"), "field-sign", "name_en"),
]


@pytest.mark.parametrize(("name", "code", "field"), NAMES)
async def test_a_right_name_can_be_printed(name: Name, code: str, field: str) -> None:
    registered, entry = await on_paper()
    with invalid("fields-invalid", (field, code)):
        await renamed(registered, entry.members[0], name)
    assert registered.told.events == []


async def test_nobody_is_renamed_who_is_not_of_the_season_or_into_somebody_else() -> None:
    registered, entry = await on_paper()
    with refused("no-such-person", NotFound):
        await renamed(registered, "nobody")
    foreign = (await registered.people.settle("other", {("student", "k"): Name("本", "")}))["student", "k"]
    with refused("no-such-person", NotFound):
        await renamed(registered, foreign)
    await registered.student("安妮")
    with refused("person-taken"):
        await renamed(registered, entry.members[0], Name("安妮", ""))
    assert (await registered.kept(entry)).entry.members[0].name.zh == "安娜"


async def test_a_right_name_may_be_as_long_as_a_form_takes() -> None:
    registered, entry = await on_paper()
    assert (await renamed(registered, entry.members[0], Name("x" * 80, "y" * 80))).version == 2


async def forget(registered: Registered, person: str, now: int = OPEN) -> None:
    await erase([person], now, registered.erasures, registered.works, registered.remains, registered.store)


async def with_a_work(registered: Registered, entry: StoredEntry, upload: str = "u1") -> None:
    file = WorkFile("a.pdf", upload, 3, "0" * 64, "application/pdf", OPEN, True)
    await registered.works.save(
        Work(registered.id, entry.entry.entry), WorkVersion(1, OPEN, (file,), True), [], until=None
    )


async def test_whoever_is_erased_leaves_no_name_anywhere() -> None:
    each_registered = await registered(two())
    who = await each_registered.student()
    entry = await each_registered.submitted(who)
    await with_a_work(each_registered, entry)
    account = await each_registered.accounts.register(
        "anna", "four calm herons", [Grant(Role.STUDENT, each_registered.id)], person=who.person
    )
    each_registered.told.forget()

    await forget(each_registered, who.person)

    person = await each_registered.people.find(who.person)
    assert person
    assert (person.name, person.key) == (NOBODY, f"erased\x1f{who.person}")
    kept = await each_registered.kept(entry)
    assert (kept.entry.members[0].name, kept.entry.members[0].birth, kept.entry.members[0].grade) == (
        NOBODY,
        UNKNOWN_MONTH,
        9,
    )
    assert (kept.standing, kept.slots, kept.later.exit) == ("withdrawn", (), ("withdrawn", OPEN))
    assert kept.history[-1]["what"] == "erased"
    assert await each_registered.accounts.find(account.id) is None
    assert each_registered.remains.removed == ["u1"]
    assert each_registered.remains.forgotten == [(each_registered.id, entry.entry.members[0].name)]
    (named,), (erased,), (left,) = (
        each_registered.told.of(PersonNamedV1),
        each_registered.told.of(PersonErasedV1),
        each_registered.told.of(EntryAmendedV1),
    )
    assert (named.version, named.name.zh, named.name.en) == (2, "*", "*")
    assert (erased.person, erased.season, erased.erased_at) == (who.person, each_registered.id, OPEN)
    assert left.standing == "withdrawn"
    version = kept.version
    await forget(each_registered, who.person)
    assert (await each_registered.kept(entry)).version == version, "again changes nothing"
    with refused("no-such-person", NotFound):
        await forget(each_registered, "nobody")


async def test_a_season_that_is_judged_keeps_an_anonymous_row() -> None:
    registered, entry = await on_paper()
    await forget(registered, entry.members[0], JUDGING)
    kept = await registered.kept(entry)
    assert (kept.standing, kept.later.exit) == ("valid", None)
    assert kept.slots == entry.slots
    assert registered.told.of(EntryAmendedV1) == []


async def test_of_a_team_one_is_erased_and_the_files_stay() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(track="B", mates=(mate("友", ADULT, 9),))
    consents = (Consent(1, "g", "m", OPEN, "v", Method.LINK), Consent(2, "h", "f", OPEN, "v", Method.LINK))
    entry = replace(entry, version=2, consents=consents)
    await each_registered.entries.save(entry, [], {"what": "test"})
    await with_a_work(each_registered, entry)

    await forget(each_registered, entry.members[1])

    kept = await each_registered.kept(entry)
    assert [member.name.zh for member in kept.entry.members] == ["安娜", "*"]
    assert [(consent.guardian, consent.relation) for consent in kept.consents] == [("g", "m"), ("*", "")]
    assert each_registered.remains.removed == []
    await forget(each_registered, entry.members[0])
    assert each_registered.remains.removed == ["u1"], "nobody is left"


async def test_an_instructor_is_erased_and_the_entry_stays() -> None:
    registered, entry = await on_paper()
    await forget(registered, entry.instructors[0])
    kept = await registered.kept(entry)
    assert (kept.entry.instructors[0].name, kept.standing) == ("*", "valid")
    assert kept.entry.members[0].name.zh == "安娜"


async def test_whom_a_restored_backup_marks_is_erased_from_the_beginning() -> None:
    """Keeps away: a name that an older backup brings back and that stays, because its erasure counts as begun."""
    registered, entry = await on_paper()
    person = entry.members[0]
    marked = registered.people.kept.find(person)
    assert marked
    registered.people.kept.put(person, replace(marked, erased_at=OPEN, erasing=True))

    assert await finish_erasures(registered.erasures, registered.works, registered.remains, registered.store) == 1

    erased = await registered.people.find(person)
    assert erased
    assert erased.name == NOBODY
    assert (await registered.kept(entry)).entry.members[0].name == NOBODY
    assert [event.person for event in registered.told.of(PersonErasedV1)] == [person]
    assert await finish_erasures(registered.erasures, registered.works, registered.remains, registered.store) == 0


async def test_an_erasure_that_stopped_is_finished() -> None:
    registered, entry = await on_paper()
    person = await registered.people.find(entry.members[0])
    assert person
    await registered.erasures.begin(person, OPEN, [])
    assert await finish_erasures(registered.erasures, registered.works, registered.remains, registered.store) == 1
    assert (await registered.kept(entry)).entry.members[0].name == NOBODY
    assert await finish_erasures(registered.erasures, registered.works, registered.remains, registered.store) == 0


async def test_an_erasure_that_begins_is_no_failure_though_its_parts_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps away: "try again" to somebody whose account is gone by then, and of two seasons one that stays named."""
    registered, entry = await on_paper()
    people = [entry.members[0], entry.instructors[0]]

    async def changed_meanwhile(_: str) -> None:
        raise Unavailable("changed-meanwhile")

    with monkeypatch.context() as broken:
        broken.setattr(registered.remains, "forget", changed_meanwhile)
        await erase(people, OPEN, registered.erasures, registered.works, registered.remains, registered.store)

    assert [event.person for event in registered.told.of(PersonErasedV1)] == people
    assert await finish_erasures(registered.erasures, registered.works, registered.remains, registered.store) == 2
    kept = (await registered.kept(entry)).entry
    assert [kept.members[0].name, kept.instructors[0].name] == [NOBODY, NOBODY.zh]


TERMS = Terms(never_stood=10, works=20)
STOOD_DUE = CLOSES + 10 * DAY


async def swept(registered: Registered, now: int) -> int:
    return await retain(TERMS, registered.erasures, registered.works, registered.remains, registered.store, now=now)


@pytest.mark.parametrize("standing", [*NEVER_STOOD, EntryStatus.VALID, EntryStatus.EXHIBITION])
async def test_what_gave_no_result_is_erased_after_its_term(standing: EntryStatus) -> None:
    each_registered = await registered()
    entry = replace(await each_registered.drafted(), standing=standing, version=2)
    await each_registered.entries.save(entry, [], {"what": "test"})
    assert await swept(each_registered, STOOD_DUE) == 0
    assert (await each_registered.kept(entry)).entry.members[0].name.zh == "安娜"
    gone = standing in NEVER_STOOD
    assert await swept(each_registered, STOOD_DUE + 1) == gone
    assert (await each_registered.kept(entry)).entry.members[0].name.zh == ("*" if gone else "安娜")
    person = await each_registered.people.find(entry.members[0])
    assert person
    assert (person.name == NOBODY) is gone
    assert await swept(each_registered, STOOD_DUE + 1) == 0


async def test_whoever_has_a_result_keeps_their_name_and_loses_the_draft() -> None:
    each_registered = await registered()
    who = await each_registered.student()
    draft = await each_registered.drafted(who)
    stands = replace(await each_registered.drafted(who, track="B"), standing=EntryStatus.VALID, version=2)
    await each_registered.entries.save(stands, [], {"what": "test"})
    assert await swept(each_registered, STOOD_DUE + 1) == 1
    person = await each_registered.people.find(who.person)
    assert person
    assert person.name.zh == "安娜"
    assert (await each_registered.kept(draft)).entry.members[0].name == NOBODY
    assert (await each_registered.kept(stands)).entry.members[0].name.zh == "安娜"


async def test_files_of_works_are_removed_after_their_term() -> None:
    registered, entry = await on_paper()
    due = to_unix_micros(registered.rules.rounds[-1].judging.closes) + 20 * DAY
    await with_a_work(registered, entry)
    assert await swept(registered, due) == 0
    assert registered.remains.removed == []
    assert await swept(registered, due + 1) == 1
    assert registered.remains.removed == ["u1"]


async def test_the_terms_of_a_season_on_paper_are_the_organizers() -> None:
    each_registered = await registered(mode="records")
    entry = await each_registered.drafted()
    assert await swept(each_registered, STOOD_DUE * 2) == 0
    assert (await each_registered.kept(entry)).entry.members[0].name.zh == "安娜"


async def test_the_sweeper_reads_the_databases_clock() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted()
    each_registered.clock.at = STOOD_DUE + 1
    assert (
        await retain(
            TERMS, each_registered.erasures, each_registered.works, each_registered.remains, each_registered.store
        )
        == 1
    )
    assert (await each_registered.kept(entry)).entry.members[0].name == NOBODY


PERSONS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"unit": "CITY"}, [("unit", "field-school")]),
    ({"unit": "none"}, [("unit", "field-school")]),
    ({"name": Name("", "")}, [("name_zh", "field-name")]),
    ({"name": Name("安", "x" * 81)}, [("name_en", "field-name")]),
    ({"name": Name("安\U0001f600", "")}, [("name_zh", "field-sign")]),
    ({"birth": "2014-1"}, [("birth", "field-birth")]),
    ({"birth": "1989-12"}, [("birth", "field-birth")]),
    ({"birth": "2101-01"}, [("birth", "field-birth")]),
    ({"birth": "1990-01"}, []),
    ({"birth": "2100-12", "name": Name("x" * 80, "")}, []),
]


@pytest.mark.parametrize(("changes", "wrong"), PERSONS)
async def test_a_student_has_a_school_a_name_and_a_month(changes: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    each_registered = await registered()
    given = {"unit": "P01", "name": Name("安", ""), "birth": "2014-01", **changes}
    ask = check_person(await each_registered.season(), store=each_registered.store, **given)
    if wrong:
        with invalid("fields-invalid", *wrong):
            await ask
    else:
        await ask


async def test_whoever_signs_up_is_somebody_of_their_own() -> None:
    each_registered = await registered()
    season = await each_registered.season()

    async def oneself(key: str) -> str:
        return await enter_oneself(
            season, "P01", Name("安娜", ""), ADULT, each_registered.command(key), each_registered.store
        )

    known = await each_registered.student("安娜", ADULT)
    first = await oneself("first")
    assert await oneself("first") == first, "the same request"
    assert len({known.person, first, await oneself("second")}) == 3
    with invalid("fields-invalid", ("unit", "field-school")):
        await enter_oneself(season, "CITY", Name("安娜", ""), ADULT, each_registered.command(), each_registered.store)


async def test_an_instructor_is_known_by_school_and_name() -> None:
    each_registered = await registered()
    season = await each_registered.season()
    entry = await each_registered.drafted(instructors=("王 老师",))
    assert await enter_instructor(season, "P01", " 王老师 ", each_registered.store) == entry.instructors[0]
    assert await enter_instructor(season, "P02", "王老师", each_registered.store) != entry.instructors[0]
    latin = await enter_instructor(season, "P01", "Ms Wang", each_registered.store)
    person = await each_registered.people.find(latin)
    assert person
    assert person.name == Name("", "Ms Wang")
    for name, code in (("  ", "field-name"), ("x" * 81, "field-name"), ("王\U0001f600", "field-sign")):
        with invalid("fields-invalid", ("name", code)):
            await enter_instructor(season, "P01", name, each_registered.store)


async def test_who_withdrew_is_not_withdrawn_again_by_erasure() -> None:
    registered, entry = await on_paper()
    gone = await withdraw(await registered.season(), entry, "moved", "acc", OPEN, registered.store)
    registered.told.forget()
    await forget(registered, entry.members[0], OPEN + 9)
    assert (await registered.kept(entry)).later.exit == gone.later.exit
    assert registered.told.of(EntryAmendedV1) == []
    assert registered.told.of(EntryAcceptedV1) == []
