"""Teams by code, and consent: who decides, for what, and what follows from it."""

from dataclasses import replace
from typing import Any

import pytest

from services.registration.application.consenting import (
    CONSENT_TEXT,
    asks_purposes,
    confirm,
    consent_needed,
    decide,
    note_informed,
    on_paper,
    was_informed,
)
from services.registration.application.entering import edit, submit, unsubmit_entry, withdraw
from services.registration.application.forms import Applicant
from services.registration.application.guardians import GuardianLinks, Visit, ask_correction, guardian, signed_on_paper
from services.registration.application.ports import StoredEntry
from services.registration.application.teams import by_code, check_joining, join, leave
from services.registration.domain.consent import (
    ON_PAPER,
    PURPOSES,
    SHOWCASE,
    TAKE_PART,
    Consent,
    ConsentState,
    Method,
    state_of,
    to_confirm,
)
from services.registration.domain.entries import Exit, Later
from services.registration.domain.people import Name
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound
from shared.events.registration import ConsentWithdrawnV1, EntryAmendedV1, EntryWithdrawnV1
from shared.season.rules import SeasonRules
from shared.states import EntryStatus
from tests.support.refusals import invalid, refused
from tests.support.registered import ADULT, CLOSES, JUDGING, OPEN, YOUNG, Registered, form, mate, registered
from tests.support.rules import LAST_JUDGING, at, season_rules


async def team(registered: Registered, **changes: Any) -> StoredEntry:
    return await registered.drafted(track="B", **changes)


async def joined(
    registered: Registered, entry: StoredEntry, who: Applicant, grade: int | None = 8, now: int = OPEN
) -> StoredEntry:
    return await join(await registered.season(), entry, who.person, grade, who.account, now, registered.store)


async def test_a_team_is_found_by_its_code() -> None:
    each_registered = await registered()
    entry = await team(each_registered)
    assert await by_code(await each_registered.season(), f" {entry.team_code.lower()} ", each_registered.store) == entry
    for code in ("", "AAAAAAAA"):
        with refused("no-such-team", NotFound):
            await by_code(await each_registered.season(), code, each_registered.store)


async def test_whoever_joins_is_its_last_member() -> None:
    each_registered = await registered()
    entry, ben = await team(each_registered), await each_registered.student("本", YOUNG)
    after = await joined(each_registered, entry, ben, 9)
    assert after.members == (*entry.members, ben.person)
    assert (after.entry.members[1].name.zh, after.entry.members[1].birth, after.entry.members[1].grade) == (
        "本",
        YOUNG,
        9,
    )
    assert (await each_registered.kept(entry)).history[-1]["what"] == "joined"
    assert len(after.slots) > len(entry.slots), "the limits count for whoever joins"
    assert await joined(each_registered, after, ben) == after, "joining again changes nothing"


async def test_a_full_team_takes_nobody() -> None:
    each_registered = await registered()
    entry = await team(each_registered, mates=(mate("友", ADULT, 9), mate("伴", ADULT, 9)))
    with refused("team-full"):
        await joined(each_registered, entry, await each_registered.student("本"))
    alone = await each_registered.drafted(await each_registered.student("四"))
    with refused("team-full"):
        await joined(each_registered, alone, await each_registered.student("本"))


@pytest.mark.parametrize(
    "standing", [EntryStatus.PENDING, EntryStatus.VALID, EntryStatus.WITHDRAWN, EntryStatus.REJECTED]
)
async def test_a_team_that_is_handed_in_is_closed(standing: EntryStatus) -> None:
    each_registered = await registered()
    entry = replace(await team(each_registered), standing=standing)
    with refused("team-closed"):
        await joined(each_registered, entry, await each_registered.student("本"))
    with refused("team-closed"):
        await leave(await each_registered.season(), entry, entry.members[0], "acc", OPEN, each_registered.store)


