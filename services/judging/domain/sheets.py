"""The checks of the files of judging, in their published order (season folder, section 6)."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from services.judging.domain.facts import (
    Ballot,
    BallotStatus,
    Entry,
    Judge,
    JudgeRole,
    Run,
    TestScore,
    Unit,
    must_recuse,
)
from shared.season.csv_rows import Rejection, Row, Sheet, parse_score
from shared.season.ids import is_safe_id
from shared.season.rules import MOST_CRITERIA, Component, Criterion, Round, SeasonRules
from shared.season.text import LANGUAGES
from shared.season.time import parse_moment, to_unix_micros

JUDGE_COLUMNS = ("judge", "name_zh", "name_en", "employer", "tracks", "conflicts", "role")
ROLES = (JudgeRole.SCORING, JudgeRole.CHIEF, JudgeRole.RESERVE)
CRITERIA = tuple(f"c{number}" for number in range(1, MOST_CRITERIA + 1))
ALWAYS = 5
"""So many columns for criteria every file has; further ones where a rubric needs them."""
COLUMNS = {
    "ballots": ("round", "component", "entry", "judge", "status", "submitted_at", *CRITERIA[:ALWAYS]),
    "runs": ("round", "component", "entry", "run", "points", "time_s", "penalties", "mass_g"),
    "tests": ("round", "component", "entry", "score"),
}
"""The columns of the files with scores."""
OPTIONAL = {"ballots": CRITERIA[ALWAYS:], "runs": (), "tests": ()}
"""What they may have besides."""

Fault = tuple[str, str]


class _Fell(Exception):
    """A check failed; carries column and code."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(column, code)
        self.fault: Fault = (column, code)


T = TypeVar("T", Ballot, Run, TestScore)


def check_judges(sheet: Sheet, rules: SeasonRules) -> tuple[list[Judge], list[Rejection]]:
    """The judges of `judges.csv`, and the rows that fall. Names are looked at and not kept.

    A file may lack the column `languages`: then every judge reads every work.
    """
    judges: list[Judge] = []
    rejections: list[Rejection] = []
    seen: set[str] = set()
    for row in sheet.rows:
        fault = _judge_fault(row, sheet.header, rules, seen)
        seen.add(row["judge"])
        if fault:
            rejections.append(sheet.reject(row, *fault))
        else:
            judges.append(
                Judge(
                    row["judge"],
                    row["employer"],
                    _list(row["tracks"]),
                    _list(row["conflicts"]),
                    JudgeRole(row["role"]),
                    languages=_list(row["languages"]),
                )
            )
    return judges, rejections


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _judge_fault(row: Row, header: tuple[str, ...], rules: SeasonRules, seen: set[str]) -> Fault | None:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    if not row["judge"]:
        return "judge", "REQUIRED"
    if not is_safe_id(row["judge"]):
        return "judge", "BAD_ID"
    if not (row["name_zh"] or row["name_en"]):
        return "name_zh", "REQUIRED"
    if row["judge"] in seen:
        return "judge", "DUPLICATE_ID"
    if not set(_list(row["tracks"])) <= {track.id for track in rules.tracks}:
        return "tracks", "UNKNOWN_TRACK"
    if not set(_list(row["languages"])) <= set(LANGUAGES):
        return "languages", "BAD_VALUE"
    return None if row["role"] in ROLES else ("role", "BAD_VALUE")


@dataclass(frozen=True, slots=True)
class Known:
    """What the scores of one round are checked against; `present` are the entries that take part in it."""

    rules: SeasonRules
    round: Round
    units: Mapping[str, Unit]
    entries: Mapping[str, Entry]
    judges: Mapping[str, Judge]
    present: frozenset[str]

    @property
    def first(self) -> bool:
        return self.round.id == self.rules.rounds[0].id

    def concerns(self, row: Row) -> bool:
        """Whether the row is of this round. Rows of no round fall with those of the first."""
        named = {round_.id for round_ in self.rules.rounds}
        known = row.whole and row["round"] in named
        return row["round"] == self.round.id if known else self.first


def check_ballots(sheet: Sheet, known: Known) -> tuple[list[Ballot], list[Rejection]]:
    """The ballots of one round in file order, and the rows that fall. Only `submitted` ones are fully checked."""
    return _check(
        sheet,
        known,
        lambda row, counted: _ballot(row, known, counted),
        lambda ballot: (
            (ballot.component, ballot.entry, ballot.judge) if ballot.status == BallotStatus.SUBMITTED else None
        ),
    )


def check_runs(sheet: Sheet, known: Known) -> tuple[list[Run], list[Rejection]]:
    """The runs of one round in file order, and the rows that fall."""
    return _check(
        sheet, known, lambda row, counted: _run(row, known, counted), lambda run: (run.component, run.entry, run.run)
    )


def check_tests(sheet: Sheet, known: Known) -> tuple[list[TestScore], list[Rejection]]:
    """The objective scores of one round in file order, and the rows that fall."""
    return _check(
        sheet,
        known,
        lambda row, counted: _test(row, known, counted),
        lambda test_score: (test_score.component, test_score.entry),
    )


