"""The ports of judging."""

from asyncio import gather
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from services.judging.adapters.accounts import MongoAccounts
from services.judging.adapters.days import MongoDays
from services.judging.adapters.entered import MongoEnteredSheets
from services.judging.adapters.indexes import INDEXES, OUTBOXES
from services.judging.adapters.objections import MongoObjections
from services.judging.adapters.panels import MongoPanels
from services.judging.adapters.projections import Projections
from services.judging.adapters.result_sets import MongoResultSets
from services.judging.adapters.scores import MongoScores
from services.judging.adapters.seatings import MongoSeatings
from services.judging.adapters.store import MongoFacts, MongoSeasons
from services.judging.adapters.tasks_left import MongoTasksLeft
from services.judging.application.counting_tasks import TaskCount
from services.judging.application.entered import Entered
from services.judging.application.evidence import Attachment, Evidence
from services.judging.application.objecting import Filed, Filer
from services.judging.application.ports import JudgedSeason, ResultSet, Store
from services.judging.application.scheduling import Day
from services.judging.domain.facts import (
    Appeal,
    Assessed,
    Ballot,
    BallotStatus,
    Decisions,
    Entry,
    InstructorRef,
    Judge,
    JudgeRole,
    Member,
    Objection,
    Outcome,
    Preference,
    Revocation,
    Run,
    Summary,
    TestScore,
    Unit,
    Withdrawal,
)
from services.judging.domain.schedule import Place
from services.judging.domain.seats import Seating
from services.judging.domain.signatures import Signatory
from shared.errors import InvalidState, Unavailable
from shared.events.base import IntegrationEvent
from shared.events.judging import (
    AdvancementDecidedV1,
    PanelAssignedV1,
    ResultsAnnouncedV1,
    RoundClosedV1,
    TasksLeftV1,
)
from shared.events.registration import (
    AssessedItem,
    EntryAcceptedV1,
    EntryAmendedV1,
    EntryWithdrawnV1,
    JudgeAppointedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    SelfAssessmentSettledV1,
    SummaryFiledV1,
    UnitRecordedV1,
    WorkLockedV1,
)
from shared.states import EntryStatus, ItemState
from tests.conformance.conftest import database, told_in
from tests.support.fakes.judged_season import CHIEF, who
from tests.support.fakes.judging import Judging
from tests.support.fakes.memory import Audit, Streams
from tests.support.rules import season_rules, two_rounds

HOUR = 3_600_000_000
RULES = two_rounds()
S = RULES.id


@dataclass
class Ports:
    """What is asked: the ports, wherever they keep what they are given."""

    store: Store
    projections: Any
    sheets: Any
    objections: Any
    days: Any
    tasks_left: Any
    accounts: Any
    told: Callable[[], Awaitable[list[IntegrationEvent]]]

    async def season(self) -> JudgedSeason:
        stored_season = await self.store.seasons.find(S)
        assert stored_season
        return stored_season


@pytest.fixture
async def ports(mongo_url: str | None) -> AsyncIterator[Ports]:
    if mongo_url is None:
        fake = Judging(1_750_000_000_000_000)

        async def events() -> list[IntegrationEvent]:
            return fake.told.events

        yield Ports(
            fake.store,
            fake.projections,
            fake.sheets,
            fake.objections,
            fake.days,
            fake.tasks_left,
            fake.accounts,
            events,
        )
        return
    async for mongo in database(mongo_url, INDEXES):

        async def stored() -> list[IntegrationEvent]:
            return await told_in(mongo, OUTBOXES)  # noqa: B023 - there is one

        accounts = MongoAccounts(mongo.database)
        yield Ports(
            Store(
                MongoSeasons(mongo),
                MongoFacts(mongo),
                MongoScores(mongo),
                MongoSeatings(mongo),
                MongoPanels(mongo),
                MongoResultSets(mongo),
                accounts,
                Audit(),
                mongo.clock,
                Streams(),
            ),
            Projections(mongo),
            MongoEnteredSheets(mongo),
            MongoObjections(mongo),
            MongoDays(mongo),
            MongoTasksLeft(mongo),
            accounts,
            stored,
        )


def opened() -> SeasonOpenedV1:
    return SeasonOpenedV1(season=S, version=1, mode="live", opened_at=1, rules=RULES)


