"""What the use cases need of the outside, and the values that pass between."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from services.judging.domain.columns import Columns
from services.judging.domain.facts import (
    Assessed,
    Ballot,
    BallotStatus,
    Decisions,
    Entry,
    Judge,
    Run,
    Summary,
    TestScore,
    Unit,
)
from services.judging.domain.seats import Seating
from services.judging.domain.signatures import Signatory
from services.judging.domain.stages import SETTLED, STATED_FINAL, SeasonStage
from shared.errors import NotFound
from shared.events.base import IntegrationEvent
from shared.season.rules import Round, SeasonRules
from shared.states import ResultStage


@dataclass(frozen=True, slots=True)
class JudgedSeason:
    """A season as judging keeps it: its rules and how far it has come. Times are microseconds UTC."""

    id: str
    version: int
    mode: Literal["records", "live"]
    rules: SeasonRules
    stage: SeasonStage = SeasonStage.OPEN
    closings: Mapping[str, int] = field(default_factory=dict)
    """When each round was closed that is closed."""
    announced_at: int | None = None
    finalized_at: int | None = None
    revised_at: int | None = None
    revision: int = 0
    """Of the newest results that were stated, or are being stated: 1 provisional, 2 final, then one more each time."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why something was done before its time, by stage."""
    signature: Mapping[str, Any] = field(default_factory=dict)
    """Who signed the results as they were, and when: `by`, `at`, `inputs_hash`, and `who` as a signatory."""

    @property
    def current(self) -> Round | None:
        """The round that is judged now or next; none when all are closed."""
        return next((round_ for round_ in self.rules.rounds if round_.id not in self.closings), None)

    @property
    def shown(self) -> Round:
        """The round that is judged now or next, or the last."""
        return self.current or self.rules.rounds[-1]

    @property
    def settled(self) -> bool:
        """Whether results were made final."""
        return self.stage in SETTLED

    @property
    def newest(self) -> ResultStage:
        """Which results were stated last, where any were."""
        return ResultStage.FINAL if self.stage in STATED_FINAL else ResultStage.PROVISIONAL

    def round(self, round_id: str) -> Round:
        """Raises NotFound when the season has no such round."""
        round_ = next((each_round for each_round in self.rules.rounds if each_round.id == round_id), None)
        if round_ is None:
            raise NotFound("no-such-round")
        return round_


@dataclass(frozen=True, slots=True)
class ResultSet:
    """A stage's results as they were stated."""

    stage: ResultStage | str
    """Which results, or `notice-…` with what a notice of its own was about."""
    revision: int
    at: int
    result_hash: str
    inputs_hash: str
    totals: Mapping[str, Any]
    recipients: Mapping[str, int]
    """How many documents each kind of award will have."""
    reason: str = ""
    """Why final results were revised."""


class Seasons(Protocol):
    async def find(self, season: str) -> JudgedSeason | None: ...
    async def unfinished(self) -> list[JudgedSeason]: ...
    async def advance(
        self, season: JudgedSeason, values: Mapping[str, Any], events: Sequence[IntegrationEvent]
    ) -> None: ...


class Facts(Protocol):
    def steady(self) -> AbstractAsyncContextManager[None]: ...
    async def units(self, season: str) -> dict[str, Unit]: ...
    async def entries(self, season: str) -> dict[str, Entry]: ...
    async def entries_of(self, season: str, tracks: Sequence[str]) -> list[Entry]: ...
    async def entries_named(self, season: str, entries: Sequence[str]) -> list[Entry]: ...
    async def entry(self, season: str, entry: str) -> Entry | None: ...
    async def files(self, season: str, entry: str) -> list[tuple[int, str]]: ...
    async def judges(self, season: str) -> dict[str, Judge]: ...
    async def judge(self, season: str, judge: str) -> Judge | None: ...
    async def summaries(self, season: str) -> dict[str, Summary]: ...
    async def decisions(self, season: str) -> Decisions: ...
    async def previous(self, season: str) -> dict[str, str]: ...
    async def save_previous(self, season: str, tiers: Mapping[str, str]) -> int: ...
    async def save_judges(self, season: str, judges: Iterable[Judge]) -> int: ...
    async def take_in_judge(self, season: str, judge: Judge, version: int) -> bool: ...
    async def save_action(self, season: str, action: str, values: Mapping[str, Any]) -> bool: ...
    async def action(self, season: str, action: str) -> Mapping[str, Any] | None: ...
    async def proposed(self, season: str, kind: str) -> list[Mapping[str, Any]]: ...