async def test_a_team_is_of_one_school() -> None:
    each_registered = await registered()
    with refused("team-other-school"):
        await joined(each_registered, await team(each_registered), await each_registered.student("本", unit="P02"))


JOINING: list[tuple[dict[str, Any], type[LaurelError], str]] = [
    ({"grade": None}, Invalid, "fields-invalid"),
    ({"grade": 12}, Invalid, "division-not-open"),
    ({"who": Applicant("a", "nobody", "P01")}, NotFound, "no-such-person"),
    ({"now": CLOSES + 1}, InvalidState, "deadline-passed"),
]


@pytest.mark.parametrize(("how", "kind", "code"), JOINING)
async def test_joining_needs_a_known_student_a_grade_and_time(
    how: dict[str, Any], kind: type[LaurelError], code: str
) -> None:
    each_registered = await registered()
    entry = await team(each_registered)
    given = {"who": await each_registered.student("本"), **how}
    each_registered.clock.at = how.get("now", OPEN)
    with refused(code, kind):
        await joined(each_registered, entry, **given)
    assert (await each_registered.kept(entry)).members == entry.members


async def test_the_limits_count_for_whoever_joins() -> None:
    each_registered = await registered()
    ben = await each_registered.student("本")
    await team(each_registered, who=ben)
    with refused("limit-track"):
        await joined(each_registered, await team(each_registered), ben)


@pytest.mark.parametrize(
    ("grade", "now", "code"),
    [(None, OPEN, "fields-invalid"), (12, OPEN, "division-not-open"), (8, CLOSES + 1, "deadline-passed")],
)
async def test_whoever_could_not_join_is_told_before_they_are_taken_in(grade: int | None, now: int, code: str) -> None:
    each_registered = await registered()
    entry, season = await team(each_registered), await each_registered.season()
    await check_joining(season, entry, Name("本", ""), YOUNG, 8, OPEN, each_registered.store)
    with refused(code, LaurelError):
        await check_joining(season, entry, Name("本", ""), YOUNG, grade, now, each_registered.store)


async def test_a_full_team_has_room_for_whom_it_names() -> None:
    each_registered = await registered()
    entry = await team(each_registered, mates=(mate("友", ADULT, 9), mate("伴", ADULT, 9)))
    season = await each_registered.season()
    await check_joining(season, entry, Name("友", ""), ADULT, 9, OPEN, each_registered.store)
    with refused("team-full"):
        await check_joining(season, entry, Name("本", ""), ADULT, 9, OPEN, each_registered.store)


async def test_leaving_keeps_what_the_others_agreed_to() -> None:
    each_registered = await registered()
    entry = await team(each_registered)
    ben, carl = await each_registered.student("本"), await each_registered.student("三")
    entry = await joined(each_registered, await joined(each_registered, entry, ben), carl)
    entry = await agreed(each_registered, await agreed(each_registered, entry, 2), 3)

    after = await leave(await each_registered.season(), entry, ben.person, ben.account, OPEN, each_registered.store)

    assert after.members == (entry.members[0], carl.person)
    assert [member.name.zh for member in after.entry.members] == ["安娜", "三"]
    assert [consent.member for consent in after.consents] == [2], "the third is the second now"
    assert (await each_registered.kept(entry)).history[-1]["what"] == "left-team"
    with refused("no-such-member", NotFound):
        await leave(await each_registered.season(), after, ben.person, ben.account, OPEN, each_registered.store)
    with refused("team-keeper"):
        await leave(await each_registered.season(), after, entry.members[0], "acc", OPEN, each_registered.store)


async def agreed(
    registered: Registered,
    entry: StoredEntry,
    member: int = 1,
    purposes: tuple[str, ...] = PURPOSES,
    now: int = OPEN,
    **how: Any,
) -> StoredEntry:
    """What a guardian decided by the slip of the school, and the entry afterwards."""
    given: dict[str, Any] = {"guardian": "李妈妈", "relation": "母亲", "channel": "school", "by": "g1", **how}
    given = {"visit": Visit(), **given}
    await decide(await registered.season(), entry, member, purposes, now=now, store=registered.store, **given)
    return await registered.kept(entry)


