"""The ports of judging in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from secrets import token_bytes
from typing import Any

from services.judging.application.counting_tasks import TaskCount
from services.judging.application.entered import Entered
from services.judging.application.evidence import Attachment
from services.judging.application.objecting import Filed
from services.judging.application.ports import Counted, JudgedSeason, ResultSet, Store
from services.judging.application.scheduling import Day
from services.judging.domain.ballot_versions import Written, is_there
from services.judging.domain.columns import Columns, columns_of
from services.judging.domain.facts import (
    Appeal,
    Assessed,
    Ballot,
    BallotStatus,
    Decisions,
    Entry,
    InstructorRef,
    Judge,
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
from services.judging.domain.seats import Seating
from services.judging.domain.signatures import Signatory
from shared.errors import InvalidState
from shared.events.base import IntegrationEvent
from shared.events.judging import PanelAssignedV1, Seat, SeatsGivenV1, TasksLeftV1
from shared.events.registration import (
    EntryFacts,
    EntryWithdrawnV1,
    JudgeAppointedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    SelfAssessmentSettledV1,
    SummaryFiledV1,
    UnitRecordedV1,
    WorkLockedV1,
)
from shared.mongo import TooLate, VersionConflict
from tests.support.fakes.memory import Audit, Clock, Collection, Newest, Streams, Told

READ = frozenset(field.name for field in fields(JudgedSeason))


class Seasons:
    """Seasons as judging keeps them."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self.kept: Collection[JudgedSeason] = Collection(clock, told)
        self.rules_versions: dict[str, int] = {}
        self.beside: dict[str, dict[str, Any]] = {}
        """What is kept with a season and not read by any rule: who decided."""

    async def find(self, season: str) -> JudgedSeason | None:
        stored_season = self.kept.find(season)
        return replace(stored_season, version=self.kept.version(season)) if stored_season else None

    async def unfinished(self) -> list[JudgedSeason]:
        listed = [season for season in self.kept if season.stage in ("announcing", "finalizing", "revising")]
        return [replace(season, version=self.kept.version(season.id)) for season in listed]

    async def advance(
        self, season: JudgedSeason, values: Mapping[str, Any], events: Sequence[IntegrationEvent]
    ) -> None:
        present = self.kept.find(season.id) or season
        read = {name: value for name, value in values.items() if name in READ}
        self.kept.change(season.id, season.version, replace(present, **read), events)
        self.beside.setdefault(season.id, {}).update({k: v for k, v in values.items() if k not in READ})