class Scores(Protocol):
    """Ballots, runs and tests."""

    async def columns(
        self, season: str, track_of: Mapping[str, str], until: Mapping[str, int]
    ) -> dict[tuple[str, str, str], Columns]: ...
    async def runs(self, season: str) -> list[Run]: ...
    async def tests(self, season: str) -> list[TestScore]: ...
    async def assessed(self, season: str) -> list[Assessed]: ...
    async def save_ballots(self, season: str, ballots: Sequence[Ballot], *, may_add: bool) -> int: ...
    async def save_runs(self, season: str, runs: Sequence[Run], *, may_add: bool) -> int: ...
    async def save_tests(self, season: str, tests: Sequence[TestScore], *, may_add: bool) -> int: ...
    async def ballot(self, season: str, round_id: str, component: str, entry: str, judge: str) -> Ballot | None: ...
    async def by_judge(self, season: str, judge: str) -> list[Ballot]: ...
    async def tally(self, season: str, round_id: str) -> dict[tuple[str, BallotStatus], int]: ...
    async def of_round(self, season: str, round_id: str) -> list[Ballot]: ...
    async def holder(self, season: str, ballot: Ballot) -> str: ...
    async def held_by_others(self, season: str, round_id: str, entry: str, judge: str, account: str) -> bool: ...
    async def reopen(self, season: str, ballot: Ballot, by: Signatory, reason: str, account: str) -> None: ...
    async def void(self, season: str, round_id: str, entry: str, judge: str, reason: str) -> int: ...
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
    ) -> tuple[int, int]: ...
    async def count(self, season: str, round_id: str) -> int: ...


class Seatings(Protocol):
    """Who goes on from each round, as it was told last."""

    async def present(self, season: str, round_id: str) -> frozenset[str] | None: ...
    async def save(self, season: str, round_id: str, to: str, seating: Seating, at: int) -> bool: ...


class Panels(Protocol):
    """Which entries each judge was given in a round."""

    async def all(self, season: str, round_id: str) -> dict[str, list[str]]: ...
    async def assigned(self, season: str, round_id: str, judge: str) -> list[str] | None: ...
    async def assign(self, season: str, round_id: str, judge: str, entries: Sequence[str]) -> bool: ...


Counted = Mapping[tuple[str, str, str], Columns]
"""The ballots that were counted, by round, component and track."""


class ResultSets(Protocol):
    async def find(self, season: str, stage: ResultStage | str) -> ResultSet | None: ...
    async def lines(self, season: str, revision: int) -> list[IntegrationEvent]: ...
    async def save(
        self,
        season: str,
        result: ResultSet,
        tables: Mapping[str, Sequence[Sequence[str]]],
        chunks: Sequence[Sequence[IntegrationEvent]],
        ballots: Counted,
    ) -> None: ...
    async def table(self, season: str, result: ResultSet, name: str) -> list[list[str]]: ...
    async def rows_of(self, season: str, result: ResultSet, name: str, entry: str) -> list[list[str]]: ...


class Accounts(Protocol):
    """Which account is which judge, and for whom the operator vouches."""

    async def appointed(self, season: str, judge: str) -> Signatory | None: ...
    async def claim(self, season: str, judge: str, who: Signatory) -> Signatory: ...
    async def confirm(self, season: str, login: str, reason: str, by: str, at: int) -> None: ...
    async def confirmed(self, season: str, login: str, since: int) -> bool: ...


class Audit(Protocol):
    """The audit log: appended to, never changed."""

    async def note(
        self,
        what: str,
        *,
        account: str = "",
        season: str = "",
        facts: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> None: ...


class Clock(Protocol):
    async def now(self) -> int: ...


class Streams(Protocol):
    """What the other services told on the way here."""

    async def require_whole(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Store:
    """All of it, as the composition root hands it to the use cases."""

    seasons: Seasons
    facts: Facts
    scores: Scores
    seatings: Seatings
    panels: Panels
    results: ResultSets
    accounts: Accounts
    audit: Audit
    clock: Clock
    streams: Streams