@pytest.mark.parametrize(("jurisdiction", "birth", "needed"), [
    ("CN", "2011-03", True), ("CN", "2011-02", False),
    ("EU", "2009-03", True), ("EU", "2009-02", False),
    ("US", "2012-03", True), ("US", "2012-02", False),
])  # fmt: skip
async def test_below_the_age_of_the_law_a_guardian_decides(jurisdiction: str, birth: str, needed: bool) -> None:
    """In the month of the birthday the day is unknown, so the guardian still decides."""
    each_registered = await registered(season_rules(jurisdiction=jurisdiction))
    entry = await each_registered.drafted(await each_registered.student(birth=birth))
    assert (consent_needed(await each_registered.season(), entry, OPEN) == (1,)) is needed


async def test_only_the_keeper_of_an_entry_decides_for_themselves() -> None:
    each_registered = await registered()
    entry = await team(each_registered, mates=(mate("友", ADULT, 9),))
    season = await each_registered.season()
    assert consent_needed(season, entry, OPEN) == (2,)
    assert consent_needed(season, replace(entry, entrant=""), OPEN) == (1, 2)
    assert consent_needed(season, await agreed(each_registered, entry, 2), OPEN) == ()
    assert consent_needed(season, replace(entry, consents=on_paper([2], OPEN)), OPEN) == ()


async def test_another_text_needs_a_new_consent() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(await each_registered.student(birth=YOUNG), grade=5)
    old = Consent(1, "g", "m", OPEN, "2020-01", Method.LINK)
    assert consent_needed(await each_registered.season(), replace(entry, consents=(old,)), OPEN) == (1,)
    assert (
        consent_needed(
            await each_registered.season(), replace(entry, consents=(replace(old, text_version=CONSENT_TEXT),)), OPEN
        )
        == ()
    )


WRONG: list[tuple[int, dict[str, Any], type[LaurelError], str, list[tuple[str, str]]]] = [
    (0, {}, NotFound, "no-such-member", []),
    (2, {}, NotFound, "no-such-member", []),
    (1, {"guardian": "  "}, Invalid, "fields-invalid", [("guardian", "field-guardian")]),
    (1, {"relation": "x" * 81}, Invalid, "fields-invalid", [("relation", "field-relation")]),
    (1, {"guardian": "", "relation": ""}, Invalid, "fields-invalid", [("guardian", "field-guardian"), ("relation", "field-relation")]),
]  # fmt: skip


@pytest.mark.parametrize(("member", "who", "kind", "code", "wrong"), WRONG)
async def test_a_decision_names_who_decides_and_for_whom(
    member: int, who: dict[str, Any], kind: type[LaurelError], code: str, wrong: list[tuple[str, str]]
) -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(await each_registered.student(birth=YOUNG), grade=5)
    with invalid(code, *wrong) if kind is Invalid else refused(code, kind):
        await agreed(each_registered, entry, member, **who)
    assert (await each_registered.kept(entry)).consents == ()


async def test_each_decision_follows_the_one_before_and_is_noted_by_what_it_does() -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(await each_registered.student(birth=YOUNG), grade=5)
    noted: list[str] = []
    for purposes in (
        (),
        PURPOSES,
        ("take-part",),
        ("take-part", "check-page"),
        (),
        ("publish-name",),
        ("publish-name", "take-part"),
    ):
        entry = await agreed(each_registered, entry, 1, purposes)
        noted.append((await each_registered.kept(entry)).history[-1]["what"])
    assert noted == [
        "consent_refused",
        "consented",
        "consent_narrowed",
        "consented",
        "consent_withdrawal",
        "consent_refused",
        "consented",
    ]
    assert [consent.purposes for consent in entry.consents][-1] == ("take-part", "publish-name"), "in their order"
    assert entry.consents[0] == Consent(
        1, "李妈妈", "母亲", OPEN, CONSENT_TEXT, Method.LINK, (), "school", "g1", "slip"
    )
    version = entry.version
    assert (await agreed(each_registered, entry, 1, ("take-part", "publish-name"), OPEN + 5)).version == version, (
        "the same again"
    )
    assert each_registered.told.of(ConsentWithdrawnV1) == [], "a draft is not told"