def accepted(entry: str, version: int = 1, **changes: Any) -> EntryAcceptedV1:
    facts: dict[str, Any] = {
        "season": S,
        "entry": entry,
        "version": version,
        "standing": "valid",
        "track": "A",
        "division": "P",
        "unit": "P01",
        "title": "t",
        "registered_at": 1,
        "submitted_at": 2,
        "members": [{"person": f"p-{entry}", "grade": 5}],
        "instructors": [{"instructor": "I1", "person": "p-i"}],
    }
    return EntryAcceptedV1.model_validate({**facts, **changes})


def ballot(entry: str = "E1", judge: str = "J1", score: int = 1, **changes: Any) -> Ballot:
    scores = (Decimal(score), Decimal("0.5"), Decimal(0))
    return replace(Ballot("heats", "work", entry, judge, BallotStatus.SUBMITTED, None, scores), **changes)


async def write(
    ports: Ports,
    ballot: Ballot,
    *,
    opens: int = -HOUR,
    closes: int = HOUR,
    account: str = "a1",
    seen: int | None = None,
) -> tuple[int, int]:
    now = await ports.store.clock.now()
    window = {"opens": now + opens, "closes": now + closes}
    return await ports.store.scores.write(S, ballot, account=account, comment="c", note="n", seen=seen, **window)


async def test_a_season_is_opened_once_and_amended_to_newer_rules_alone(ports: Ports) -> None:
    amended = season_rules(sponsors=[{"zh": "另一个"}])

    def amendment(version: int) -> SeasonAmendedV1:
        return SeasonAmendedV1(season=S, version=version, mode="live", amended_at=2, reason="r", rules=amended)

    assert not await ports.projections.amended(amendment(2)), "the season itself has not arrived"
    assert await ports.store.seasons.find(S) is None
    await ports.projections.season(opened())
    await ports.projections.season(SeasonOpenedV1(season=S, version=1, mode="records", opened_at=1, rules=amended))
    first = await ports.season()
    assert (first.id, first.mode, first.rules, first.stage) == (S, "live", RULES, "open")
    assert (first.closings, first.revision, first.reasons, first.signature) == ({}, 0, {}, {})
    assert await ports.projections.amended(amendment(3))
    await ports.projections.amended(
        SeasonAmendedV1(season=S, version=2, mode="live", amended_at=2, reason="r", rules=RULES)
    )
    assert (await ports.season()).rules == amended
    await ports.store.seasons.advance(first, {"stage": "closed"}, [])
    assert (await ports.season()).stage == "closed", "an amendment keeps nobody from closing"


async def test_a_season_advances_from_the_version_that_was_read(ports: Ports) -> None:
    await ports.projections.season(opened())
    read = await ports.season()
    closed = RoundClosedV1(season=S, round="heats", closed_at=5, entries=1, ballots=0)
    values = {"stage": "announcing", "announced_at": 7, "revision": 1, "closings": {"heats": 5}, "reasons": {"a": "b"}}

    await ports.store.seasons.advance(read, values, [closed])

    after = await ports.season()
    assert (after.stage, after.announced_at, after.closings, after.reasons) == (
        "announcing",
        7,
        {"heats": 5},
        {"a": "b"},
    )
    assert after.version == read.version + 1
    assert [season.id for season in await ports.store.seasons.unfinished()] == [S]
    with pytest.raises(Unavailable, match="changed-meanwhile"):
        await ports.store.seasons.advance(read, {"stage": "final"}, [closed])
    assert await ports.told() == [closed], "what was not written is not told"
    await ports.store.seasons.advance(after, {"stage": "announced"}, [])
    assert await ports.store.seasons.unfinished() == []


async def test_what_a_self_assessment_comes_to_is_the_score_of_its_test(ports: Ports) -> None:
    for version, total in ((2, "7.50"), (1, "1")):
        item = AssessedItem(own=Decimal(9), verified=Decimal(total), state=ItemState.SET)
        await ports.projections.settled(
            SelfAssessmentSettledV1(
                season=S, entry="E1", version=version, component="r.v", total=item.verified, items={"a": item}, at=3
            )
        )
    await ports.store.scores.save_tests(S, [TestScore("r", "exam", "E1", Decimal(5))], may_add=True)

    assert await ports.store.scores.assessed(S) == [Assessed("E1", "r.v", Decimal(9), Decimal("7.50"))]
    assert await ports.store.scores.assessed("other") == []
    assert await ports.store.scores.tests(S) == [
        TestScore("r", "exam", "E1", Decimal(5)),
        TestScore("r", "v", "E1", Decimal("7.50")),
    ]