class Facts:
    """What registration told, and what judging itself takes in."""

    steady = staticmethod(nullcontext)

    def __init__(self, clock: Clock, told: Told) -> None:
        self.told_units: Newest[tuple[str, Unit]] = Newest()
        self.told_entries: Newest[tuple[str, Entry]] = Newest()
        self.told_summaries: Newest[tuple[str, Summary]] = Newest()
        self.told_assessed: Newest[tuple[str, Assessed]] = Newest()
        self.last_year: dict[str, dict[str, str]] = {}
        self.told_works: Newest[list[tuple[int, str]]] = Newest()
        self.told_withdrawals: Newest[tuple[str, Withdrawal]] = Newest()
        self.kept_judges: dict[str, dict[str, Judge]] = {}
        self.told_judges: Newest[Judge] = Newest()
        self.actions: Collection[Mapping[str, Any]] = Collection(clock, told)

    async def units(self, season: str) -> dict[str, Unit]:
        return {unit.unit: unit for of, unit in self.told_units.values() if of == season}

    async def previous(self, season: str) -> dict[str, str]:
        return dict(self.last_year.get(season, {}))

    async def save_previous(self, season: str, tiers: Mapping[str, str]) -> int:
        kept = self.last_year.setdefault(season, {})
        changed = {unit: tier for unit, tier in tiers.items() if kept.get(unit) != tier}
        kept.update(changed)
        return len(changed)

    async def entries(self, season: str) -> dict[str, Entry]:
        return {entry.entry: entry for of, entry in self.told_entries.values() if of == season}

    async def entries_of(self, season: str, tracks: Sequence[str]) -> list[Entry]:
        listed = sorted((await self.entries(season)).values(), key=lambda entry: entry.entry)
        return [entry for entry in listed if entry.track in tracks]

    async def entries_named(self, season: str, entries: Sequence[str]) -> list[Entry]:
        known = await self.entries(season)
        return [known[name] for name in sorted(set(entries)) if name in known]

    async def entry(self, season: str, entry: str) -> Entry | None:
        stored_entry = self.told_entries.find(f"{season}/{entry}")
        return stored_entry[1] if stored_entry else None

    async def files(self, season: str, entry: str) -> list[tuple[int, str]]:
        return self.told_works.find(f"{season}/{entry}") or []

    async def judges(self, season: str) -> dict[str, Judge]:
        return {name: self._moved(season, judge) for name, judge in self.kept_judges.get(season, {}).items()}

    async def judge(self, season: str, judge: str) -> Judge | None:
        return (await self.judges(season)).get(judge)

    def _moved(self, season: str, judge: Judge) -> Judge:
        own = [item for item in self._listed(season) if item.get("judge") == judge.judge]
        recused = [item["entry"] for item in own if item["type"] == "recusal"]
        return replace(
            judge,
            moves=tuple((item["at"], item["employer"]) for item in own if item["type"] == "judge_employer"),
            conflicts=tuple(dict.fromkeys((*judge.conflicts, *recused))),
        )

    def _listed(self, season: str) -> list[Mapping[str, Any]]:
        """The actions of a season by time."""
        own = [(key, item) for key, item in self.actions.items().items() if key.startswith(f"{season}/")]
        return [item for _, item in sorted(own, key=lambda pair: (pair[1]["at"], pair[0]))]

    async def summaries(self, season: str) -> dict[str, Summary]:
        return {summary.unit: summary for of, summary in self.told_summaries.values() if of == season}

    async def decisions(self, season: str) -> Decisions:
        listed = self._listed(season)
        left = [withdrawal for of, withdrawal in self.told_withdrawals.values() if of == season]
        return Decisions(
            tuple(sorted(left, key=lambda withdrawal: (withdrawal.at, withdrawal.entry, withdrawal.round))),
            tuple(Objection(d["at"], d["entry"], d["round"], d["upheld"]) for d in listed if d["type"] == "objection"),
            tuple(_appeal(d) for d in listed if d["type"] == "appeal" and d["upheld"]),
            tuple(Revocation(d["at"], d["entry"], tuple(d["rounds"])) for d in listed if d["type"] == "revocation"),
            tuple(Preference(d["at"], d["round"], tuple(d["first"])) for d in listed if d["type"] == "preference"),
        )

    async def save_judges(self, season: str, judges: Iterable[Judge]) -> int:
        present = self.kept_judges.setdefault(season, {})
        changed = [judge for judge in judges if present.get(judge.judge) != judge]
        present.update({judge.judge: replace(judge, moves=()) for judge in changed})
        return len(changed)

    async def take_in_judge(self, season: str, judge: Judge, version: int) -> bool:
        key = f"{season}/{judge.judge}"
        if self.told_judges.version(key) >= version:
            return False
        self.told_judges.keep(key, version, judge)
        await self.save_judges(season, [judge])
        return True

    async def save_action(self, season: str, action: str, values: Mapping[str, Any]) -> bool:
        return self.actions.create(f"{season}/{action}", dict(values))

    async def proposed(self, season: str, kind: str) -> list[Mapping[str, Any]]:
        mine = [values for key, values in self.actions.items().items() if key.startswith(f"{season}/")]
        return sorted((each for each in mine if each["type"] == kind), key=lambda each: each["at"], reverse=True)

    async def action(self, season: str, action: str) -> Mapping[str, Any] | None:
        return self.actions.find(f"{season}/{action}")


def _appeal(d: Mapping[str, Any]) -> Appeal:
    ballots = {judge: tuple(Decimal(score) for score in scores) for judge, scores in d.get("ballots", {}).items()}
    return Appeal(
        d["at"], d["entry"], d["round"], d["component"], ballots, Decimal(d["score"]) if "score" in d else None
    )