def two(**changes: Any) -> SeasonRules:
    """Handing in is enough, and there is a round after the first."""
    rounds = season_rules().model_dump(mode="json")["rounds"]
    last = {**rounds[0], "id": "last", "judging": LAST_JUDGING}
    first = {**rounds[0], "advance": {"to": "last", "places": {}}}
    return season_rules(acceptance="submission", rounds=[first, last], **changes)


LAST_OPENS = at(LAST_JUDGING["opens"])


async def test_a_withdrawn_consent_takes_an_entry_out_until_judging_opens_and_agreeing_brings_it_back() -> None:
    each_registered = await registered(two())
    entry = await each_registered.submitted()
    each_registered.told.forget()
    each_registered.clock.at = JUDGING - 1

    out = await agreed(each_registered, entry, 1, SHOWCASE, JUDGING - 1)

    assert (out.standing, out.later.exit) == ("consent_withdrawn", ("consent_withdrawn", JUDGING - 1))
    (withheld,), (amended,) = each_registered.told.of(ConsentWithdrawnV1), each_registered.told.of(EntryAmendedV1)
    assert [(member.person, member.purposes) for member in withheld.members] == [(entry.members[0], ("take-part",))]
    assert (withheld.version, withheld.at) == (out.version, JUDGING - 1)
    assert amended.standing == "consent_withdrawn"
    assert each_registered.told.of(EntryWithdrawnV1) == []
    each_registered.told.forget()
    back = await agreed(each_registered, out, 1, PURPOSES, JUDGING - 1)
    assert (back.standing, back.later.exit) == ("valid", None)
    assert each_registered.told.of(ConsentWithdrawnV1)[0].members == ()
    assert each_registered.told.of(EntryAmendedV1)[0].standing == "valid"


@pytest.mark.parametrize(("now", "round_id"), [(JUDGING, "last"), (LAST_OPENS - 1, "last"), (LAST_OPENS, "")])
async def test_once_judging_began_a_withdrawn_consent_leaves_the_next_round(now: int, round_id: str) -> None:
    each_registered = await registered(two())
    entry = await each_registered.submitted()
    each_registered.told.forget()
    out = await agreed(each_registered, entry, 1, (), now)
    assert (out.standing, out.later.exit) == ("valid", None), "what was judged stands"
    assert len(each_registered.told.of(ConsentWithdrawnV1)) == 1
    assert each_registered.told.of(EntryAmendedV1) == []
    left = [(event.entry, event.round, event.at, event.cause) for event in each_registered.told.of(EntryWithdrawnV1)]
    assert left == ([(entry.entry.entry, round_id, now, "consent_withdrawal")] if round_id else [])


async def test_agreeing_does_not_undo_a_withdrawal_of_another_kind() -> None:
    each_registered = await registered(two())
    entry = await withdraw(
        await each_registered.season(), await each_registered.submitted(), "moved", "acc", OPEN, each_registered.store
    )
    after = await agreed(each_registered, entry, 1, PURPOSES)
    assert (after.standing, after.later.exit) == ("withdrawn", ("withdrawn", OPEN))
    refusing = await agreed(each_registered, after, 1, ())
    assert refusing.later.exit == ("withdrawn", OPEN)


async def test_less_than_everything_is_agreement_to_take_part() -> None:
    each_registered = await registered(two())
    entry = await each_registered.submitted()
    each_registered.told.forget()
    after = await agreed(each_registered, entry, 1, ("take-part",))
    assert after.standing == "valid"
    assert each_registered.told.of(ConsentWithdrawnV1)[0].members[0].purposes == SHOWCASE
    assert each_registered.told.of(EntryWithdrawnV1) == []


