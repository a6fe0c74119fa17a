"""What the use cases need of the outside, and the values that pass between."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from services.judging.domain.facts import Ballot, Entry, Judge, Objection, Summary, Unit
from shared.events.base import IntegrationEvent
from shared.season.rules import SeasonRules

Stage = Literal["open", "closed", "announcing", "announced", "finalizing", "final"]


@dataclass(frozen=True, slots=True)
class JudgedSeason:
    """A season as judging keeps it: its rules and how far it has come. Times are microseconds UTC."""

    id: str
    version: int
    mode: Literal["records", "live"]
    rules: SeasonRules
    stage: Stage = "open"
    closed_at: int | None = None
    announced_at: int | None = None
    finalized_at: int | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why something was done before its time, by stage."""


@dataclass(frozen=True, slots=True)
class ResultSet:
    """A stage's results as they were stated."""

    stage: Literal["provisional", "final"]
    revision: int
    at: int
    result_hash: str
    totals: Mapping[str, Any]
    recipients: Mapping[str, int]
    """How many documents each kind of award will have."""


class Seasons(Protocol):
    async def find(self, season: str) -> JudgedSeason | None: ...
    async def unfinished(self) -> list[JudgedSeason]: ...
    async def advance(
        self, season: JudgedSeason, values: Mapping[str, Any], events: Sequence[IntegrationEvent]
    ) -> None: ...


class Facts(Protocol):
    async def units(self, season: str) -> dict[str, Unit]: ...
    async def entries(self, season: str) -> dict[str, Entry]: ...
    async def entries_of(self, season: str, tracks: Sequence[str]) -> list[Entry]: ...
    async def entry(self, season: str, entry: str) -> Entry | None: ...
    async def judges(self, season: str) -> dict[str, Judge]: ...
    async def judge(self, season: str, judge: str) -> Judge | None: ...
    async def summaries(self, season: str) -> dict[str, Summary]: ...
    async def objections(self, season: str) -> list[Objection]: ...
    async def save_judges(self, season: str, judges: Iterable[Judge]) -> int: ...
    async def save_action(self, season: str, action: str, values: Mapping[str, Any]) -> bool: ...


class Ballots(Protocol):
    async def of(self, season: str) -> list[Ballot]: ...
    async def one(self, season: str, round_id: str, component: str, entry: str, judge: str) -> Ballot | None: ...
    async def by_judge(self, season: str, judge: str) -> list[Ballot]: ...
    async def save_records(self, season: str, ballots: Iterable[Ballot]) -> int: ...
    async def write(
        self, season: str, ballot: Ballot, *, opens: int, closes: int, comment: str, note: str
    ) -> tuple[int, int]: ...
    async def count(self, season: str, round_id: str) -> int: ...


class ResultSets(Protocol):
    async def find(self, season: str, stage: str) -> ResultSet | None: ...
    async def save(
        self,
        season: str,
        result: ResultSet,
        tables: Mapping[str, Sequence[Sequence[str]]],
        chunks: Sequence[Sequence[IntegrationEvent]],
    ) -> None: ...
    async def table(self, season: str, stage: str, name: str) -> list[list[str]]: ...


class Clock(Protocol):
    async def now(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Store:
    """All of it, as the composition root hands it to the use cases."""

    seasons: Seasons
    facts: Facts
    ballots: Ballots
    results: ResultSets
    clock: Clock
