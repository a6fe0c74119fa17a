"""The checks of `judges.csv` and `ballots.csv`, in their published order (season folder, section 6)."""

from collections.abc import Mapping
from decimal import Decimal

from services.judging.domain.facts import Ballot, Entry, Judge, Unit, must_recuse
from shared.season.records import Rejection, Row, Sheet, micros, parse_moment, parse_score
from shared.season.rules import SeasonRules

JUDGE_COLUMNS = ("judge", "name_zh", "name_en", "employer", "tracks", "conflicts", "role")
ROLES = ("scoring", "chief", "reserve")
CRITERIA = ("c1", "c2", "c3", "c4", "c5")
BALLOT_COLUMNS = ("round", "component", "entry", "judge", "status", "submitted_at", *CRITERIA)
STATUSES = ("submitted", "draft", "void", "shadow")

Fault = tuple[str, str]


def check_judges(sheet: Sheet, rules: SeasonRules) -> tuple[list[Judge], list[Rejection]]:
    """The judges of `judges.csv`, and the rows that fall. Names are looked at and not kept."""
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
                Judge(row["judge"], row["employer"], _list(row["tracks"]), _list(row["conflicts"]), row["role"])
            )
    return judges, rejections


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _judge_fault(row: Row, header: tuple[str, ...], rules: SeasonRules, seen: set[str]) -> Fault | None:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    if not row["judge"]:
        return "judge", "REQUIRED"
    if not (row["name_zh"] or row["name_en"]):
        return "name_zh", "REQUIRED"
    if row["judge"] in seen:
        return "judge", "DUPLICATE_ID"
    if not set(_list(row["tracks"])) <= {track.id for track in rules.tracks}:
        return "tracks", "UNKNOWN_TRACK"
    return None if row["role"] in ROLES else ("role", "BAD_VALUE")


def check_ballots(
    sheet: Sheet,
    rules: SeasonRules,
    units: Mapping[str, Unit],
    entries: Mapping[str, Entry],
    judges: Mapping[str, Judge],
) -> tuple[list[Ballot], list[Rejection]]:
    """The ballots of `ballots.csv` in file order, and the rows that fall. Only `submitted` ones are fully checked."""
    accepted: list[Ballot] = []
    rejections: list[Rejection] = []
    counted: set[tuple[str, str, str, str]] = set()
    for row in sheet.rows:
        found = _ballot(row, sheet.header, rules, units, entries, judges, counted)
        if isinstance(found, Ballot):
            accepted.append(found)
            if found.status == "submitted":
                counted.add((found.round, found.component, found.entry, found.judge))
        else:
            rejections.append(sheet.reject(row, *found))
    return accepted, rejections


def _ballot(
    row: Row,
    header: tuple[str, ...],
    rules: SeasonRules,
    units: Mapping[str, Unit],
    entries: Mapping[str, Entry],
    judges: Mapping[str, Judge],
    counted: set[tuple[str, str, str, str]],
) -> Ballot | Fault:
    if not row.whole:
        return header[0], "ROW_SHAPE"
    one = next((found for found in rules.rounds if found.id == row["round"]), None)
    if one is None:
        return "round", "UNKNOWN_ROUND"
    entry = entries.get(row["entry"])
    if entry is None:
        return "entry", "UNKNOWN_ENTRY"
    components = {component.id: component for component in one.scoring[entry.track].components if component.panel}
    if row["component"] not in components:
        return "component", "UNKNOWN_COMPONENT"
    judge = judges.get(row["judge"])
    if judge is None:
        return "judge", "UNKNOWN_JUDGE"
    if row["status"] not in STATUSES:
        return "status", "BAD_VALUE"
    submitted_at = parse_moment(row["submitted_at"], rules.zone)
    key = (one.id, row["component"], entry.entry, judge.judge)
    if row["status"] != "submitted":
        return Ballot(*key, row["status"], submitted_at, ())
    if submitted_at is None:
        return "submitted_at", "BAD_TIME"
    if not micros(one.judging.opens) <= submitted_at <= micros(one.judging.closes):
        return "submitted_at", "OUTSIDE_WINDOW"
    scores = _scores(row, rules, components[row["component"]].rubric or "")
    if isinstance(scores, list):
        if not entry.in_first_round:
            return "entry", "NOT_IN_ROUND"
        if entry.track not in judge.tracks:
            return "judge", "JUDGE_TRACK"
        if must_recuse(judge, entry, units):
            return "judge", "JUDGE_CONFLICT"
        if key in counted:
            return "judge", "DUPLICATE_BALLOT"
        return Ballot(*key, "submitted", submitted_at, tuple(scores))
    return scores


def _scores(row: Row, rules: SeasonRules, rubric_name: str) -> list[Decimal] | Fault:
    rubric = rules.rubrics[rubric_name]
    scores: list[Decimal] = []
    for position, column in enumerate(CRITERIA):
        if position >= len(rubric):
            if row[column]:
                return column, "BAD_SCORE"
            continue
        score = parse_score(row[column])
        if score is None:
            return column, "BAD_SCORE"
        scores.append(score)
    for column, criterion, score in zip(CRITERIA, rubric, scores, strict=False):
        if score > criterion.full:
            return column, "SCORE_RANGE"
    return scores