async def test_one_member_who_refuses_is_enough() -> None:
    each_registered = await registered(two())
    entry = await team(each_registered, mates=(mate("友", YOUNG, 9),))
    entry = await agreed(each_registered, entry, 2)
    entry = await submit(
        await each_registered.season(), entry, OPEN, each_registered.works, each_registered.store, by="acc"
    )
    out = await agreed(each_registered, entry, 2, ())
    assert out.standing == "consent_withdrawn"


async def test_whoever_decided_not_to_take_part_hands_nothing_in() -> None:
    there = await registered(two())
    who = await there.student()
    entry, season = await there.submitted(who), await there.season()
    draft = await unsubmit_entry(season, entry, "acc", OPEN, there.store)
    themselves = Visit(people=(who.person,), session="s1")
    own: dict[str, Any] = {"guardian": "安娜", "relation": "本人", "channel": "child", "by": "", "visit": themselves}
    no = await agreed(there, draft, 1, (), **own)
    with refused("entrant-refused"):
        await submit(season, no, OPEN, there.works, there.store, by="acc")
    assert (await there.kept(entry)).standing == "draft"
    yes = await agreed(there, no, 1, (TAKE_PART,), **own)
    assert (await submit(season, yes, OPEN, there.works, there.store, by="acc")).standing == "valid"


async def test_a_refusal_that_was_taken_back_keeps_no_entry_from_being_handed_in() -> None:
    each_registered = await registered(two())
    entry = replace(await each_registered.drafted(), later=Later(None, Exit(EntryStatus.CONSENT_WITHDRAWN, OPEN)))
    after = await submit(
        await each_registered.season(), entry, OPEN, each_registered.works, each_registered.store, by="acc"
    )
    assert (after.standing, after.later.exit) == ("valid", None)


@pytest.mark.parametrize(
    ("birth", "told"), [("2011-03", False), ("2011-02", True), ("2007-03", True), ("2007-02", False)]
)
async def test_the_guardian_of_a_youth_is_told_once(birth: str, told: bool) -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(await each_registered.student(birth=birth))
    assert not was_informed(entry, 1)
    if not told:
        with refused("no-such-member", NotFound):
            await note_informed(await each_registered.season(), entry, 1, Visit(), OPEN, each_registered.store)
        return
    await note_informed(await each_registered.season(), entry, 1, Visit(), OPEN, each_registered.store)
    kept = await each_registered.kept(entry)
    assert was_informed(kept, 1)
    assert not was_informed(kept, 2)
    assert await note_informed(await each_registered.season(), kept, 1, Visit(), OPEN, each_registered.store) == kept


async def test_a_guardian_is_not_signed_in_and_a_student_old_enough_decides_for_themselves() -> None:
    each_registered = await registered()
    young = await each_registered.drafted(await each_registered.student(birth=YOUNG), grade=5)
    old = await each_registered.drafted()
    for entry, person in ((young, "somebody"), (young, young.members[0]), (old, "somebody")):
        with refused("consent-signed-in", NotAllowed):
            await agreed(each_registered, entry, visit=Visit((person,), "session"))
    after = await agreed(each_registered, old, visit=Visit((old.members[0],), "session"))
    assert after.consents[0].method == "own"
    with refused("consent-signed-in", NotAllowed):
        await note_informed(
            await each_registered.season(), old, 1, Visit(("p",), "session"), OPEN, each_registered.store
        )


async def test_a_certain_refusal_is_undone_as_certainly() -> None:
    each_registered = await registered()
    entry = await agreed(
        each_registered, await each_registered.drafted(await each_registered.student(birth=YOUNG), grade=5), 1, ()
    )
    with refused("consent-refused"):
        await agreed(each_registered, entry, 1, PURPOSES, channel="keeper", by="g2")
    assert await agreed(each_registered, entry, 1, PURPOSES, channel="school", by="g2") != entry