class Projections:
    """Takes in what registration tells, as `services.judging.adapters.projections` does."""

    def __init__(self, seasons: Seasons, facts: Facts) -> None:
        self._seasons, self._facts = seasons, facts

    async def season(self, event: SeasonOpenedV1) -> None:
        if self._seasons.kept.create(event.season, JudgedSeason(event.season, 1, event.mode, event.rules)):
            self._seasons.rules_versions[event.season] = event.version

    async def amended(self, event: SeasonAmendedV1) -> bool:
        present = self._seasons.kept.find(event.season)
        if present is None:
            return False
        if self._seasons.rules_versions[event.season] < event.version:
            self._seasons.kept.put(event.season, replace(present, rules=event.rules))
            self._seasons.rules_versions[event.season] = event.version
        return True

    async def unit(self, event: UnitRecordedV1) -> None:
        unit = Unit(event.unit, event.parent, event.level, event.ordinal)
        self._facts.told_units.keep(f"{event.season}/{event.unit}", event.version, (event.season, unit))

    async def entry(self, event: EntryFacts) -> None:
        entry = Entry(
            event.entry,
            event.stands,
            event.track,
            event.division,
            event.unit,
            event.title,
            event.submitted_at,
            tuple(Member(member.person, member.grade) for member in event.members),
            tuple(InstructorRef(instructor.instructor, instructor.person) for instructor in event.instructors),
            event.language,
            event.blind_title,
        )
        self._facts.told_entries.keep(f"{event.season}/{event.entry}", event.version, (event.season, entry))

    async def withdrawn(self, event: EntryWithdrawnV1) -> None:
        left = Withdrawal(event.at, event.entry, event.round)
        self._facts.told_withdrawals.keep(f"{event.season}/{event.entry}/{event.round}", 1, (event.season, left))

    async def work(self, event: WorkLockedV1) -> None:
        files = [(file.number, file.media_type) for file in event.files]
        self._facts.told_works.keep(f"{event.season}/{event.entry}", event.version, files)

    async def summary(self, event: SummaryFiledV1) -> None:
        filed = Summary(event.unit, event.submitted_at, dict(event.items))
        self._facts.told_summaries.keep(f"{event.season}/{event.unit}", event.version, (event.season, filed))

    async def settled(self, event: SelfAssessmentSettledV1) -> None:
        own = sum((item.own for item in event.items.values()), Decimal(0))
        assessed = Assessed(event.entry, event.component, own, event.total)
        self._facts.told_assessed.keep(f"{event.season}/{event.entry}", event.version, (event.season, assessed))


@dataclass(slots=True)
class _Written:
    """A ballot with all its versions."""

    ballot: Ballot
    comment: str = ""
    note: str = ""
    versions: list[Mapping[str, Any]] = field(default_factory=list)
    held_by: str = ""
    """The account that submitted it."""


