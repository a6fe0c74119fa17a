"""A live entry on its way: what a draft must hold, until when what is possible, and what is told."""

from dataclasses import replace
from typing import Any

import pytest

from services.registration.application.consenting import on_paper
from services.registration.application.direct import submit_entry
from services.registration.application.entering import (
    draft,
    edit,
    extend,
    find_by_command,
    insert_numbered,
    reinstate,
    submit,
    unsubmit_entry,
    withdraw,
)
from services.registration.application.forms import Applicant, find_applicant
from services.registration.application.ports import Season, SlotTaken, StoredEntry
from services.registration.application.reviewing import review
from services.registration.domain.consent import PURPOSES
from services.registration.domain.entries import Later, deadline
from services.registration.domain.reviewing import Verdict
from services.registration.entrypoints.pages.public import registration_open, timeline
from shared.errors import Invalid, NotAllowed, NotFound, Unavailable
from shared.events.registration import ConsentWithdrawnV1, EntryAcceptedV1, EntryAmendedV1
from shared.identity import Grant, Principal, Role
from shared.season.rules import Limits
from shared.states import EntryStatus
from tests.support.refusals import invalid, refused
from tests.support.registered import (
    ADULT,
    CLOSES,
    JUDGING,
    OPEN,
    ORGANIZER,
    UNITS,
    YOUNG,
    Registered,
    form,
    mate,
    registered,
)
from tests.support.rules import at, season_rules

OPENS = at("2025-03-03T09:00:00")
SCHOOL = Applicant("school", "", "P01")
AT_ONCE = season_rules(acceptance="submission")
"""Where an entry stands when it is handed in."""


@pytest.mark.parametrize(("now", "taken"), [(OPENS - 1, False), (OPENS, True), (CLOSES, True), (CLOSES + 1, False)])
async def test_an_entry_is_begun_while_registration_is_open(now: int, taken: bool) -> None:
    each_registered = await registered(now=now)
    who = await each_registered.student()
    if not taken:
        with refused("registration-not-open"):
            await each_registered.drafted(who)
        assert await each_registered.entries.of(each_registered.id) == {}
        return
    entry = await each_registered.drafted(who)
    assert (entry.standing, entry.published, entry.entry.registered_at) == ("draft", False, now)
    assert (entry.owner, entry.entrant, entry.members) == (who.account, who.person, (who.person,))
    assert (len(entry.entry.entry), len(entry.team_code)) == (6, 8)
    assert await each_registered.kept(entry) == entry
    assert each_registered.told.of(EntryAcceptedV1) == [], "a draft is nobody else's business"


ROLES: list[tuple[list[Grant], str, tuple[str, str, bool] | None]] = [
    ([Grant(Role.STUDENT, "s", "P01")], "anna", ("anna", "P01", False)),
    ([Grant(Role.STUDENT, "s", "P01")], "", None),
    ([Grant(Role.INSTRUCTOR, "s", "P02")], "teacher", ("", "P02", False)),
    ([Grant(Role.INSTRUCTOR, "s", "P02"), Grant(Role.SCHOOL_ADMIN, "s", "P01")], "", ("", "P01", True)),
    ([Grant(Role.SCHOOL_ADMIN, "s", "P02"), Grant(Role.STUDENT, "s", "P01")], "anna", ("anna", "P01", False)),
    ([Grant(Role.SCHOOL_ADMIN, "other", "P02")], "", None),
    ([Grant(Role.CITY_ORGANIZER, "s")], "", None),
]


@pytest.mark.parametrize(("grants", "person", "expected"), ROLES)
def test_whoever_has_several_roles_enters_by_the_first_that_fits(
    grants: list[Grant], person: str, expected: tuple[str, str, bool] | None
) -> None:
    who = Principal("acc", "session", "login", person, tuple(grants), 0, 0)
    applicant = find_applicant(who, Season("s", 1, "live", 1, season_rules()))
    assert (applicant and (applicant.person, applicant.unit, applicant.for_school)) == expected