async def test_last_years_tiers_are_kept_by_unit(ports: Ports) -> None:
    facts = ports.store.facts

    assert await facts.save_previous(S, {"D1": "gold", "D2": ""}) == 2
    assert await facts.save_previous(S, {"D1": "gold", "D2": "silver"}) == 1
    assert await facts.previous(S) == {"D1": "gold", "D2": "silver"}
    assert await facts.previous("other") == {}


async def test_what_registration_told_counts_in_its_newest_version(ports: Ports) -> None:
    told, facts = ports.projections, ports.store.facts
    await told.entry(accepted("E2", 2, standing="withdrawn"))
    await told.entry(accepted("E2", 1))
    await told.entry(accepted("E1", 1, track="B", submitted_at=None, language="en"))
    await told.entry(EntryAmendedV1.model_validate(accepted("E3").model_dump() | {"season": "other"}))
    for version, parent in ((2, "CITY"), (1, "")):
        await told.unit(
            UnitRecordedV1.model_validate(
                {"season": S, "unit": "P01", "version": version, "parent": parent, "level": "school"}
                | {"name": {"zh": "学校"}, "ordinal": 4}
            )
        )
    for version, points in ((2, "7.50"), (1, "1")):
        await told.summary(
            SummaryFiledV1(season=S, unit="P01", version=version, submitted_at=3, items={"a": Decimal(points)})
        )

    first = Entry(
        "E1", EntryStatus.VALID, "B", "P", "P01", "t", None, (Member("p-E1", 5),), (InstructorRef("I1", "p-i"),), "en"
    )
    entries = await facts.entries(S)
    assert entries["E1"] == first
    assert {name: entry.standing for name, entry in entries.items()} == {"E1": "valid", "E2": "withdrawn"}
    assert await facts.entry(S, "E1") == first
    assert await facts.entry(S, "E3") is None
    assert [entry.entry for entry in await facts.entries_of(S, ["A", "B"])] == ["E1", "E2"]
    assert [entry.entry for entry in await facts.entries_of(S, ["A"])] == ["E2"]
    assert [entry.entry for entry in await facts.entries_named(S, ["E2", "E1", "E9", "E2"])] == ["E1", "E2"]
    assert await facts.units(S) == {"P01": Unit("P01", "CITY", "school", 4)}
    assert await facts.summaries(S) == {"P01": Summary("P01", 3, {"a": Decimal("7.50")})}


async def test_files_of_a_work_are_known_once_it_is_locked(ports: Ports) -> None:
    assert await ports.store.facts.files(S, "E1") == []
    file = {"number": 1, "sha256": "0" * 64, "size": 3, "media_type": "application/pdf"}
    await ports.projections.work(
        WorkLockedV1.model_validate({"season": S, "entry": "E1", "version": 2, "files": [file], "locked_at": 9})
    )
    await ports.projections.work(WorkLockedV1(season=S, entry="E1", version=1, files=(), locked_at=8))
    assert await ports.store.facts.files(S, "E1") == [(1, "application/pdf")]


async def test_judges_are_kept_with_their_conflicts_and_later_employers(ports: Ports) -> None:
    facts = ports.store.facts
    first, second = (
        Judge("J1", "u1", ("A",), ("P01",), JudgeRole.SCORING, (), ("zh",)),
        Judge("J2", "", ("A", "B"), (), JudgeRole.CHIEF),
    )

    assert await facts.save_judges(S, [first, second]) == 2
    assert await facts.save_judges(S, [first, second]) == 0
    assert await facts.save_judges(S, [replace(first, employer="u2"), second]) == 1
    for name, judge in (("r1", "J1"), ("r2", "J9")):
        assert await facts.save_action(S, name, {"type": "recusal", "judge": judge, "entry": "E7", "at": 5})
    assert await facts.save_action(S, "b", {"type": "judge_employer", "judge": "J1", "employer": "u4", "at": 20})
    assert await facts.save_action(S, "a", {"type": "judge_employer", "judge": "J1", "employer": "u3", "at": 10})

    moved = Judge("J1", "u2", ("A",), ("P01", "E7"), JudgeRole.SCORING, ((10, "u3"), (20, "u4")), ("zh",))
    assert await facts.judges(S) == {"J1": moved, "J2": second}
    assert await facts.judge(S, "J1") == moved
    assert await facts.judge(S, "J9") is None
    assert await facts.judges("other") == {}


