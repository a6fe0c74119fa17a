"""Reminders: chosen by state, looked at first, sent once to each, on record."""

from dataclasses import replace
from typing import Any

import pytest

from services.registration.application.identity import Account
from services.registration.application.reminding import (
    Part,
    ReminderPlan,
    SentReminder,
    deliver_reminders,
    plan_reminder,
    require_kind,
    send_reminder,
)
from services.registration.application.summarizing import write_summary
from services.registration.domain.consent import LAPSED, Consent, Method
from services.registration.domain.judges import Judge, JudgeDuty
from services.registration.domain.messages import DAY, place_of
from services.registration.domain.reminders import MOST_WORDS, OF_SCHOOLS, ReminderKind
from shared.errors import NotAllowed
from shared.identity import Grant, Principal, Role
from shared.states import EntryStatus
from tests.support.refusals import invalid, refused
from tests.support.registered import YOUNG, Registered, registered
from tests.use_cases.registration.test_summaries import rules

HOST = Principal("host", "s", "host", "", (Grant(Role.CITY_ORGANIZER, "*"),), 0, 0)
CITY = Part("CITY", None)
FIRST = Part("D1", frozenset({"P01"}))
RETURNED, BALLOTS = ReminderKind.ENTRIES_RETURNED, ReminderKind.BALLOTS_OPEN


async def school(each: Registered, unit: str, *accounts: str) -> None:
    for account in accounts:
        grant = Grant(Role.SCHOOL_ADMIN, each.id, unit)
        await each.account_store.add(Account(account, account, "", (grant,)))


async def returned(each: Registered, name: str = "安娜", unit: str = "P01") -> None:
    entry = await each.drafted(await each.student(name, unit=unit))
    await each.entries.save(replace(entry, version=entry.version + 1, standing=EntryStatus.RETURNED), [], {"what": "x"})


async def plan(each: Registered, kind: ReminderKind = RETURNED, part: Part = CITY, words: str = "") -> ReminderPlan:
    return await plan_reminder(await each.season(), part, kind, words, each.reminding)


async def send(each: Registered, previewed: ReminderPlan, *, reason: str = "", **changes: Any) -> SentReminder:
    reminder = previewed.reminder
    given = {"part": CITY, "kind": reminder.kind, "words": reminder.words, "preview": reminder.hash, **changes}
    return await send_reminder(await each.season(), **given, reason=reason, sender=HOST, by=each.reminding)


def reached(previewed: ReminderPlan) -> list[tuple[str, str, int]]:
    return [(each.account, each.name, each.count) for each in previewed.reminder.receivers]


async def test_schools_with_returned_entries_are_reminded_once_each_and_it_is_on_record() -> None:
    each = await registered()
    await school(each, "P01", "head", "deputy")
    for name in ("安娜", "本"):
        await returned(each, name)
    await returned(each, "丁一", unit="P02")
    previewed = await plan(each, words="  周五以前请改好。 ")
    assert sorted(reached(previewed)) == [("deputy", "一校", 2), ("head", "一校", 2)]
    assert previewed.reminder.without_account == 1, "nobody signs in for the second school"
    assert each.inbox.messages == {}, "a preview sends nothing"

    sent = await send(each, previewed)
    again = await send(each, previewed)

    assert sent == again
    assert (sent.receivers, sent.without_account, sent.by, sent.words) == (2, 1, "host", "周五以前请改好。")
    assert {(m.account, m.kind, m.values["count"]) for m in each.inbox.messages.values()} == {
        ("head", "reminder-entries-returned", "2"),
        ("deputy", "reminder-entries-returned", "2"),
    }
    (line,) = [line for line in each.audit.lines if line.what == "reminder-sent"]
    assert line.facts == {"kind": "entries-returned", "unit": "CITY", "number": 1, "receivers": 2}
    assert await each.reminders.of(each.id) == [sent]


async def test_only_what_was_previewed_is_sent() -> None:
    each = await registered()
    await school(each, "P01", "head")
    await returned(each)
    previewed = await plan(each)
    await returned(each, "本")
    with refused("reminder-otherwise"):
        await send(each, previewed)
    with refused("reminder-otherwise"):
        await send(each, await plan(each), words="other words")
    with refused("reminder-nobody"):
        await send(each, await plan(each, BALLOTS))
    assert each.inbox.messages == {}


async def test_the_same_people_are_reminded_again_within_a_day_for_a_reason_alone() -> None:
    each = await registered()
    await school(each, "P01", "head")
    await returned(each)
    await send(each, await plan(each))
    each.clock.at += 1
    second = await plan(each)
    assert second.recent == 1
    with refused("reason-needed"):
        await send(each, second, reason=" ")
    assert (await send(each, second, reason="the deadline was moved")).reason == "the deadline was moved"
    each.clock.at += DAY + 1
    third = await plan(each)
    assert third.recent == 0
    assert (await send(each, third)).number == 3
    assert len(each.inbox.messages) == 3