B: dict[str, Any] = {"track": "B"}
WRONG: list[tuple[Applicant | None, dict[str, Any], list[tuple[str, str]]]] = [
    (None, {"track": "Z"}, [("track", "field-track")]),
    (None, {"title": "  "}, [("title", "field-title")]),
    (None, {"title": "x" * 121}, [("title", "field-title")]),
    (None, {"title": "a\U0001f600"}, [("title", "field-sign")]),
    (None, {"language": "fr"}, [("language", "field-language")]),
    (None, {"grade": None}, [("grade", "field-grade")]),
    (None, {"grade": 12}, [("grade", "field-division-not-open")]),
    (None, {"instructors": ()}, [("i1_name", "field-instructors")]),
    (None, {"instructors": ("a", "b", "c")}, [("i3_name", "field-instructors")]),
    (None, {"instructors": ("王", " 王 ")}, [("i2_name", "field-instructor-repeated")]),
    (None, {"instructors": ("a\U0001f600",)}, [("i1_name", "field-sign")]),
    (None, {"instructors": (" ",)}, [("i1_name", "field-name")]),
    (None, {"instructors": ("x" * 81,)}, [("i1_name", "field-name")]),
    (None, {"mates": (mate(),)}, [("m2_name", "field-team-size")]),
    (None, {**B, "mates": (mate(""),)}, [("m2_name", "field-name")]),
    (None, {**B, "mates": (mate("x" * 81),)}, [("m2_name", "field-name")]),
    (None, {**B, "mates": (mate("\U0001f600"),)}, [("m2_name", "field-sign")]),
    (None, {**B, "mates": (mate(birth="2014-13"),)}, [("m2_birth", "field-birth")]),
    (None, {**B, "mates": (mate(birth="1989-12"),)}, [("m2_birth", "field-birth")]),
    (None, {**B, "mates": (mate(grade=None),)}, [("m2_grade", "field-grade")]),
    (None, {**B, "mates": (mate(), mate())}, [("m3_name", "field-member-repeated")]),
    (None, {**B, "mates": (mate("安娜", ADULT),)}, [("m2_name", "field-member-repeated")]),
    (SCHOOL, {}, [("m1_name", "field-name")]),
    (SCHOOL, {"mates": (mate(), mate("三"))}, [("m1_name", "field-team-size")]),
    (SCHOOL, {"mates": (mate(grade=12),)}, [("m1_grade", "field-division-not-open")]),
]