async def test_a_judge_who_was_told_is_kept_in_the_newest_version_and_what_was_recused_stays(ports: Ports) -> None:
    facts = ports.store.facts
    first = Judge("J1", "u1", ("A",), ("P01",), JudgeRole.SCORING)
    assert await facts.take_in_judge(S, replace(first, employer="u2"), 2)
    assert not await facts.take_in_judge(S, first, 1)
    assert not await facts.take_in_judge(S, first, 2)
    assert await facts.save_action(S, "r1", {"type": "recusal", "judge": "J1", "entry": "E7", "at": 5})
    assert await facts.save_judges(S, [replace(first, tracks=("B",))]) == 1, "as the API does"
    assert not await facts.take_in_judge(S, first, 2), "an old one that comes again"
    assert await facts.judge(S, "J1") == replace(first, tracks=("B",), conflicts=("P01", "E7"))
    assert await facts.take_in_judge(S, replace(first, conflicts=()), 3)
    assert await facts.judges(S) == {"J1": replace(first, conflicts=("E7",))}


async def test_what_is_proposed_is_listed_newest_first_and_decides_nothing(ports: Ports) -> None:
    facts = ports.store.facts
    for name, when in (("p1", 1), ("p2", 2)):
        await facts.save_action(S, name, {"type": "proposed-exclusion", "at": when, "entry": "E1", "round": "heats"})
    await facts.save_action("other", "p3", {"type": "proposed-exclusion", "at": 3, "entry": "E1", "round": "heats"})
    assert [item["at"] for item in await facts.proposed(S, "proposed-exclusion")] == [2, 1]
    decisions = await facts.decisions(S)
    assert (decisions.objections, decisions.revocations) == ((), ())


async def test_an_action_is_kept_once_and_decisions_come_by_time(ports: Ports) -> None:
    facts = ports.store.facts

    async def decide(name: str, kind: str, when: int, **values: Any) -> bool:
        return await facts.save_action(S, name, {"type": kind, "at": when, "entry": "E1", "round": "heats", **values})

    assert await decide("o2", "objection", 20, upheld=False)
    assert await decide("o1", "objection", 10, upheld=True)
    assert not await decide("o1", "objection", 11, upheld=False), "the first one stands"
    kept = await facts.action(S, "o1")
    assert kept is not None
    assert (kept["at"], kept["upheld"]) == (10, True)
    assert await facts.action(S, "o9") is None
    await decide("a1", "appeal", 5, component="work", upheld=True, ballots={"J1": ["1.5"]})
    await decide("a2", "appeal", 6, component="work", upheld=False)
    await decide("a3", "appeal", 7, component="quiz", upheld=True, score="8")
    await decide("r1", "revocation", 9, rounds=["heats"])
    await decide("p1", "preference", 9, first=["E2", "E1"])
    await ports.projections.withdrawn(EntryWithdrawnV1(season=S, entry="E2", round="final", at=4, cause="withdrawal"))
    await ports.projections.withdrawn(EntryWithdrawnV1(season=S, entry="E1", round="final", at=3, cause="withdrawal"))

    assert await facts.decisions(S) == Decisions(
        (Withdrawal(3, "E1", "final"), Withdrawal(4, "E2", "final")),
        (Objection(10, "E1", "heats", True), Objection(20, "E1", "heats", False)),
        (
            Appeal(5, "E1", "heats", "work", {"J1": (Decimal("1.5"),)}),
            Appeal(7, "E1", "heats", "quiz", {}, Decimal(8)),
        ),
        (Revocation(9, "E1", ("heats",)),),
        (Preference(9, "heats", ("E2", "E1")),),
    )