class Scores:
    """Ballots, runs and tests. Ballots are append-only versions; the newest one counts."""

    def __init__(self, clock: Clock, told: Told, facts: Facts) -> None:
        self._clock, self._facts = clock, facts
        self._ballots: Collection[_Written] = Collection(clock, told)
        self._runs: Collection[Run] = Collection(clock, told)
        self._tests: Collection[TestScore] = Collection(clock, told)

    def _of(self, season: str) -> list[Ballot]:
        return [written.ballot for key, written in self._ballots.items().items() if key.startswith(f"{season}/")]

    async def columns(
        self, season: str, track_of: Mapping[str, str], until: Mapping[str, int]
    ) -> dict[tuple[str, str, str], Columns]:
        def counts(ballot: Ballot) -> bool:
            at = ballot.submitted_at or 0
            return ballot.status == "submitted" and at <= until.get(ballot.round, at)

        return columns_of([each_ballot for each_ballot in self._of(season) if counts(each_ballot)], track_of)

    async def runs(self, season: str) -> list[Run]:
        return [run for key, run in self._runs.items().items() if key.startswith(f"{season}/")]

    async def tests(self, season: str) -> list[TestScore]:
        entered = [test_score for key, test_score in self._tests.items().items() if key.startswith(f"{season}/")]
        return entered + [assessed.score for assessed in await self.assessed(season)]

    async def assessed(self, season: str) -> list[Assessed]:
        of_season = [assessed for of, assessed in self._facts.told_assessed.values() if of == season]
        return sorted(of_season, key=lambda assessed: assessed.entry)

    async def save_ballots(self, season: str, ballots: Sequence[Ballot], *, may_add: bool) -> int:
        return self._save(
            self._ballots, {_ballot_id(season, ballot): _Written(ballot) for ballot in ballots}, may_add=may_add
        )

    async def save_runs(self, season: str, runs: Sequence[Run], *, may_add: bool) -> int:
        named = {f"{season}/{run.round}/{run.component}/{run.entry}/{run.run}": run for run in runs}
        return self._save(self._runs, named, may_add=may_add)

    async def save_tests(self, season: str, tests: Sequence[TestScore], *, may_add: bool) -> int:
        named = {f"{season}/{test.round}/{test.component}/{test.entry}": test for test in tests}
        return self._save(self._tests, named, may_add=may_add)

    @staticmethod
    def _save(kept: Collection[Any], named: Mapping[str, Any], *, may_add: bool) -> int:
        if not may_add and any(kept.find(key) is None for key in named):
            raise InvalidState("round-closed")
        return sum(kept.create(key, value) for key, value in named.items()) if may_add else 0

    async def ballot(self, season: str, round_id: str, component: str, entry: str, judge: str) -> Ballot | None:
        written = self._ballots.find(f"{season}/{round_id}/{component}/{entry}/{judge}")
        return written.ballot if written else None

    async def by_judge(self, season: str, judge: str) -> list[Ballot]:
        return [ballot for ballot in self._of(season) if ballot.judge == judge]

    async def tally(self, season: str, round_id: str) -> dict[tuple[str, BallotStatus], int]:
        return dict(Counter((ballot.judge, ballot.status) for ballot in self._of(season) if ballot.round == round_id))

    async def of_round(self, season: str, round_id: str) -> list[Ballot]:
        return [ballot for ballot in self._of(season) if ballot.round == round_id]

    async def count(self, season: str, round_id: str) -> int:
        return sum(ballot.status == "submitted" for ballot in await self.of_round(season, round_id))

    async def texts(self, season: str, ballot: Ballot) -> tuple[str, str, int]:
        key = f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}"
        written = self._ballots.find(key)
        return (written.comment, written.note, self._ballots.version(key)) if written else ("", "", 0)

    def versions(self, season: str, ballot: Ballot) -> list[Mapping[str, Any]]:
        """Every version of a ballot, the oldest first."""
        written = self._ballots.find(f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}")
        return written.versions if written else []

    async def write(
        self,
        season: str,
        ballot: Ballot,
        *,
        account: str,
        opens: int,
        closes: int,
        comment: str,
        note: str,
        seen: int | None = None,
    ) -> tuple[int, int]:
        key = f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}"
        now = await self._clock.now()
        if not opens <= now <= closes:
            raise InvalidState("judging-not-open")
        present, version = self._ballots.find(key), self._ballots.version(key)
        if present and present.held_by not in ("", account):
            raise InvalidState("ballot-by-another")
        stored = (
            Written(present.ballot.status, present.ballot.scores, present.comment, present.note) if present else None
        )
        new = Written(ballot.status, ballot.scores, comment, note)
        if is_there(new, stored, version if present else 0, seen) and present:
            return version, present.ballot.submitted_at or 0
        kept = {"status": ballot.status, "at": now, "version": version + 1, "account": account}
        holder = account if ballot.status != "draft" else present.held_by if present else ""
        written = replace(ballot, submitted_at=now)
        try:
            if present:
                fresh = _Written(written, comment, note, [*present.versions, kept], holder)
                self._ballots.change(key, version, fresh, until=closes)
            else:
                self._ballots.create(key, _Written(written, comment, note, [kept], holder), until=closes)
        except TooLate:
            raise InvalidState("judging-not-open") from None
        return version + 1, now

    async def holder(self, season: str, ballot: Ballot) -> str:
        written = self._ballots.find(_ballot_id(season, ballot))
        return written.held_by if written else ""

    async def held_by_others(self, season: str, round_id: str, entry: str, judge: str, account: str) -> bool:
        own = [written for key, written in self._ballots.items().items() if key.startswith(f"{season}/")]
        return any(
            (written.ballot.round, written.ballot.entry, written.ballot.judge) == (round_id, entry, judge)
            and written.held_by not in ("", account)
            for written in own
        )

    async def reopen(self, season: str, ballot: Ballot, by: Signatory, reason: str, account: str) -> None:
        why = {"reopened_by": by.login, "reopened": by.stored(), "reason": reason, "for": account}
        self._mark(season, ballot, BallotStatus.DRAFT, why, holder=account)

    async def void(self, season: str, round_id: str, entry: str, judge: str, reason: str) -> int:
        ballots = [
            ballot
            for ballot in self._of(season)
            if (ballot.round, ballot.entry, ballot.judge, ballot.status) == (round_id, entry, judge, "submitted")
        ]
        for ballot in ballots:
            self._mark(season, ballot, BallotStatus.VOID, {"reason": reason})
        return len(ballots)

    def _mark(
        self, season: str, ballot: Ballot, status: BallotStatus, why: Mapping[str, Any], *, holder: str = ""
    ) -> None:
        key = _ballot_id(season, ballot)
        present, version = self._ballots.find(key), self._ballots.version(key)
        passed_on = present and holder and present.ballot.status == "draft" and present.held_by != holder
        if present is None or (present.ballot.status != "submitted" and not passed_on):
            raise InvalidState("ballot-not-submitted")
        kept = {"status": status, "at": self._clock.at, "version": version + 1, **why}
        marked = replace(present.ballot, status=status)
        versions, held_by = [*present.versions, kept], holder or present.held_by
        self._ballots.change(key, version, _Written(marked, present.comment, present.note, versions, held_by))