async def test_what_came_by_the_childs_link_is_confirmed_or_disowned_once() -> None:
    each_registered = await registered()
    season = await each_registered.season()
    entry = await agreed(
        each_registered,
        await each_registered.drafted(await each_registered.student(birth=YOUNG), grade=5),
        channel="child",
    )
    assert not entry.consents[-1].certain
    with refused("consent-nothing-to-confirm"):
        await confirm(season, entry, 1, "g9", True, "school", OPEN, each_registered.store)
    after = await confirm(season, entry, 1, "g1", True, "school", OPEN, each_registered.store)
    assert (after.consents[-1].confirmed, after.consents[-1].purposes) == ("school", PURPOSES)
    with refused("consent-nothing-to-confirm"):
        await confirm(season, after, 1, "g1", False, "school", OPEN, each_registered.store)
    entry = await agreed(
        each_registered,
        await each_registered.drafted(await each_registered.student("本", YOUNG), grade=5),
        channel="child",
    )
    undone = await confirm(season, entry, 1, "g1", False, "school", OPEN, each_registered.store)
    assert (undone.consents[-1].purposes, undone.consents[-1].certain) == ((), True)


async def test_a_link_that_asks_is_of_one_member_one_decision_and_one_installation() -> None:
    each_registered = await registered()
    links, until = GuardianLinks(b"key"), OPEN // 1_000_000 * 1_000_000 + 5_000_000
    entry = await team(each_registered, mates=(mate("友", YOUNG, 9),))
    token = links.ask(entry, 2, "school", until)
    assert links.channel_of(entry, 2, token, until) == "school"
    assert links.channel_of(entry, 2, token, until + 1) is None
    for wrong in ("", "s", "s-zz-x", f"k{token[1:]}", GuardianLinks(b"other").ask(entry, 2, "school", until)):
        assert links.channel_of(entry, 2, wrong, OPEN) is None
    assert links.channel_of(entry, 1, token, OPEN) is None
    assert links.channel_of(entry, 3, token, OPEN) is None
    assert links.channel_of(await agreed(each_registered, entry, 2), 2, token, OPEN) is None, "a decision ends it"


def test_a_link_of_a_guardians_own_is_of_one_child() -> None:
    links = GuardianLinks(b"key")
    token = links.own("s", "p1", "g1")
    assert links.guardian_of("s", "p1", token) == "g1"
    others = [GuardianLinks(b"other").own("s", "p1", "g1"), links.own("t", "p1", "g1"), links.own("s", "p2", "g1"), ""]
    for wrong in others:
        with refused("link-spent", NotFound):
            links.guardian_of("s", "p1", wrong)


async def edited(registered: Registered, entry: StoredEntry, who: Applicant, **changes: Any) -> StoredEntry:
    return await edit(
        await registered.season(), entry, who, form(track=entry.entry.track, **changes), OPEN, registered.store
    )


async def test_another_group_is_agreed_to_again_and_other_members_are_told() -> None:
    each_registered = await registered()
    who = await each_registered.student(birth=YOUNG)
    entry = await agreed(each_registered, await each_registered.drafted(who, track="B", grade=5))
    season = await each_registered.season()

    same = await edited(each_registered, entry, who, grade=5, title="另一个题目")
    assert consent_needed(season, same, OPEN) == ()
    assert "changed" not in (await each_registered.kept(entry)).history[-1]

    more = await edited(each_registered, same, who, grade=5, mates=(mate("友", YOUNG, 5),))
    assert consent_needed(season, more, OPEN) == (2,), "who agreed has agreed"
    assert (await each_registered.kept(entry)).history[-1]["changed"] == ["members"]

    moved = await edited(each_registered, more, who, grade=9, mates=(mate("友", YOUNG, 5),))
    assert moved.entry.division != entry.entry.division
    assert consent_needed(season, moved, OPEN) == (1, 2)
    assert [state_of(moved.consents, number) for number in (1, 2)] == [ConsentState.LAPSED, ConsentState.MISSING]
    assert (await each_registered.kept(entry)).history[-1]["changed"] == ["group"]
    assert set(entry.consents) < set(moved.consents), "what was decided stays on record"
    assert to_confirm(moved.consents, 2) == ()

    again = await agreed(each_registered, moved, 1)
    assert consent_needed(season, again, OPEN) == (2,)
    back = await edited(each_registered, again, who, grade=9, mates=(mate("友", YOUNG, 5),))
    assert consent_needed(season, back, OPEN) == (2,), "told and asked once"


