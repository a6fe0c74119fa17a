"""The ports of registration."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from services.registration.adapters.accounts import MongoAccounts
from services.registration.adapters.entries import MongoEntries
from services.registration.adapters.erasures import MongoErasures, MongoRemains
from services.registration.adapters.indexes import INDEXES, OUTBOXES
from services.registration.adapters.judges import MongoJudges
from services.registration.adapters.media import MongoMedia
from services.registration.adapters.messages import Messages
from services.registration.adapters.rankings import MongoRankings
from services.registration.adapters.reminders import MongoReminders
from services.registration.adapters.store import MongoPeople, MongoReports, MongoSeasons, MongoSummaries, MongoUnits
from services.registration.adapters.works import MongoWorks
from services.registration.application.accounts import Accounts
from services.registration.application.identity import Account, Link, RoleRecord, Session
from services.registration.application.ports import Amendment, Person, Season, SlotTaken, Store, StoredEntry
from services.registration.application.reminding import SentReminder
from services.registration.application.works import Work
from services.registration.domain.consent import Consent, Method
from services.registration.domain.entries import Entry, Exit, Instructor, Later, Member, ReviewState
from services.registration.domain.erasure import NOBODY
from services.registration.domain.judges import Judge, JudgeDuty
from services.registration.domain.media import MediaItem
from services.registration.domain.people import Name
from services.registration.domain.reminders import Receiver, Reminder, ReminderKind
from services.registration.domain.summaries import Summary
from services.registration.domain.units import Unit
from services.registration.domain.works import WorkFile, WorkVersion
from shared.audit.log import AuditLog
from shared.commands import Command
from shared.errors import Invalid, Unavailable
from shared.events.base import IntegrationEvent
from shared.events.registration import (
    JudgeAppointedV1,
    JudgeRecordedV1,
    PersonErasedV1,
    PersonNamedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    SessionRevokedV1,
    SummaryFiledV1,
    UnitRecordedV1,
)
from shared.identity import Grant, Role
from shared.identity.authenticator import Authenticator
from shared.mongo.counters import MongoCounters
from shared.season.text import Text
from shared.states import EntryStatus
from tests.conformance.conftest import database, told_in
from tests.support.counters import CountersInMemory
from tests.support.fakes.memory import Audit
from tests.support.fakes.registration import Passwords, Registration, Signer
from tests.support.refusals import refused
from tests.support.rules import season_rules

HOUR = 3_600_000_000
RULES = season_rules()
S = RULES.id
STUDENT = (Grant(Role.STUDENT, S),)


@dataclass
class Ports:
    """What is asked: the ports, wherever they keep what they are given."""

    store: Store
    accounts: Any
    works: Any
    rankings: Any
    erasures: Any
    remains: Any
    told: Callable[[], Awaitable[list[IntegrationEvent]]]
    barred: Callable[[str], Awaitable[bool]]
    removed: list[str]
    counters: Any
    judges: Any
    reminders: Any
    inbox: Any


@pytest.fixture
async def ports(mongo_url: str | None) -> AsyncIterator[Ports]:
    if mongo_url is None:
        fake = Registration(1_750_000_000_000_000)

        async def events() -> list[IntegrationEvent]:
            return fake.told.events

        async def is_barred(session: str) -> bool:
            return session in fake.account_store.barred

        yield Ports(
            fake.store,
            fake.account_store,
            fake.works,
            fake.rankings,
            fake.erasures,
            fake.remains,
            events,
            is_barred,
            fake.remains.removed,
            fake.counters,
            fake.judges,
            fake.reminders,
            fake.inbox,
        )
        return
    async for mongo in database(mongo_url, INDEXES):
        store = Store(
            MongoSeasons(mongo),
            MongoUnits(mongo),
            MongoPeople(mongo),
            MongoEntries(mongo),
            MongoSummaries(mongo),
            MongoReports(mongo),
            mongo.clock,
            MongoMedia(mongo),
        )
        accounts = MongoAccounts(mongo, Authenticator(mongo.database))
        removed: list[str] = []

        async def stored() -> list[IntegrationEvent]:
            return await told_in(mongo, OUTBOXES)  # noqa: B023 - there is one

        async def is_noted(session: str) -> bool:
            return await mongo.database["identity_revoked"].count_documents({"_id": session}) == 1  # noqa: B023

        async def remove(upload: str) -> None:
            removed.append(upload)  # noqa: B023

        uploads: Any = SimpleNamespace(remove=remove)
        kept = Accounts(accounts, Passwords(), Signer(), CountersInMemory(), Audit())
        remains = MongoRemains(mongo, kept, uploads, AuditLog(mongo, "registration"))
        yield Ports(
            store,
            accounts,
            MongoWorks(mongo),
            MongoRankings(mongo),
            MongoErasures(mongo),
            remains,
            stored,
            is_noted,
            removed,
            MongoCounters(mongo.database),
            MongoJudges(mongo),
            MongoReminders(mongo),
            Messages(mongo),
        )


def season(**changes: Any) -> Season:
    return replace(Season(S, 1, "live", 5, RULES), **changes)


def opened(season: Season) -> list[IntegrationEvent]:
    return [
        SeasonOpenedV1(season=season.id, version=1, mode=season.mode, opened_at=season.opened_at, rules=season.rules)
    ]


async def test_a_season_is_opened_once_and_the_newest_stands_first(ports: Ports) -> None:
    seasons = ports.store.seasons
    assert await seasons.find(S) is None
    first, second = season(), season(id="other", opened_at=9)

    assert await seasons.add(first, opened(first))
    assert not await seasons.add(season(mode="records"), opened(first))
    assert await seasons.add(second, opened(second))

    assert await seasons.find(S) == first
    assert [season.id for season in await seasons.all()] == ["other", S]
    assert len(await ports.told()) == 2


async def test_a_season_is_amended_from_the_version_that_was_read(ports: Ports) -> None:
    seasons, rules = ports.store.seasons, season_rules(sponsors=[{"zh": "另一个"}])
    await seasons.add(season(), opened(season()))
    amendment = Amendment(2, 7, "why", (("sponsors.0.zh", "a", "b"),))
    amended = season(version=2, rules=rules, amendments=(amendment,))
    told = SeasonAmendedV1(season=S, version=2, mode="live", amended_at=7, reason="why", rules=rules)

    await seasons.amend(amended, amendment, [told])

    assert await seasons.find(S) == amended
    with refused("changed-meanwhile", Unavailable):
        await seasons.amend(amended, amendment, [told])
    assert (await ports.told())[1:] == [told]


async def test_units_are_told_when_they_are_new_or_changed(ports: Ports) -> None:
    units = ports.store.units
    city, school = Unit("C", "", "city", "城", "City", "", 1), Unit("P", "C", "school", "校", "", "1101", 0)

    assert await units.save(S, [city, school]) == 2
    assert await units.save(S, [city, school]) == 0
    assert await units.save(S, [city, replace(school, name_en="School")]) == 1

    assert list((await units.of(S)).values()) == [replace(school, name_en="School"), city], "in the organizer's order"
    assert await units.find(S, "C") == city
    assert await units.find(S, "X") is None
    assert await units.of("other") == {}
    told = [event for event in await ports.told() if isinstance(event, UnitRecordedV1)]
    assert sorted((unit_recorded.unit, unit_recorded.version, unit_recorded.name.en) for unit_recorded in told) == [
        ("C", 1, "City"),
        ("P", 1, ""),
        ("P", 2, "School"),
    ]


ANNA, BEN = Name("安娜", "Anna"), Name("", "Ben")


def command(key: str, body: bytes = b"") -> Command:
    return Command.named(key, account="a", address="/x", body=body, secret=b"s")


async def test_people_are_taken_in_once_and_their_names_told(ports: Ports) -> None:
    people = ports.store.people
    wanted: dict[Any, Name] = {("student", "k1"): ANNA, ("instructor", "k1"): BEN}

    ids = await people.settle(S, wanted)

    assert await people.settle(S, {**wanted, ("student", "k1"): BEN}) == ids
    assert await people.known(S, [("student", "k1"), ("student", "k2")]) == {("student", "k1"): ids["student", "k1"]}
    assert await people.known("other", [("student", "k1")]) == {}
    assert await people.find(ids["student", "k1"]) == Person(ids["student", "k1"], S, "student", "k1", ANNA, 1)
    assert await people.find("nobody") is None
    told = [event for event in await ports.told() if isinstance(event, PersonNamedV1)]
    assert sorted((person_named.person, person_named.version, person_named.name.en) for person_named in told) == sorted(
        [(ids["student", "k1"], 1, "Anna"), (ids["instructor", "k1"], 1, "Ben")]
    )


async def test_the_students_of_a_school_are_those_whose_keys_begin_with_it(ports: Ports) -> None:
    keys = ("P01\x1f乙\x1f2014-01", "P01\x1f丙\x1f2014-01", "P011\x1f甲\x1f2014-01")
    wanted: dict[Any, Name] = {("student", key): ANNA for key in keys} | {("instructor", keys[0]): BEN}
    await ports.store.people.settle(S, wanted)
    listed = [(person.kind, person.key) for person in await ports.store.people.of_school(S, "P01")]
    assert listed == [("student", key) for key in sorted(keys[:2])]
    assert await ports.store.people.of_school("other", "P01") == []


async def test_many_people_at_once_are_taken_in_as_few_are(ports: Ports) -> None:
    wanted: dict[Any, Name] = {("student", f"k{number}"): ANNA for number in range(12)}
    ids = await ports.store.people.settle(S, wanted)
    assert len(set(ids.values())) == 12
    assert await ports.store.people.settle(S, wanted) == ids


async def test_the_same_command_takes_in_the_same_person(ports: Ports) -> None:
    people = ports.store.people
    person = await people.enter(S, "k1", ANNA, command("c1"))

    assert await people.enter(S, "k1", ANNA, command("c1")) == person
    assert await people.enter(S, "k1", ANNA, command("c2")) == person, "known already"
    assert await people.enter(S, "k2", ANNA, command("c2")) != person
    with refused("idempotency-key-reused", Invalid):
        await people.enter(S, "k1", ANNA, command("c1", b"other"))


async def test_a_name_is_put_right_from_the_version_that_was_read(ports: Ports) -> None:
    people = ports.store.people
    ids = await people.settle(S, {("student", "k1"): ANNA, ("student", "k2"): BEN})
    anna = await people.find(ids["student", "k1"])
    assert anna
    told = PersonNamedV1(person=anna.id, version=2, name=Text(en="Anne"))

    await people.rename(anna, Name("", "Anne"), [told])
    renamed = replace(anna, name=Name("", "Anne"), version=2)
    assert await people.find(anna.id) == renamed
    with refused("changed-meanwhile", Unavailable):
        await people.rename(anna, BEN, [])
    with refused("person-taken"):
        await people.rename(renamed, BEN, [], key="k2")
    assert await people.find(anna.id) == renamed
    await people.rename(renamed, BEN, [], key="k3")
    assert await people.known(S, [("student", "k3"), ("student", "k1")]) == {("student", "k3"): anna.id}


async def test_whether_a_person_has_an_account_is_known(ports: Ports) -> None:
    assert not await ports.store.people.has_account("p1")
    assert await ports.accounts.add(Account("a1", "anna", "", STUDENT, "p1"))
    assert await ports.store.people.has_account("p1")


ENTRY = Entry(
    "E1",
    "A",
    "P",
    "P01",
    "title",
    False,
    5,
    6,
    ReviewState.APPROVED,
    (Member(ANNA, "2014-01", 5),),
    (Instructor("I1", "Ben"),),
    "zh",
)


def stored(entry: str = "E1", **changes: Any) -> StoredEntry:
    base = StoredEntry(
        S, replace(ENTRY, entry=entry), 1, EntryStatus.VALID, ("p1",), ("p2",), history=({"what": "drafted"},)
    )
    return replace(base, **changes)


async def find(ports: Ports, entry: str = "E1") -> StoredEntry:
    stored_entry = await ports.store.entries.find(S, entry)
    assert stored_entry
    return stored_entry


async def test_an_entry_comes_back_as_it_was_stored(ports: Ports) -> None:
    whole = stored(
        owner="acc",
        entrant="p1",
        team_code="CODE",
        approvals=("school",),
        later=Later(9, Exit(EntryStatus.WITHDRAWN, 8)),
        consents=(Consent(1, "g", "mother", 4, "v", Method.LINK, ("take-part",)),),
        published=False,
        slots=("s1", "s2"),
        command={"id": "c", "body": "b"},
    )
    entries = ports.store.entries

    assert await entries.enter(whole, [], until=None)

    assert await find(ports) == whole
    assert await entries.find(S, "E2") is None
    assert not await entries.enter(stored(slots=("s9",)), [], until=None), "the number is given"
    assert await entries.of(S) == {"E1": whole}
    assert await entries.by_team_code(S, "CODE") == whole
    assert await entries.by_team_code("other", "CODE") is None
    assert await entries.by_team_code(S, "") is None
    assert await entries.present(S, ["E1", "E2"]) == {"E1"}
    assert await entries.named(S, ["E1", "E2"]) == [whole]
    assert await entries.holders(["s1", "s2", "s9"]) == {"s1": "E1", "s2": "E1"}


async def test_the_entries_of_people_are_found_by_id(ports: Ports) -> None:
    entries = ports.store.entries
    await entries.add([(stored("E2", members=("p9",)), []), (stored("E1"), []), (stored("E3", season="other"), [])])
    assert [person.entry.entry for person in await entries.with_people(S, ["p1", "p9"])] == ["E1", "E2"]
    assert [person.entry.entry for person in await entries.with_people(S, ["p2"])] == ["E1", "E2"]
    assert await entries.with_people(S, []) == []


async def test_no_two_entries_hold_one_place(ports: Ports) -> None:
    entries = ports.store.entries
    await entries.enter(stored("E1", slots=("s1",)), [], until=None)
    with pytest.raises(SlotTaken):
        await entries.enter(stored("E2", slots=("s0", "s1")), [], until=None)
    assert await entries.find(S, "E2") is None
    await entries.enter(stored("E2", slots=("s2",)), [], until=None)
    with pytest.raises(SlotTaken):
        await entries.save(stored("E2", slots=("s1",), version=2), [], {"what": "edited"})
    await entries.save(stored("E1", slots=(), version=2), [], {"what": "withdrawal"})
    await entries.save(stored("E2", slots=("s1",), version=2), [], {"what": "edited"})
    assert await entries.holders(["s1", "s2"]) == {"s1": "E2"}


async def test_an_entry_is_saved_from_the_version_that_was_read(ports: Ports) -> None:
    entries = ports.store.entries
    await entries.enter(stored(), [], until=None)
    event = PersonNamedV1(person="p1", version=1, name=Text(en="x"))

    await entries.save(stored(version=2, standing="withdrawn"), [event], {"what": "withdrawal", "at": 5})

    after = await find(ports)
    assert (after.version, after.standing) == (2, "withdrawn")
    assert [note["what"] for note in after.history] == ["drafted", "withdrawal"]
    assert after.history[-1]["written_at"] > 0
    for version in (2, 4):
        with refused("changed-meanwhile", Unavailable):
            await entries.save(stored(version=version), [event], {"what": "edited"})
    with refused("changed-meanwhile", Unavailable):
        await entries.save(stored("E9", version=2), [event], {"what": "edited"})
    assert await ports.told() == [event]


@pytest.mark.parametrize("seconds", [-HOUR, -1, HOUR])
async def test_a_write_looks_at_the_clock_itself(ports: Ports, seconds: int) -> None:
    entries = ports.store.entries
    await entries.enter(stored("E0"), [], until=None)
    until = await ports.store.clock.now() + seconds
    if seconds > 0:
        assert await entries.enter(stored("E1"), [], until=until)
        await entries.save(stored("E0", version=2), [], {"what": "edited"}, until=until)
        assert (await find(ports, "E0")).version == 2
        return
    event = PersonNamedV1(person="p1", version=1, name=Text(en="x"))
    with refused("deadline-passed"):
        await entries.enter(stored("E1"), [event], until=until)
    with refused("deadline-passed"):
        await entries.save(stored("E0", version=2), [event], {"what": "edited"}, until=until)
    assert await entries.find(S, "E1") is None
    assert (await find(ports, "E0")).version == 1
    assert await ports.told() == []


async def test_late_and_outdated_is_outdated(ports: Ports) -> None:
    entries = ports.store.entries
    await entries.enter(stored(), [], until=None)
    with refused("changed-meanwhile", Unavailable):
        await entries.save(stored(version=3), [], {"what": "edited"}, until=await ports.store.clock.now() - HOUR)


async def test_many_entries_are_added_and_those_that_are_there_stay(ports: Ports) -> None:
    entries = ports.store.entries
    event = PersonNamedV1(person="p1", version=1, name=Text(en="x"))
    assert await entries.add([(stored("E1"), [event]), (stored("E2"), [])]) == 2
    assert await entries.add([(stored("E1", standing="draft"), [event]), (stored("E3"), [])]) == 1
    assert await entries.add([]) == 0
    assert (await find(ports)).standing == "valid"
    assert await ports.told() == [event]


async def test_material_is_kept_by_id_and_the_same_again_changes_nothing(ports: Ports) -> None:
    picture = MediaItem("M2", "E1", "picture", True, "missing", 5, file="a.jpg", size=7)
    news = MediaItem("M1", "E1", "news", False, "", 6, url="https://a.example/1")
    assert await ports.store.media.save(S, [picture, news]) == 2
    assert await ports.store.media.save(S, [picture, news]) == 0
    agreed = replace(picture, consent="granted")
    assert await ports.store.media.save(S, [news, agreed]) == 1
    assert await ports.store.media.save("other", [picture]) == 1
    assert await ports.store.media.of(S) == {"M1": news, "M2": agreed}
    await ports.store.media.forget(S, "E1")
    assert (await ports.store.media.of(S), await ports.store.media.of("other")) == ({}, {"M2": picture})


async def test_a_summary_is_told_when_it_changed(ports: Ports) -> None:
    summary = Summary("P01", 5, {"a": Decimal("7.50")})
    assert await ports.store.summaries.save(S, [summary]) == 1
    assert await ports.store.summaries.save(S, [summary]) == 0
    assert await ports.store.summaries.save(S, [replace(summary, submitted_at=6)]) == 1
    assert await ports.store.summaries.save(S, [replace(summary, submitted_at=6, items={"a": Decimal("7.5")})]) == 1
    told = [event for event in await ports.told() if isinstance(event, SummaryFiledV1)]
    assert [
        (summary_filed.version, summary_filed.submitted_at, summary_filed.items["a"]) for summary_filed in told
    ] == [
        (1, 5, Decimal("7.50")),
        (2, 6, Decimal("7.50")),
        (3, 6, Decimal("7.5")),
    ]


async def test_a_report_is_kept_by_its_file(ports: Ports) -> None:
    await ports.store.reports.keep(S, "units.csv", {"accepted": 1})
    await ports.store.reports.keep(S, "units.csv", {"accepted": 2})


async def test_login_names_are_given_once(ports: Ports) -> None:
    accounts = ports.accounts
    anna = Account("a1", "anna", "hash", STUDENT, "p1", "en")

    assert await accounts.add(anna)

    assert await accounts.find("a1") == anna
    assert await accounts.by_login("anna") == anna
    assert await accounts.find("a2") is None
    assert await accounts.by_login("ben") is None
    assert not await accounts.add(Account("a2", "anna", "", ()))
    assert await accounts.find("a2") is None


async def test_a_student_has_one_account_and_other_roles_are_free(ports: Ports) -> None:
    accounts = ports.accounts
    await accounts.add(Account("a1", "anna", "", STUDENT, "p1"))
    with refused("student-known"):
        await accounts.add(Account("a2", "anne", "", STUDENT, "p1"))
    guardian = (Grant(Role.GUARDIAN, S),)
    assert await accounts.add(Account("a3", "mother", "", guardian, "p1"))
    assert await accounts.add(Account("a4", "ben", "", STUDENT, ""))
    assert await accounts.add(Account("a5", "carl", "", STUDENT, ""))
    result = await accounts.of_people(["p1", "p2"])
    assert {person: sorted(ids) for person, ids in result.items()} == {"p1": ["a1", "a3"]}


async def test_new_credentials_are_taken_from_what_was_read_and_leave_something_to_settle(ports: Ports) -> None:
    accounts = ports.accounts
    first = Account("a1", "anna", "old", STUDENT, "p1")
    await accounts.add(first)

    assert await accounts.set_password(first, "new")

    assert not await accounts.set_password(first, "newer"), "somebody changed it meanwhile"
    assert not await accounts.set_mail(first, "a@example.org")
    assert not await accounts.set_password(replace(first, id="a9"), "new")
    second = await accounts.find("a1")
    assert second == replace(first, password_hash="new", credentials=1)
    assert await accounts.unsettled() == ["a1"]
    assert await accounts.set_mail(second, "a@example.org")
    await accounts.settled(second)
    assert await accounts.unsettled() == ["a1"], "it changed since"
    third = await accounts.find("a1")
    assert third == replace(second, mail="a@example.org", credentials=2)
    await accounts.settled(third)
    assert await accounts.unsettled() == []


async def test_roles_are_given_and_taken_back(ports: Ports) -> None:
    accounts, more = ports.accounts, Grant(Role.INSTRUCTOR, S, "P01")
    first = Account("a1", "anna", "", STUDENT, "p1")
    await accounts.add(first)
    await accounts.give("a1", [more])
    assert await accounts.find("a1") == replace(first, grants=(*STUDENT, more))

    assert await accounts.take("a1", [more])

    assert not await accounts.take("a1", [more]), "it is not held any more"
    assert not await accounts.take("a1", [STUDENT[0], more])
    assert await accounts.find("a1") == replace(first, withdrawals=1)
    assert await accounts.unsettled() == ["a1"]


async def test_a_student_of_another_school_is_so_in_that_season_alone(ports: Ports) -> None:
    accounts, here = ports.accounts, Grant(Role.STUDENT, S, "P01", "p1")
    before, teaches = Grant(Role.STUDENT, "s-before", "P01", "p0"), Grant(Role.INSTRUCTOR, S, "P01")
    await accounts.add(Account("a1", "anna", "", (here, before, teaches), "p1"))
    await accounts.add(Account("a2", "ben", "", (replace(here, ref="p2"),), "p2"))
    for _ in range(2):
        await accounts.change_school(S, "p1", "P02")
    assert (await accounts.find("a1")).grants == (replace(here, unit="P02"), before, teaches)
    assert (await accounts.find("a2")).grants[0].unit == "P01"
    await accounts.change_school(S, "p9", "P02")


async def test_a_judge_is_one_account(ports: Ports) -> None:
    accounts, judge = ports.accounts, Grant(Role.JUDGE, S, ref="J1")
    chief, seat = Grant(Role.CHIEF_JUDGE, S, ref="J1"), f"{S}/J1"
    told = JudgeAppointedV1(season=S, judge="J1", account="a1", appointed_at=5)
    assert await accounts.add(Account("a1", "anna", "", (judge, STUDENT[0])), [told])
    await accounts.add(Account("a2", "ben", "", ()))
    with refused("judge-known"):
        await accounts.add(Account("a3", "carl", "", (chief,)))
    with refused("judge-known"):
        await accounts.give("a2", [chief])
    assert [each_seat.id for each_seat in await accounts.in_seats([seat])] == ["a1"]
    assert await accounts.in_seats([f"{S}/J2"]) == []
    assert await accounts.in_seats([]) == []

    await accounts.leave_seats("a1", [seat])

    assert (await accounts.find("a1")).grants == STUDENT
    assert await accounts.in_seats([seat]) == []
    await accounts.give("a2", [judge], [replaced := told.model_copy(update={"account": "a2"})])
    assert [each_seat.id for each_seat in await accounts.in_seats([seat])] == ["a2"]
    assert await ports.told() == [told, replaced]


async def test_an_invitation_is_held_by_one_and_spent_when_it_is_accepted(ports: Ports) -> None:
    accounts, link = ports.accounts, Link("h1", STUDENT, "", 1_999_000_000_000_000, "for Anna", reason="ill")
    await accounts.add_link(link, command("c1"))
    await accounts.add_link(Link("h2", STUDENT, "", 1_000_000_000_000_000), command("c2"))
    await accounts.add_link(Link("h3", (), "a1", 1_999_000_000_000_000), command("c3"))

    assert await accounts.claim_link("h1") == link

    assert await accounts.claim_link("h1") is None, "somebody is accepting it"
    for other in ("h2", "h3", "h4"):
        assert await accounts.claim_link(other) is None, "expired, a sign-in, unknown"
    await accounts.release_link("h1")
    assert await accounts.claim_link("h1") == link
    assert await accounts.finish_link("h1")
    assert await accounts.find_link("h1") is None
    assert not await accounts.finish_link("h4")
    await accounts.release_link("h1")
    assert await accounts.claim_link("h1") is None, "it is spent"


async def test_the_record_of_roles_takes_each_line_once(ports: Ports) -> None:
    role_record = RoleRecord("k1", "invited", STUDENT[0], "host", "", "", 5)
    await ports.accounts.note([role_record, replace(role_record, key="k2")])
    await ports.accounts.note([replace(role_record, by="other")])
    await ports.accounts.note([])


async def test_a_link_is_used_once(ports: Ports) -> None:
    accounts, link = ports.accounts, Link("h1", STUDENT, "", 1_999_000_000_000_000, "for Anna")
    assert await accounts.find_link("h1") is None

    await accounts.add_link(link, command("c1"))
    await accounts.add_link(link, command("c1"))

    with refused("idempotency-key-reused", Invalid):
        await accounts.add_link(link, command("c1", b"other"))
    assert await accounts.find_link("h1") == link
    assert await accounts.use_link("h1") == link
    assert await accounts.use_link("h1") is None
    assert await accounts.find_link("h1") is None
    await accounts.add_link(link, command("c1"))
    assert await accounts.find_link("h1") is None, "the command does not make it anew"


async def test_the_time_of_a_link_is_kept_to_the_millisecond(ports: Ports) -> None:
    await ports.accounts.add_link(Link("h1", (), "a1", 1_999_000_000_123_456), command("c1"))
    assert await ports.accounts.find_link("h1") == Link("h1", (), "a1", 1_999_000_000_123_000)


async def test_sessions_are_found_and_end_everywhere(ports: Ports) -> None:
    accounts = ports.accounts
    browser = Session("s1", "a1", "browser", 9, "secret hash")
    token = Session("s2", "a1", "personal", 9, "", "label", False, STUDENT)
    await accounts.add_session(browser)
    await accounts.add_session(browser)
    assert await accounts.add_session(token, command("c1")) == token
    assert await accounts.add_session(replace(token, label="other"), command("c1")) == token, "it stays as it was"
    await accounts.add_session(Session("s4", "a1", "personal", 9, parent="s2"), command("c4"))
    assert [child.id for child in await accounts.children("s2")] == ["s4"]
    with refused("idempotency-key-reused", Invalid):
        await accounts.add_session(token, command("c1", b"other"))
    assert await accounts.find_session("s2") == token
    assert await accounts.find_session("s3") is None
    assert await accounts.sessions("a1", "browser") == [browser]
    assert await accounts.sessions("a2", "browser") == []

    told = SessionRevokedV1(session="s1", expires_at=1_999_000_000_000_000)
    await accounts.revoke_session("s1", told.expires_at, [told])
    await accounts.revoke_session("s9", told.expires_at, [told])

    assert await accounts.find_session("s1") == replace(browser, revoked=True)
    assert await ports.barred("s1")
    assert not await ports.barred("s2")
    assert await ports.told() == [told]


async def test_tries_are_counted_up_to_a_number_for_a_time(ports: Ports) -> None:
    counters = ports.counters
    assert [await counters.take("a", 2, 60) for _ in range(3)] == [True, True, False]
    assert await counters.take("b", 1, 60)
    await counters.give_back("a")
    assert [await counters.take("a", 2, 60) for _ in range(2)] == [True, False]
    await counters.give_back("c")
    assert [await counters.take("c", 1, 0) for _ in range(2)] == [True, True], "its time is over"


FILE = WorkFile("a.pdf", "u1", 3, "0" * 64, "application/pdf", 5, True)


async def listed(works: AsyncIterator[Work]) -> Sequence[tuple[str, int, int]]:
    return sorted([(work.entry, work.revision, work.locked) async for work in works])


async def test_versions_of_a_work_are_appended(ports: Ports) -> None:
    works = ports.works
    assert await works.find(S, "E1") is None
    first, second = WorkVersion(1, 5, (FILE,), True), WorkVersion(2, 6, (), True)

    assert await works.save(Work(S, "E1"), first, [], until=None)
    with refused("changed-meanwhile", Unavailable):
        await works.save(Work(S, "E1"), first, [], until=None)
    read = await works.find(S, "E1")
    assert (read.versions, read.revision, read.locked) == ((first,), 1, 0)
    assert await works.save(read, second, [], until=await ports.store.clock.now() + HOUR)
    with refused("changed-meanwhile", Unavailable):
        await works.save(read, second, [], until=None)

    again = await works.find(S, "E1")
    assert (again.versions, again.revision, again.files) == ((first, second), 2, ())
    assert {entry: work.revision for entry, work in (await works.find_many(S, ["E1", "E2"])).items()} == {"E1": 2}
    assert not await works.find_many("another", ["E1"])


async def test_a_version_that_comes_too_late_is_not_stored(ports: Ports) -> None:
    works, past = ports.works, await ports.store.clock.now() - 1
    assert not await works.save(Work(S, "E1"), WorkVersion(1, 5, (FILE,), True), [], until=past)
    assert await works.find(S, "E1") is None
    await works.save(Work(S, "E1"), WorkVersion(1, 5, (FILE,), True), [], until=None)
    assert not await works.save(await works.find(S, "E1"), WorkVersion(2, 5, (), True), [], until=past)
    assert len((await works.find(S, "E1")).versions) == 1


async def test_works_are_locked_once_and_then_not_listed_as_unlocked(ports: Ports) -> None:
    works = ports.works
    for entry in ("E1", "E2"):
        await works.save(Work(S, entry), WorkVersion(1, 5, (FILE,), True), [], until=None)
    await works.save(Work("other", "E3"), WorkVersion(1, 5, (FILE,), True), [], until=None)
    read = await works.find(S, "E1")
    told = PersonNamedV1(person="p1", version=1, name=Text(en="x"))

    await works.lock(read, 1, [told])

    with refused("changed-meanwhile", Unavailable):
        await works.lock(read, 1, [told])
    assert await listed(works.unlocked(S)) == [("E2", 1, 0)]
    assert await listed(works.of_season(S)) == [("E1", 2, 1), ("E2", 1, 0)]
    assert await ports.told() == [told]


async def test_a_ranking_is_written_over_the_one_that_was_read(ports: Ports) -> None:
    rankings = ports.rankings
    never = await rankings.find(S, "P01", "A-P")
    assert (never.ranked, never.version) == ((), 0)
    await rankings.write(S, "P01", "A-P", never, ["E2", "E1"])
    with refused("changed-meanwhile", Unavailable):
        await rankings.write(S, "P01", "A-P", never, ["E1"])
    read = await rankings.find(S, "P01", "A-P")
    assert (read.ranked, read.version) == (("E2", "E1"), 1)
    await rankings.write(S, "P01", "A-P", read, ["E1"])
    with refused("changed-meanwhile", Unavailable):
        await rankings.write(S, "P01", "A-P", read, ["E3"])
    assert (await rankings.find(S, "P01", "A-P")).ranked == ("E1",)


async def test_an_erasure_is_begun_once_and_unfinished_until_it_is_done(ports: Ports) -> None:
    people, erasures = ports.store.people, ports.erasures
    ids = await people.settle(S, {("student", "k1"): ANNA})
    anna = await people.find(ids["student", "k1"])
    assert anna
    told = PersonErasedV1(person=anna.id, season=S, erased_at=7)

    await erasures.begin(anna, 7, [told])

    nobody = replace(anna, name=NOBODY, key=f"erased\x1f{anna.id}", version=2)
    assert await people.find(anna.id) == nobody
    assert await people.known(S, [("student", "k1")]) == {}
    assert [item async for item in erasures.unfinished()] == [(nobody, 7)]
    with refused("changed-meanwhile", Unavailable):
        await erasures.begin(anna, 8, [told])
    await erasures.finish(anna.id)
    assert [item async for item in erasures.unfinished()] == []
    assert (await ports.told())[1:] == [told]


async def test_what_has_come_to_its_term_names_somebody_still(ports: Ports) -> None:
    nobody = replace(ENTRY, members=(Member(NOBODY, "0000-00", 5),))
    await ports.store.entries.add(
        [
            (stored("E1", standing="draft"), []),
            (replace(stored("E2", standing="draft"), entry=replace(nobody, entry="E2")), []),
            (stored("E3", standing="valid"), []),
            (stored("E4", standing="rejected"), []),
            (stored("E5", standing="draft", season="other"), []),
        ]
    )
    due = [item.entry.entry async for item in ports.erasures.due(S, ["draft", "rejected"])]
    assert sorted(due) == ["E1", "E4"]


async def test_nothing_remains_of_an_account(ports: Ports) -> None:
    accounts = ports.accounts
    await accounts.add(Account("a1", "anna", "", STUDENT, "p1"))
    await accounts.add(Account("a2", "ben", "", STUDENT, "p2"))
    await accounts.add_link(Link("h1", (), "a1", 1_999_000_000_000_000), command("c1"))
    await accounts.add_link(Link("h2", (), "a2", 1_999_000_000_000_000), command("c2"))
    for number, account in enumerate(("a1", "a1", "a2")):
        kind = "personal" if number else "browser"
        await accounts.add_session(Session(f"s{number}", account, kind, 1_999_000_000_000_000))

    await ports.remains.forget("p1")

    assert await accounts.find("a1") is None
    assert await accounts.find("a2")
    assert await accounts.find_link("h1") is None
    assert await accounts.find_link("h2")
    assert [await ports.barred(f"s{number}") for number in range(3)] == [True, True, False]
    ended = await accounts.find_session("s0")
    assert (ended.label, ended.secret_hash, ended.grants) == ("", "", ())


async def test_a_work_is_emptied_and_its_files_lose_their_names(ports: Ports) -> None:
    other = replace(FILE, upload="u2", name="anna.pdf")
    await ports.works.save(Work(S, "E1"), WorkVersion(1, 5, (FILE,), True), [], until=None)
    await ports.works.save(await ports.works.find(S, "E1"), WorkVersion(2, 6, (FILE, other), True), [], until=None)

    await ports.remains.empty(await ports.works.find(S, "E1"))

    assert sorted(ports.removed) == ["u1", "u2"]
    names = [file.name for version in (await ports.works.find(S, "E1")).versions for file in version.files]
    assert names == [NOBODY.zh] * 3


async def test_reasons_in_the_history_of_an_entry_are_silenced(ports: Ports) -> None:
    await ports.store.entries.add([(stored("E1"), [])])
    for version, note in ((2, {"what": "a", "reason": "Anna is ill"}), (3, {"what": "b"})):
        await ports.store.entries.save(replace(stored("E1"), version=version), [], note)

    await ports.remains.silence(S, "E1")
    await ports.remains.silence(S, "E9")

    notes = [(note["what"], note.get("reason")) for note in (await find(ports)).history]
    assert notes[-2:] == [("a", ""), ("b", None)]


async def test_an_account_is_somebody_in_each_of_its_seasons(ports: Ports) -> None:
    """And stays for the others when the data of one season is erased."""
    ids = await ports.store.people.settle(S, {("student", "k1"): ANNA})
    later = await ports.store.people.settle("next", {("student", "k1"): ANNA})
    old, new = ids["student", "k1"], later["student", "k1"]
    first, second = Grant(Role.STUDENT, S, "P01"), Grant(Role.STUDENT, "next", "P02", new)
    await ports.accounts.add(Account("a1", "anna", "", (first,), old))
    await ports.accounts.give("a1", [second])

    assert await ports.accounts.of_people([old, new, "other"]) == {old: ["a1"], new: ["a1"]}
    assert await ports.store.people.has_account(new)
    await ports.remains.forget(old)

    kept = await ports.accounts.find("a1")
    assert kept
    assert (kept.person, kept.grants, kept.people) == (new, (second,), (new,))
    assert await ports.accounts.of_people([old]) == {}
    await ports.remains.forget(new)
    assert await ports.accounts.find("a1") is None


async def test_what_a_guardian_asked_is_taken_back_from_the_history(ports: Ports) -> None:
    entry = stored()
    await ports.store.entries.enter(entry, [], until=None)
    asked = {"what": "correction-asked", "at": 1, "person": "p1", "asked": "the name"}
    await ports.store.entries.save(replace(entry, version=2), [], asked)
    await ports.remains.take_back_asked(S, entry.entry.entry, "somebody else")
    assert (await find(ports)).history[-1]["asked"] == "the name"
    await ports.remains.take_back_asked(S, entry.entry.entry, "p1")
    assert (await find(ports)).history[-1]["asked"] == ""


async def test_judges_are_told_without_their_names_and_only_when_something_is_new(ports: Ports) -> None:
    first = Judge("J1", "陈评委", "138", JudgeDuty.SCORING, ("A",), ("zh",), "P01", ("I1", "P02"))
    second = replace(first, judge="J2", name="李评委")
    assert await ports.judges.save(S, [first, second], 7) == 2
    assert await ports.judges.save(S, [first, second], 8) == 0
    assert await ports.judges.save(S, [replace(first, avoid=())], 9) == 1
    assert await ports.judges.of(S) == {"J1": replace(first, avoid=()), "J2": second}
    assert await ports.judges.of("other") == {}
    told = [event for event in await ports.told() if isinstance(event, JudgeRecordedV1)]
    assert sorted((event.judge, event.version, event.conflicts, event.recorded_at) for event in told) == [
        ("J1", 1, ("I1", "P02"), 7), ("J1", 2, (), 9), ("J2", 1, ("I1", "P02"), 7),
    ]  # fmt: skip
    assert not [event for event in told if "评委" in event.model_dump_json()]
    assert await ports.judges.forget_names(S) == 2
    assert {judge.name + judge.contact for judge in (await ports.judges.of(S)).values()} == {""}
    assert await ports.judges.forget_names(S) == 0


async def test_a_reminder_is_kept_once_a_number_with_its_receivers_until_they_have_it(ports: Ports) -> None:
    kind = ReminderKind.ENTRIES_RETURNED
    reminder = Reminder(S, kind, "CITY", 1, "soon", (Receiver("a", "School", 2), Receiver("b", "School", 2)), 3)
    sent = SentReminder(S, kind, "CITY", 1, "soon", "", "host", 5, 2, 3, reminder.hash)
    assert await ports.reminders.newest(S, kind, "CITY") == 0
    assert await ports.reminders.add(sent, reminder)
    assert not await ports.reminders.add(replace(sent, by="another"), reminder)
    assert await ports.reminders.pending() == [(sent, reminder)]

    await ports.reminders.delivered(reminder.key)

    assert await ports.reminders.pending() == []
    assert await ports.reminders.of(S) == [sent]
    assert await ports.reminders.of(S, "D1") == []
    assert await ports.reminders.newest(S, kind, "CITY") == 1
    assert await ports.reminders.newest(S, kind, "D1") == 0
    assert await ports.reminders.find(S, reminder.hash) == sent
    assert await ports.reminders.find(S, "another") is None


async def test_whoever_was_reminded_is_counted_once_and_by_kind(ports: Ports) -> None:
    kind = ReminderKind.ENTRIES_RETURNED
    reminder = Reminder(S, kind, "CITY", 1, "", (Receiver("a", "School", 2), Receiver("b", "School", 2)), 0)
    assert await ports.inbox.add(reminder.messages(5)) == 2
    assert await ports.inbox.add(reminder.messages(5)) == 0
    assert await ports.inbox.add(replace(reminder, number=2).messages(6)) == 2
    assert await ports.inbox.reminded_since(S, kind.message, ["a", "c"], 4) == 1
    assert await ports.inbox.reminded_since(S, kind.message, ["a"], 6) == 0
    assert await ports.inbox.reminded_since(S, "reminder-drafts", ["a"], 0) == 0
    assert await ports.inbox.reminded_since("other", kind.message, ["a"], 0) == 0


async def test_accounts_of_units_are_those_who_administer_them_in_the_season_or_its_series(ports: Ports) -> None:
    for name, grants in {
        "head": (Grant(Role.SCHOOL_ADMIN, S, "P01"), Grant(Role.SCHOOL_ADMIN, S, "P02")),
        "series": (Grant(Role.SCHOOL_ADMIN, "series-*", "P01"),),
        "district": (Grant(Role.DISTRICT_ORGANIZER, S, "D1"),),
        "elsewhere": (Grant(Role.SCHOOL_ADMIN, "other", "P01"),),
        "judge": (Grant(Role.JUDGE, S, "*", "J1"),),
    }.items():
        await ports.accounts.add(Account(name, name, "", grants))
    by_unit = await ports.accounts.by_unit([S, "series-*"], ["P01", "P02", "D1"])
    assert {unit: sorted(accounts) for unit, accounts in by_unit.items()} == {
        "P01": ["head", "series"],
        "P02": ["head"],
        "D1": ["district"],
    }
