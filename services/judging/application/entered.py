"""Run sheets and test scores of a live season: entered as a file, confirmed by a second person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol
from uuid import uuid4

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.sheets import known_for
from services.judging.domain.facts import Run, TestScore
from services.judging.domain.sheets import COLUMNS, check_runs, check_tests
from services.judging.domain.signatures import Signatory, require_two, scores_take_two
from shared.errors import InvalidState, NotFound
from shared.season.csv_rows import Rejection
from shared.season.time import to_unix_micros
from shared.sheets.reading import read_sheet

Kind = Literal["runs", "tests"]


@dataclass(frozen=True, slots=True)
class Entered:
    """A file of objective scores: who entered it, and who confirmed it; nothing counts before it is confirmed."""

    id: str
    season: str
    round: str
    kind: Kind
    rows: tuple[Run, ...] | tuple[TestScore, ...]
    entered_by: str
    entered_at: int
    confirmed_by: str = ""
    confirmed_at: int | None = None
    first: Mapping[str, Any] = field(default_factory=dict)
    """Who entered it, as a signatory; nothing in files from before this was kept."""
    second: Mapping[str, Any] = field(default_factory=dict)
    """Who confirmed it, as a signatory."""


class EnteredSheets(Protocol):
    """Where they are kept."""

    async def add(self, entered: Entered) -> None: ...
    async def find(self, season: str, entered: str) -> Entered | None: ...
    async def of(self, season: str) -> list[Entered]: ...
    async def confirm(self, entered: Entered, by: Signatory | None, at: int) -> None: ...


async def enter(
    season: JudgedSeason,
    round_id: str,
    kind: Kind,
    content: bytes,
    by: Signatory,
    store: Store,
    sheets: EnteredSheets,
    *,
    automatic: bool = False,
) -> tuple[Entered, Sequence[Rejection]]:
    """Take in `runs.csv` or `tests.csv` of the round that is on. Rows fall one by one; the others wait or count at once.

    What an `automatic` judge hands in is no work of a hand.

    Raises:
        InvalidState: judging of this round is not open, or a row is there already with other values.
    """
    round_ = season.round(round_id)
    now = await store.clock.now()
    if round_ is not season.current or not to_unix_micros(round_.judging.opens) <= now <= to_unix_micros(
        round_.judging.closes
    ):
        raise InvalidState("judging-not-open")
    sheet = await read_sheet(f"{kind}.csv", content, COLUMNS[kind], season.id)
    known = await known_for(season, round_, store)
    rows: Sequence[Run] | Sequence[TestScore]
    if kind == "runs":
        rows, rejected = check_runs(sheet, known)
    else:
        rows, rejected = check_tests(sheet, known)
    entered = Entered(uuid4().hex, season.id, round_.id, kind, tuple(rows), by.login, now, first=by.stored())  # type: ignore[arg-type]
    await record(
        "sheet-entered",
        season,
        by,
        store,
        facts={"sheet": entered.id, "round": round_.id, "kind": kind, "rows": len(rows)},
    )
    await sheets.add(entered)
    if not scores_take_two(season.rules, season.mode, automatic=automatic):
        await _count(season, entered, store)
        await sheets.confirm(entered, None, now)
        entered = replace(entered, confirmed_at=now)
    return entered, list(sheet.every(rejected))


async def confirm(season: JudgedSeason, entered_id: str, by: Signatory, store: Store, sheets: EnteredSheets) -> None:
    """A second person has compared the file with the paper: from now on it counts.

    Raises:
        NotFound: there is no such file.
        InvalidState: whoever entered it, or invited them or was invited by them, cannot confirm it; it was confirmed
            before, or the round is closed.
    """
    entered = await sheets.find(season.id, entered_id)
    if entered is None:
        raise NotFound("no-such-sheet")
    if entered.confirmed_at is not None:
        raise InvalidState("sheet-confirmed")
    first = Signatory.of(entered.first) if entered.first else Signatory("", entered.entered_by)
    require_two(first, by, season.rules)
    if season.current is None or season.current.id != entered.round:
        raise InvalidState("round-closed")
    await record("sheet-confirmed", season, by, store, facts={"sheet": entered.id, "entered_by": first.account})
    await _count(season, entered, store)
    await sheets.confirm(entered, by, await store.clock.now())


async def _count(season: JudgedSeason, entered: Entered, store: Store) -> None:
    if entered.kind == "runs":
        runs = [row for row in entered.rows if isinstance(row, Run)]
        await store.scores.save_runs(season.id, runs, may_add=True)
    else:
        tests = [row for row in entered.rows if isinstance(row, TestScore)]
        await store.scores.save_tests(season.id, tests, may_add=True)