def _ballot_id(season: str, ballot: Ballot) -> str:
    key = f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}"
    return key if ballot.status in ("submitted", "draft") else f"{key}/{ballot.status}"


class Seatings:
    """Who goes on from each round; the newest revision counts."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._revisions: dict[str, list[list[Seat]]] = {}

    async def present(self, season: str, round_id: str) -> frozenset[str] | None:
        revisions = self._revisions.get(f"{season}/{round_id}")
        return frozenset(seat.entry for seat in revisions[-1] if not seat.left) if revisions else None

    async def save(self, season: str, round_id: str, to: str, seating: Seating, at: int) -> bool:
        seats = [Seat(entry=entry, via=via, left=entry in seating.left) for entry, via in sorted(seating.via.items())]
        revisions = self._revisions.setdefault(f"{season}/{round_id}", [])
        if revisions and revisions[-1] == seats:
            return False
        revisions.append(seats)
        told = SeatsGivenV1(
            season=season,
            round=round_id,
            to=to,
            revision=len(revisions),
            chunk=1,
            chunks=1,
            given_at=at,
            seats=tuple(seats),
        )
        self._told.keep([told])
        return True


class Panels:
    """Which entries each judge was given in a round."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._panels: Collection[tuple[str, tuple[str, ...]]] = Collection(clock, told)

    async def all(self, season: str, round_id: str) -> dict[str, list[str]]:
        listed = self._panels.items()
        return {
            judge: list(entries) for key, (judge, entries) in listed.items() if key.startswith(f"{season}/{round_id}/")
        }

    async def assigned(self, season: str, round_id: str, judge: str) -> list[str] | None:
        held = await self.all(season, round_id)
        return held.get(judge, []) if held else None

    async def assign(self, season: str, round_id: str, judge: str, entries: Sequence[str]) -> bool:
        key, listed = f"{season}/{round_id}/{judge}", tuple(entries)
        present, version = self._panels.find(key), self._panels.version(key)
        if (present[1] if present else ()) == listed:
            return False
        event = PanelAssignedV1(season=season, round=round_id, judge=judge, version=version + 1, entries=listed)
        if present:
            self._panels.change(key, version, (judge, listed), [event])
        elif not self._panels.create(key, (judge, listed), [event]):
            raise VersionConflict(key)
        return True