async def test_a_ballot_is_written_within_the_window_version_by_version(ports: Ports) -> None:
    scores = ports.store.scores
    assert await scores.ballot(S, "heats", "work", "E1", "J1") is None

    versions = [(await write(ports, ballot(score=score, status=status)))[0] for score, status in
                ((1, "draft"), (2, "submitted"), (3, "submitted"))]  # fmt: skip

    assert versions == [1, 2, 3]
    stored_ballot = await scores.ballot(S, "heats", "work", "E1", "J1")
    assert stored_ballot
    assert (stored_ballot.scores, stored_ballot.status) == ((Decimal(3), Decimal("0.5"), Decimal(0)), "submitted")
    assert stored_ballot.submitted_at
    assert await scores.texts(S, stored_ballot) == ("c", "n", 3)  # type: ignore[attr-defined]
    with pytest.raises(InvalidState, match="ballot-submitted"):
        await write(ports, ballot(status="draft"))


async def test_a_ballot_is_written_over_the_version_that_was_seen_alone(ports: Ports) -> None:
    first = await write(ports, ballot(score=1, status="draft"), seen=0)
    assert first[0] == 1
    assert await write(ports, ballot(score=1, status="draft"), seen=0) == first, "it is there already"
    with pytest.raises(InvalidState, match="ballot-changed"):
        await write(ports, ballot(score=2, status="draft"), seen=0)
    assert (await write(ports, ballot(score=2), seen=1))[0] == 2
    assert (await write(ports, ballot(score=2, status="draft"), seen=1))[0] == 2, (
        "submitted meanwhile, with the same scores"
    )


@pytest.mark.parametrize(("opens", "closes"), [(HOUR, 2 * HOUR), (-2 * HOUR, -HOUR), (-2 * HOUR, -1)])
async def test_no_ballot_comes_in_outside_the_window(ports: Ports, opens: int, closes: int) -> None:
    with pytest.raises(InvalidState, match="judging-not-open"):
        await write(ports, ballot(), opens=opens, closes=closes)
    assert await ports.store.scores.of_round(S, "heats") == []


async def test_a_shadow_ballot_takes_no_draft_either(ports: Ports) -> None:
    await write(ports, ballot(status="shadow"))
    with pytest.raises(InvalidState, match="ballot-submitted"):
        await write(ports, ballot(status="draft"))


async def test_submitted_ballots_count_and_are_tallied_and_found(ports: Ports) -> None:
    scores = ports.store.scores
    _, first_at = await write(ports, ballot("E1", "J1", 4))
    await write(ports, ballot("E2", "J1", 5))
    await write(ports, ballot("E1", "J2", 6, status="draft"))
    await write(ports, ballot("E3", "J2", 6, status="shadow"))
    await write(ports, ballot("E1", "J1", 7, round="final"))
    tracks = {"E1": "A", "E2": "A", "E3": "A"}

    columns = await scores.columns(S, tracks, {})

    assert set(columns) == {("heats", "work", "A"), ("final", "work", "A")}
    heats = columns["heats", "work", "A"]
    assert (heats.entries, heats.judges, heats.scores.tolist()) == (["E1", "E2"], ["J1"], [[400, 50, 0], [500, 50, 0]])
    assert await scores.columns(S, tracks, {"heats": first_at - 1, "final": 0}) == {}
    assert await scores.columns("other", tracks, {}) == {}
    assert await scores.count(S, "heats") == 2
    assert await scores.tally(S, "heats") == {("J1", "submitted"): 2, ("J2", "draft"): 1, ("J2", "shadow"): 1}
    assert sorted((ballot.round, ballot.entry) for ballot in await scores.by_judge(S, "J1")) == [
        ("final", "E1"),
        ("heats", "E1"),
        ("heats", "E2"),
    ]
    assert len(await scores.of_round(S, "heats")) == 4


async def test_what_came_by_the_time_of_closing_counts(ports: Ports) -> None:
    _, written_at = await write(ports, ballot())
    columns = await ports.store.scores.columns(S, {"E1": "A"}, {"heats": written_at})
    assert list(columns) == [("heats", "work", "A")]