async def test_a_district_reminds_schools_in_its_part_and_nobody_else() -> None:
    each = await registered()
    await school(each, "P01", "head")
    await school(each, "P02", "other")
    await returned(each)
    await returned(each, "本", unit="P02")
    assert reached(await plan(each, part=FIRST)) == [("head", "一校", 1)]
    for kind in set(ReminderKind) - OF_SCHOOLS:
        with refused("role-needed", NotAllowed):
            await plan(each, kind, FIRST)
    assert [kind for kind in ReminderKind if kind in FIRST.kinds] == list(FIRST.kinds)


async def test_keepers_of_drafts_and_of_entries_without_consent_are_reminded_by_number() -> None:
    each = await registered()
    await school(each, "P01", "head")
    alone = await each.drafted()
    young = await each.drafted(await each.student("丙", YOUNG), grade=5)
    assert sorted(reached(await plan(each, ReminderKind.DRAFTS))) == [
        ("account of 丙", young.entry.entry, 1),
        ("account of 安娜", alone.entry.entry, 1),
    ]
    assert reached(await plan(each, ReminderKind.CONSENTS_OF_ENTRY)) == [("account of 丙", young.entry.entry, 1)]
    assert reached(await plan(each, ReminderKind.CONSENTS_OF_SCHOOL)) == [("head", "一校", 1)]


async def test_who_agreed_to_another_group_is_asked_again_though_the_entry_is_in_the_running() -> None:
    each = await registered()
    entry = await each.drafted(await each.student("丙", YOUNG), grade=5)
    lapsed = Consent(1, "", "", each.clock.at, LAPSED, Method.LINK)
    changed = replace(entry, version=entry.version + 1, standing=EntryStatus.VALID, consents=(lapsed,))
    await each.entries.save(changed, [], {"what": "x"})
    assert reached(await plan(each, ReminderKind.CONSENTS_OF_ENTRY)) == [("account of 丙", entry.entry.entry, 1)]


async def test_schools_that_have_filed_no_summary_are_reminded() -> None:
    each = await registered(rules())
    await school(each, "P01", "head")
    await school(each, "P02", "other")
    await write_summary(
        await each.season(), "P01", "全校参加。", filing=True, by="head", now=each.clock.at, store=each.store
    )
    assert reached(await plan(each, ReminderKind.SUMMARY_MISSING)) == [("other", "二校", 1)]


async def test_judges_with_open_ballots_are_reminded_by_name_and_those_without_an_account_are_counted() -> None:
    each = await registered()
    judges = [Judge(j, name, "", JudgeDuty.SCORING, ("A",), (), "", ()) for j, name in (("J1", "陈评委"), ("J2", "李"))]
    await each.judges.save(each.id, judges, 0)
    await each.account_store.add(Account("chen", "chen", "", (Grant(Role.JUDGE, each.id, "*", "J1"),)))
    each.tasks_left.counts[each.id] = {"J1": 4, "J2": 1, "J3": 0}
    previewed = await plan(each, BALLOTS)
    assert (reached(previewed), previewed.reminder.without_account) == ([("chen", "陈评委", 4)], 1)
    await send(each, previewed)
    assert [m.values["count"] for m in each.inbox.messages.values()] == ["4"]


async def test_an_account_of_two_schools_gets_one_message() -> None:
    each = await registered()
    grants = tuple(Grant(Role.SCHOOL_ADMIN, each.id, unit) for unit in ("P01", "P02"))
    await each.account_store.add(Account("both", "both", "", grants))
    await returned(each)
    await returned(each, "本", unit="P02")
    assert reached(await plan(each)) == [("both", "一校", 2)]


async def test_what_a_stopped_process_left_is_delivered_by_the_next_sweep() -> None:
    each = await registered()
    await school(each, "P01", "head")
    await returned(each)
    sent = await send(each, await plan(each))
    each.inbox.messages.clear()
    each.reminders.undelivered.add(next(iter(each.reminders.kept)))
    assert await deliver_reminders(each.reminding) == 1
    assert await deliver_reminders(each.reminding) == 0
    assert [m.at for m in each.inbox.messages.values()] == [sent.at]


def test_whom_to_remind_is_chosen() -> None:
    assert require_kind("drafts") is ReminderKind.DRAFTS
    with invalid("fields-invalid", ("kind", "field-reminder-kind")):
        require_kind("")


async def test_added_words_are_bounded_and_records_remind_nobody() -> None:
    each = await registered()
    with invalid("fields-invalid", ("words", "field-reminder-words")):
        await plan(each, words="字" * (MOST_WORDS + 1))
    each = await registered(mode="records")
    with refused("records-season"):
        await plan(each)


@pytest.mark.parametrize("kind", list(ReminderKind))
def test_every_kind_leads_to_where_it_is_done(kind: ReminderKind) -> None:
    assert place_of(kind.message, "s-1", "") != "/registration/messages"