async def test_a_refusal_does_not_lapse() -> None:
    each_registered = await registered()
    who = await each_registered.student(birth=YOUNG)
    entry = await agreed(each_registered, await each_registered.drafted(who, track="B", grade=5), purposes=())
    moved = await edited(each_registered, entry, who, grade=9)
    assert state_of(moved.consents, 1) == ConsentState.REFUSED
    assert moved.consents == entry.consents


async def test_the_group_of_a_team_follows_whoever_leaves() -> None:
    each_registered = await registered()
    entry = await team(each_registered, grade=5)
    old = await each_registered.student("本", ADULT)
    after = await joined(each_registered, entry, old, 9)
    assert after.entry.division != entry.entry.division
    left = await leave(await each_registered.season(), after, old.person, old.account, OPEN, each_registered.store)
    assert left.entry.division == entry.entry.division


async def test_purposes_are_asked_of_nobody_who_does_not_decide_them() -> None:
    each_registered = await registered()
    season = await each_registered.season()
    young = await agreed(
        each_registered, await each_registered.drafted(await each_registered.student("小", YOUNG), grade=5)
    )
    old = await each_registered.drafted()
    assert [asks_purposes(season, entry, OPEN) for entry in (young, old)] == [False, True]

    async def hands_in(entry: StoredEntry, purposes: tuple[str, ...] | None) -> StoredEntry:
        return await submit(
            season, entry, OPEN, each_registered.works, each_registered.store, by="acc", purposes=purposes
        )

    with refused("purposes-not-asked", Invalid):
        await hands_in(young, ("publish-name",))
    assert (await hands_in(young, None)).consents == young.consents
    after = await hands_in(old, ("publish-name",))
    assert after.consents[-1].purposes == ("take-part", "publish-name")
    assert not asks_purposes(season, after, OPEN), "it is decided"


async def test_a_guardian_who_signed_on_paper_has_a_link_of_their_own() -> None:
    each_registered = await registered()
    season, who = await each_registered.season(), await each_registered.student(birth=YOUNG)
    entry = await each_registered.drafted(who, track="B", grade=5, mates=(mate("友", YOUNG, 5),))
    both = replace(entry, version=entry.version + 1, consents=on_paper([2], OPEN))
    await each_registered.entries.save(both, [], {"what": "edited", "at": OPEN})
    with refused("link-spent", NotFound):
        await guardian(season, entry.members[0], ON_PAPER, each_registered.store)
    theirs = await guardian(season, entry.members[1], ON_PAPER, each_registered.store)
    assert (theirs.known, theirs.newest().purposes) == (True, PURPOSES)
    assert signed_on_paper(both) == (2,)

    after = await agreed(each_registered, both, 2, ("take-part",), by=ON_PAPER, known=True, channel="guardian")
    assert signed_on_paper(after) == (2,), "the link stays theirs"
    theirs = await guardian(season, entry.members[1], ON_PAPER, each_registered.store)
    assert theirs.newest().purposes == ("take-part",)
    for asked in ("", "x" * 501):
        with refused("fields-invalid", Invalid):
            await ask_correction(season, after, 2, asked, Visit(), OPEN, each_registered.store)
    with refused("consent-signed-in", NotAllowed):
        await ask_correction(season, after, 2, "x", Visit((), "session"), OPEN, each_registered.store)