async def test_reopened_ballots_become_drafts_and_voided_ones_count_no_more(ports: Ports) -> None:
    scores = ports.store.scores
    await write(ports, ballot("E1"))
    await write(ports, ballot("E2"))
    await scores.reopen(S, ballot("E1"), CHIEF, "a slip", "a1")
    assert (await scores.tally(S, "heats")) == {("J1", "draft"): 1, ("J1", "submitted"): 1}
    with pytest.raises(InvalidState, match="ballot-not-submitted"):
        await scores.reopen(S, ballot("E1"), CHIEF, "again", "a1")
    with pytest.raises(InvalidState, match="ballot-not-submitted"):
        await scores.reopen(S, ballot("E9"), CHIEF, "none", "a1")
    assert await scores.void(S, "heats", "E2", "J1", "recused") == 1
    assert await scores.void(S, "heats", "E2", "J1", "recused") == 0
    assert await scores.count(S, "heats") == 0
    version, _ = await write(ports, ballot("E1", score=9))
    assert version == 3, "the versions go on"


async def test_whoever_submits_a_ballot_holds_it_until_it_is_opened_for_somebody_else(ports: Ports) -> None:
    scores, each_ballot = ports.store.scores, ballot("E1")
    draft = replace(each_ballot, status=BallotStatus.DRAFT)
    assert await scores.holder(S, each_ballot) == ""
    await write(ports, draft)
    assert await scores.holder(S, each_ballot) == "", "a draft is nobody's"
    await write(ports, each_ballot, account="a2")
    assert await scores.holder(S, each_ballot) == "a2"
    with pytest.raises(InvalidState, match="ballot-by-another"):
        await write(ports, each_ballot, account="a1")
    held = [await scores.held_by_others(S, "heats", "E1", "J1", account) for account in ("a1", "a2")]
    assert held == [True, False]
    assert not await scores.held_by_others(S, "heats", "E1", "J2", "a1")

    await scores.reopen(S, each_ballot, CHIEF, "their successor", "a1")

    with pytest.raises(InvalidState, match="ballot-by-another"):
        await write(ports, draft, account="a2")
    await scores.reopen(S, each_ballot, CHIEF, "somebody else again", "a3")
    await write(ports, draft, account="a3")
    assert await scores.holder(S, each_ballot) == "a3"


async def test_a_judge_is_whoever_was_appointed_last_or_came_first(ports: Ports) -> None:
    accounts = ports.accounts

    def appointment(account: str, at: int) -> JudgeAppointedV1:
        return JudgeAppointedV1(season=S, judge="J1", account=account, appointed_at=at, by="host", via=("head",))

    assert await accounts.appointed(S, "J1") is None
    assert await accounts.claim(S, "J1", who("anna")) == who("anna")
    assert (await accounts.claim(S, "J1", who("ben"))).account == "account-anna"
    await accounts.appoint(appointment("a5", 5))
    await accounts.appoint(appointment("a4", 4))
    assert await accounts.appointed(S, "J1") == Signatory("a5", "", by="host", via=("head",), since=5)
    assert await accounts.appointed("other", "J1") is None


async def test_who_was_confirmed_is_confirmed_for_the_role_they_had(ports: Ports) -> None:
    accounts = ports.accounts
    assert not await accounts.confirmed(S, "anna", 0)
    await accounts.confirm(S, "anna", "I know her", "operator", 5)
    assert [await accounts.confirmed(S, "anna", since) for since in (5, 6)] == [True, False]
    assert not await accounts.confirmed("other", "anna", 0)
    await accounts.confirm(S, "anna", "still", "operator", 9)
    assert await accounts.confirmed(S, "anna", 9)