def _check(
    sheet: Sheet,
    known: Known,
    read: Callable[[Row, set[Hashable]], T],
    key: Callable[[T], Hashable | None],
) -> tuple[list[T], list[Rejection]]:
    accepted: list[T] = []
    rejections: list[Rejection] = []
    counted: set[Hashable] = set()
    for row in sheet.rows:
        if not known.concerns(row):
            continue
        try:
            _require(row.whole, sheet.header[0], "ROW_SHAPE")
            ballot = read(row, counted)
        except _Fell as fell:
            rejections.append(sheet.reject(row, *fell.fault))
            continue
        accepted.append(ballot)
        same = key(ballot)
        if same is not None:
            counted.add(same)
    return accepted, rejections


def _require(holds: object, column: str, code: str) -> None:
    if not holds:
        raise _Fell(column, code)


def _component(row: Row, known: Known, fits: Callable[[Component], bool]) -> tuple[Entry, Component]:
    """The entry and component that a row names, by the first checks of every file with scores."""
    _require(row["round"] == known.round.id, "round", "UNKNOWN_ROUND")
    entry = known.entries.get(row["entry"])
    if entry is None:
        raise _Fell("entry", "UNKNOWN_ENTRY")
    components = known.round.scoring[entry.track].components
    component = next(
        (component for component in components if component.id == row["component"] and fits(component)), None
    )
    if component is None:
        raise _Fell("component", "UNKNOWN_COMPONENT")
    return entry, component


def _score(row: Row, column: str) -> Decimal:
    score = parse_score(row[column])
    if score is None:
        raise _Fell(column, "BAD_SCORE")
    return score


def _ballot(row: Row, known: Known, counted: set[Hashable]) -> Ballot:
    entry, component = _component(row, known, lambda component: component.panel is not None)
    judge = known.judges.get(row["judge"])
    if judge is None:
        raise _Fell("judge", "UNKNOWN_JUDGE")
    _require(row["status"] in list(BallotStatus), "status", "BAD_VALUE")
    submitted_at = parse_moment(row["submitted_at"], known.rules.zone)
    key = (known.round.id, component.id, entry.entry, judge.judge)
    if row["status"] != BallotStatus.SUBMITTED:
        return Ballot(*key, BallotStatus(row["status"]), submitted_at, ())
    if submitted_at is None:
        raise _Fell("submitted_at", "BAD_TIME")
    window = known.round.judging
    _require(
        to_unix_micros(window.opens) <= submitted_at <= to_unix_micros(window.closes), "submitted_at", "OUTSIDE_WINDOW"
    )
    scores = _scores(row, known.rules.rubrics[component.rubric or ""])
    _require(entry.entry in known.present, "entry", "NOT_IN_ROUND")
    _require(entry.track in judge.tracks, "judge", "JUDGE_TRACK")
    _require(not must_recuse(judge, entry, known.units, submitted_at), "judge", "JUDGE_CONFLICT")
    _require(key[1:] not in counted, "judge", "DUPLICATE_BALLOT")
    return Ballot(*key, BallotStatus.SUBMITTED, submitted_at, scores)


def _scores(row: Row, rubric: Sequence[Criterion]) -> tuple[Decimal, ...]:
    scores = tuple(_score(row, column) for column, _ in zip(CRITERIA, rubric, strict=False))
    for column in CRITERIA[len(rubric) :]:
        _require(not row[column], column, "BAD_SCORE")
    for column, criterion, score in zip(CRITERIA, rubric, scores, strict=False):
        _require(score <= criterion.full, column, "SCORE_RANGE")
    return scores


def _run(row: Row, known: Known, counted: set[Hashable]) -> Run:
    entry, component = _component(row, known, lambda component: component.runs is not None)
    rule = component.runs
    assert rule is not None  # noqa: S101 - only such components fit
    number = int(row["run"]) if row["run"].isascii() and row["run"].isdigit() and len(row["run"]) < 6 else 0
    _require(1 <= number <= rule.count, "run", "BAD_RUN")
    points, time_s = _score(row, "points"), _score(row, "time_s")
    penalties = _score(row, "penalties") if row["penalties"] else Decimal(0)
    mass_g = _score(row, "mass_g") if row["mass_g"] else Decimal(0)
    _require(points <= rule.max, "points", "SCORE_RANGE")
    _require(entry.entry in known.present, "entry", "NOT_IN_ROUND")
    _require((component.id, entry.entry, number) not in counted, "run", "DUPLICATE_RUN")
    return Run(known.round.id, component.id, entry.entry, number, points, time_s, penalties, mass_g)


def _test(row: Row, known: Known, counted: set[Hashable]) -> TestScore:
    entry, component = _component(
        row,
        known,
        lambda component: component.test is not None and not known.rules.is_assessed(known.round.id, component.id),
    )
    rule = component.test
    assert rule is not None  # noqa: S101 - only such components fit
    score = _score(row, "score")
    _require(score <= rule.max, "score", "SCORE_RANGE")
    _require(entry.entry in known.present, "entry", "NOT_IN_ROUND")
    _require((component.id, entry.entry) not in counted, "entry", "DUPLICATE_TEST")
    return TestScore(known.round.id, component.id, entry.entry, score)