@pytest.mark.parametrize(("who", "changes", "wrong"), WRONG)
async def test_every_field_of_an_entry_is_named_that_will_not_do(
    who: Applicant | None, changes: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    each_registered = await registered()
    applicant = who or await each_registered.student()
    with invalid("fields-invalid", *wrong):
        await each_registered.drafted(applicant, **changes)
    assert await each_registered.entries.of(each_registered.id) == {}


async def test_several_faults_are_named_at_once() -> None:
    each_registered = await registered()
    with invalid(
        "fields-invalid", ("track", "field-track"), ("title", "field-title"), ("language", "field-language"),
        ("grade", "field-grade"),
    ):  # fmt: skip
        await each_registered.drafted(track="Z", title="", language="x", grade=None)


async def test_what_is_just_right_is_taken() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(
        title=" " + "x" * 119,
        language="zh",
        mates=(mate("x" * 80), mate("三", grade=9)),
        **B,
        instructors=(" 王 ", "李"),
    )
    assert entry.entry.title == "x" * 119
    assert entry.entry.division == "J", "the highest grade decides"
    assert [member.name.best for member in entry.entry.members] == ["安娜", "x" * 80, "三"]
    assert [instructor.name for instructor in entry.entry.instructors] == ["王", "李"]
    assert len(entry.members) == 3


async def test_whoever_is_not_known_enters_nothing() -> None:
    each_registered = await registered()
    with refused("no-such-person", NotFound):
        await each_registered.drafted(Applicant("acc", "nobody", "P01"))


async def test_a_track_for_units_is_not_open_for_students() -> None:
    tracks = season_rules().model_dump(mode="json")["tracks"]
    each_registered = await registered(season_rules(tracks=[tracks[0], {**tracks[1], "entrant": "unit"}]))
    with invalid("fields-invalid", ("track", "field-track")):
        await each_registered.drafted(track="B")


async def test_the_same_request_again_finds_its_own_entry() -> None:
    each_registered = await registered()
    who, command = await each_registered.student(), each_registered.command("key")
    first = await draft(await each_registered.season(), who, form(), OPEN, command, each_registered.store)

    again = await draft(await each_registered.season(), who, form(), OPEN + 5, command, each_registered.store)

    assert again == first
    assert list(await each_registered.entries.of(each_registered.id)) == [first.entry.entry]
    assert await find_by_command(await each_registered.season(), command, each_registered.store) == first
    assert (
        await find_by_command(await each_registered.season(), each_registered.command("other"), each_registered.store)
        is None
    )
    with refused("idempotency-key-reused", Invalid):
        await draft(
            await each_registered.season(),
            who,
            form(),
            OPEN,
            each_registered.command("key", b"other body"),
            each_registered.store,
        )
    with refused("idempotency-key-reused", Invalid):
        await find_by_command(
            await each_registered.season(), each_registered.command("key", b"other body"), each_registered.store
        )


async def test_a_number_that_is_given_is_not_given_again() -> None:
    each_registered = await registered(season_rules(limits={}))
    command = each_registered.command("key")
    first = await draft(
        await each_registered.season(), await each_registered.student(), form(), OPEN, command, each_registered.store
    )
    foreign = replace(first, command=each_registered.command("other").stored())
    await each_registered.entries.save(replace(foreign, version=2), [], {"what": "edited"})
    second = await draft(
        await each_registered.season(),
        await each_registered.student("本"),
        form(),
        OPEN,
        command,
        each_registered.store,
    )
    assert second.entry.entry != first.entry.entry
    assert await find_by_command(await each_registered.season(), command, each_registered.store) == second


async def test_when_every_number_is_given_the_request_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    each_registered = await registered(season_rules(limits={}))
    monkeypatch.setattr("services.registration.application.entering.MOST_NUMBERS", 1)
    command = each_registered.command("key")
    first = await draft(
        await each_registered.season(), await each_registered.student(), form(), OPEN, command, each_registered.store
    )
    foreign = replace(first, version=2, command=each_registered.command("other").stored())
    await each_registered.entries.save(foreign, [], {"what": "edited"})
    with refused("changed-meanwhile"):
        await insert_numbered(
            await each_registered.season(), replace(first, members=("p9",)), None, command, each_registered.store
        )
    assert await find_by_command(await each_registered.season(), command, each_registered.store) is None


LIMITED: list[tuple[dict[str, Any], str, dict[str, Any], str]] = [
    ({"entries_per_student_and_track": 2}, "安娜", {}, "limit-track"),
    ({"entries_per_student": 2}, "安娜", B, "limit-student"),
    ({"entries_per_instructor": 2}, "本", {}, "limit-instructor"),
]


@pytest.mark.parametrize(("limits", "name", "changes", "code"), LIMITED)
async def test_a_limit_of_the_season_is_kept(
    limits: dict[str, Any], name: str, changes: dict[str, Any], code: str
) -> None:
    each_registered = await registered(season_rules().model_copy(update={"limits": Limits.model_validate(limits)}))
    first = await each_registered.drafted()
    await each_registered.drafted()
    who = await each_registered.student(name)
    with refused(code, limit=2):
        await each_registered.drafted(who, **changes)
    await withdraw(await each_registered.season(), first, "moved", "acc", OPEN, each_registered.store)
    assert (await each_registered.drafted(who, **changes)).slots, "a place that became free is taken"


async def test_an_entry_keeps_its_own_places_when_it_changes() -> None:
    each_registered = await registered()
    who = await each_registered.student()
    entry = await each_registered.drafted(who)
    edited = await edit(await each_registered.season(), entry, who, form(title="新"), OPEN, each_registered.store)
    assert edited.slots == entry.slots


async def test_who_loses_the_last_place_to_somebody_else_looks_again() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted()

    class Contended:
        """Others keep taking what was free."""

        def __init__(self, times: int) -> None:
            self.times = times

        def __getattr__(self, name: str) -> Any:
            return getattr(each_registered.entries, name)

        async def save(self, *given: Any, **more: Any) -> None:
            self.times -= 1
            if self.times >= 0:
                raise SlotTaken
            await each_registered.entries.save(*given, **more)

    who = Applicant(entry.owner, entry.entrant, "P01")
    always = replace(each_registered.store, entries=Contended(1000))
    with refused("try-again", Unavailable):
        await edit(await each_registered.season(), entry, who, form(title="新"), OPEN, always)
    once = replace(each_registered.store, entries=Contended(1))
    assert (await edit(await each_registered.season(), entry, who, form(title="新"), OPEN, once)).entry.title == "新"


async def test_editing_keeps_the_number_and_makes_a_draft_again() -> None:
    each_registered = await registered()
    who = await each_registered.student()
    entry = await each_registered.drafted(who)
    edited = await edit(await each_registered.season(), entry, who, form(title="新"), OPEN + 9, each_registered.store)
    assert (edited.entry.entry, edited.entry.registered_at, edited.version) == (entry.entry.entry, OPEN, 2)
    assert (await each_registered.kept(entry)).history[-1]["what"] == "edited"
    assert (await each_registered.kept(entry)).history[-1]["by"] == who.account
    with refused("changed-meanwhile", Unavailable):
        await edit(await each_registered.season(), entry, who, form(title="旧"), OPEN, each_registered.store)


async def standing_at(registered: Registered, entry: StoredEntry, standing: EntryStatus) -> StoredEntry:
    """The entry as if it stood there."""
    after = replace(entry, standing=standing, version=entry.version + 1)
    await registered.entries.save(after, [], {"what": "test"})
    return after


@pytest.mark.parametrize("standing", EntryStatus)
async def test_what_is_possible_depends_on_where_an_entry_stands(standing: EntryStatus) -> None:
    each_registered = await registered()
    who = await each_registered.student()
    season = await each_registered.season()

    async def fresh() -> StoredEntry:
        return await standing_at(each_registered, await each_registered.drafted(who), standing)

    entry = await fresh()
    editable = standing in ("draft", "returned")
    if editable:
        entry = await standing_at(
            each_registered, await edit(season, entry, who, form(), OPEN, each_registered.store), standing
        )
        entry = await submit(season, entry, OPEN, each_registered.works, each_registered.store, by="acc")
        assert entry.standing == "pending"
    else:
        with refused("entry-not-editable"):
            await edit(season, entry, who, form(), OPEN, each_registered.store)
        with refused("entry-submitted"):
            await submit(season, entry, OPEN, each_registered.works, each_registered.store, by="acc")
        with refused("entry-not-submitted"):
            await unsubmit_entry(season, entry, "acc", OPEN, each_registered.store)
    if standing != "withdrawn":
        with refused("entry-not-gone"):
            await reinstate(season, entry, "acc", OPEN, each_registered.store)
    else:
        entry = await reinstate(season, entry, "acc", OPEN, each_registered.store)
        assert entry.standing == "draft"
    if standing == "rejected":
        with refused("entry-gone"):
            await withdraw(season, entry, "moved", "acc", OPEN, each_registered.store)


async def test_handing_in_waits_for_review_and_is_not_told() -> None:
    each_registered = await registered()
    entry = await each_registered.submitted()
    assert (entry.standing, entry.entry.submitted_at, entry.published, entry.entry.review) == (
        "pending",
        OPEN,
        False,
        "",
    )
    (own,) = entry.consents
    assert (own.member, own.method, own.purposes, own.at) == (1, "own", PURPOSES, OPEN)
    assert (await each_registered.kept(entry)).history[-1] == {
        "what": "submitted",
        "at": OPEN,
        "by": "acc",
        "standing": "pending",
        "written_at": OPEN,
    }
    assert each_registered.told.of(EntryAcceptedV1) == []


async def test_where_no_review_is_needed_handing_in_is_told_with_what_was_not_agreed_to() -> None:
    each_registered = await registered(AT_ONCE)
    season, entry = await each_registered.season(), await each_registered.drafted()
    entry = await submit(
        season, entry, OPEN, each_registered.works, each_registered.store, by="acc", purposes=["check-page"]
    )
    assert (entry.standing, entry.published) == ("valid", True)
    (told,), (consents,) = each_registered.told.of(EntryAcceptedV1), each_registered.told.of(ConsentWithdrawnV1)
    assert (told.entry, told.version, told.standing, told.submitted_at) == (entry.entry.entry, 2, "valid", OPEN)
    assert [member.person for member in told.members] == list(entry.members)
    assert [(member.person, member.purposes) for member in consents.members] == [
        (entry.members[0], ("publish-name", "publish-work"))
    ]
    assert consents.at == OPEN


@pytest.mark.parametrize(("now", "extended", "taken"), [
    (CLOSES, None, True), (CLOSES + 1, None, False), (CLOSES + 1, CLOSES + 1, True), (CLOSES + 2, CLOSES + 1, False),
    (CLOSES, CLOSES - 5, True),
])  # fmt: skip
async def test_the_deadline_counts_to_the_microsecond_with_the_extension(
    now: int, extended: int | None, taken: bool
) -> None:
    each_registered = await registered()
    entry = replace(await each_registered.drafted(), later=Later(extended))
    season = await each_registered.season()
    assert deadline(season.rules, entry.later) == max(CLOSES, extended or 0)
    each_registered.clock.at = now
    if taken:
        handed_in = await submit(season, entry, now, each_registered.works, each_registered.store, by="acc")
        assert handed_in.standing == "pending"
        assert (await unsubmit_entry(season, handed_in, "acc", now, each_registered.store)).standing == "draft"
    else:
        with refused("deadline-passed"):
            await submit(season, entry, now, each_registered.works, each_registered.store, by="acc")
        for ask, standing in ((unsubmit_entry, EntryStatus.PENDING), (reinstate, EntryStatus.WITHDRAWN)):
            there = replace(entry, standing=standing, entry=replace(entry.entry, submitted_at=5))
            with refused("deadline-passed"):
                await ask(season, there, "acc", now, each_registered.store)


async def test_the_write_itself_looks_at_the_clock() -> None:
    each_registered = await registered(now=CLOSES)
    who = await each_registered.student()
    season, entry = await each_registered.season(), await each_registered.drafted(who)
    handed_in = await each_registered.submitted(await each_registered.student("本"), instructors=("李",))
    gone = await withdraw(
        season,
        await each_registered.drafted(await each_registered.student("三")),
        "moved",
        "acc",
        CLOSES,
        each_registered.store,
    )
    each_registered.clock.passes = 1
    for ask in (
        submit(season, entry, CLOSES, each_registered.works, each_registered.store, by="acc"),
        unsubmit_entry(season, handed_in, "acc", CLOSES, each_registered.store),
        reinstate(season, gone, "acc", CLOSES, each_registered.store),
        submit_entry(
            season,
            await each_registered.student("四"),
            form(),
            paper=False,
            command=each_registered.command(),
            store=each_registered.store,
        ),
    ):
        with refused("deadline-passed"):
            await ask


async def test_a_consent_that_is_missing_keeps_an_entry_back() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(await each_registered.student(birth=YOUNG), grade=5)
    with refused("consent-missing"):
        await submit(
            await each_registered.season(), entry, OPEN, each_registered.works, each_registered.store, by="acc"
        )
    assert (await each_registered.kept(entry)).standing == "draft"


PAIRS = season_rules().model_dump(mode="json")["tracks"]


@pytest.mark.parametrize(("mates", "low", "high", "taken"), [
    (0, 2, 3, False), (1, 2, 3, True), (2, 2, 3, True), (2, 1, 2, False), (1, 1, 2, True),
])  # fmt: skip
async def test_a_team_is_handed_in_when_it_has_its_size(mates: int, low: int, high: int, taken: bool) -> None:
    """The size of a team is checked again when it is handed in: a draft may lack members, or rules were amended."""
    each_registered = await registered()
    entry = await each_registered.drafted(
        track="B", mates=tuple(mate(f"友{number}", ADULT, 9) for number in range(mates))
    )
    tracks = (
        each_registered.rules.tracks[0],
        each_registered.rules.tracks[1].model_copy(update={"members": (low, high)}),
    )
    season = replace(await each_registered.season(), rules=each_registered.rules.model_copy(update={"tracks": tracks}))
    entry = replace(entry, consents=on_paper(range(1, mates + 2), OPEN))
    if taken:
        assert (
            await submit(season, entry, OPEN, each_registered.works, each_registered.store, by="acc")
        ).standing == "pending"
    else:
        with refused("team-size", low=low, high=high, given=mates + 1):
            await submit(season, entry, OPEN, each_registered.works, each_registered.store, by="acc")


async def test_taking_back_undoes_until_the_deadline_and_is_told_where_it_was() -> None:
    each_registered = await registered(AT_ONCE)
    entry = await each_registered.submitted()
    each_registered.told.forget()
    back = await unsubmit_entry(await each_registered.season(), entry, "acc", OPEN + 1, each_registered.store)
    assert (back.standing, back.entry.submitted_at, back.entry.review, back.approvals) == ("draft", None, "", ())
    (told,) = each_registered.told.of(EntryAmendedV1)
    assert (told.standing, told.version, told.submitted_at) == ("draft", 3, None)
    again = await submit(
        await each_registered.season(), back, OPEN + 2, each_registered.works, each_registered.store, by="acc"
    )
    assert again.published
    assert [event.version for event in each_registered.told.of(EntryAcceptedV1)] == [4]


async def test_what_was_reviewed_is_not_taken_back() -> None:
    each_registered = await registered()
    entry = await each_registered.submitted()
    units = {unit.unit: unit for unit in UNITS}
    reviewed = await review(
        await each_registered.season(), entry, Verdict.APPROVED, "", ORGANIZER, units, OPEN, each_registered.store
    )
    assert reviewed.standing == "valid"
    with refused("entry-reviewed"):
        await unsubmit_entry(await each_registered.season(), reviewed, "acc", OPEN, each_registered.store)
    assert (await each_registered.kept(entry)).standing == "valid"


async def test_what_waits_for_review_is_taken_back_untold() -> None:
    each_registered = await registered()
    entry = await each_registered.submitted()
    each_registered.told.forget()
    await unsubmit_entry(await each_registered.season(), entry, "acc", OPEN, each_registered.store)
    assert each_registered.told.events == []


@pytest.mark.parametrize(("now", "taken"), [(JUDGING - 1, True), (JUDGING, False)])
async def test_leaving_is_possible_until_judging_opens(now: int, taken: bool) -> None:
    each_registered = await registered(AT_ONCE)
    entry = await each_registered.submitted()
    each_registered.told.forget()
    if not taken:
        with refused("withdrawal-after-judging"):
            await withdraw(await each_registered.season(), entry, "moved", "acc", now, each_registered.store)
        assert (await each_registered.kept(entry)).standing == "valid"
        return
    gone = await withdraw(await each_registered.season(), entry, " moved ", "acc", now, each_registered.store)
    assert (gone.standing, gone.slots, gone.later.exit) == ("withdrawn", (), ("withdrawn", now))
    (told,) = each_registered.told.of(EntryAmendedV1)
    assert told.standing == "withdrawn"
    note = (await each_registered.kept(entry)).history[-1]
    assert (note["what"], note["reason"], note["by"]) == ("withdrawal", "moved", "acc")
    with refused("entry-gone"):
        await withdraw(await each_registered.season(), gone, "moved", "acc", OPEN, each_registered.store)


async def test_a_draft_that_leaves_is_not_told() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted()
    each_registered.told.forget()
    await withdraw(await each_registered.season(), entry, "moved", "acc", OPEN, each_registered.store)
    assert each_registered.told.events == []


async def test_coming_back_needs_free_places_and_keeps_the_extension() -> None:
    each_registered = await registered()
    who = await each_registered.student()
    season, entry = await each_registered.season(), await each_registered.drafted(who)
    entry = await extend(season, entry, CLOSES + 9, "ill", "org", OPEN, each_registered.store)
    gone = await withdraw(season, entry, "moved", "acc", OPEN, each_registered.store)
    other = await each_registered.drafted(who)
    with refused("limit-track"):
        await reinstate(season, gone, "acc", OPEN, each_registered.store)
    await withdraw(season, other, "moved", "acc", OPEN, each_registered.store)
    each_registered.clock.at = CLOSES + 9
    back = await reinstate(season, gone, "acc", CLOSES + 9, each_registered.store)
    assert (back.standing, back.later, back.entry.submitted_at) == ("draft", Later(CLOSES + 9), None)
    assert back.slots


@pytest.mark.parametrize(("until", "reason", "code"), [
    (CLOSES + 9, "  ", "reason-needed"),
    (OPEN, "ill", "extension-time"),
    (JUDGING + 1, "ill", "extension-time"),
    (OPEN + 1, "ill", ""),
    (JUDGING, "ill", ""),
])  # fmt: skip
async def test_an_extension_lies_before_judging_and_has_a_reason(until: int, reason: str, code: str) -> None:
    each_registered = await registered()
    entry = await each_registered.drafted()
    if code:
        with refused(code):
            await extend(await each_registered.season(), entry, until, reason, "org", OPEN, each_registered.store)
        return
    after = await extend(
        await each_registered.season(), entry, until, f" {reason} ", "org", OPEN, each_registered.store
    )
    assert after.later.extended_until == until
    note = (await each_registered.kept(entry)).history[-1]
    assert (note["what"], note["reason"], note["until"], note["by"]) == ("extension", "ill", until, "org")


async def test_a_whole_entry_in_one_request_is_handed_in_at_once() -> None:
    each_registered = await registered(AT_ONCE)
    command = each_registered.command("key")
    entry = await submit_entry(
        await each_registered.season(),
        await each_registered.student(),
        form(),
        paper=False,
        command=command,
        store=each_registered.store,
    )
    assert (entry.standing, entry.entry.submitted_at) == ("valid", OPEN)
    assert [note["what"] for note in entry.history] == ["drafted", "submitted"]
    assert len(each_registered.told.of(EntryAcceptedV1)) == 1
    each_registered.clock.at = CLOSES + 1
    again = await submit_entry(
        await each_registered.season(),
        await each_registered.student(),
        form(),
        paper=False,
        command=command,
        store=each_registered.store,
    )
    assert again == entry, "the same request again, after the deadline"
    with refused("registration-not-open"):
        await submit_entry(
            await each_registered.season(),
            await each_registered.student(),
            form(),
            paper=False,
            command=each_registered.command(),
            store=each_registered.store,
        )


OFFICE = replace(SCHOOL, for_school=True)
"""Who says who the students of the school are."""


@pytest.mark.parametrize(("paper", "standing"), [(True, "valid"), (False, "draft")])
async def test_a_school_that_holds_the_consents_hands_in_and_one_that_does_not_waits(
    paper: bool, standing: str
) -> None:
    each_registered = await registered(AT_ONCE)
    entry = await submit_entry(
        await each_registered.season(),
        OFFICE,
        form(mates=(mate(),)),
        paper=paper,
        command=each_registered.command(),
        store=each_registered.store,
    )
    assert entry.standing == standing
    assert [consent.method for consent in entry.consents] == (["paper"] if paper else [])


async def test_a_team_that_lacks_members_stays_a_draft() -> None:
    tracks = (PAIRS[0], {**PAIRS[1], "members": [2, 3]})
    each_registered = await registered(season_rules(acceptance="submission", tracks=list(tracks)))
    entry = await submit_entry(
        await each_registered.season(),
        await each_registered.student(),
        form(track="B"),
        paper=False,
        command=each_registered.command(),
        store=each_registered.store,
    )
    assert entry.standing == "draft"


async def test_the_school_alone_states_that_it_holds_consents() -> None:
    each_registered = await registered(AT_ONCE)
    for applicant in (SCHOOL, await each_registered.student()):
        with refused("consent-on-paper", NotAllowed):
            await submit_entry(
                await each_registered.season(),
                applicant,
                form(),
                paper=True,
                command=each_registered.command(),
                store=each_registered.store,
            )


async def test_an_exhibition_entry_is_taken_back_as_others_are_where_no_review_is_needed() -> None:
    each_registered = await registered(AT_ONCE)
    season, entry = await each_registered.season(), await each_registered.submitted()
    entry = await standing_at(each_registered, entry, EntryStatus.EXHIBITION)
    assert (await unsubmit_entry(season, entry, "acc", OPEN, each_registered.store)).standing == "draft"


async def test_whose_consent_was_withdrawn_holds_its_places_until_it_is_withdrawn() -> None:
    each_registered = await registered()
    season, entry = await each_registered.season(), await each_registered.submitted()
    entry = await standing_at(each_registered, entry, EntryStatus.CONSENT_WITHDRAWN)
    assert entry.slots
    withdrawn = await withdraw(season, entry, "moved", "acc", OPEN, each_registered.store)
    assert (withdrawn.standing, withdrawn.slots) == ("withdrawn", ())


async def test_a_season_whose_results_are_final_takes_no_entries_and_calls_nothing_open() -> None:
    """Keeps away: an entry in a season that is over, because its rules still say that registration is open."""
    each_registered = await registered()
    begun, applicant = await each_registered.drafted(), await each_registered.student("本")
    season = replace(await each_registered.season(), final_at=each_registered.clock.at - 1)
    now = each_registered.clock.at
    with refused("registration-not-open"):
        await draft(season, applicant, form(), now, each_registered.command(), each_registered.store)
    with refused("deadline-passed"):
        await submit(season, begun, now, each_registered.works, each_registered.store, by="acc")
    assert registration_open(await each_registered.season(), now)
    assert not registration_open(season, now)
    assert {step["state"] for step in timeline(season, now)} == {"done"}