async def test_records_are_added_once_and_nothing_new_when_the_round_is_closed(ports: Ports) -> None:
    scores = ports.store.scores
    ballots = [ballot("E1", submitted_at=5), ballot("E1", submitted_at=None, status="void", scores=())]
    runs = [Run("heats", "flights", "E5", number, Decimal("9.50"), Decimal(3)) for number in (1, 2)]
    tests = [TestScore("heats", "quiz", "E6", Decimal("7.25"))]

    assert await scores.save_ballots(S, ballots, may_add=True) == 2
    assert await scores.save_ballots(S, ballots, may_add=True) == 0
    assert await scores.save_runs(S, runs, may_add=True) == 2
    assert await scores.save_runs(S, [replace(runs[0], points=Decimal(1))], may_add=True) == 0, "it stays as it was"
    assert await scores.save_tests(S, tests, may_add=True) == 1
    assert sorted(await scores.runs(S), key=lambda run: run.run) == runs
    assert await scores.tests(S) == tests
    assert await scores.save_ballots(S, ballots, may_add=False) == 0
    assert await scores.save_runs(S, runs, may_add=False) == 0
    assert await scores.save_tests(S, tests, may_add=False) == 0
    for late in (
        scores.save_ballots(S, [ballot("E2")], may_add=False),
        scores.save_runs(S, [replace(runs[0], entry="E7")], may_add=False),
        scores.save_tests(S, [replace(tests[0], entry="E7")], may_add=False),
    ):
        with pytest.raises(InvalidState, match="round-closed"):
            await late
    assert await scores.runs("other") == []
    assert await scores.tests("other") == []


async def test_seats_are_told_when_they_changed_and_the_newest_count(ports: Ports) -> None:
    seatings = ports.store.seatings
    assert await seatings.present(S, "heats") is None

    assert await seatings.save(S, "heats", "final", Seating({"E2": "pool", "E1": "quota"}), 5)
    assert not await seatings.save(S, "heats", "final", Seating({"E1": "quota", "E2": "pool"}), 6)
    assert await seatings.present(S, "heats") == frozenset({"E1", "E2"})
    assert await seatings.save(
        S, "heats", "final", Seating({"E1": "quota", "E2": "pool", "E3": "alternate"}, frozenset({"E1"})), 7
    )
    assert await seatings.present(S, "heats") == frozenset({"E2", "E3"})
    told = [event for event in await ports.told() if isinstance(event, AdvancementDecidedV1)]
    assert [
        (seats_given.revision, seats_given.given_at, [seat.entry for seat in seats_given.seats]) for seats_given in told
    ] == [
        (1, 5, ["E1", "E2"]),
        (2, 7, ["E1", "E2", "E3"]),
    ]
    assert [seat.left for seat in told[1].seats] == [True, False, False]


async def test_no_seats_at_all_are_told_as_well(ports: Ports) -> None:
    assert await ports.store.seatings.save(S, "heats", "final", Seating(), 5)
    assert not await ports.store.seatings.save(S, "heats", "final", Seating(), 6)
    assert await ports.store.seatings.present(S, "heats") == frozenset()


async def test_panels_are_told_when_they_changed(ports: Ports) -> None:
    panels = ports.store.panels
    assert await panels.assigned(S, "heats", "J1") is None, "nothing was assigned to anybody"

    assert await panels.assign(S, "heats", "J1", ["E1", "E2"])
    assert not await panels.assign(S, "heats", "J1", ["E1", "E2"])
    assert not await panels.assign(S, "heats", "J2", [])
    assert await panels.assign(S, "heats", "J1", ["E2"])
    assert await panels.assigned(S, "heats", "J1") == ["E2"]
    assert await panels.assigned(S, "heats", "J2") == []
    assert await panels.assigned(S, "final", "J1") is None
    assert await panels.all(S, "heats") == {"J1": ["E2"]}
    told = [event for event in await ports.told() if isinstance(event, PanelAssignedV1)]
    assert [(panel_assigned.judge, panel_assigned.version, panel_assigned.entries) for panel_assigned in told] == [
        ("J1", 1, ("E1", "E2")),
        ("J1", 2, ("E2",)),
    ]


async def test_what_is_left_is_told_in_versions_one_line_a_judge(ports: Ports) -> None:
    assert await ports.tasks_left.of(S) == {}
    await ports.tasks_left.tell(S, "J1", TaskCount("heats", 3, 4), 5)
    await ports.tasks_left.tell(S, "J2", TaskCount("heats", 1, 4), 5)
    await ports.tasks_left.tell(S, "J1", TaskCount("final", 2, 2), 6)
    assert await ports.tasks_left.of(S) == {"J1": TaskCount("final", 2, 2), "J2": TaskCount("heats", 1, 4)}
    told = [event for event in await ports.told() if isinstance(event, TasksLeftV1)]
    assert sorted((event.judge, event.version, event.left) for event in told) == [
        ("J1", 1, 3),
        ("J1", 2, 2),
        ("J2", 1, 1),
    ]