class ResultSets:
    """The result sets: the newest of each stage, and every revision."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._newest: Newest[ResultSet] = Newest()
        self._tables: dict[tuple[str, int, str], list[list[str]]] = {}
        self.counted: dict[tuple[str, str, int], Counted] = {}
        self._chunks: Collection[tuple[str, int, Sequence[IntegrationEvent]]] = Collection(clock, told)

    async def find(self, season: str, stage: str) -> ResultSet | None:
        return self._newest.find(f"{season}/{stage}")

    async def lines(self, season: str, revision: int) -> list[IntegrationEvent]:
        own = [events for of, number, events in self._chunks if (of, number) == (season, revision)]
        return [event for events in own for event in events]

    async def save(
        self,
        season: str,
        result: ResultSet,
        tables: Mapping[str, Sequence[Sequence[str]]],
        chunks: Sequence[Sequence[IntegrationEvent]],
        ballots: Counted,
    ) -> None:
        self.counted[season, result.stage, result.revision] = ballots
        for name, rows in tables.items():
            self._tables.setdefault((season, result.revision, name), [list(row) for row in rows])
        for number, events in enumerate(chunks):
            key = f"{season}/{result.stage}/{result.revision}/{number:06d}"
            self._chunks.create(key, (season, result.revision, list(events)), events)
        self._newest.keep(f"{season}/{result.stage}", result.revision, result)

    async def rows_of(self, season: str, result: ResultSet, name: str, entry: str) -> list[list[str]]:
        return [row for row in await self.table(season, result, name) if entry in row]

    async def table(self, season: str, result: ResultSet, name: str) -> list[list[str]]:
        return self._tables.get((season, result.revision, name), [])


class EnteredSheets:
    """Files of objective scores."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._sheets: Collection[Entered] = Collection(clock, told)

    async def add(self, entered: Entered) -> None:
        self._sheets.create(f"{entered.season}/{entered.id}", entered)

    async def find(self, season: str, entered: str) -> Entered | None:
        return self._sheets.find(f"{season}/{entered}")

    async def of(self, season: str) -> list[Entered]:
        return [entered for entered in self._sheets if entered.season == season]

    async def confirm(self, entered: Entered, by: Signatory | None, at: int) -> None:
        key = f"{entered.season}/{entered.id}"
        present = self._sheets.find(key) or entered
        login, second = (by.login, by.stored()) if by else ("", {})
        confirmed = replace(present, confirmed_by=login, confirmed_at=at, second=second)
        self._sheets.change(key, self._sheets.version(key), confirmed)