async def test_a_result_set_is_stored_once_and_the_newest_of_its_stage_counts(ports: Ports) -> None:
    results = ports.store.results
    first = ResultSet("final", 2, 5, "h", "i", {"students": 1}, {"student": 1}, "")
    chunks = [[ResultsAnnouncedV1(season=S, revision=2, chunk=number, chunks=2, announced_at=5)] for number in (1, 2)]
    assert await results.find(S, "final") is None
    assert await results.lines(S, 2) == []

    await results.save(S, first, {"awards": [("heats", "E1")], "units": []}, chunks, {})
    await results.save(S, first, {"awards": [("heats", "E9")], "units": []}, chunks, {})

    assert await results.find(S, "final") == first
    assert await results.table(S, first, "awards") == [["heats", "E1"]]
    assert await results.table(S, first, "units") == []
    assert await results.lines(S, 2) == [event for chunk in chunks for event in chunk]
    assert len(await ports.told()) == 2
    second = replace(first, revision=3, at=9, reason="an appeal")
    await results.save(S, second, {}, [], {})
    await results.save(S, first, {}, [], {})
    assert await results.find(S, "final") == second, "an older revision takes no place"
    assert await results.find(S, "provisional") is None


async def test_entered_sheets_are_found_and_confirmed(ports: Ports) -> None:
    run = Run("heats", "flights", "E5", 1, Decimal("9.50"), Decimal(3), Decimal(1), Decimal("0.25"))
    test = TestScore("heats", "quiz", "E6", Decimal("7.25"))
    runs, tests = Entered("a", S, "heats", "runs", (run,), "u1", 5), Entered("b", S, "heats", "tests", (test,), "u1", 6)
    await ports.sheets.add(runs)
    await ports.sheets.add(tests)

    assert await ports.sheets.find(S, "a") == runs
    assert await ports.sheets.find(S, "b") == tests
    assert await ports.sheets.find(S, "c") is None
    await ports.sheets.confirm(runs, who("u2"), 7)
    assert await ports.sheets.find(S, "a") == replace(
        runs, confirmed_by="u2", confirmed_at=7, second=who("u2").stored()
    )


async def test_the_key_of_receipts_is_one_and_stays(ports: Ports) -> None:
    first, second = await gather(ports.objections.receipt_key(), ports.objections.receipt_key())
    assert first == second == await ports.objections.receipt_key()
    assert len(first) == 32


async def test_an_objection_is_decided_once_and_keeps_its_evidence(ports: Ports) -> None:
    kept = (Evidence("a.pdf", "application/pdf", 4),)
    filer = Filer("Li", "123456", "acc")
    filed = Filed("o1", S, "objection", "E1", "heats", "", "score", "text", filer, 5, 9, evidence=kept)
    await ports.objections.add(filed, [Attachment("a.pdf", b"%PDF")])

    assert await ports.objections.find(S, "o1") == filed
    assert await ports.objections.find(S, "o2") is None
    assert await ports.objections.of_account(filed.filer.account) == [filed]
    assert await ports.objections.of_account("nobody") == []
    assert await ports.objections.evidence(S, "o1", 1) == b"%PDF"
    assert await ports.objections.evidence(S, "o1", 2) is None
    assert await ports.objections.decide(filed, "upheld", "because", 8, "chief")
    assert not await ports.objections.decide(filed, "dismissed", "no", 9, "other")
    assert await ports.objections.find(S, "o1") == replace(
        filed, outcome=Outcome.UPHELD, answer="because", decided_at=8, decided_by="chief"
    )


async def test_a_planned_day_takes_the_place_of_the_old_one(ports: Ports) -> None:
    day = Day(S, "heats", "B", 5, 15, ("r1", "r2"), (Place("E1", "r1", 0),))
    await ports.days.save(day)
    await ports.days.save(replace(day, track="A"))
    await ports.days.save(replace(day, begins=6))
    assert await ports.days.of(S, "heats") == [replace(day, track="A"), replace(day, begins=6)]
    assert await ports.days.of(S, "final") == []