class Objections:
    """Objections and appeals with their evidence."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._objections: Collection[Filed] = Collection(clock, told)
        self._files: dict[str, bytes] = {}
        self._key = token_bytes(32)

    async def receipt_key(self) -> bytes:
        return self._key

    async def add(self, filed: Filed, attachments: Sequence[Attachment] = ()) -> None:
        key = f"{filed.season}/{filed.id}"
        self._files.update({f"{key}/{number}": attachment.content for number, attachment in enumerate(attachments, 1)})
        self._objections.create(key, filed)

    async def evidence(self, season: str, filed: str, number: int) -> bytes | None:
        return self._files.get(f"{season}/{filed}/{number}")

    async def find(self, season: str, filed: str) -> Filed | None:
        return self._objections.find(f"{season}/{filed}")

    async def of(self, season: str) -> list[Filed]:
        return [filed for filed in self._objections if filed.season == season]

    async def of_account(self, account: str) -> list[Filed]:
        own = [filed for filed in self._objections if filed.filer.account == account]
        return sorted(own, key=lambda filed: filed.received_at, reverse=True)

    async def propose(self, filed: Filed, proposal: Mapping[str, Any]) -> bool:
        key = f"{filed.season}/{filed.id}"
        present = self._objections.find(key)
        if present is None or present.outcome:
            return False
        self._objections.change(key, self._objections.version(key), replace(present, proposal=dict(proposal)))
        return True

    async def decide(self, filed: Filed, outcome: Outcome, answer: str, at: int, by: str) -> bool:
        key = f"{filed.season}/{filed.id}"
        present = self._objections.find(key)
        if present is None or present.outcome:
            return False
        decided = replace(present, outcome=outcome, answer=answer, decided_at=at, decided_by=by)
        self._objections.change(key, self._objections.version(key), decided)
        return True


class Accounts:
    """Which account is which judge, and for whom the operator vouches."""

    def __init__(self) -> None:
        self._judges: Newest[Signatory] = Newest()
        self._confirmed: dict[str, int] = {}

    async def appoint(self, event: JudgeAppointedV1) -> None:
        who = Signatory(event.account, "", by=event.by, via=event.via, since=event.appointed_at)
        self._judges.keep(f"{event.season}/{event.judge}", event.appointed_at, who)

    async def appointed(self, season: str, judge: str) -> Signatory | None:
        return self._judges.find(f"{season}/{judge}")

    async def claim(self, season: str, judge: str, who: Signatory) -> Signatory:
        present = await self.appointed(season, judge)
        if present is None:
            kept = Signatory(who.account, "", by=who.by, via=who.via, since=who.since)
            self._judges.keep(f"{season}/{judge}", 0, kept)
        return present or who

    async def confirm(self, season: str, login: str, reason: str, by: str, at: int) -> None:
        self._confirmed[f"{season}/{login}"] = at

    async def confirmed(self, season: str, login: str, since: int) -> bool:
        at = self._confirmed.get(f"{season}/{login}")
        return at is not None and at >= since


class Days:
    """Planned days, one a round and track."""

    def __init__(self) -> None:
        self._days: dict[str, Day] = {}

    async def save(self, day: Day) -> None:
        self._days[f"{day.season}/{day.round}/{day.track}"] = day

    async def of(self, season: str, round_id: str) -> list[Day]:
        return [day for _, day in sorted(self._days.items()) if (day.season, day.round) == (season, round_id)]


class TasksLeft:
    """What each judge has left, as it was told last."""

    def __init__(self, clock: Clock, told: Told) -> None:
        self._left: Collection[tuple[str, str, TaskCount]] = Collection(clock, told)

    async def of(self, season: str) -> dict[str, TaskCount]:
        return {judge: count for of, judge, count in self._left if of == season}

    async def tell(self, season: str, judge: str, count: TaskCount, at: int) -> None:
        key = f"{season}/{judge}"
        version, value = self._left.version(key), (season, judge, count)
        event = TasksLeftV1(season=season, judge=judge, **asdict(count), version=version + 1, counted_at=at)
        if version:
            self._left.change(key, version, value, [event])
        elif not self._left.create(key, value, [event]):
            raise VersionConflict(key)


class Judging:
    """A whole judging service in memory: its ports, its clock, and what it told."""

    def __init__(self, at: int = 0) -> None:
        self.clock, self.told = Clock(at), Told()
        self.seasons, self.facts = Seasons(self.clock, self.told), Facts(self.clock, self.told)
        self.scores = Scores(self.clock, self.told, self.facts)
        self.seatings, self.panels = Seatings(self.told), Panels(self.clock, self.told)
        self.results = ResultSets(self.clock, self.told)
        self.projections = Projections(self.seasons, self.facts)
        self.sheets, self.objections = EnteredSheets(self.clock, self.told), Objections(self.clock, self.told)
        self.days, self.tasks_left = Days(), TasksLeft(self.clock, self.told)
        self.accounts, self.audit, self.streams = Accounts(), Audit(), Streams()

    @property
    def store(self) -> Store:
        return Store(
            self.seasons,
            self.facts,
            self.scores,
            self.seatings,
            self.panels,
            self.results,
            self.accounts,
            self.audit,
            self.clock,
            self.streams,
        )
